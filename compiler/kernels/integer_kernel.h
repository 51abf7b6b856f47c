/* What the strategies for IntegerConv and IntegerMatMul share. */
#ifndef NNC_INTEGER_KERNEL_H
#define NNC_INTEGER_KERNEL_H

#include "kernels/choose.h"
#include "kernels/pack_int8.h"
#include "ops/integer.h"

enum int8_kind { INT8_CONV, INT8_DEPTHWISE };

/* A row of runtime_min/kernels/kernels_int8.def. */
struct kernel_int8 {
	const char *function;
	enum int8_kind kind;
	const char *isa;
	int rows, columns, lanes;
	bool beside;
};

/** The kernel of the target that computes `pixels` x `channels` sums of `depth` terms fastest, and its estimated
 * cycles; NULL: none. */
const struct kernel_int8 *int8_choose(const struct module *m, enum int8_kind kind, int64_t pixels, int64_t channels,
				      int64_t depth, double *cycles);

/** Whether kernels can do it: weights without their zero points fit int8, and no sum can leave int32. channel_axis: of
 * the weights. */
bool integer_fits(struct module *m, int node, int channel_axis, const char **why);

/** The weights with their zero points taken off, as they lie. */
const int8_t *integer_weights(struct module *m, int node, int channel_axis);

/** Constants of the channels, `group` of them at a time going on to a multiple of `columns`: the bias with x's zero
 * point times the sum of each channel's weights (as p tells them, group after group) taken off, and the multipliers. */
int integer_bias(struct lowering *l, int node, const struct pack *p, int groups, int columns, const int8_t *w);
int integer_scale(struct lowering *l, int node, int64_t channels, int groups, int columns);
/** n bytes of x's zero point. */
int integer_zeros(struct lowering *l, int node, int64_t n);
/** The last arguments of every kernel. */
void integer_numbers(struct lowering *l, struct call *call, int node);

#endif
