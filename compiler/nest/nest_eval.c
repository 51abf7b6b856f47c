/* Constant folding of loop nests: what both ways of evaluating have in common. */
#include "nest/nest_eval.h"

int64_t nest_points(const struct num *extent, int n_axes, int64_t most)
{
	int64_t n = 1;

	for (int k = 0; k < n_axes; k++)
		if (!num_is_const(extent[k]) || extent[k].n < 0)
			return -1;
	for (int k = 0; k < n_axes; k++)
		if (extent[k].n == 0)
			return 0;
	for (int k = 0; k < n_axes; k++)
		if (__builtin_mul_overflow(n, extent[k].n, &n) || n > most)
			return -1;
	return n;
}

bool nest_stores_all(const struct nest *n)
{
	const struct tensor *t = &n->m->tensor[n->out];

	/* Indexes that come from data may meet the same element twice. */
	for (int k = 0; k < t->rank; k++)
		if (n->store[k].expr >= 0)
			return false;
	return nest_points(n->extent, n->n_axes, MAX_ELEMENTS) == nest_points(t->dim, t->rank, MAX_ELEMENTS);
}

/* Whether elements depend on what the nest itself stored before: many are evaluated at once here. */
static bool reads_itself(const struct nest *n)
{
	for (int i = 0; i < n->n_e; i++)
		if (n->e[i].op == E_LOAD && n->e[i].tensor == n->out)
			return true;
	return false;
}

bool nest_eval(struct nest *n)
{
	const struct tensor *t = &n->m->tensor[n->out];

	if (reads_itself(n))
		return false;

	if (nest_points(t->dim, t->rank, MAX_FOLD_ELEMENTS) < 0)
		return false;
	/* A part of a tensor whose other parts are symbolic is symbolic too. */
	if ((nest_stores_all(n) || t->data || !t->value) && nest_eval_lanes(n))
		return true;
	return nest_eval_nums(n);
}
