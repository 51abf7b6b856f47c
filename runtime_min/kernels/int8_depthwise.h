/* Depthwise convolution of bytes, channels last: vectors run along the channels. */
#ifndef NNRT_INT8_DEPTHWISE_H
#define NNRT_INT8_DEPTHWISE_H

#include "runtime_min/kernels/int8_conv.h"

enum { NNRT_INT8_DEPTHWISE_PIXELS = 4, NNRT_INT8_DEPTHWISE_VECTORS = 4, NNRT_INT8_DEPTHWISE_TAPS = 64 };

/** `pixels` neighbours in a row, all of whose taps are inside the image, for n channels: x points at the first tap of
 * the first one, to at its result. */
NNRT_INLINE void nnrt_int8_depthwise_inside(const struct nnrt_conv *p, const unsigned char *x, const int8_t *w,
	int width, const int32_t *bias, const nnrt_i8_scale *scale, unsigned char *to, struct nnrt_int8 q,
	int is_signed, int pixels)
{
	const ptrdiff_t step = p->stride_w * p->x_pixel;
	nnrt_i8v sum[NNRT_INT8_DEPTHWISE_PIXELS];

	NNRT_UNROLL(4)
	for (int i = 0; i < pixels; i++)
		sum[i] = nnrt_i8v_load(bias);
	for (int ky = 0; ky < p->kernel_h; ky++) {
		const unsigned char *from = x + ky * p->dilation_h * p->x_row;

		for (int kx = 0; kx < p->kernel_w; kx++) {
			const nnrt_i8v weight = nnrt_i8v_bytes((const unsigned char *)w, 1);

			NNRT_UNROLL(4)
			for (int i = 0; i < pixels; i++)
				sum[i] = nnrt_i8v_mac(sum[i], nnrt_i8v_bytes(from + i * step, is_signed), weight);
			from += p->dilation_w * p->x_pixel;
			w += width;
		}
	}
	NNRT_UNROLL(4)
	for (int i = 0; i < pixels; i++)
		nnrt_i8v_finish(to + i * p->y_pixel, sum[i], scale, q.low, q.high, q.zero, NNRT_INT8_LANES);
}

/** Where the taps of a pixel lie whose first one is at (iy, ix); zero is read in place of padding. */
NNRT_INLINE void nnrt_int8_depthwise_find(const struct nnrt_conv *p, const unsigned char *x, const unsigned char *zero,
	const unsigned char **tap, int iy, int ix)
{
	for (int ky = 0; ky < p->kernel_h; ky++, iy += p->dilation_h) {
		const unsigned char *row = x + nnrt_ring(iy, p->x_ring) * p->x_row;
		const int in_row = iy >= 0 && iy < p->in_h;

		for (int kx = 0, sx = ix; kx < p->kernel_w; kx++, sx += p->dilation_w)
			*tap++ = in_row && sx >= 0 && sx < p->in_w ? row + sx * p->x_pixel : zero;
	}
}

/** A pixel of so many taps, channels from c on that are whole vectors. */
NNRT_INLINE void nnrt_int8_depthwise_taps(const unsigned char *const *tap, int taps, int c, const int8_t *w, int width,
	const int32_t *bias, const nnrt_i8_scale *scale, unsigned char *to, struct nnrt_int8 q, int is_signed,
	int vectors)
{
	nnrt_i8v sum[NNRT_INT8_DEPTHWISE_VECTORS];

	w += c;
	NNRT_UNROLL(4)
	for (int j = 0; j < vectors; j++)
		sum[j] = nnrt_i8v_load(bias + c + j * NNRT_INT8_LANES);
	for (int k = 0; k < taps; k++, w += width) {
		const unsigned char *const from = tap[k] + c;

		NNRT_UNROLL(4)
		for (int j = 0; j < vectors; j++)
			sum[j] = nnrt_i8v_mac(sum[j], nnrt_i8v_bytes(from + j * NNRT_INT8_LANES, is_signed),
				nnrt_i8v_bytes((const unsigned char *)w + j * NNRT_INT8_LANES, 1));
	}
	NNRT_UNROLL(4)
	for (int j = 0; j < vectors; j++) {
		const int at = c + j * NNRT_INT8_LANES;

		nnrt_i8v_finish(to + at, sum[j], scale + at, q.low, q.high, q.zero, NNRT_INT8_LANES);
	}
}

/** One pixel, whose first tap is at (iy, ix), and n channels, anywhere. zero is read in place of padding. */
NNRT_INLINE void nnrt_int8_depthwise_any(const struct nnrt_conv *p, const unsigned char *x, const int8_t *w, int width,
	const int32_t *bias, const nnrt_i8_scale *scale, const unsigned char *zero, unsigned char *to, int iy, int ix,
	int n, struct nnrt_int8 q, int is_signed)
{
	nnrt_i8v sum = nnrt_i8v_load(bias);

	for (int ky = 0; ky < p->kernel_h; ky++) {
		const int sy = iy + ky * p->dilation_h;

		for (int kx = 0; kx < p->kernel_w; kx++, w += width) {
			const int sx = ix + kx * p->dilation_w;
			const int inside = sy >= 0 && sy < p->in_h && sx >= 0 && sx < p->in_w;
			const unsigned char *from =
				inside ? x + nnrt_ring(sy, p->x_ring) * p->x_row + sx * p->x_pixel : zero;
			unsigned char rest[NNRT_INT8_LANES];

			if (n < NNRT_INT8_LANES) {
				for (int c = 0; c < NNRT_INT8_LANES; c++)
					rest[c] = c < n ? from[c] : 0;
				from = rest;
			}
			sum = nnrt_i8v_mac(
				sum, nnrt_i8v_bytes(from, is_signed), nnrt_i8v_bytes((const unsigned char *)w, 1));
		}
	}
	nnrt_i8v_finish(to, sum, scale, q.low, q.high, q.zero, n);
}

/** y[oy][ox][c] = bounded(round_half_even(float(bias[c] + sum over ky, kx of x[iy][ix][c] * w[ky][kx][c]) * scale[c]),
 *  low, high) + zero, for the output rows that p says; oc channels. As nnrt_conv_int8(), but w: rows of channels, one a
 *  tap, bias, scale and zero (oc bytes of x's zero point) all going on to a multiple of NNRT_INT8_LANES. */
NNRT_INLINE void nnrt_int8_depthwise(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const nnrt_i8_scale *scale, const void *zero, void *y, struct nnrt_int8 q, int is_signed)
{
	const int width = (p->oc + NNRT_INT8_LANES - 1) / NNRT_INT8_LANES * NNRT_INT8_LANES;
	const int taps = p->kernel_h * p->kernel_w, many = NNRT_INT8_DEPTHWISE_VECTORS * NNRT_INT8_LANES;
	const unsigned char *tap[NNRT_INT8_DEPTHWISE_TAPS];
	const int reach_h = (p->kernel_h - 1) * p->dilation_h, reach_w = (p->kernel_w - 1) * p->dilation_w;

	for (int oy = p->row_begin; oy < p->row_end; oy++) {
		const int iy = oy * p->stride_h - p->pad_top;
		const int row_inside = iy >= 0 && iy + reach_h < p->in_h && p->x_ring == 0;
		int pixels;

		for (int ox = 0; ox < p->out_w; ox += pixels) {
			const int ix = ox * p->stride_w - p->pad_left;
			const int inside = row_inside && ix >= 0 && ix + reach_w < p->in_w;
			const int last = ix + (NNRT_INT8_DEPTHWISE_PIXELS - 1) * p->stride_w + reach_w;
			const ptrdiff_t first = iy * p->x_row + ix * p->x_pixel;
			unsigned char *const to =
				(unsigned char *)y + nnrt_ring(oy, p->y_ring) * p->y_row + ox * p->y_pixel;
			int c = 0;

			pixels = inside && last < p->in_w && ox + NNRT_INT8_DEPTHWISE_PIXELS <= p->out_w
					 ? NNRT_INT8_DEPTHWISE_PIXELS
					 : 1;
			if (pixels == NNRT_INT8_DEPTHWISE_PIXELS) {
				for (; c + NNRT_INT8_LANES <= p->oc; c += NNRT_INT8_LANES)
					nnrt_int8_depthwise_inside(p, (const unsigned char *)x + first + c, w + c,
						width, bias + c, scale + c, to + c, q, is_signed,
						NNRT_INT8_DEPTHWISE_PIXELS);
			} else if (taps <= NNRT_INT8_DEPTHWISE_TAPS) {
				nnrt_int8_depthwise_find(
					p, (const unsigned char *)x, (const unsigned char *)zero, tap, iy, ix);
				for (; c + many <= p->oc; c += many)
					nnrt_int8_depthwise_taps(tap, taps, c, w, width, bias, scale, to, q, is_signed,
						NNRT_INT8_DEPTHWISE_VECTORS);
				for (; c + NNRT_INT8_LANES <= p->oc; c += NNRT_INT8_LANES)
					nnrt_int8_depthwise_taps(
						tap, taps, c, w, width, bias, scale, to, q, is_signed, 1);
			}
			for (; c < p->oc; c += NNRT_INT8_LANES)
				for (int i = 0; i < pixels; i++)
					nnrt_int8_depthwise_any(p, (const unsigned char *)x + c, w + c, width, bias + c,
						scale + c, (const unsigned char *)zero + c, to + i * p->y_pixel + c, iy,
						ix + i * p->stride_w,
						p->oc - c < NNRT_INT8_LANES ? p->oc - c : NNRT_INT8_LANES, q,
						is_signed);
		}
	}
}

/** nnrt_int8_depthwise() for all nodes of a model. */
NNRT_SHARED void nnrt_depthwise_int8(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const void *scale, const void *zero, void *y, int is_signed, int low, int high, int y_zero)
{
	const nnrt_i8_scale *scales = (const nnrt_i8_scale *)scale;
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	/* Of a single caller gcc knows how many these are, but not that the wide loop leaves them alone: it warns. */
	NNRT_OPAQUE(bias);
	NNRT_OPAQUE(scales);
	if (is_signed)
		nnrt_int8_depthwise(p, x, w, bias, scales, zero, y, q, 1);
	else
		nnrt_int8_depthwise(p, x, w, bias, scales, zero, y, q, 0);
}

#endif
