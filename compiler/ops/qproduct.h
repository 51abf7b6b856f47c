/* Products of bytes whose result is float32, for operators that are short for more than one. */
#ifndef NNC_QPRODUCT_H
#define NNC_QPRODUCT_H

#include "graph/ir.h"

/* Tensors: a of one scale and zero point, b with one or one for each column, bias that broadcasts to the product. Zero
 * points and bias may be absent, -1. */
struct quantised_product {
	int a, b, a_scale, b_scale, a_zero, b_zero, bias;
};

/** y = float32(sum of (a - a_zero) * (b - b_zero)) * (a_scale * b_scale) + bias: tensor out, -1: a new one, which is
 *  returned. */
int expand_product(struct module *m, int like, const struct quantised_product *p, int out);
/** DynamicQuantizeLinear of x. */
void expand_dynamic(struct module *m, int like, int x, int *q, int *scale, int *zero);

#endif
