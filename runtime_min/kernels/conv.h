/* Direct convolution of channels-last images: no copies of the input, a register tile of output pixels x output
 * channels, pixels of a tile taken one after the other across row ends, so that small images fill it too. */
#ifndef NNRT_CONV_H
#define NNRT_CONV_H

#include "runtime_min/kernels/shape.h"
#include "runtime_min/kernels/tile.h"

/** The output pixels of a tile. */
struct nnrt_conv_pixels {
	int row[NNRT_TILE_ROWS];                /* output row */
	int iy[NNRT_TILE_ROWS], ix[NNRT_TILE_ROWS];     /* input pixel under tap (0, 0) */
	int inside;                             /* 1: every tap of every pixel is inside the image */
	int across;                             /* 1: every tap is, where its row is */
};

/** Fills in `count` pixels from (oy, ox) on; pixels past the end repeat the last. */
NNRT_INLINE void nnrt_conv_locate(const struct nnrt_conv *p, struct nnrt_conv_pixels *t, int oy, int ox, int valid,
	int count)
{
	int down = 1;

	t->across = 1;
	NNRT_UNROLL(16)
	for (int i = 0; i < count; i++) {
		t->row[i] = oy;
		t->iy[i] = oy * p->stride_h - p->pad_top;
		t->ix[i] = ox * p->stride_w - p->pad_left;
		down &= t->iy[i] >= 0 && t->iy[i] + (p->kernel_h - 1) * p->dilation_h < p->in_h;
		t->across &= t->ix[i] >= 0 && t->ix[i] + (p->kernel_w - 1) * p->dilation_w < p->in_w;
		if (i + 1 < valid && ++ox == p->out_w) {
			ox = 0;
			oy++;
		}
	}
	t->inside = t->across & down;
}

/** How many pixels have kernel row ky in the image. */
NNRT_INLINE int nnrt_conv_rows(const struct nnrt_conv *p, const struct nnrt_conv_pixels *t, int ky, int count)
{
	int rows = 0;

	NNRT_UNROLL(16)
	for (int i = 0; i < count; i++)
		rows += t->iy[i] + ky * p->dilation_h >= 0 && t->iy[i] + ky * p->dilation_h < p->in_h;
	return rows;
}

/** Points a[i] at the input under tap (ky, kx) of each pixel, at `zero` where that is outside the image. */
NNRT_INLINE void nnrt_conv_point(const struct nnrt_conv *p, const struct nnrt_conv_pixels *t, const float *x,
	const float *zero, int ky, int kx, const float **a, int count)
{
	NNRT_UNROLL(16)
	for (int i = 0; i < count; i++) {
		const int iy = t->iy[i] + ky * p->dilation_h;
		const int ix = t->ix[i] + kx * p->dilation_w;
		const int inside = t->inside || (iy >= 0 && iy < p->in_h && ix >= 0 && ix < p->in_w);
		const ptrdiff_t at = nnrt_ring(iy, p->x_ring) * p->x_row + ix * p->x_pixel;

		a[i] = inside ? x + at : zero;
	}
}

/** One tile of nnrt_conv_f32: `valid` pixels from (oy, ox) on, n output channels from c on. */
NNRT_INLINE void nnrt_conv_f32_tile(const struct nnrt_conv *p, const float *x, const float *w, ptrdiff_t w_row,
	const float *bias, const float *zero, float *y, int oy, int ox, int valid, int c, int n,
	nnrt_epilogue epilogue, const void *const *ctx, nnrt_tile_sums *sums, int rows, int vectors)
{
	nnrt_vf acc[NNRT_TILE_ROWS][NNRT_TILE_VECTORS];
	struct nnrt_conv_pixels t;
	const int planes = p->x_channel == 1 ? 1 : p->ic, channels = p->x_channel == 1 ? p->ic : 1;
	/* Taps of one kernel row whose input is one run of memory are one longer sum. */
	const int runs = p->dilation_w == 1 && p->x_pixel == channels;

	nnrt_conv_locate(p, &t, oy, ox, valid, rows);
	nnrt_tile_start(acc, bias ? bias + c : NULL, n, rows, vectors);
	for (int line = 0; line < planes * p->kernel_h; line++) {
		const int seen = t.inside ? rows : nnrt_conv_rows(p, &t, line % p->kernel_h, rows);
		const int step = runs && t.across && seen == rows ? p->kernel_w : 1;
		const float *plane = x + line / p->kernel_h * p->x_channel;

		if (seen == 0) {
			w += (ptrdiff_t)p->kernel_w * channels * w_row;
			continue;
		}
		for (int kx = 0; kx < p->kernel_w; kx += step) {
			const float *a[NNRT_TILE_ROWS];

			nnrt_conv_point(p, &t, plane, zero, line % p->kernel_h, kx, a, rows);
			sums(acc, a, (ptrdiff_t)step * channels, w, w_row, NNRT_LANES, rows, vectors);
			w += (ptrdiff_t)step * channels * w_row;
		}
	}
	if (p->tail) {
		float kept[NNRT_TILE_FLOATS];

		nnrt_tile_spill(acc, kept, rows, vectors);
		for (int i = 0, run; i < valid; i += run, ox = 0, oy++) {
			const struct nnrt_at at = {nnrt_ring(oy, p->y_ring) * p->y_row + ox * p->y_pixel + c, oy, ox, c,
				0};

			run = (int)nnrt_min(valid - i, p->out_w - ox);
			nnrt_tile_finish_long(p->tail, kept + i * vectors * NNRT_LANES, y, at, p->y_pixel, run, n,
				vectors, ctx);
		}
		return;
	}
	NNRT_UNROLL(16)
	for (int i = 0; i < rows; i++) {
		const ptrdiff_t row = t.row[i], col = ox + i - (row - oy) * p->out_w;
		const struct nnrt_at at = {nnrt_ring(row, p->y_ring) * p->y_row + col * p->y_pixel + c, row, col, c, 0};

		if (i < valid)
			nnrt_tile_finish(acc[i], y, at, n, vectors, epilogue, ctx);
	}
}

/** All tiles of nnrt_conv_f32 over n output channels from c on. */
NNRT_INLINE void nnrt_conv_f32_panel(const struct nnrt_conv *p, const float *x, const float *w, ptrdiff_t w_row,
	const float *bias, const float *zero, float *y, int c, int n,
	nnrt_epilogue epilogue, const void *const *ctx, nnrt_tile_sums *sums, int rows, int vectors)
{
	const ptrdiff_t pixels = (ptrdiff_t)(p->row_end - p->row_begin) * p->out_w;
	int oy = p->row_begin, ox = 0;

	for (ptrdiff_t m = 0; m < pixels; m += rows) {
		nnrt_conv_f32_tile(p, x, w, w_row, bias, zero, y, oy, ox, (int)nnrt_min(rows, pixels - m), c, n,
			epilogue, ctx, sums, rows, vectors);
		ox += rows;
		while (ox >= p->out_w) {
			ox -= p->out_w;
			oy++;
		}
	}
}

/** nnrt_conv_f32() by an inner loop. */
NNRT_INLINE void nnrt_conv_f32_by(const struct nnrt_conv *p, const float *x, const float *w, const float *bias,
	const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx, nnrt_tile_sums *sums, int rows,
	int columns)
{
	const ptrdiff_t depth = (ptrdiff_t)p->kernel_h * p->kernel_w * p->ic;
	const int whole = p->oc / columns * columns;
	const int rest = p->oc - whole;

	for (int c = 0; c < whole; c += columns)
		nnrt_conv_f32_panel(p, x, w + c * depth, columns, bias, zero, y, c, columns, epilogue,
			ctx, sums, rows, columns / NNRT_LANES);
	w += whole * depth;
	if (rest > 3 * NNRT_LANES)
		nnrt_conv_f32_panel(p, x, w, columns, bias, zero, y, whole, rest, epilogue, ctx, sums, rows, 4);
	else if (rest > 2 * NNRT_LANES)
		nnrt_conv_f32_panel(p, x, w, columns, bias, zero, y, whole, rest, epilogue, ctx, sums, rows, 3);
	else if (rest > NNRT_LANES)
		nnrt_conv_f32_panel(p, x, w, columns, bias, zero, y, whole, rest, epilogue, ctx, sums, rows, 2);
	else if (rest > 0)
		nnrt_conv_f32_panel(p, x, w, columns, bias, zero, y, whole, rest, epilogue, ctx, sums, rows, 1);
}

/** y[oy][ox][c] = epilogue(bias[c] + sum over ky, kx, i of x[iy][ix][i] * w[c][i][ky][kx]);
 *  see struct nnrt_conv for iy, ix, the rows to compute and all strides. x_channel may be other than 1 (planes, as in
 *  a model's own NCHW input).
 *  w: panels of `columns` output channels from pack_f32(), (ky, kx, i) inside, for planes (i, ky, kx). bias: oc
 *  values or NULL. zero: ic zeros (one for planes), read in place of padding. y may overlap x as struct nnrt_conv
 *  says; with one panel (oc <= columns) it is written in the order of pixels, after all that those so far see is read.
 *  rows, columns: constants, the register tile (kernels.def). Sums start at the bias and take terms in the order of
 *  w.   ONNX Conv-11; a group is a call with x, w, bias and y moved to its channels. */
NNRT_INLINE void nnrt_conv_f32(const struct nnrt_conv *p, const float *x, const float *w, const float *bias,
	const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx,
	int rows, int columns)
{
	nnrt_conv_f32_by(p, x, w, bias, zero, y, epilogue, ctx, nnrt_tile_f32, rows, columns);
}

#endif
