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
	ptrdiff_t pixel = i / d->channels, c = i % d->channels;

	for (ptrdiff_t k = 0; k < n; k++) {
		y[pixel * d->y_pixel + c] = bytes[k];
		if (++c == d->channels) {
			c = 0;
			pixel++;
		}
	}
}

/** Pixels of a line that begin left of column `end` of the image, where pixel 0 lies at column `at`, and the others
 * `step` further each; n at most. */
NNRT_INLINE ptrdiff_t nnrt_columns_before(int end, int at, int step, ptrdiff_t n)
{
	return nnrt_min(nnrt_max(end - at + step - 1, 0) / step, n);
}

/** Copies an image row with its padding to `to`, pixels of a stride apart, n of each; padding alone when it is outside
 * the image or behind row `last`, the last that a call may read. */
NNRT_INLINE void nnrt_columns_line(const struct nnrt_conv *p, const unsigned char *x, unsigned char *to, int zero,
	int iy, int last, ptrdiff_t n)
{
	const size_t bytes = (size_t)p->oc;
	const int step = p->stride_w;

	if (iy < 0 || iy >= p->in_h || iy > last) {
		memset(to, zero, (size_t)(n * step) * bytes);
		return;
	}
	x += nnrt_ring(iy, p->x_ring) * p->x_row;
	for (int phase = 0; phase < step; phase++) {
		const int ix = phase - p->pad_left;
		const ptrdiff_t begin = nnrt_columns_before(0, ix, step, n);
		const ptrdiff_t end = nnrt_columns_before(p->in_w, ix, step, n);
		const unsigned char *from = x + (ix + begin * step) * p->x_pixel;

		memset(to, zero, (size_t)begin * bytes);
		to += begin * p->oc;
		if (step == 1 && p->x_pixel == p->oc) {
			memcpy(to, from, (size_t)(end - begin) * bytes);
			to += (end - begin) * p->oc;
		} else {
			for (ptrdiff_t i = begin; i < end; i++, to += p->oc, from += step * p->x_pixel)
				memcpy(to, from, bytes);
		}
		memset(to, zero, (size_t)(n - end) * bytes);
		to += (n - end) * p->oc;
	}
}

/** y[oy][ox][c] = bounded(round_half_even(float(bias[c] + sum over ky, kx of x[iy][ix][c] * w[ky][kx][c]) * scale[c]) +
 * y_zero, low, high), for the output rows that p says; see struct nnrt_conv, oc channels, all strides in bytes. x: int8
 * or uint8 (is_signed), and y likewise. zero: what padding reads. w, bias (with x's zero point times the sum of w taken
 * off), scale, scratch: compiler/kernels/pack_rows.h; bias and scale repeat after so many pixels, as w does. |sum *
 * scale| < 2^31, no more than NNRT_COLUMNS_PLANES planes. y may overlap x as struct nnrt_conv says: the rows that an
 * output row sees are copied before any of it is written. terms, bytes: rows of a plane and bytes of an element in it.
 * columns: of a tile. ONNX QLinearConv-10. */
NNRT_INLINE void nnrt_depthwise_rows(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, void *y, void *scratch, int zero, int is_signed, int low, int high, int y_zero, int pixels,
	nnrt_columns_plane make_plane, nnrt_columns_tiles tiles, int terms, int bytes, int columns)
{
	const int planes = (p->kernel_h + terms - 1) / terms, below = terms * p->dilation_h;
	const int outputs = p->dilation_h == 1 ? (planes * terms - p->kernel_h) / p->stride_h + 1 : 1;
	const int step = outputs * p->stride_h, turns = step % below ? planes : (int)nnrt_min(step / below, planes);
	const int last = (p->row_end - 1) * p->stride_h - p->pad_top + (p->kernel_h - 1) * p->dilation_h;
	const ptrdiff_t n = p->out_w + (p->kernel_w - 1) * p->dilation_w / p->stride_w;
	const ptrdiff_t line = n * p->stride_w * p->oc, pitch = (line + columns - 1) / columns * columns;
	const ptrdiff_t period = (ptrdiff_t)pixels * p->oc, taps = (ptrdiff_t)planes * p->kernel_w * terms * columns;
	const struct nnrt_columns d = {planes, p->kernel_w, p->dilation_w, p->stride_w, p->oc, n * p->oc,
		(ptrdiff_t)p->out_w * p->oc, period, p->y_pixel, low < 0, low, high, y_zero};
	unsigned char *const lines = (unsigned char *)scratch;
	unsigned char *plane[NNRT_COLUMNS_PLANES];
	int kept = 0;

	for (int i = 0; i < planes; i++)
		plane[i] = lines + (terms + (ptrdiff_t)i * terms * bytes) * pitch;
	for (int oy = p->row_begin; oy < p->row_end; oy += outputs) {
		const int iy = oy * p->stride_h - p->pad_top;

		for (int i = kept; i < planes; i++) {
			for (int t = 0; t < terms; t++)
				nnrt_columns_line(p, (const unsigned char *)x, lines + t * pitch, zero,
					iy + (i * terms + t) * p->dilation_h, last, n);
			make_plane(plane[i], lines, pitch, line, is_signed);
		}
		for (ptrdiff_t c = 0; c < nnrt_min(period, d.n); c += columns) {
			for (int r = 0; r < outputs && oy + r < p->row_end; r++)
				tiles(&d, plane, w + (c / columns * outputs + r) * taps, bias + c, scale + c,
					(unsigned char *)y + nnrt_ring(oy + r, p->y_ring) * p->y_row, c);
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

#endif
