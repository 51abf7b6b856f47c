/* Convolution of bytes with a single tap, by the panels of int8_panels.h: no pixel sees a border, and each is gathered
 * in one piece, so that its code is a third of that of any convolution. */
#ifndef NNRT_INT8_POINTS_H
#define NNRT_INT8_POINTS_H

#include "runtime_min/kernels/int8_panels.h"

/** nnrt_panels_conv() of a convolution with a single tap that never lies outside, of int8 in whole words. few, where a
 *  tile has three pixels and six sums: two, which then end a row in tiles of so many; else 0. */
NNRT_INLINE void nnrt_panels_point(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const void *scale, void *y, void *scratch, const struct nnrt_int8 *q, const struct nnrt_panels_kind *kind,
	int tap_bytes, int pixel, nnrt_panels_inside *inside, nnrt_panels_take *take, int few)
{
	const int rows = kind->rows, ic = p->ic;
	const int whole = nnrt_int8_is_whole(q) ? p->oc / kind->columns : 0;
	const int32_t *const line = (const int32_t *)scale;
	const ptrdiff_t step = 4 * tap_bytes * rows, move = p->stride_w * p->x_pixel;
	/* All rows are one where each goes on as if it were in the one before. */
	const int is_flat = p->stride_h == 1 && p->stride_w == 1 && p->x_ring == 0 && p->y_ring == 0 &&
			    p->x_row == p->out_w * p->x_pixel && p->y_row == p->out_w * p->y_pixel;
	const int height = p->row_end - p->row_begin;
	const int out_w = is_flat ? height * p->out_w : p->out_w;
	const int row_end = is_flat && height > 0 ? p->row_begin + 1 : p->row_end;
	unsigned char *const taps = (unsigned char *)scratch;
	struct nnrt_panels tile;

	tile.taps = taps;
	tile.end = taps + ic / 4 * step;
	tile.offset = NNRT_LINE_OFFSET(q->zero);
	for (int oy = p->row_begin; oy < row_end; oy++) {
		const ptrdiff_t iy = nnrt_ring(oy * p->stride_h, p->x_ring);
		const unsigned char *from = (const unsigned char *)x + iy * p->x_row;
		unsigned char *to = (unsigned char *)y + nnrt_ring(oy, p->y_ring) * p->y_row;

		for (int left = out_w, size = rows; left > 0; left -= size, from += size * move) {
			int skip = 0; /* pixels in front, which are gathered for nobody */

			if (few > 0) {
				size = left == few || left == 2 * few ? few : rows;
				skip = left == few && left < out_w ? rows - few : 0;
				tile.sum[7] = size;
				tile.taps = taps + skip * pixel;
				tile.end = taps + skip * pixel + ic / 4 * step;
			}
			if (left + skip >= rows)
				take(from - skip * move, move, 0, 1, ic, taps, 1, NNRT_PANELS_WORDS);
			for (int i = 0; i < rows && left + skip < rows; i++)
				inside(from + nnrt_min(i, left - 1) * move, 0, 1, ic, taps + i * pixel, step, 1,
					NNRT_PANELS_WORDS);
			NNRT_UNROLL(4)
			for (int i = 0; i < size; i++) { /* the last pixel as often as the tile has room */
				tile.y[i] = to;
				to += i + 1 < left ? p->y_pixel : 0;
			}
			nnrt_panels_compute(&tile, w, bias, line, p->oc, whole, q, kind);
		}
	}
}

#endif
