/* Convolution of bytes, channels last; a matrix product is one with a single tap. The taps of a tile of output pixels
 * are gathered and widened to 16 bits once, then meet one panel of weights after the other. */
#ifndef NNRT_INT8_CONV_H
#define NNRT_INT8_CONV_H

#include "runtime_min/kernels/int8.h"
#include "runtime_min/kernels/shape.h"

/** Requantisation: y = round_half_even(sum * scale) bounded by low..high, + zero. low and high have zero taken off. */
struct nnrt_int8 {
	int is_signed;                  /* x is int8, else uint8 */
	int low, high, zero;
};

/** Gathers what output pixel (oy, ox) sees, (ky, kx, channel) inside, as 16 bits and rounded up to an even number. */
NNRT_INLINE void nnrt_int8_gather(const struct nnrt_conv *p, const unsigned char *x, const unsigned char *zero,
	int16_t *to, int oy, int ox, int is_signed)
{
	const int iy = oy * p->stride_h - p->pad_top, ix = ox * p->stride_w - p->pad_left;
	const int row_inside = ix >= 0 && ix + p->kernel_w <= p->in_w && p->x_pixel == p->ic && p->dilation_w == 1;

	for (int ky = 0; ky < p->kernel_h; ky++) {
		const int sy = iy + ky * p->dilation_h;
		const unsigned char *row = x + nnrt_ring(sy, p->x_ring) * p->x_row;

		if (row_inside && sy >= 0 && sy < p->in_h) {
			nnrt_int8_widen(to, row + ix * p->x_pixel, p->kernel_w * p->ic, is_signed);
			to += p->kernel_w * p->ic;
			continue;
		}
		for (int kx = 0; kx < p->kernel_w; kx++) {
			const int sx = ix + kx * p->dilation_w;
			const int inside = sy >= 0 && sy < p->in_h && sx >= 0 && sx < p->in_w;

			nnrt_int8_widen(to, inside ? row + sx * p->x_pixel : zero, p->ic, is_signed);
			to += p->ic;
		}
	}
	if ((p->kernel_h * p->kernel_w * p->ic) & 1)
		*to = 0;
}

/** y[oy][ox][c] = bounded(round_half_even(float(bias[c] + sum of x * w) * scale[c]), low, high) + zero, for the output
 * rows that p says; see struct nnrt_conv, all strides in bytes, x_channel 1. x: bytes. zero: ic bytes of x's zero
 * point, read in place of padding. w: int8 weights in the form of the kernel's row, their own zero point taken off.
 * bias: int32, with x's zero point times the sum of w taken off. scale: the channels' float32 multipliers, or, where
 * vectors have one lane, what stands for them (kinds.def). Both go on to a multiple of the panel.
 * scratch: rows times (kernel_h * kernel_w * ic rounded up to even) elements. y may overlap x as struct nnrt_conv says,
 * and is written in the order of pixels, after all that those so far see is read. rows, columns: constants, the
 * register tile. Sums are exact in int32. ONNX QLinearConv-10. */
NNRT_INLINE void nnrt_conv_int8(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const void *scale, const void *zero, void *y, void *scratch, int is_signed, int low, int high, int y_zero,
	int rows, int columns)
{
	const nnrt_i8_scale *const scales = (const nnrt_i8_scale *)scale;
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};
	const int pairs = (p->kernel_h * p->kernel_w * p->ic + 1) / 2, vectors = columns / NNRT_INT8_LANES;
	const ptrdiff_t pixels = (ptrdiff_t)(p->row_end - p->row_begin) * p->out_w;
	int oy = p->row_begin, ox = 0;

	for (ptrdiff_t m = 0; m < pixels; m += rows) {
		int16_t *const taps = (int16_t *)scratch;
		const int valid = (int)nnrt_min(rows, pixels - m);
		unsigned char *to[NNRT_INT8_ROWS];
		const int8_t *panel = w;

		for (int i = 0; i < rows; i++) {
			int16_t *const row = taps + (ptrdiff_t)i * 2 * pairs;

			if (i >= valid) {
				to[i] = to[0];
				(void)memset(row, 0, (size_t)pairs * 4);
				continue;
			}
			to[i] = (unsigned char *)y + nnrt_ring(oy, p->y_ring) * p->y_row + ox * p->y_pixel;
			nnrt_int8_gather(
				p, (const unsigned char *)x, (const unsigned char *)zero, row, oy, ox, q.is_signed);
			if (++ox == p->out_w) {
				ox = 0;
				oy++;
			}
		}
		for (int c = 0; c < p->oc; c += columns) {
			nnrt_i8v sum[NNRT_INT8_ROWS * NNRT_INT8_VECTORS];

			NNRT_UNROLL(8)
			for (int i = 0; i < rows; i++) {
				NNRT_UNROLL(4)
				for (int j = 0; j < vectors; j++)
					sum[i * NNRT_INT8_VECTORS + j] = nnrt_i8v_load(bias + c + j * NNRT_INT8_LANES);
			}
			panel = nnrt_int8_products(sum, taps, panel, pairs, rows, vectors);
			NNRT_UNROLL(8)
			for (int i = 0; i < rows; i++) {
				NNRT_UNROLL(4)
				for (int j = 0; j < vectors; j++) {
					const int from = c + j * NNRT_INT8_LANES, left = p->oc - from;
					const int n = left < NNRT_INT8_LANES ? left : NNRT_INT8_LANES;

					if (i < valid && n > 0)
						nnrt_i8v_finish(to[i] + from, sum[i * NNRT_INT8_VECTORS + j],
							scales + from, q.low, q.high, q.zero, n);
				}
			}
		}
	}
}

/** Makes name(): a convolution over bytes with its tile, one function for all nodes that use it. */
#define NNRT_SHARE_CONV_INT8(name, body, rows, columns) \
	NNRT_SHARED void name(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias, \
		const void *scale, const void *zero, void *y, void *scratch, int is_signed, int low, int high, \
		int y_zero) \
	{ \
		body(p, x, w, bias, scale, zero, y, scratch, is_signed, low, high, y_zero, rows, columns); \
	}

#endif
