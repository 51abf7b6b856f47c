/* What the integer kernels' vectors of AVX2 and AVX-512 do alike; the contract stands in int8_plain.h. */
#ifndef NNRT_INT8_X86_H
#define NNRT_INT8_X86_H

#include <immintrin.h>

#include "runtime_min/nnrt.h"

/** Bytes to 16 bits. */
NNRT_INLINE void nnrt_int8_widen(int16_t *to, const unsigned char *from, int n, int is_signed)
{
	int i = 0;

	for (; i + 16 <= n; i += 16) {
		const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(from + i));
		const __m256i wide = is_signed ? _mm256_cvtepi8_epi16(bytes) : _mm256_cvtepu8_epi16(bytes);

		_mm256_storeu_si256((__m256i *)(void *)(to + i), wide);
	}
	for (; i < n; i++)
		to[i] = is_signed ? (int8_t)from[i] : from[i];
}

#endif
