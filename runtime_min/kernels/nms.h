/* Non-maximum suppression: of boxes that overlap the best one stays. */
#ifndef NNRT_NMS_H
#define NNRT_NMS_H

#include "runtime_min/nnrt.h"

/** boxes: images x boxes x 4, two corners (y, x, y, x in any order), or with `centered` centre and size (x, y, width,
 *  height); scores: images x classes x boxes; most: rows that `selected` has room for. */
struct nnrt_nms {
	ptrdiff_t images, classes, boxes, centered, most;
};

/** The sides of a box, the lower one first; of a size below 0 they change places, and the box overlaps nothing. */
NNRT_INLINE void nnrt_nms_sides(const float *box, ptrdiff_t centered, float *side)
{
	for (int k = 0; k < 2; k++) {
		const float a = centered ? box[k] - box[k + 2] / 2.0f : box[k];
		const float b = centered ? box[k] + box[k + 2] / 2.0f : box[k + 2];

		side[k] = a < b || centered ? a : b;
		side[k + 2] = a < b || centered ? b : a;
	}
}

/** Whether intersection over union is greater than `limit`; boxes without area overlap nothing. */
NNRT_INLINE int nnrt_nms_overlap(const float *a, const float *b, ptrdiff_t centered, float limit)
{
	float p[4], q[4], width[2], area_p, area_q, both;

	nnrt_nms_sides(a, centered, p);
	nnrt_nms_sides(b, centered, q);
	for (int k = 0; k < 2; k++) {
		const float low = p[k] > q[k] ? p[k] : q[k], high = p[k + 2] < q[k + 2] ? p[k + 2] : q[k + 2];

		width[k] = high - low;
		if (!(width[k] > 0.0f))
			return 0;
	}
	area_p = (p[2] - p[0]) * (p[3] - p[1]);
	area_q = (q[2] - q[0]) * (q[3] - q[1]);
	both = width[0] * width[1];
	if (!(area_p > 0.0f && area_q > 0.0f))
		return 0;
	return both / (area_p + area_q - both) > limit;
}

/** Box a comes after box b: its score is less, or equal and its number greater. NaN is less than any score. */
NNRT_INLINE int nnrt_nms_after(const float *score, int64_t a, int64_t b)
{
	const int a_is_nan = score[a] != score[a], b_is_nan = score[b] != score[b];

	if (a_is_nan != b_is_nan)
		return a_is_nan;
	return score[a] < score[b] || (!(score[a] > score[b]) && a > b);
}

/** Lets heap[root] sink below its children that come before it. */
NNRT_INLINE void nnrt_nms_sink(const float *score, int64_t *heap, ptrdiff_t root, ptrdiff_t n)
{
	const int64_t sinking = heap[root];

	for (;;) {
		ptrdiff_t child = 2 * root + 1;

		if (child + 1 < n && nnrt_nms_after(score, heap[child], heap[child + 1]))
			child++;
		if (child >= n || !nnrt_nms_after(score, sinking, heap[child]))
			break;
		heap[root] = heap[child];
		root = child;
	}
	heap[root] = sinking;
}

/** selected[r] = image, class and box of the *count boxes that stay: of every class of every image the best first,
 *  while there are fewer than *per_class of the class and a score above *threshold (NaN: there is none) is left, each
 *  unless it overlaps one that stays by more than *limit. heap: `boxes` elements that end in no order. */
NNRT_INLINE void nnrt_nms_f32(const struct nnrt_nms *p, const float *boxes, const float *scores,
			      const int64_t *per_class, const float *limit, const float *threshold, int64_t *selected,
			      int64_t *heap, int64_t *count)
{
	ptrdiff_t found = 0;

	for (ptrdiff_t k = 0; k < p->images * p->classes; k++) {
		const float *score = scores + k * p->boxes, *box = boxes + k / p->classes * p->boxes * 4;
		const ptrdiff_t first = found;
		ptrdiff_t n = 0;

		for (ptrdiff_t i = 0; i < p->boxes; i++)
			if (score[i] > *threshold || *threshold != *threshold)
				heap[n++] = i;
		for (ptrdiff_t i = n / 2 - 1; i >= 0; i--)
			nnrt_nms_sink(score, heap, i, n);
		while (n > 0 && found - first < *per_class && found < p->most) {
			const int64_t best = heap[0];
			ptrdiff_t j = first;

			heap[0] = heap[--n];
			if (n > 0)
				nnrt_nms_sink(score, heap, 0, n);
			while (j < found && !nnrt_nms_overlap(box + 4 * best, box + 4 * selected[3 * j + 2],
							      p->centered, *limit))
				j++;
			if (j < found)
				continue;
			selected[3 * found] = k / p->classes;
			selected[3 * found + 1] = k % p->classes;
			selected[3 * found++ + 2] = best;
		}
	}
	*count = found;
}

#endif
