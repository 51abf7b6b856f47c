/* What a program finds in its data: where a mask is set, and which of equal elements are first. */
#ifndef NNRT_FIND_H
#define NNRT_FIND_H

#include "runtime_min/nnrt.h"

/** n items of `width` adjacent keys. */
struct nnrt_find {
	ptrdiff_t n, width, sorted;
};

/** place[0 … *count-1] = where mask[0 … n-1] is not 0, in rising order. place has room for n. */
NNRT_INLINE void nnrt_find_set(const struct nnrt_find *p, const uint8_t *mask, int64_t *place, int64_t *count)
{
	ptrdiff_t found = 0;

	for (ptrdiff_t i = 0; i < p->n; i++)
		if (mask[i])
			place[found++] = i;
	*count = found;
}

/** Less than, equal to or greater than 0: item a comes before b in the order of their first keys that differ, is equal,
 *  comes after. */
NNRT_INLINE int nnrt_find_compare(const struct nnrt_find *p, const uint64_t *keys, int64_t a, int64_t b)
{
	const uint64_t *x = keys + a * p->width, *y = keys + b * p->width;

	for (ptrdiff_t k = 0; k < p->width; k++)
		if (x[k] != y[k])
			return x[k] < y[k] ? -1 : 1;
	return 0;
}

NNRT_INLINE int nnrt_find_after(const struct nnrt_find *p, const uint64_t *keys, int64_t a, int64_t b)
{
	const int order = nnrt_find_compare(p, keys, a, b);

	return order > 0 || (order == 0 && a > b);
}

/** Lets heap[root] sink below its children that come after it. */
NNRT_INLINE void nnrt_find_sink(const struct nnrt_find *p, const uint64_t *keys, int64_t *heap, ptrdiff_t root,
				ptrdiff_t n)
{
	const int64_t sinking = heap[root];

	for (;;) {
		ptrdiff_t child = 2 * root + 1;

		if (child + 1 < n && nnrt_find_after(p, keys, heap[child + 1], heap[child]))
			child++;
		if (child >= n || !nnrt_find_after(p, keys, heap[child], sinking))
			break;
		heap[root] = heap[child];
		root = child;
	}
	heap[root] = sinking;
}

/** The distinct items among n, *count of them, in rising order or (sorted 0) in that of their first places: where each
 *  is first, how often it occurs, and for every item its number among the distinct. order: n elements for use
 *  within. */
NNRT_INLINE void nnrt_find_unique(const struct nnrt_find *p, const uint64_t *keys, int64_t *first, int64_t *inverse,
				  int64_t *times, int64_t *order, int64_t *count)
{
	ptrdiff_t found = 0;

	for (ptrdiff_t i = 0; i < p->n; i++)
		order[i] = i;
	for (ptrdiff_t i = p->n / 2 - 1; i >= 0; i--)
		nnrt_find_sink(p, keys, order, i, p->n);
	for (ptrdiff_t i = p->n - 1; i > 0; i--) {
		const int64_t last = order[0];

		order[0] = order[i];
		order[i] = last;
		nnrt_find_sink(p, keys, order, 0, i);
	}
	for (ptrdiff_t i = 0; i < p->n; i++) {
		if (i == 0 || nnrt_find_compare(p, keys, order[i - 1], order[i]) != 0) {
			first[found] = order[i];
			times[found++] = 0;
		}
		times[found - 1]++;
		inverse[order[i]] = found - 1;
	}
	*count = found;
	if (p->sorted)
		return;
	found = 0;
	for (ptrdiff_t i = 0; i < p->n; i++)    /* order: the new number of each */
		if (first[inverse[i]] == i)
			order[inverse[i]] = found++;
	for (ptrdiff_t i = 0; i < found; i++)
		times[i] = 0;
	for (ptrdiff_t i = 0; i < p->n; i++) {
		inverse[i] = order[inverse[i]];
		if (!times[inverse[i]]++)
			first[inverse[i]] = i;
	}
}

#endif
