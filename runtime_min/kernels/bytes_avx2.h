/* Sums to bytes by AVX2. */
#ifndef NNRT_BYTES_AVX2_H
#define NNRT_BYTES_AVX2_H

#include <immintrin.h>

#include "runtime_min/nnrt.h"

/** bounded(round_half_even(float(sum) * scale) + zero, low, high) of four vectors of sums, in their order; |sum
 * * scale| < 2^31. is_signed: of int8, else of uint8. */
NNRT_INLINE __m256i nnrt_bytes_avx2(const __m256i sum[4], const float *const scale[4], int is_signed, int low, int high,
	int zero)
{
	const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7), add = _mm256_set1_epi16((short)zero);
	const __m256i least = _mm256_set1_epi8((char)low), most = _mm256_set1_epi8((char)high);
	__m256i q[4], y;

	NNRT_UNROLL(4)
	for (int i = 0; i < 4; i++)
		q[i] = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_cvtepi32_ps(sum[i]), _mm256_loadu_ps(scale[i])));
	q[0] = _mm256_adds_epi16(_mm256_packs_epi32(q[0], q[1]), add);
	q[1] = _mm256_adds_epi16(_mm256_packs_epi32(q[2], q[3]), add);
	if (is_signed)
		y = _mm256_min_epi8(_mm256_max_epi8(_mm256_packs_epi16(q[0], q[1]), least), most);
	else
		y = _mm256_min_epu8(_mm256_max_epu8(_mm256_packus_epi16(q[0], q[1]), least), most);
	return _mm256_permutevar8x32_epi32(y, order);
}

#endif
