/* Four lanes of AArch64 NEON (Armv8).
 * The contract of every operation stands in its comment and is the same in all headers of this folder. */
#ifndef NNRT_SIMD_ARM_NEON_H
#define NNRT_SIMD_ARM_NEON_H

#include "runtime_min/simd/arm_neon_common.h"

/** Registers of vectors. */
enum { NNRT_REGISTERS = 32 };

/** a / b, correctly rounded. */
NNRT_INLINE nnrt_vf nnrt_vf_div(nnrt_vf a, nnrt_vf b)
{
	return vdivq_f32(a, b);
}

/** Square root, correctly rounded; NaN below zero. */
NNRT_INLINE nnrt_vf nnrt_vf_sqrt(nnrt_vf a)
{
	return vsqrtq_f32(a);
}

/** Greatest integer <= a. */
NNRT_INLINE nnrt_vf nnrt_vf_floor(nnrt_vf a)
{
	return vrndmq_f32(a);
}

/** Least integer >= a. */
NNRT_INLINE nnrt_vf nnrt_vf_ceil(nnrt_vf a)
{
	return vrndpq_f32(a);
}

/** a without its fraction. */
NNRT_INLINE nnrt_vf nnrt_vf_trunc(nnrt_vf a)
{
	return vrndq_f32(a);
}

/** Nearest integer, halves to even. */
NNRT_INLINE nnrt_vf nnrt_vf_round(nnrt_vf a)
{
	return vrndnq_f32(a);
}

/** 1 when any lane is true, else 0. */
NNRT_INLINE int nnrt_vm_any(nnrt_vm a)
{
	return vmaxvq_u32(a) != 0;
}

/** a as nearest integer, halves to even; any value where a is NaN or beyond int32. */
NNRT_INLINE nnrt_vi nnrt_vi_nearest(nnrt_vf a)
{
	return vcvtnq_s32_f32(a);
}

/** Greatest lane; any value when a lane is NaN. */
NNRT_INLINE float nnrt_vf_reduce_max(nnrt_vf a)
{
	return vmaxvq_f32(a);
}

/** Least lane; any value when a lane is NaN. */
NNRT_INLINE float nnrt_vf_reduce_min(nnrt_vf a)
{
	return vminvq_f32(a);
}

#endif
