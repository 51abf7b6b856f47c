/* First convolution of a network: few input channels (1 to 4), interleaved or in planes. Sums are too short for the
 * pixel pointers of conv.h to pay, so pixels of a tile share one row and one pointer wherever no border is near. */
#ifndef NNRT_CONV_FIRST_H
#define NNRT_CONV_FIRST_H

#include "runtime_min/kernels/conv.h"

/** Floats that a line of a tile at the border may have. */
enum { NNRT_CONV_FIRST_LINE = 32 + 16 * NNRT_LANES };

/** Input pixels that a tile of `rows` pixels sees in each line. */
NNRT_INLINE int nnrt_conv_first_reach(const struct nnrt_conv *p, int rows)
{
	return (rows - 1) * p->stride_w + (p->kernel_w - 1) * p->dilation_w + 1;
}

/** copy[j][channel] = pixel ix + j of a line, 0 outside the image, j < reach. Opaque, or compilers call memset and
 *  memcpy for a few numbers, which small C libraries set and copy byte by byte. */
NNRT_INLINE void nnrt_conv_first_copy(const struct nnrt_conv *p, const float *line, int ix, int reach, int channels,
	float *copy)
{
	const int begin = (int)nnrt_min(reach, nnrt_max(0, -ix));
	const int end = (int)nnrt_max(begin, nnrt_min(reach, (ptrdiff_t)p->in_w - ix));

	for (float *to = copy; to < copy + begin * channels; to++) {
		*to = 0.0f;
		NNRT_OPAQUE(to);
	}
	for (int j = begin; j < end; j++) {
		float *to = copy + j * channels;

		NNRT_OPAQUE(to);
		NNRT_UNROLL(4)
		for (int c = 0; c < channels; c++)
			to[c] = line[(ix + j) * p->x_pixel + c];
	}
	for (float *to = copy + end * channels; to < copy + reach * channels; to++) {
		*to = 0.0f;
		NNRT_OPAQUE(to);
	}
}

/** One tile: pixels ox to ox + valid - 1 of output row oy, n channels from c on. inside: it sees no border and is full;
 *  otherwise its lines are copied, with zeros around, and fit NNRT_CONV_FIRST_LINE. */
NNRT_INLINE void nnrt_conv_first_f32_tile(const struct nnrt_conv *p, const float *x, const float *w, ptrdiff_t w_row,
	const float *bias, float *y, int oy, int ox, int valid, int c, int n, nnrt_epilogue epilogue,
	const void *const *ctx, nnrt_tile_sums *sums, int inside, int rows, int vectors)
{
	const int planes = p->x_channel == 1 ? 1 : p->ic, channels = p->x_channel == 1 ? p->ic : 1;
	const ptrdiff_t pixel = inside ? p->x_pixel : channels;
	const int runs = p->dilation_w == 1 && pixel == channels;
	const int step = runs ? p->kernel_w : 1;
	const int ix = ox * p->stride_w - p->pad_left;
	const ptrdiff_t y_row = nnrt_ring(oy, p->y_ring) * p->y_row;
	nnrt_vf acc[NNRT_TILE_ROWS][NNRT_TILE_VECTORS];

	nnrt_tile_start(acc, bias ? bias + c : NULL, n, rows, vectors);
	for (int plane = 0; plane < planes; plane++) {
		for (int ky = 0; ky < p->kernel_h; ky++) {
			const int iy = oy * p->stride_h - p->pad_top + ky * p->dilation_h;
			const int is_row = iy >= 0 && iy < p->in_h;
			const float *line =
				x + plane * p->x_channel + (is_row ? nnrt_ring(iy, p->x_ring) * p->x_row : 0);
			float copy[NNRT_CONV_FIRST_LINE];

			if (is_row && !inside)
				nnrt_conv_first_copy(p, line, ix, nnrt_conv_first_reach(p, rows), channels, copy);
			line = inside ? line + ix * p->x_pixel : copy;
			for (int kx = 0; kx < p->kernel_w && is_row; kx += step) {
				const float *a[NNRT_TILE_ROWS];

				NNRT_UNROLL(16)
				for (int i = 0; i < rows; i++)
					a[i] = line + (kx * p->dilation_w + i * p->stride_w) * pixel;
				sums(acc, a, (ptrdiff_t)step * channels, w + (ptrdiff_t)kx * channels * w_row, w_row,
					NNRT_LANES, rows, vectors);
			}
			w += (ptrdiff_t)p->kernel_w * channels * w_row;
		}
	}
	if (p->tail) {
		const struct nnrt_at at = {y_row + ox * p->y_pixel + c, oy, ox, c, 0};
		float kept[NNRT_TILE_FLOATS];

		nnrt_tile_spill(acc, kept, rows, vectors);
		nnrt_tile_finish_long(p->tail, kept, y, at, p->y_pixel, inside ? rows : valid, n, vectors, ctx);
		return;
	}
	NNRT_UNROLL(16)
	for (int i = 0; i < rows; i++) {
		const struct nnrt_at at = {y_row + (ox + i) * p->y_pixel + c, oy, ox + i, c, 0};

		if (inside || i < valid)
			nnrt_tile_finish(acc[i], y, at, n, vectors, epilogue, ctx);
	}
}

/** All tiles of nnrt_conv_first_f32 over n output channels from c on. */
NNRT_INLINE void nnrt_conv_first_f32_panel(const struct nnrt_conv *p, const float *x, const float *w, ptrdiff_t w_row,
	const float *bias, const float *zero, float *y, int c, int n, nnrt_epilogue epilogue, const void *const *ctx,
	nnrt_tile_sums *sums, int rows, int vectors)
{
	const int reach = nnrt_conv_first_reach(p, rows), channels = p->x_channel == 1 ? p->ic : 1;

	for (int oy = p->row_begin; oy < p->row_end; oy++) {
		for (int ox = 0; ox < p->out_w; ox += rows) {
			const int ix = ox * p->stride_w - p->pad_left;
			const int valid = p->out_w - ox < rows ? p->out_w - ox : rows;

			if (ix >= 0 && ix + reach <= p->in_w && valid == rows)
				nnrt_conv_first_f32_tile(p, x, w, w_row, bias, y, oy, ox, rows, c, n, epilogue, ctx,
					sums, 1, rows, vectors);
			else if (reach * channels <= NNRT_CONV_FIRST_LINE)
				nnrt_conv_first_f32_tile(p, x, w, w_row, bias, y, oy, ox, valid, c, n, epilogue, ctx,
					sums, 0, rows, vectors);
			else
				nnrt_conv_f32_tile(p, x, w, w_row, bias, zero, y, oy, ox, valid, c, n, epilogue, ctx,
					sums, rows, vectors);
		}
	}
}

/** nnrt_conv_first_f32() by an inner loop. */
NNRT_INLINE void nnrt_conv_first_f32_by(const struct nnrt_conv *p, const float *x, const float *w, const float *bias,
	const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx, nnrt_tile_sums *sums, int rows,
	int columns)
{
	const ptrdiff_t depth = (ptrdiff_t)p->kernel_h * p->kernel_w * p->ic;
	const int whole = p->oc / columns * columns;
	const int rest = p->oc - whole;

	for (int c = 0; c < whole; c += columns)
		nnrt_conv_first_f32_panel(p, x, w + c * depth, columns, bias, zero, y, c, columns, epilogue, ctx, sums,
			rows, columns / NNRT_LANES);
	w += whole * depth;
	if (rest > 3 * NNRT_LANES)
		nnrt_conv_first_f32_panel(p, x, w, columns, bias, zero, y, whole, rest, epilogue, ctx, sums, rows, 4);
	else if (rest > 2 * NNRT_LANES)
		nnrt_conv_first_f32_panel(p, x, w, columns, bias, zero, y, whole, rest, epilogue, ctx, sums, rows, 3);
	else if (rest > NNRT_LANES)
		nnrt_conv_first_f32_panel(p, x, w, columns, bias, zero, y, whole, rest, epilogue, ctx, sums, rows, 2);
	else if (rest > 0)
		nnrt_conv_first_f32_panel(p, x, w, columns, bias, zero, y, whole, rest, epilogue, ctx, sums, rows, 1);
}

/** As nnrt_conv_f32, faster for few input channels: same arguments, same weights, same sums. */
NNRT_INLINE void nnrt_conv_first_f32(const struct nnrt_conv *p, const float *x, const float *w, const float *bias,
	const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx, int rows, int columns)
{
	nnrt_conv_first_f32_by(p, x, w, bias, zero, y, epilogue, ctx, nnrt_tile_f32, rows, columns);
}

#endif
