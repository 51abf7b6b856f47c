/* FlexAttention of ai.onnx.preview: y = prob_mod(softmax(score_mod(scale * q * k'))) * v, the two modifiers being
 * graphs of one input and one output, whose nodes come in their place. */
#include <math.h>

#include "ops/expand.h"

/* What the modifier makes of x: its nodes become nodes of the graph that the node is in. -1: reported. */
static int modified(struct module *m, int node, const char *name, int x)
{
	const struct attr *a = node_attr(m, node, name);
	const int to_graph = m->node[node].graph;
	struct graph *g, *to;
	int *replaced;

	if (!a)
		return x;
	g = &m->graph[a->i];
	if (g->n_in != 1 || g->n_out != 1) {
		node_bad(m, node, "%s has %d inputs and %d outputs, must be 1 and 1", name, g->n_in, g->n_out);
		return -1;
	}
	replaced = ARENA_ARRAY(m->scratch, m->n_tensors, int);
	for (int t = 0; t < m->n_tensors; t++)
		replaced[t] = t == g->in[0] ? x : t;
	tensor_replace_all(m, replaced);
	to = &m->graph[to_graph];
	for (int i = 0; i < g->n_nodes; i++) {
		to->node = ARENA_PUSH(m->arena, to->node, to->n_nodes, int);
		to->node[to->n_nodes++] = g->node[i];
		m->node[g->node[i]].graph = to_graph;
	}
	for (int i = 0; i < m->n_graphs; i++)
		if (m->graph[i].parent == (int)a->i)
			m->graph[i].parent = to_graph;
	g->n_nodes = 0;
	return g->out[0];
}

/* Keys or values, each head of which serves `group` heads that lie together. */
static int repeated(struct module *m, int node, int i, int64_t group)
{
	const struct tensor t = *node_in_tensor(m, node, i);
	const int64_t axis = 2, wide[5] = { 1, 1, group, 1, 1 }, shape[4] = { 0, t.dim[1].n * group, -1, t.dim[3].n };
	int x = node_in(m, node, i);

	if (group == 1)
		return x;
	x = expand_node(m, node, "Unsqueeze", 13, INPUTS(x, tensor_const_ints(m, &axis, 1)), -1);
	x = expand_node(m, node, "Expand", 13, INPUTS(x, tensor_const_ints(m, wide, 5)), -1);
	return expand_node(m, node, "Reshape", 13, INPUTS(x, tensor_const_ints(m, shape, 4)), -1);
}

static int cast_to(struct module *m, int node, int x, enum dtype from, enum dtype type)
{
	return from == type ? x : expand_cast(m, node, x, type, -1);
}

static bool expand_flex_attention(struct module *m, int node)
{
	static const int64_t swapped[] = { 0, 1, 3, 2 };
	const enum dtype type = node_in_type(m, node, 0);
	const struct tensor *q, *k, *v;
	enum dtype precise;
	int64_t group;
	double scale;
	int x, keys;

	for (int i = 0; i < 3; i++)
		if (!node_rank(m, node, i, 4, 4))
			return false;
	q = node_in_tensor(m, node, 0), k = node_in_tensor(m, node, 1), v = node_in_tensor(m, node, 2);
	if (!node_attr_type(m, node, "softmax_precision", type == DT_F64 ? DT_F64 : DT_F32, &precise))
		return false;
	if (!is_float(precise) || !num_is_const(q->dim[1]) || !num_is_const(k->dim[1]) || !num_is_const(k->dim[3]) ||
	    !num_is_const(v->dim[3]))
		return node_unsupported(m, node, "numbers of heads and their sizes must be constants, and "
					"softmax_precision a type of floats");
	if (k->dim[1].n < 1 || q->dim[1].n % k->dim[1].n || !num_same(k->dim[1], v->dim[1]) || q->dim[3].n < 1)
		return node_bad(m, node, "queries, keys and values have shapes %s, %s and %s, allowed: heads of keys "
				"and values that divide those of queries", node_in_shape(m, node, 0),
				node_in_shape(m, node, 1), node_in_shape(m, node, 2));
	group = q->dim[1].n / k->dim[1].n;
	scale = node_attr_float(m, node, "scale", 1 / sqrt((double)q->dim[3].n));
	keys = expand_transpose(m, node, cast_to(m, node, repeated(m, node, 1, group), type, precise), 4, swapped, -1);
	x = expand_node(m, node, "MatMul", 13, INPUTS(cast_to(m, node, node_in(m, node, 0), type, precise), keys), -1);
	x = modified(m, node, "score_mod", expand_mul(m, node, x, tensor_const_doubles(m, precise, 0, NULL, &scale)));
	if (x < 0)
		return false;
	x = expand_node(m, node, "Softmax", 13, INPUTS(x), -1);
	expand_attr(m, x, "axis")->i = -1;
	x = modified(m, node, "prob_mod", x);
	if (x < 0)
		return false;
	x = expand_node(m, node, "MatMul", 13,
			INPUTS(x, cast_to(m, node, repeated(m, node, 2, group), type, precise)), -1);
	expand_cast(m, node, x, type, node_out(m, node, 0));
	return true;
}

#define GRAPH_OPTIONAL(n) { .name = n, .kind = ATTR_GRAPH }

const struct op_def op_preview_FlexAttention_1 = {
	.domain = "ai.onnx.preview", .name = "FlexAttention", .since = 1, .min_in = 3, .max_in = 3, .min_out = 1,
	.max_out = 1, .types = TYPES("fh", "T", "T"), .expand = expand_flex_attention,
	.attrs = ATTRS(GRAPH_OPTIONAL("prob_mod"), FLOAT_OPTIONAL("scale"), GRAPH_OPTIONAL("score_mod"),
		       INT_OPTIONAL("softmax_precision")),
};
