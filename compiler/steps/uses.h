/* Who reads and writes each tensor in a program of steps: what fusion asks before it takes a step away.
 *
 * An example. Of the steps
 *         0: t = a * 2      1: y = t + b      2: a = y
 * t is private, for 0 alone writes it and steps alone see it, and 1 is its only reader: 0 may become a part of 1. Might
 * 0 run as late as behind 2? No: it would read the new a. */
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

/** The steps that read t, each once, into readers[0 ... max - 1]; how many they are, max + 1 for more than `max`. */
int uses_readers(const struct uses *u, int t, struct site **readers, int max);

/** Nothing of t is seen but by the steps that read it: it owns its storage, no view shares that, one step writes it,
 *  and it is neither input nor output of the model. Without its readers its writer would be for nothing. */
bool uses_is_private(const struct uses *u, int t);

/** The step at s may run at any later place of its block: nothing that it reads is written from there on. */
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
