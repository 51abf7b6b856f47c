/* Inner loop of convolution and matrix product where a scalar is broadcast from memory for nothing (x86, wasm)
 * or is the vector itself (one lane). */
#ifndef NNRT_TILE_BROADCAST_H
#define NNRT_TILE_BROADCAST_H

#include "runtime_min/kernels/tile_load.h"

/** acc[i][j] += sum over l < k of a[i][l] * w[l * w_row + j], i < rows, j < vectors of NNRT_LANES.
 *  rows and vectors must be constants where this is inlined: then acc lives in registers. Ascending l.
 *  Only `last` lanes of the last vector of w are read (NNRT_LANES: w is padded). */
NNRT_INLINE void nnrt_tile_f32(nnrt_vf acc[NNRT_TILE_ROWS][NNRT_TILE_VECTORS], const float *const *a, ptrdiff_t k,
	const float *w, ptrdiff_t w_row, int last, int rows, int vectors)
{
	for (ptrdiff_t l = 0; l < k; l++) {
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
