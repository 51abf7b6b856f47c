/* What kernels over bytes read beside their images: weights, biases, multipliers, the numbers of the requantisation. */
#ifndef NNC_INTEGER_CONSTANTS_H
#define NNC_INTEGER_CONSTANTS_H

#include "kernels/choose.h"
#include "steps/step.h"

/** The type of its constant weights without their zero points: int8, or int16 where some leave that. */
enum dtype integer_weight_type(const struct module *m, int node);

/** Whether no sum can leave int32. channel_axis: of the weights. */
bool integer_sums_fit(struct module *m, int node, int channel_axis, const char **why);

/** Whether kernels can do it: weights without their zero points fit int8, and no sum can leave int32. channel_axis: of
 * the weights. */
bool integer_fits(struct module *m, int node, int channel_axis, const char **why);

/** Whether every sum times its multiplier, as float32, lies within an int32 by far. channel_axis: of the weights. */
bool integer_is_bounded(struct module *m, int node, int channel_axis, const char **why);

/** An IntegerMatMul that is a product of matrices, rows x depth (row-major) by a constant depth x n, whose sums
 * fit; else the reason. */
bool integer_matmul_read(struct module *m, int node, int64_t *rows, int64_t *depth, int64_t *n, const char **why);
/** Its weights as pack_forms.h sees them. */
struct pack integer_matmul_pack(const struct module *m, int node, int64_t depth, int64_t n);

/** The weights with their zero points taken off, as they lie, of integer_weight_type(). */
const void *integer_weights(struct module *m, int node, int channel_axis);

/** Constants of the channels, `group` of them at a time going on to a multiple of `columns`: the bias with x's zero
 * point times the sum of each channel's weights (as p tells them, group after group) taken off, and the multipliers. */
int integer_bias(struct lowering *l, int node, const struct pack *p, int groups, int columns, const void *w);
int integer_scale(struct lowering *l, int node, int64_t channels, int groups, int columns);
/** Likewise the sums of the channels' weights alone. */
int integer_weight_sums(struct lowering *l, const struct pack *p, int groups, int columns, const void *w);

/* What a kernel's sums begin with and become bytes by. */
struct integer_ends {
	int bias, scale;
	int64_t scale_width; /* elements of `scale` in a group */
	bool one_line;       /* struct nnrt_conv's: `scale` is a line for all channels */
};

/** Both for a kernel of integer_choose(): integer_bias() and integer_scale(), or, where its vectors have one lane, the
 * constants of struct nnrt_line, or slopes (inner_loops.def), and the bias that goes with them. */
struct integer_ends integer_ends(struct lowering *l, int node, const struct pack *p, int groups,
				 const struct kernel *k, const void *w);
/** n bytes of x's zero point. */
int integer_zeros(struct lowering *l, int node, int64_t n);
/** An argument that loops `batch` and `group` of the call (-1: none) move by so many elements a turn. */
void integer_moving(struct lowering *l, struct call *call, enum arg_kind kind, int t, int batch, struct num by_batch,
		    int group, struct num by_group);
/** The last arguments of every kernel. */
void integer_numbers(struct lowering *l, struct call *call, int node);

#endif
