/* Sums to bytes by AVX-512 F and BW. */
#ifndef NNRT_BYTES_AVX512_H
#define NNRT_BYTES_AVX512_H

#include <immintrin.h>

#include "runtime_min/nnrt.h"

/** bounded(round_half_even(float(sum) * scale) + zero, low, high) of four vectors of sums, in their order; |sum
 * * scale| < 2^31. is_signed: of int8, else of uint8. */
NNRT_INLINE __m512i nnrt_bytes_avx512(const __m512i sum[4], const float *const scale[4], int is_signed, int low,
	int high, int zero)
{
	const __mmask16 all = (__mmask16)-1;
	const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
	const __m512i add = _mm512_set1_epi16((short)zero);
	__m512i q[4], y;

	NNRT_UNROLL(4)
	for (int i = 0; i < 4; i++)
		q[i] = _mm512_maskz_cvtps_epi32(all,
			_mm512_mul_ps(_mm512_maskz_cvtepi32_ps(all, sum[i]), _mm512_loadu_ps(scale[i])));
	q[0] = _mm512_adds_epi16(_mm512_packs_epi32(q[0], q[1]), add);
	q[1] = _mm512_adds_epi16(_mm512_packs_epi32(q[2], q[3]), add);
	if (is_signed) {
		y = _mm512_packs_epi16(q[0], q[1]);
		if (low > -128)
			y = _mm512_max_epi8(y, _mm512_set1_epi8((char)low));
		if (high < 127)
			y = _mm512_min_epi8(y, _mm512_set1_epi8((char)high));
	} else {
		y = _mm512_packus_epi16(q[0], q[1]);
		if (low > 0)
			y = _mm512_max_epu8(y, _mm512_set1_epi8((char)low));
		if (high < 255)
			y = _mm512_min_epu8(y, _mm512_set1_epi8((char)high));
	}
	return _mm512_maskz_permutexvar_epi32(all, order, y);
}

#endif
