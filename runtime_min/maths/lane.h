/* From a vector back to one float: what makes a scalar function out of a vector one, with the same bits. */
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

#endif
