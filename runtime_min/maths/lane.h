/* Small parts of the functions here; nnrt_vf_lane0() makes a scalar function out of a vector one: the same bits. */
#ifndef NNRT_MATHS_LANE_H
#define NNRT_MATHS_LANE_H

#include "runtime_min/simd/simd.h"

/** Lane 0 of a. */
NNRT_INLINE float nnrt_vf_lane0(nnrt_vf a)
{
	float lane[NNRT_LANES];

	nnrt_vf_store(lane, a);
	return lane[0];
}

/** |a| with the sign bit of b. */
NNRT_INLINE nnrt_vf nnrt_vf_copysign(nnrt_vf a, nnrt_vf b)
{
	const nnrt_vi sign = nnrt_vi_and(nnrt_vi_from_bits(b), nnrt_vi_set1(INT32_MIN));
	const nnrt_vi size = nnrt_vi_and(nnrt_vi_from_bits(a), nnrt_vi_set1(INT32_MAX));

	return nnrt_vf_from_bits(nnrt_vi_or(size, sign));
}

/** a * b as nearest integer, for |a * b| <= 2^22; any value beyond and for NaN. The product lands on 1.5 * 2^23, where
 *  floats have no fraction; cheaper than nnrt_vi_nearest() where rounding is not one instruction, and never dearer. */
NNRT_INLINE nnrt_vi nnrt_vi_product_near(nnrt_vf a, nnrt_vf b)
{
	const nnrt_vf sum = nnrt_vf_fma(a, b, nnrt_vf_set1(12582912.0f));

	return nnrt_vi_sub(nnrt_vi_from_bits(sum), nnrt_vi_set1(0x4b400000));
}

#endif
