/* Constants whose nodes were left for other passes to see (op_def.fold_late) are folded, and all that depends on them:
 * dequantised weights of operators that have no integer form.
 *
 * Requires types and shapes. Bit-exact: it is what inference does elsewhere. */
#include "graph/infer.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

/* All of its inputs are constants and its results are not. */
static bool is_left(const struct module *m, int node)
{
	const struct node *n = &m->node[node];

	for (int i = 0; i < n->n_in; i++)
		if (n->in[i] >= 0 && !m->tensor[n->in[i]].data)
			return false;
	return n->n_in && node_out(m, node, 0) >= 0 && !m->tensor[node_out(m, node, 0)].data;
}

static bool fold(struct rewriter *r, int node)
{
	return !is_left(r->m, node) || infer_late(r->m, node);
}

bool pass_fold_constants(struct module *m)
{
	return rewrite_module(m, fold, NULL);
}
