/* Tensors in the order in which kernels want them, and copies where they have another (see graph/strides.h). */
#ifndef NNC_LAYOUTS_H
#define NNC_LAYOUTS_H

#include "steps/step.h"

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
