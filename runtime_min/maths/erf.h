/* Error function without a division: erf(x) = 1 - exp(-x h(x)) for x >= 0, where h is smooth enough for one
 * polynomial. */
#ifndef NNRT_MATHS_ERF_H
#define NNRT_MATHS_ERF_H

#include "runtime_min/maths/exp.h"

/** erf(x). h(x) = -ln(1 - erf x) / x by a polynomial of degree 8, weighted so that erf is off by at most 4.1e-9 of
 *  itself on [0, 3.95]; erf rounds to 1 from 3.92 on. Worst error found 1.8 ulp with FMA, 2.5 without; keeps signed
 *  zeros, +-1 at +-inf, NaN gives NaN. */
NNRT_INLINE nnrt_vf nnrt_erf_vf(nnrt_vf x)
{
	const nnrt_vf t = nnrt_vf_min(nnrt_vf_set1(3.95f), nnrt_vf_abs(x));
	nnrt_vf h = nnrt_vf_set1(-9.256205e-06f);

	h = nnrt_vf_fma(h, t, nnrt_vf_set1(0.00011764071f));
	h = nnrt_vf_fma(h, t, nnrt_vf_set1(-0.00063283474f));
	h = nnrt_vf_fma(h, t, nnrt_vf_set1(0.0016670234f));
	h = nnrt_vf_fma(h, t, nnrt_vf_set1(-0.00016039173f));
	h = nnrt_vf_fma(h, t, nnrt_vf_set1(-0.019153066f));
	h = nnrt_vf_fma(h, t, nnrt_vf_set1(0.10277783f));
	h = nnrt_vf_fma(h, t, nnrt_vf_set1(0.6366194f));
	/* The constant term, 2 / sqrt(pi), is halfway between two floats: it goes in as the sum of two. */
	h = nnrt_vf_fma(h, t, nnrt_vf_set1(-5.86353834e-08f));
	h = nnrt_vf_fma(t, nnrt_vf_set1(1.12837923f), nnrt_vf_mul(t, h));
	return nnrt_vf_copysign(nnrt_expm1_neg(nnrt_vf_neg(h)), x);
}

/** erf(x), the bits of nnrt_erf_vf(). */
NNRT_INLINE float nnrt_erf_f32(float x)
{
	return nnrt_vf_lane0(nnrt_erf_vf(nnrt_vf_set1(x)));
}

#endif
