/* The register tiles of WebAssembly simd128: vectors of 4.
 * One function a row of kernels.def: a body with its tile fixed. */
#ifndef NNRT_F32_WASM_H
#define NNRT_F32_WASM_H

#include "runtime_min/kernels/conv.h"
#include "runtime_min/kernels/conv_first.h"
#include "runtime_min/kernels/depthwise.h"
#include "runtime_min/kernels/gemm.h"
#include "runtime_min/kernels/gemv.h"

/** nnrt_conv_f32 in tiles of 4 pixels x 8 channels. */
NNRT_INLINE void nnrt_conv_f32_4x8(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_f32(p, x, w, bias, zero, y, epilogue, ctx, 4, 8);
}

/** nnrt_conv_f32 in tiles of 3 pixels x 8 channels. */
NNRT_INLINE void nnrt_conv_f32_3x8(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_f32(p, x, w, bias, zero, y, epilogue, ctx, 3, 8);
}

/** nnrt_conv_f32 in tiles of 8 pixels x 4 channels. */
NNRT_INLINE void nnrt_conv_f32_8x4(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_f32(p, x, w, bias, zero, y, epilogue, ctx, 8, 4);
}

/** nnrt_conv_first_f32 in tiles of 4 pixels x 8 channels. */
NNRT_INLINE void nnrt_conv_first_f32_4x8(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_first_f32(p, x, w, bias, zero, y, epilogue, ctx, 4, 8);
}

/** nnrt_depthwise_f32, 4 pixels at a time. */
NNRT_INLINE void nnrt_depthwise_f32_4(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_depthwise_f32(p, x, w, bias, y, epilogue, ctx, 4);
}

/** nnrt_gemm_f32 in tiles of 4 x 8. */
NNRT_INLINE void nnrt_gemm_f32_4x8(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32(p, a, b, bias, y, epilogue, ctx, 4, 8);
}

/** nnrt_gemm_f32 in tiles of 3 x 8. */
NNRT_INLINE void nnrt_gemm_f32_3x8(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32(p, a, b, bias, y, epilogue, ctx, 3, 8);
}

/** nnrt_gemm_f32 in tiles of 2 x 8. */
NNRT_INLINE void nnrt_gemm_f32_2x8(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32(p, a, b, bias, y, epilogue, ctx, 2, 8);
}

/** nnrt_gemm_f32 in tiles of 8 x 4. */
NNRT_INLINE void nnrt_gemm_f32_8x4(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32(p, a, b, bias, y, epilogue, ctx, 8, 4);
}

/** nnrt_gemm_f32_unpacked in tiles of 4 x 8. */
NNRT_INLINE void nnrt_gemm_unpacked_f32_4x8(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32_unpacked(p, a, b, bias, y, epilogue, ctx, 4, 8);
}

/** nnrt_gemm_f32_transposed in tiles of 4 x 8. */
NNRT_INLINE void nnrt_gemm_transposed_f32_4x8(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, float *scratch, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32_transposed(p, a, b, bias, y, scratch, epilogue, ctx, 4, 8);
}

/** nnrt_gemv_f32 in panels of 16. */
NNRT_INLINE void nnrt_gemv_f32_16(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemv_f32(p, a, b, bias, y, epilogue, ctx, 16);
}

#endif
