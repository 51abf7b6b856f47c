/* Matrix product in register tiles of rows x columns, b packed in panels of `columns` (a multiple of NNRT_LANES,
 * at most NNRT_TILE_VECTORS of them), the last one padded. Also 1x1 convolution: rows are pixels. */
#ifndef NNRT_GEMM_H
#define NNRT_GEMM_H

#include "runtime_min/kernels/shape.h"
#include "runtime_min/kernels/tile.h"

/** One tile of nnrt_gemm_f32: output rows i..i+rows-1 of which those below p->m count, n columns from j on. full: a
 *  constant, all of them do, so that rows lie at constant distances and need no pointers of their own. */
NNRT_INLINE void nnrt_gemm_f32_tile(const struct nnrt_gemm *p, const float *a, const float *b, ptrdiff_t b_row,
	const float *bias, float *y, ptrdiff_t i, ptrdiff_t j, int n, nnrt_epilogue epilogue,
	const void *const *ctx, int last, nnrt_tile_sums *sums, int full, int rows, int vectors)
{
	nnrt_vf acc[NNRT_TILE_ROWS][NNRT_TILE_VECTORS];
	const float *row[NNRT_TILE_ROWS];

	NNRT_UNROLL(16)
	for (int r = 0; r < rows; r++)
		row[r] = a + (full ? i + r : nnrt_min(i + r, p->m - 1)) * p->a_row;
	nnrt_tile_start(acc, bias ? bias + j : NULL, n, rows, vectors);
	sums(acc, row, p->k, b, b_row, last, rows, vectors);
	if (p->tail) {
		const struct nnrt_at at = {i * p->y_row + j, 0, i, j, 0};
		float kept[NNRT_TILE_FLOATS];

		nnrt_tile_spill(acc, kept, rows, vectors);
		nnrt_tile_finish_long(p->tail, kept, y, at, p->y_row, full ? rows : (int)(p->m - i), n, vectors, ctx);
		return;
	}
	NNRT_UNROLL(16)
	for (int r = 0; r < rows; r++) {
		const struct nnrt_at at = {(i + r) * p->y_row + j, 0, i + r, j, 0};

		if (full || i + r < p->m)
			nnrt_tile_finish(acc[r], y, at, n, vectors, epilogue, ctx);
	}
}

/** A column of tiles of nnrt_gemm_f32: n columns from j on. */
NNRT_INLINE void nnrt_gemm_f32_panel(const struct nnrt_gemm *p, const float *a, const float *b, ptrdiff_t b_row,
	const float *bias, float *y, ptrdiff_t j, int n, nnrt_epilogue epilogue,
	const void *const *ctx, int last, nnrt_tile_sums *sums, int rows, int vectors)
{
	ptrdiff_t i = p->m_begin;

	for (; i + rows <= p->m; i += rows)
		nnrt_gemm_f32_tile(p, a, b, b_row, bias, y, i, j, n, epilogue, ctx, last, sums, 1, rows, vectors);
	if (i < p->m)
		nnrt_gemm_f32_tile(p, a, b, b_row, bias, y, i, j, n, epilogue, ctx, last, sums, 0, rows, vectors);
}

/** The last n columns of y, fewer than a whole panel, from j on. ragged: b ends where its columns end (it is not
 *  padded). */
NNRT_INLINE void nnrt_gemm_f32_rest(const struct nnrt_gemm *p, const float *a, const float *b, ptrdiff_t b_row,
	const float *bias, float *y, ptrdiff_t j, int n, nnrt_epilogue epilogue, const void *const *ctx, int ragged,
	nnrt_tile_sums *sums, int rows)
{
	const int last = ragged ? (n - 1) % NNRT_LANES + 1 : NNRT_LANES;

	if (n > 3 * NNRT_LANES)
		nnrt_gemm_f32_panel(p, a, b, b_row, bias, y, j, n, epilogue, ctx, last, sums, rows, 4);
	else if (n > 2 * NNRT_LANES)
		nnrt_gemm_f32_panel(p, a, b, b_row, bias, y, j, n, epilogue, ctx, last, sums, rows, 3);
	else if (n > NNRT_LANES)
		nnrt_gemm_f32_panel(p, a, b, b_row, bias, y, j, n, epilogue, ctx, last, sums, rows, 2);
	else if (n > 0)
		nnrt_gemm_f32_panel(p, a, b, b_row, bias, y, j, n, epilogue, ctx, last, sums, rows, 1);
}

/** nnrt_gemm_f32() by an inner loop. */
NNRT_INLINE void nnrt_gemm_f32_by(const struct nnrt_gemm *p, const float *a, const float *b, const float *bias,
	float *y, nnrt_epilogue epilogue, const void *const *ctx, nnrt_tile_sums *sums, int rows, int columns)
{
	const ptrdiff_t whole = p->n / columns * columns;

	for (ptrdiff_t j = 0; j < whole; j += columns)
		nnrt_gemm_f32_panel(p, a, b + j * p->k, columns, bias, y, j, columns, epilogue, ctx,
			NNRT_LANES, sums, rows, columns / NNRT_LANES);
	nnrt_gemm_f32_rest(p, a, b + whole * p->k, columns, bias, y, whole, (int)(p->n - whole), epilogue, ctx, 0,
		sums, rows);
}

/** y[i][j] = epilogue(bias[j] + sum over l of a[i][l] * b[l][j]); see struct nnrt_gemm.
 *  a: row-major. b: panels of `columns` from pack_f32(). bias: n values or NULL. y may not overlap b, and a
 *  as struct nnrt_gemm says; with one panel (n <= columns) row i may lie over rows of a up to i. A residual that the
 *  epilogue reads may be y itself. No alignment needed. rows, columns: constants, the
 *  register tile (see kernels.def). Sums start at the bias and take l in ascending order.
 *  ONNX Gemm-13, MatMul-13, Conv-11 with a 1x1 kernel. */
NNRT_INLINE void nnrt_gemm_f32(const struct nnrt_gemm *p, const float *a, const float *b, const float *bias, float *y,
	nnrt_epilogue epilogue, const void *const *ctx, int rows, int columns)
{
	nnrt_gemm_f32_by(p, a, b, bias, y, epilogue, ctx, nnrt_tile_f32, rows, columns);
}

/** As nnrt_gemm_f32 with b as it is: row-major, p->b_row floats from row to row (both operands made at run time). */
NNRT_INLINE void nnrt_gemm_f32_unpacked(const struct nnrt_gemm *p, const float *a, const float *b, const float *bias,
	float *y, nnrt_epilogue epilogue, const void *const *ctx, int rows, int columns)
{
	const ptrdiff_t whole = p->n / columns * columns;

	for (ptrdiff_t j = 0; j < whole; j += columns)
		nnrt_gemm_f32_panel(p, a, b + j, p->b_row, bias, y, j, columns, epilogue, ctx, NNRT_LANES,
			nnrt_tile_f32, rows, columns / NNRT_LANES);
	nnrt_gemm_f32_rest(p, a, b + whole, p->b_row, bias, y, whole, (int)(p->n - whole), epilogue, ctx, 1,
		nnrt_tile_f32, rows);
}

/** Floats of scratch that nnrt_gemm_f32_transposed takes: one panel. */
NNRT_INLINE ptrdiff_t nnrt_gemm_f32_transposed_scratch(ptrdiff_t k, int columns)
{
	return k * columns;
}

/** panel[l][j] = b[j * b_row + l] for j < n, 0 for j from n to columns - 1. */
NNRT_INLINE void nnrt_gemm_f32_pack(const float *b, ptrdiff_t b_row, ptrdiff_t k, int n, int columns, float *panel)
{
	for (int j = 0; j < columns; j++) {
		for (ptrdiff_t l = 0; l < k; l++)
			panel[l * columns + j] = j < n ? b[j * b_row + l] : 0.0f;
	}
}

/** As nnrt_gemm_f32 with b transposed and as it is: n rows of k, p->b_row floats from row to row: y = a bT (the scores
 *  of attention). Each panel is packed into scratch (nnrt_gemm_f32_transposed_scratch() floats) just before use. */
NNRT_INLINE void nnrt_gemm_f32_transposed(const struct nnrt_gemm *p, const float *a, const float *b, const float *bias,
	float *y, float *scratch, nnrt_epilogue epilogue, const void *const *ctx, int rows, int columns)
{
	const ptrdiff_t whole = p->n / columns * columns;

	for (ptrdiff_t j = 0; j < whole; j += columns) {
		nnrt_gemm_f32_pack(b + j * p->b_row, p->b_row, p->k, columns, columns, scratch);
		nnrt_gemm_f32_panel(p, a, scratch, columns, bias, y, j, columns, epilogue, ctx, NNRT_LANES,
			nnrt_tile_f32, rows, columns / NNRT_LANES);
	}
	if (whole < p->n)
		nnrt_gemm_f32_pack(b + whole * p->b_row, p->b_row, p->k, (int)(p->n - whole), columns, scratch);
	nnrt_gemm_f32_rest(p, a, scratch, columns, bias, y, whole, (int)(p->n - whole), epilogue, ctx, 0,
		nnrt_tile_f32, rows);
}

#endif
