/* Tensors in the order in which kernels want them: what order they have, and copies where it is another. */
#ifndef NNC_LAYOUTS_H
#define NNC_LAYOUTS_H

#include "steps/step.h"

/** The axes of t in `order` have falling strides and the innermost has stride 1 (axes of one element count for
 *  nothing). */
bool lower_has_order(const struct module *m, int t, const uint8_t *order);

/** The given axes, outermost first, walk memory in equal steps, as one axis would. */
bool lower_is_run(struct module *m, int t, const int *axes, int n);

/** The step of that run: the stride of the innermost of the axes that has more than one element. */
struct num lower_run_step(const struct module *m, int t, const int *axes, int n);

/** N, spatial axes, C for a tensor of that rank. */
void channels_last(int rank, uint8_t *order);

/** t itself when its storage has `order` and stride 1 on the innermost axis; else a copy that has, made by a step. */
int lower_in_order(struct lowering *l, int t, const uint8_t *order);

/** t in row-major order and of the given type: itself, or a copy, which is a constant when t is one and changes type.
 *  -1 stays -1. */
int lower_plain(struct lowering *l, int t, enum dtype type);

/** y itself when a kernel can write it in `order`; else a temporary, which lower_finish() copies to y, in y's type. */
int lower_begin(struct lowering *l, int y, const uint8_t *order);
void lower_finish(struct lowering *l, int written, int y);

#endif
