/* The register tile that convolution and matrix product share: the inner loop fit for the instruction set, how
 * sums start (bias) and how they leave (epilogue, store). */
#ifndef NNRT_TILE_H
#define NNRT_TILE_H

#include "runtime_min/kernels/epilogue.h"
#include "runtime_min/simd/simd.h"

#if defined(NNRT_SIMD_ARM_NEON_COMMON_H)
#include "runtime_min/kernels/tile_lane.h"
#else
#include "runtime_min/kernels/tile_broadcast.h"
#endif

/** Starts the sums of a tile at bias[0..n-1] (NULL: 0); lanes beyond n are 0. */
NNRT_INLINE void nnrt_tile_start(nnrt_vf acc[NNRT_TILE_ROWS][NNRT_TILE_VECTORS], const float *bias, int n, int rows,
	int vectors)
{
	NNRT_UNROLL(4)
	for (int j = 0; j < vectors; j++) {
		const int left = n - j * NNRT_LANES;
		nnrt_vf start = nnrt_vf_set1(0.0f);

		if (bias)
			start = left >= NNRT_LANES ? nnrt_vf_load(bias + j * NNRT_LANES)
						   : nnrt_vf_load_n(bias + j * NNRT_LANES, left > 0 ? left : 0);
		NNRT_UNROLL(16)
		for (int i = 0; i < rows; i++)
			acc[i][j] = start;
	}
}

/** Runs the epilogue over one row of a tile, n channels from number at.c on, and stores it at y + at.y. */
NNRT_INLINE void nnrt_tile_finish(const nnrt_vf *acc, float *y, struct nnrt_at at, int n, int vectors,
	nnrt_epilogue epilogue, const void *const *ctx)
{
	NNRT_UNROLL(4)
	for (int j = 0; j < vectors; j++) {
		struct nnrt_at here = at;

		here.y += j * NNRT_LANES;
		here.c += j * NNRT_LANES;
		here.n = n - j * NNRT_LANES < NNRT_LANES ? n - j * NNRT_LANES : NNRT_LANES;
		if (here.n > 0)
			nnrt_store_at(y, epilogue(acc[j], here, ctx), here);
	}
}

/** Floats of a register tile at most. */
enum { NNRT_TILE_FLOATS = NNRT_TILE_ROWS * NNRT_TILE_VECTORS * NNRT_LANES };

/** Puts a register tile into memory, row by row, for a tail. */
NNRT_INLINE void nnrt_tile_spill(nnrt_vf acc[NNRT_TILE_ROWS][NNRT_TILE_VECTORS], float *sums, int rows, int vectors)
{
	NNRT_UNROLL(16)
	for (int i = 0; i < rows; i++) {
		NNRT_UNROLL(4)
		for (int j = 0; j < vectors; j++)
			nnrt_vf_store(sums + (i * vectors + j) * NNRT_LANES, acc[i][j]);
	}
}

/** nnrt_tile_finish() of `count` rows of sums in memory, by a tail. at: where the first of them goes, the others
 *  `step` floats further each in y and in the next column. */
NNRT_INLINE void nnrt_tile_finish_long(nnrt_tail tail, const float *sums, float *y, struct nnrt_at at, ptrdiff_t step,
	int count, int n, int vectors, const void *const *ctx)
{
	const struct nnrt_tail_rows rows = {sums, y, ctx, at.y, step, at.row, at.col, at.c, count, n,
		vectors * NNRT_LANES};

	tail(&rows);
}

#endif
