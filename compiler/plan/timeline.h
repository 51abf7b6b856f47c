/* The timeline of a program: leaf steps one after the other, a branch or a loop body being a stretch of it; and the
 * storages that steps read and write. From steps and tensors to what the planner knows: flows. */
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
	bool *ordered;                  /* storage -> its accesses keep their order: something in it is written twice */
	int *touches;                   /* storage -> steps of the timeline that read or write it */
	int *seen, n_seen;              /* storage -> the last of n_seen blocks that touched it; of a narrow one: its
					 * number in the whole */
};

/** The timeline of a program. All memory is m->scratch's. */
void timeline_build(struct timeline *l, struct module *m, struct block *b);
/** After steps changed places. Storages keep their numbers. */
void timeline_again(struct timeline *l, struct block *b);

/** The whole timeline as a flow, for the lives of storages. */
void timeline_flow(struct timeline *l, struct flow *f);

/** The timeline as one block sees it: with the storages that its steps touch, numbered anew in the same order, so that
 *  the order of many small blocks takes what their own steps need. Until timeline_widen() l's storage_of is the block's
 *  too. */
void timeline_narrow(struct timeline *l, const struct block *b, struct timeline *narrow);
void timeline_widen(struct timeline *l, const struct timeline *narrow);

/** The steps of one block as a flow, for their order: an If or Loop is one step, with inside_bytes[i] of memory for
 *  what lives in it alone. Storages that other blocks touch as well count for nothing here: they live throughout. */
void timeline_block_flow(struct timeline *l, const struct block *b, const int64_t *inside_bytes, struct flow *f);

#endif
