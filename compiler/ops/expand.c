#include "ops/expand.h"

int expand_many(struct module *m, int like, const char *op, int opset, int n_in, const int *in, int n_out, int *out)
{
	const struct op_def *def = op_find("", op, opset, &(bool){ false });
	const struct place at = node_place(m, like);
	int node;

	if (!def)
		die("operator %s-%d is in no table", op, opset);
	for (int i = 0; i < n_out; i++)
		if (out[i] < 0)
			out[i] = tensor_add(m, NULL);
	while (n_in > 1 && n_in > def->min_in && in[n_in - 1] < 0)
		n_in--;
	node = node_add(m, m->node[like].graph, def, at.node, n_in, in, n_out, out);
	m->node[node].opset = opset;
	m->node[node].called = arena_printf(m->arena, "%s-%d as %s", at.op, at.opset, op);
	return node;
}

int expand_node(struct module *m, int like, const char *op, int opset, int n_in, const int *in, int out)
{
	expand_many(m, like, op, opset, n_in, in, 1, &out);
	return out;
}

int expand_core(struct module *m, int like, const char *op, int opset, int n_in, const int *in, int out)
{
	const int t = expand_node(m, like, op, opset, n_in, in, out);
	const struct node core = m->node[m->tensor[t].producer];

	for (int k = 0; core.op->attrs && core.op->attrs[k].name; k++) {
		const struct attr *from = node_attr(m, like, core.op->attrs[k].name);
		if (from && from->kind == core.op->attrs[k].kind)
			core.attr[k] = *from;
	}
	return t;
}

struct attr *expand_attr(struct module *m, int t, const char *name)
{
	return rewrite_attr(m, m->tensor[t].producer, name);
}

int expand_transpose(struct module *m, int like, int x, int rank, const int64_t *perm, int out)
{
	const int t = expand_node(m, like, "Transpose", 13, INPUTS(x), out);

	rewrite_attr_ints(m, m->tensor[t].producer, "perm", perm, rank);
	return t;
}

int expand_channels_second(struct module *m, int like, int x, int rank)
{
	int64_t perm[MAX_RANK];

	for (int k = 0; k < rank; k++)
		perm[k] = k == 0 ? 0 : k == 1 ? rank - 1 : k - 1;
	return expand_transpose(m, like, x, rank, perm, -1);
}

int expand_channels_last(struct module *m, int like, int x, int rank, int out)
{
	int64_t perm[MAX_RANK];

	for (int k = 0; k < rank; k++)
		perm[k] = k == 0 ? 0 : k == rank - 1 ? 1 : k + 1;
	return expand_transpose(m, like, x, rank, perm, out);
}

int expand_cast(struct module *m, int like, int x, enum dtype type, int out)
{
	const int t = expand_node(m, like, "Cast", 13, INPUTS(x), out);

	expand_attr(m, t, "to")->i = dtypes[type].onnx;
	return t;
}

int expand_pick(struct module *m, int like, int x, int64_t index)
{
	int64_t *data = ARENA_NEW(m->arena, int64_t);

	*data = index;
	return expand_node(m, like, "Gather", 13, INPUTS(x, tensor_const(m, NULL, DT_I64, 0, NULL, data)), -1);
}

int expand_mul(struct module *m, int like, int x, int y)
{
	return expand_node(m, like, "Mul", 13, INPUTS(x, y), -1);
}

int expand_add(struct module *m, int like, int x, int y, int out)
{
	return expand_node(m, like, "Add", 13, INPUTS(x, y), out);
}

void expand_split(struct module *m, int like, int x, int64_t axis, int n, int *part)
{
	for (int k = 0; k < n; k++)
		part[k] = -1;
	rewrite_attr(m, expand_many(m, like, "Split", 13, INPUTS(x), n, part), "axis")->i = axis;
}

int expand_zero(struct module *m, enum dtype type)
{
	const void *zero = arena_array(m->arena, 1, (size_t)dtypes[type].bytes);

	return tensor_const(m, NULL, type, 0, NULL, zero);
}

int expand_dequantize(struct module *m, int like, int first)
{
	const int q = node_in(m, like, first), scale = node_in(m, like, first + 1), zero = node_in(m, like, first + 2);

	return expand_node(m, like, "DequantizeLinear", 13, INPUTS(q, scale, zero), -1);
}

void expand_quantize(struct module *m, int like, int v, int scale, int zero, enum dtype type, int out)
{
	expand_node(m, like, "QuantizeLinear", 13, INPUTS(v, scale, zero < 0 ? expand_zero(m, type) : zero), out);
}

bool expand_check_bytes(struct module *m, int node, int i)
{
	const enum dtype type = node_in_type(m, node, i);

	return type == DT_NONE || dtypes[type].bytes == 1 ||
	       node_unsupported(m, node, "input %d is %s, allowed: int8 uint8", i, dtypes[type].name);
}

static bool check_one(struct module *m, int node, int i)
{
	return node_in(m, node, i) < 0 || num_is(tensor_elements(m, node_in(m, node, i)), 1) ||
	       node_bad(m, node, "input %d has shape %s, allowed: one element", i, node_in_shape(m, node, i));
}

bool expand_check_scale(struct module *m, int node, int i)
{
	return check_one(m, node, i) && check_one(m, node, i + 1);
}
