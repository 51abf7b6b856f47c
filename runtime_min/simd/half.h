/* float16 in memory, floats in vectors: picks the header of the instruction set being compiled for, as simd.h does. */
#ifndef NNRT_SIMD_HALF_H
#define NNRT_SIMD_HALF_H

#include "runtime_min/simd/simd.h"

#if defined(NNRT_GENERIC)
#include "runtime_min/simd/half_lanes.h"
#elif defined(__AVX512F__) && defined(__AVX512VL__)
#include "runtime_min/simd/half_avx512.h"
#elif defined(__AVX2__) && defined(__FMA__)
#include "runtime_min/simd/half_f16c.h"
#elif defined(__aarch64__) && defined(__ARM_NEON)
#include "runtime_min/simd/half_neon.h"
#else
#include "runtime_min/simd/half_lanes.h"
#endif

/** The first n float16 (0 <= n <= NNRT_LANES), other lanes 0; nothing beyond p[n - 1] is touched. */
NNRT_INLINE nnrt_vf nnrt_vf_load_f16_n(const uint16_t *p, int n)
{
	uint16_t lane[NNRT_LANES];

	for (int i = 0; i < NNRT_LANES; i++)
		lane[i] = i < n ? p[i] : (uint16_t)0;
	return nnrt_vf_load_f16(lane);
}

/** Stores the first n lanes (0 <= n <= NNRT_LANES); nothing beyond p[n - 1] is touched. */
NNRT_INLINE void nnrt_vf_store_f16_n(uint16_t *p, nnrt_vf a, int n)
{
	uint16_t lane[NNRT_LANES];

	nnrt_vf_store_f16(lane, a);
	for (int i = 0; i < n; i++)
		p[i] = lane[i];
}

#endif
