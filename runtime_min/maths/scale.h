/* a * 2^n where powers of two are made of integers. */
#ifndef NNRT_MATHS_SCALE_H
#define NNRT_MATHS_SCALE_H

#include "runtime_min/simd/simd.h"

/** 1.5 * 2^23: floats from 2^23 to 2^24 are the integers, so the last bits of n + NNRT_SCALE_BASE are n. Shifted to the
 *  exponent, they alone remain. */
#define NNRT_SCALE_BASE 12582912.0f

/** 2^n for an integer -126 <= n <= 127, given n + NNRT_SCALE_BASE. */
NNRT_INLINE nnrt_vf nnrt_vf_exp2_based(nnrt_vf based)
{
	return nnrt_vf_from_bits(nnrt_vi_add(nnrt_vi_shl(nnrt_vi_from_bits(based), 23), nnrt_vi_set1(127 << 23)));
}

/** a * 2^n, rounded once, for 0.5 < a < 2 and an integer -150 <= n <= 128, given n + NNRT_SCALE_BASE; any value but
 *  a NaN for other n; NaN where a is. */
NNRT_INLINE nnrt_vf nnrt_vf_scale_based(nnrt_vf a, nnrt_vf based)
{
	/* Two factors, for 2^n itself may be denormal or infinite: a times the first is neither. */
	const nnrt_vi bits = nnrt_vi_from_bits(based), half = nnrt_vi_sar(bits, 1);
	const nnrt_vi rest = nnrt_vi_sub(bits, half);
	const nnrt_vf power = nnrt_vf_from_bits(nnrt_vi_add(nnrt_vi_shl(half, 23), nnrt_vi_set1(127 << 23)));
	const nnrt_vf other = nnrt_vf_from_bits(nnrt_vi_add(nnrt_vi_shl(rest, 23), nnrt_vi_set1(127 << 23)));

	return nnrt_vf_mul(nnrt_vf_mul(a, power), other);
}

/** As nnrt_vf_scale_based(), for -150 <= n <= 0. */
NNRT_INLINE nnrt_vf nnrt_vf_shrink_based(nnrt_vf a, nnrt_vf based)
{
	/* 2^(n + 25) is normal, and the last product rounds. */
	const nnrt_vi shifted = nnrt_vi_shl(nnrt_vi_from_bits(based), 23);
	const nnrt_vf power = nnrt_vf_from_bits(nnrt_vi_add(shifted, nnrt_vi_set1((127 + 25) << 23)));

	return nnrt_vf_mul(nnrt_vf_mul(a, power), nnrt_vf_set1(2.98023224e-8f));
}

#endif
