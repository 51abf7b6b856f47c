/* Normalisation by sums of powers: LpNormalization, LRN. */
#include <string.h>

#include "ops/arguments.h"

/* --- LpNormalization: x / (sum |x|^p)^(1/p) along one axis; 0 where that is 0 ------------------------------------- */

static bool infer_lp_norm(struct module *m, int node)
{
	int axis;

	return node_axis_attr(m, node, "axis", -1, node_in_tensor(m, node, 0)->rank, &axis) && infer_same(m, node);
}

/* The divisors, one a line along the axis: a tensor of x's shape with 1 there. */
static int lower_lp_size(struct lowering *l, int t, int axis, bool square)
{
	struct module *m = l->m;
	struct num dim[MAX_RANK], at[MAX_RANK];
	struct nest *n;
	int out, v;

	memcpy(dim, m->tensor[t].dim, sizeof dim);
	dim[axis] = num_const(1);
	out = lower_temp(l, compute_type(m->tensor[t].type), m->tensor[t].rank, dim);
	n = nest_new(m, out);
	nest_axes(n, at);
	at[axis] = nest_reduce_axis(n, m->tensor[t].dim[axis]);
	v = nest_load_wide(n, t, at);
	v = nest_reduce(n, REDUCE_SUM, nest_parse(n, square ? "x * x" : "abs(x)", &v, 1, NULL, 0));
	nest_store(n, square ? nest_unary(n, E_SQRT, v) : v);
	lower_nest(l, n);
	return out;
}

static bool lower_lp_norm(struct lowering *l, int node)
{
	struct module *m = l->m;
	const int x = node_in(m, node, 0);
	struct num at[MAX_RANK];
	struct nest *n;
	int axis, size, operand[2];

	if (!node_axis_attr(m, node, "axis", -1, m->tensor[x].rank, &axis))
		return false;
	size = lower_lp_size(l, x, axis, node_attr_int(m, node, "p", 2) == 2);
	n = nest_new(m, node_out(m, node, 0));
	nest_axes(n, at);
	at[axis] = num_const(0);
	operand[0] = nest_load_wide(n, x, n->axis);
	operand[1] = nest_load(n, size, at);
	nest_store_narrow(n, nest_parse(n, "y == 0 ? 0 : x / y", operand, 2, NULL, 0));
	lower_nest(l, n);
	return true;
}

const struct op_def op_LpNormalization_1 = {
	ONNX("LpNormalization", 1, 1, 1, 1, 1), .attrs = ATTRS(INT("axis", -1), INT_IN("p", 2, 1, 2)),
	.types = TYPES("fh"), .infer = infer_lp_norm, .lower = lower_lp_norm,
};

/* --- LRN: x / (bias + alpha / size * sum of x^2 over size neighbouring channels)^beta ----------------------------- */

enum { MAX_NEIGHBOURS = 1 << 20 };

static bool infer_lrn(struct module *m, int node)
{
	int64_t size = node_attr_int(m, node, "size", 0);

	if (size < 1 || size > MAX_NEIGHBOURS)
		return node_bad(m, node, "size is %lld, allowed: 1 to %d", (long long)size, MAX_NEIGHBOURS);
	return node_rank(m, node, 0, 2, MAX_RANK) && infer_same(m, node);
}

static bool lower_lrn(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nums *s = &m->nums;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	enum dtype type = compute_type(node_in_type(m, node, 0));
	int64_t size = node_attr_int(m, node, "size", 1);
	struct num at[MAX_RANK], near;
	struct nest_param p[] = {
		{ "alpha", nest_const_float(n, type, node_attr_float(m, node, "alpha", 1e-4)) },
		{ "beta", nest_const_float(n, type, node_attr_float(m, node, "beta", 0.75)) },
		{ "bias", nest_const_float(n, type, node_attr_float(m, node, "bias", 1)) },
		{ "size", nest_const_float(n, type, (double)size) },
	};
	int v, x;

	nest_axes(n, at);
	near = num_sub(s, num_add(s, n->axis[1], nest_reduce_axis(n, num_const(size))), num_const((size - 1) / 2));
	at[1] = near;
	v = nest_load_wide(n, node_in(m, node, 0), at);
	v = nest_select(n, nest_in_range(n, near, num_const(0), n->extent[1]), nest_binary(n, E_MUL, v, v),
			nest_const_value(n, type, TYPE_ZERO));
	v = nest_reduce(n, REDUCE_SUM, v);
	x = nest_load_wide(n, node_in(m, node, 0), n->axis);
	nest_store_narrow(n, nest_parse(n, "x / pow(bias + alpha / size * y, beta)", (int[]){ x, v }, 2, p, 4));
	lower_nest(l, n);
	return true;
}

const struct op_def op_LRN_1 = {
	ONNX("LRN", 1, 1, 1, 1, 1), .types = TYPES("fh"),
	.attrs = ATTRS(FLOAT("alpha", 1e-4f), FLOAT("beta", 0.75), FLOAT("bias", 1.0), INT_REQUIRED("size")),
	.infer = infer_lrn, .lower = lower_lrn,
};
