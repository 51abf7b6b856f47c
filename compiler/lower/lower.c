#include "lower/lower.h"

#include <string.h>

#include "nest/address.h"
#include "targets/target.h"

static const struct strategy *const strategies[] = {
#define STRATEGY(symbol) &symbol,
#include "strategies.def"
#undef STRATEGY
	NULL
};

/* The cheapest strategy that applies, or NULL and in *refusal why the last one did not. */
static const struct strategy *strategy_choose(struct lowering *l, const char **refusal)
{
	struct module *m = l->m;
	const struct place at = node_place(m, l->node);
	const struct strategy *best = NULL;
	double best_cost = 0;

	for (int i = 0; strategies[i]; i++) {
		const struct strategy *s = strategies[i];
		const char *why = "";
		double cost;
		if (strcmp(s->op, m->node[l->node].op->name) != 0)
			continue;
		cost = s->cost(m, l->node, &why);
		if (cost < 0) {
			diag_remark(m->diag, &at, "%s declined: %s", s->name, why);
			*refusal = why;
		} else {
			diag_remark(m->diag, &at, "%s would take %.0f cycles", s->name, cost);
			if (!best || cost < best_cost) {
				best = s;
				best_cost = cost;
			}
		}
	}
	return best;
}

bool lower_node(struct lowering *l)
{
	struct module *m = l->m;
	const struct node *n = &m->node[l->node];
	const struct place at = node_place(m, l->node);
	const char *why = "none is known";
	const struct strategy *s = strategy_choose(l, &why);

	if (s)
		return s->lower(l, l->node);
	if (!n->op->lower)
		return diag_error(m->diag, STATUS_UNSUPPORTED, &at, "no kernel on target %s: %s", m->target->name, why);
	if (n->op->heavy)
		diag_remark(m->diag, &at, "no kernel applies: lowered to loops");
	return n->op->lower(l, l->node);
}

struct lowering lower_inside(struct lowering *l, struct block *b)
{
	return (struct lowering){ .m = l->m, .block = b, .node = l->node };
}

/* All that the node makes is known: it is here because nothing dropped it (--skip-pass=dce). */
static bool is_folded(const struct module *m, const struct node *n)
{
	for (int i = 0; i < n->n_out; i++)
		if (n->out[i] >= 0 && !m->tensor[n->out[i]].data)
			return false;
	return n->n_out > 0;
}

/* Drops the steps from `first` on that copy a tensor onto itself, or make what is known. */
static void drop_noops(const struct module *m, struct block *b, int first)
{
	int kept = first;

	for (int i = first; i < b->n; i++) {
		struct nest *n = b->step[i].kind == STEP_NEST ? b->step[i].nest : NULL;
		if (!n || (!m->tensor[m->tensor[n->out].base].data && !nest_is_noop(n)))
			b->step[kept++] = b->step[i];
	}
	b->n = kept;
}

bool lower_graph(struct module *m, int g, struct block *b)
{
	struct lowering l = { .m = m, .block = b };

	for (int i = 0; i < m->graph[g].n_nodes; i++) {
		int first = b->n;
		l.node = m->graph[g].node[i];
		if (is_folded(m, &m->node[l.node]))
			continue;
		if (!lower_node(&l))
			return false;
		drop_noops(m, b, first);
	}
	return true;
}

bool nest_is_noop(struct nest *n)
{
	struct num from, to;

	if (n->n_reduce || n->e[n->value].op != E_LOAD || !address_of_load(n, n->value, &from) ||
	    !address_of_store(n, &to))
		return false;
	return n->m->tensor[n->out].base == n->m->tensor[n->e[n->value].tensor].base && num_same(from, to);
}

bool lower_has_order(const struct module *m, int t, const uint8_t *order)
{
	const struct tensor *x = &m->tensor[t];
	int64_t inner = 0;

	for (int p = x->rank - 1; p >= 0; p--) {
		int axis = order[p];
		if (num_is(x->dim[axis], 1))
			continue;
		if (!inner && p == x->rank - 1 ? !num_is(x->stride[axis], 1) : x->stride[axis].n < inner)
			return false;
		inner = x->stride[axis].n;
	}
	return true;
}

bool lower_is_run(struct module *m, int t, const int *axes, int n)
{
	const struct tensor *x = &m->tensor[t];
	int inner = -1;

	for (int i = n - 1; i >= 0; i--) {
		if (num_is(x->dim[axes[i]], 1))
			continue;
		if (inner >= 0 && !num_same(x->stride[axes[i]], num_mul(&m->nums, x->stride[inner], x->dim[inner])))
			return false;
		inner = axes[i];
	}
	return true;
}

struct num lower_run_step(const struct module *m, int t, const int *axes, int n)
{
	const struct tensor *x = &m->tensor[t];

	for (int i = n - 1; i > 0; i--)
		if (!num_is(x->dim[axes[i]], 1))
			return x->stride[axes[i]];
	return x->stride[axes[0]];
}

int lower_in_order(struct lowering *l, int t, const uint8_t *order)
{
	struct module *m = l->m;
	struct nest *n;
	int copy;

	if (lower_has_order(m, t, order))
		return t;
	copy = lower_temp(l, m->tensor[t].type, m->tensor[t].rank, m->tensor[t].dim);
	tensor_set_order(m, copy, order);
	n = nest_new(m, copy);
	nest_store(n, nest_load(n, t, n->axis));
	lower_nest(l, n);
	return copy;
}
