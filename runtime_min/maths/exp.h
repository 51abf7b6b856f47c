/* exp(x) and exp(x) - 1 by x = n ln 2 + r, |r| <= ln 2 / 2: exp(x) = 2^n (1 + q(r)) with a polynomial q of degree 6.
 * ln 2 is split so that n times its first part is exact without FMA. */
#ifndef NNRT_MATHS_EXP_H
#define NNRT_MATHS_EXP_H

#include "runtime_min/maths/lane.h"

#if defined(NNRT_SIMD_X86_AVX512_H)
#include "runtime_min/maths/scale_avx512.h"
#else
#include "runtime_min/maths/scale.h"
#endif

/** exp(x) = 2^n (1 + q), -0.3 < q < 0.42. */
struct nnrt_exp_parts {
	nnrt_vf q;
	nnrt_vf based;          /* n + NNRT_SCALE_BASE */
};

/** Parts of exp(x) for |x| <= 128 (n and q are meaningless beyond; NaN gives q = NaN). |q - (exp(r) - 1)| is at most
 *  1.4e-8 |q| before rounding: minimax on [-0.347, 0.347], first term exact. */
NNRT_INLINE struct nnrt_exp_parts nnrt_exp_split(nnrt_vf x)
{
	const nnrt_vf base = nnrt_vf_set1(NNRT_SCALE_BASE);
	const nnrt_vf based = nnrt_vf_fma(x, nnrt_vf_set1(1.44269502f), base);
	const nnrt_vf n = nnrt_vf_sub(based, base);
	const nnrt_vf s = nnrt_vf_fnma(n, nnrt_vf_set1(0.693145752f), x);
	const nnrt_vf r = nnrt_vf_fnma(n, nnrt_vf_set1(1.42860677e-6f), s);
	nnrt_vf p = nnrt_vf_set1(0.0013882517f);
	struct nnrt_exp_parts e;

	p = nnrt_vf_fma(p, r, nnrt_vf_set1(0.0083665475f));
	p = nnrt_vf_fma(p, r, nnrt_vf_set1(0.0416672f));
	p = nnrt_vf_fma(p, r, nnrt_vf_set1(0.16666543f));
	p = nnrt_vf_fma(p, r, nnrt_vf_set1(0.49999997f));
	e.q = nnrt_vf_fma(nnrt_vf_mul(r, r), p, r);
	e.based = based;
	return e;
}

/** exp(x). Worst error found 1.05 ulp (denormal results included where the hardware keeps denormals); exp(-inf) =
 *  0, exp(inf) = inf, overflow gives inf, NaN gives NaN. */
NNRT_INLINE nnrt_vf nnrt_exp_vf(nnrt_vf x)
{
	const nnrt_vf bounded = nnrt_vf_max(nnrt_vf_set1(-104.0f), nnrt_vf_min(nnrt_vf_set1(89.0f), x));
	const struct nnrt_exp_parts e = nnrt_exp_split(bounded);

	return nnrt_vf_scale_based(nnrt_vf_add(nnrt_vf_set1(1.0f), e.q), e.based);
}

/** exp(x) for x <= 0, the bits of nnrt_exp_vf(); NaN gives NaN. */
NNRT_INLINE nnrt_vf nnrt_exp_neg(nnrt_vf x)
{
	const struct nnrt_exp_parts e = nnrt_exp_split(nnrt_vf_max(nnrt_vf_set1(-104.0f), x));

	return nnrt_vf_shrink_based(nnrt_vf_add(nnrt_vf_set1(1.0f), e.q), e.based);
}

/** exp(x), the bits of nnrt_exp_vf(). */
NNRT_INLINE float nnrt_exp_f32(float x)
{
	return nnrt_vf_lane0(nnrt_exp_vf(nnrt_vf_set1(x)));
}

/** exp(x) - 1 for -40 <= x <= 0; NaN gives NaN. The sign of a zero is lost. */
NNRT_INLINE nnrt_vf nnrt_expm1_neg(nnrt_vf x)
{
	const struct nnrt_exp_parts e = nnrt_exp_split(x);
	const nnrt_vf scale = nnrt_vf_exp2_based(e.based);

	return nnrt_vf_fma(scale, e.q, nnrt_vf_sub(scale, nnrt_vf_set1(1.0f)));
}

/** exp(x) - 1. Worst error found 1.7 ulp (a denormal may lose its last bit); keeps signed zeros; -1 at
 *  -inf, inf at inf and on overflow, NaN gives NaN. */
NNRT_INLINE nnrt_vf nnrt_expm1_vf(nnrt_vf x)
{
	const nnrt_vf bounded = nnrt_vf_max(nnrt_vf_set1(-20.0f), nnrt_vf_min(nnrt_vf_set1(89.0f), x));
	const struct nnrt_exp_parts e = nnrt_exp_split(bounded);
	/* Half the result is computed, for 2^128 is not a float. */
	const nnrt_vf scale = nnrt_vf_exp2_based(nnrt_vf_sub(e.based, nnrt_vf_set1(1.0f)));
	const nnrt_vf y = nnrt_vf_fma(scale, e.q, nnrt_vf_sub(scale, nnrt_vf_set1(0.5f)));

	return nnrt_vf_copysign(nnrt_vf_add(y, y), x);
}

/** exp(x) - 1, the bits of nnrt_expm1_vf(). */
NNRT_INLINE float nnrt_expm1_f32(float x)
{
	return nnrt_vf_lane0(nnrt_expm1_vf(nnrt_vf_set1(x)));
}

#endif
