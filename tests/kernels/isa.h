/* ROWS_<type>(<feature>, text), by the columns a and needs of kernels.def, is text where a row over such elements is
 * run by what is being compiled for, else nothing. As in kernels.def: of one function's rows, those of the highest
 * feature. */
#ifndef KERNELS_ISA_H
#define KERNELS_ISA_H

#include "runtime_min/kernels/int8.h"
#include "runtime_min/simd/simd.h"

#define ROWS_F32(needs, ...) F32_##needs(__VA_ARGS__)
#define ROWS_BYTE(needs, ...) BYTE_##needs(__VA_ARGS__)
#define ROWS_U8(needs, ...) BYTE_##needs(__VA_ARGS__)
#define ROWS_S8(needs, ...) BYTE_##needs(__VA_ARGS__)

#define F32_NONE(...)
#define F32_AVX2(...)
#define F32_AVX512(...)
#define F32_NEON(...)
#define F32_SIMD128(...)
#if defined(NNRT_SIMD_X86_AVX512_H)
#undef F32_AVX512
#define F32_AVX512(...) __VA_ARGS__
#elif defined(NNRT_SIMD_X86_AVX2_H)
#undef F32_AVX2
#define F32_AVX2(...) __VA_ARGS__
#elif defined(NNRT_SIMD_ARM_NEON_H)
#undef F32_NEON
#define F32_NEON(...) __VA_ARGS__
#elif defined(NNRT_SIMD_ARM_NEON32_H) || defined(NNRT_SIMD_WASM_SIMD128_H)
#undef F32_SIMD128
#define F32_SIMD128(...) __VA_ARGS__
#else
#undef F32_NONE
#define F32_NONE(...) __VA_ARGS__
#endif

#define BYTE_NONE(...)
#define BYTE_AVX2(...)
#define BYTE_AVX512(...)
#define BYTE_NEON(...)
#if defined(NNRT_INT8_AVX512_H)
#undef BYTE_AVX512
#define BYTE_AVX512(...) __VA_ARGS__
#elif defined(NNRT_INT8_AVX2_H)
#undef BYTE_AVX2
#define BYTE_AVX2(...) __VA_ARGS__
#elif defined(NNRT_INT8_NEON_H)
#undef BYTE_NEON
#define BYTE_NEON(...) __VA_ARGS__
#else
#undef BYTE_NONE
#define BYTE_NONE(...) __VA_ARGS__
#endif

#endif
