/* The integer kernels over int8_avx2.h: one function a row of kernels_int8.def. */
#ifndef NNRT_INT8_TILES_AVX2_H
#define NNRT_INT8_TILES_AVX2_H

#include "runtime_min/kernels/int8_avx2.h"
#include "runtime_min/kernels/int8_conv.h"
#include "runtime_min/kernels/int8_depthwise.h"
#include "runtime_min/kernels/int8_pair.h"

/** nnrt_conv_int8() in tiles of 4 pixels x 16 channels. */
NNRT_SHARED void nnrt_conv_int8_4x16(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, const void *zero, void *y, void *scratch, int is_signed, int low, int high, int y_zero)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	nnrt_conv_int8(p, x, w, bias, scale, zero, y, scratch, q, 4, 2);
}

/** nnrt_conv_int8() in tiles of 8 pixels x 8 channels. */
NNRT_SHARED void nnrt_conv_int8_8x8(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, const void *zero, void *y, void *scratch, int is_signed, int low, int high, int y_zero)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	nnrt_conv_int8(p, x, w, bias, scale, zero, y, scratch, q, 8, 1);
}

/** nnrt_conv_int8() in tiles of 1 pixel x 32 channels. */
NNRT_SHARED void nnrt_conv_int8_1x32(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, const void *zero, void *y, void *scratch, int is_signed, int low, int high, int y_zero)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	nnrt_conv_int8(p, x, w, bias, scale, zero, y, scratch, q, 1, 4);
}

/** nnrt_conv_int8() in tiles of 1 pixel x 8 channels. */
NNRT_SHARED void nnrt_conv_int8_1x8(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, const void *zero, void *y, void *scratch, int is_signed, int low, int high, int y_zero)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	nnrt_conv_int8(p, x, w, bias, scale, zero, y, scratch, q, 1, 1);
}

/** nnrt_depthwise_int8(). */
NNRT_SHARED void nnrt_depthwise_int8_1x8(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, const void *zero, void *y, int is_signed, int low, int high, int y_zero)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	if (is_signed)
		nnrt_depthwise_int8(p, x, w, bias, scale, zero, y, q, 1);
	else
		nnrt_depthwise_int8(p, x, w, bias, scale, zero, y, q, 0);
}

#endif
