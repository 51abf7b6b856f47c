/* Integers: element-wise operators over one quantised tensor are a table of its 256 values. The table is what the very
 * nodes give for a constant tensor of all values, so it is exact by construction. */
#include <string.h>

#include "graph/infer.h"
#include "passes/integers.h"
#include "passes/rewrite.h"

enum { MAX_TABLE_NODES = 16 };

/* The nodes between a DequantizeLinear and the value. */
struct chain {
	struct sandwich *s;
	int source;             /* the DequantizeLinear, -1: none yet */
	int n;
};

static bool is_elementwise(const struct op_def *op)
{
	static const char *const names[] = {
#define POINTWISE(name, since, arity, types, result, text, params) #name,
#include "ops/pointwise.def"
#undef POINTWISE
		"Clip", "Gelu", "Mod", "Pow", "Mean",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(names[i], op->name))
			return true;
	return false;
}

/* Whether t is made from constants and one quantised tensor. At most MAX_TABLE_NODES deep. */
static bool gather(struct chain *c, int t, bool last)
{
	struct module *m = c->s->m;
	int node = m->tensor[t].producer;
	struct dequantised d;

	if (m->tensor[t].data)
		return num_is(tensor_elements(m, t), 1);
	if (dequantised_get(m, t, &d)) {
		if (d.n != 1 || m->tensor[d.q].type == DT_I32 || !scale_is_sound((double)dequantised_scale(m, &d, 0)) ||
		    (c->source >= 0 && c->source != node))
			return false;
		c->source = node;
		return true;
	}
	if (node < 0 || m->node[node].n_out != 1 || m->node[node].graph != c->s->graph ||
	    !is_elementwise(m->node[node].op))
		return false;
	if ((!last && !is_private(c->s, t)) || c->n++ == MAX_TABLE_NODES)
		return false;
	for (int i = 0; i < m->node[node].n_in; i++)
		if (m->node[node].in[i] >= 0 && !gather(c, m->node[node].in[i], false))
			return false;
	return true;
}

/* The value of t in the scratch graph when the source's bytes are the constant `values`. */
static bool evaluate(struct chain *c, int graph, int t, int values, int *result)
{
	struct module *m = c->s->m;
	const int node = m->tensor[t].producer;
	struct node x;
	int *in;

	if (m->tensor[t].data) {
		*result = t;
		return true;
	}
	x = m->node[node];
	in = ARENA_ARRAY(m->scratch, x.n_in, int);
	for (int i = 0; i < x.n_in; i++) {
		in[i] = node == c->source && i == 0 ? values : x.in[i];
		if (node != c->source && x.in[i] >= 0 && !evaluate(c, graph, x.in[i], values, &in[i]))
			return false;
	}
	*result = tensor_add(m, NULL);
	return infer_node(m, node_copy(m, graph, node, in, *result)) && m->tensor[*result].data;
}

/* All values of an 8-bit type in rising order. */
static int all_values(struct module *m, enum dtype type)
{
	unsigned char *v = arena_array(m->elements, 256, 1);

	for (int i = 0; i < 256; i++)
		v[i] = (unsigned char)(type == DT_I8 ? i ^ 0x80 : i);
	return const_typed(m, type, 256, v);
}

/* factor: of a table that is a line but for rounding and limits, steps of y for a step of x; else 0. */
static void table_node(struct sandwich *s, int q, const float *v, double factor)
{
	struct module *m = s->m;
	unsigned char *table = arena_array(m->arena, 256, 1);
	int node;

	for (int i = 0; i < 256; i++) {
		int64_t y = v[i] != v[i] ? s->zero : quantised_value(v[i], s->scale, s->zero, s->type);
		y = y < s->low ? s->low : y > s->high ? s->high : y;
		table[i] = (unsigned char)(y & 0xff);
	}
	node = sandwich_node(s, &op_nnc_IntegerTable, 2, (const int[]){ q, const_typed(m, s->type, 256, table) });
	rewrite_attr(m, node, "factor")->f = factor;
}

bool sandwich_requantise(struct sandwich *s, int q, const struct dequantised *d)
{
	float v[256];

	for (int i = 0; i < 256; i++) {
		int64_t step = i - (s->m->tensor[q].type == DT_I8 ? 128 : 0) - dequantised_zero(s->m, d, 0);
		v[i] = (float)step * dequantised_scale(s->m, d, 0);
	}
	table_node(s, q, v, (double)dequantised_scale(s->m, d, 0) / (double)s->scale);
	return true;
}

/* What the chain gives for each of the source's values. Nodes, tensors and elements that it takes are gone afterwards:
 * a model may have a table for every node. */
static bool all_results(struct chain *c, int t, int source, float *v)
{
	struct module *m = c->s->m;
	const struct arena_mark before = arena_mark(m->scratch);
	const int n_tensors = m->n_tensors, n_nodes = m->n_nodes, n_graphs = m->n_graphs;
	int result = -1;
	bool known;

	m->elements = arena_child(m->scratch);
	known = evaluate(c, graph_add(m, "", -1), t, all_values(m, m->tensor[source].type), &result) &&
		m->tensor[result].type == DT_F32 && num_is(tensor_elements(m, result), 256);
	for (int i = 0; i < 256 && known; i++)
		v[i] = (float)const_double(m, result, i);
	m->elements = m->arena;
	m->n_tensors = n_tensors;
	m->n_nodes = n_nodes;
	m->n_graphs = n_graphs;
	arena_release(m->scratch, before);
	return known;
}

bool sandwich_table(struct sandwich *s, int t)
{
	struct module *m = s->m;
	struct chain c = { .s = s, .source = -1 };
	int source;
	float v[256];

	s->why = "not element-wise over one quantised tensor";
	if (!is_private(s, t) && m->tensor[t].producer >= 0 &&
	    strcmp(m->node[m->tensor[t].producer].op->name, "DequantizeLinear") != 0)
		return false;
	if (!gather(&c, t, true) || c.source < 0)
		return false;
	source = m->node[c.source].in[0];
	if (!tensor_same_shape(m, source, s->y))
		return false;
	if (!all_results(&c, t, source, v))
		return false;
	table_node(s, source, v, 0);
	return true;
}
