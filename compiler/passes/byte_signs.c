/* One kind of bytes: where the target's products of bytes take unsigned images (vpdpbusd) or signed ones (sdot),
 * integer tensors of the other kind become of this one. Each element gets its top bit turned, each zero point 128
 * more or less:
 *
 *     (x - zero) * scale = ((x + 128) - (zero + 128)) * scale        x from -128 to 127, x + 128 from 0 to 255
 *
 * so that signed and unsigned models run alike and no kernel tests a sign. Tensors that movement ties together turn
 * together, and only where a convolution or matrix product reads or makes one of them; at the model's inputs and
 * outputs an IntegerFlip turns every element.
 *
 * Requires the integer operators, types and shapes. Ensures definition-before-use order. Legal: every operator that
 * touches a turned tensor gives the same numbers for it, turned. Bit-exact. Linear in nodes and tensors. */
#include <string.h>

#include "graph/infer.h"
#include "kernels/choose.h"
#include "passes/pass.h"
#include "passes/rewrite.h"
#include "passes/sandwich.h"

struct signs {
	struct module *m;
	enum dtype from, to;
	int n; /* tensors when the pass began */
	int *class; /* tensors that must turn together: a parent each, itself at the root */
	bool *stays; /* by root: something that touches one of them has no rule */
	bool *pays; /* by root: a kernel reads or writes one */
};

/* How an operator takes part. */
struct rule {
	const char *op;
	int inputs; /* the first so many turn; -1: all */
	bool moves; /* inputs and output turn together */
	bool has_kernel;
	/** Rewrites the node for input 0 (and all others of a class) or its output turned; both NULL: nothing to do. */
	void (*turn_in)(const struct signs *s, int node, int input);
	void (*turn_out)(const struct signs *s, int node);
};

/* --- Constants ---------------------------------------------------------------------------------------------------- */

static int64_t turned(const struct signs *s, int64_t v)
{
	return v + (s->to == DT_U8 ? 128 : -128);
}

/* The constant t with every byte turned. */
static int turned_constant(const struct signs *s, int t)
{
	struct module *m = s->m;
	const struct tensor c = m->tensor[t];
	const int64_t n = tensor_elements(m, t).n;
	unsigned char *v = arena_array(m->arena, (size_t)n, 1);
	int64_t dim[MAX_RANK];
	int copy;

	for (int64_t i = 0; i < n; i++)
		v[i] = ((const unsigned char *)c.data)[i] ^ 0x80;
	for (int k = 0; k < c.rank; k++)
		dim[k] = c.dim[k].n;
	copy = tensor_const(m, c.name, s->to, c.rank, dim, v);
	return copy;
}

static void turn_input(const struct signs *s, int node, int input)
{
	int *in = s->m->node[node].in;

	in[input] = turned_constant(s, in[input]);
}

/* A zero point that may be absent, which is 0. */
static void turn_zero(const struct signs *s, int node, int input)
{
	struct module *m = s->m;
	struct node *n = &m->node[node];
	int *in;

	if (node_in(m, node, input) >= 0) {
		turn_input(s, node, input);
		return;
	}
	in = ARENA_ARRAY(m->arena, input + 1, int);
	for (int i = 0; i <= input; i++)
		in[i] = i < n->n_in ? n->in[i] : -1;
	in[input] = const_zero_point(m, s->to, turned(s, 0));
	n = &m->node[node];
	n->in = in;
	n->n_in = input + 1 > n->n_in ? input + 1 : n->n_in;
}

static void turn_limits(const struct signs *s, int node)
{
	struct attr *low = rewrite_attr(s->m, node, "low"), *high = rewrite_attr(s->m, node, "high");

	low->i = turned(s, low->i);
	high->i = turned(s, high->i);
}

/* --- Operators ---------------------------------------------------------------------------------------------------- */

static void scaled_in(const struct signs *s, int node, int input)
{
	(void)input;
	turn_input(s, node, INTEGER_X_ZERO);
}

static void scaled_out(const struct signs *s, int node)
{
	turn_input(s, node, INTEGER_Y_ZERO);
	turn_limits(s, node);
}

static void table_out(const struct signs *s, int node)
{
	turn_input(s, node, 1);
}

static void softmax_out(const struct signs *s, int node)
{
	struct attr *zero = rewrite_attr(s->m, node, "zero");

	rewrite_attr(s->m, node, "type")->i = (int64_t)s->to;
	zero->i = turned(s, zero->i);
}

/* What dequantises input `input` inside. */
static void group_in(const struct signs *s, int node, int input)
{
	struct module *m = s->m;
	const struct graph *body = &m->graph[node_attr(m, node, "body")->i];

	for (int i = 0; i < body->n_nodes; i++)
		if (!strcmp(m->node[body->node[i]].op->name, "DequantizeLinear") &&
		    m->node[body->node[i]].in[0] == body->in[input])
			turn_zero(s, body->node[i], 2);
	m->tensor[body->in[input]].type = s->to;
}

static void group_out(const struct signs *s, int node)
{
	struct module *m = s->m;
	const int y = m->graph[node_attr(m, node, "body")->i].out[0];

	turn_zero(s, m->tensor[y].producer, 2);
	m->tensor[y].type = s->to;
	turn_limits(s, node);
}

static void quantize_out(const struct signs *s, int node)
{
	turn_zero(s, node, 2);
}

static void dequantize_in(const struct signs *s, int node, int input)
{
	(void)input;
	turn_zero(s, node, 2);
}

static void pad_in(const struct signs *s, int node, int input)
{
	(void)input;
	if (node_attr_is(s->m, node, "mode", "constant"))
		turn_input(s, node, 2);
}

static const struct rule rules[] = {
	{ "IntegerConv", 1, false, true, scaled_in, scaled_out },
	{ "IntegerMatMul", 1, false, true, scaled_in, scaled_out },
	{ "IntegerTable", 1, false, false, NULL, table_out }, /* in rising order of x: the same for both kinds */
	{ "IntegerSoftmax", 1, false, false, NULL, softmax_out }, /* differences of x alone */
	{ "IntegerGroup", -1, false, false, group_in, group_out },
	{ "QuantizeLinear", 0, false, false, NULL, quantize_out },
	{ "DequantizeLinear", 1, false, false, dequantize_in, NULL },
	{ "Concat", -1, true, false, NULL, NULL },
	{ "DepthToSpace", 1, true, false, NULL, NULL },
	{ "Expand", 1, true, false, NULL, NULL },
	{ "Flatten", 1, true, false, NULL, NULL },
	{ "Gather", 1, true, false, NULL, NULL },
	{ "Identity", 1, true, false, NULL, NULL },
	{ "MaxPool", 1, true, false, NULL, NULL },
	{ "Pad", 1, true, false, pad_in, NULL },
	{ "Reshape", 1, true, false, NULL, NULL },
	{ "Slice", 1, true, false, NULL, NULL },
	{ "SpaceToDepth", 1, true, false, NULL, NULL },
	{ "Squeeze", 1, true, false, NULL, NULL },
	{ "Tile", 1, true, false, NULL, NULL },
	{ "Transpose", 1, true, false, NULL, NULL },
	{ "Unsqueeze", 1, true, false, NULL, NULL },
};

/* Zero points that are not constants, and fills that are not given, have no rule. */
static bool is_plain(const struct module *m, int node)
{
	const char *op = m->node[node].op->name;
	int zero = -1;

	if (!strcmp(op, "QuantizeLinear") || !strcmp(op, "DequantizeLinear"))
		zero = node_in(m, node, 2);
	else if (!strcmp(op, "Pad") && node_attr_is(m, node, "mode", "constant") && node_in(m, node, 2) < 0)
		return false;
	return (zero < 0 || m->tensor[zero].data) && !node_attr_int(m, node, "output_dtype", 0);
}

static const struct rule *rule_of(const struct module *m, int node)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (!strcmp(rules[i].op, m->node[node].op->name))
			return is_plain(m, node) ? &rules[i] : NULL;
	return NULL;
}

/* --- What turns --------------------------------------------------------------------------------------------------- */

static int root(const struct signs *s, int t)
{
	while (s->class[t] != t)
		t = s->class[t] = s->class[s->class[t]];
	return t;
}

static bool is_candidate(const struct signs *s, int t)
{
	return t >= 0 && t < s->n && s->m->tensor[t].type == s->from && !s->m->tensor[t].data;
}

static bool turns(const struct signs *s, int t)
{
	return is_candidate(s, t) && s->pays[root(s, t)] && !s->stays[root(s, t)];
}

static bool takes(const struct rule *r, int input)
{
	return r && (r->inputs < 0 || input < r->inputs);
}

/* Joins and marks what a node touches. */
static void look(const struct signs *s, int node)
{
	const struct node *n = &s->m->node[node];
	const struct rule *r = rule_of(s->m, node);

	for (int i = 0; i < n->n_in; i++) {
		if (!is_candidate(s, n->in[i]))
			continue;
		if (!takes(r, i))
			s->stays[root(s, n->in[i])] = true;
		else if (r->has_kernel)
			s->pays[root(s, n->in[i])] = true;
	}
	for (int i = 0; i < n->n_out; i++) {
		if (!is_candidate(s, n->out[i]))
			continue;
		if (!r || i > 0)
			s->stays[root(s, n->out[i])] = true;
		else if (r->has_kernel)
			s->pays[root(s, n->out[i])] = true;
	}
}

/* Joins what movement ties together, marks included: afterwards a class is as good as its worst member. */
static void join(const struct signs *s, int node)
{
	const struct node *n = &s->m->node[node];
	const struct rule *r = rule_of(s->m, node);

	for (int i = 0; r && r->moves && i < n->n_in; i++) {
		int a, b;
		if (!takes(r, i) || !is_candidate(s, n->in[i]) || !is_candidate(s, n->out[0]))
			continue;
		a = root(s, n->in[i]);
		b = root(s, n->out[0]);
		s->class[a] = b;
		s->stays[b] |= s->stays[a];
		s->pays[b] |= s->pays[a];
	}
}

/* Values that cross the border of a sub-graph stay: loops and branches have no rule. */
static void look_everywhere(const struct signs *s, bool *is_body)
{
	struct module *m = s->m;

	for (int i = 0; i < m->n_nodes; i++)
		if (!strcmp(m->node[i].op->name, "IntegerGroup"))
			is_body[node_attr(m, i, "body")->i] = true;
	for (int pass = 0; pass < 2; pass++) {
		for (int g = 0; g < m->n_graphs; g++) {
			const struct graph *graph = &m->graph[g];
			if (is_body[g])
				continue;
			for (int i = 0; i < graph->n_nodes; i++)
				(pass ? join : look)(s, graph->node[i]);
			for (int i = 0; g && !pass && i < graph->n_in; i++)
				s->stays[root(s, graph->in[i])] = true;
			for (int i = 0; g && !pass && i < graph->n_out; i++)
				s->stays[root(s, graph->out[i])] = true;
		}
	}
}

/* --- Turning ------------------------------------------------------------------------------------------------------ */

static void turn_node(const struct signs *s, int node)
{
	struct module *m = s->m;
	const struct rule *r = rule_of(m, node);
	const bool out = turns(s, m->node[node].out[0]);

	for (int i = 0; takes(r, i) && i < m->node[node].n_in; i++) {
		const int t = m->node[node].in[i];
		if (turns(s, t) && r->turn_in)
			r->turn_in(s, node, i);
		else if (r->moves && out && t >= 0 && m->tensor[t].data)
			turn_input(s, node, i);
	}
	if (r && out && r->turn_out)
		r->turn_out(s, node);
}

/* A turned tensor's type and zero point. */
static void retype(const struct signs *s, int t)
{
	struct tensor *x = &s->m->tensor[t];
	struct quant *q;
	int32_t *zero;

	x->type = s->to;
	if (!x->quant)
		return;
	q = ARENA_NEW(s->m->arena, struct quant);
	zero = ARENA_ARRAY(s->m->arena, x->quant->n, int32_t);
	for (int i = 0; i < x->quant->n; i++)
		zero[i] = (int32_t)turned(s, x->quant->zero[i]);
	*q = *x->quant;
	q->zero = zero;
	s->m->tensor[t].quant = q;
}

/* Turns elements between t, which the model keeps, and the tensor that everything else has in its place. */
static void add_flip(struct module *m, int t, int inner)
{
	const char *name = m->tensor[t].name;
	const int producer = m->tensor[t].producer;

	if (producer < 0) {
		node_add(m, 0, &op_nnc_IntegerFlip, name, 1, &t, 1, &inner);
		return;
	}
	m->node[producer].out[0] = inner;
	m->tensor[inner].producer = producer;
	node_add(m, 0, &op_nnc_IntegerFlip, name, 1, &inner, 1, &t);
}

/* Inputs and outputs of the model that turn: a turned tensor takes their place everywhere else. */
static void keep_edges(const struct signs *s, const bool *is_edge)
{
	struct module *m = s->m;
	const struct graph *g = &m->graph[0];
	int *to = ARENA_ARRAY(m->scratch, 2 * s->n, int), *out = ARENA_ARRAY(m->scratch, g->n_out, int);

	for (int t = 0; t < 2 * s->n; t++)
		to[t] = t;
	for (int t = 0; t < s->n; t++) {
		const struct tensor x = m->tensor[t];
		if (!is_edge[t] || !turns(s, t))
			continue;
		to[t] = tensor_like(m, NULL, s->from, x.rank, x.dim);
		m->tensor[to[t]].quant = x.quant;
		retype(s, to[t]);
	}
	for (int i = 0; i < g->n_out; i++)
		out[i] = g->out[i];
	tensor_replace_all(m, to);
	for (int i = 0; i < g->n_out; i++)
		m->graph[0].out[i] = out[i];
	for (int t = 0; t < s->n; t++)
		if (to[t] != t)
			add_flip(m, t, to[t]);
}

/* Which tensors are inputs or outputs of the model. */
static bool *edges_of(const struct module *m)
{
	bool *is_edge = ARENA_ARRAY(m->scratch, m->n_tensors, bool);

	for (int i = 0; i < m->graph[0].n_in; i++)
		is_edge[m->graph[0].in[i]] = true;
	for (int i = 0; i < m->graph[0].n_out; i++)
		is_edge[m->graph[0].out[i]] = true;
	return is_edge;
}

bool pass_byte_signs(struct module *m)
{
	struct signs s = { .m = m, .to = kernel_bytes(m->target), .n = m->n_tensors };
	const bool *is_edge;
	bool *is_body;

	if (s.to == DT_NONE)
		return true;
	s.from = s.to == DT_U8 ? DT_I8 : DT_U8;
	s.class = ARENA_ARRAY(m->scratch, s.n, int);
	s.stays = ARENA_ARRAY(m->scratch, s.n, bool);
	s.pays = ARENA_ARRAY(m->scratch, s.n, bool);
	is_body = ARENA_ARRAY(m->scratch, m->n_graphs, bool);
	for (int t = 0; t < s.n; t++)
		s.class[t] = t;
	look_everywhere(&s, is_body);
	is_edge = edges_of(m);
	for (int g = 0; g < m->n_graphs; g++)
		for (int i = 0; !is_body[g] && i < m->graph[g].n_nodes; i++)
			turn_node(&s, m->graph[g].node[i]);
	keep_edges(&s, is_edge);
	for (int t = 0; t < s.n; t++)
		if (!is_edge[t] && turns(&s, t))
			retype(&s, t);
	return graph_sort(m, 0);
}
