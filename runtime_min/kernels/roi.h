/* Pooling of regions whose corners the data says: RoiAlign and MaxRoiPool. Coordinates are computed as a program in the
 * arrays' own type would compute them, for their rounding decides which elements a region has. */
#ifndef NNRT_ROI_H
#define NNRT_ROI_H

#include "runtime_min/maths/round.h"
#include "runtime_min/nnrt.h"

/** Regions of images; strides in elements. Arrays are of float, or of double where wide is 1. */
struct nnrt_roi {
	int images, channels, in_h, in_w;
	int regions, out_h, out_w;      /* bins of each region */
	ptrdiff_t x_image, x_channel, x_row, x_pixel;
	ptrdiff_t y_region, y_channel, y_row, y_pixel;
	float scale;                    /* from coordinates to elements */
	int half_pixel;                 /* 1: coordinates are of elements' edges, else of their centres, and regions are
					 * at least one element wide */
	int samples;                    /* in each direction of a bin; 0: as many as it has elements, rounded up */
	int greatest;                   /* 1: the greatest sample, else their mean */
	int wide;
};

/** Element i of array x. */
NNRT_INLINE double nnrt_roi_load(const struct nnrt_roi *p, const void *x, ptrdiff_t i)
{
	return p->wide ? ((const double *)x)[i] : (double)((const float *)x)[i];
}

/** Element i of array y becomes v. */
NNRT_INLINE void nnrt_roi_store(const struct nnrt_roi *p, void *y, ptrdiff_t i, double v)
{
	if (p->wide)
		((double *)y)[i] = v;
	else
		((float *)y)[i] = (float)v;
}

/** A result in double, rounded as the arrays' type would have it. */
NNRT_INLINE double nnrt_roi_round(const struct nnrt_roi *p, double v)
{
	return p->wide ? v : (double)(float)v;
}

/** One axis of a region that is divided in bins. */
struct nnrt_roi_axis {
	double start, bin;      /* first coordinate, length of a bin */
	int samples;            /* of a bin */
};

/** The axis from coordinate `from` to `to` with `bins` bins. */
NNRT_INLINE struct nnrt_roi_axis nnrt_roi_divide(const struct nnrt_roi *p, double from, double to, int bins)
{
	const double scale = (double)p->scale, offset = p->half_pixel ? 0.5 : 0.0;
	const double end = nnrt_roi_round(p, nnrt_roi_round(p, to * scale) - offset);
	struct nnrt_roi_axis a;
	double length;

	a.start = nnrt_roi_round(p, nnrt_roi_round(p, from * scale) - offset);
	length = nnrt_roi_round(p, end - a.start);
	if (!p->half_pixel && length < 1.0)
		length = 1.0;
	a.bin = nnrt_roi_round(p, length / bins);
	a.samples = p->samples > 0 ? p->samples : nnrt_trunc_i32_f64(ceil(a.bin));
	return a;
}

/** Samples *first..*last-1 of bin b that may lie within an element of 0..size-1, a few more than do: all of them when
 *  they are few, for a region that the data says may be of any size. Positions are rounded by less than 16 samples up
 *  to 2^24 elements; one that is no number lies nowhere. */
NNRT_INLINE void nnrt_roi_inside(const struct nnrt_roi *p, const struct nnrt_roi_axis *a, int b, int size, int *first,
	int *last)
{
	const double step = a->bin / a->samples, start = a->start + b * a->bin;
	const double low = (-1.0 - start) / step - 16.0, high = (size - start) / step + 16.0;

	*first = 0;
	*last = a->samples;
	if (p->samples > 0 || a->samples <= 4096)
		return;
	if (low > 0.0)
		*first = low < a->samples ? (int)low : a->samples;
	if (!(high >= a->samples))
		*last = high > *first ? (int)high : *first;
}

/** Where sample i of bin b lies: 0 when it is more than an element outside of 0..size-1. *low and *high: the elements
 *  round it, *part: how far it is from low to high. */
NNRT_INLINE int nnrt_roi_sample(const struct nnrt_roi *p, const struct nnrt_roi_axis *a, int b, int i, int size,
	int *low, int *high, double *part)
{
	const double first = nnrt_roi_round(p, a->start + nnrt_roi_round(p, b * a->bin));
	const double in = nnrt_roi_round(p, nnrt_roi_round(p, (i + 0.5) * a->bin) / a->samples);
	const double v = nnrt_roi_round(p, first + in);

	if (!(v >= -1.0 && v <= size))
		return 0;
	*low = v > 0.0 ? (int)v : 0;
	*part = v > 0.0 ? v - *low : 0.0;
	if (*low >= size - 1) {
		*low = size - 1;
		*part = 0.0;
	}
	*high = *low + (*low < size - 1);
	return 1;
}

/** One bin of a channel that begins at x[at]: the mean of interpolated samples, or the greatest of their weighted
 *  elements. */
NNRT_INLINE double nnrt_roi_bin(const struct nnrt_roi *p, const void *x, ptrdiff_t at, const struct nnrt_roi_axis *v,
	const struct nnrt_roi_axis *h, int by, int bx)
{
	double result = 0.0;
	int top, bottom, left, right, any;

	nnrt_roi_inside(p, v, by, p->in_h, &top, &bottom);
	nnrt_roi_inside(p, h, bx, p->in_w, &left, &right);
	/* A sample outside counts as 0. */
	any = bottom - top < v->samples || right - left < h->samples;
	for (int i = top; i < bottom; i++) {
		int y0 = 0, y1 = 0;
		double fy = 0.0;
		const int inside = nnrt_roi_sample(p, v, by, i, p->in_h, &y0, &y1, &fy);

		for (int j = left; j < right; j++) {
			int x0 = 0, x1 = 0;
			double fx = 0.0, a = 0.0, b = 0.0, c = 0.0, d = 0.0;

			if (nnrt_roi_sample(p, h, bx, j, p->in_w, &x0, &x1, &fx) && inside) {
				a = (1.0 - fy) * (1.0 - fx) * nnrt_roi_load(p, x, at + y0 * p->x_row + x0 * p->x_pixel);
				b = (1.0 - fy) * fx * nnrt_roi_load(p, x, at + y0 * p->x_row + x1 * p->x_pixel);
				c = fy * (1.0 - fx) * nnrt_roi_load(p, x, at + y1 * p->x_row + x0 * p->x_pixel);
				d = fy * fx * nnrt_roi_load(p, x, at + y1 * p->x_row + x1 * p->x_pixel);
			}
			if (p->greatest) {
				a = a > b ? a : b;
				c = c > d ? c : d;
				a = a > c ? a : c;
				result = any && result > a ? result : a;
				any = 1;
			} else {
				result += a + b + c + d;
			}
		}
	}
	if (p->greatest || v->samples <= 0 || h->samples <= 0)
		return result;
	return result / ((double)v->samples * h->samples);
}

/** y[r][c][by][bx]: bin (by, bx) of region r in channel c of image batch[r]; see nnrt_roi_bin(). rois: regions x 4, x1,
 *  y1, x2, y2. An image that there is not counts as the nearest.   ONNX RoiAlign-16. */
NNRT_INLINE void nnrt_roi_align(const struct nnrt_roi *p, const void *x, const void *rois, const int64_t *batch,
	void *y)
{
	for (int r = 0; r < p->regions; r++) {
		const struct nnrt_roi_axis v = nnrt_roi_divide(p, nnrt_roi_load(p, rois, 4 * (ptrdiff_t)r + 1),
			nnrt_roi_load(p, rois, 4 * (ptrdiff_t)r + 3), p->out_h);
		const struct nnrt_roi_axis h = nnrt_roi_divide(p, nnrt_roi_load(p, rois, 4 * (ptrdiff_t)r),
			nnrt_roi_load(p, rois, 4 * (ptrdiff_t)r + 2), p->out_w);
		const int64_t image = batch[r] < 0 ? 0 : batch[r] < p->images ? batch[r] : p->images - 1;

		for (int c = 0; c < p->channels; c++)
			for (int by = 0; by < p->out_h; by++)
				for (int bx = 0; bx < p->out_w; bx++)
					nnrt_roi_store(p, y, r * p->y_region + c * p->y_channel + by * p->y_row +
						bx * p->y_pixel, nnrt_roi_bin(p, x, (ptrdiff_t)image * p->x_image +
						c * p->x_channel, &v, &h, by, bx));
	}
}

/** Elements *first..*last-1 of an axis of `size` in bin b of `bins` between elements `from` and `to`, inclusive. */
NNRT_INLINE void nnrt_roi_range(const struct nnrt_roi *p, double from, double to, int b, int bins, int size, int *first,
	int *last)
{
	const double start = round(nnrt_roi_round(p, from * (double)p->scale));
	const double end = round(nnrt_roi_round(p, to * (double)p->scale));
	const double length = end - start + 1.0 > 1.0 ? end - start + 1.0 : 1.0;
	const double bin = nnrt_roi_round(p, length / bins);
	const double low = floor(nnrt_roi_round(p, b * bin)) + start;
	const double high = ceil(nnrt_roi_round(p, (b + 1) * bin)) + start;

	*first = !(low > 0.0) ? 0 : low < size ? (int)low : size;
	*last = !(high > 0.0) ? 0 : high < size ? (int)high : size;
}

/** The greatest of rows y0..y1-1, columns x0..x1-1 of a channel that begins at x[at]; 0 when there are none. */
NNRT_INLINE double nnrt_roi_greatest(const struct nnrt_roi *p, const void *x, ptrdiff_t at, int y0, int y1, int x0,
	int x1)
{
	double best = y0 < y1 && x0 < x1 ? -(double)INFINITY : 0.0;

	for (int i = y0; i < y1; i++)
		for (int j = x0; j < x1; j++) {
			const double v = nnrt_roi_load(p, x, at + i * p->x_row + j * p->x_pixel);

			best = v > best ? v : best;
		}
	return best;
}

/** y[r][c][by][bx]: the greatest element of bin (by, bx) of region r in channel c, 0 when it has none. rois: regions x
 *  5, image, x1, y1, x2, y2; these scaled and rounded to elements.   ONNX MaxRoiPool-1. */
NNRT_INLINE void nnrt_roi_max(const struct nnrt_roi *p, const void *x, const void *rois, void *y)
{
	for (int r = 0; r < p->regions; r++) {
		const ptrdiff_t roi = 5 * (ptrdiff_t)r;
		const int named = nnrt_trunc_i32_f64(nnrt_roi_load(p, rois, roi));
		const int image = named < 0 ? 0 : named < p->images ? named : p->images - 1;

		for (int by = 0; by < p->out_h; by++)
			for (int bx = 0; bx < p->out_w; bx++) {
				int y0, y1, x0, x1;

				nnrt_roi_range(p, nnrt_roi_load(p, rois, roi + 2), nnrt_roi_load(p, rois, roi + 4), by,
					p->out_h, p->in_h, &y0, &y1);
				nnrt_roi_range(p, nnrt_roi_load(p, rois, roi + 1), nnrt_roi_load(p, rois, roi + 3), bx,
					p->out_w, p->in_w, &x0, &x1);
				for (int c = 0; c < p->channels; c++)
					nnrt_roi_store(p, y, r * p->y_region + c * p->y_channel + by * p->y_row +
						bx * p->y_pixel, nnrt_roi_greatest(p, x, image * p->x_image +
						c * p->x_channel, y0, y1, x0, x1));
			}
	}
}

#endif
