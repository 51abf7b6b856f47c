/* Ends of AArch64's depthwise convolutions of bytes. */
#ifndef NNRT_DEPTHWISE_NEON_H
#define NNRT_DEPTHWISE_NEON_H

#include <arm_neon.h>

#include "runtime_min/nnrt.h"

/** round_half_even(float(sum) * scale) + zero of eight sums, saturated to 16 bits. */
NNRT_INLINE int16x8_t nnrt_neon_scaled8(int32x4_t low, int32x4_t high, const float32x4_t scale[2], int zero)
{
	const int32x4_t a = vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(low), scale[0]));
	const int32x4_t b = vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(high), scale[1]));

	return vqaddq_s16(vqmovn_high_s32(vqmovn_s32(a), b), vdupq_n_s16((int16_t)zero));
}

/** Eight of them as bytes, int8 or uint8, within bounds. */
NNRT_INLINE uint8x8_t nnrt_neon_bytes8(int16x8_t v, int is_signed, int low, int high)
{
	if (is_signed)
		return vreinterpret_u8_s8(
			vmin_s8(vmax_s8(vqmovn_s16(v), vdup_n_s8((int8_t)low)), vdup_n_s8((int8_t)high)));
	return vmin_u8(vmax_u8(vqmovun_s16(v), vdup_n_u8((uint8_t)low)), vdup_n_u8((uint8_t)high));
}

#endif
