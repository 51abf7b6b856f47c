/* The end of dot.h's tiles on AArch64: from sums of four channels a vector to signed bytes. */
#ifndef NNRT_DOT_NEON_H
#define NNRT_DOT_NEON_H

#include <arm_neon.h>

#include "runtime_min/kernels/dot.h"

enum {
	NNRT_NEON_CHANNELS = 4,         /* of a vector of sums */
	NNRT_NEON_SUMS = 24,            /* vectors of sums that a tile has at most */
	NNRT_NEON_HELD = 4              /* vectors of multipliers that stay in registers */
};

/** Four vectors of sums as bytes, in their order. */
NNRT_INLINE int8x16_t nnrt_neon_bytes(const int32x4_t sum[4], const float32x4_t scale[4], const struct nnrt_dot *d)
{
	const int16x8_t zero = vdupq_n_s16((short)d->zero);
	int32x4_t q[4];
	int16x8_t low, high;
	int8x16_t y;

	NNRT_UNROLL(4)
	for (int i = 0; i < 4; i++)
		q[i] = vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(sum[i]), scale[i]));
	low = vqaddq_s16(vqmovn_high_s32(vqmovn_s32(q[0]), q[1]), zero);
	high = vqaddq_s16(vqmovn_high_s32(vqmovn_s32(q[2]), q[3]), zero);
	y = vqmovn_high_s16(vqmovn_s16(low), high);
	if (d->low > -128)
		y = vmaxq_s8(y, vdupq_n_s8((signed char)d->low));
	if (d->high < 127)
		y = vminq_s8(y, vdupq_n_s8((signed char)d->high));
	return y;
}

/** Stores n <= 8 bytes. */
NNRT_INLINE void nnrt_neon_store8(unsigned char *y, int8x8_t bytes, int n)
{
	uint64_t left = vget_lane_u64(vreinterpret_u64_s8(bytes), 0);

	if (n == 8) {
		vst1_s8((int8_t *)y, bytes);
		return;
	}
	if (n & 4) {
		(void)memcpy(y, &left, 4);
		left >>= 32;
		y += 4;
	}
	if (n & 2) {
		(void)memcpy(y, &left, 2);
		left >>= 16;
		y += 2;
	}
	if (n & 1)
		*y = (unsigned char)left;
}

/** Stores n <= 16 bytes. */
NNRT_INLINE void nnrt_neon_store(unsigned char *y, int8x16_t bytes, int n)
{
	if (n == 16) {
		vst1q_s8((int8_t *)y, bytes);
		return;
	}
	nnrt_neon_store8(y, vget_low_s8(bytes), n < 8 ? n : 8);
	if (n > 8)
		nnrt_neon_store8(y + 8, vget_high_s8(bytes), n - 8);
}

/** A tile's sums, sum[i * vectors + j] those of row i, as n bytes of each row. rows, vectors: constants. */
NNRT_INLINE void nnrt_neon_finish(const struct nnrt_dot *d, const int32x4_t *sum, const float *scale, unsigned char *y,
	int n, int rows, int vectors)
{
	/* A vector of bytes has one vector of four rows, two of two rows, or four of one. */
	const int width = vectors == 1 ? 1 : vectors == 2 ? 2 : 4, each = 4 / width;
	float32x4_t held[NNRT_NEON_HELD];

	/* gcc 12 would load them again for every row, and make their address anew. */
	NNRT_OPAQUE(scale);
	NNRT_UNROLL(4)
	for (int j = 0; j < vectors && j < NNRT_NEON_HELD; j++) {
		held[j] = vld1q_f32(scale + j * NNRT_NEON_CHANNELS);
		__asm__ volatile("" : "+w"(held[j]));
	}
	NNRT_UNROLL(24)
	for (int i = 0; i < rows; i += each) {
		NNRT_UNROLL(8)
		for (int j = 0; j < vectors; j += width) {
			const int left = n - j * NNRT_NEON_CHANNELS, most = width * NNRT_NEON_CHANNELS;
			const int here = left < most ? left : most;
			int32x4_t four[4];
			float32x4_t scales[4];
			int8x16_t bytes;

			NNRT_UNROLL(4)
			for (int v = 0; v < 4; v++) {
				const int row = i + v / width < rows ? i + v / width : rows - 1;
				const int at = j + v % width < vectors ? j + v % width : vectors - 1;

				four[v] = sum[row * vectors + at];
				scales[v] = at < NNRT_NEON_HELD ? held[at]
							    : vld1q_f32(scale + at * NNRT_NEON_CHANNELS);
			}
			if (here <= 0)
				continue;
			bytes = nnrt_neon_bytes(four, scales, d);
			NNRT_UNROLL(4)
			for (int e = 0; e < each; e++) {
				if (i + e < rows)
					nnrt_neon_store(
						y + (i + e) * d->y_pixel + j * NNRT_NEON_CHANNELS, bytes, here);
				bytes = width == 1 ? vextq_s8(bytes, bytes, 4) : vextq_s8(bytes, bytes, 8);
			}
		}
	}
}

#endif
