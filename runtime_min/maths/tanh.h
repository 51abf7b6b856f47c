/* Hyperbolic tangent through exp(x) - 1: one polynomial, one division. */
#ifndef NNRT_MATHS_TANH_H
#define NNRT_MATHS_TANH_H

#include "runtime_min/maths/exp.h"

/** tanh(x) = -t / (2 + t) with t = exp(-2|x|) - 1, and the sign of x. Worst error found 2.5 ulp; keeps signed
 *  zeros, +-1 at +-inf, NaN gives NaN. |tanh| never exceeds 1. */
NNRT_INLINE nnrt_vf nnrt_tanh_vf(nnrt_vf x)
{
	const nnrt_vf size = nnrt_vf_min(nnrt_vf_set1(10.0f), nnrt_vf_abs(x));
	const nnrt_vf t = nnrt_expm1_neg(nnrt_vf_mul(size, nnrt_vf_set1(-2.0f)));

	return nnrt_vf_copysign(nnrt_vf_div(t, nnrt_vf_add(t, nnrt_vf_set1(2.0f))), x);
}

/** tanh(x), the bits of nnrt_tanh_vf(). */
NNRT_INLINE float nnrt_tanh_f32(float x)
{
	return nnrt_vf_lane0(nnrt_tanh_vf(nnrt_vf_set1(x)));
}

#endif
