/* y = x * scale[c] + shift[c]: BatchNormalization, and arithmetic with constants per channel or single. */
#ifndef NNC_SCALE_SHIFT_H
#define NNC_SCALE_SHIFT_H

#include "graph/ir.h"

struct scale_shift {
	int axis;               /* of x and y that c counts */
	int64_t n;              /* channels */
	double *scale, *shift;  /* scratch memory */
};

/** scale 1, shift 0 for the channels along an axis of tensor t; false when their number is no constant. */
bool scale_shift_identity(struct module *m, int t, int axis, struct scale_shift *a);

/** Applies the node on top: a(x) becomes node(a(x)). *x: the operand that varies. False (a unchanged): the node is no
 *  such map of floats with constants, or would change the shape. */
bool scale_shift_append(struct module *m, int node, struct scale_shift *a, int *x);

/** The operand of such a node that varies, or -1. Constants are not looked into. */
int scale_shift_operand(struct module *m, int node);

#endif
