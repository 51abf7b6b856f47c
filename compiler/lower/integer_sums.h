/* What products of bytes that keep their sums, ConvInteger and MatMulInteger, read beside their images and weights, and
 * what those read that make bytes of them. */
#ifndef NNC_INTEGER_SUMS_H
#define NNC_INTEGER_SUMS_H

#include "kernels/choose.h"
#include "steps/step.h"

/** ConvInteger and MatMulInteger: the sums are the result. */
bool integer_makes_sums(const struct module *m, int node);

/** Whether x of such a node has one zero point, which may be known at run time alone; true of other nodes. */
bool integer_has_one_zero(struct module *m, int node, const char **why);

/** integer_is_bounded(), of nodes that make bytes. */
bool integer_sums_are_bounded(struct module *m, int node, int channel_axis, const char **why);

/* Constants of the channels, in elements of a group: bias and multipliers; of sums those of the weights, and x's zero
 * point. */
struct integer_dot_ends {
	int first, second;
	int64_t first_width, second_width;
};

/** Those of l->node. */
struct integer_dot_ends integer_dot_ends(struct lowering *l, const struct pack *p, int groups, const struct kernel *k,
					 const void *weights);

#endif
