/* The register tiles of no SIMD: scalar registers.
 * One function a row of kernels.def: a body with its tile fixed. */
#ifndef NNRT_F32_GENERIC_H
#define NNRT_F32_GENERIC_H

#include "runtime_min/kernels/conv.h"
#include "runtime_min/kernels/conv_first.h"
#include "runtime_min/kernels/depthwise.h"
#include "runtime_min/kernels/gemm.h"
#include "runtime_min/kernels/gemv.h"

/** nnrt_conv_f32 in tiles of 4 pixels x 4 channels. */
NNRT_INLINE void nnrt_conv_f32_4x4(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_f32(p, x, w, bias, zero, y, epilogue, ctx, 4, 4);
}

/** nnrt_conv_f32 in tiles of 2 pixels x 4 channels. */
NNRT_INLINE void nnrt_conv_f32_2x4(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_f32(p, x, w, bias, zero, y, epilogue, ctx, 2, 4);
}

/** nnrt_conv_f32 in tiles of 4 pixels x 2 channels. */
NNRT_INLINE void nnrt_conv_f32_4x2(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_f32(p, x, w, bias, zero, y, epilogue, ctx, 4, 2);
}

/** nnrt_conv_f32 in tiles of 6 pixels x 1 channels. */
NNRT_INLINE void nnrt_conv_f32_6x1(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_f32(p, x, w, bias, zero, y, epilogue, ctx, 6, 1);
}

/** nnrt_conv_first_f32 in tiles of 4 pixels x 4 channels. */
NNRT_INLINE void nnrt_conv_first_f32_4x4(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_first_f32(p, x, w, bias, zero, y, epilogue, ctx, 4, 4);
}

/** nnrt_conv_first_f32 in tiles of 4 pixels x 2 channels. */
NNRT_INLINE void nnrt_conv_first_f32_4x2(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_first_f32(p, x, w, bias, zero, y, epilogue, ctx, 4, 2);
}

/** nnrt_depthwise_f32, 4 pixels at a time. */
NNRT_INLINE void nnrt_depthwise_f32_4(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_depthwise_f32(p, x, w, bias, y, epilogue, ctx, 4);
}

/** nnrt_gemm_f32 in tiles of 4 x 4. */
NNRT_INLINE void nnrt_gemm_f32_4x4(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32(p, a, b, bias, y, epilogue, ctx, 4, 4);
}

/** nnrt_gemm_f32 in tiles of 2 x 4. */
NNRT_INLINE void nnrt_gemm_f32_2x4(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32(p, a, b, bias, y, epilogue, ctx, 2, 4);
}

/** nnrt_gemm_f32 in tiles of 4 x 2. */
NNRT_INLINE void nnrt_gemm_f32_4x2(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32(p, a, b, bias, y, epilogue, ctx, 4, 2);
}

/** nnrt_gemm_f32_unpacked in tiles of 4 x 4. */
NNRT_INLINE void nnrt_gemm_unpacked_f32_4x4(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32_unpacked(p, a, b, bias, y, epilogue, ctx, 4, 4);
}

/** nnrt_gemm_f32_transposed in tiles of 4 x 4. */
NNRT_INLINE void nnrt_gemm_transposed_f32_4x4(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, float *scratch, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32_transposed(p, a, b, bias, y, scratch, epilogue, ctx, 4, 4);
}

/** nnrt_gemv_f32 in panels of 4. */
NNRT_INLINE void nnrt_gemv_f32_4(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemv_f32(p, a, b, bias, y, epilogue, ctx, 4);
}

#endif
