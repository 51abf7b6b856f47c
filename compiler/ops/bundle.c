#include "ops/bundle.h"

#include <string.h>

#include "ops/expand.h"
#include "ops/text.h"

void bundle_set(struct module *m, int t, bool optional, int given, const int *v, int n)
{
	struct bundle *b = ARENA_NEW(m->arena, struct bundle);

	*b = (struct bundle){ .optional = optional, .given = given, .n = n,
			      .t = arena_grow(m->arena, v, (size_t)n, (size_t)n, sizeof *v) };
	m->tensor[t].bundle = b;
	m->tensor[t].producer = -1;
}

void bundle_copy(struct module *m, int like, int from, int t)
{
	expand_node(m, like, "Identity", 1, INPUTS(from), t);
}

static bool is_named(const struct module *m, int node, const char *name)
{
	return !*m->node[node].op->domain && !strcmp(m->node[node].op->name, name);
}

bool bundle_is_moved(const struct module *m, int node)
{
	const struct node *n = &m->node[node];
	bool any = false;

	if (!is_named(m, node, "Identity") && !is_named(m, node, "Equal") && !is_named(m, node, "Loop"))
		return false;
	for (int i = 0; i < n->n_in; i++)
		any |= n->in[i] >= 0 && m->tensor[n->in[i]].bundle;
	return any;
}

bool bundle_move(struct module *m, int node)
{
	const int x = node_in(m, node, 0), y = node_out(m, node, 0);

	if (is_named(m, node, "Equal"))
		return text_equal(m, node);
	if (!is_named(m, node, "Identity"))
		return loop_unroll(m, node);
	m->tensor[y].bundle = m->tensor[x].bundle;
	m->tensor[y].producer = -1;
	return true;
}
