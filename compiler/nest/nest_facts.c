/* What a nest reads, needs, stores and how often it turns: questions of those who rewrite, evaluate and write nests. */
#include "nest/nest.h"

#include "support/limits.h"

void nest_mark(const struct nest *n, int e, bool *needed)
{
	needed[e] = true;
	for (int i = e; i >= 0; i--) {
		const struct expr *x = &n->e[i];
		if (!needed[i])
			continue;
		if (x->a >= 0)
			needed[x->a] = true;
		if (x->b >= 0)
			needed[x->b] = true;
		if (x->c >= 0)
			needed[x->c] = true;
		for (int k = 0; x->op == E_LOAD && k < (x->n_at < 0 ? 1 : x->n_at); k++)
			if (n->at[x->at + k].expr >= 0)
				needed[n->at[x->at + k].expr] = true;
	}
}

int nest_count_loads(const struct nest *n)
{
	int loads = 0;

	for (int e = 0; e < n->n_e; e++)
		loads += n->e[e].op == E_LOAD;
	return loads;
}

bool nest_stores_whole(const struct nest *n)
{
	const struct tensor *t = &n->m->tensor[n->out];

	if (n->n_axes != t->rank)
		return false;
	for (int k = 0; k < t->rank; k++)
		if (n->store[k].expr >= 0 || !num_same(n->store[k].affine, n->axis[k]) ||
		    !num_same(n->extent[k], t->dim[k]))
			return false;
	return true;
}

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
