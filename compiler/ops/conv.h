/* What the forms of convolution share: operands, shapes, the sum of products as a loop nest. */
#ifndef NNC_OPS_CONV_H
#define NNC_OPS_CONV_H

#include "ops/window.h"

/* Operands, tensors or -1. */
struct conv {
	int x, w, bias;
	int x_zero, w_zero;
	int64_t group;
	struct window window;
};

/** Attributes of every form. */
#define CONV_ATTRS_LIST \
	WINDOW_ATTRS, WINDOW_DILATIONS, INT_IN("group", 1, 1, 1 << 20), INTS_OPTIONAL("kernel_shape")

/** The operands of a Conv, ConvInteger, QLinearConv or IntegerConv node; false: reported. */
bool conv_get(struct module *m, int node, struct conv *c);
/** Sets the output's type and shape. */
bool conv_set(struct module *m, int node, enum dtype type);
/** The sum of products for the nest's element, without bias; integers minus their zero points, as int32. */
int conv_sum(struct nest *n, const struct conv *c);

#endif
