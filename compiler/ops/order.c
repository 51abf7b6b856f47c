/* Orders along an axis: TopK, CumSum, CumProd. */
#include "ops/order.h"

#include <string.h>

#include "ops/control.h"

/* The elements are known, and so few that reckoning with them while nnc runs may take a quadratic way. */
static bool is_small_constant(const struct module *m, int t)
{
	const struct tensor *x = &m->tensor[t];
	int64_t elements = 1;

	for (int k = 0; k < x->rank && elements <= MAX_VALUE_ELEMENTS; k++)
		elements *= x->dim[k].n;
	return (x->data || x->value) && elements <= MAX_VALUE_ELEMENTS;
}

/* --- TopK ------------------------------------------------------------------------------------------------------------
 * The rank of an element is the number of elements before it in the sorted order (greater ones, and equal ones of lower
 * index); the k-th value is the element of rank k. Quadratic in the axis: for constants; see lower/top_k.c. */

bool top_k_get(struct module *m, int node, struct num *k, int *axis)
{
	const struct tensor *x = node_in_tensor(m, node, 0);
	const struct num *v;
	int n;

	if (!node_axis_attr(m, node, "axis", -1, x->rank, axis))
		return false;
	if (!node_numbers(m, node, NULL, m->node[node].n_in > 1 ? 1 : -1, &v, &n))
		return false;
	if (n >= 0 && n != 1)
		return node_bad(m, node, "k has %d elements, allowed: 1", n);
	*k = n == 1 ? v[0] : num_const(node_attr_int(m, node, "k", 0));
	if (num_is_const(*k) && (k->n < 0 || (num_is_const(x->dim[*axis]) && k->n > x->dim[*axis].n)))
		return node_bad(m, node, "k is %lld, allowed: 0 to %lld", (long long)k->n, (long long)x->dim[*axis].n);
	return true;
}

static bool infer_top_k(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct num dim[MAX_RANK], k;
	int axis;

	if (!top_k_get(m, node, &k, &axis))
		return false;
	memcpy(dim, x.dim, sizeof dim);
	dim[axis] = k;
	return (node_out(m, node, 0) < 0 || tensor_set(m, node, node_out(m, node, 0), x.type, x.rank, dim)) &&
	       (node_out(m, node, 1) < 0 || tensor_set(m, node, node_out(m, node, 1), DT_I64, x.rank, dim));
}

/* The rank of every element of x along the axis. */
static int lower_ranks(struct lowering *l, int t, int axis, bool largest)
{
	struct module *m = l->m;
	const struct tensor x = m->tensor[t];
	int ranks = lower_temp(l, DT_I64, x.rank, x.dim), own, other, before;
	struct nest *n = nest_new(m, ranks);
	struct num at[MAX_RANK], j;

	nest_axes(n, at);
	at[axis] = j = nest_reduce_axis(n, x.dim[axis]);
	own = nest_load_wide(n, t, n->axis);
	other = nest_load_wide(n, t, at);
	before = largest ? nest_binary(n, E_LT, own, other) : nest_binary(n, E_LT, other, own);
	other = nest_binary(n, E_AND, nest_binary(n, E_EQ, own, other),
			    nest_binary(n, E_LT, nest_index(n, j), nest_index(n, n->axis[axis])));
	before = nest_binary(n, E_OR, before, other);
	nest_store(n, nest_reduce(n, REDUCE_SUM, nest_cast(n, DT_I64, before)));
	lower_nest(l, n);
	return ranks;
}

static bool lower_top_k(struct lowering *l, int node)
{
	struct module *m = l->m;
	int t = node_in(m, node, 0), axis, ranks;
	const struct tensor x = m->tensor[t];
	struct num k;

	if (!top_k_get(m, node, &k, &axis))
		return false;
	ranks = lower_ranks(l, t, axis, node_attr_int(m, node, "largest", 1));
	for (int i = 0; i < 2; i++) {
		int out = node_out(m, node, i), v, chosen;
		struct num at[MAX_RANK], j;
		struct nest *n;

		if (out < 0)
			continue;
		n = nest_new(m, out);
		nest_axes(n, at);
		at[axis] = j = nest_reduce_axis(n, x.dim[axis]);
		chosen = nest_binary(n, E_EQ, nest_load(n, ranks, at), nest_index(n, n->axis[axis]));
		v = i == 0 ? nest_load_wide(n, t, at) : nest_index(n, j);
		v = nest_select(n, chosen, v, nest_const_value(n, (enum dtype)n->e[v].type, TYPE_ZERO));
		nest_store_narrow(n, nest_reduce(n, REDUCE_SUM, v));
		lower_nest(l, n);
	}
	return true;
}

const struct op_def op_TopK_1 = {
	ONNX("TopK", 1, 1, 1, 2, 2), .attrs = ATTRS(INT("axis", -1), INT_REQUIRED("k")), .types = TYPES("fh"),
	.infer = infer_top_k, .lower = lower_top_k,
};
const struct op_def op_TopK_10 = {
	ONNX("TopK", 10, 2, 2, 2, 2), .attrs = ATTRS(INT("axis", -1)), .types = TYPES("fh", "i"),
	.infer = infer_top_k, .lower = lower_top_k,
};
const struct op_def op_TopK_11 = {
	ONNX("TopK", 11, 2, 2, 2, 2), .attrs = ATTRS(INT("axis", -1), FLAG("largest", 1), FLAG("sorted", 1)),
	.types = TYPES("fhiu", "i"), .infer = infer_top_k, .lower = lower_top_k,
};

/* --- CumSum, CumProd: over the elements up to (exclusive: before) each one; reverse: from (after) it -------------- */

static bool cumulative_axis(struct module *m, int node, int *axis)
{
	const int64_t *v;
	int n;

	if (!node_constants(m, node, NULL, 1, &v, &n))
		return false;
	if (n != 1)
		return node_bad(m, node, "the axis has %d elements, allowed: 1", n);
	return node_axis(m, node, v[0], node_in_tensor(m, node, 0)->rank, axis);
}

static bool infer_cumulative(struct module *m, int node)
{
	int axis;

	return cumulative_axis(m, node, &axis) && infer_same(m, node);
}

struct cumulative {
	int x, out, axis;
	bool exclusive, reverse, product;
	enum dtype type;
};

/* Every element as a reduction of its own: one nest, which constants are folded through. */
static void lower_each_sum(struct lowering *l, const struct cumulative *c)
{
	struct nums *s = &l->m->nums;
	struct nest *n = nest_new(l->m, c->out);
	struct num at[MAX_RANK], distance;
	int v;

	nest_axes(n, at);
	at[c->axis] = nest_reduce_axis(n, n->extent[c->axis]);
	distance = c->reverse ? num_sub(s, at[c->axis], n->axis[c->axis]) : num_sub(s, n->axis[c->axis], at[c->axis]);
	v = nest_load_wide(n, c->x, at);
	v = nest_select(n, nest_in_range(n, distance, num_const(c->exclusive), n->extent[c->axis]), v,
			nest_const_value(n, c->type, c->product ? TYPE_ONE : TYPE_ZERO));
	nest_store_narrow(n, nest_reduce(n, c->product ? REDUCE_PROD : REDUCE_SUM, v));
	lower_nest(l, n);
}

/* out at place `at` of the axis = the sum so far. */
static void store_sum(struct lowering *l, const struct cumulative *c, int sum, struct num at)
{
	struct nest *n = nest_over(l->m, c->out, l->m->tensor[sum].rank, l->m->tensor[sum].dim);

	n->store[c->axis].affine = at;
	nest_store_narrow(n, nest_load(n, sum, n->axis));
	lower_nest(l, n);
}

/* A loop along the axis that carries the sums. */
static void lower_running_sum(struct lowering *l, int node, const struct cumulative *c)
{
	struct module *m = l->m;
	const struct tensor x = m->tensor[c->x];
	const struct num turn = loop_turn(m, node, x.dim[c->axis]), one = num_const(1);
	struct num place = turn, dim[MAX_RANK], at[MAX_RANK];
	struct block body = { 0 };
	struct lowering inside = lower_inside(l, &body);
	struct nest *n;
	int sum;

	if (c->reverse)
		place = num_sub(&m->nums, num_sub(&m->nums, x.dim[c->axis], one), turn);
	memcpy(dim, x.dim, sizeof dim);
	dim[c->axis] = one;
	sum = lower_temp(l, c->type, x.rank, dim);
	n = nest_new(m, sum);
	nest_store(n, nest_const_value(n, c->type, c->product ? TYPE_ONE : TYPE_ZERO));
	lower_nest(l, n);
	if (c->exclusive)
		store_sum(&inside, c, sum, place);
	n = nest_new(m, sum);
	nest_axes(n, at);
	at[c->axis] = place;
	nest_store(n,
		   nest_binary(n, c->product ? E_MUL : E_ADD, nest_load(n, sum, n->axis), nest_load_wide(n, c->x, at)));
	lower_nest(&inside, n);
	if (!c->exclusive)
		store_sum(&inside, c, sum, place);
	lower_turns(l, x.dim[c->axis], turn, -1, body);
}

static bool lower_cumulative(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct cumulative c = {
		.x = node_in(m, node, 0),
		.out = node_out(m, node, 0),
		.exclusive = node_attr_int(m, node, "exclusive", 0),
		.reverse = node_attr_int(m, node, "reverse", 0),
		.product = !strcmp(m->node[node].op->name, "CumProd"),
		.type = compute_type(node_in_type(m, node, 0)),
	};

	if (!cumulative_axis(m, node, &c.axis))
		return false;
	if (is_small_constant(m, c.x))
		lower_each_sum(l, &c);
	else
		lower_running_sum(l, node, &c);
	return true;
}

const struct op_def op_CumSum_11 = {
	ONNX("CumSum", 11, 2, 2, 1, 1), .attrs = ATTRS(FLAG("exclusive", 0), FLAG("reverse", 0)),
	.types = TYPES("fhiu", "i"), .infer = infer_cumulative, .lower = lower_cumulative,
};
const struct op_def op_CumProd_26 = {
	ONNX("CumProd", 26, 2, 2, 1, 1), .attrs = ATTRS(FLAG("exclusive", 0), FLAG("reverse", 0)),
	.types = TYPES("fhiu", "i"), .infer = infer_cumulative, .lower = lower_cumulative,
};
