/* Lists by axes that are data, as Slice and Pad have them: each list becomes one of all axes. */
#include "ops/run_time_parts.h"

#include <string.h>

#include "graph/infer.h"

/* --- ByAxis: element i of input 0 goes to the place that element i of input 1 names, an axis of `rank`, below 0 from
 * the end; `missing` is what the other places hold. Input 0 may hold several lists, one after the other. The run ends
 * where an element names no axis, or two name the same. */

static bool infer_by_axis(struct module *m, int node)
{
	const struct num lists = num_div(&m->nums, tensor_elements(m, node_in(m, node, 0)),
					 tensor_elements(m, node_in(m, node, 1)));
	const struct num size = num_mul(&m->nums, lists, num_const(node_attr_int(m, node, "rank", 0)));

	return tensor_set(m, node, node_out(m, node, 0), DT_I64, 1, &size);
}

static int axis_element(struct nest *n, int node, int i)
{
	const int v = run_time_element(n, node_in(n->m, node, 1), i);
	const int64_t rank = node_attr_int(n->m, node, "rank", 0);

	return nest_select(n, nest_binary(n, E_LT, v, nest_const_int(n, DT_I64, 0)),
			   nest_binary(n, E_ADD, v, nest_const_int(n, DT_I64, rank)), v);
}

static int lower_are_axes(struct lowering *l, int node, int axes)
{
	struct nest *n = nest_new(l->m, lower_temp(l, DT_BOOL, 0, NULL));
	const int64_t rank = node_attr_int(l->m, node, "rank", 0);
	int all = nest_const_int(n, DT_BOOL, 1);

	for (int i = 0; i < axes; i++) {
		const int v = axis_element(n, node, i);
		all = nest_binary(n, E_AND, all, nest_binary(n, E_LE, nest_const_int(n, DT_I64, 0), v));
		all = nest_binary(n, E_AND, all, nest_binary(n, E_LT, v, nest_const_int(n, DT_I64, rank)));
		for (int k = 0; k < i; k++)
			all = nest_binary(n, E_AND, all, nest_unary(n, E_NOT, nest_binary(
				n, E_EQ, v, axis_element(n, node, k))));
	}
	nest_store(n, all);
	lower_nest(l, n);
	return n->out;
}

static void lower_list(struct lowering *l, int node, int axes)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	const struct num rank = num_const(node_attr_int(m, node, "rank", 0));
	const struct num list = num_div(&m->nums, n->axis[0], rank);
	const int place = nest_index(n, num_mod(&m->nums, n->axis[0], rank));
	int v = nest_const_int(n, DT_I64, node_attr_int(m, node, "missing", 0));

	for (int i = 0; i < axes; i++) {
		const struct num at = num_add(&m->nums, num_mul(&m->nums, list, num_const(axes)), num_const(i));
		v = nest_select(n, nest_binary(n, E_EQ, axis_element(n, node, i), place),
				nest_cast(n, DT_I64, nest_load_flat(n, node_in(m, node, 0), at)), v);
	}
	nest_store(n, v);
	lower_nest(l, n);
}

static bool lower_by_axis(struct lowering *l, int node)
{
	const int axes = (int)tensor_elements(l->m, node_in(l->m, node, 1)).n;
	struct block body = { 0 };
	struct lowering inside = lower_inside(l, &body);
	const int agreement = lower_are_axes(l, node, axes);

	lower_list(&inside, node, axes);
	lower_where(l, agreement, &body);
	return true;
}

static const struct op_def own_by_axis = {
	.domain = "nnc", .name = "ByAxis", .since = 1, .min_in = 2, .max_in = 2, .min_out = 1, .max_out = 1,
	.attrs = ATTRS(INT_REQUIRED("rank"), INT("missing", 0)), .types = TYPES("iu", "iu"),
	.infer = infer_by_axis, .lower = lower_by_axis, .impure = true,
};

/* Input i by all axes, if it is there. */
static bool spread_list(struct module *m, int node, int i, int axes, int64_t missing)
{
	const int rank = node_in_tensor(m, node, 0)->rank, list = node_in(m, node, i);
	int out, made;

	if (list < 0)
		return true;
	if (!num_is_const(tensor_elements(m, list)) || tensor_elements(m, list).n % tensor_elements(m, axes).n)
		return false;
	out = tensor_add(m, NULL);
	made = node_add(m, m->node[node].graph, &own_by_axis, m->node[node].name, 2, (int[]){ list, axes }, 1, &out);
	m->node[made].opset = m->node[node].opset;
	rewrite_attr(m, made, "rank")->i = rank;
	rewrite_attr(m, made, "missing")->i = missing;
	m->node[node].in[i] = out;
	return infer_node(m, made);
}

bool run_time_spread_lists(struct module *m, int node, int input, int n)
{
	const int axes = node_in(m, node, input);
	bool ok;

	if (n > node_in_tensor(m, node, 0)->rank)
		return false;
	if (!strcmp(m->node[node].op->name, "Slice"))
		ok = spread_list(m, node, 1, axes, 0) && spread_list(m, node, 2, axes, INT64_MAX) &&
		     spread_list(m, node, 4, axes, 1);
	else
		ok = spread_list(m, node, 1, axes, 0);
	m->node[node].in[input] = -1;
	return ok;
}
