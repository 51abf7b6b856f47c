/* Depthwise convolution of bytes, channels last, where a row of an image is one vector: its columns are the channels of
 * its pixels, one after the other, and a tap moves all of them by whole pixels. So tiles of sums are full however few
 * the channels are, and the weights repeat after a few pixels.
 *
 * Image rows are copied once with their padding round them, pixels of a stride apart: all even ones, then all odd ones,
 * so that a tap sees adjacent columns at any stride. `terms` rows below each other become a plane, in which the
 * elements of one column are adjacent, as the instruction adds them up. A plane of four rows serves two rows of a 3x3
 * convolution, with weights (w0 w1 w2 0) and (0 w0 w1 w2). The inner loop knows no borders.
 *
 * An instruction's own header makes planes and tiles, and gives these functions to the one below by name. */
#ifndef NNRT_DEPTHWISE_ROWS_H
#define NNRT_DEPTHWISE_ROWS_H

#include "runtime_min/kernels/shape.h"

/** Planes that a sum may see: kernel_h of the narrowest kernel at most. */
enum { NNRT_COLUMNS_PLANES = 8 };

/** What tiles of sums need to know, columns being counted by the byte of the image. */
struct nnrt_columns {
	int planes, kernel_w;
	int dilation_w, stride_w, channels;
	ptrdiff_t phase;                /* columns from pixels of a stride to the next ones */
	ptrdiff_t n, period;            /* columns of an output row; after so many the weights repeat */
	ptrdiff_t y_pixel;
	int is_signed;                  /* elements of y are int8 */
	int low, high, zero;            /* of the result */
};

/** Makes a plane of `columns` columns of the rows at x, `pitch` bytes apart; both may be read and written on to whole
 * tiles. is_signed: elements are int8, else uint8. */
typedef void (*nnrt_columns_plane)(unsigned char *plane, const unsigned char *x, ptrdiff_t pitch, ptrdiff_t columns,
	int is_signed);

/** Columns first, first + period ... of one output row, a tile of them each: y[i] = bounded(round_half_even(
 * float(bias[i] + sum of products) * scale[i]) + zero, low, high). w: all taps of a tile; planes: those that it
 * sees. */
typedef void (*nnrt_columns_tiles)(const struct nnrt_columns *d, unsigned char *const *planes, const int8_t *w,
	const int32_t *bias, const float *scale, unsigned char *y, ptrdiff_t first);

/** Columns to the right of a sum that tap kx of a row lies at. */
NNRT_INLINE ptrdiff_t nnrt_columns_tap(const struct nnrt_columns *d, int kx)
{
	const int pixel = kx * d->dilation_w;

	return pixel % d->stride_w * d->phase + (ptrdiff_t)(pixel / d->stride_w) * d->channels;
}

/** Stores n bytes of columns from i on, where pixels of y have gaps. */
NNRT_INLINE void nnrt_columns_scatter(
	const struct nnrt_columns *d, unsigned char *y, const unsigned char *bytes, ptrdiff_t i, ptrdiff_t n)
{
	const ptrdiff_t part = d->channels % 16 ? 1 : 16;
	ptrdiff_t c = i % d->channels;

	y += i / d->channels * d->y_pixel;
	for (ptrdiff_t k = 0; k < n; k += part) {
		if (part == 16)
			(void)memcpy(y + c, bytes + k, 16);
		else
			y[c] = bytes[k];
		c += part;
		if (c == d->channels) {
			c = 0;
			y += d->y_pixel;
		}
	}
}

/** Pixels of a line that begin left of column `end` of the image, where pixel 0 lies at column `at`, and the others
 * `step` further each; n at most. */
NNRT_INLINE ptrdiff_t nnrt_columns_before(int end, int at, int step, ptrdiff_t n)
{
	return nnrt_min(nnrt_max(end - at + step - 1, 0) / step, n);
}

/** Copies some channels of an image row with its padding to `to`, pixels of a stride apart, n of each; padding alone
 * when it is outside the image or behind row `last`, the last that a call may read. */
NNRT_INLINE void nnrt_columns_line(const struct nnrt_conv *p, const unsigned char *x, unsigned char *to, int zero,
	int iy, int last, int channels, ptrdiff_t n)
{
	const size_t bytes = (size_t)channels;
	const int step = p->stride_w;

	if (iy < 0 || iy >= p->in_h || iy > last) {
		(void)memset(to, zero, (size_t)(n * step) * bytes);
		return;
	}
	x += nnrt_ring(iy, p->x_ring) * p->x_row;
	for (int phase = 0; phase < step; phase++) {
		const int ix = phase - p->pad_left;
		const ptrdiff_t begin = nnrt_columns_before(0, ix, step, n);
		const ptrdiff_t end = nnrt_columns_before(p->in_w, ix, step, n);
		const unsigned char *from = x + (ix + begin * step) * p->x_pixel;

		(void)memset(to, zero, (size_t)begin * bytes);
		to += begin * channels;
		if (step == 1 && p->x_pixel == channels) {
			(void)memcpy(to, from, (size_t)(end - begin) * bytes);
			to += (end - begin) * channels;
		} else {
			for (ptrdiff_t i = begin; i < end; i++, to += channels, from += step * p->x_pixel)
				(void)memcpy(to, from, bytes);
		}
		(void)memset(to, zero, (size_t)(n - end) * bytes);
		to += (n - end) * channels;
	}
}

/** Channels of one slice for all output rows: nnrt_depthwise_rows() with everything at its first channel. */
NNRT_INLINE void nnrt_columns_slice(const struct nnrt_conv *p, const struct nnrt_columns *d, const unsigned char *x,
	const int8_t *w, const int32_t *bias, const float *scale, unsigned char *y, unsigned char *scratch, int zero,
	int is_signed, nnrt_columns_plane make_plane, nnrt_columns_tiles tiles, int terms, int bytes, int columns)
{
	const int planes = d->planes, below = terms * p->dilation_h;
	const int outputs = p->dilation_h == 1 ? (planes * terms - p->kernel_h) / p->stride_h + 1 : 1;
	const int step = outputs * p->stride_h, turns = step % below ? planes : (int)nnrt_min(step / below, planes);
	const int last = (p->row_end - 1) * p->stride_h - p->pad_top + (p->kernel_h - 1) * p->dilation_h;
	const ptrdiff_t line = d->phase * p->stride_w, pitch = (line + columns - 1) / columns * columns;
	const ptrdiff_t taps = (ptrdiff_t)planes * p->kernel_w * terms * columns;
	/* Rows that planes are made of; those that no weight meets, in planes that are not kept, may hold anything. */
	const int rows = turns < planes ? planes * terms : step - p->stride_h + p->kernel_h;
	unsigned char *plane[NNRT_COLUMNS_PLANES];
	int kept = 0;

	for (int i = 0; i < planes; i++)
		plane[i] = scratch + (terms + (ptrdiff_t)i * terms * bytes) * pitch;
	for (int oy = p->row_begin; oy < p->row_end; oy += outputs) {
		const int iy = oy * p->stride_h - p->pad_top;

		for (int i = kept; i < planes; i++) {
			for (int t = 0; t < terms && i * terms + t < rows; t++)
				nnrt_columns_line(p, x, scratch + t * pitch, zero,
					iy + (i * terms + t) * p->dilation_h, last, d->channels,
					d->phase / d->channels);
			make_plane(plane[i], scratch, pitch, line, is_signed);
		}
		for (ptrdiff_t c = 0; c < nnrt_min(d->period, d->n); c += columns) {
			for (int r = 0; r < outputs && oy + r < p->row_end; r++)
				tiles(d, plane, w + (c / columns * outputs + r) * taps, bias + c, scale + c,
					y + nnrt_ring(oy + r, p->y_ring) * p->y_row, c);
		}
		/* Planes that the next rows see too come first. */
		kept = planes - turns;
		for (int turn = 0; turn < turns && kept; turn++) {
			unsigned char *const first = plane[0];

			for (int i = 1; i < planes; i++)
				plane[i - 1] = plane[i];
			plane[planes - 1] = first;
		}
	}
}

/** y[oy][ox][c] = bounded(round_half_even(float(bias[c] + sum over ky, kx of x[iy][ix][c] * w[ky][kx][c]) * scale[c]) +
 * y_zero, low, high), for the output rows that p says; see struct nnrt_conv, oc channels, all strides in bytes. x: int8
 * or uint8 (is_signed), and y likewise. zero: what padding reads. slice: channels that are computed for all rows before
 * the next ones; oc is a multiple. w, bias (with x's zero point times the sum of w taken off), scale, scratch:
 * compiler/kernels/pack_rows.h; bias and scale repeat after so many pixels, as w does. |sum * scale| < 2^31, no more
 * than NNRT_COLUMNS_PLANES planes. y may overlap x as struct nnrt_conv says; with one slice, the rows that an output
 * row sees are copied before any of it is written. terms, bytes: rows of a plane and bytes of an element in it.
 * columns: of a tile. ONNX QLinearConv-10. */
NNRT_INLINE void nnrt_depthwise_rows(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, void *y, void *scratch, int zero, int is_signed, int low, int high, int y_zero, int slice,
	int pixels, nnrt_columns_plane make_plane, nnrt_columns_tiles tiles, int terms, int bytes, int columns)
{
	const int planes = (p->kernel_h + terms - 1) / terms;
	const int outputs = p->dilation_h == 1 ? (planes * terms - p->kernel_h) / p->stride_h + 1 : 1;
	const ptrdiff_t phase = (p->out_w + (p->kernel_w - 1) * p->dilation_w / p->stride_w) * (ptrdiff_t)slice;
	const ptrdiff_t period = (ptrdiff_t)pixels * slice, width = (period + columns - 1) / columns * columns;
	const ptrdiff_t weights = width * outputs * planes * p->kernel_w * terms;
	const struct nnrt_columns d = {planes, p->kernel_w, p->dilation_w, p->stride_w, slice, phase,
		(ptrdiff_t)p->out_w * slice, period, p->y_pixel, low < 0, low, high, y_zero};

	for (int c = 0, k = 0; c < p->oc; c += slice, k++)
		nnrt_columns_slice(p, &d, (const unsigned char *)x + c, w + k * weights, bias + k * width,
			scale + k * width, (unsigned char *)y + c, (unsigned char *)scratch, zero, is_signed,
			make_plane, tiles, terms, bytes, columns);
}

#endif
