/* What the strategies for heavy operators share: attributes, the kernel table, packed constants, layouts. */
#ifndef NNC_CHOOSE_H
#define NNC_CHOOSE_H

#include "lower/lower.h"
#include "kernels/pack.h"
#include "ops/arguments.h"

enum kernel_kind {
	KERNEL_CONV, KERNEL_CONV_FIRST, KERNEL_WINOGRAD2, KERNEL_WINOGRAD4, KERNEL_DEPTHWISE, KERNEL_GEMM,
	KERNEL_GEMM_UNPACKED, KERNEL_GEMM_TRANSPOSED, KERNEL_GEMV,
};

/* A row of runtime_min/kernels/kernels.def. */
struct kernel {
	const char *function;
	enum kernel_kind kind;
	const char *isa;
	int rows, columns;
};

/** The kernel of the target that computes rows x columns sums of `depth` terms fastest, and its estimated cycles; NULL:
 *  the target has none of that kind. */
const struct kernel *kernel_choose(const struct module *m, enum kernel_kind kind, int64_t rows, int64_t columns,
				   int64_t depth, double *cycles);

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

/** Float32 constant of n elements with the given values (borrowed). */
int lower_const_f32(struct lowering *l, const char *name, const float *v, int64_t n);

/** A constant holding w packed as p says, in panels of `columns`; `w` points at p's first element. */
int lower_packed(struct lowering *l, const char *name, const struct pack *p, int columns, const float *w);
/** The same of several groups, whose weights follow each other; *size: packed floats of one. */
int lower_packed_groups(struct lowering *l, const char *name, const struct pack *p, int columns, const float *w,
			int groups, int64_t *size);

/** Lets the call be made in pieces that consume that argument (struct call): tiles of `tile` pixels, `pixels` a
 *  row of the result, each of `work` vector multiply-accumulates. */
void call_in_pieces(struct call *call, int consumed_arg, struct num rows, struct num pixels, int tile, int64_t work);

/** N, spatial axes, C for a tensor of that rank. */
void channels_last(int rank, uint8_t *order);

/** t in row-major order and of the given type: itself, or a copy, which is a constant when t is one and changes type.
 *  -1 stays -1. */
int lower_plain(struct lowering *l, int t, enum dtype type);

/** y itself when a kernel can write it in `order`; else a temporary, which lower_finish() copies to y, in y's type. */
int lower_begin(struct lowering *l, int y, const uint8_t *order);
void lower_finish(struct lowering *l, int written, int y);

#endif
