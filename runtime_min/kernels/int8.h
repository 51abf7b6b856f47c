/* Vectors of the integer kernels that every target has: those of the instruction set being compiled for, by the same
 * choice as in simd/simd.h. Bodies of a family of instructions bring their own. */
#ifndef NNRT_INT8_H
#define NNRT_INT8_H

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
#endif

#endif
