/* From steps and the storages that they touch to flows: what the order of steps and the lives of buffers depend on. */
#ifndef NNC_PLAN_STEP_FLOW_H
#define NNC_PLAN_STEP_FLOW_H

#include "plan/timeline.h"

/** The whole timeline as a flow, for the lives of storages. */
void program_flow(struct timeline *l, struct flow *f);

/* A block as a flow. step[i] is the step of the block that step i of the flow stands for, -1: a join, which runs
 * nothing: it reads the many parts of a storage and writes one value that stands for all of them, so that n parts and m
 * readers are n + m edges and not n * m. */
struct block_flow {
	struct flow flow;
	int *step;
};

/** The steps of one block as a flow, for their order: an If or Loop is one step, with inside_bytes[i] of memory for
 *  what lives in it alone. Storages that other blocks touch as well count for nothing here: they live throughout.
 *
 *  An order that the flow allows computes the same: a read comes after all that its storage held when it was made, and
 *  in a storage that is written more than once it comes before the next write, whichever block wrote first. */
void block_flow(struct timeline *l, const struct block *b, const int64_t *inside_bytes, struct block_flow *f);

#endif
