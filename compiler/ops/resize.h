/* How Resize samples one axis, as tables that are known at compile time. */
#ifndef NNC_RESIZE_H
#define NNC_RESIZE_H

#include "ops/arguments.h"

enum resize_mode { RESIZE_NEAREST, RESIZE_LINEAR, RESIZE_CUBIC };

struct resize_axis {
	bool resized;           /* else element o is taken from element o */
	int64_t in, out;
	double scale, start, end;       /* start, end: region of interest, in units of the axis */
};

struct resize {
	enum resize_mode mode;
	const char *coordinates, *nearest;      /* coordinate_transformation_mode, nearest_mode */
	bool antialias, exclude_outside;
	double a, extrapolation;                /* cubic_coeff_a, extrapolation_value */
	int rank;
	struct resize_axis axis[MAX_RANK];
};

/* out elements of `taps` each: y[o] = sum over k of weight[o][k] * x[index[o][k]]; outside[o]: the extrapolation
 * value. */
struct resize_table {
	int64_t taps;
	int64_t *index;
	double *weight;         /* NULL: one tap of weight 1 */
	bool *outside;          /* NULL: none is */
};

/** Reads a Resize or Upsample; false (reported at node): it is wrong, or has no such table. */
bool resize_read(struct module *m, int node, struct resize *r);

/** The table of axis k; false (reported at node): it would be too large. */
bool resize_table(struct module *m, int node, const struct resize *r, int k, struct resize_table *t);

#endif
