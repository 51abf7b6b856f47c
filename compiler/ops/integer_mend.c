/* Sums of products whose weights were made to fit int8, domain "nnc" (passes/byte_sums.c): all weights of a channel had
 * a number taken off, which is made good by one more channel, whose weights are 1.
 *
 *   sum[c] = x[c] + x[last] * more[c]        x has one channel more than the result
 *
 * IntegerMend: y = sum, int32. IntegerRescale: an IntegerConv's result of it, bytes. axis: of the channels. */
#include "ops/integer.h"

static bool infer_mended(struct module *m, int node, enum dtype type)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	const int64_t axis = node_attr_int(m, node, "axis", 0);
	struct num dim[MAX_RANK];

	for (int k = 0; k < x.rank; k++)
		dim[k] = k == axis ? num_sub(&m->nums, x.dim[k], num_const(1)) : x.dim[k];
	return tensor_set(m, node, node_out(m, node, 0), type, x.rank, dim);
}

static bool infer_mend(struct module *m, int node)
{
	return infer_mended(m, node, DT_I32);
}

static bool infer_rescale(struct module *m, int node)
{
	return infer_mended(m, node, node_in_type(m, node, 4));
}

static int mended(struct nest *n, int node)
{
	struct module *m = n->m;
	const int64_t axis = node_attr_int(m, node, "axis", 0);
	struct num at[MAX_RANK];
	int v;

	for (int k = 0; k < n->n_axes; k++)
		at[k] = n->axis[k];
	at[axis] = m->tensor[n->out].dim[axis];
	v = nest_binary(n, E_MUL, nest_load(n, node_in(m, node, 0), at),
			nest_load(n, node_in(m, node, 1), &n->axis[axis]));
	return nest_binary(n, E_ADD, nest_load(n, node_in(m, node, 0), n->axis), v);
}

static bool lower_mend(struct lowering *l, int node)
{
	struct nest *n = nest_new(l->m, node_out(l->m, node, 0));

	nest_store(n, mended(n, node));
	lower_nest(l, n);
	return true;
}

static bool lower_rescale(struct lowering *l, int node)
{
	struct nest *n = nest_new(l->m, node_out(l->m, node, 0));

	integer_store_scaled(n, node, 2, mended(n, node), n->axis[node_attr_int(l->m, node, "axis", 0)]);
	lower_nest(l, n);
	return true;
}

const struct op_def op_nnc_IntegerMend = {
	.domain = "nnc", .name = "IntegerMend", .since = 1, .min_in = 2, .max_in = 2, .min_out = 1, .max_out = 1,
	.attrs = ATTRS(INT("axis", 0)), .types = TYPES("i", "i"), .infer = infer_mend, .lower = lower_mend,
};
/* Inputs: sums, more, bias (optional), multiplier, y_zero. */
const struct op_def op_nnc_IntegerRescale = {
	.domain = "nnc", .name = "IntegerRescale", .since = 1, .min_in = 5, .max_in = 5, .min_out = 1, .max_out = 1,
	.attrs = ATTRS(INTEGER_LIMITS, INT("axis", 0)), .types = TYPES("i", "i", "i?", "f", "iu"),
	.infer = infer_rescale, .lower = lower_rescale, .by_kernels = true,
};
