/* What the planner places: buffers with a life on the timeline of steps, the
 * pools they go to, and which pairs may share bytes. Nothing here knows of
 * graphs or tensors; the caller translates.
 *
 *     offset
 *       ^   +-----------+
 *       |   |     b     |        a buffer is a rectangle: its bytes upwards,
 *       |   +-------+---+--+     the steps first..last (both included) to the
 *       |   |   a   |  c   |     right; rectangles of a pool must not cross
 *       +---+-------+------+--> step
 */
#ifndef NNC_PLAN_BUFFER_H
#define NNC_PLAN_BUFFER_H

#include <stdbool.h>
#include <stdint.h>

enum {
	POOL_ANY = -1,          /* buffer.pool: the planner chooses */
};

struct buffer {
	int64_t size_bytes;     /* >= 0; an empty buffer takes no room */
	int align;              /* a power of two; 0 counts as 1 */
	int first, last;        /* steps of its life, both included; 0 <= first <= last */
	int64_t offset;         /* set by place_buffers(): bytes from the start of its pool */
	int pool;               /* index of a pool, or POOL_ANY, then set by place_buffers() */
	int64_t traffic_bytes;  /* read and written in a run: decides who gets a fast pool; 0 = unknown */
};

/* Pools are listed fastest first. */
struct memory_pool {
	int64_t size_bytes;     /* 0: as large as needed */
	int align;              /* of its first byte: no buffer may ask for more; 0: as the buffers need */
};

/* A permission: in the step where a's life ends and b's begins (a.last == b.first; else it
 * is void) the two may share bytes if
 *
 *     at_least <= offset(b) - offset(a) <= at_most.
 *
 * Never an obligation: b may also lie beside a or in another pool.
 *   in place, element for element              0 .. 0
 *   b's bytes are written in ascending order, each step of the work writing up to W(i) after a
 *   has been read up to R(i): b must stay behind, offset(b) + W(i) <= offset(a) + R(i),
 *                                              OVERLAP_FREE_BELOW .. min over i of R(i) - W(i)
 *   the same with descending order             max over i … .. OVERLAP_FREE_ABOVE
 * Several permissions for a pair: any one of them suffices. Views and concatenation in place
 * are not permissions: their tensors share one buffer. */
struct overlap {
	int a, b;               /* indexes of buffers */
	int64_t at_least, at_most;
};

/* The most bytes that buffers of these sizes share at a distance offset(b) - offset(a) within at_least .. at_most. */
static inline int64_t overlap_most(int64_t size_a, int64_t size_b, int64_t at_least, int64_t at_most)
{
	/* The smaller one lies inside the larger one at distances of low to high. */
	const int64_t low = size_a < size_b ? size_a - size_b : 0, high = size_a < size_b ? 0 : size_a - size_b;
	const int64_t less = size_a < size_b ? size_a : size_b;
	const int64_t away = at_most < low ? low - at_most : at_least > high ? at_least - high : 0;

	return away < less ? less - away : 0;
}

#define OVERLAP_FREE_BELOW (-((int64_t)1 << 60))
#define OVERLAP_FREE_ABOVE ((int64_t)1 << 60)

/* Greatest size of a buffer and greatest step: sums and products of a plan stay in int64. */
#define MAX_BUFFER_BYTES ((int64_t)1 << 50)
#define MAX_ARENA_BYTES ((int64_t)1 << 58)

/* What was achieved in one pool. */
struct pool_plan {
	int64_t arena_bytes;    /* end of the highest buffer, rounded up to the least alignment in it */
	int64_t bound_bytes;    /* no plan can be smaller; gap = arena_bytes - bound_bytes, >= 0 */
	int align;              /* greatest alignment of a buffer in it, >= 1 */
	int n_buffers;          /* of size > 0 */
	int peak_step;          /* where the bound comes from */
	int64_t work;           /* of the search, in the units of place_options.budget */
};

#endif
