/* What the forms of matrix product share: operands, shapes, the sum of products as a loop nest. */
#ifndef NNC_OPS_PRODUCT_H
#define NNC_OPS_PRODUCT_H

#include "ops/arguments.h"

/* Inputs a and b, with their zero points: tensors or -1. */
struct product {
	int a, b, a_zero, b_zero;
};

/** The operands of a MatMul, MatMulInteger, QLinearMatMul or IntegerMatMul node. */
struct product product_get(const struct module *m, int node);
/** Sets the output's type and shape by numpy's rule; false: reported. */
bool product_set(struct module *m, int node, enum dtype type);
/** Indexes of both operands for the nest's element and a new reduction axis. */
void product_indexes(struct nest *n, const struct product *p, struct num *at_a, struct num *at_b);
/** The sum of products; of integers of 8 bits and of operands with zero points as int32. */
int product_sum(struct nest *n, const struct product *p, struct num *at_a, struct num *at_b);

#endif
