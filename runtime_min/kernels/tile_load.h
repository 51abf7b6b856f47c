/* What all register tiles share: how large they may be, and loads of their last lanes. */
#ifndef NNRT_TILE_LOAD_H
#define NNRT_TILE_LOAD_H

#include "runtime_min/simd/simd.h"

/** Most rows and vectors of a register tile. */
enum { NNRT_TILE_ROWS = 16, NNRT_TILE_VECTORS = 4 };

/** n lanes from p; whole when n is NNRT_LANES. */
NNRT_INLINE nnrt_vf nnrt_tile_load(const float *p, int n)
{
	return n == NNRT_LANES ? nnrt_vf_load(p) : nnrt_vf_load_n(p, n);
}

#endif
