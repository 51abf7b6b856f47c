/* Integer arithmetic with ONNX's meaning that never traps and is never undefined: results wrap, anything divided by 0
 * is 0, and so is its remainder. Narrower types go through the next wider of these, and are cut back by the caller:
 * a quotient of 64 bits is a subroutine on small processors, where that of 32 is an instruction on most. */
#ifndef NNRT_MATHS_INTEGER_H
#define NNRT_MATHS_INTEGER_H

#include "runtime_min/nnrt.h"

/** a / b towards 0; a / 0 = 0; INT64_MIN / -1 = INT64_MIN.   ONNX Div-14. */
NNRT_INLINE int64_t nnrt_div_i64(int64_t a, int64_t b)
{
	if (b == -1)
		return (int64_t)(UINT64_C(0) - (uint64_t)a);
	return b ? a / b : 0;
}

/** a / b towards 0; a / 0 = 0; INT32_MIN / -1 = INT32_MIN.   ONNX Div-14. */
NNRT_INLINE int32_t nnrt_div_i32(int32_t a, int32_t b)
{
	if (b == -1)
		return (int32_t)(UINT32_C(0) - (uint32_t)a);
	return b ? a / b : 0;
}

/** a / b; a / 0 = 0.   ONNX Div-14. */
NNRT_INLINE uint32_t nnrt_div_u32(uint32_t a, uint32_t b)
{
	return b ? a / b : 0;
}

/** a / b; a / 0 = 0.   ONNX Div-14. */
NNRT_INLINE uint64_t nnrt_div_u64(uint64_t a, uint64_t b)
{
	return b ? a / b : 0;
}

/** Remainder of a / b with the sign of a; 0 for b = 0.   ONNX Mod-13, fmod = 1. */
NNRT_INLINE int64_t nnrt_fmod_i64(int64_t a, int64_t b)
{
	return b && b != -1 ? a % b : 0;
}

/** Remainder of a / b with the sign of a; 0 for b = 0.   ONNX Mod-13, fmod = 1. */
NNRT_INLINE int32_t nnrt_fmod_i32(int32_t a, int32_t b)
{
	return b && b != -1 ? a % b : 0;
}

/** Remainder of a / b; 0 for b = 0.   ONNX Mod-13. */
NNRT_INLINE uint32_t nnrt_mod_u32(uint32_t a, uint32_t b)
{
	return b ? a % b : 0;
}

/** Remainder of a / b with the sign of b; 0 for b = 0.   ONNX Mod-13, fmod = 0. */
NNRT_INLINE int32_t nnrt_mod_i32(int32_t a, int32_t b)
{
	const int32_t r = nnrt_fmod_i32(a, b);

	return r && (r ^ b) < 0 ? r + b : r;
}

/** Remainder of a / b; 0 for b = 0.   ONNX Mod-13. */
NNRT_INLINE uint64_t nnrt_mod_u64(uint64_t a, uint64_t b)
{
	return b ? a % b : 0;
}

/** Remainder of a / b with the sign of b; 0 for b = 0.   ONNX Mod-13, fmod = 0. */
NNRT_INLINE int64_t nnrt_mod_i64(int64_t a, int64_t b)
{
	const int64_t r = nnrt_fmod_i64(a, b);

	return r && (r ^ b) < 0 ? r + b : r;
}

/** Remainder of a / b with the sign of b, a zero's too; NaN for b = 0.   ONNX Mod-28, fmod = 0. */
NNRT_INLINE float nnrt_mod_f32(float a, float b)
{
	const float r = fmodf(a, b);

	if (r == 0.0f)
		return copysignf(r, b);
	return (r < 0.0f && b > 0.0f) || (r > 0.0f && b < 0.0f) ? r + b : r;
}

/** Remainder of a / b with the sign of b, a zero's too; NaN for b = 0.   ONNX Mod-28, fmod = 0. */
NNRT_INLINE double nnrt_mod_f64(double a, double b)
{
	const double r = fmod(a, b);

	if (r == 0.0)
		return copysign(r, b);
	return (r < 0.0 && b > 0.0) || (r > 0.0 && b < 0.0) ? r + b : r;
}

/** Greatest integer <= a / b; a / 0 = 0. */
NNRT_INLINE int64_t nnrt_floordiv(int64_t a, int64_t b)
{
	const int64_t q = nnrt_div_i64(a, b);

	return nnrt_fmod_i64(a, b) && (a ^ b) < 0 ? q - 1 : q;
}

/** a - b floordiv(a, b): remainder with the sign of b; 0 for b = 0. */
NNRT_INLINE int64_t nnrt_floormod(int64_t a, int64_t b)
{
	return nnrt_mod_i64(a, b);
}

/** a 2^n, 0 from n = 64 on.   ONNX BitShift-11, LEFT. */
NNRT_INLINE uint64_t nnrt_shl_u64(uint64_t a, uint64_t n)
{
	return n < 64 ? a << n : 0;
}

/** a / 2^n, 0 from n = 64 on.   ONNX BitShift-11, RIGHT. */
NNRT_INLINE uint64_t nnrt_shr_u64(uint64_t a, uint64_t n)
{
	return n < 64 ? a >> n : 0;
}

/** Number of one bits. */
NNRT_INLINE int32_t nnrt_popcount_u32(uint32_t a)
{
	a -= a >> 1 & 0x55555555u;
	a = (a & 0x33333333u) + (a >> 2 & 0x33333333u);
	a = (a + (a >> 4)) & 0x0f0f0f0fu;
	return (int32_t)((a * 0x01010101u) >> 24);
}

/** Number of one bits. */
NNRT_INLINE int32_t nnrt_popcount_u64(uint64_t a)
{
	return nnrt_popcount_u32((uint32_t)a) + nnrt_popcount_u32((uint32_t)(a >> 32));
}

/** base^exponent modulo 2^64; 0^0 = 1. */
NNRT_INLINE uint64_t nnrt_pow_u64(uint64_t base, uint64_t exponent)
{
	uint64_t y = 1;

	for (; exponent; exponent >>= 1) {
		y *= exponent & 1 ? base : 1;
		base *= base;
	}
	return y;
}

/** base^exponent, wrapping; a negative exponent gives 1 / base^-exponent towards 0, and 0 for base 0.   ONNX Pow-15. */
NNRT_INLINE int64_t nnrt_pow_i64(int64_t base, int64_t exponent)
{
	if (exponent >= 0)
		return (int64_t)nnrt_pow_u64((uint64_t)base, (uint64_t)exponent);
	if (base == -1)
		return exponent & 1 ? -1 : 1;
	return base == 1;
}

#endif
