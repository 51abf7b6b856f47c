/* Operations that normalise each row of a matrix: softmax, log-softmax, layer normalisation. */
#ifndef NNRT_ROWS_H
#define NNRT_ROWS_H

#include "runtime_min/kernels/tile.h"
#include "runtime_min/maths/exp.h"
#include "runtime_min/maths/log.h"
#include "runtime_min/maths/sum.h"

/** `rows` rows of n adjacent floats each; strides in floats. */
struct nnrt_rows {
	ptrdiff_t rows, n;              /* >= 0 */
	ptrdiff_t x_row, y_row;
	float epsilon;                  /* layer normalisation only */
};

/** Lanes of a row of n that are left from i on, at most NNRT_LANES. */
NNRT_INLINE int nnrt_lanes_left(ptrdiff_t n, ptrdiff_t i)
{
	return n - i < NNRT_LANES ? (int)(n - i) : NNRT_LANES;
}

/** a with lanes from n on replaced by `other`. */
NNRT_INLINE nnrt_vf nnrt_fill_from(nnrt_vf a, int n, float other)
{
	return n == NNRT_LANES ? a : nnrt_vf_select(nnrt_vm_first(n), a, nnrt_vf_set1(other));
}

/** Greatest of a row, -inf when it is empty; any value when NaN is in it. */
NNRT_INLINE float nnrt_row_max(const float *x, ptrdiff_t n)
{
	nnrt_vf most = nnrt_vf_set1(-INFINITY);

	for (ptrdiff_t i = 0; i < n; i += NNRT_LANES) {
		const int lanes = nnrt_lanes_left(n, i);

		most = nnrt_vf_max(most, nnrt_fill_from(nnrt_tile_load(x + i, lanes), lanes, -INFINITY));
	}
	return nnrt_vf_reduce_max(most);
}

/** Stores n floats or fewer than a vector of them. */
NNRT_INLINE void nnrt_row_store(float *y, nnrt_vf a, int lanes)
{
	if (lanes == NNRT_LANES)
		nnrt_vf_store(y, a);
	else
		nnrt_vf_store_n(y, a, lanes);
}

/** Floats of a row that are summed in one part (runtime_min/maths/sum.h). */
enum { NNRT_ROW_PART = NNRT_SUM_PART * NNRT_LANES };

/** Floats of a row of n that the part from i on has. */
NNRT_INLINE ptrdiff_t nnrt_part_left(ptrdiff_t n, ptrdiff_t i)
{
	return n - i < NNRT_ROW_PART ? n - i : (ptrdiff_t)NNRT_ROW_PART;
}

/** Sum of exp(x - most) over a part of a row, lane by lane. y: gets the exponentials; NULL: not wanted. */
NNRT_INLINE nnrt_vf nnrt_part_exps(const float *x, float *y, ptrdiff_t n, nnrt_vf most)
{
	nnrt_vf sum = nnrt_vf_set1(0.0f);

	for (ptrdiff_t i = 0; i < n; i += NNRT_LANES) {
		const int lanes = nnrt_lanes_left(n, i);
		const nnrt_vf e = nnrt_exp_vf(nnrt_vf_sub(nnrt_tile_load(x + i, lanes), most));

		sum = nnrt_vf_add(sum, nnrt_fill_from(e, lanes, 0.0f));
		if (y)
			nnrt_row_store(y + i, e, lanes);
	}
	return sum;
}

/** Sum of exp(x - most) over a row: part by part, in a part lane by lane, then lanes by halves. y as above. */
NNRT_INLINE float nnrt_row_exps(const float *x, float *y, ptrdiff_t n, nnrt_vf most)
{
	struct nnrt_sum_vf sum = nnrt_sum_none();

	if (n <= NNRT_ROW_PART)
		return nnrt_vf_reduce_add(nnrt_part_exps(x, y, n, most));
	for (ptrdiff_t i = 0; i < n; i += NNRT_ROW_PART)
		nnrt_sum_add(&sum, nnrt_part_exps(x + i, y ? y + i : NULL, nnrt_part_left(n, i), most));
	return nnrt_vf_reduce_add(nnrt_sum_total(&sum));
}

/** y = exp(x - most) / sum of it, for each row (most: its greatest element). x and y may be the same tensor.
 *  A row with NaN, inf or nothing but -inf gives NaN.   ONNX Softmax-13, last axis. */
NNRT_INLINE void nnrt_softmax_f32(const struct nnrt_rows *p, const float *x, float *y)
{
	for (ptrdiff_t row = 0; row < p->rows; row++) {
		const float *from = x + row * p->x_row;
		float *to = y + row * p->y_row;
		const nnrt_vf most = nnrt_vf_set1(nnrt_row_max(from, p->n));
		const nnrt_vf scale = nnrt_vf_set1(1.0f / nnrt_row_exps(from, to, p->n, most));

		for (ptrdiff_t i = 0; i < p->n; i += NNRT_LANES) {
			const int lanes = nnrt_lanes_left(p->n, i);

			nnrt_row_store(to + i, nnrt_vf_mul(nnrt_tile_load(to + i, lanes), scale), lanes);
		}
	}
}

/** y = (x - most) - log(sum of exp(x - most)) for each row. x and y may be the same tensor. NaN as in nnrt_softmax_f32.
 *  ONNX LogSoftmax-13, last axis. */
NNRT_INLINE void nnrt_log_softmax_f32(const struct nnrt_rows *p, const float *x, float *y)
{
	for (ptrdiff_t row = 0; row < p->rows; row++) {
		const float *from = x + row * p->x_row;
		float *to = y + row * p->y_row;
		const nnrt_vf most = nnrt_vf_set1(nnrt_row_max(from, p->n));
		const nnrt_vf log = nnrt_vf_set1(nnrt_log_f32(nnrt_row_exps(from, NULL, p->n, most)));

		for (ptrdiff_t i = 0; i < p->n; i += NNRT_LANES) {
			const int lanes = nnrt_lanes_left(p->n, i);
			const nnrt_vf d = nnrt_vf_sub(nnrt_tile_load(from + i, lanes), most);

			nnrt_row_store(to + i, nnrt_vf_sub(d, log), lanes);
		}
	}
}

/** Sum of a part of a row, or of its squared distances from `mean` when `squares`, lane by lane. */
NNRT_INLINE nnrt_vf nnrt_part_sum(const float *x, ptrdiff_t n, float mean, int squares)
{
	nnrt_vf sum = nnrt_vf_set1(0.0f);

	for (ptrdiff_t i = 0; i < n; i += NNRT_LANES) {
		const int lanes = nnrt_lanes_left(n, i);
		const nnrt_vf v = nnrt_tile_load(x + i, lanes);
		const nnrt_vf d = nnrt_fill_from(nnrt_vf_sub(v, nnrt_vf_set1(mean)), lanes, 0.0f);

		sum = squares ? nnrt_vf_fma(d, d, sum) : nnrt_vf_add(sum, v);
	}
	return sum;
}

/** The same of a whole row. */
NNRT_INLINE float nnrt_row_sum(const float *x, ptrdiff_t n, float mean, int squares)
{
	struct nnrt_sum_vf sum = nnrt_sum_none();

	if (n <= NNRT_ROW_PART)
		return nnrt_vf_reduce_add(nnrt_part_sum(x, n, mean, squares));
	for (ptrdiff_t i = 0; i < n; i += NNRT_ROW_PART)
		nnrt_sum_add(&sum, nnrt_part_sum(x + i, nnrt_part_left(n, i), mean, squares));
	return nnrt_vf_reduce_add(nnrt_sum_total(&sum));
}

/** y = (x - mean) / sqrt(variance + epsilon) * scale + bias for each row; the variance is the mean square distance from
 *  the mean, found in a second pass. scale, bias: n floats or NULL (1 and 0). x and y may be the same tensor.
 *  ONNX LayerNormalization-17 over the last axes. */
NNRT_INLINE void nnrt_layer_norm_f32(const struct nnrt_rows *p, const float *x, const float *scale, const float *bias,
	float *y)
{
	for (ptrdiff_t row = 0; row < p->rows; row++) {
		const float *from = x + row * p->x_row;
		float *to = y + row * p->y_row;
		const float mean = nnrt_row_sum(from, p->n, 0.0f, 0) / (float)p->n;
		const float variance = nnrt_row_sum(from, p->n, mean, 1) / (float)p->n;
		const nnrt_vf shrink = nnrt_vf_set1(1.0f / sqrtf(variance + p->epsilon)), middle = nnrt_vf_set1(mean);

		for (ptrdiff_t i = 0; i < p->n; i += NNRT_LANES) {
			const int lanes = nnrt_lanes_left(p->n, i);
			nnrt_vf v = nnrt_vf_mul(nnrt_vf_sub(nnrt_tile_load(from + i, lanes), middle), shrink);

			if (scale)
				v = nnrt_vf_mul(v, nnrt_tile_load(scale + i, lanes));
			if (bias)
				v = nnrt_vf_add(v, nnrt_tile_load(bias + i, lanes));
			nnrt_row_store(to + i, v, lanes);
		}
	}
}

#endif
