/* Which pool each free buffer goes to. Private to plan/. */
#ifndef NNC_PLAN_POOLS_H
#define NNC_PLAN_POOLS_H

#include "plan/buffer.h"

struct arena;

/** Gives `pool` to buffers of POOL_ANY, those with the most traffic per byte first, while in every
 *  step what lives in the pool fits by its sum, and none asks for more than `align`. Marks
 *  the ones taken in chosen[]. */
void pool_choose(struct buffer *buffers, int n, int pool, int64_t size_bytes, int align, bool *chosen,
		 struct arena *scratch);

#endif
