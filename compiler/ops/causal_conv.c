/* CausalConvWithState: every channel convolved over its past. With p the past elements (0 without) and then x,
 * y[b][c][t] = act(bias[c] + sum over i of w[c][0][i] * p[b][c][t + i]), and the state is the last kernel - 1 of p. */
#include "ops/arguments.h"

enum { IN_X, IN_WEIGHT, IN_BIAS, IN_PAST };

static bool infer_causal_conv(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, IN_X), w = *node_in_tensor(m, node, IN_WEIGHT);
	struct num state[3];

	if (!node_rank(m, node, IN_X, 3, 3) || !node_rank(m, node, IN_WEIGHT, 3, 3))
		return false;
	if (!num_is_const(w.dim[2]))
		return node_unsupported(m, node, "the size of the kernel must be a constant");
	if (w.dim[2].n < 1)
		return node_bad(m, node, "the kernel has %lld elements, allowed: 1 or more", (long long)w.dim[2].n);
	state[0] = x.dim[0];
	state[1] = x.dim[1];
	state[2] = num_const(w.dim[2].n - 1);
	if (!node_shape(m, node, IN_WEIGHT, (struct num[]){ x.dim[1], num_const(1), w.dim[2] }, 3) ||
	    !node_shape(m, node, IN_BIAS, &x.dim[1], 1) || !node_shape(m, node, IN_PAST, state, 3))
		return false;
	return (node_out(m, node, 1) < 0 || tensor_set(m, node, node_out(m, node, 1), x.type, 3, state)) &&
	       infer_same(m, node);
}

/* The past, or zeros, and then x: a temporary. */
static int lower_padded(struct lowering *l, int node, struct num state)
{
	struct module *m = l->m;
	const struct tensor x = *node_in_tensor(m, node, IN_X);
	struct num dim[3] = { x.dim[0], x.dim[1], num_add(&m->nums, state, x.dim[2]) };
	int padded = lower_temp(l, x.type, 3, dim), past = node_in(m, node, IN_PAST);
	struct nest *n;

	dim[2] = state;
	n = nest_over(m, padded, 3, dim);
	nest_store(n, past >= 0 ? nest_load(n, past, n->axis) :
				  nest_cast(n, x.type, nest_const_value(n, compute_type(x.type), TYPE_ZERO)));
	lower_nest(l, n);
	n = nest_over(m, padded, 3, x.dim);
	n->store[2].affine = num_add(&m->nums, n->axis[2], state);
	nest_store(n, nest_load(n, node_in(m, node, IN_X), n->axis));
	lower_nest(l, n);
	return padded;
}

static bool lower_causal_conv(struct lowering *l, int node)
{
	struct module *m = l->m;
	const struct tensor x = *node_in_tensor(m, node, IN_X), w = *node_in_tensor(m, node, IN_WEIGHT);
	struct num state = num_const(w.dim[2].n - 1), at[3], i;
	int padded = lower_padded(l, node, state), bias = node_in(m, node, IN_BIAS), v;
	struct nest *n = nest_new(m, node_out(m, node, 0));

	i = nest_reduce_axis(n, w.dim[2]);
	at[0] = n->axis[0];
	at[1] = n->axis[1];
	at[2] = num_add(&m->nums, n->axis[2], i);
	v = nest_load_wide(n, node_in(m, node, IN_WEIGHT), (struct num[]){ n->axis[1], num_const(0), i });
	v = nest_reduce(n, REDUCE_SUM, nest_binary(n, E_MUL, v, nest_load_wide(n, padded, at)));
	if (bias >= 0)
		v = nest_binary(n, E_ADD, v, nest_load_wide(n, bias, &n->axis[1]));
	if (!node_attr_is(m, node, "activation", "none"))
		v = nest_parse(n, "x * sigmoid(x)", &v, 1, NULL, 0);
	nest_store_narrow(n, v);
	lower_nest(l, n);
	if (node_out(m, node, 1) < 0)
		return true;
	n = nest_new(m, node_out(m, node, 1));
	at[0] = n->axis[0];
	at[1] = n->axis[1];
	at[2] = num_add(&m->nums, n->axis[2], x.dim[2]);
	nest_store(n, nest_load(n, padded, at));
	lower_nest(l, n);
	return true;
}

const struct op_def op_CausalConvWithState_27 = {
	ONNX("CausalConvWithState", 27, 2, 4, 1, 2), .attrs = ATTRS(STRING("activation", "none", "none|silu|swish")),
	.types = TYPES("fh", "T"), .infer = infer_causal_conv, .lower = lower_causal_conv,
};
