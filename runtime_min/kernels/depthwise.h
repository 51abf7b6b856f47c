/* Depthwise convolution: lanes are channels, a tile is a few output pixels of one row, which share the input pixels
 * that they load. Borders take fewer taps; nothing is copied. */
#ifndef NNRT_DEPTHWISE_H
#define NNRT_DEPTHWISE_H

#include "runtime_min/kernels/conv.h"

/** Adds `taps` neighbouring taps of one input row to the sums of `pixels` outputs, n channels. in: under the first tap
 *  of the first output. taps and pixels: constants, taps at most 8. */
NNRT_INLINE void nnrt_depthwise_f32_taps(const struct nnrt_conv *p, nnrt_vf *acc, const float *in, const float *tap,
	int n, int taps, int pixels)
{
	NNRT_UNROLL(8)
	for (int kx = 0; kx < taps; kx++) {
		const nnrt_vf f = nnrt_vf_load(tap + kx * NNRT_LANES);

		NNRT_UNROLL(16)
		for (int i = 0; i < pixels; i++) {
			const float *at = in + (i * p->stride_w + kx * p->dilation_w) * p->x_pixel;

			acc[i] = nnrt_vf_fma(nnrt_tile_load(at, n), f, acc[i]);
		}
	}
}

/** `pixels` outputs from (oy, ox) on, n channels from c on, over the taps ky0..ky1-1 and kx0..kx0+taps-1, which must
 *  lie inside the image. x: the image. w: the channels' taps. */
NNRT_INLINE void nnrt_depthwise_f32_tile(const struct nnrt_conv *p, const float *x, const float *w, const float *bias,
	float *y, int oy, int ox, int c, int n, int ky0, int ky1, int kx0, int taps, nnrt_epilogue epilogue,
	const void *const *ctx, int pixels)
{
	const ptrdiff_t ix = (ptrdiff_t)ox * p->stride_w - p->pad_left + kx0 * p->dilation_w;
	const ptrdiff_t y_row = nnrt_ring(oy, p->y_ring) * p->y_row;
	nnrt_vf acc[NNRT_TILE_ROWS];

	acc[0] = bias ? nnrt_tile_load(bias + c, n) : nnrt_vf_set1(0.0f);
	NNRT_UNROLL(16)
	for (int i = 1; i < pixels; i++)
		acc[i] = acc[0];
	for (int ky = ky0; ky < ky1; ky++) {
		const int iy = oy * p->stride_h - p->pad_top + ky * p->dilation_h;
		const float *in = x + nnrt_ring(iy, p->x_ring) * p->x_row + ix * p->x_pixel + c;
		const float *tap = w + (ptrdiff_t)(ky * p->kernel_w + kx0) * NNRT_LANES;

		/* A constant number of taps lets neighbours share their loads. */
		if (taps == 3) {
			nnrt_depthwise_f32_taps(p, acc, in, tap, n, 3, pixels);
		} else if (taps == 5) {
			nnrt_depthwise_f32_taps(p, acc, in, tap, n, 5, pixels);
		} else {
			for (int kx = 0; kx < taps; kx++)
				nnrt_depthwise_f32_taps(p, acc, in + kx * p->dilation_w * p->x_pixel,
					tap + kx * NNRT_LANES, n, 1, pixels);
		}
	}
	if (p->tail) {
		const struct nnrt_at at = {y_row + ox * p->y_pixel + c, oy, ox, c, 0};
		float sums[NNRT_TILE_ROWS * NNRT_LANES];

		NNRT_UNROLL(16)
		for (int i = 0; i < pixels; i++)
			nnrt_vf_store(sums + i * NNRT_LANES, acc[i]);
		nnrt_tile_finish_long(p->tail, sums, y, at, p->y_pixel, pixels, n, 1, ctx);
		return;
	}
	NNRT_UNROLL(16)
	for (int i = 0; i < pixels; i++) {
		const struct nnrt_at at = {y_row + (ox + i) * p->y_pixel + c, oy, ox + i, c, n};

		nnrt_store_at(y, epilogue(acc[i], at, ctx), at);
	}
}

/** nnrt_depthwise_f32_tile over all channels. */
NNRT_INLINE void nnrt_depthwise_f32_pixels(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, float *y, int oy, int ox, int ky0, int ky1, int kx0, int taps, nnrt_epilogue epilogue,
	const void *const *ctx, int pixels)
{
	const ptrdiff_t depth = (ptrdiff_t)p->kernel_h * p->kernel_w;
	int c = 0;

	for (; c + NNRT_LANES <= p->oc; c += NNRT_LANES)
		nnrt_depthwise_f32_tile(p, x, w + c * depth, bias, y, oy, ox, c, NNRT_LANES, ky0, ky1, kx0, taps,
			epilogue,
			ctx, pixels);
	if (c < p->oc)
		nnrt_depthwise_f32_tile(p, x, w + c * depth, bias, y, oy, ox, c, p->oc - c, ky0, ky1, kx0, taps,
			epilogue,
			ctx, pixels);
}

/** First tap of a line of `taps` that is not before the image when tap 0 lies at `at`. */
NNRT_INLINE int nnrt_tap_begin(int at, int dilation, int taps)
{
	const int skip = at < 0 ? (-at + dilation - 1) / dilation : 0;

	return skip < taps ? skip : taps;
}

/** One more than the last tap that is not behind an image of `size`. */
NNRT_INLINE int nnrt_tap_end(int at, int dilation, int taps, int size)
{
	const int fit = at < size ? (size - 1 - at) / dilation + 1 : 0;

	return fit < taps ? fit : taps;
}

/** Output pixels ox..end-1 of row oy, all of whose `taps` columns lie inside the image. */
NNRT_INLINE void nnrt_depthwise_f32_inside(const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, float *y, int oy, int ox, int end, int ky0, int ky1, int taps, nnrt_epilogue epilogue,
	const void *const *ctx, int pixels)
{
	for (; ox + pixels <= end; ox += pixels)
		nnrt_depthwise_f32_pixels(p, x, w, bias, y, oy, ox, ky0, ky1, 0, taps, epilogue, ctx, pixels);
	for (; ox + 2 <= end; ox += 2)
		nnrt_depthwise_f32_pixels(p, x, w, bias, y, oy, ox, ky0, ky1, 0, taps, epilogue, ctx, 2);
	for (; ox < end; ox++)
		nnrt_depthwise_f32_pixels(p, x, w, bias, y, oy, ox, ky0, ky1, 0, taps, epilogue, ctx, 1);
}

/** y[oy][ox][c] = epilogue(bias[c] + sum over ky, kx of x[iy][ix][c] * w[c][ky][kx]); see struct nnrt_conv for iy, ix,
 *  the rows to compute and all strides (x_channel must be 1, ic equal to oc).
 *  w: panels of NNRT_LANES channels, (ky, kx) inside, from pack_f32(). bias: oc values or NULL. y may overlap x as
 *  struct nnrt_conv says. pixels: a constant, output pixels of a register tile. Sums start at the bias and take
 *  (ky, kx) in ascending order.
 *  ONNX Conv-11 with group equal to channels. */
NNRT_INLINE void nnrt_depthwise_f32(const struct nnrt_conv *p, const float *x, const float *w, const float *bias,
	float *y, nnrt_epilogue epilogue, const void *const *ctx, int pixels)
{
	const int reach = (p->kernel_w - 1) * p->dilation_w;
	const int begin = p->pad_left > 0 ? (p->pad_left + p->stride_w - 1) / p->stride_w : 0;
	const int last = p->in_w - 1 - reach + p->pad_left;
	const int end = last < 0 ? 0 : last / p->stride_w + 1 < p->out_w ? last / p->stride_w + 1 : p->out_w;

	for (int oy = p->row_begin; oy < p->row_end; oy++) {
		const int iy = oy * p->stride_h - p->pad_top;
		const int ky0 = nnrt_tap_begin(iy, p->dilation_h, p->kernel_h);
		const int ky1 = nnrt_tap_end(iy, p->dilation_h, p->kernel_h, p->in_h);

		for (int ox = 0; ox < p->out_w; ox++) {
			const int ix = ox * p->stride_w - p->pad_left;
			const int kx0 = nnrt_tap_begin(ix, p->dilation_w, p->kernel_w);
			const int kx1 = nnrt_tap_end(ix, p->dilation_w, p->kernel_w, p->in_w);

			if (ox == begin && begin < end) {
				nnrt_depthwise_f32_inside(p, x, w, bias, y, oy, begin, end, ky0, ky1, p->kernel_w,
					epilogue, ctx, pixels);
				ox = end - 1;
				continue;
			}
			nnrt_depthwise_f32_pixels(p, x, w, bias, y, oy, ox, ky0, ky1, kx0, kx1 - kx0, epilogue, ctx, 1);
		}
	}
}

#endif
