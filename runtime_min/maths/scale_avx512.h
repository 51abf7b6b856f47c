/* a * 2^n where one instruction does it (vscalefps). */
#ifndef NNRT_MATHS_SCALE_AVX512_H
#define NNRT_MATHS_SCALE_AVX512_H

#include "runtime_min/simd/simd.h"

/** As in scale.h; here any float would do. */
#define NNRT_SCALE_BASE 12582912.0f

/** 2^n for an integer -126 <= n <= 127, given n + NNRT_SCALE_BASE. */
NNRT_INLINE nnrt_vf nnrt_vf_exp2_based(nnrt_vf based)
{
	return nnrt_vf_from_bits(nnrt_vi_add(nnrt_vi_shl(nnrt_vi_from_bits(based), 23), nnrt_vi_set1(127 << 23)));
}

/** a * 2^n, rounded once, for 0.5 < a < 2 and an integer -150 <= n <= 128, given n + NNRT_SCALE_BASE; NaN where a
 *  is. */
NNRT_INLINE nnrt_vf nnrt_vf_scale_based(nnrt_vf a, nnrt_vf based)
{
	return _mm512_maskz_scalef_ps(nnrt_vm_all(), a, nnrt_vf_sub(based, nnrt_vf_set1(NNRT_SCALE_BASE)));
}

/** As nnrt_vf_scale_based(), for -150 <= n <= 0. */
NNRT_INLINE nnrt_vf nnrt_vf_shrink_based(nnrt_vf a, nnrt_vf based)
{
	return nnrt_vf_scale_based(a, based);
}

#endif
