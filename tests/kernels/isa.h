/* KERNEL_<ISA>(text) is text where that is the instruction set being compiled for, by its name in kernels.def, else
 * nothing. */
#ifndef KERNELS_ISA_H
#define KERNELS_ISA_H

#include "runtime_min/simd/simd.h"

#if defined(NNRT_SIMD_X86_AVX512_H)
#define KERNEL_AVX512(...) __VA_ARGS__
#else
#define KERNEL_AVX512(...)
#endif
#if defined(NNRT_SIMD_X86_AVX2_H)
#define KERNEL_AVX2(...) __VA_ARGS__
#else
#define KERNEL_AVX2(...)
#endif
#if defined(NNRT_SIMD_ARM_NEON_H)
#define KERNEL_NEON(...) __VA_ARGS__
#else
#define KERNEL_NEON(...)
#endif
#if defined(NNRT_SIMD_ARM_NEON32_H)
#define KERNEL_NEON32(...) __VA_ARGS__
#else
#define KERNEL_NEON32(...)
#endif
#if defined(NNRT_SIMD_WASM_SIMD128_H)
#define KERNEL_WASM(...) __VA_ARGS__
#else
#define KERNEL_WASM(...)
#endif
#if defined(NNRT_SIMD_GENERIC_H)
#define KERNEL_GENERIC(...) __VA_ARGS__
#else
#define KERNEL_GENERIC(...)
#endif

#endif
