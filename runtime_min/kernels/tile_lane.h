/* Inner loop of convolution and matrix product where a product can take one lane of a register (NEON): four
 * steps share one load of each row. */
#ifndef NNRT_TILE_LANE_H
#define NNRT_TILE_LANE_H

#include "runtime_min/kernels/tile_load.h"

/** acc[i][j] += sum over l < k of a[i][l] * w[l * w_row + j], i < rows, j < vectors of NNRT_LANES.
 *  rows and vectors must be constants where this is inlined: then acc lives in registers. Ascending l.
 *  Only `last` lanes of the last vector of w are read (NNRT_LANES: w is padded). */
NNRT_INLINE void nnrt_tile_f32(nnrt_vf acc[NNRT_TILE_ROWS][NNRT_TILE_VECTORS], const float *const *a, ptrdiff_t k,
	const float *w, ptrdiff_t w_row, int last, int rows, int vectors)
{
	const ptrdiff_t whole = k - k % NNRT_LANES;
	ptrdiff_t l = 0;

	for (; l < whole; l += NNRT_LANES) {
		nnrt_vf s[NNRT_TILE_ROWS];

		NNRT_UNROLL(16)
		for (int i = 0; i < rows; i++)
			s[i] = nnrt_vf_load(a[i] + l);
		NNRT_UNROLL(4)
		for (int lane = 0; lane < NNRT_LANES; lane++) {
			nnrt_vf b[NNRT_TILE_VECTORS];

			NNRT_UNROLL(4)
			for (int j = 0; j < vectors; j++)
				b[j] = nnrt_tile_load(w + (l + lane) * w_row + j * NNRT_LANES,
					j + 1 < vectors ? NNRT_LANES : last);
			NNRT_UNROLL(16)
			for (int i = 0; i < rows; i++) {
				NNRT_UNROLL(4)
				for (int j = 0; j < vectors; j++)
					acc[i][j] = nnrt_vf_fma_lane(b[j], s[i], lane, acc[i][j]);
			}
		}
	}
	for (; l < k; l++) {
		nnrt_vf b[NNRT_TILE_VECTORS];

		NNRT_UNROLL(4)
		for (int j = 0; j < vectors; j++)
			b[j] = nnrt_tile_load(w + l * w_row + j * NNRT_LANES, j + 1 < vectors ? NNRT_LANES : last);
		NNRT_UNROLL(16)
		for (int i = 0; i < rows; i++) {
			const nnrt_vf s = nnrt_vf_set1(a[i][l]);

			NNRT_UNROLL(4)
			for (int j = 0; j < vectors; j++)
				acc[i][j] = nnrt_vf_fma(s, b[j], acc[i][j]);
		}
	}
}

#endif
