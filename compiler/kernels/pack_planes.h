/* Depthwise convolutions as runtime_min/kernels/depthwise_smlad.h computes them. */
#ifndef NNC_PACK_PLANES_H
#define NNC_PACK_PLANES_H

#include <stdint.h>

/** Bytes of scratch: of four channels, weights as pairs, but for one all rows twice, and image rows in words of two
 *  columns, as many as the kernel has; the sums of a channel's output row; at stride 2 of six output columns at most
 *  (NNRT_PLANES_STRIP). Of 3x3 kernels at stride 1, eight image rows
 *  (runtime_min/kernels/depthwise_bands.h). */
static inline int64_t pack_planes_scratch(int64_t kernel_h, int64_t kernel_w, int64_t out_w, int64_t stride_w)
{
	const int64_t per_turn = stride_w == 1 ? 2 : 1, most = stride_w == 1 || out_w < 6 ? out_w : 6;
	const int64_t turns = (most + per_turn - 1) / per_turn;

	if (kernel_h == 3 && kernel_w == 3 && stride_w == 1)
		return 4 * (4 * (6 + 8 * (turns + 1)) + 2 * turns);
	return 4 * (4 * ((2 * kernel_h - 1) * (kernel_w - 1) + kernel_h * (turns + kernel_w / 2)) + turns * per_turn);
}

#endif
