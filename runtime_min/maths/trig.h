/* Sine and cosine: x = n pi/2 + r, |r| <= pi/4, pi/2 in four parts of which n times the first three is exact. Arguments
 * beyond 8192 go lane by lane through libm, which reduces them with as many digits of pi as it takes. */
#ifndef NNRT_MATHS_TRIG_H
#define NNRT_MATHS_TRIG_H

#include "runtime_min/maths/lane.h"

/** sin(x + turns pi/2) for |x| <= 8192. Polynomials of degree 7 and 8, minimax on [-pi/4, pi/4]. */
NNRT_INLINE nnrt_vf nnrt_sin_turned(nnrt_vf x, int32_t turns)
{
	const nnrt_vi n = nnrt_vi_product_near(x, nnrt_vf_set1(0.636619772f));
	const nnrt_vi turn = nnrt_vi_add(n, nnrt_vi_set1(turns));
	const nnrt_vf nf = nnrt_vf_from_vi(n);
	nnrt_vf r = nnrt_vf_fnma(nf, nnrt_vf_set1(1.5703125f), x);
	nnrt_vf square, sine, cosine;
	nnrt_vi sign;

	r = nnrt_vf_fnma(nf, nnrt_vf_set1(0.000483751297f), r);
	r = nnrt_vf_fnma(nf, nnrt_vf_set1(7.54953362e-08f), r);
	r = nnrt_vf_fnma(nf, nnrt_vf_set1(2.56334407e-12f), r);
	square = nnrt_vf_mul(r, r);
	sine = nnrt_vf_fma(square, nnrt_vf_set1(-0.00019514632f), nnrt_vf_set1(0.008332156f));
	sine = nnrt_vf_fma(square, sine, nnrt_vf_set1(-0.16666655f));
	sine = nnrt_vf_fma(nnrt_vf_mul(square, r), sine, r);
	cosine = nnrt_vf_fma(square, nnrt_vf_set1(2.4432413e-05f), nnrt_vf_set1(-0.001388731f));
	cosine = nnrt_vf_fma(square, cosine, nnrt_vf_set1(0.041666646f));
	cosine = nnrt_vf_fma(square, cosine, nnrt_vf_set1(-0.5f));
	cosine = nnrt_vf_fma(square, cosine, nnrt_vf_set1(1.0f));
	/* Odd quarter turns swap sine and cosine, every second one changes the sign. */
	r = nnrt_vf_select(nnrt_vi_gt(nnrt_vi_and(turn, nnrt_vi_set1(1)), nnrt_vi_set1(0)), cosine, sine);
	sign = nnrt_vi_shl(nnrt_vi_and(turn, nnrt_vi_set1(2)), 30);
	return nnrt_vf_from_bits(nnrt_vi_xor(nnrt_vi_from_bits(r), sign));
}

/** True in lanes that nnrt_sin_turned() cannot do: |x| > 8192, infinities, NaN. */
NNRT_INLINE nnrt_vm nnrt_sin_is_far(nnrt_vf x)
{
	return nnrt_vm_not(nnrt_vf_le(nnrt_vf_abs(x), nnrt_vf_set1(8192.0f)));
}

/** sin(x). Worst error found 2.3 ulp up to 8192, libm's beyond; keeps signed zeros; NaN at +-inf and NaN. */
NNRT_INLINE nnrt_vf nnrt_sin_vf(nnrt_vf x)
{
	const nnrt_vm far = nnrt_sin_is_far(x);
	const nnrt_vf y = nnrt_vf_select(nnrt_vf_eq(x, nnrt_vf_set1(0.0f)), x, nnrt_sin_turned(x, 0));
	float lane[NNRT_LANES];

	if (!nnrt_vm_any(far))
		return y;
	nnrt_vf_store(lane, x);
	for (int i = 0; i < NNRT_LANES; i++)
		lane[i] = sinf(lane[i]);
	return nnrt_vf_select(far, nnrt_vf_load(lane), y);
}

/** sin(x), the bits of nnrt_sin_vf(). */
NNRT_INLINE float nnrt_sin_f32(float x)
{
	return nnrt_vf_lane0(nnrt_sin_vf(nnrt_vf_set1(x)));
}

/** cos(x). Worst error found 2.3 ulp up to 8192, libm's beyond; NaN at +-inf and NaN. */
NNRT_INLINE nnrt_vf nnrt_cos_vf(nnrt_vf x)
{
	const nnrt_vm far = nnrt_sin_is_far(x);
	const nnrt_vf y = nnrt_sin_turned(x, 1);
	float lane[NNRT_LANES];

	if (!nnrt_vm_any(far))
		return y;
	nnrt_vf_store(lane, x);
	for (int i = 0; i < NNRT_LANES; i++)
		lane[i] = cosf(lane[i]);
	return nnrt_vf_select(far, nnrt_vf_load(lane), y);
}

/** cos(x), the bits of nnrt_cos_vf(). */
NNRT_INLINE float nnrt_cos_f32(float x)
{
	return nnrt_vf_lane0(nnrt_cos_vf(nnrt_vf_set1(x)));
}

#endif
