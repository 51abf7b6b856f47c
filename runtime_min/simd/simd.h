/* The vector layer: picks the header of the instruction set being compiled for, or the scalar one when
 * NNRT_GENERIC is defined. All of them offer the same types and operations:
 *
 *   nnrt_vf  vector of NNRT_LANES floats       nnrt_vi  as many int32        nnrt_vm  as many truth values
 *
 * and only operations that are cheap everywhere. generic.h is the shortest to read. */
#ifndef NNRT_SIMD_H
#define NNRT_SIMD_H

#if defined(NNRT_GENERIC)
#include "runtime_min/simd/generic.h"
#elif defined(__AVX512F__) && defined(__AVX512VL__)
#include "runtime_min/simd/x86_avx512.h"
#elif defined(__AVX2__) && defined(__FMA__)
#include "runtime_min/simd/x86_avx2.h"
#elif defined(__aarch64__) && defined(__ARM_NEON)
#include "runtime_min/simd/arm_neon.h"
#elif defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA)
#include "runtime_min/simd/arm_neon32.h"
#elif defined(__wasm_simd128__)
#include "runtime_min/simd/wasm_simd128.h"
#else
#include "runtime_min/simd/generic.h"
#endif

#endif
