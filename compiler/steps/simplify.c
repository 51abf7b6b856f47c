/* Rebuilds every nest through the builders: what became constant since it was written is folded, equal parts are
 * joined, and expressions that the value does not need, with their loads, are gone.
 *
 * Requires and ensures steps as lowering makes them. Bit-exact. */
#include "steps/fuse.h"
#include "nest/nest_build.h"

static bool has_reduction(const struct nest *n)
{
	for (int e = 0; e < n->n_e; e++)
		if (n->e[e].op == E_REDUCE)
			return true;
	return false;
}

static struct nest *rebuilt(const struct nest *from)
{
	struct nest *n = nest_over(from->m, from->out, from->n_axes, from->extent);

	for (int k = 0; k < from->n_reduce; k++)
		nest_reduce_axis(n, from->extent[from->n_axes + k]);
	for (int k = 0; k < from->m->tensor[from->out].rank; k++) {
		n->store[k] = from->store[k];
		if (from->store[k].expr >= 0)
			n->store[k].expr = nest_copy(n, from, from->store[k].expr, n->axis, -2, -1);
	}
	nest_store(n, nest_copy(n, from, from->value, n->axis, -2, -1));
	if (!has_reduction(n))
		n->n_reduce = 0;
	return n;
}

/* Most nests are as simple as they can be: they stay, and the memory of the second one is given back. */
static struct nest *simplified(struct nest *from)
{
	const struct trial trial = trial_begin(from->m);
	const bool same = nest_same(from, rebuilt(from));

	trial_end(from->m, &trial);
	return same ? from : rebuilt(from);
}

bool simplify_nests(struct module *m, struct block *b)
{
	for (int i = 0; i < b->n; i++) {
		struct step *s = &b->step[i];
		if (s->kind == STEP_NEST)
			s->nest = simplified(s->nest);
		simplify_nests(m, &s->body[0]);
		simplify_nests(m, &s->body[1]);
	}
	return true;
}
