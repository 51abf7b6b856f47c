/* Constant folding of loop nests: which of the two ways of evaluating. */
#include "nest/nest_eval.h"

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
