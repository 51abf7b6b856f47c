/* How Resize samples one axis, as tables that are known at compile time, or made of what arrives as data. */
#ifndef NNC_RESIZE_H
#define NNC_RESIZE_H

#include "ops/arguments.h"

enum resize_mode { RESIZE_NEAREST, RESIZE_LINEAR, RESIZE_CUBIC };

struct resize_axis {
	bool resized;           /* else element o is taken from element o */
	int64_t in, out;
	int element;            /* of scales, sizes, roi */
	double scale, start, end;       /* start, end: region of interest, in units of the axis */
};

struct resize {
	enum resize_mode mode;
	const char *coordinates, *nearest;      /* coordinate_transformation_mode, nearest_mode */
	bool antialias, exclude_outside;
	double a, extrapolation;                /* cubic_coeff_a, extrapolation_value */
	int rank;
	int scales, roi;        /* tensors when they are data: those of the axes are unknown; else -1 */
	int n_elements;         /* of scales and sizes, half of those of roi */
	struct resize_axis axis[MAX_RANK];
};

/* out elements of `taps` each: y[o] = sum over k of weight[o][k] * x[index[o][k]]; outside[o]: the extrapolation
 * value. */
struct resize_table {
	int64_t taps;
	const int64_t *index;
	const double *weight;   /* NULL: one tap of weight 1 */
	const bool *outside;    /* NULL: none is */
};

/* The same as tensors; weight, outside -1 when there are none. */
struct resize_tensors {
	int64_t taps;
	int index, weight, outside;
};

/** Reads a Resize or Upsample; false (reported at node): it is wrong, or has no such table. */
bool resize_read(struct module *m, int node, struct resize *r);

/** Whether scales or the region of interest are data. */
static inline bool resize_by_data(const struct resize *r)
{
	return r->scales >= 0 || r->roi >= 0;
}

/** The table of axis k, where nothing is data; false (reported at node): it would be too large. */
bool resize_table(struct module *m, int node, const struct resize *r, int k, struct resize_table *t);

/** Lowers what makes the table while the program runs. */
bool resize_lower_table(struct lowering *l, int node, const struct resize *r, int k, struct resize_tensors *t);

/** The sizes of a Resize make one scale of all axes. */
bool resize_keeps_aspect(const struct module *m, int node);
/** Scales that are data (input `input` of the node, or with a policy its sizes) and with which the result has the sizes
 *  that the model says: appends the node that checks them, whose result is the node's scales from now on. False: the
 *  model does not say the sizes. */
bool resize_find_scales(struct module *m, int node, int input);
/** The sizes along all axes that scales from resize_find_scales() make; NULL: they are none. */
const int64_t *resize_sizes_found(const struct module *m, int scales);

#endif
