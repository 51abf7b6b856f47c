/* The rules of plan/buffer.h once more, straight from their statement. */
#include "plan/validate.h"

#include <stdlib.h>

#include "support/arena.h"

enum { MAX_PAIRWISE = 4000 };   /* buffers that are compared all with all */

static int overlap_compare(const void *x, const void *y)
{
	const struct overlap *p = x, *q = y;

	return p->a != q->a ? (p->a < q->a ? -1 : 1) : p->b < q->b ? -1 : p->b > q->b;
}

/* Does a permission for (a dies, b is born), sorted by a and b, cover the distance? */
static bool permitted(const struct overlap *sorted, int n, int a, int b, int64_t distance)
{
	int low = 0;

	for (int high = n; low < high;) {
		const int middle = low + (high - low) / 2;

		if (sorted[middle].a < a || (sorted[middle].a == a && sorted[middle].b < b))
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < n && sorted[low].a == a && sorted[low].b == b; low++)
		if (sorted[low].at_least <= distance && distance <= sorted[low].at_most)
			return true;
	return false;
}

/* True if buffers i and k, which share bytes in a common step, must not. */
static bool clashes(const struct buffer *v, int i, int k, const struct overlap *sorted, int n_overlaps)
{
	if (v[i].last == v[k].first && permitted(sorted, n_overlaps, i, k, v[k].offset - v[i].offset))
		return false;
	if (v[k].last == v[i].first && permitted(sorted, n_overlaps, k, i, v[i].offset - v[k].offset))
		return false;
	return true;
}

static bool clash_report(const struct buffer *v, int i, int k, struct arena *a, const char **why)
{
	*why = arena_printf(a, "buffers %d (steps %d..%d, bytes %lld+%lld) and %d (steps %d..%d, bytes %lld+%lld) "
			    "of pool %d share bytes",
			    i, v[i].first, v[i].last, (long long)v[i].offset, (long long)v[i].size_bytes,
			    k, v[k].first, v[k].last, (long long)v[k].offset, (long long)v[k].size_bytes, v[i].pool);
	return false;
}

static bool check_pairs(const struct buffer *v, int n, const struct overlap *sorted, int n_overlaps, struct arena *a,
			const char **why)
{
	for (int i = 0; i < n; i++)
		for (int k = i + 1; k < n; k++) {
			const bool in_time = v[i].first <= v[k].last && v[k].first <= v[i].last;
			const bool in_space = v[i].pool == v[k].pool &&
					      v[i].offset < v[k].offset + v[k].size_bytes &&
					      v[k].offset < v[i].offset + v[i].size_bytes &&
					      v[i].size_bytes && v[k].size_bytes;

			if (in_time && in_space && clashes(v, i, k, sorted, n_overlaps))
				return clash_report(v, i, k, a, why);
		}
	return true;
}

/* The sweep turns the picture round: it goes upwards through the offsets, and keeps what covers
 * the current offset in a tree over the steps. A buffer that enters must find its steps free. */
struct event {
	int64_t offset;
	int buffer, pool;
	bool enters;
};

static int event_compare(const void *x, const void *y)
{
	const struct event *p = x, *q = y;

	if (p->pool != q->pool)
		return p->pool < q->pool ? -1 : 1;
	if (p->offset != q->offset)
		return p->offset < q->offset ? -1 : 1;
	if (p->enters != q->enters)
		return p->enters ? 1 : -1;
	return p->buffer < q->buffer ? -1 : p->buffer > q->buffer;
}

/* Intervals of steps now covered, as a binary tree by rank of `first` (ties: index) that holds the
 * greatest `last` of each half; -1 where empty. */
struct cover {
	int leaves;
	int *greatest, *rank;
};

struct start {
	int first, buffer;
};

static int start_compare(const void *x, const void *y)
{
	const struct start *p = x, *q = y;

	if (p->first != q->first)
		return p->first < q->first ? -1 : 1;
	return p->buffer < q->buffer ? -1 : p->buffer > q->buffer;
}

static void cover_set(struct cover *c, int leaf, int last)
{
	int i = c->leaves + leaf;

	c->greatest[i] = last;
	while (i > 1) {
		i >>= 1;
		c->greatest[i] = c->greatest[2 * i] > c->greatest[2 * i + 1] ? c->greatest[2 * i]
									     : c->greatest[2 * i + 1];
	}
}

/* The next covered leaf from `leaf` on whose life reaches step `from`; leaves if there is none. */
static int cover_next(const struct cover *c, int leaf, int from)
{
	int i;

	if (leaf >= c->leaves)
		return c->leaves;
	i = c->leaves + leaf;
	while (c->greatest[i] < from) {
		while (i & 1)
			i >>= 1;
		if (!i)
			return c->leaves;
		i++;
	}
	while (i < c->leaves) {
		i *= 2;
		if (c->greatest[i] < from)
			i++;
	}
	return i - c->leaves;
}

static bool check_sweep(const struct buffer *v, int n, const struct overlap *sorted, int n_overlaps, struct arena *a,
			const char **why)
{
	struct event *events = ARENA_ARRAY(a, 2 * (size_t)n, struct event);
	struct start *starts = ARENA_ARRAY(a, n, struct start);
	struct cover c = { .leaves = 1 };
	int n_events = 0;

	for (int i = 0; i < n; i++) {
		starts[i] = (struct start){ v[i].first, i };
		if (!v[i].size_bytes)
			continue;
		events[n_events++] = (struct event){ v[i].offset, i, v[i].pool, true };
		events[n_events++] = (struct event){ v[i].offset + v[i].size_bytes, i, v[i].pool, false };
	}
	qsort(events, (size_t)n_events, sizeof *events, event_compare);
	qsort(starts, (size_t)n, sizeof *starts, start_compare);
	while (c.leaves < n)
		c.leaves *= 2;
	c.greatest = ARENA_ARRAY(a, 2 * (size_t)c.leaves, int);
	c.rank = ARENA_ARRAY(a, n, int);
	for (int i = 0; i < 2 * c.leaves; i++)
		c.greatest[i] = -1;
	for (int i = 0; i < n; i++)
		c.rank[starts[i].buffer] = i;
	for (int e = 0; e < n_events; e++) {
		const int i = events[e].buffer;

		for (int r = events[e].enters ? cover_next(&c, 0, v[i].first) : c.leaves;
		     r < n && starts[r].first <= v[i].last; r = cover_next(&c, r + 1, v[i].first))
			if (clashes(v, i, starts[r].buffer, sorted, n_overlaps))
				return clash_report(v, i, starts[r].buffer, a, why);
		cover_set(&c, c.rank[i], events[e].enters ? v[i].last : -1);
	}
	return true;
}

static bool check_place(const struct buffer *b, int i, const struct memory_pool *pools, int n_pools,
			const struct pool_plan *plans, struct arena *a, const char **why)
{
	if (b->pool < 0 || b->pool >= n_pools)
		*why = arena_printf(a, "buffer %d: pool %d of %d", i, b->pool, n_pools);
	else if (b->size_bytes < 0 || b->offset < 0 || b->first < 0 || b->last < b->first)
		*why = arena_printf(a, "buffer %d: negative size, offset or life", i);
	else if (b->align > 1 && b->offset % b->align)
		*why = arena_printf(a, "buffer %d: offset %lld is no multiple of %d", i, (long long)b->offset,
				    b->align);
	else if (b->align > 1 && pools[b->pool].align && b->align > pools[b->pool].align)
		*why = arena_printf(a, "buffer %d: alignment %d in pool %d aligned to %d", i, b->align, b->pool,
				    pools[b->pool].align);
	else if (b->size_bytes > plans[b->pool].arena_bytes ||
		 b->offset > plans[b->pool].arena_bytes - b->size_bytes)
		*why = arena_printf(a, "buffer %d: bytes %lld+%lld lie beyond the arena of %lld", i,
				    (long long)b->offset, (long long)b->size_bytes,
				    (long long)plans[b->pool].arena_bytes);
	else
		return true;
	return false;
}

bool plan_validate(const struct buffer *buffers, int n, const struct memory_pool *pools, int n_pools,
		   const struct pool_plan *plans, const struct overlap *overlaps, int n_overlaps,
		   struct arena *a, const char **why)
{
	struct overlap *sorted = ARENA_ARRAY(a, n_overlaps, struct overlap);

	*why = NULL;
	for (int i = 0; i < n_pools; i++)
		if (pools[i].size_bytes && plans[i].arena_bytes > pools[i].size_bytes) {
			*why = arena_printf(a, "pool %d: %lld bytes used of %lld", i, (long long)plans[i].arena_bytes,
					    (long long)pools[i].size_bytes);
			return false;
		}
	for (int i = 0; i < n; i++)
		if (!check_place(&buffers[i], i, pools, n_pools, plans, a, why))
			return false;
	for (int i = 0; i < n_overlaps; i++)
		sorted[i] = overlaps[i];
	qsort(sorted, (size_t)n_overlaps, sizeof *sorted, overlap_compare);
	if (n <= MAX_PAIRWISE)
		return check_pairs(buffers, n, sorted, n_overlaps, a, why);
	return check_sweep(buffers, n, sorted, n_overlaps, a, why);
}
