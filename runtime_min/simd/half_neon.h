/* Vectors of float16 by AArch64 NEON.
 * The contract of every operation stands in its comment and is the same in all headers of this name. */
#ifndef NNRT_SIMD_HALF_NEON_H
#define NNRT_SIMD_HALF_NEON_H

#include "runtime_min/simd/arm_neon.h"

/** NNRT_LANES float16 from p, as floats: exact; NaN stays NaN.   ONNX Cast. */
NNRT_INLINE nnrt_vf nnrt_vf_load_f16(const uint16_t *p)
{
	return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)));
}

/** a as NNRT_LANES float16 to p: nearest, halves to even; overflow gives infinity, NaN a quiet NaN.   ONNX Cast. */
NNRT_INLINE void nnrt_vf_store_f16(uint16_t *p, nnrt_vf a)
{
	vst1_u16(p, vreinterpret_u16_f16(vcvt_f16_f32(a)));
}

#endif
