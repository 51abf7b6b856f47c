/* Matrix product for one row, or a few rows one after the other: bound by reading b once, in one ascending stream. */
#ifndef NNRT_GEMV_H
#define NNRT_GEMV_H

#include "runtime_min/kernels/shape.h"
#include "runtime_min/kernels/tile.h"

/** Adds k products a[l] * b[l * columns + ...] to `vectors` vectors of sums. */
typedef void nnrt_gemv_sums(nnrt_vf *sum, const float *a, ptrdiff_t k, const float *b, int columns, int vectors);

/** nnrt_gemv_sums: even terms to the sums, odd ones to sums of their own, which are added at the end. */
NNRT_INLINE void nnrt_gemv_f32_sums(nnrt_vf *sum, const float *a, ptrdiff_t k, const float *b, int columns, int vectors)
{
	nnrt_vf odd[NNRT_TILE_VECTORS];
	ptrdiff_t l = 0;

	NNRT_UNROLL(4)
	for (int v = 0; v < vectors; v++)
		odd[v] = nnrt_vf_set1(0.0f);
	for (; l + 2 <= k; l += 2) {
		const nnrt_vf s0 = nnrt_vf_set1(a[l]), s1 = nnrt_vf_set1(a[l + 1]);

		NNRT_UNROLL(4)
		for (int v = 0; v < vectors; v++) {
			sum[v] = nnrt_vf_fma(s0, nnrt_vf_load(b + l * columns + v * NNRT_LANES), sum[v]);
			odd[v] = nnrt_vf_fma(s1, nnrt_vf_load(b + (l + 1) * columns + v * NNRT_LANES), odd[v]);
		}
	}
	if (l < k) {
		const nnrt_vf s = nnrt_vf_set1(a[l]);

		NNRT_UNROLL(4)
		for (int v = 0; v < vectors; v++)
			sum[v] = nnrt_vf_fma(s, nnrt_vf_load(b + l * columns + v * NNRT_LANES), sum[v]);
	}
	NNRT_UNROLL(4)
	for (int v = 0; v < vectors; v++)
		sum[v] = nnrt_vf_add(sum[v], odd[v]);
}

/** `vectors` vectors of y from column j on for row i; b is their panel of `columns`. */
NNRT_INLINE void nnrt_gemv_f32_panel(const struct nnrt_gemm *p, const float *a, const float *b, const float *bias,
	float *y, ptrdiff_t i, ptrdiff_t j, int n, nnrt_epilogue epilogue, const void *const *ctx,
	nnrt_gemv_sums *sums, int columns, int vectors)
{
	const struct nnrt_at at = {i * p->y_row + j, 0, i, j, 0};
	nnrt_vf acc[NNRT_TILE_ROWS][NNRT_TILE_VECTORS];

	nnrt_tile_start(acc, bias ? bias + j : NULL, n, 1, vectors);
	sums(acc[0], a, p->k, b, columns, vectors);
	nnrt_tile_finish(acc[0], y, at, n, vectors, epilogue, ctx);
}

/** nnrt_gemv_f32() by an inner loop. */
NNRT_INLINE void nnrt_gemv_f32_by(const struct nnrt_gemm *p, const float *a, const float *b, const float *bias,
	float *y, nnrt_epilogue epilogue, const void *const *ctx, nnrt_gemv_sums *sums, int columns)
{
	const ptrdiff_t whole = p->n / columns * columns;
	const int rest = (int)(p->n - whole);

	for (ptrdiff_t i = p->m_begin; i < p->m; i++) {
		const float *row = a + i * p->a_row, *panel = b + whole * p->k;

		for (ptrdiff_t j = 0; j < whole; j += columns)
			nnrt_gemv_f32_panel(p, row, b + j * p->k, bias, y, i, j, columns, epilogue, ctx, sums,
				columns, columns / NNRT_LANES);
		if (rest > 3 * NNRT_LANES)
			nnrt_gemv_f32_panel(p, row, panel, bias, y, i, whole, rest, epilogue, ctx, sums, columns, 4);
		else if (rest > 2 * NNRT_LANES)
			nnrt_gemv_f32_panel(p, row, panel, bias, y, i, whole, rest, epilogue, ctx, sums, columns, 3);
		else if (rest > NNRT_LANES)
			nnrt_gemv_f32_panel(p, row, panel, bias, y, i, whole, rest, epilogue, ctx, sums, columns, 2);
		else if (rest > 0)
			nnrt_gemv_f32_panel(p, row, panel, bias, y, i, whole, rest, epilogue, ctx, sums, columns, 1);
	}
}

/** As nnrt_gemm_f32 (same packing, `columns` at most NNRT_TILE_VECTORS vectors), fastest for one row. Each sum is the
 *  bias and the even terms plus the odd terms, both in ascending order. */
NNRT_INLINE void nnrt_gemv_f32(const struct nnrt_gemm *p, const float *a, const float *b, const float *bias, float *y,
	nnrt_epilogue epilogue, const void *const *ctx, int columns)
{
	nnrt_gemv_f32_by(p, a, b, bias, y, epilogue, ctx, nnrt_gemv_f32_sums, columns);
}

#endif
