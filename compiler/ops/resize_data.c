/* Scales of Resize that are data: the model says which sizes they make, and the run ends where they make others. A
 * policy that keeps the aspect makes one scale of sizes that are data. */
#include "ops/resize.h"

#include "graph/infer.h"
#include "ops/expand.h"

/* --- Scales that make given sizes of the axes ---------------------------------------------------------------------
 * round(in * scale + rounding) along each of the axes is its size, where round is down; the output is the input. */

static int makes_sizes(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, lower_temp(l, DT_BOOL, 0, NULL));
	const struct attr *axes = node_attr(m, node, "axes"), *in = node_attr(m, node, "in");
	const struct attr *sizes = node_attr(m, node, "sizes");
	int all = nest_const_int(n, DT_BOOL, 1);

	for (int i = 0; i < axes->n; i++) {
		const int k = (int)axes->ints[i], scale = nest_load_flat(n, node_in(m, node, 0), num_const(i));
		const struct nest_param param[] = {
			{ "size", nest_const_float(n, DT_F64, (double)sizes->ints[k]) },
			{ "in", nest_const_float(n, DT_F64, (double)in->ints[k]) },
			{ "rounding", nest_const_float(n, DT_F64, node_attr_float(m, node, "rounding", 0)) },
		};
		const int operand[] = { nest_cast(n, DT_F64, scale) };
		all = nest_binary(n, E_AND, all, nest_parse(n, "floor(in * x + rounding) == size && x > 0", operand, 1,
							    param, 3));
	}
	nest_store(n, all);
	lower_nest(l, n);
	return n->out;
}

static bool lower_scales(struct lowering *l, int node)
{
	struct block body = { 0 };
	struct lowering inside = lower_inside(l, &body);
	const int agree = makes_sizes(l, node);

	if (!lower_reshape(&inside, node))
		return false;
	lower_where(l, agree, &body);
	return true;
}

static const struct op_def own_scales = {
	.domain = "nnc", .name = "Scales", .since = 1, .min_in = 1, .max_in = 1, .min_out = 1, .max_out = 1,
	.attrs = ATTRS(INTS_REQUIRED("axes"), INTS_REQUIRED("in"), INTS_REQUIRED("sizes"), FLOAT("rounding", 0)),
	.types = TYPES("f"), .infer = infer_same, .lower = lower_scales, .impure = true,
};

const int64_t *resize_sizes_found(const struct module *m, int scales)
{
	const int node = m->tensor[scales].producer;

	return node >= 0 && m->node[node].op == &own_scales ? node_attr(m, node, "sizes")->ints : NULL;
}

/* --- What takes the place of the input ---------------------------------------------------------------------------- */

bool resize_keeps_aspect(const struct module *m, int node)
{
	return node_attr(m, node, "keep_aspect_ratio_policy") &&
	       !node_attr_is(m, node, "keep_aspect_ratio_policy", "stretch");
}

/* The one scale that the policy makes of sizes of n axes, n times; appended nodes are inferred. */
static int scale_of_sizes(struct module *m, int node, const int *axis, int n)
{
	const struct tensor *x = node_in_tensor(m, node, 0);
	const bool least = node_attr_is(m, node, "keep_aspect_ratio_policy", "not_larger");
	const int first = m->graph[m->node[node].graph].n_nodes;
	const int64_t count = n;
	double *in = ARENA_ARRAY(m->scratch, n, double);
	int t;

	for (int i = 0; i < n; i++)
		in[i] = (double)x->dim[axis[i]].n;
	t = expand_cast(m, node, node_in(m, node, 3), DT_F64, -1);
	t = expand_node(m, node, "Div", 14, INPUTS(t, tensor_const_doubles(m, DT_F64, 1, &count, in)), -1);
	t = expand_node(m, node, least ? "ReduceMin" : "ReduceMax", 13, INPUTS(t), -1);
	t = expand_node(m, node, "Expand", 13, INPUTS(t, tensor_const_ints(m, &count, 1)), -1);
	for (int i = first; i < m->graph[m->node[node].graph].n_nodes; i++)
		if (!infer_node(m, m->graph[m->node[node].graph].node[i]))
			return -1;
	return t;
}

/* The sizes of input and output along all axes; false: the model does not say them. */
static bool sizes_said(struct module *m, int node, int64_t *in, int64_t *out)
{
	const struct tensor *x = node_in_tensor(m, node, 0), *y = node_out_tensor(m, node, 0);

	for (int k = 0; k < x->rank; k++) {
		if (y->rank != x->rank || !num_is_const(x->dim[k]) || !num_is_const(y->dim[k]) || y->dim[k].n < 0)
			return false;
		in[k] = x->dim[k].n;
		out[k] = y->dim[k].n;
	}
	return true;
}

bool resize_find_scales(struct module *m, int node, int input)
{
	const bool policy = resize_keeps_aspect(m, node) && input == 3;
	const int rank = node_in_tensor(m, node, 0)->rank;
	int64_t in[MAX_RANK], out[MAX_RANK], along[MAX_RANK];
	int axis[MAX_RANK], n, scales = node_in(m, node, input), checked, made;

	if (!sizes_said(m, node, in, out) || !node_axes(m, node, "axes", -1, rank, axis, &n))
		return false;
	if (n < 0)
		for (n = 0; n < rank; n++)
			axis[n] = n;
	for (int i = 0; i < n; i++)
		along[i] = axis[i];
	if (policy && (scales = scale_of_sizes(m, node, axis, n)) < 0)
		return false;
	checked = tensor_add(m, NULL);
	made = node_add(m, m->node[node].graph, &own_scales, m->node[node].name, 1, &scales, 1, &checked);
	m->node[made].opset = m->node[node].opset;
	rewrite_attr_ints(m, made, "axes", along, n);
	rewrite_attr_ints(m, made, "in", in, rank);
	rewrite_attr_ints(m, made, "sizes", out, rank);
	rewrite_attr(m, made, "rounding")->f = policy ? 0.5 : 0;
	if (policy)
		m->node[node].in[3] = -1;
	m->node[node].in[policy ? 2 : input] = checked;
	return infer_node(m, made);
}
