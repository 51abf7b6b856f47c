/* Floats as bits. */
#ifndef NNRT_MATHS_BITS_H
#define NNRT_MATHS_BITS_H

#include "runtime_min/nnrt.h"

/** The bits of x. */
NNRT_INLINE uint32_t nnrt_bits_f32(float x)
{
	uint32_t bits;

	(void)memcpy(&bits, &x, sizeof(bits));
	return bits;
}

/** The float with these bits. */
NNRT_INLINE float nnrt_f32_bits(uint32_t bits)
{
	float x;

	(void)memcpy(&x, &bits, sizeof(x));
	return x;
}

/** The bits of x. */
NNRT_INLINE uint64_t nnrt_bits_f64(double x)
{
	uint64_t bits;

	(void)memcpy(&bits, &x, sizeof(bits));
	return bits;
}

/** The double with these bits. */
NNRT_INLINE double nnrt_f64_bits(uint64_t bits)
{
	double x;

	(void)memcpy(&x, &bits, sizeof(x));
	return x;
}

/** m / 2^n, halves to even, for m < 2^31 and 1 <= n <= 31. */
NNRT_INLINE uint32_t nnrt_shr_even(uint32_t m, int n)
{
	const uint32_t half = (uint32_t)1 << (n - 1);

	return (m + (half - 1) + ((m >> n) & 1)) >> n;
}

#endif
