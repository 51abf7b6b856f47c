/* Depthwise convolution of int8 by 3x3 kernels on cores without products of pairs, channel by channel along an output
 * row: an assembly function reads every column of the image once, whose three bytes go to the sums of up to three
 * neighbours. Of what lies outside nothing is read: a row has weights of 0, for its products are in the bias, a column
 * is added as the sum of its weights times the zero point. */
#ifndef NNRT_DEPTHWISE_THUMB_H
#define NNRT_DEPTHWISE_THUMB_H

#include "runtime_min/kernels/int8_panels.h"

/** An output row on its way through channels: the first five move on with each. The assembly knows the order. */
struct nnrt_depth {
	const unsigned char *x; /* first column of the middle row */
	unsigned char *y;
	const int8_t *w;        /* [channel][9] */
	const int32_t *bias;
	const struct nnrt_line *line;
	ptrdiff_t top, bottom;  /* bytes from the middle row to these */
	ptrdiff_t span;         /* bytes from the first column to the last one that gives an output, and one more */
	int channels;           /* still to compute, >= 1 */
	int outside;            /* 1: the top row, 2: the bottom row; then top or bottom is 0 */
	int zero;               /* that padding reads */
	int columns;            /* of the first output pixel inside the image, less one: 1 or 2 */
	int right;              /* 1: the last pixel's last column is outside */
	int is_whole;           /* the bounds are those of int8 */
	nnrt_panels_byte *any;  /* where they are not, or a line is none that the assembly has code for */
	ptrdiff_t x_step, y_step;       /* bytes from column to column and from pixel to pixel */
	struct nnrt_int8 q;
};

/** Computes a row. */
typedef void nnrt_depth_run(struct nnrt_depth *d);

/** nnrt_depthwise_int8() for int8, kernels of 3x3 without dilation, stride_w 1 or 2, at most one row or column outside
 *  on each side; w [channel][9]. run1, run2: by stride, p->stride_w, constants. */
NNRT_INLINE void nnrt_depth_rows(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const void *scale, const void *zero, void *y, const struct nnrt_int8 *q, int stride, nnrt_depth_run *run1,
	nnrt_depth_run *run2)
{
	struct nnrt_depth d;
	int columns;

	d.zero = *(const int8_t *)zero;
	d.columns = 2 - p->pad_left;
	d.right = (p->out_w - 1) * p->stride_w + 3 - p->pad_left > p->in_w;
	d.is_whole = q->low + q->zero == INT8_MIN && q->high + q->zero == INT8_MAX;
	d.any = nnrt_panels_any_byte;
	d.x_step = p->x_pixel;
	d.y_step = p->y_pixel;
	d.q = *q;
	columns = d.columns + (p->out_w - d.right) * p->stride_w - (p->stride_w - 1);
	d.span = columns * p->x_pixel;
	for (int oy = p->row_begin; oy < p->row_end; oy++) {
		const int iy = oy * p->stride_h - p->pad_top;
		const ptrdiff_t middle = nnrt_ring(iy + 1, p->x_ring) * p->x_row;

		d.x = (const unsigned char *)x + middle;
		d.y = (unsigned char *)y + nnrt_ring(oy, p->y_ring) * p->y_row;
		d.w = w;
		d.bias = bias;
		d.line = (const struct nnrt_line *)scale;
		d.channels = p->oc;
		d.outside = (iy < 0) | (iy + 2 >= p->in_h) * 2;
		d.top = d.outside & 1 ? 0 : nnrt_ring(iy, p->x_ring) * p->x_row - middle;
		d.bottom = d.outside & 2 ? 0 : nnrt_ring(iy + 2, p->x_ring) * p->x_row - middle;
		if (stride == 1)
			run1(&d);
		else
			run2(&d);
	}
}

#endif
