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

/** Every second float from p on, NNRT_LANES of them; nothing beyond p[2 * NNRT_LANES - 2] is touched. */
NNRT_INLINE nnrt_vf nnrt_vf_load_even(const float *p)
{
	return nnrt_vf_even(nnrt_vf_load(p), nnrt_vf_load(p + NNRT_LANES - 1));
}

/** The same for the first n lanes (1 <= n <= NNRT_LANES), other lanes 0; nothing beyond p[2 * n - 2] is touched. */
NNRT_INLINE nnrt_vf nnrt_vf_load_even_n(const float *p, int n)
{
	const int floats = 2 * n - 1, first = floats < NNRT_LANES ? floats : NNRT_LANES;
	const int last = floats > NNRT_LANES ? floats - NNRT_LANES + 1 : 0;

	return nnrt_vf_even(nnrt_vf_load_n(p, first), nnrt_vf_load_n(p + (last ? NNRT_LANES - 1 : 0), last));
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
