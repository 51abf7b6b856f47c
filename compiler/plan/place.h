/* Offsets for buffers: the smallest arena that a bounded search finds, and the proof of how
 * small it could be. */
#ifndef NNC_PLAN_PLACE_H
#define NNC_PLAN_PLACE_H

#include "plan/buffer.h"

struct arena;
struct diag;

struct place_options {
	int64_t budget;         /* elementary steps of the search (10^8 to 5 * 10^8 a second); 0: the default.
	                         * Not a time: results are the same on every machine. */
};

/** Sets offset (and pool, where it was POOL_ANY) of n buffers; plans[i] tells about pools[i].
 *
 *  The arena of a pool is max(offset + size_bytes) over its buffers, minimised: greedy orders
 *  first, then a branch and bound over canonical packings (Moffitt, MiniMalloc, ASPLOS 2023) and over skylines,
 *  and beam searches over skylines, until the bound is met, the search is exhausted, or the budget
 *  is used up. Packings too high for their pool, or by more than 0.4 % above the bound, are worth 13 budgets,
 *  where boxes are few.
 *  Every offset is a multiple of the buffer's align. Permissions between buffers of different
 *  pools mean nothing. `scratch` holds working memory and may be freed afterwards.
 *  Time O(n log n) plus the budget. Deterministic.
 *
 *  Errors (false, STATUS_MODEL): a negative or absurd size, alignment or life, an index out of
 *  range. STATUS_DIFFERS: the pools are too small; the message names the peak step. */
bool place_buffers(struct buffer *buffers, int n, const struct memory_pool *pools, int n_pools,
		   const struct overlap *overlaps, int n_overlaps, const struct place_options *options,
		   struct pool_plan *plans, struct arena *scratch, struct diag *d);

#endif
