/* Matrix product in register tiles of rows x columns, b packed in panels of `columns` (a multiple of NNRT_LANES,
 * at most NNRT_TILE_VECTORS of them), the last one padded. Also 1x1 convolution: rows are pixels. */
#ifndef NNRT_GEMM_H
#define NNRT_GEMM_H

#include "runtime_min/kernels/shape.h"
#include "runtime_min/kernels/tile.h"

/** One tile of nnrt_gemm_f32: output rows i..i+rows-1 of which those below i_end count, n columns from j on. */
NNRT_INLINE void nnrt_gemm_f32_tile(const struct nnrt_gemm *p, const float *a, const float *b, ptrdiff_t b_row,
	const float *bias, float *y, ptrdiff_t i, ptrdiff_t i_end, ptrdiff_t j, int n, nnrt_epilogue epilogue,
	const void *const *ctx, int rows, int vectors)
{
	nnrt_vf acc[NNRT_TILE_ROWS][NNRT_TILE_VECTORS];
	const float *row[NNRT_TILE_ROWS];

	NNRT_UNROLL(16)
	for (int r = 0; r < rows; r++)
		row[r] = a + nnrt_min(i + r, i_end - 1) * p->a_row;
	nnrt_tile_start(acc, bias ? bias + j : NULL, n, rows, vectors);
	nnrt_tile_f32(acc, row, p->k, b, b_row, rows, vectors);
	NNRT_UNROLL(16)
	for (int r = 0; r < rows; r++) {
		const struct nnrt_at at = {(i + r) * p->y_row + j, 0, i + r, j, 0};

		if (i + r < i_end)
			nnrt_tile_finish(acc[r], y, at, n, vectors, epilogue, ctx);
	}
}

/** A column of tiles of nnrt_gemm_f32: rows i_begin..i_end-1, n columns from j on. */
NNRT_INLINE void nnrt_gemm_f32_panel(const struct nnrt_gemm *p, const float *a, const float *b, ptrdiff_t b_row,
	const float *bias, float *y, ptrdiff_t i_begin, ptrdiff_t i_end, ptrdiff_t j, int n, nnrt_epilogue epilogue,
	const void *const *ctx, int rows, int vectors)
{
	for (ptrdiff_t i = i_begin; i < i_end; i += rows)
		nnrt_gemm_f32_tile(p, a, b, b_row, bias, y, i, i_end, j, n, epilogue, ctx, rows, vectors);
}

/** y[i][j] = epilogue(bias[j] + sum over l of a[i][l] * b[l][j]) for i_begin <= i < i_end.
 *  a: row-major. b: panels of `columns` from pack_panels_f32(). bias: n values or NULL. y may not overlap a or b
 *  (but a residual that the epilogue reads may be y itself). No alignment needed. rows, columns: constants, the
 *  register tile (see kernels.def). Sums start at the bias and take l in ascending order.
 *  ONNX Gemm-13, MatMul-13, Conv-11 with a 1x1 kernel. */
NNRT_INLINE void nnrt_gemm_f32(const struct nnrt_gemm *p, const float *a, const float *b, const float *bias, float *y,
	ptrdiff_t i_begin, ptrdiff_t i_end, nnrt_epilogue epilogue, const void *const *ctx, int rows, int columns)
{
	const ptrdiff_t whole = p->n / columns * columns;
	const int rest = (int)(p->n - whole);

	for (ptrdiff_t j = 0; j < whole; j += columns)
		nnrt_gemm_f32_panel(p, a, b + j * p->k, columns, bias, y, i_begin, i_end, j, columns, epilogue, ctx,
			rows, columns / NNRT_LANES);
	b += whole * p->k;
	if (rest > 3 * NNRT_LANES)
		nnrt_gemm_f32_panel(p, a, b, columns, bias, y, i_begin, i_end, whole, rest, epilogue, ctx, rows, 4);
	else if (rest > 2 * NNRT_LANES)
		nnrt_gemm_f32_panel(p, a, b, columns, bias, y, i_begin, i_end, whole, rest, epilogue, ctx, rows, 3);
	else if (rest > NNRT_LANES)
		nnrt_gemm_f32_panel(p, a, b, columns, bias, y, i_begin, i_end, whole, rest, epilogue, ctx, rows, 2);
	else if (rest > 0)
		nnrt_gemm_f32_panel(p, a, b, columns, bias, y, i_begin, i_end, whole, rest, epilogue, ctx, rows, 1);
}

#endif
