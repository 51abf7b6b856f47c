/* Bodies of sub-graphs, copied for each turn: loops that carry sequences, whose length grows. */
#include "ops/bundle.h"

#include <string.h>

#include "ops/control.h"
#include "ops/expand.h"

static int *copied(struct module *m, const int *v, int n, const int *to, int n_to)
{
	int *copy = ARENA_ARRAY(m->arena, n, int);

	for (int i = 0; i < n; i++)
		copy[i] = v[i] >= 0 && v[i] < n_to ? to[v[i]] : v[i];
	return copy;
}

/* A new tensor in place of t, of which the model says the same. */
static int tensor_again(struct module *m, int t)
{
	const struct tensor old = m->tensor[t];
	const int made = tensor_add(m, old.name);

	m->tensor[made].type = old.type;
	m->tensor[made].rank = old.rank;
	memcpy(m->tensor[made].dim, old.dim, sizeof old.dim);
	return made;
}

static void clone_into(struct module *m, int body, int graph, int *to, int n_to);

/* The attribute of a copied node; sub-graphs are copied. */
static struct attr attr_again(struct module *m, const struct attr *a, int graph, int *to, int n_to)
{
	struct attr copy = *a;

	if (a->kind != ATTR_GRAPH)
		return copy;
	copy.i = graph_add(m, m->graph[a->i].name, graph);
	m->graph[copy.i].refused = m->graph[a->i].refused;
	for (int i = 0; i < m->graph[a->i].n_in; i++) {
		to[m->graph[a->i].in[i]] = tensor_again(m, m->graph[a->i].in[i]);
	}
	m->graph[copy.i].n_in = m->graph[a->i].n_in;
	m->graph[copy.i].in = copied(m, m->graph[a->i].in, m->graph[a->i].n_in, to, n_to);
	clone_into(m, (int)a->i, (int)copy.i, to, n_to);
	m->graph[copy.i].n_out = m->graph[a->i].n_out;
	m->graph[copy.i].out = copied(m, m->graph[a->i].out, m->graph[a->i].n_out, to, n_to);
	return copy;
}

/* Depth is bounded by MAX_NESTING. */
static void clone_into(struct module *m, int body, int graph, int *to, int n_to)
{
	for (int i = 0; i < m->graph[body].n_nodes; i++) {
		const struct node n = m->node[m->graph[body].node[i]];
		int made;

		for (int k = 0; k < n.n_out; k++)
			if (n.out[k] >= 0)
				to[n.out[k]] = tensor_again(m, n.out[k]);
		made = node_add(m, graph, n.op, n.name, n.n_in, copied(m, n.in, n.n_in, to, n_to), n.n_out,
				copied(m, n.out, n.n_out, to, n_to));
		m->node[made].opset = n.opset;
		m->node[made].called = n.called;
		for (int k = 0; n.op->attrs && n.op->attrs[k].name; k++) {
			const struct attr a = attr_again(m, &n.attr[k], graph, to, n_to);
			m->node[made].attr[k] = a;
		}
	}
}

void graph_clone(struct module *m, int body, int like, int *to)
{
	clone_into(m, body, m->node[like].graph, to, m->n_tensors);
}

/* --- Loop --------------------------------------------------------------------------------------------------------- */

static int scalar(struct module *m, enum dtype type, int64_t v)
{
	int64_t *data = ARENA_NEW(m->arena, int64_t);
	uint8_t *flag = ARENA_NEW(m->arena, uint8_t);

	*data = v;
	*flag = v != 0;
	return tensor_const(m, NULL, type, 0, NULL, type == DT_BOOL ? (const void *)flag : data);
}

/* The body hands its condition on as it is. */
static bool runs_on(const struct module *m, const struct loop *x)
{
	int t = x->go_out, node;

	while (t != x->go_in && (node = m->tensor[t].producer) >= 0 && !strcmp(m->node[node].op->name, "Identity"))
		t = m->node[node].in[0];
	return t == x->go_in || (tensor_is_const(m, t) && const_int(m, t, 0));
}

static bool read_turns(struct module *m, int node, const struct loop *x, int64_t *turns)
{
	enum { MOST_TURNS = 1 << 10 };
	const int64_t *v, *limit;
	int n;

	if (!node_constants(m, node, NULL, 0, &limit, &n) || !node_constants(m, node, NULL, 1, &v, &n))
		return false;
	if (n > 0 && !v[0]) {
		*turns = 0;
		return true;
	}
	if (!runs_on(m, x) || x->limit < 0)
		return node_unsupported(m, node, "carries a sequence, and the number of turns depends on what they do");
	*turns = limit[0] > 0 ? limit[0] : 0;
	return *turns <= MOST_TURNS || node_unsupported(m, node, "carries a sequence for %lld turns, allowed: up to %d",
							(long long)*turns, MOST_TURNS);
}

/* What the turns' parts of output i make. */
static void stack(struct module *m, int node, int out, int *part, int64_t turns)
{
	const int64_t axis = 0;

	if (out < 0)
		return;
	for (int64_t k = 0; k < turns; k++)
		part[k] = expand_node(m, node, "Unsqueeze", 13, INPUTS(part[k], tensor_const_ints(m, &axis, 1)), -1);
	expand_node(m, node, "Concat", 13, (int)turns, part, out);
	expand_attr(m, out, "axis")->i = 0;
}

bool loop_unroll(struct module *m, int node)
{
	int *var, **part, *to;
	struct loop x;
	int64_t turns;

	if (!loop_read(m, node, &x) || !read_turns(m, node, &x, &turns))
		return false;
	if (x.n_parts && turns < 1)
		return node_unsupported(m, node, "carries a sequence and stacks outputs of no turns");
	var = copied(m, x.init, x.n_carried, NULL, 0);
	part = ARENA_ARRAY(m->scratch, x.n_parts, int *);
	for (int i = 0; i < x.n_parts; i++)
		part[i] = ARENA_ARRAY(m->scratch, turns, int);
	for (int64_t k = 0; k < turns; k++) {
		const int n = m->n_tensors;
		to = ARENA_ARRAY(m->scratch, n, int);
		for (int t = 0; t < n; t++)
			to[t] = t;
		to[x.counter] = scalar(m, DT_I64, k);
		to[x.go_in] = scalar(m, DT_BOOL, 1);
		for (int i = 0; i < x.n_carried; i++)
			to[x.var[i]] = var[i];
		clone_into(m, x.body, m->node[node].graph, to, n);
		for (int i = 0; i < x.n_carried; i++)
			var[i] = to[x.next[i]];
		for (int i = 0; i < x.n_parts; i++)
			part[i][k] = to[x.part[i]];
	}
	for (int i = 0; i < x.n_carried; i++)
		if (node_out(m, node, i) >= 0)
			bundle_copy(m, node, var[i], node_out(m, node, i));
	for (int i = 0; i < x.n_parts; i++)
		stack(m, node, node_out(m, node, x.n_carried + i), part[i], turns);
	graph_drop(m, x.body);
	return true;
}
