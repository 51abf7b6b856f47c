/* Interpolation of an image of bytes, by the literal float32 formula. */
#ifndef NNRT_INT8_RESIZE_H
#define NNRT_INT8_RESIZE_H

#include "runtime_min/kernels/int8.h"

/** Images of channels that lie beside each other. What bytes mean: real = (byte - zero) * scale; low and high have y's
 * zero taken off. */
struct nnrt_int8_resize {
	int in_w, out_h, out_w, channels;
	int taps_h, taps_w;             /* samples of an element along each axis, 1 to NNRT_RESIZE_TAPS */
	ptrdiff_t x_row, x_pixel, y_row, y_pixel;
	int x_signed;                   /* 1: int8, 0: uint8 */
	int x_zero, y_zero;
	float x_scale, y_scale;
	int low, high;
};

enum { NNRT_RESIZE_TAPS = 4 };

/** One row of the image as float32, its pixels without gaps; writes up to a vector beyond. */
NNRT_INLINE void nnrt_resize_widen(const struct nnrt_int8_resize *p, const unsigned char *x, float *to)
{
	for (int q = 0; q < p->in_w; q++, x += p->x_pixel, to += p->channels) {
		int c = 0;

		for (; c + NNRT_INT8_LANES <= p->channels; c += NNRT_INT8_LANES)
			nnrt_i8f_write(to + c, nnrt_i8f_real(x + c, p->x_signed, p->x_zero, p->x_scale));
		if (c < p->channels) {
			unsigned char rest[NNRT_INT8_LANES] = {0};

			(void)memcpy(rest, x + c, (size_t)(p->channels - c));
			nnrt_i8f_write(to + c, nnrt_i8f_real(rest, p->x_signed, p->x_zero, p->x_scale));
		}
	}
}

/** sum + the sample times its weight. */
NNRT_INLINE nnrt_i8f nnrt_resize_add(nnrt_i8f sum, const float *sample, nnrt_i8f weight)
{
	return nnrt_i8f_combine(sum, nnrt_i8f_combine(nnrt_i8f_load(sample), weight, 1), 0);
}

/** A vector of channels from c on: from[taps_h] rows of samples, column[taps_w] their first floats in a row. two: a
 * constant, 1 where both axes have two taps. */
NNRT_INLINE nnrt_i8f nnrt_resize_sum(const struct nnrt_int8_resize *p, const float *const *from, const int32_t *column,
	const nnrt_i8f *weight, int c, int two)
{
	nnrt_i8f sum = nnrt_i8f_set(0.0f);

	if (two) {
		sum = nnrt_resize_add(sum, from[0] + column[0] + c, weight[0]);
		sum = nnrt_resize_add(sum, from[0] + column[1] + c, weight[1]);
		sum = nnrt_resize_add(sum, from[1] + column[0] + c, weight[2]);
		return nnrt_resize_add(sum, from[1] + column[1] + c, weight[3]);
	}
	for (int i = 0; i < p->taps_h; i++)
		for (int j = 0; j < p->taps_w; j++)
			sum = nnrt_resize_add(sum, from[i] + column[j] + c, weight[i * p->taps_w + j]);
	return sum;
}

/** All channels of a pixel; the last `room` bytes from y on may be written. */
NNRT_INLINE void nnrt_resize_pixel(const struct nnrt_int8_resize *p, const float *const *from, const int32_t *column,
	const nnrt_i8f *weight, unsigned char *y, ptrdiff_t room, int two)
{
	for (int c = 0; c < p->channels; c += NNRT_INT8_LANES) {
		const nnrt_i8f sum = nnrt_resize_sum(p, from, column, weight, c, two);

		if (c + NNRT_INT8_LANES <= room) {
			nnrt_i8f_finish(y + c, sum, p->y_scale, p->low, p->high, p->y_zero);
		} else {
			unsigned char rest[NNRT_INT8_LANES];

			nnrt_i8f_finish(rest, sum, p->y_scale, p->low, p->high, p->y_zero);
			memcpy(y + c, rest, (size_t)(p->channels - c));
		}
	}
}

/** A row of the result. What lies between a pixel's last channel and the next pixel is the next pixel's, which comes
 * later, so that whole vectors may be stored but at the row's end. */
NNRT_INLINE void nnrt_resize_row(const struct nnrt_int8_resize *p, const float *const *from, const float *weight_h,
	const int32_t *column, const float *weight_w, unsigned char *y, int two)
{
	const int taps_h = two ? 2 : p->taps_h, taps_w = two ? 2 : p->taps_w;
	const ptrdiff_t end = (p->out_w - 1) * p->y_pixel + p->channels;

	for (int q = 0; q < p->out_w; q++) {
		const ptrdiff_t at = q * p->y_pixel;
		const ptrdiff_t room = p->y_pixel == p->channels ? end - at : p->channels;
		nnrt_i8f weight[NNRT_RESIZE_TAPS * NNRT_RESIZE_TAPS];

		for (int i = 0; i < taps_h; i++)
			for (int j = 0; j < taps_w; j++)
				weight[i * taps_w + j] = nnrt_i8f_combine(nnrt_i8f_set(weight_h[i]),
					nnrt_i8f_set(weight_w[q * taps_w + j]), 1);
		nnrt_resize_pixel(p, from, column + q * taps_w, weight, y + at, room, two);
	}
}

/** y[r][q][c] = min(max(round_half_even(s / y_scale), low), high) + y_zero, s the sum from 0, in the order of i and j,
 * of (x[row[r][i]][column[q][j] / channels][c] - x_zero) * x_scale * (weight_h[r][i] * weight_w[q][j]), every float32
 * operation rounded by itself. row: [out_h][taps_h]; any taps_h rows that follow each other in it are different modulo
 * taps_h, or the same. scratch: taps_h rows of in_w * channels floats and a vector. y may not overlap x.   ONNX
 * Resize-11 between DequantizeLinear and QuantizeLinear. */
static NNRT_LITERAL void nnrt_resize_int8(const struct nnrt_int8_resize *p, const void *x, const int32_t *row,
	const float *weight_h, const int32_t *column, const float *weight_w, void *y, void *scratch)
{
	const ptrdiff_t floats = (ptrdiff_t)p->in_w * p->channels + NNRT_INT8_LANES;
	const unsigned char *const image = (const unsigned char *)x;
	unsigned char *to = (unsigned char *)y;
	const float *from[NNRT_RESIZE_TAPS] = {NULL, NULL, NULL, NULL};
	int held[NNRT_RESIZE_TAPS] = {-1, -1, -1, -1};

	for (int r = 0; r < p->out_h; r++, to += p->y_row, row += p->taps_h, weight_h += p->taps_h) {
		for (int i = 0; i < p->taps_h; i++) {
			const int slot = row[i] % p->taps_h;
			float *const wide = (float *)scratch + slot * floats;

			if (held[slot] != row[i])
				nnrt_resize_widen(p, image + row[i] * p->x_row, wide);
			held[slot] = row[i];
			from[i] = wide;
		}
		if (p->taps_h == 2 && p->taps_w == 2)
			nnrt_resize_row(p, from, weight_h, column, weight_w, to, 1);
		else
			nnrt_resize_row(p, from, weight_h, column, weight_w, to, 0);
	}
}

#endif
