/* Sigmoid, softplus and Mish: one exponential of -|x|, which cannot overflow, and at most one division. */
#ifndef NNRT_MATHS_SIGMOID_H
#define NNRT_MATHS_SIGMOID_H

#include "runtime_min/maths/exp.h"
#include "runtime_min/maths/log.h"

/** 1 / (1 + exp(-x)), as 1 / (1 + t) or t / (1 + t) with t = exp(-|x|). Worst error found 2.31 ulp; 0 at -inf, 1 at
 *  inf, NaN gives NaN.   ONNX Sigmoid-13. */
NNRT_INLINE nnrt_vf nnrt_sigmoid_vf(nnrt_vf x)
{
	const nnrt_vf one = nnrt_vf_set1(1.0f);
	const nnrt_vf t = nnrt_exp_neg(nnrt_vf_neg(nnrt_vf_abs(x)));
	const nnrt_vf top = nnrt_vf_select(nnrt_vf_lt(x, nnrt_vf_set1(0.0f)), t, one);

	return nnrt_vf_div(top, nnrt_vf_add(one, t));
}

/** 1 / (1 + exp(-x)), the bits of nnrt_sigmoid_vf(). */
NNRT_INLINE float nnrt_sigmoid_f32(float x)
{
	return nnrt_vf_lane0(nnrt_sigmoid_vf(nnrt_vf_set1(x)));
}

/** log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)). Worst error found 1.68 ulp; 0 at -inf, inf at inf, NaN gives NaN.
 *  ONNX Softplus-1. */
NNRT_INLINE nnrt_vf nnrt_softplus_vf(nnrt_vf x)
{
	const nnrt_vf t = nnrt_exp_neg(nnrt_vf_neg(nnrt_vf_abs(x)));

	return nnrt_vf_add(nnrt_vf_max(nnrt_vf_set1(0.0f), x), nnrt_log1p_finite(t));
}

/** log(1 + exp(x)), the bits of nnrt_softplus_vf(). */
NNRT_INLINE float nnrt_softplus_f32(float x)
{
	return nnrt_vf_lane0(nnrt_softplus_vf(nnrt_vf_set1(x)));
}

/** x tanh(softplus(x)) = x n / (n + d): with t = exp(-|x|), n = 1 + 2t, d = 2t^2 for x >= 0, else n = t^2 + 2t, d =
 *  2. Worst error found 3.84 ulp, or 1e-43 below -87; NaN gives NaN, inf at inf, -0 at -inf (the limit).   ONNX
 *  Mish-18. */
NNRT_INLINE nnrt_vf nnrt_mish_vf(nnrt_vf x)
{
	const nnrt_vf one = nnrt_vf_set1(1.0f);
	const nnrt_vf two = nnrt_vf_set1(2.0f);
	const nnrt_vm negative = nnrt_vf_lt(x, nnrt_vf_set1(0.0f));
	const nnrt_vf t = nnrt_exp_neg(nnrt_vf_neg(nnrt_vf_abs(x)));
	const nnrt_vf square = nnrt_vf_mul(t, t);
	const nnrt_vf n = nnrt_vf_fma(two, t, nnrt_vf_select(negative, square, one));
	const nnrt_vf d = nnrt_vf_select(negative, two, nnrt_vf_add(square, square));
	/* Below -110 the result is a zero anyway, and -inf times 0 would be NaN. */
	const nnrt_vf bounded = nnrt_vf_max(nnrt_vf_set1(-128.0f), x);

	return nnrt_vf_mul(bounded, nnrt_vf_div(n, nnrt_vf_add(n, d)));
}

/** x tanh(softplus(x)), the bits of nnrt_mish_vf(). */
NNRT_INLINE float nnrt_mish_f32(float x)
{
	return nnrt_vf_lane0(nnrt_mish_vf(nnrt_vf_set1(x)));
}

#endif
