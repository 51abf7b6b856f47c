/* The check of a plan, by code that shares nothing with the planner. */
#ifndef NNC_PLAN_VALIDATE_H
#define NNC_PLAN_VALIDATE_H

#include "plan/buffer.h"

struct arena;

/** True if the plan is sound: every pool exists, every offset is aligned and >= 0, every buffer
 *  ends within its pool's size (if limited) and within plans[pool].arena_bytes, and no two
 *  buffers of a pool share bytes in a common step unless a permission of `overlaps` covers them
 *  (struct overlap states when it does).
 *  Otherwise false, with one sentence in *why, allocated from `a`.
 *  Compares all pairs up to some thousand buffers; beyond, a sweep over the steps with the live
 *  buffers ordered by offset, O(n log n + permissions). */
bool plan_validate(const struct buffer *buffers, int n, const struct memory_pool *pools, int n_pools,
		   const struct pool_plan *plans, const struct overlap *overlaps, int n_overlaps,
		   struct arena *a, const char **why);

#endif
