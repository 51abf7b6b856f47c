/* Sums of products of bytes as the pass exact-floats meets them: ConvInteger, MatMulInteger, IntegerConv and
 * IntegerMatMul. */
#ifndef NNC_PASSES_SUMS_H
#define NNC_PASSES_SUMS_H

#include "passes/rewrite.h"

/* A node's operands, the same for all four operators. */
struct sums {
	int x, w, x_zero, w_zero, bias;
	bool is_conv, is_scaled;
	const unsigned char *weights;
	bool is_signed;                 /* the weights */
	int64_t channels, inner;        /* element i of w belongs to channel i / inner % channels */
};

/** The zero point of a channel's weights. */
int64_t sums_weight_zero(const struct module *m, const struct sums *s, int64_t channel);

/* byte_sums.c */
/** Whether the target has a kernel that makes such sums of bytes, as int32; *pays: it takes less time than that of
 *  float32. */
bool sums_have_kernel(struct module *m, int node, const struct sums *s, bool *pays);
/** Whether the target has kernels that make bytes of such sums, of any weights of bytes, in less time than those of
 *  float32 take. */
bool sums_have_wide_kernel(struct module *m, int node, const struct sums *s);
/** Whether weights without their zero points fit int8, as that kernel takes them. */
bool sums_fit_bytes(struct module *m, const struct sums *s);
/** The node, whose weights do not, becomes one whose do, and an IntegerMend or IntegerRescale behind it. */
bool sums_mend(struct rewriter *r, int node, const struct sums *s);

#endif
