/* Natural logarithm and log(1 + x) by x = 2^e m, sqrt(1/2) <= m < sqrt(2), and a polynomial in f = m - 1. */
#ifndef NNRT_MATHS_LOG_H
#define NNRT_MATHS_LOG_H

#include "runtime_min/maths/lane.h"

/** e ln 2 + log(1 + f) for -0.293 <= f <= 0.4143: f - f^2/2 + f^3 p(f), p minimax of degree 7, off by at most 6e-9 of
 *  log(1 + f) before rounding. ln 2 is split so that e times its first part is exact. */
NNRT_INLINE nnrt_vf nnrt_log_join(nnrt_vf e, nnrt_vf f)
{
	const nnrt_vf square = nnrt_vf_mul(f, f);
	nnrt_vf p = nnrt_vf_set1(-0.07634498f);

	p = nnrt_vf_fma(p, f, nnrt_vf_set1(0.12761578f));
	p = nnrt_vf_fma(p, f, nnrt_vf_set1(-0.13160183f));
	p = nnrt_vf_fma(p, f, nnrt_vf_set1(0.14201757f));
	p = nnrt_vf_fma(p, f, nnrt_vf_set1(-0.16623357f));
	p = nnrt_vf_fma(p, f, nnrt_vf_set1(0.20001227f));
	p = nnrt_vf_fma(p, f, nnrt_vf_set1(-0.2500082f));
	p = nnrt_vf_fma(p, f, nnrt_vf_set1(0.3333333f));
	p = nnrt_vf_mul(nnrt_vf_mul(square, f), p);
	p = nnrt_vf_fma(e, nnrt_vf_set1(1.42860677e-6f), p);
	p = nnrt_vf_fma(square, nnrt_vf_set1(-0.5f), p);
	return nnrt_vf_fma(e, nnrt_vf_set1(0.693145752f), nnrt_vf_add(f, p));
}

/** Exponent of a positive normal x: x = 2^e m with sqrt(1/2) <= m < sqrt(2). */
NNRT_INLINE nnrt_vi nnrt_log_exponent(nnrt_vf x)
{
	/* The bits of sqrt(1/2) are taken off, so that the exponent steps there and not at 1. */
	return nnrt_vi_sar(nnrt_vi_sub(nnrt_vi_from_bits(x), nnrt_vi_set1(0x3f3504f3)), 23);
}

/** 2^-e x. */
NNRT_INLINE nnrt_vf nnrt_log_mantissa(nnrt_vf x, nnrt_vi e)
{
	return nnrt_vf_from_bits(nnrt_vi_sub(nnrt_vi_from_bits(x), nnrt_vi_shl(e, 23)));
}

/** log(x), natural. Worst error found 0.83 ulp (denormal x included where the hardware keeps denormals); -inf at
 *  +-0, NaN below 0, inf at inf, NaN gives NaN. */
NNRT_INLINE nnrt_vf nnrt_log_vf(nnrt_vf x)
{
	const nnrt_vf zero = nnrt_vf_set1(0.0f);
	const nnrt_vf inf = nnrt_vf_set1(INFINITY);
	const nnrt_vm small = nnrt_vf_lt(x, nnrt_vf_set1(1.17549435e-38f));
	const nnrt_vf normal = nnrt_vf_select(small, nnrt_vf_mul(x, nnrt_vf_set1(8388608.0f)), x);
	const nnrt_vi e = nnrt_log_exponent(normal);
	const nnrt_vf f = nnrt_vf_sub(nnrt_log_mantissa(normal, e), nnrt_vf_set1(1.0f));
	const nnrt_vf shift = nnrt_vf_select(small, nnrt_vf_set1(-23.0f), zero);
	const nnrt_vf y = nnrt_log_join(nnrt_vf_add(nnrt_vf_from_vi(e), shift), f);
	/* Zero, infinity, negative numbers and NaN. */
	const nnrt_vm finite = nnrt_vm_and(nnrt_vf_gt(x, zero), nnrt_vf_lt(x, inf));
	const nnrt_vf nan = nnrt_vf_set1(NAN);
	const nnrt_vf edge = nnrt_vf_select(nnrt_vf_eq(x, inf), inf,
		nnrt_vf_select(nnrt_vf_eq(x, zero), nnrt_vf_neg(inf), nan));

	return nnrt_vf_select(finite, y, edge);
}

/** log(x), the bits of nnrt_log_vf(). */
NNRT_INLINE float nnrt_log_f32(float x)
{
	return nnrt_vf_lane0(nnrt_log_vf(nnrt_vf_set1(x)));
}

/** log(1 + x) for finite x > -1; NaN gives NaN. The sign of a zero is lost. What rounding 1 + x loses is added to f. */
NNRT_INLINE nnrt_vf nnrt_log1p_finite(nnrt_vf x)
{
	const nnrt_vf one = nnrt_vf_set1(1.0f);
	const nnrt_vf sum = nnrt_vf_add(one, x);
	const nnrt_vf greater = nnrt_vf_max(one, x);
	const nnrt_vf lost = nnrt_vf_sub(nnrt_vf_min(one, x), nnrt_vf_sub(sum, greater));
	const nnrt_vi e = nnrt_log_exponent(sum);
	/* 2^-e, or 0 where that is denormal: nothing of note was lost there. */
	const nnrt_vi biased = nnrt_vi_max(nnrt_vi_set1(0), nnrt_vi_sub(nnrt_vi_set1(127), e));
	const nnrt_vf scale = nnrt_vf_from_bits(nnrt_vi_shl(biased, 23));
	const nnrt_vf f = nnrt_vf_sub(nnrt_log_mantissa(sum, e), one);

	return nnrt_log_join(nnrt_vf_from_vi(e), nnrt_vf_fma(lost, scale, f));
}

/** log(1 + x). Worst error found 1.42 ulp; keeps signed zeros; -inf at -1, NaN below, inf at inf, NaN gives NaN. */
NNRT_INLINE nnrt_vf nnrt_log1p_vf(nnrt_vf x)
{
	const nnrt_vf zero = nnrt_vf_set1(0.0f);
	const nnrt_vf inf = nnrt_vf_set1(INFINITY);
	const nnrt_vf pole = nnrt_vf_set1(-1.0f);
	const nnrt_vm finite = nnrt_vm_and(nnrt_vf_gt(x, pole), nnrt_vf_lt(x, inf));
	const nnrt_vf below = nnrt_vf_select(nnrt_vf_lt(x, pole), nnrt_vf_set1(NAN), x);
	const nnrt_vf edge = nnrt_vf_select(nnrt_vf_eq(x, pole), nnrt_vf_neg(inf), below);
	const nnrt_vm same = nnrt_vm_or(nnrt_vm_not(finite), nnrt_vf_eq(x, zero));

	return nnrt_vf_select(same, edge, nnrt_log1p_finite(x));
}

/** log(1 + x), the bits of nnrt_log1p_vf(). */
NNRT_INLINE float nnrt_log1p_f32(float x)
{
	return nnrt_vf_lane0(nnrt_log1p_vf(nnrt_vf_set1(x)));
}

#endif
