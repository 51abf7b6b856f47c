/* Dead code: nodes none of whose outputs is read, and nodes whose outputs are all constants.
 *
 * Requires definition-before-use order. Legal: nodes have no effects, except those of op_def.impure. */
#include "ops/ops.h"
#include "passes/pass.h"

static bool is_needed(const struct module *m, const struct node *n, const int *uses)
{
	bool computed = false;

	if (n->op->impure)
		return true;
	for (int i = 0; i < n->n_out; i++)
		if (n->out[i] >= 0 && uses[n->out[i]] && !m->tensor[n->out[i]].data)
			computed = true;
	return computed;
}

static void release(const struct module *m, const struct node *n, int *uses);

static void release_graph(const struct module *m, const struct graph *g, int *uses)
{
	for (int i = 0; i < g->n_out; i++)
		uses[g->out[i]]--;
	for (int i = 0; i < g->n_nodes; i++)
		release(m, &m->node[g->node[i]], uses);
}

/* Takes back the uses that a dropped node counted for. Depth is bounded by MAX_NESTING. */
static void release(const struct module *m, const struct node *n, int *uses)
{
	for (int i = 0; i < n->n_in; i++)
		if (n->in[i] >= 0)
			uses[n->in[i]]--;
	for (int k = 0; n->op->attrs && n->op->attrs[k].name; k++)
		if (n->attr[k].kind == ATTR_GRAPH)
			release_graph(m, &m->graph[n->attr[k].i], uses);
}

static void dce_graph(struct module *m, int graph, int *uses)
{
	struct graph *g = &m->graph[graph];
	int kept = g->n_nodes;

	for (int i = g->n_nodes - 1; i >= 0; i--) {
		const struct node *n = &m->node[g->node[i]];
		if (!is_needed(m, n, uses)) {
			release(m, n, uses);
			continue;
		}
		for (int k = 0; n->op->attrs && n->op->attrs[k].name; k++)
			if (n->attr[k].kind == ATTR_GRAPH)
				dce_graph(m, (int)n->attr[k].i, uses);
		g->node[--kept] = g->node[i];
	}
	for (int i = kept; i < g->n_nodes; i++)
		g->node[i - kept] = g->node[i];
	g->n_nodes -= kept;
}

bool pass_dce(struct module *m)
{
	dce_graph(m, 0, tensor_uses(m));
	return true;
}
