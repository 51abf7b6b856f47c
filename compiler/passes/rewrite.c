#include "passes/rewrite.h"

#include <string.h>

#include "ops/ops.h"

/* Tensors and nodes that were added since are as good as any: themselves, read once. */
static void fit(struct rewriter *r)
{
	const struct module *m = r->m;
	struct arena *a = m->scratch;

	if (!r->to || m->n_tensors > r->n) {
		const int n = 2 * m->n_tensors;
		r->to = arena_grow(a, r->to, (size_t)r->n, (size_t)n, sizeof *r->to);
		r->uses = arena_grow(a, r->uses, (size_t)r->n, (size_t)n, sizeof *r->uses);
		r->fixed = arena_grow(a, r->fixed, (size_t)r->n, (size_t)n, sizeof *r->fixed);
		for (int t = r->n; t < n; t++) {
			r->to[t] = t;
			r->uses[t] = 1;
		}
		r->n = n;
	}
	if (!r->gone || m->n_nodes > r->n_nodes) {
		r->gone = arena_grow(a, r->gone, (size_t)r->n_nodes, (size_t)m->n_nodes * 2, sizeof *r->gone);
		r->n_nodes = m->n_nodes * 2;
	}
}

static int resolve(struct rewriter *r, int t)
{
	fit(r);
	while (t >= 0 && r->to[t] != t)
		t = r->to[t];
	return t;
}

bool node_is(const struct module *m, int node, const char *op)
{
	return node >= 0 && !*m->node[node].op->domain && !strcmp(m->node[node].op->name, op);
}

int rewrite_producer(struct rewriter *r, int reader, int t)
{
	const struct module *m = r->m;

	fit(r);
	if (t < 0 || m->tensor[t].data || m->tensor[t].producer < 0 || r->uses[t] != 1 || r->fixed[t])
		return -1;
	if (m->node[m->tensor[t].producer].graph != m->node[reader].graph || r->gone[m->tensor[t].producer])
		return -1;
	return m->tensor[t].producer;
}

void rewrite_drop(struct rewriter *r, int node)
{
	const struct node *n = &r->m->node[node];

	fit(r);
	r->gone[node] = true;
	for (int i = 0; i < n->n_in; i++)
		if (n->in[i] >= 0)
			r->uses[n->in[i]]--;
}

static void give_output(struct rewriter *r, int p, int i, int out)
{
	struct module *m = r->m;

	r->uses[m->node[p].out[i]] = 0;
	m->tensor[m->node[p].out[i]].producer = -1;
	m->node[p].out[i] = out;
	m->tensor[out].producer = p;
}

void rewrite_absorb(struct rewriter *r, int p, int node)
{
	rewrite_drop(r, node);
	give_output(r, p, 0, r->m->node[node].out[0]);
}

/* An output of the model takes the place of t, which its producer writes. */
static bool take_place(struct rewriter *r, int node, int t)
{
	struct module *m = r->m;
	const int out = m->node[node].out[0], p = m->tensor[t].producer;
	int i = 0;

	if (r->fixed[t] || m->tensor[t].data || p < 0 || r->gone[p] || m->node[p].graph != m->node[node].graph)
		return false;
	while (i < m->node[p].n_out && m->node[p].out[i] != t)
		i++;
	if (i == m->node[p].n_out)
		return false;
	r->uses[out] += r->uses[t] - 1;
	give_output(r, p, i, out);
	r->to[t] = out;
	r->gone[node] = true;
	return true;
}

bool rewrite_same(struct rewriter *r, int node, int t)
{
	struct module *m = r->m;
	const int out = m->node[node].out[0];

	fit(r);
	if (m->tensor[out].type != m->tensor[t].type || !tensor_same_shape(m, out, t) ||
	    m->tensor[out].quant != m->tensor[t].quant)
		return false;
	if (r->fixed[out])
		return take_place(r, node, t);
	rewrite_drop(r, node);
	r->to[out] = t;
	r->uses[t] += r->uses[out];
	return true;
}

void rewrite_merge(struct rewriter *r, int node, int by)
{
	const struct module *m = r->m;

	rewrite_drop(r, node);
	for (int i = 0; i < m->node[node].n_out; i++) {
		const int out = m->node[node].out[i];
		if (out < 0)
			continue;
		r->to[out] = m->node[by].out[i];
		r->uses[m->node[by].out[i]] += r->uses[out];
	}
}

int rewrite_own(struct rewriter *r, int like, const struct op_def *op, int n_in, const int *in, int out)
{
	struct module *m = r->m;
	const struct node old = m->node[like];
	const int node = node_add(m, old.graph, op, old.name, n_in, in, 1, &out);

	m->node[node].opset = old.opset;
	for (int k = 0; op->attrs && op->attrs[k].name; k++) {
		const struct attr *a = node_attr(m, like, op->attrs[k].name);
		if (a)
			m->node[node].attr[k] = *a;
	}
	return node;
}

int rewrite_add(struct rewriter *r, int like, const char *op, int n_in, const int *in, int out)
{
	struct module *m = r->m;
	const struct node old = m->node[like];
	const struct op_def *def = op_find("", op, old.opset, &(bool){ false });
	int node;

	if (!def)
		die("operator %s-%d is in no table", op, old.opset);
	if (out < 0) {
		rewrite_drop(r, like);
		out = old.out[0];
	}
	fit(r);
	for (int i = 0; i < n_in; i++)
		if (in[i] >= 0)
			r->uses[in[i]]++;
	node = node_add(m, old.graph, def, old.name, n_in, in, 1, &out);
	m->node[node].opset = old.opset;
	fit(r);
	return node;
}

/* --- The walk ----------------------------------------------------------------------------------------------------- */

/* Depth is bounded by MAX_NESTING. */
static bool walk(struct rewriter *r, int graph, rewrite_node *f)
{
	struct module *m = r->m;
	const int n_nodes = m->graph[graph].n_nodes;

	for (int i = 0; i < n_nodes; i++) {
		const int node = m->graph[graph].node[i];
		int inner[MAX_NODE_GRAPHS], n;
		if (r->gone[node])
			continue;
		for (int k = 0; k < m->node[node].n_in; k++)
			m->node[node].in[k] = resolve(r, m->node[node].in[k]);
		if (!f(r, node))
			return false;
		n = r->gone[node] ? 0 : node_each_graph(m, node, inner, MAX_NODE_GRAPHS);
		for (int k = 0; k < n; k++)
			if (!walk(r, inner[k], f))
				return false;
	}
	return true;
}

static bool finish(struct rewriter *r)
{
	struct module *m = r->m;

	fit(r);
	tensor_replace_all(m, r->to);
	for (int g = 0; g < m->n_graphs; g++) {
		struct graph *x = &m->graph[g];
		int kept = 0;
		for (int i = 0; i < x->n_nodes; i++)
			if (!r->gone[x->node[i]])
				x->node[kept++] = x->node[i];
			else
				node_unlink(m, x->node[i]);
		x->n_nodes = kept;
	}
	return true;
}

static bool sort_all(struct module *m)
{
	for (int g = 0; g < m->n_graphs; g++)
		if (!graph_sort(m, g))
			return false;
	return true;
}

bool rewrite_module(struct module *m, rewrite_node *f, void *ctx)
{
	struct rewriter r = { .m = m, .ctx = ctx };
	const int n_nodes = m->n_nodes;
	int *uses;

	uses = tensor_uses(m);
	fit(&r);
	memcpy(r.uses, uses, (size_t)m->n_tensors * sizeof *uses);
	for (int i = 0; i < m->graph[0].n_in; i++)
		r.fixed[m->graph[0].in[i]] = true;
	for (int i = 0; i < m->graph[0].n_out; i++)
		r.fixed[m->graph[0].out[i]] = true;
	if (!walk(&r, 0, f) || !finish(&r))
		return false;
	return m->n_nodes == n_nodes || sort_all(m);
}
