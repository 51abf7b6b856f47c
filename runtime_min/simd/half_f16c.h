/* Vectors of float16 by F16C, which every processor with AVX2 has.
 * The contract of every operation stands in its comment and is the same in all headers of this name. */
#ifndef NNRT_SIMD_HALF_F16C_H
#define NNRT_SIMD_HALF_F16C_H

#include "runtime_min/simd/x86_avx2.h"

/** NNRT_LANES float16 from p, as floats: exact; NaN stays NaN.   ONNX Cast. */
NNRT_INLINE nnrt_vf nnrt_vf_load_f16(const uint16_t *p)
{
	return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)p));
}

/** a as NNRT_LANES float16 to p: nearest, halves to even; overflow gives infinity, NaN a quiet NaN.   ONNX Cast. */
NNRT_INLINE void nnrt_vf_store_f16(uint16_t *p, nnrt_vf a)
{
	_mm_storeu_si128((__m128i *)(void *)p, _mm256_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT));
}

#endif
