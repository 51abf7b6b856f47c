/* Four lanes of NEON: what AArch64 and 32-bit Arm with VFPv4 do alike. arm_neon.h and arm_neon32.h add the rest.
 * The contract of every operation stands in its comment and is the same in all headers of this folder. */
#ifndef NNRT_SIMD_ARM_NEON_COMMON_H
#define NNRT_SIMD_ARM_NEON_COMMON_H

#include <arm_neon.h>

#include "runtime_min/nnrt.h"

/** Four floats. */
typedef float32x4_t nnrt_vf;

/** Four integers. */
typedef int32x4_t nnrt_vi;

/** Four truth values: all bits or none. */
typedef uint32x4_t nnrt_vm;

/** Lanes of a vector. */
enum { NNRT_LANES = 4 };

/** 0, 1, 2... by lane. */
NNRT_INLINE nnrt_vi nnrt_vi_iota(void)
{
	const int32_t lane[4] = {0, 1, 2, 3};

	return vld1q_s32(lane);
}

/** True in the first n lanes (0 <= n <= NNRT_LANES). */
NNRT_INLINE nnrt_vm nnrt_vm_first(int n)
{
	return vcgtq_s32(vdupq_n_s32(n), nnrt_vi_iota());
}

/** NNRT_LANES floats from p, any alignment. */
NNRT_INLINE nnrt_vf nnrt_vf_load(const float *p)
{
	return vld1q_f32(p);
}

/** NNRT_LANES floats to p, any alignment. */
NNRT_INLINE void nnrt_vf_store(float *p, nnrt_vf a)
{
	vst1q_f32(p, a);
}

/** The first n floats (0 <= n <= NNRT_LANES), other lanes 0; nothing beyond p[n - 1] is touched. */
NNRT_INLINE nnrt_vf nnrt_vf_load_n(const float *p, int n)
{
	float32x4_t v = vdupq_n_f32(0.0f);

	if (n >= 4)
		return vld1q_f32(p);
	if (n >= 1)
		v = vld1q_lane_f32(p, v, 0);
	if (n >= 2)
		v = vld1q_lane_f32(p + 1, v, 1);
	if (n >= 3)
		v = vld1q_lane_f32(p + 2, v, 2);
	return v;
}

/** Stores the first n lanes (0 <= n <= NNRT_LANES); nothing beyond p[n - 1] is touched. */
NNRT_INLINE void nnrt_vf_store_n(float *p, nnrt_vf a, int n)
{
	if (n >= 4) {
		vst1q_f32(p, a);
		return;
	}
	if (n >= 1)
		vst1q_lane_f32(p, a, 0);
	if (n >= 2)
		vst1q_lane_f32(p + 1, a, 1);
	if (n >= 3)
		vst1q_lane_f32(p + 2, a, 2);
}

/** Every second of 2 NNRT_LANES - 1 floats in a row: a has the first NNRT_LANES of them, b the last. */
NNRT_INLINE nnrt_vf nnrt_vf_even(nnrt_vf a, nnrt_vf b)
{
	return vcombine_f32(vuzp_f32(vget_low_f32(a), vget_high_f32(a)).val[0],
			    vuzp_f32(vget_low_f32(b), vget_high_f32(b)).val[1]);
}

/** a in all lanes. */
NNRT_INLINE nnrt_vf nnrt_vf_set1(float a)
{
	return vdupq_n_f32(a);
}

/** a + b. */
NNRT_INLINE nnrt_vf nnrt_vf_add(nnrt_vf a, nnrt_vf b)
{
	return vaddq_f32(a, b);
}

/** a - b. */
NNRT_INLINE nnrt_vf nnrt_vf_sub(nnrt_vf a, nnrt_vf b)
{
	return vsubq_f32(a, b);
}

/** a * b. */
NNRT_INLINE nnrt_vf nnrt_vf_mul(nnrt_vf a, nnrt_vf b)
{
	return vmulq_f32(a, b);
}

/** a * b + c, rounded once. */
NNRT_INLINE nnrt_vf nnrt_vf_fma(nnrt_vf a, nnrt_vf b, nnrt_vf c)
{
	return vfmaq_f32(c, a, b);
}

/** c - a * b, rounded once. */
NNRT_INLINE nnrt_vf nnrt_vf_fnma(nnrt_vf a, nnrt_vf b, nnrt_vf c)
{
	return vfmsq_f32(c, a, b);
}

/** a * (lane `lane` of b) + c, rounded once; lane a constant. */
NNRT_INLINE nnrt_vf nnrt_vf_fma_lane(nnrt_vf a, nnrt_vf b, int lane, nnrt_vf c)
{
	return vfmaq_f32(c, a, vdupq_n_f32(b[lane]));
}

/** Lesser of a and b. NaN in b gives NaN; NaN in a alone gives b or NaN; the sign of equal zeros is open. */
NNRT_INLINE nnrt_vf nnrt_vf_min(nnrt_vf a, nnrt_vf b)
{
	return vminq_f32(a, b);
}

/** Greater of a and b. NaN in b gives NaN; NaN in a alone gives b or NaN; the sign of equal zeros is open. */
NNRT_INLINE nnrt_vf nnrt_vf_max(nnrt_vf a, nnrt_vf b)
{
	return vmaxq_f32(a, b);
}

/** -a, the sign bit turned. */
NNRT_INLINE nnrt_vf nnrt_vf_neg(nnrt_vf a)
{
	return vnegq_f32(a);
}

/** |a|, the sign bit cleared. */
NNRT_INLINE nnrt_vf nnrt_vf_abs(nnrt_vf a)
{
	return vabsq_f32(a);
}

/** a < b, false for NaN. */
NNRT_INLINE nnrt_vm nnrt_vf_lt(nnrt_vf a, nnrt_vf b)
{
	return vcltq_f32(a, b);
}

/** a <= b, false for NaN. */
NNRT_INLINE nnrt_vm nnrt_vf_le(nnrt_vf a, nnrt_vf b)
{
	return vcleq_f32(a, b);
}

/** a == b, false for NaN (so eq(a, a) is false where a is NaN). */
NNRT_INLINE nnrt_vm nnrt_vf_eq(nnrt_vf a, nnrt_vf b)
{
	return vceqq_f32(a, b);
}

/** a > b, false for NaN. */
NNRT_INLINE nnrt_vm nnrt_vf_gt(nnrt_vf a, nnrt_vf b)
{
	return vcgtq_f32(a, b);
}

/** a >= b, false for NaN. */
NNRT_INLINE nnrt_vm nnrt_vf_ge(nnrt_vf a, nnrt_vf b)
{
	return vcgeq_f32(a, b);
}

/** m ? a : b by lane, bits unchanged. */
NNRT_INLINE nnrt_vf nnrt_vf_select(nnrt_vm m, nnrt_vf a, nnrt_vf b)
{
	return vbslq_f32(m, a, b);
}

/** a and b. */
NNRT_INLINE nnrt_vm nnrt_vm_and(nnrt_vm a, nnrt_vm b)
{
	return vandq_u32(a, b);
}

/** a or b. */
NNRT_INLINE nnrt_vm nnrt_vm_or(nnrt_vm a, nnrt_vm b)
{
	return vorrq_u32(a, b);
}

/** Either a or b. */
NNRT_INLINE nnrt_vm nnrt_vm_xor(nnrt_vm a, nnrt_vm b)
{
	return veorq_u32(a, b);
}

/** Not a. */
NNRT_INLINE nnrt_vm nnrt_vm_not(nnrt_vm a)
{
	return vmvnq_u32(a);
}

/** NNRT_LANES integers from p, any alignment. */
NNRT_INLINE nnrt_vi nnrt_vi_load(const int32_t *p)
{
	return vld1q_s32(p);
}

/** NNRT_LANES integers to p, any alignment. */
NNRT_INLINE void nnrt_vi_store(int32_t *p, nnrt_vi a)
{
	vst1q_s32(p, a);
}

/** The first n integers (0 <= n <= NNRT_LANES), other lanes 0; nothing beyond p[n - 1] is touched. */
NNRT_INLINE nnrt_vi nnrt_vi_load_n(const int32_t *p, int n)
{
	int32x4_t v = vdupq_n_s32(0);

	if (n >= 4)
		return vld1q_s32(p);
	if (n >= 1)
		v = vld1q_lane_s32(p, v, 0);
	if (n >= 2)
		v = vld1q_lane_s32(p + 1, v, 1);
	if (n >= 3)
		v = vld1q_lane_s32(p + 2, v, 2);
	return v;
}

/** Stores the first n lanes (0 <= n <= NNRT_LANES); nothing beyond p[n - 1] is touched. */
NNRT_INLINE void nnrt_vi_store_n(int32_t *p, nnrt_vi a, int n)
{
	if (n >= 4) {
		vst1q_s32(p, a);
		return;
	}
	if (n >= 1)
		vst1q_lane_s32(p, a, 0);
	if (n >= 2)
		vst1q_lane_s32(p + 1, a, 1);
	if (n >= 3)
		vst1q_lane_s32(p + 2, a, 2);
}

/** a in all lanes. */
NNRT_INLINE nnrt_vi nnrt_vi_set1(int32_t a)
{
	return vdupq_n_s32(a);
}

/** a + b modulo 2^32. */
NNRT_INLINE nnrt_vi nnrt_vi_add(nnrt_vi a, nnrt_vi b)
{
	return vaddq_s32(a, b);
}

/** a - b modulo 2^32. */
NNRT_INLINE nnrt_vi nnrt_vi_sub(nnrt_vi a, nnrt_vi b)
{
	return vsubq_s32(a, b);
}

/** a * b modulo 2^32. */
NNRT_INLINE nnrt_vi nnrt_vi_mul(nnrt_vi a, nnrt_vi b)
{
	return vmulq_s32(a, b);
}

/** Lesser of a and b, signed. */
NNRT_INLINE nnrt_vi nnrt_vi_min(nnrt_vi a, nnrt_vi b)
{
	return vminq_s32(a, b);
}

/** Greater of a and b, signed. */
NNRT_INLINE nnrt_vi nnrt_vi_max(nnrt_vi a, nnrt_vi b)
{
	return vmaxq_s32(a, b);
}

/** Bitwise and. */
NNRT_INLINE nnrt_vi nnrt_vi_and(nnrt_vi a, nnrt_vi b)
{
	return vandq_s32(a, b);
}

/** Bitwise or. */
NNRT_INLINE nnrt_vi nnrt_vi_or(nnrt_vi a, nnrt_vi b)
{
	return vorrq_s32(a, b);
}

/** Bitwise exclusive or. */
NNRT_INLINE nnrt_vi nnrt_vi_xor(nnrt_vi a, nnrt_vi b)
{
	return veorq_s32(a, b);
}

/** Shift left by n (0..31). */
NNRT_INLINE nnrt_vi nnrt_vi_shl(nnrt_vi a, int n)
{
	return vshlq_s32(a, vdupq_n_s32(n));
}

/** Logical shift right by n (0..31). */
NNRT_INLINE nnrt_vi nnrt_vi_shr(nnrt_vi a, int n)
{
	return vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(a), vdupq_n_s32(-n)));
}

/** Arithmetic shift right by n (0..31). */
NNRT_INLINE nnrt_vi nnrt_vi_sar(nnrt_vi a, int n)
{
	return vshlq_s32(a, vdupq_n_s32(-n));
}

/** a == b. */
NNRT_INLINE nnrt_vm nnrt_vi_eq(nnrt_vi a, nnrt_vi b)
{
	return vceqq_s32(a, b);
}

/** a < b, signed. */
NNRT_INLINE nnrt_vm nnrt_vi_lt(nnrt_vi a, nnrt_vi b)
{
	return vcltq_s32(a, b);
}

/** a > b, signed. */
NNRT_INLINE nnrt_vm nnrt_vi_gt(nnrt_vi a, nnrt_vi b)
{
	return vcgtq_s32(a, b);
}

/** m ? a : b by lane. */
NNRT_INLINE nnrt_vi nnrt_vi_select(nnrt_vm m, nnrt_vi a, nnrt_vi b)
{
	return vbslq_s32(m, a, b);
}

/** a as float, nearest, halves to even. */
NNRT_INLINE nnrt_vf nnrt_vf_from_vi(nnrt_vi a)
{
	return vcvtq_f32_s32(a);
}

/** a as integer towards 0; any value where a is NaN or beyond int32. */
NNRT_INLINE nnrt_vi nnrt_vi_trunc(nnrt_vf a)
{
	return vcvtq_s32_f32(a);
}

/** The float with these bits. */
NNRT_INLINE nnrt_vf nnrt_vf_from_bits(nnrt_vi a)
{
	return vreinterpretq_f32_s32(a);
}

/** The bits of a float. */
NNRT_INLINE nnrt_vi nnrt_vi_from_bits(nnrt_vf a)
{
	return vreinterpretq_s32_f32(a);
}

/** Sum of the lanes: halves added lane by lane until one is left (lane i with lane i + NNRT_LANES / 2 first). */
NNRT_INLINE float nnrt_vf_reduce_add(nnrt_vf a)
{
	const float32x2_t h = vadd_f32(vget_low_f32(a), vget_high_f32(a));

	return vget_lane_f32(vpadd_f32(h, h), 0);
}

#endif
