/* Dead code: nodes none of whose outputs is read, and nodes whose outputs are all constants.
 *
 * Requires definition-before-use order. Legal: nodes have no effects, except those of op_def.impure. */
#include "ops/ops.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

struct dce {
	struct module *m;
	int *uses;
	bool keep_folded;       /* nodes whose constant results are read */
};

static bool is_needed(const struct dce *d, const struct node *n)
{
	if (n->op->impure)
		return true;
	for (int i = 0; i < n->n_out; i++)
		if (n->out[i] >= 0 && d->uses[n->out[i]] && (d->keep_folded || !d->m->tensor[n->out[i]].data))
			return true;
	return false;
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

static void dce_graph(const struct dce *d, int graph)
{
	struct module *m = d->m;
	struct graph *g = &m->graph[graph];
	int kept = g->n_nodes;

	for (int i = g->n_nodes - 1; i >= 0; i--) {
		const struct node *n = &m->node[g->node[i]];
		if (!is_needed(d, n)) {
			release(m, n, d->uses);
			node_unlink(m, g->node[i]);
			continue;
		}
		for (int k = 0; n->op->attrs && n->op->attrs[k].name; k++)
			if (n->attr[k].kind == ATTR_GRAPH)
				dce_graph(d, (int)n->attr[k].i);
		g->node[--kept] = g->node[i];
	}
	for (int i = kept; i < g->n_nodes; i++)
		g->node[i - kept] = g->node[i];
	g->n_nodes -= kept;
}

bool pass_dce(struct module *m)
{
	dce_graph(&(struct dce){ .m = m, .uses = tensor_uses(m) }, 0);
	return true;
}

void drop_unread(struct module *m)
{
	dce_graph(&(struct dce){ .m = m, .uses = tensor_uses(m), .keep_folded = true }, 0);
}
