/* The sliding window that convolutions and pools share: kernel, strides, dilations and padding over the spatial
 * axes. */
#ifndef NNC_WINDOW_H
#define NNC_WINDOW_H

#include "ops/arguments.h"

struct window {
	int n;                                          /* spatial axes */
	struct num in[MAX_RANK], out[MAX_RANK];         /* extents of input and output */
	struct num kernel[MAX_RANK];
	int64_t stride[MAX_RANK], dilation[MAX_RANK];
	struct num begin[MAX_RANK], end[MAX_RANK];      /* padding */
};

/** Attributes that windows have: kernel_shape is not among them. */
#define WINDOW_ATTRS                                                                                                   \
	STRING("auto_pad", "NOTSET", "NOTSET|SAME_UPPER|SAME_LOWER|VALID"), INTS_OPTIONAL("pads"),                     \
		INTS_IN("strides", 1, 1 << 20)
#define WINDOW_DILATIONS INTS_IN("dilations", 1, 1 << 20)

/** Reads the attributes for a window over in[0 … n-1] and finds begin, end and out, by ONNX's rule
 *  out = floor((in + begin + end - dilation * (kernel - 1) - 1) / stride) + 1, or ceil with ceil_mode, when the last
 *  window must begin inside the input or its left padding. kernel NULL: from kernel_shape. False: reported. */
bool window_get(struct module *m, int node, int n, const struct num *in, const struct num *kernel, struct window *w);

/** The kernel's own dimensions: 1 or more, and kernel_shape, when given, agrees with them. */
bool window_check_kernel(struct module *m, int node, int n, const struct num *kernel);
/** The sizes of a kernel given as attribute kernel_shape. */
bool window_kernel_shape(struct module *m, int node, int n, int64_t *kernel);
/** The pads attribute: n beginnings, then n ends, 0 without. */
bool window_pads(struct module *m, int node, int n, int64_t *pads);
/** The out elements of spatial axis k: 1 or more, whatever the run-time sizes; reported with `what` when there are
 *  fewer. */
bool window_check_out(struct module *m, int node, int k, struct num out, const char *what);
/** An INTS attribute of n elements into v, all `missing` when it is absent. */
bool window_ints(struct module *m, int node, const char *attr, int n, int64_t missing, int64_t *v);

/** Indexes into the input for the outputs o[k] and the kernel positions r[k], and the condition that all of them are
 *  inside: an expression, or -1 when they surely are. */
int window_at(struct nest *n, const struct window *w, const struct num *o, const struct num *r, struct num *at);

#endif
