/* What all register tiles share: how large they may be, and loads of their last lanes. */
#ifndef NNRT_TILE_LOAD_H
#define NNRT_TILE_LOAD_H

#include "runtime_min/simd/simd.h"

/** Most rows and vectors of a register tile; of single numbers there are no more registers. */
enum { NNRT_TILE_ROWS = NNRT_LANES == 1 ? 6 : 16, NNRT_TILE_VECTORS = 4 };

/** The inner loop of a tile: nnrt_tile_f32() or what computes the same sums for it. */
typedef void nnrt_tile_sums(nnrt_vf acc[NNRT_TILE_ROWS][NNRT_TILE_VECTORS], const float *const *a, ptrdiff_t k,
	const float *w, ptrdiff_t w_row, int last, int rows, int vectors);

/** n lanes from p; whole when n is NNRT_LANES. */
NNRT_INLINE nnrt_vf nnrt_tile_load(const float *p, int n)
{
	return n == NNRT_LANES ? nnrt_vf_load(p) : nnrt_vf_load_n(p, n);
}

#endif
