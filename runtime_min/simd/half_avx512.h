/* Vectors of float16 by AVX-512 F.
 * The contract of every operation stands in its comment and is the same in all headers of this name. */
#ifndef NNRT_SIMD_HALF_AVX512_H
#define NNRT_SIMD_HALF_AVX512_H

#include "runtime_min/simd/x86_avx512.h"

/** NNRT_LANES float16 from p, as floats: exact; NaN stays NaN.   ONNX Cast. */
NNRT_INLINE nnrt_vf nnrt_vf_load_f16(const uint16_t *p)
{
	return _mm512_maskz_cvtph_ps(nnrt_vm_all(), _mm256_loadu_si256((const __m256i *)(const void *)p));
}

/** a as NNRT_LANES float16 to p: nearest, halves to even; overflow gives infinity, NaN a quiet NaN.   ONNX Cast. */
NNRT_INLINE void nnrt_vf_store_f16(uint16_t *p, nnrt_vf a)
{
	_mm256_storeu_si256((__m256i *)(void *)p,
			    _mm512_maskz_cvtps_ph(nnrt_vm_all(), a, _MM_FROUND_TO_NEAREST_INT));
}

#endif
