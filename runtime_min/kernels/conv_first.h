/* First convolution of a network: few input channels (1 to 4), interleaved or in planes. Sums are too short for the
 * pixel pointers of conv.h to pay, so pixels of a tile share one row and one pointer wherever no border is near. */
#ifndef NNRT_CONV_FIRST_H
#define NNRT_CONV_FIRST_H

#include "runtime_min/kernels/conv.h"

/** One tile inside the image: `rows` pixels of output row oy from ox on, n channels from c on. */
NNRT_INLINE void nnrt_conv_first_f32_inside(const struct nnrt_conv *p, const float *x, const float *w,
	ptrdiff_t w_row, const float *bias, float *y, int oy, int ox, int c, int n, nnrt_epilogue epilogue,
	const void *const *ctx, int rows, int vectors)
{
	const int planes = p->x_channel == 1 ? 1 : p->ic, channels = p->x_channel == 1 ? p->ic : 1;
	const int runs = p->dilation_w == 1 && p->x_pixel == channels;
	const int step = runs ? p->kernel_w : 1;
	const ptrdiff_t ix = (ptrdiff_t)ox * p->stride_w - p->pad_left;
	const ptrdiff_t y_row = nnrt_ring(oy, p->y_ring) * p->y_row;
	nnrt_vf acc[NNRT_TILE_ROWS][NNRT_TILE_VECTORS];

	nnrt_tile_start(acc, bias ? bias + c : NULL, n, rows, vectors);
	for (int plane = 0; plane < planes; plane++) {
		for (int ky = 0; ky < p->kernel_h; ky++) {
			const int iy = oy * p->stride_h - p->pad_top + ky * p->dilation_h;

			for (int kx = 0; kx < p->kernel_w && iy >= 0 && iy < p->in_h; kx += step) {
				const float *a[NNRT_TILE_ROWS];

				NNRT_UNROLL(16)
				for (int i = 0; i < rows; i++)
					a[i] = x + plane * p->x_channel + nnrt_ring(iy, p->x_ring) * p->x_row +
						(ix + kx * p->dilation_w + i * p->stride_w) * p->x_pixel;
				nnrt_tile_f32(acc, a, (ptrdiff_t)step * channels, w +
					(ptrdiff_t)kx * channels * w_row, w_row,
					NNRT_LANES, rows, vectors);
			}
			w += (ptrdiff_t)p->kernel_w * channels * w_row;
		}
	}
	NNRT_UNROLL(16)
	for (int i = 0; i < rows; i++) {
		const struct nnrt_at at = {y_row + (ox + i) * p->y_pixel + c, oy, ox + i, c, 0};

		nnrt_tile_finish(acc[i], y, at, n, vectors, epilogue, ctx);
	}
}

/** All tiles of nnrt_conv_first_f32 over n output channels from c on. */
NNRT_INLINE void nnrt_conv_first_f32_panel(const struct nnrt_conv *p, const float *x, const float *w, ptrdiff_t w_row,
	const float *bias, const float *zero, float *y, int c, int n, nnrt_epilogue epilogue, const void *const *ctx,
	int rows, int vectors)
{
	const int reach = (rows - 1) * p->stride_w + (p->kernel_w - 1) * p->dilation_w;

	for (int oy = p->row_begin; oy < p->row_end; oy++) {
		for (int ox = 0; ox < p->out_w; ox += rows) {
			const int ix = ox * p->stride_w - p->pad_left;
			const int left = p->out_w - ox;

			if (ix >= 0 && ix + reach < p->in_w && left >= rows)
				nnrt_conv_first_f32_inside(p, x, w, w_row, bias, y, oy, ox, c, n, epilogue, ctx, rows,
					vectors);
			else
				nnrt_conv_f32_tile(p, x, w, w_row, bias, zero, y, oy, ox, left < rows ? left : rows,
					c, n,
					epilogue, ctx, rows, vectors);
		}
	}
}

/** As nnrt_conv_f32, faster for few input channels: same arguments, same weights, same sums. */
NNRT_INLINE void nnrt_conv_first_f32(const struct nnrt_conv *p, const float *x, const float *w, const float *bias,
	const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx, int rows, int columns)
{
	const ptrdiff_t depth = (ptrdiff_t)p->kernel_h * p->kernel_w * p->ic;
	const int whole = p->oc / columns * columns;
	const int rest = p->oc - whole;

	for (int c = 0; c < whole; c += columns)
		nnrt_conv_first_f32_panel(p, x, w + c * depth, columns, bias, zero, y, c, columns, epilogue, ctx, rows,
			columns / NNRT_LANES);
	w += whole * depth;
	if (rest > 3 * NNRT_LANES)
		nnrt_conv_first_f32_panel(p, x, w, columns, bias, zero, y, whole, rest, epilogue, ctx, rows, 4);
	else if (rest > 2 * NNRT_LANES)
		nnrt_conv_first_f32_panel(p, x, w, columns, bias, zero, y, whole, rest, epilogue, ctx, rows, 3);
	else if (rest > NNRT_LANES)
		nnrt_conv_first_f32_panel(p, x, w, columns, bias, zero, y, whole, rest, epilogue, ctx, rows, 2);
	else if (rest > 0)
		nnrt_conv_first_f32_panel(p, x, w, columns, bias, zero, y, whole, rest, epilogue, ctx, rows, 1);
}

#endif
