/* The register tiles of AVX-512: 32 vector registers of 16.
 * One function a row of kernels.def: a body with its tile fixed. */
#ifndef NNRT_F32_AVX512_H
#define NNRT_F32_AVX512_H

#include "runtime_min/kernels/conv.h"
#include "runtime_min/kernels/conv_first.h"
#include "runtime_min/kernels/depthwise.h"
#include "runtime_min/kernels/gemm.h"
#include "runtime_min/kernels/gemv.h"

/** nnrt_conv_f32 in tiles of 14 pixels x 32 channels. */
NNRT_INLINE void nnrt_conv_f32_14x32(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_f32(p, x, w, bias, zero, y, epilogue, ctx, 14, 32);
}

/** nnrt_conv_f32 in tiles of 13 pixels x 32 channels. */
NNRT_INLINE void nnrt_conv_f32_13x32(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_f32(p, x, w, bias, zero, y, epilogue, ctx, 13, 32);
}

/** nnrt_conv_f32 in tiles of 12 pixels x 32 channels. */
NNRT_INLINE void nnrt_conv_f32_12x32(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_f32(p, x, w, bias, zero, y, epilogue, ctx, 12, 32);
}

/** nnrt_conv_f32 in tiles of 11 pixels x 32 channels. */
NNRT_INLINE void nnrt_conv_f32_11x32(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_f32(p, x, w, bias, zero, y, epilogue, ctx, 11, 32);
}

/** nnrt_conv_f32 in tiles of 10 pixels x 32 channels. */
NNRT_INLINE void nnrt_conv_f32_10x32(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_f32(p, x, w, bias, zero, y, epilogue, ctx, 10, 32);
}

/** nnrt_conv_f32 in tiles of 9 pixels x 32 channels. */
NNRT_INLINE void nnrt_conv_f32_9x32(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_f32(p, x, w, bias, zero, y, epilogue, ctx, 9, 32);
}

/** nnrt_conv_f32 in tiles of 8 pixels x 32 channels. */
NNRT_INLINE void nnrt_conv_f32_8x32(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_f32(p, x, w, bias, zero, y, epilogue, ctx, 8, 32);
}

/** nnrt_conv_f32 in tiles of 7 pixels x 32 channels. */
NNRT_INLINE void nnrt_conv_f32_7x32(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_f32(p, x, w, bias, zero, y, epilogue, ctx, 7, 32);
}

/** nnrt_conv_f32 in tiles of 14 pixels x 16 channels. */
NNRT_INLINE void nnrt_conv_f32_14x16(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_f32(p, x, w, bias, zero, y, epilogue, ctx, 14, 16);
}

/** nnrt_conv_first_f32 in tiles of 14 pixels x 32 channels. */
NNRT_INLINE void nnrt_conv_first_f32_14x32(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_first_f32(p, x, w, bias, zero, y, epilogue, ctx, 14, 32);
}

/** nnrt_conv_first_f32 in tiles of 8 pixels x 32 channels. */
NNRT_INLINE void nnrt_conv_first_f32_8x32(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_first_f32(p, x, w, bias, zero, y, epilogue, ctx, 8, 32);
}

/** nnrt_conv_first_f32 in tiles of 14 pixels x 16 channels. */
NNRT_INLINE void nnrt_conv_first_f32_14x16(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_conv_first_f32(p, x, w, bias, zero, y, epilogue, ctx, 14, 16);
}

/** nnrt_depthwise_f32, 4 pixels at a time. */
NNRT_INLINE void nnrt_depthwise_f32_4(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_depthwise_f32(p, x, w, bias, y, epilogue, ctx, 4);
}

/** nnrt_depthwise_f32, 6 pixels at a time. */
NNRT_INLINE void nnrt_depthwise_f32_6(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_depthwise_f32(p, x, w, bias, y, epilogue, ctx, 6);
}

/** nnrt_gemm_f32 in tiles of 14 x 32. */
NNRT_INLINE void nnrt_gemm_f32_14x32(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32(p, a, b, bias, y, epilogue, ctx, 14, 32);
}

/** nnrt_gemm_f32 in tiles of 13 x 32. */
NNRT_INLINE void nnrt_gemm_f32_13x32(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32(p, a, b, bias, y, epilogue, ctx, 13, 32);
}

/** nnrt_gemm_f32 in tiles of 12 x 32. */
NNRT_INLINE void nnrt_gemm_f32_12x32(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32(p, a, b, bias, y, epilogue, ctx, 12, 32);
}

/** nnrt_gemm_f32 in tiles of 11 x 32. */
NNRT_INLINE void nnrt_gemm_f32_11x32(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32(p, a, b, bias, y, epilogue, ctx, 11, 32);
}

/** nnrt_gemm_f32 in tiles of 10 x 32. */
NNRT_INLINE void nnrt_gemm_f32_10x32(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32(p, a, b, bias, y, epilogue, ctx, 10, 32);
}

/** nnrt_gemm_f32 in tiles of 9 x 32. */
NNRT_INLINE void nnrt_gemm_f32_9x32(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32(p, a, b, bias, y, epilogue, ctx, 9, 32);
}

/** nnrt_gemm_f32 in tiles of 8 x 32. */
NNRT_INLINE void nnrt_gemm_f32_8x32(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32(p, a, b, bias, y, epilogue, ctx, 8, 32);
}

/** nnrt_gemm_f32 in tiles of 7 x 32. */
NNRT_INLINE void nnrt_gemm_f32_7x32(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32(p, a, b, bias, y, epilogue, ctx, 7, 32);
}

/** nnrt_gemm_f32 in tiles of 4 x 32. */
NNRT_INLINE void nnrt_gemm_f32_4x32(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32(p, a, b, bias, y, epilogue, ctx, 4, 32);
}

/** nnrt_gemm_f32 in tiles of 2 x 32. */
NNRT_INLINE void nnrt_gemm_f32_2x32(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32(p, a, b, bias, y, epilogue, ctx, 2, 32);
}

/** nnrt_gemm_f32 in tiles of 14 x 16. */
NNRT_INLINE void nnrt_gemm_f32_14x16(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32(p, a, b, bias, y, epilogue, ctx, 14, 16);
}

/** nnrt_gemm_f32 in tiles of 9 x 48. */
NNRT_INLINE void nnrt_gemm_f32_9x48(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32(p, a, b, bias, y, epilogue, ctx, 9, 48);
}

/** nnrt_gemm_f32_unpacked in tiles of 14 x 32. */
NNRT_INLINE void nnrt_gemm_unpacked_f32_14x32(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32_unpacked(p, a, b, bias, y, epilogue, ctx, 14, 32);
}

/** nnrt_gemm_f32_transposed in tiles of 14 x 32. */
NNRT_INLINE void nnrt_gemm_transposed_f32_14x32(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, float *scratch, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32_transposed(p, a, b, bias, y, scratch, epilogue, ctx, 14, 32);
}

/** nnrt_gemm_f32_unpacked in tiles of 8 x 32. */
NNRT_INLINE void nnrt_gemm_unpacked_f32_8x32(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32_unpacked(p, a, b, bias, y, epilogue, ctx, 8, 32);
}

/** nnrt_gemm_f32_transposed in tiles of 8 x 32. */
NNRT_INLINE void nnrt_gemm_transposed_f32_8x32(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, float *scratch, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemm_f32_transposed(p, a, b, bias, y, scratch, epilogue, ctx, 8, 32);
}

/** nnrt_gemv_f32 in panels of 64. */
NNRT_INLINE void nnrt_gemv_f32_64(const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, float *y, nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_gemv_f32(p, a, b, bias, y, epilogue, ctx, 64);
}

#endif
