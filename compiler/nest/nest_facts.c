/* What a nest reads, needs and stores: questions of those who rewrite and write nests. */
#include "nest/nest_build.h"

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
