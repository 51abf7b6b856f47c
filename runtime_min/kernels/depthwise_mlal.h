/* Depthwise convolution of bytes by AArch64's smlal, the image read as it lies: a tile is some pixels of a row by eight
 * channels, widened to 16 bits as they are loaded. */
#ifndef NNRT_DEPTHWISE_MLAL_H
#define NNRT_DEPTHWISE_MLAL_H

#include "runtime_min/kernels/depthwise_neon.h"
#include "runtime_min/kernels/shape.h"

enum { NNRT_MLAL_PIXELS = 4, NNRT_MLAL_CHANNELS = 8 };

/** What does not change from tile to tile. */
struct nnrt_mlal {
	const struct nnrt_conv *p;
	const unsigned char *x, *zero;
	const int8_t *w;
	const int32_t *bias;
	const float *scale;
	int width;                      /* weights from tap to tap */
	int x_signed, y_signed, low, high, y_zero;
};

/** The first n of eight bytes, as 16 bits. */
NNRT_INLINE int16x8_t nnrt_mlal_load(const unsigned char *x, int n, int is_signed)
{
	unsigned char rest[NNRT_MLAL_CHANNELS] = {0};
	uint8x8_t bytes;

	if (n < NNRT_MLAL_CHANNELS) {
		for (int i = 0; i < n; i++)
			rest[i] = x[i];
		x = rest;
	}
	bytes = vld1_u8(x);
	return is_signed ? vmovl_s8(vreinterpret_s8_u8(bytes)) : vreinterpretq_s16_u16(vmovl_u8(bytes));
}

/** Channels c .. c + n - 1 of `pixels` pixels of row oy from ox on. inside: columns of the image are all that they
 * see. */
NNRT_INLINE void nnrt_mlal_tile(
	const struct nnrt_mlal *d, unsigned char *y, int oy, int ox, int c, int n, int pixels, int inside)
{
	const struct nnrt_conv *const p = d->p;
	const int ix = ox * p->stride_w - p->pad_left;
	const int16x8_t padding = nnrt_mlal_load(d->zero + c, NNRT_MLAL_CHANNELS, d->x_signed);
	const float32x4_t scale[2] = {vld1q_f32(d->scale + c), vld1q_f32(d->scale + c + 4)};
	const int8_t *w = d->w + c;
	int32x4_t low[NNRT_MLAL_PIXELS], high[NNRT_MLAL_PIXELS];

	NNRT_UNROLL(4)
	for (int i = 0; i < pixels; i++) {
		low[i] = vld1q_s32(d->bias + c);
		high[i] = vld1q_s32(d->bias + c + 4);
	}
	NNRT_UNROLL(8)
	for (int ky = 0; ky < p->kernel_h; ky++) {
		const int iy = oy * p->stride_h - p->pad_top + ky * p->dilation_h;
		const int row_inside = iy >= 0 && iy < p->in_h;
		const unsigned char *row =
			d->x + nnrt_ring(row_inside ? iy : 0, p->x_ring) * p->x_row + ix * p->x_pixel + c;

		NNRT_UNROLL(8)
		for (int kx = 0; kx < p->kernel_w; kx++, w += d->width) {
			const int16x8_t b = vmovl_s8(vld1_s8(w));
			const int sx = kx * p->dilation_w;

			NNRT_UNROLL(4)
			for (int i = 0; i < pixels; i++) {
				const int at = ix + i * p->stride_w + sx;
				const int seen = row_inside && (inside || (at >= 0 && at < p->in_w));
				const int16x8_t a =
					seen ? nnrt_mlal_load(
						       row + (i * p->stride_w + sx) * p->x_pixel, n, d->x_signed)
					     : padding;

				low[i] = vmlal_s16(low[i], vget_low_s16(a), vget_low_s16(b));
				high[i] = vmlal_high_s16(high[i], a, b);
			}
		}
	}
	NNRT_UNROLL(4)
	for (int i = 0; i < pixels; i++) {
		const uint8x8_t q = nnrt_neon_bytes8(
			nnrt_neon_scaled8(low[i], high[i], scale, d->y_zero), d->y_signed, d->low, d->high);
		unsigned char *to = y + (ox + i) * p->y_pixel + c;
		unsigned char bytes[NNRT_MLAL_CHANNELS];

		if (n == NNRT_MLAL_CHANNELS) {
			vst1_u8(to, q);
			continue;
		}
		vst1_u8(bytes, q);
		for (int k = 0; k < n; k++)
			to[k] = bytes[k];
	}
}

/** All channels of a tile of pixels: the last eight overlap those before. */
NNRT_INLINE void nnrt_mlal_pixels(
	const struct nnrt_mlal *d, unsigned char *y, int oy, int ox, int pixels, int inside)
{
	const int channels = d->p->oc;

	if (channels < NNRT_MLAL_CHANNELS)
		nnrt_mlal_tile(d, y, oy, ox, 0, channels, pixels, inside);
	else
		for (int c = 0; c < channels; c += NNRT_MLAL_CHANNELS)
			nnrt_mlal_tile(d, y, oy, ox, (int)nnrt_min(c, channels - NNRT_MLAL_CHANNELS),
				NNRT_MLAL_CHANNELS, pixels, inside);
}

/** Pixels begin .. end - 1 of a row, which see columns of the image alone; the last tile overlaps that before. */
NNRT_INLINE void nnrt_mlal_inner(
	const struct nnrt_mlal *d, unsigned char *y, int oy, int begin, int end, int pixels)
{
	for (int ox = begin; ox < end; ox += pixels)
		nnrt_mlal_pixels(d, y, oy, (int)nnrt_min(ox, end - pixels), pixels, 1);
}

/** nnrt_depthwise_mlal() for images of one kind. */
NNRT_INLINE void nnrt_mlal_rows(const struct nnrt_mlal *d, void *y)
{
	const struct nnrt_conv *const p = d->p;
	const int step = p->stride_w, reach = (p->kernel_w - 1) * p->dilation_w;
	const int begin = (int)nnrt_min((nnrt_max(p->pad_left, 0) + step - 1) / step, p->out_w);
	const int whole = (int)nnrt_max(p->in_w - reach + p->pad_left + step - 1, 0) / step;
	const int end = (int)nnrt_max(nnrt_min(whole, p->out_w), begin);

	for (int oy = p->row_begin; oy < p->row_end; oy++) {
		unsigned char *const row = (unsigned char *)y + nnrt_ring(oy, p->y_ring) * p->y_row;

		for (int ox = 0; ox < begin; ox++)
			nnrt_mlal_pixels(d, row, oy, ox, 1, 0);
		if (end - begin >= 4)
			nnrt_mlal_inner(d, row, oy, begin, end, 4);
		else if (end - begin == 3)
			nnrt_mlal_inner(d, row, oy, begin, end, 3);
		else if (end - begin == 2)
			nnrt_mlal_inner(d, row, oy, begin, end, 2);
		else
			nnrt_mlal_inner(d, row, oy, begin, end, 1);
		for (int ox = end; ox < p->out_w; ox++)
			nnrt_mlal_pixels(d, row, oy, ox, 1, 0);
	}
}

/** nnrt_depthwise_int8() with constants of the channels going on to a multiple of eight. */
NNRT_INLINE void nnrt_depthwise_mlal(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, const void *zero, void *y, int is_signed, int low, int high, int y_zero)
{
	const struct nnrt_mlal d = {p, (const unsigned char *)x, (const unsigned char *)zero, w, bias, scale,
		(p->oc + NNRT_MLAL_CHANNELS - 1) / NNRT_MLAL_CHANNELS * NNRT_MLAL_CHANNELS, is_signed,
		low + y_zero < 0, low + y_zero, high + y_zero, y_zero};

	nnrt_mlal_rows(&d, y);
}

#endif
