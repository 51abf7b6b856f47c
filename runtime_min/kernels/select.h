/* The places of the greatest numbers of a row, in falling order. */
#ifndef NNRT_SELECT_H
#define NNRT_SELECT_H

#include "runtime_min/nnrt.h"

/** `rows` rows of n adjacent keys, and of k adjacent places. */
struct nnrt_select {
	ptrdiff_t rows, n, k;   /* 0 <= k <= n */
};

/** Key b comes before key a: it is greater, or equal and of a lower place. */
NNRT_INLINE int nnrt_select_after(const uint64_t *keys, int64_t a, int64_t b)
{
	return keys[a] < keys[b] || (keys[a] == keys[b] && a > b);
}

/** Lets the root of heap[0 … n-1] sink to where none of its children comes after it. */
NNRT_INLINE void nnrt_select_sink(const uint64_t *keys, int64_t *heap, ptrdiff_t root, ptrdiff_t n)
{
	const int64_t sinking = heap[root];

	for (;;) {
		ptrdiff_t child = 2 * root + 1;

		if (child + 1 < n && nnrt_select_after(keys, heap[child + 1], heap[child]))
			child++;
		if (child >= n || !nnrt_select_after(keys, heap[child], sinking))
			break;
		heap[root] = heap[child];
		root = child;
	}
	heap[root] = sinking;
}

/* place[0 … k-1] = where the k greatest of n keys are, the greatest first, of equal ones the first first: for each row.
 * A heap of the best so far, its worst on top: n log k comparisons at worst, about n when k is small. */
NNRT_INLINE void nnrt_select_u64(const struct nnrt_select *p, const uint64_t *keys, int64_t *place)
{
	for (ptrdiff_t row = 0; row < p->rows && p->k > 0; row++, keys += p->n, place += p->k) {
		for (ptrdiff_t i = 0; i < p->k; i++)
			place[i] = i;
		for (ptrdiff_t i = p->k / 2 - 1; i >= 0; i--)
			nnrt_select_sink(keys, place, i, p->k);
		for (ptrdiff_t i = p->k; i < p->n; i++) {
			if (keys[i] <= keys[place[0]])
				continue;
			place[0] = i;
			nnrt_select_sink(keys, place, 0, p->k);
		}
		for (ptrdiff_t i = p->k - 1; i > 0; i--) {      /* the worst goes to the end */
			const int64_t worst = place[0];

			place[0] = place[i];
			place[i] = worst;
			nnrt_select_sink(keys, place, 0, i);
		}
	}
}

#endif
