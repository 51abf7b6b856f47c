/* The timeline of a program: leaf steps one after the other, a branch or a loop body being a stretch of it; and the
 * storages that steps read and write. */
#ifndef NNC_PLAN_TIMELINE_H
#define NNC_PLAN_TIMELINE_H

#include "plan/buffer.h"
#include "plan/flow.h"
#include "plan/liveness.h"
#include "steps/step.h"

struct timeline {
	struct module *m;
	struct step **step;             /* the step of an If or Loop stands before its bodies */
	int n;
	struct region *region;
	int n_regions;
	int *storage_of;                /* tensor -> storage; below 0: a constant, an input of the model, a view */
	struct storage *storage;
	int *tensor_of;                 /* storage -> tensor that owns it */
	int n_storages, n_arena;        /* those of the arena come first; then outputs of the model, of no size here */
	bool *rewritten;                /* storage -> what one step writes another may write over */
	int *touches;                   /* storage -> steps of the timeline that read or write it */
	int *seen, n_seen;              /* storage -> the last of n_seen blocks that touched it; of a narrow one: its
					 * number in the whole */
};

/** Where a tensor of that many bytes may begin: at elements, and at whole vectors where those are a small part of it.
 *  Scratch is bytes that serve as anything. */
int tensor_align(const struct module *m, int t, int64_t size_bytes);

/** The timeline of a program. All memory is m->scratch's. */
void timeline_build(struct timeline *l, struct module *m, struct block *b);

/** Calls f for the tensors of a leaf step; for the condition of an If or Loop, and what its number of turns is in. */
void step_own_tensors(const struct module *m, const struct step *s,
		      void (*f)(void *ctx, int tensor, enum arg_kind kind), void *ctx);

/** The timeline as one block sees it: with the storages that its steps touch, numbered anew in the same order, so that
 *  the order of many small blocks takes what their own steps need. Until timeline_widen() l's storage_of is the block's
 *  too. */
void timeline_narrow(struct timeline *l, const struct block *b, struct timeline *narrow);
void timeline_widen(struct timeline *l, const struct timeline *narrow);

#endif
