/* Bundles where graphs end: an If gives the tensors of its branches' bundles, and so does the model. */
#include "ops/bundle.h"

#include "graph/infer.h"
#include "ops/expand.h"

/* --- If ----------------------------------------------------------------------------------------------------------- */

/* The outputs that an If will have, and those of its branches. */
struct joining {
	struct module *m;
	int node, branch[2];
	int *from, *other, *out, n;
};

static void push(struct joining *j, int from, int other, int out)
{
	struct arena *a = j->m->arena;

	j->from = ARENA_PUSH(a, j->from, j->n, int);
	j->other = ARENA_PUSH(a, j->other, j->n, int);
	j->out = ARENA_PUSH(a, j->out, j->n, int);
	j->from[j->n] = from;
	j->other[j->n] = other;
	j->out[j->n++] = out;
}

/* What stands where the other branch has t and this one nothing; false: its size is not known. */
static bool nothing_like(struct module *m, int t, int *made)
{
	const struct bundle *b = m->tensor[t].bundle;
	const struct tensor x = m->tensor[t];
	int64_t dim[MAX_RANK];
	int *v;

	*made = tensor_add(m, NULL);
	if (!b) {
		for (int k = 0; k < x.rank; k++)
			dim[k] = x.dim[k].n;
		*made = tensor_const(m, NULL, x.type, x.rank, dim, arena_array(
			m->arena, (size_t)tensor_elements(m, t).n, (size_t)dtypes[x.type].bytes));
		return tensor_is_static(m, t);
	}
	v = ARENA_ARRAY(m->scratch, b->n, int);
	for (int k = 0; k < b->n; k++)
		if (!nothing_like(m, b->t[k], &v[k]))
			return false;
	bundle_set(m, *made, b->optional, b->given, v, b->n);
	return !b->text;
}

static bool join(struct joining *j, int a, int b, int out)
{
	struct module *m = j->m;
	const struct bundle *x = m->tensor[a].bundle, *y = m->tensor[b].bundle;
	int given = -1, n, *v, nothing = -1;

	if (!x != !y || (x && x->text) || (x && x->optional != y->optional) || (x && !x->optional && x->n != y->n))
		return node_unsupported(m, j->node,
					"the branches give sequences of different lengths, or other things");
	if (!x) {
		push(j, a, b, out);
		return true;
	}
	n = x->n > y->n ? x->n : y->n;
	v = ARENA_ARRAY(m->scratch, n, int);
	if (x->optional)
		push(j, x->given, y->given, given = tensor_add(m, NULL));
	if (x->n != y->n && !nothing_like(m, x->n ? x->t[0] : y->t[0], &nothing))
		return node_unsupported(m, j->node, "the size of an optional is not known");
	for (int k = 0; k < n; k++) {
		v[k] = tensor_add(m, NULL);
		if (!join(j, k < x->n ? x->t[k] : nothing, k < y->n ? y->t[k] : nothing, v[k]))
			return false;
	}
	bundle_set(m, out, x->optional, given, v, n);
	return true;
}

bool bundle_join(struct module *m, int node, int from, int other)
{
	struct joining j = { .m = m, .node = node, .branch = { from, other } };
	const int n_out = m->node[node].n_out;
	bool any = false;

	for (int i = 0; i < n_out; i++)
		any |= m->tensor[m->graph[from].out[i]].bundle || m->tensor[m->graph[other].out[i]].bundle;
	if (!any)
		return true;
	for (int i = 0; i < n_out; i++) {
		const int out = node_out(m, node, i) < 0 ? tensor_add(m, NULL) : node_out(m, node, i);
		if (!join(&j, m->graph[from].out[i], m->graph[other].out[i], out))
			return false;
	}
	m->graph[from].out = j.from;
	m->graph[other].out = from == other ? j.from : j.other;
	m->graph[from].n_out = m->graph[other].n_out = j.n;
	m->node[node].out = j.out;
	m->node[node].n_out = j.n;
	for (int i = 0; i < j.n; i++)
		m->tensor[j.out[i]].producer = node;
	return true;
}

/* --- The model's outputs ------------------------------------------------------------------------------------------ */

static bool add_output(struct module *m, int t, const char *name, int **list, int *n)
{
	const struct bundle *b = m->tensor[t].bundle;
	struct graph *g = &m->graph[0];
	int out, node;

	if (b && b->optional && !add_output(m, b->given, arena_printf(m->arena, "%s_given", name), list, n))
		return false;
	for (int k = 0; b && k < b->n; k++) {
		const bool is_part = !b->optional && !b->text;
		if (!add_output(m, b->t[k], is_part ? arena_printf(m->arena, "%s_%d", name, k) : name, list, n))
			return false;
	}
	if (b)
		return true;
	out = tensor_add(m, name);
	node = node_add(m, 0, op_find("", "Identity", 1, &(bool){ false }), name, 1, &t, 1, &out);
	m->node[node].opset = g->n_nodes ? m->node[g->node[0]].opset : 1;
	*list = ARENA_PUSH(m->arena, *list, *n, int);
	(*list)[(*n)++] = out;
	return infer_node(m, node);
}

bool bundle_outputs(struct module *m)
{
	int *list = NULL, n = 0;

	for (int i = 0; i < m->graph[0].n_out; i++) {
		const int t = m->graph[0].out[i];
		if (m->tensor[t].bundle && !add_output(m, t, m->tensor[t].name, &list, &n))
			return false;
		if (m->tensor[t].bundle)
			continue;
		list = ARENA_PUSH(m->arena, list, n, int);
		list[n++] = t;
	}
	if (!n)
		return diag_error(m->diag, STATUS_UNSUPPORTED, NULL, "the outputs are sequences of no tensors");
	m->graph[0].out = list;
	m->graph[0].n_out = n;
	return true;
}
