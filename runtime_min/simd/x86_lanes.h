/* Eight lanes of AVX to one: the end of every reduction on x86, however wide its vectors. */
#ifndef NNRT_SIMD_X86_LANES_H
#define NNRT_SIMD_X86_LANES_H

#include <immintrin.h>

#include "runtime_min/nnrt.h"

/** Sum of eight lanes, halves added lane by lane until one is left. */
NNRT_INLINE float nnrt_lanes_sum(__m256 a)
{
	__m128 h = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));

	h = _mm_add_ps(h, _mm_movehl_ps(h, h));
	return _mm_cvtss_f32(_mm_add_ss(h, _mm_shuffle_ps(h, h, 1)));
}

/** Greatest of eight lanes; any value when a lane is NaN. */
NNRT_INLINE float nnrt_lanes_max(__m256 a)
{
	__m128 h = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));

	h = _mm_max_ps(h, _mm_movehl_ps(h, h));
	return _mm_cvtss_f32(_mm_max_ss(h, _mm_shuffle_ps(h, h, 1)));
}

/** Least of eight lanes; any value when a lane is NaN. */
NNRT_INLINE float nnrt_lanes_min(__m256 a)
{
	__m128 h = _mm_min_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));

	h = _mm_min_ps(h, _mm_movehl_ps(h, h));
	return _mm_cvtss_f32(_mm_min_ss(h, _mm_shuffle_ps(h, h, 1)));
}

#endif
