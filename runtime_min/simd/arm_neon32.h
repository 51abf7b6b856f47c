/* Four lanes of 32-bit NEON with VFPv4 (Armv7). Denormals are flushed to zero by the hardware; division and
 * square root go lane by lane through VFP, which is exact; rounding is done by hand.
 * The contract of every operation stands in its comment and is the same in all headers of this folder. */
#ifndef NNRT_SIMD_ARM_NEON32_H
#define NNRT_SIMD_ARM_NEON32_H

#include "runtime_min/simd/arm_neon_common.h"

/** Registers of vectors. */
enum { NNRT_REGISTERS = 16 };

/** a / b, correctly rounded. */
NNRT_INLINE nnrt_vf nnrt_vf_div(nnrt_vf a, nnrt_vf b)
{
	float x[4], y[4];

	vst1q_f32(x, a);
	vst1q_f32(y, b);
	for (int i = 0; i < 4; i++)
		x[i] /= y[i];
	return vld1q_f32(x);
}

/** Square root, correctly rounded; NaN below zero. */
NNRT_INLINE nnrt_vf nnrt_vf_sqrt(nnrt_vf a)
{
	float x[4];

	vst1q_f32(x, a);
	for (int i = 0; i < 4; i++)
		x[i] = sqrtf(x[i]);
	return vld1q_f32(x);
}

/** a without its fraction. */
NNRT_INLINE nnrt_vf nnrt_vf_trunc(nnrt_vf a)
{
	const uint32x4_t sign = vandq_u32(vreinterpretq_u32_f32(a), vdupq_n_u32(0x80000000u));
	const float32x4_t t = vcvtq_f32_s32(vcvtq_s32_f32(a));
	const float32x4_t s = vreinterpretq_f32_u32(vorrq_u32(vreinterpretq_u32_f32(t), sign));

	return vbslq_f32(vcltq_f32(vabsq_f32(a), vdupq_n_f32(8388608.0f)), s, a);
}

/** Greatest integer <= a. */
NNRT_INLINE nnrt_vf nnrt_vf_floor(nnrt_vf a)
{
	const float32x4_t t = nnrt_vf_trunc(a);
	const float32x4_t one = vdupq_n_f32(1.0f);

	return vbslq_f32(vcgtq_f32(t, a), vsubq_f32(t, one), t);
}

/** Least integer >= a. */
NNRT_INLINE nnrt_vf nnrt_vf_ceil(nnrt_vf a)
{
	return vnegq_f32(nnrt_vf_floor(vnegq_f32(a)));
}

/** Nearest integer, halves to even. */
NNRT_INLINE nnrt_vf nnrt_vf_round(nnrt_vf a)
{
	const uint32x4_t sign = vandq_u32(vreinterpretq_u32_f32(a), vdupq_n_u32(0x80000000u));
	/* Adding 2^23 with the sign of a leaves no room for a fraction. */
	const float32x4_t magic = vreinterpretq_f32_u32(vorrq_u32(vdupq_n_u32(0x4b000000u), sign));
	const float32x4_t r = vsubq_f32(vaddq_f32(a, magic), magic);
	const float32x4_t s = vreinterpretq_f32_u32(vorrq_u32(vreinterpretq_u32_f32(r), sign));

	return vbslq_f32(vcltq_f32(vabsq_f32(a), vdupq_n_f32(8388608.0f)), s, a);
}

/** 1 when any lane is true, else 0. */
NNRT_INLINE int nnrt_vm_any(nnrt_vm a)
{
	const uint32x2_t h = vorr_u32(vget_low_u32(a), vget_high_u32(a));

	return vget_lane_u32(vpmax_u32(h, h), 0) != 0;
}

/** a as nearest integer, halves to even; any value where a is NaN or beyond int32. */
NNRT_INLINE nnrt_vi nnrt_vi_nearest(nnrt_vf a)
{
	return vcvtq_s32_f32(nnrt_vf_round(a));
}

/** Greatest lane; any value when a lane is NaN. */
NNRT_INLINE float nnrt_vf_reduce_max(nnrt_vf a)
{
	const float32x2_t h = vmax_f32(vget_low_f32(a), vget_high_f32(a));

	return vget_lane_f32(vpmax_f32(h, h), 0);
}

/** Least lane; any value when a lane is NaN. */
NNRT_INLINE float nnrt_vf_reduce_min(nnrt_vf a)
{
	const float32x2_t h = vmin_f32(vget_low_f32(a), vget_high_f32(a));

	return vget_lane_f32(vpmin_f32(h, h), 0);
}

#endif
