/* Common sub-expressions: of two nodes of one graph with the same operator, attributes and inputs the later goes, and
 * equal constants are one.
 *
 * Requires types and shapes. Excepted: nodes with effects or sub-graphs, and outputs of the model, which keep their
 * own storage. Legal: nodes are functions of inputs and attributes. Bit-exact. Linear: one hash a node, and of a
 * constant its shape and first bytes; equal ones are compared in full. */
#include <string.h>

#include "ops/ops.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

enum { PREFIX_BYTES = 4096 };

/* What is known so far, by key. */
struct table {
	struct map nodes, constants;
	struct strbuf key;      /* of what is looked at */
};

static void put(struct strbuf *key, const void *v, size_t bytes)
{
	strbuf_add(key, v, bytes);
}

static void put_int(struct strbuf *key, int64_t v)
{
	put(key, &v, sizeof v);
}

static void put_text(struct strbuf *key, const char *s)
{
	put_int(key, s ? (int64_t)strlen(s) : -1);
	if (s)
		put(key, s, strlen(s));
}

static void put_attr(struct strbuf *key, const struct attr *a)
{
	put_int(key, a->kind);
	if (a->kind == ATTR_NONE)
		return;
	put_int(key, a->i);
	put(key, &a->f, sizeof a->f);
	put_text(key, a->s);
	put_int(key, a->n);
	for (int i = 0; i < a->n; i++) {
		if (a->ints)
			put_int(key, a->ints[i]);
		if (a->floats)
			put(key, &a->floats[i], sizeof a->floats[i]);
		if (a->strings)
			put_text(key, a->strings[i]);
	}
}

/* Nodes are equal exactly when their keys are: an absent output is a part of it. */
static void node_key(const struct module *m, int node, struct strbuf *key)
{
	const struct node *n = &m->node[node];

	put(key, &n->op, sizeof n->op);
	put_int(key, n->opset);
	put_int(key, n->graph);
	put_int(key, n->n_in);
	for (int i = 0; i < n->n_in; i++)
		put_int(key, n->in[i]);
	put_int(key, n->n_out);
	for (int i = 0; i < n->n_out; i++)
		put_int(key, n->out[i] < 0);
	for (int k = 0; n->op->attrs && n->op->attrs[k].name; k++)
		put_attr(key, &n->attr[k]);
}

/* An output that the model's own value_info says other things about stays. */
static bool same_results(const struct module *m, int a, int b)
{
	for (int i = 0; i < m->node[a].n_out; i++) {
		const int x = m->node[a].out[i], y = m->node[b].out[i];
		if (x >= 0 && (m->tensor[x].type != m->tensor[y].type || !tensor_same_shape(m, x, y) ||
			       m->tensor[x].quant != m->tensor[y].quant))
			return false;
	}
	return true;
}

static bool may_merge(const struct rewriter *r, int node)
{
	const struct module *m = r->m;
	const struct node *n = &m->node[node];
	int inner[MAX_NODE_GRAPHS];

	if (n->op->impure || node_each_graph(m, node, inner, MAX_NODE_GRAPHS))
		return false;
	for (int i = 0; i < n->n_out; i++)
		if (n->out[i] >= 0 && r->fixed[n->out[i]])
			return false;
	return true;
}

/* The first constant equal to t, or t. */
static int constant_of(struct rewriter *r, int t)
{
	struct table *known = r->ctx;
	struct module *m = r->m;
	const struct tensor *x = &m->tensor[t];
	const int64_t bytes = tensor_bytes(m, t);
	struct strbuf *key = &known->key;
	int64_t first;

	if (r->fixed[t] || x->quant)
		return t;
	key->size = 0;
	put_int(key, x->type);
	put_int(key, x->rank);
	for (int k = 0; k < x->rank; k++)
		put_int(key, x->dim[k].n);
	put(key, x->data, (size_t)(bytes < PREFIX_BYTES ? bytes : PREFIX_BYTES));
	first = map_get(&known->constants, strbuf_text(key), key->size, -1);
	if (first < 0) {
		map_set(&known->constants, strbuf_text(key), key->size, t);
		return t;
	}
	return memcmp(m->tensor[first].data, x->data, (size_t)bytes) ? t : (int)first;
}

static bool merge(struct rewriter *r, int node)
{
	struct table *known = r->ctx;
	struct module *m = r->m;
	struct strbuf *key = &known->key;
	int64_t first;

	for (int i = 0; i < m->node[node].n_in; i++)
		if (tensor_is_const(m, m->node[node].in[i]))
			m->node[node].in[i] = constant_of(r, m->node[node].in[i]);
	if (!may_merge(r, node))
		return true;
	key->size = 0;
	node_key(m, node, key);
	first = map_get(&known->nodes, strbuf_text(key), key->size, -1);
	if (first < 0)
		map_set(&known->nodes, strbuf_text(key), key->size, node);
	else if (same_results(m, node, (int)first))
		rewrite_merge(r, node, (int)first);
	return true;
}

bool pass_cse(struct module *m)
{
	struct table known;

	map_init(&known.nodes, m->scratch);
	map_init(&known.constants, m->scratch);
	strbuf_init(&known.key, m->scratch);
	return rewrite_module(m, merge, &known);
}
