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

/* Nodes of a graph and of those inside, with their inputs and outputs. Depth is bounded by MAX_NESTING. */
static int64_t graph_size(const struct module *m, int graph)
{
	const struct graph *g = &m->graph[graph];
	int64_t size = g->n_in + g->n_out;

	for (int i = 0; i < g->n_nodes; i++) {
		const struct node *n = &m->node[g->node[i]];
		size += 1 + n->n_in + n->n_out;
		for (int k = 0; n->op->attrs && n->op->attrs[k].name; k++)
			size += n->attr[k].kind == ATTR_GRAPH ? graph_size(m, (int)n->attr[k].i) : 0;
	}
	return size;
}

bool clones_begin(struct clones *c, struct module *m, int node, int body, int64_t times)
{
	const int64_t size = graph_size(m, body);

	if (times > 0 && size > (MAX_COPIED - m->n_copied) / times)
		return node_unsupported(m, node, "%lld turns of %lld nodes, inputs and outputs to be written out, "
				"allowed in all: %d", (long long)times, (long long)size, MAX_COPIED);
	m->n_copied += times * size;
	*c = (struct clones){ node, body, m->n_tensors, ARENA_ARRAY(m->scratch, m->n_tensors, int) };
	return true;
}

void clones_next(struct clones *c)
{
	for (int t = 0; t < c->n; t++)
		c->to[t] = t;
}

void clones_add(struct clones *c, struct module *m)
{
	clone_into(m, c->body, m->node[c->node].graph, c->to, c->n);
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
	int *var, **part;
	struct clones c;
	struct loop x;
	int64_t turns;

	if (!loop_read(m, node, &x) || !read_turns(m, node, &x, &turns))
		return false;
	if (x.n_parts && turns < 1)
		return node_unsupported(m, node, "carries a sequence and stacks outputs of no turns");
	if (!clones_begin(&c, m, node, x.body, turns))
		return false;
	var = copied(m, x.init, x.n_carried, NULL, 0);
	part = ARENA_ARRAY(m->scratch, x.n_parts, int *);
	for (int i = 0; i < x.n_parts; i++)
		part[i] = ARENA_ARRAY(m->scratch, turns, int);
	for (int64_t k = 0; k < turns; k++) {
		clones_next(&c);
		c.to[x.counter] = scalar(m, DT_I64, k);
		c.to[x.go_in] = scalar(m, DT_BOOL, 1);
		for (int i = 0; i < x.n_carried; i++)
			c.to[x.var[i]] = var[i];
		clones_add(&c, m);
		for (int i = 0; i < x.n_carried; i++)
			var[i] = c.to[x.next[i]];
		for (int i = 0; i < x.n_parts; i++)
			part[i][k] = c.to[x.part[i]];
	}
	for (int i = 0; i < x.n_carried; i++)
		if (node_out(m, node, i) >= 0)
			bundle_copy(m, node, var[i], node_out(m, node, i));
	for (int i = 0; i < x.n_parts; i++)
		stack(m, node, node_out(m, node, x.n_carried + i), part[i], turns);
	graph_drop(m, x.body);
	return true;
}
