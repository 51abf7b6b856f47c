/* The two 16-bit float formats as the bits they are stored in: IEEE binary16 and bfloat16. Conversions are exact where
 * they can be and round half to even otherwise; NaN stays NaN. */
#ifndef NNC_HALF_H
#define NNC_HALF_H

#include <stdint.h>
#include <string.h>

static inline uint32_t float_bits(float f)
{
	uint32_t u;

	memcpy(&u, &f, sizeof u);
	return u;
}

static inline float bits_float(uint32_t u)
{
	float f;

	memcpy(&f, &u, sizeof f);
	return f;
}

static inline float half_to_float(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 0x3ff;

	if (exponent == 31)
		return bits_float(sign | 0x7f800000 | fraction << 13);
	if (exponent)
		return bits_float(sign | (exponent + 112) << 23 | fraction << 13);
	return (sign ? -1.0f : 1.0f) * (float)fraction * 0x1p-24f;
}

static inline uint16_t float_to_half(float f)
{
	uint32_t u = float_bits(f), sign = u >> 16 & 0x8000, magnitude = u & 0x7fffffff;

	if (magnitude > 0x7f800000)
		return (uint16_t)(sign | 0x7e00);
	if (magnitude >= 0x477ff000)                    /* rounds to 65536 or more */
		return (uint16_t)(sign | 0x7c00);
	if (magnitude < 0x38800000)                     /* subnormal: let the addition round at 2^-24 */
		return (uint16_t)(sign | (float_bits(bits_float(magnitude) + 0.5f) - 0x3f000000));
	magnitude += 0xfff + (magnitude >> 13 & 1);
	return (uint16_t)(sign | (magnitude - (112u << 23)) >> 13);
}

static inline float bfloat_to_float(uint16_t b)
{
	return bits_float((uint32_t)b << 16);
}

static inline uint16_t float_to_bfloat(float f)
{
	uint32_t u = float_bits(f);

	if ((u & 0x7fffffff) > 0x7f800000)
		return (uint16_t)(u >> 16 | 0x40);
	return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

#endif
