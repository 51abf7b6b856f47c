/* Narrow floats as storage: float16, bfloat16 and the four float8 of ONNX, to and from float32 by integer operations.
 * Nearest, halves to even, denormals included; nothing depends on the rounding or flushing mode of the machine. */
#ifndef NNRT_MATHS_NARROW_H
#define NNRT_MATHS_NARROW_H

#include "runtime_min/maths/bits.h"

/** Magnitude bits of the nearest float with `fraction` fraction bits and this exponent bias, as if exponents had no
 *  end: results beyond the format's greatest are the caller's to replace. size: bits of a float >= 0 or of infinity. */
NNRT_INLINE uint32_t nnrt_narrow(uint32_t size, int fraction, int bias)
{
	const int drop = 23 - fraction;
	const int below = 128 - bias - (int)(size >> 23);       /* exponents under the least normal one, if positive */

	if (below <= 0)
		return nnrt_shr_even(size - ((uint32_t)(127 - bias) << 23), drop);
	if (drop + below > 24)
		return 0;
	return nnrt_shr_even((size & 0x7fffff) | 0x800000, drop + below);
}

/** The float32 of a finite narrow magnitude; exact. */
NNRT_INLINE float nnrt_widen(uint32_t size, int fraction, int bias)
{
	const float unit = nnrt_f32_bits((uint32_t)(128 - bias - fraction) << 23);

	if (size >> fraction == 0)
		return (float)(int32_t)size * unit;
	return nnrt_f32_bits((size << (23 - fraction)) + ((uint32_t)(127 - bias) << 23));
}

/** x with the sign taken from the top bit of sign. */
NNRT_INLINE float nnrt_with_sign(float x, uint32_t sign)
{
	return nnrt_f32_bits(nnrt_bits_f32(x) | (sign & 0x80000000u));
}

/** float32 to float16 bits; overflow gives infinity, NaN gives a quiet NaN of the same sign.   ONNX Cast. */
NNRT_INLINE uint16_t nnrt_f16_f32(float x)
{
	const uint32_t size = nnrt_bits_f32(x) & 0x7fffffff;
	const uint32_t sign = (nnrt_bits_f32(x) >> 16) & 0x8000;
	uint32_t y;

	if (size > 0x7f800000)
		return (uint16_t)(sign | 0x7e00 | ((size >> 13) & 0x3ff));
	y = nnrt_narrow(size, 10, 15);
	return (uint16_t)(sign | (y < 0x7c00 ? y : 0x7c00));
}

/** float16 bits to float32; exact, NaN keeps its payload. */
NNRT_INLINE float nnrt_f32_f16(uint16_t h)
{
	const uint32_t size = h & 0x7fffu;

	if (size >= 0x7c00)
		return nnrt_f32_bits(((uint32_t)h << 16 & 0x80000000u) | 0x7f800000 | (size & 0x3ff) << 13);
	return nnrt_with_sign(nnrt_widen(size, 10, 15), (uint32_t)h << 16);
}

/** float32 to bfloat16 bits; overflow gives infinity, NaN gives a quiet NaN of the same sign.   ONNX Cast. */
NNRT_INLINE uint16_t nnrt_bf16_f32(float x)
{
	const uint32_t bits = nnrt_bits_f32(x);

	if ((bits & 0x7fffffff) > 0x7f800000)
		return (uint16_t)(bits >> 16 | 0x40);
	return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/** bfloat16 bits to float32; exact. */
NNRT_INLINE float nnrt_f32_bf16(uint16_t b)
{
	return nnrt_f32_bits((uint32_t)b << 16);
}

/** float32 to a float8 without infinities and negative zero (FNUZ): NaN and infinities give NaN, 0x80; what is too
 *  great gives the greatest, 0x7f, when saturating, else NaN. */
NNRT_INLINE uint8_t nnrt_f8_fnuz(float x, int saturate, int fraction, int bias)
{
	const uint32_t size = nnrt_bits_f32(x) & 0x7fffffff;
	const uint32_t sign = (nnrt_bits_f32(x) >> 24) & 0x80;
	uint32_t y;

	if (size >= 0x7f800000)
		return 0x80;
	y = nnrt_narrow(size, fraction, bias);
	if (y > 0x7f && !saturate)
		return 0x80;
	if (y == 0)
		return 0;
	return (uint8_t)(sign | (y < 0x7f ? y : 0x7f));
}

/** float32 to float8 with 4 exponent bits, no infinities. NaN gives NaN; infinities and what is too great give 448 with
 *  the sign when saturating, else NaN.   ONNX Cast-19, FLOAT8E4M3FN. */
NNRT_INLINE uint8_t nnrt_f8e4m3fn_f32(float x, int saturate)
{
	const uint32_t size = nnrt_bits_f32(x) & 0x7fffffff;
	const uint32_t sign = (nnrt_bits_f32(x) >> 24) & 0x80;
	const uint32_t y = size > 0x7f800000 ? 0x7f : nnrt_narrow(size, 3, 7);

	if (size <= 0x7f800000 && saturate)
		return (uint8_t)(sign | (y < 0x7e ? y : 0x7e));
	return (uint8_t)(sign | (y < 0x7f ? y : 0x7f));
}

/** float32 to float8 with 4 exponent bits, bias 8, greatest 240; see nnrt_f8_fnuz().   ONNX Cast-19, FLOAT8E4M3FNUZ. */
NNRT_INLINE uint8_t nnrt_f8e4m3fnuz_f32(float x, int saturate)
{
	return nnrt_f8_fnuz(x, saturate, 3, 8);
}

/** float32 to float8 with 5 exponent bits. NaN gives NaN; infinities and what is too great give 57344 with the sign
 *  when saturating, else infinity.   ONNX Cast-19, FLOAT8E5M2. */
NNRT_INLINE uint8_t nnrt_f8e5m2_f32(float x, int saturate)
{
	const uint32_t size = nnrt_bits_f32(x) & 0x7fffffff;
	const uint32_t sign = (nnrt_bits_f32(x) >> 24) & 0x80;
	const uint32_t most = saturate ? 0x7b : 0x7c;
	uint32_t y;

	if (size > 0x7f800000)
		return (uint8_t)(sign | 0x7f);
	y = nnrt_narrow(size, 2, 15);
	return (uint8_t)(sign | (y < most ? y : most));
}

/** float32 to float8 with 5 exponent bits, bias 16, greatest 57344; see nnrt_f8_fnuz().
 *  ONNX Cast-19, FLOAT8E5M2FNUZ. */
NNRT_INLINE uint8_t nnrt_f8e5m2fnuz_f32(float x, int saturate)
{
	return nnrt_f8_fnuz(x, saturate, 2, 16);
}

/** FLOAT8E4M3FN bits to float32; exact. */
NNRT_INLINE float nnrt_f32_f8e4m3fn(uint8_t v)
{
	const uint32_t size = v & 0x7fu;
	const float x = size == 0x7f ? nnrt_f32_bits(0x7fc00000) : nnrt_widen(size, 3, 7);

	return nnrt_with_sign(x, (uint32_t)v << 24);
}

/** FLOAT8E4M3FNUZ bits to float32; exact. */
NNRT_INLINE float nnrt_f32_f8e4m3fnuz(uint8_t v)
{
	if (v == 0x80)
		return nnrt_f32_bits(0x7fc00000);
	return nnrt_with_sign(nnrt_widen(v & 0x7fu, 3, 8), (uint32_t)v << 24);
}

/** FLOAT8E5M2 bits to float32; exact. */
NNRT_INLINE float nnrt_f32_f8e5m2(uint8_t v)
{
	/* The upper half of a float16. */
	return nnrt_f32_f16((uint16_t)((uint32_t)v << 8));
}

/** FLOAT8E5M2FNUZ bits to float32; exact. */
NNRT_INLINE float nnrt_f32_f8e5m2fnuz(uint8_t v)
{
	if (v == 0x80)
		return nnrt_f32_bits(0x7fc00000);
	return nnrt_with_sign(nnrt_widen(v & 0x7fu, 2, 16), (uint32_t)v << 24);
}

#endif
