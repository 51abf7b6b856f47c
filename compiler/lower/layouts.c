#include "lower/layouts.h"

#include "graph/strides.h"
#include "lower/lower.h"

int lower_in_order(struct lowering *l, int t, const uint8_t *order)
{
	struct module *m = l->m;
	struct nest *n;
	int copy;

	if (tensor_has_order(m, t, order))
		return t;
	copy = lower_temp(l, m->tensor[t].type, m->tensor[t].rank, m->tensor[t].dim);
	tensor_set_order(m, copy, order);
	n = nest_new(m, copy);
	nest_store(n, nest_load(n, t, n->axis));
	lower_nest(l, n);
	return copy;
}

void channels_last(int rank, uint8_t *order)
{
	for (int k = 0; k < rank; k++)
		order[k] = (uint8_t)(k == 0 ? 0 : k == rank - 1 ? 1 : k + 1);
}

int lower_plain(struct lowering *l, int t, enum dtype type)
{
	static const uint8_t in_order[MAX_RANK] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	struct nest *n;

	if (t < 0)
		return t;
	if (l->m->tensor[t].type == type)
		return lower_in_order(l, t, in_order);
	n = nest_new(l->m, lower_temp(l, type, l->m->tensor[t].rank, l->m->tensor[t].dim));
	nest_store(n, nest_cast(n, type, nest_load(n, t, n->axis)));
	if (!nest_eval(n))
		lower_nest(l, n);
	return n->out;
}

int lower_begin(struct lowering *l, int y, const uint8_t *order)
{
	int t;

	if (tensor_has_order(l->m, y, order))
		return y;
	t = lower_temp(l, l->m->tensor[y].type, l->m->tensor[y].rank, l->m->tensor[y].dim);
	tensor_set_order(l->m, t, order);
	return t;
}

void lower_finish(struct lowering *l, int written, int y)
{
	struct nest *n;

	if (written == y)
		return;
	n = nest_new(l->m, y);
	nest_store(n, nest_cast(n, l->m->tensor[y].type, nest_load(n, written, n->axis)));
	lower_nest(l, n);
}
