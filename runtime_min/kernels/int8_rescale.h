/* Sums of products as bytes, where the weights did not fit int8: what was left out of all of a channel's weights is
 * made good by the sum of the bytes that they met. */
#ifndef NNRT_INT8_RESCALE_H
#define NNRT_INT8_RESCALE_H

#include "runtime_min/kernels/int8.h"

/** Where the sums and bytes lie; low and high have zero taken off. */
struct nnrt_int8_rescale {
	int rows, n;                    /* rows of n channels; n + 1 sums, the last that of the bytes themselves */
	ptrdiff_t x_row, y_row;         /* elements to the next */
	int low, high, zero;
};

/** n lanes: the sums at x, all with `more` of `last`. */
NNRT_INLINE void nnrt_rescale_vector(const struct nnrt_int8_rescale *p, const int32_t *x, nnrt_i8v last,
	const int32_t *more, const int32_t *bias, const nnrt_i8_scale *scale, unsigned char *y, int n)
{
	const nnrt_i8v sum = nnrt_i8v_add(nnrt_i8v_load(x), nnrt_i8v_load(bias));

	nnrt_i8v_finish(y, nnrt_i8v_mac(sum, last, nnrt_i8v_load(more)), scale, p->low, p->high, p->zero, n);
}

/** y[i] = min(max(round_half_even(float(x[i] + x[n] * more[i] + bias[i]) * scale[i]), low), high) + zero of every row.
 * more, bias and scale are readable up to a multiple of a vector's lanes.   ONNX QLinearConv-10, QLinearMatMul-10. */
NNRT_INLINE void nnrt_rescale_int8(const struct nnrt_int8_rescale *p, const void *x, const int32_t *more,
	const int32_t *bias, const nnrt_i8_scale *scale, void *y)
{
	const int whole = p->n - p->n % NNRT_INT8_LANES, left = p->n - whole;
	const int32_t *from = (const int32_t *)x;
	unsigned char *to = (unsigned char *)y;

	for (int row = 0; row < p->rows; row++, from += p->x_row, to += p->y_row) {
		const nnrt_i8v last = nnrt_i8v_set(from[p->n]);
		int32_t rest[NNRT_INT8_LANES] = {0};

		for (int i = 0; i < whole; i += NNRT_INT8_LANES)
			nnrt_rescale_vector(p, from + i, last, more + i, bias + i, scale + i, to + i, NNRT_INT8_LANES);
		if (left) {
			memcpy(rest, from + whole, (size_t)left * sizeof(int32_t));
			nnrt_rescale_vector(p, rest, last, more + whole, bias + whole, scale + whole, to + whole, left);
		}
	}
}

#endif
