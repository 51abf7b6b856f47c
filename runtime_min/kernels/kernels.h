/* All float32 kernels of the instruction set being compiled for; the same choice as in simd/simd.h. */
#ifndef NNRT_KERNELS_H
#define NNRT_KERNELS_H

#include "runtime_min/kernels/pool.h"
#include "runtime_min/kernels/recurrent.h"
#include "runtime_min/kernels/rows.h"
#include "runtime_min/simd/simd.h"

#if defined(NNRT_SIMD_X86_AVX512_H)
#include "runtime_min/kernels/f32_avx512.h"
#elif defined(NNRT_SIMD_X86_AVX2_H)
#include "runtime_min/kernels/f32_avx2.h"
#elif defined(NNRT_SIMD_ARM_NEON_H)
#include "runtime_min/kernels/f32_neon.h"
#elif defined(NNRT_SIMD_ARM_NEON32_H)
#include "runtime_min/kernels/f32_neon32.h"
#elif defined(NNRT_SIMD_WASM_SIMD128_H)
#include "runtime_min/kernels/f32_wasm.h"
#else
#include "runtime_min/kernels/f32_generic.h"
#endif

#endif
