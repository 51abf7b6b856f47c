/* Shapes that some kinds of kernels are for. */
#ifndef KERNELS_SHAPES_H
#define KERNELS_SHAPES_H

#include "check.h"
#include "runtime_min/kernels/shape.h"

/* Of a side: at most one outside the image in front and behind, and perhaps some that nobody sees. */
static inline int size_3x3(int out, int stride, int pad)
{
	return (out - 1) * stride + 3 - pad - pick(2) + (pick(4) ? 0 : pick(3));
}

/* Makes a shape with an output one that DEPTHWISE_3X3 takes. */
static inline void shape_3x3(struct nnrt_conv *p)
{
	p->kernel_h = p->kernel_w = 3;
	p->dilation_h = p->dilation_w = 1;
	p->stride_w = 1 + pick(2);
	p->pad_top = pick(2);
	p->pad_left = pick(2);
	p->in_h = size_3x3(p->out_h, p->stride_h, p->pad_top);
	p->in_w = size_3x3(p->out_w, p->stride_w, p->pad_left);
}

/* The same for POINT_INT8; strides of the image follow. */
static inline void shape_points(struct nnrt_conv *p)
{
	p->kernel_h = p->kernel_w = p->dilation_h = p->dilation_w = 1;
	p->pad_top = p->pad_left = 0;
	p->in_h = (p->out_h - 1) * p->stride_h + 1 + pick(2);
	p->in_w = (p->out_w - 1) * p->stride_w + 1 + pick(2);
	p->ic = 4 * (1 + pick(9));
	p->x_pixel = p->ic + (pick(2) ? 0 : pick(5));
	p->x_row = p->in_w * p->x_pixel + (pick(2) ? 0 : pick(4));
}

/* The same for DEPTHWISE_DIRECT, and channels that fill its panels. */
static inline void shape_direct(struct nnrt_conv *p, int columns)
{
	p->kernel_h = p->kernel_w = 3;
	p->dilation_h = p->dilation_w = p->stride_h = p->stride_w = 1;
	p->pad_top = p->pad_left = 1;
	p->in_h = p->out_h;
	p->in_w = p->out_w;
	p->ic = p->oc = (p->oc + columns - 1) / columns * columns;
}

/* Rows of several tiles, whose windows stay inside and have no gaps. */
static inline void shape_inside(struct nnrt_conv *p)
{
	p->kernel_h = 1 + pick(2);
	p->kernel_w = 1 + pick(2);
	p->dilation_h = p->dilation_w = 1;
	p->pad_top = p->pad_left = 0;
	p->out_w = 4 + pick(5);
	p->in_h = (p->out_h - 1) * p->stride_h + p->kernel_h;
	p->in_w = (p->out_w - 1) * p->stride_w + p->kernel_w;
}

#endif
