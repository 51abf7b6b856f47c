/* Arc tangent, arc sine and arc cosine: one division or square root and one polynomial each. Their coefficients are
 * minimax in the relative error of the result. */
#ifndef NNRT_MATHS_ARC_H
#define NNRT_MATHS_ARC_H

#include "runtime_min/maths/lane.h"

/** atan(x): t = |x| or -1 / |x| with |t| <= 1, atan(t) = t + t^3 p(t^2), to which pi/2 comes back. Worst error found
 *  1.53 ulp; keeps signed zeros; NaN gives NaN.   ONNX Atan-7. */
NNRT_INLINE nnrt_vf nnrt_atan_vf(nnrt_vf x)
{
	const nnrt_vf one = nnrt_vf_set1(1.0f), zero = nnrt_vf_set1(0.0f);
	const nnrt_vf size = nnrt_vf_abs(x);
	const nnrt_vm large = nnrt_vf_lt(one, size);
	const nnrt_vf t = nnrt_vf_select(large, nnrt_vf_div(nnrt_vf_set1(-1.0f), size), size);
	const nnrt_vf z = nnrt_vf_mul(t, t);
	nnrt_vf p = nnrt_vf_fma(z, nnrt_vf_set1(-0.00179362181f), nnrt_vf_set1(0.010914606f));

	p = nnrt_vf_fma(z, p, nnrt_vf_set1(-0.0311778467f));
	p = nnrt_vf_fma(z, p, nnrt_vf_set1(0.0579575934f));
	p = nnrt_vf_fma(z, p, nnrt_vf_set1(-0.0840345025f));
	p = nnrt_vf_fma(z, p, nnrt_vf_set1(0.109521858f));
	p = nnrt_vf_fma(z, p, nnrt_vf_set1(-0.142642424f));
	p = nnrt_vf_fma(z, p, nnrt_vf_set1(0.199985489f));
	p = nnrt_vf_fma(z, p, nnrt_vf_set1(-0.333332986f));
	p = nnrt_vf_fma(nnrt_vf_mul(z, t), p, t);
	p = nnrt_vf_add(p, nnrt_vf_select(large, nnrt_vf_set1(-4.37113883e-08f), zero));
	p = nnrt_vf_add(p, nnrt_vf_select(large, nnrt_vf_set1(1.57079637f), zero));
	return nnrt_vf_copysign(p, x);
}

/** atan(x), the bits of nnrt_atan_vf(). */
NNRT_INLINE float nnrt_atan_f32(float x)
{
	return nnrt_vf_lane0(nnrt_atan_vf(nnrt_vf_set1(x)));
}

/** asin(t) for |t| <= 1/2 as t + t^3 p(z), z = t^2. */
NNRT_INLINE nnrt_vf nnrt_asin_small(nnrt_vf t, nnrt_vf z)
{
	nnrt_vf p = nnrt_vf_fma(z, nnrt_vf_set1(0.0421663076f), nnrt_vf_set1(0.0241795145f));

	p = nnrt_vf_fma(z, p, nnrt_vf_set1(0.0454703756f));
	p = nnrt_vf_fma(z, p, nnrt_vf_set1(0.074952975f));
	p = nnrt_vf_fma(z, p, nnrt_vf_set1(0.166667521f));
	return nnrt_vf_fma(nnrt_vf_mul(z, t), p, t);
}

/** asin(x), beyond 1/2 as pi/2 - 2 asin(sqrt((1 - |x|) / 2)). Worst error found 2.33 ulp; keeps signed zeros; NaN
 *  beyond [-1, 1].   ONNX Asin-7. */
NNRT_INLINE nnrt_vf nnrt_asin_vf(nnrt_vf x)
{
	const nnrt_vf size = nnrt_vf_abs(x), half = nnrt_vf_set1(0.5f);
	const nnrt_vm large = nnrt_vf_lt(half, size);
	const nnrt_vf z = nnrt_vf_select(large, nnrt_vf_fnma(half, size, half), nnrt_vf_mul(size, size));
	const nnrt_vf y = nnrt_asin_small(nnrt_vf_select(large, nnrt_vf_sqrt(z), size), z);
	const nnrt_vf rest = nnrt_vf_fnma(nnrt_vf_set1(2.0f), y, nnrt_vf_set1(-4.37113883e-08f));

	return nnrt_vf_copysign(nnrt_vf_select(large, nnrt_vf_add(nnrt_vf_set1(1.57079637f), rest), y), x);
}

/** asin(x), the bits of nnrt_asin_vf(). */
NNRT_INLINE float nnrt_asin_f32(float x)
{
	return nnrt_vf_lane0(nnrt_asin_vf(nnrt_vf_set1(x)));
}

/** acos(x) as pi/2 - asin(x), beyond 1/2 as 2 asin(sqrt((1 - |x|) / 2)) or pi less that. Worst error found 1.13
 *  ulp; NaN beyond [-1, 1].   ONNX Acos-7. */
NNRT_INLINE nnrt_vf nnrt_acos_vf(nnrt_vf x)
{
	const nnrt_vf zero = nnrt_vf_set1(0.0f), half = nnrt_vf_set1(0.5f), size = nnrt_vf_abs(x);
	const nnrt_vm large = nnrt_vf_lt(half, size), negative = nnrt_vf_lt(x, zero);
	const nnrt_vf z = nnrt_vf_select(large, nnrt_vf_fnma(half, size, half), nnrt_vf_mul(size, size));
	const nnrt_vf y = nnrt_asin_small(nnrt_vf_select(large, nnrt_vf_sqrt(z), size), z);
	const nnrt_vf turn = nnrt_vf_select(large, nnrt_vf_add(y, y), y);
	const nnrt_vf whole = nnrt_vf_select(large, nnrt_vf_select(negative, nnrt_vf_set1(3.14159274f), zero),
					     nnrt_vf_set1(1.57079637f));
	const nnrt_vf low = nnrt_vf_mul(whole, nnrt_vf_set1(-2.7827534e-08f));
	/* What is added to the whole: 2y where it is 0, else y or 2y with the other sign than x's. */
	const nnrt_vm plus = nnrt_vm_or(nnrt_vm_and(large, nnrt_vm_not(negative)),
					nnrt_vm_and(negative, nnrt_vm_not(large)));

	return nnrt_vf_add(whole, nnrt_vf_add(low, nnrt_vf_select(plus, turn, nnrt_vf_neg(turn))));
}

/** acos(x), the bits of nnrt_acos_vf(). */
NNRT_INLINE float nnrt_acos_f32(float x)
{
	return nnrt_vf_lane0(nnrt_acos_vf(nnrt_vf_set1(x)));
}

#endif
