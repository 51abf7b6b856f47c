/* Matrix product with float rows and weights that lie as bytes with one scale a column: for machines that read weights
 * from flash. A weight is widened where it is used, to the float that it stands for. */
#ifndef NNRT_PRODUCT_BYTES_H
#define NNRT_PRODUCT_BYTES_H

#include "runtime_min/kernels/shape.h"
#include "runtime_min/kernels/tile.h"

/** Columns of a panel, and terms that several rows share widened. */
enum { NNRT_PRODUCT_COLUMNS = 4 * NNRT_LANES, NNRT_PRODUCT_BLOCK = 16 };

/** The vector of weights from number `at` on: floats, or bytes times their scales. scale: NULL for floats, else as many
 *  as lanes. */
NNRT_INLINE nnrt_vf nnrt_weights_at(const void *w, const float *scale, ptrdiff_t at)
{
	float lanes[NNRT_LANES];

	if (!scale)
		return nnrt_vf_load((const float *)w + at);
	NNRT_UNROLL(16)
	for (int i = 0; i < NNRT_LANES; i++)
		lanes[i] = (float)((const int8_t *)w)[at + i] * scale[i];
	return nnrt_vf_load(lanes);
}

/** Rows i to i + rows - 1 of y, those that exist, n columns from j on; b and scale: of that panel. rows: 1 or 4. */
NNRT_INLINE void nnrt_product_bytes_tile(const struct nnrt_gemm *p, const float *a, const int8_t *b, const float *scale,
	const float *bias, float *y, ptrdiff_t i, ptrdiff_t j, int n, int rows)
{
	nnrt_vf acc[NNRT_TILE_ROWS][NNRT_TILE_VECTORS];
	const float *row[NNRT_TILE_ROWS];
	float w[NNRT_PRODUCT_BLOCK * NNRT_PRODUCT_COLUMNS];

	NNRT_UNROLL(4)
	for (int r = 0; r < rows; r++)
		row[r] = a + nnrt_min(i + r, p->m - 1) * p->a_row;
	nnrt_tile_start(acc, bias ? bias + j : NULL, n, rows, 4);
	for (ptrdiff_t l = 0; l < p->k && rows == 1; l++) {
		const nnrt_vf s = nnrt_vf_set1(row[0][l]);

		NNRT_UNROLL(4)
		for (int v = 0; v < 4; v++)
			acc[0][v] = nnrt_vf_fma(s, nnrt_weights_at(b, scale + v * NNRT_LANES,
				l * NNRT_PRODUCT_COLUMNS + v * NNRT_LANES), acc[0][v]);
	}
	for (ptrdiff_t l = 0; l < p->k && rows > 1; l += NNRT_PRODUCT_BLOCK) {
		const ptrdiff_t terms = nnrt_min(NNRT_PRODUCT_BLOCK, p->k - l);

		for (ptrdiff_t t = 0; t < terms; t++) {
			NNRT_UNROLL(4)
			for (int v = 0; v < 4; v++)
				nnrt_vf_store(w + t * NNRT_PRODUCT_COLUMNS + v * NNRT_LANES, nnrt_weights_at(b,
					scale + v * NNRT_LANES, (l + t) * NNRT_PRODUCT_COLUMNS + v * NNRT_LANES));
		}
		nnrt_tile_f32(acc, row, terms, w, NNRT_PRODUCT_COLUMNS, NNRT_LANES, rows, 4);
		NNRT_UNROLL(4)
		for (int r = 0; r < rows; r++)
			row[r] += terms;
	}
	NNRT_UNROLL(4)
	for (int r = 0; r < rows; r++) {
		const struct nnrt_at at = {(i + r) * p->y_row + j, 0, i + r, j, 0};

		if (i + r < p->m)
			nnrt_tile_finish(acc[r], y, at, n, 4, nnrt_epilogue_none, NULL);
	}
}

/** y[i][j] = bias[j] + sum over l of a[i][l] * w[l][j], w[l][j] = (float)b[l][j] * scale[j]; see struct nnrt_gemm.
 *  a: row-major. b: panels of NNRT_PRODUCT_COLUMNS columns, the last one and scale padded with zeros. bias: n values or
 *  NULL. y overlaps nothing. Sums start at the bias and take l in ascending order: with the weights as floats,
 *  nnrt_gemm_f32() gives the same. */
NNRT_INLINE void nnrt_product_bytes(const struct nnrt_gemm *p, const float *a, const int8_t *b, const float *scale,
	const float *bias, float *y)
{
	for (ptrdiff_t j = 0; j < p->n; j += NNRT_PRODUCT_COLUMNS) {
		const int n = (int)nnrt_min(NNRT_PRODUCT_COLUMNS, p->n - j);

		if (p->m - p->m_begin == 1)
			nnrt_product_bytes_tile(p, a, b + j * p->k, scale + j, bias, y, p->m_begin, j, n, 1);
		else
			for (ptrdiff_t i = p->m_begin; i < p->m; i += 4)
				nnrt_product_bytes_tile(p, a, b + j * p->k, scale + j, bias, y, i, j, n, 4);
	}
}

#endif
