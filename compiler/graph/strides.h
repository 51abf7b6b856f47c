/* How the axes of a tensor walk memory. */
#ifndef NNC_STRIDES_H
#define NNC_STRIDES_H

#include "graph/ir.h"

/** The axes of t in `order` have falling strides and the innermost has stride 1 (axes of one element count for
 *  nothing). */
bool tensor_has_order(const struct module *m, int t, const uint8_t *order);

/** The given axes, outermost first, walk memory in equal steps, as one axis would. */
bool tensor_is_run(struct module *m, int t, const int *axes, int n);

/** The step of that run: the stride of the innermost of the axes that has more than one element. */
struct num tensor_run_step(const struct module *m, int t, const int *axes, int n);

#endif
