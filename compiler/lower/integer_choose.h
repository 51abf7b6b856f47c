/* The kernel for a node over bytes, and for so many rows at a time. */
#ifndef NNC_INTEGER_CHOOSE_H
#define NNC_INTEGER_CHOOSE_H

#include "kernels/choose.h"

/** kernel_choose_types() with the types of an integer node: x, its weights without their zero points, y. So many lines
 *  of so many pixels each: where calls are for rows, a tile belongs to one of them. Code that one small node alone
 *  would need is not taken. */
const struct kernel *integer_choose(const struct module *m, int node, enum kernel_kind kind, int64_t lines,
				    int64_t pixels, int64_t channels, int64_t depth, double *cycles);

/** kernel_choose_lines() likewise. */
const struct kernel *integer_choose_lines(const struct module *m, int node, enum kernel_kind kind, int64_t lines,
					  int64_t pixels, int64_t channels, int64_t depth, kernel_weigh *weigh,
					  void *ctx, double *cycles);

#endif
