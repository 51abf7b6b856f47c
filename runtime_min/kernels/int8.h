/* Vectors of the integer kernels that every target has: those of the instruction set being compiled for, by the same
 * choice as in simd/simd.h. Bodies of a family of instructions bring their own. */
#ifndef NNRT_INT8_H
#define NNRT_INT8_H

#include "runtime_min/kernels/int8_tile.h"
#include "runtime_min/simd/simd.h"

#if defined(NNRT_SIMD_X86_AVX512_H)
#include "runtime_min/kernels/int8_avx512.h"
#elif defined(NNRT_SIMD_X86_AVX2_H)
#include "runtime_min/kernels/int8_avx2.h"
#elif defined(NNRT_SIMD_ARM_NEON_H)
#include "runtime_min/kernels/int8_neon.h"
#else
#include "runtime_min/kernels/int8_plain.h"
#endif

#if !defined(NNRT_INT8_PLAIN_H)
/** What makes bytes of a channel's sums: its multiplier. */
typedef float nnrt_i8_scale;

/** As int8_plain.h says it, of vectors. */
NNRT_INLINE const int8_t *nnrt_int8_products(nnrt_i8v *sum, const int16_t *taps, const int8_t *panel, int pairs,
	int rows, int vectors)
{
	for (int k = 0; k < pairs; k++, taps += 2) {
		NNRT_UNROLL(4)
		for (int j = 0; j < vectors; j++) {
			const nnrt_i8w weights = nnrt_i8w_load(panel);

			NNRT_UNROLL(8)
			for (int i = 0; i < rows; i++) {
				nnrt_i8v *const s = &sum[i * NNRT_INT8_VECTORS + j];

				*s = nnrt_i8v_dot(*s, weights, taps + (ptrdiff_t)i * 2 * pairs);
			}
			panel += 2 * NNRT_INT8_LANES;
		}
	}
	return panel;
}
#endif

#endif
