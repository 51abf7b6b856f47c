/* Who reads and writes each tensor in a program of steps: what fusion asks before it takes a step away. */
#ifndef NNC_USES_H
#define NNC_USES_H

#include "steps/step.h"

/* One nest or call, or the condition of an If or a Loop. */
struct site {
	struct block *block;
	int index;              /* in the block */
	bool removed;           /* was fused into another step */
};

struct site_list {
	struct site *site;
	struct site_list *next;
};

struct uses {
	struct module *m;
	struct site *site;              /* all, in program order; what is inside a step before it */
	int n_sites;
	struct site_list **reader;      /* by tensor; constants have none */
	int *writes;                    /* by base: steps that write into it */
	struct site **writer;           /* by base: the last of them */
	bool *many_blocks;              /* by base: written in more than one block */
	bool *viewed;                   /* by base: seen through another tensor by a step, an input or an output */
	bool *kept;                     /* by base: an input or output of the model */
};

/** Scratch memory; valid until blocks gain or lose steps. */
void uses_init(struct uses *u, struct module *m, struct block *b);

/** The distinct steps that read t, at most `max`; max + 1 when there are more. */
int uses_readers(const struct uses *u, int t, struct site **readers, int max);

/** t owns its storage, nothing else is in it, one step writes it, and it is neither input nor output of the model: who
 *  takes its readers away may take its writer away. */
bool uses_is_private(const struct uses *u, int t);

/** Nothing that the step at s reads is written at or after it in its block: it may run later there. */
bool uses_may_run_later(const struct uses *u, const struct site *s);

/** s now reads what its step says. */
void uses_reads_changed(struct uses *u, struct site *s);

/** Drops the removed steps from all blocks. */
void uses_remove(struct uses *u);

static inline struct step *site_step(const struct site *s)
{
	return &s->block->step[s->index];
}

#endif
