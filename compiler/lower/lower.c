#include "lower/lower.h"

#include <string.h>

#include "nest/address.h"
#include "targets/target.h"

static const struct strategy *const strategies[] = {
#define STRATEGY(symbol, file) &symbol,
#include "strategies.def"
#undef STRATEGY
	NULL
};

/* The cheapest strategy that applies and its plan; or NULL and in *refusal why the last one did not. */
static const struct strategy *strategy_choose(struct lowering *l, const struct node_plan **plan, const char **refusal)
{
	struct module *m = l->m;
	const struct place at = node_place(m, l->node);
	const struct strategy *best = NULL;

	for (int i = 0; strategies[i]; i++) {
		const struct strategy *s = strategies[i];
		const struct node_plan *p;
		const char *why = "";

		if (strcmp(s->op, m->node[l->node].op->name) != 0)
			continue;
		p = s->plan(m, l->node, &why);
		if (!p) {
			diag_remark(m->diag, &at, "%s declined: %s", s->name, why);
			*refusal = why;
			continue;
		}
		diag_remark(m->diag, &at, "%s would take %.0f cycles", s->name, p->cycles);
		if (!best || p->cycles < (*plan)->cycles) {
			best = s;
			*plan = p;
		}
	}
	return best;
}

/* An input has no elements: what is left to compute are sums of nothing, and kernels derive one size from another by
 * dividing by that 0. Loops have no turns then. */
static bool reads_nothing(struct module *m, const struct node *n)
{
	for (int i = 0; i < n->n_in; i++)
		if (n->in[i] >= 0 && num_is(tensor_elements(m, n->in[i]), 0))
			return true;
	return false;
}

static bool lower_planned(struct lowering *l)
{
	struct module *m = l->m;
	const struct node *n = &m->node[l->node];
	const struct place at = node_place(m, l->node);
	const struct node_plan *plan = NULL;
	const char *why = "none is known";
	const struct strategy *s = n->op->lower && reads_nothing(m, n) ? NULL : strategy_choose(l, &plan, &why);

	if (s) {
		s->lower(l, plan);
		return true;
	}
	if (!n->op->lower)
		return diag_error(m->diag, STATUS_UNSUPPORTED, &at, "no kernel on target %s: %s", m->target->name, why);
	if (n->op->by_kernels)
		diag_remark(m->diag, &at, "no kernel applies: lowered to loops");
	return n->op->lower(l, l->node);
}

bool lower_node(struct lowering *l)
{
	const struct arena_mark before = arena_mark(l->m->scratch);
	const bool lowered = lower_planned(l);

	if (l->m->steps != l->m->scratch)       /* where steps are made there too, all of it goes together */
		arena_release(l->m->scratch, before);
	return lowered;
}

/* All that the node makes is known: it is here because nothing dropped it (--skip-pass=dce). */
static bool is_folded(const struct module *m, const struct node *n)
{
	for (int i = 0; i < n->n_out; i++)
		if (n->out[i] >= 0 && !m->tensor[n->out[i]].data)
			return false;
	return n->n_out > 0;
}

static bool nest_is_noop(struct nest *n)
{
	struct num from, to;

	for (int k = 0; k < n->n_axes; k++)
		if (num_is(n->extent[k], 0))
			return true;
	if (n->n_reduce || n->e[n->value].op != E_LOAD || !address_of_load(n, n->value, &from) ||
	    !address_of_store(n, &to))
		return false;
	return n->m->tensor[n->out].base == n->m->tensor[n->e[n->value].tensor].base && num_same(from, to);
}

void lower_drop_noops(const struct module *m, struct block *b, int first)
{
	int kept = first;

	for (int i = first; i < b->n; i++) {
		struct nest *n = b->step[i].kind == STEP_NEST ? b->step[i].nest : NULL;
		if (!n || (!m->tensor[m->tensor[n->out].base].data && !nest_is_noop(n)))
			b->step[kept++] = b->step[i];
	}
	b->n = kept;
}

/* What a node needs beside its results can be larger than all of them: packed operands are padded. */
static bool check_temporaries(struct module *m, int node, int first)
{
	for (int t = first; t < m->n_tensors; t++)
		if (!shape_check(m, node, "temporary memory", m->tensor[t].rank, m->tensor[t].dim))
			return false;
	return true;
}

bool lower_graph(struct module *m, int g, struct block *b)
{
	struct lowering l = { .m = m, .block = b };

	for (int i = 0; i < m->graph[g].n_nodes; i++) {
		const int first = b->n, first_tensor = m->n_tensors;
		l.node = m->graph[g].node[i];
		if (is_folded(m, &m->node[l.node]))
			continue;
		if (!lower_node(&l) || !check_temporaries(m, l.node, first_tensor))
			return false;
		lower_drop_noops(m, b, first);
	}
	return true;
}
