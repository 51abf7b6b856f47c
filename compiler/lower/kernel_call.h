/* Calls of kernels: with the register tile of a chosen row, or of a layer as it comes; and in which pieces. */
#ifndef NNC_KERNEL_CALL_H
#define NNC_KERNEL_CALL_H

#include "kernels/choose.h"
#include "steps/step.h"

/* Rows of runtime_min/kernels/kernels_layer.def. */
enum layer_kernel {
#define LAYER(name, function, params, family) LAYER_##name,
#include "runtime_min/kernels/kernels_layer.def"
#undef LAYER
};

/** lower_call() of a kernel without a tile. */
struct call *lower_layer(struct lowering *l, enum layer_kernel k);

/** lower_call() of the kernel, with its tile. */
struct call *lower_kernel(struct lowering *l, const struct kernel *k, enum geometry_kind kind);

/** Lets the call be made in pieces that consume that argument (struct call): tiles of `tile` pixels, `pixels` a
 *  row of the result, each of `work` vector multiply-accumulates. */
void call_in_pieces(struct call *call, int consumed_arg, struct num rows, struct num pixels, int tile, int64_t work);

#endif
