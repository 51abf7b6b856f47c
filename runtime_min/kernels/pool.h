/* Max and average pooling of channels-last images; lanes are channels, borders take fewer taps. Global pooling is a
 * window as large as the image. */
#ifndef NNRT_POOL_H
#define NNRT_POOL_H

#include "runtime_min/kernels/depthwise.h"
#include "runtime_min/maths/sum.h"

/** The part of a pooling window that lies inside the image, as taps, and where tap (0, 0) lies. */
struct nnrt_window {
	int iy, ix, ky0, ky1, kx0, kx1;
};

/** Window of output pixel (oy, ox). */
NNRT_INLINE struct nnrt_window nnrt_window_at(const struct nnrt_conv *p, int oy, int ox)
{
	struct nnrt_window t;

	t.iy = oy * p->stride_h - p->pad_top;
	t.ix = ox * p->stride_w - p->pad_left;
	t.ky0 = nnrt_tap_begin(t.iy, p->dilation_h, p->kernel_h);
	t.ky1 = nnrt_tap_end(t.iy, p->dilation_h, p->kernel_h, p->in_h);
	t.kx0 = nnrt_tap_begin(t.ix, p->dilation_w, p->kernel_w);
	t.kx1 = nnrt_tap_end(t.ix, p->dilation_w, p->kernel_w, p->in_w);
	return t;
}

/** Input row under taps (ky, ...) of a window, at its column ix (which may lie outside: not read there). */
NNRT_INLINE ptrdiff_t nnrt_window_row(const struct nnrt_conv *p, const struct nnrt_window *t, int ky)
{
	return nnrt_ring(t->iy + ky * p->dilation_h, p->x_ring) * p->x_row + t->ix * p->x_pixel;
}

/** Greatest of a window for n channels from c on; -inf when it is empty. */
NNRT_INLINE nnrt_vf nnrt_window_max(const struct nnrt_conv *p, const struct nnrt_window *t, const float *x, int c,
	int n)
{
	nnrt_vf acc = nnrt_vf_set1(-INFINITY);

	for (int ky = t->ky0; ky < t->ky1; ky++) {
		const ptrdiff_t row = nnrt_window_row(p, t, ky) + c;

		for (int kx = t->kx0; kx < t->kx1; kx++)
			acc = nnrt_vf_max(acc, nnrt_tile_load(x + row + kx * p->dilation_w * p->x_pixel, n));
	}
	return acc;
}

/** acc and taps kx0 to kx1 - 1 of the window's row that begins at x + row, for n channels. */
NNRT_INLINE nnrt_vf nnrt_window_row_sum(const struct nnrt_conv *p, const float *x, ptrdiff_t row, int kx0, int kx1,
	nnrt_vf acc, int n)
{
	for (int kx = kx0; kx < kx1; kx++)
		acc = nnrt_vf_add(acc, nnrt_tile_load(x + row + kx * p->dilation_w * p->x_pixel, n));
	return acc;
}

/** Sum of a window for n channels from c on, (ky, kx) ascending, long ones in parts (runtime_min/maths/sum.h). */
NNRT_INLINE nnrt_vf nnrt_window_sum(const struct nnrt_conv *p, const struct nnrt_window *t, const float *x, int c,
	int n)
{
	struct nnrt_sum_vf sum = nnrt_sum_none();
	nnrt_vf acc = nnrt_vf_set1(0.0f);
	int taps = 0;

	if ((ptrdiff_t)p->kernel_h * p->kernel_w <= NNRT_SUM_PART) {
		for (int ky = t->ky0; ky < t->ky1; ky++)
			acc = nnrt_window_row_sum(p, x, nnrt_window_row(p, t, ky) + c, t->kx0, t->kx1, acc, n);
		return acc;
	}
	for (int ky = t->ky0; ky < t->ky1; ky++) {
		const ptrdiff_t row = nnrt_window_row(p, t, ky) + c;

		for (int kx = t->kx0; kx < t->kx1; kx += NNRT_SUM_PART) {
			const int end = t->kx1 - kx < NNRT_SUM_PART ? t->kx1 : kx + NNRT_SUM_PART;

			acc = nnrt_window_row_sum(p, x, row, kx, end, acc, n);
			taps += end - kx;
			if (taps < NNRT_SUM_PART)
				continue;
			nnrt_sum_add(&sum, acc);
			acc = nnrt_vf_set1(0.0f);
			taps = 0;
		}
	}
	nnrt_sum_add(&sum, acc);
	return nnrt_sum_total(&sum);
}

/** y[oy][ox][c] = epilogue(max over taps inside the image of x[iy][ix][c]); see struct nnrt_conv (x_channel 1, ic equal
 *  to oc). -inf where no tap is inside; a window that holds NaN gives NaN or its greatest number.   ONNX MaxPool-12. */
NNRT_INLINE void nnrt_max_pool_f32(const struct nnrt_conv *p, const float *x, float *y, nnrt_epilogue epilogue,
	const void *const *ctx)
{
	for (int oy = p->row_begin; oy < p->row_end; oy++) {
		for (int ox = 0; ox < p->out_w; ox++) {
			const struct nnrt_window t = nnrt_window_at(p, oy, ox);
			const ptrdiff_t to = nnrt_ring(oy, p->y_ring) * p->y_row + ox * p->y_pixel;

			for (int c = 0; c < p->oc; c += NNRT_LANES) {
				const int n = p->oc - c < NNRT_LANES ? p->oc - c : NNRT_LANES;
				const struct nnrt_at at = {to + c, oy, ox, c, n};

				nnrt_store_at(y, epilogue(nnrt_window_max(p, &t, x, c, n), at, ctx), at);
			}
		}
	}
}

/** Body of the two average poolings: `padded` counts the taps in the padding too. */
NNRT_INLINE void nnrt_mean_pool_f32(const struct nnrt_conv *p, const float *x, float *y, nnrt_epilogue epilogue,
	const void *const *ctx, int padded)
{
	for (int oy = p->row_begin; oy < p->row_end; oy++) {
		for (int ox = 0; ox < p->out_w; ox++) {
			const struct nnrt_window t = nnrt_window_at(p, oy, ox);
			const ptrdiff_t to = nnrt_ring(oy, p->y_ring) * p->y_row + ox * p->y_pixel;
			const int tall = nnrt_tap_end(t.iy, p->dilation_h, p->kernel_h, p->in_h + p->pad_bottom);
			const int wide = nnrt_tap_end(t.ix, p->dilation_w, p->kernel_w, p->in_w + p->pad_right);
			const int count = padded ? tall * wide : (t.ky1 - t.ky0) * (t.kx1 - t.kx0);
			const nnrt_vf divisor = nnrt_vf_set1((float)(count > 0 ? count : 1));

			for (int c = 0; c < p->oc; c += NNRT_LANES) {
				const int n = p->oc - c < NNRT_LANES ? p->oc - c : NNRT_LANES;
				const struct nnrt_at at = {to + c, oy, ox, c, n};
				const nnrt_vf mean = nnrt_vf_div(nnrt_window_sum(p, &t, x, c, n), divisor);

				nnrt_store_at(y, epilogue(mean, at, ctx), at);
			}
		}
	}
}

/** y[oy][ox][c] = epilogue(mean over taps inside the image of x[iy][ix][c]); see struct nnrt_conv (x_channel 1, ic
 *  equal to oc). 0 where no tap is inside, as onnxruntime has it.   ONNX AveragePool-19, GlobalAveragePool-1. */
NNRT_INLINE void nnrt_average_pool_f32(const struct nnrt_conv *p, const float *x, float *y, nnrt_epilogue epilogue,
	const void *const *ctx)
{
	nnrt_mean_pool_f32(p, x, y, epilogue, ctx, 0);
}

/** As nnrt_average_pool_f32 with count_include_pad: taps in the padding (pad_bottom and pad_right too) count as
 *  zeros. */
NNRT_INLINE void nnrt_average_pool_padded_f32(const struct nnrt_conv *p, const float *x, float *y,
	nnrt_epilogue epilogue, const void *const *ctx)
{
	nnrt_mean_pool_f32(p, x, y, epilogue, ctx, 1);
}

#endif
