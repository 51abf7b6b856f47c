/* Depthwise convolutions as runtime_min/kernels/depthwise_smlad.h computes them. */
#ifndef NNC_PACK_PLANES_H
#define NNC_PACK_PLANES_H

#include <stdint.h>

/** Bytes of scratch: of four channels, three image rows in words of two columns, and the sums of an output row; at
 *  stride 2 of eight output columns at most (NNRT_PLANES_STRIP). */
static inline int64_t pack_planes_scratch(int64_t out_w, int64_t stride_w)
{
	const int64_t per_turn = stride_w == 1 ? 2 : 1, most = stride_w == 1 || out_w < 8 ? out_w : 8;
	const int64_t turns = (most + per_turn - 1) / per_turn;

	return 4 * 4 * (3 * (turns + 1) + turns * per_turn);
}

#endif
