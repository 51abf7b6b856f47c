/* Integers: element-wise operators over one quantised tensor, and tables of it, are a table of its 256 values. The
 * table is what the very nodes give for a constant tensor of all values, so it is exact by construction. Constants may
 * have an element for each index of one axis, which then has a table for each. Bytes that Cast makes floats of are
 * quantised with scale 1. */
#include <string.h>

#include "graph/infer.h"
#include "passes/integers.h"
#include "passes/rewrite.h"

enum { MAX_TABLE_NODES = 16, MOST_TABLES = 16 };

/* The nodes between a tensor of bytes and the value. */
struct chain {
	struct sandwich *s;
	int source;             /* the bytes, -1: none yet */
	int n;
	int behind;             /* the axis along which constants differ has so many behind it; -1: none does */
	int64_t extent;         /* of that axis */
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

/* What the bytes of t are a table of; -1: of nothing. */
static int table_of(const struct module *m, int t)
{
	const int node = m->tensor[t].producer;

	return node >= 0 && m->node[node].op == &op_nnc_IntegerTable && node_in_tensor(m, node, 1)->rank == 1 ?
	       node_in(m, node, 0) : -1;
}

static bool is_made_of(const struct module *m, int t, int source)
{
	while (t >= 0 && t != source)
		t = table_of(m, t);
	return t >= 0;
}

/* Whether the bytes q and those met before are the same, or tables of the same, which is the source from now on. */
static bool meet(struct chain *c, int q)
{
	int source = c->source < 0 ? q : c->source;

	while (source >= 0 && !is_made_of(c->s->m, q, source))
		source = table_of(c->s->m, source);
	c->source = source;
	return source >= 0;
}

/* A constant of one element, or of one for each index of the axis that the chain has. */
static bool meet_constant(struct chain *c, int t)
{
	const struct tensor *x = &c->s->m->tensor[t];
	int axis = -1;

	for (int k = 0; k < x->rank; k++) {
		if (num_is(x->dim[k], 1))
			continue;
		if (axis >= 0 || !num_is_const(x->dim[k]) || x->dim[k].n < 1)
			return false;
		axis = k;
	}
	if (axis < 0)
		return true;
	if (c->behind >= 0 && (c->behind != x->rank - 1 - axis || c->extent != x->dim[axis].n))
		return false;
	c->behind = x->rank - 1 - axis;
	c->extent = x->dim[axis].n;
	return true;
}

/* Bytes as floats of the same value. */
static bool is_bytes_cast(const struct module *m, int node)
{
	return node_is(m, node, "Cast") && m->tensor[node_out(m, node, 0)].type == DT_F32 &&
	       (node_in_type(m, node, 0) == DT_U8 || node_in_type(m, node, 0) == DT_I8) &&
	       !m->tensor[node_in(m, node, 0)].data;
}

/* Whether t is made from constants and one quantised tensor. At most MAX_TABLE_NODES deep. */
static bool gather(struct chain *c, int t, bool last)
{
	struct module *m = c->s->m;
	int node = m->tensor[t].producer;
	struct dequantised d;

	if (m->tensor[t].data)
		return meet_constant(c, t);
	if (dequantised_get(m, t, &d)) {
		return d.n == 1 && m->tensor[d.q].type != DT_I32 &&
		       scale_is_sound((double)dequantised_scale(m, &d, 0)) && meet(c, d.q);
	}
	if (node >= 0 && is_bytes_cast(m, node))
		return meet(c, node_in(m, node, 0));
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

	if (m->tensor[t].data || t == c->source) {
		*result = t == c->source ? values : t;
		return true;
	}
	x = m->node[node];
	in = ARENA_ARRAY(m->scratch, x.n_in, int);
	for (int i = 0; i < x.n_in; i++) {
		in[i] = x.in[i];
		if (x.in[i] >= 0 && !evaluate(c, graph, x.in[i], values, &in[i]))
			return false;
	}
	*result = tensor_add(m, NULL);
	return infer_node(m, node_copy(m, graph, node, in, *result)) && m->tensor[*result].data;
}

/* All values of the source's 8-bit type in rising order, along an axis in front of all; the others have one index,
 * which stands for all. */
static int all_values(const struct chain *c)
{
	struct module *m = c->s->m;
	const struct tensor source = m->tensor[c->source];
	unsigned char *v = arena_array(m->elements, 256, 1);
	int64_t dim[MAX_RANK] = { 256 };

	for (int i = 0; i < 256; i++)
		v[i] = (unsigned char)(source.type == DT_I8 ? i ^ 0x80 : i);
	if (c->behind < 0)
		return const_typed(m, source.type, 256, v);
	for (int k = 1; k <= source.rank; k++)
		dim[k] = 1;
	return tensor_const(m, NULL, source.type, source.rank + 1, dim, v);
}

/* 256 bytes for values v[0], v[step], v[2 * step] and on. */
static void quantise_all(const struct sandwich *s, const float *v, int64_t step, unsigned char *table)
{
	for (int i = 0; i < 256; i++, v += step) {
		int64_t y = *v != *v ? s->zero : quantised_value(*v, s->scale, s->zero, s->type);
		y = y < s->low ? s->low : y > s->high ? s->high : y;
		table[i] = (unsigned char)(y & 0xff);
	}
}

/* factor: of a table that is a line but for rounding and limits, steps of y for a step of x; else 0. */
static void table_node(struct sandwich *s, int q, const float *v, double factor)
{
	struct module *m = s->m;
	unsigned char *table = arena_array(m->arena, 256, 1);
	int node;

	quantise_all(s, v, 1, table);
	node = sandwich_node(s, &op_nnc_IntegerTable, 2, (const int[]){ q, const_typed(m, s->type, 256, table) });
	rewrite_attr(m, node, "factor")->f = factor;
}

/* A table for each index of the chain's axis, v[0] … v[extent - 1] being of the lowest byte; one if all are the same.
 */
static void tables_node(const struct chain *c, const float *v)
{
	struct sandwich *s = c->s;
	struct module *m = s->m;
	const int64_t n = c->extent, dim[] = { n, 256 };
	unsigned char *table = arena_array(m->arena, (size_t)n, 256);
	bool differ = false;
	int node;

	for (int64_t k = 0; k < n; k++) {
		quantise_all(s, v + k, n, table + 256 * k);
		differ |= memcmp(table, table + 256 * k, 256) != 0;
	}
	node = sandwich_node(s, &op_nnc_IntegerTable, 2, (const int[]){ c->source,
			     differ ? tensor_const(m, NULL, s->type, 2, dim, table) :
				      const_typed(m, s->type, 256, table) });
	rewrite_attr(m, node, "axis")->i = differ ? m->tensor[c->source].rank - 1 - c->behind : 0;
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

/* What the chain gives for each of the source's values, for each index of its axis. Nodes, tensors and elements that
 * it takes are gone afterwards: a model may have a table for every node. */
static bool all_results(struct chain *c, int t, float *v)
{
	struct module *m = c->s->m;
	const struct arena_mark before = arena_mark(m->scratch);
	const int n_tensors = m->n_tensors, n_nodes = m->n_nodes, n_graphs = m->n_graphs;
	int result = -1;
	bool known;

	m->elements = arena_child(m->scratch);
	known = evaluate(c, graph_add(m, "", -1), t, all_values(c), &result) &&
		m->tensor[result].type == DT_F32 && num_is(tensor_elements(m, result), 256 * c->extent);
	for (int i = 0; i < 256 * c->extent && known; i++)
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
	struct chain c = { .s = s, .source = -1, .behind = -1, .extent = 1 };
	float *v;

	s->why = "not element-wise over one quantised tensor";
	if (!is_private(s, t) && m->tensor[t].producer >= 0 &&
	    strcmp(m->node[m->tensor[t].producer].op->name, "DequantizeLinear") != 0)
		return false;
	if (!gather(&c, t, true) || c.source < 0)
		return false;
	if (!tensor_same_shape(m, c.source, s->y) || c.extent > MOST_TABLES || m->tensor[c.source].rank == MAX_RANK)
		return false;
	v = ARENA_ARRAY(m->scratch, 256 * c.extent, float);
	if (!all_results(&c, t, v))
		return false;
	tables_node(&c, v);
	return true;
}
