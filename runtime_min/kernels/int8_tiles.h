/* The convolutions that rows of kernels_int8.def name: one function a register tile, whatever the instruction set. They
 * are shared by all nodes of a model, for code is dear where bytes are computed, and constant shapes gain little. */
#ifndef NNRT_INT8_TILES_H
#define NNRT_INT8_TILES_H

#include "runtime_min/kernels/int8_conv.h"

/** nnrt_conv_int8() in tiles of 8 pixels x 4 channels. */
NNRT_SHARED void nnrt_conv_int8_8x4(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, const void *zero, void *y, void *scratch, int is_signed, int low, int high, int y_zero)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	nnrt_conv_int8(p, x, w, bias, scale, zero, y, scratch, q, 8, 4 / NNRT_INT8_LANES);
}

/** nnrt_conv_int8() in tiles of 2 pixels x 4 channels. */
NNRT_SHARED void nnrt_conv_int8_2x4(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, const void *zero, void *y, void *scratch, int is_signed, int low, int high, int y_zero)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	nnrt_conv_int8(p, x, w, bias, scale, zero, y, scratch, q, 2, 4 / NNRT_INT8_LANES);
}

/** nnrt_conv_int8() in tiles of 1 pixel x 4 channels. */
NNRT_SHARED void nnrt_conv_int8_1x4(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, const void *zero, void *y, void *scratch, int is_signed, int low, int high, int y_zero)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	nnrt_conv_int8(p, x, w, bias, scale, zero, y, scratch, q, 1, 4 / NNRT_INT8_LANES);
}

/** nnrt_conv_int8() in tiles of 8 pixels x 8 channels. */
NNRT_SHARED void nnrt_conv_int8_8x8(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, const void *zero, void *y, void *scratch, int is_signed, int low, int high, int y_zero)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	nnrt_conv_int8(p, x, w, bias, scale, zero, y, scratch, q, 8, 8 / NNRT_INT8_LANES);
}

/** nnrt_conv_int8() in tiles of 1 pixel x 8 channels. */
NNRT_SHARED void nnrt_conv_int8_1x8(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, const void *zero, void *y, void *scratch, int is_signed, int low, int high, int y_zero)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	nnrt_conv_int8(p, x, w, bias, scale, zero, y, scratch, q, 1, 8 / NNRT_INT8_LANES);
}

/** nnrt_conv_int8() in tiles of 8 pixels x 16 channels. */
NNRT_SHARED void nnrt_conv_int8_8x16(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, const void *zero, void *y, void *scratch, int is_signed, int low, int high, int y_zero)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	nnrt_conv_int8(p, x, w, bias, scale, zero, y, scratch, q, 8, 16 / NNRT_INT8_LANES);
}

/** nnrt_conv_int8() in tiles of 4 pixels x 16 channels. */
NNRT_SHARED void nnrt_conv_int8_4x16(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, const void *zero, void *y, void *scratch, int is_signed, int low, int high, int y_zero)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	nnrt_conv_int8(p, x, w, bias, scale, zero, y, scratch, q, 4, 16 / NNRT_INT8_LANES);
}

/** nnrt_conv_int8() in tiles of 1 pixel x 16 channels. */
NNRT_SHARED void nnrt_conv_int8_1x16(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, const void *zero, void *y, void *scratch, int is_signed, int low, int high, int y_zero)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	nnrt_conv_int8(p, x, w, bias, scale, zero, y, scratch, q, 1, 16 / NNRT_INT8_LANES);
}

/** nnrt_conv_int8() in tiles of 8 pixels x 32 channels. */
NNRT_SHARED void nnrt_conv_int8_8x32(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, const void *zero, void *y, void *scratch, int is_signed, int low, int high, int y_zero)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	nnrt_conv_int8(p, x, w, bias, scale, zero, y, scratch, q, 8, 32 / NNRT_INT8_LANES);
}

/** nnrt_conv_int8() in tiles of 1 pixel x 32 channels. */
NNRT_SHARED void nnrt_conv_int8_1x32(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, const void *zero, void *y, void *scratch, int is_signed, int low, int high, int y_zero)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	nnrt_conv_int8(p, x, w, bias, scale, zero, y, scratch, q, 1, 32 / NNRT_INT8_LANES);
}

/** nnrt_conv_int8() in tiles of 1 pixel x 64 channels. */
NNRT_SHARED void nnrt_conv_int8_1x64(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, const void *zero, void *y, void *scratch, int is_signed, int low, int high, int y_zero)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	nnrt_conv_int8(p, x, w, bias, scale, zero, y, scratch, q, 1, 64 / NNRT_INT8_LANES);
}

#endif
