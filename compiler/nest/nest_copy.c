/* Copying expressions from nest to nest, with other axes and other things in place of loads. The copies go through the
 * builders, so what became constant is folded and what became equal is joined. */
#include "nest/nest_build.h"

static struct num to_axes(const struct nest_copier *c, struct num v)
{
	return num_subst(&c->n->m->nums, v, c->from->axis, c->at, c->from->n_axes + c->from->n_reduce);
}

static int copy_load(const struct nest_copier *c, const struct expr *x, const int *copy)
{
	struct index at[MAX_RANK];
	int e;

	for (int k = 0; k < (x->n_at < 0 ? 1 : x->n_at); k++) {
		const struct index *from = &c->from->at[x->at + k];
		at[k] = (struct index){ .affine = to_axes(c, from->affine),
					.expr = from->expr < 0 ? -1 : copy[from->expr] };
	}
	e = c->load ? c->load(c->ctx, c->n, x->tensor, at, x->n_at) : -1;
	if (e >= 0)
		return e;
	if (x->n_at < 0 && at[0].expr < 0)
		return nest_load_flat(c->n, x->tensor, at[0].affine);
	if (x->n_at < 0) {
		struct expr y = *x;
		return nest_add(c->n, y, at);
	}
	return nest_load_at(c->n, x->tensor, at);
}

/* copy: the destination's number of every operand. */
static int copy_expr(const struct nest_copier *c, const struct expr *x, const int *copy)
{
	struct expr y = *x;

	switch (x->op) {
	case E_CONST:
		return nest_add(c->n, y, NULL);
	case E_INDEX:
		return nest_index(c->n, to_axes(c, x->index));
	case E_LOAD:
		return copy_load(c, x, copy);
	case E_ACC:
		return c->acc >= 0 ? c->acc : nest_add(c->n, y, NULL);
	case E_CAST:
		return nest_cast(c->n, x->type, copy[x->a]);
	case E_BITS:
		return nest_bits(c->n, x->type, copy[x->a]);
	case E_SATURATE:
		return nest_saturate(c->n, x->type, copy[x->a]);
	case E_SELECT:
		return nest_select(c->n, copy[x->a], copy[x->b], copy[x->c]);
	case E_REDUCE:
		y.a = copy[x->a];
		y.b = x->b < 0 ? -1 : copy[x->b];
		return nest_add(c->n, y, NULL);
	default:
		return x->b < 0 ? nest_unary(c->n, x->op, copy[x->a]) :
				  nest_binary(c->n, x->op, copy[x->a], copy[x->b]);
	}
}

int nest_copy_with(const struct nest_copier *c, int e)
{
	struct arena *a = c->n->m->scratch;
	bool *needed = ARENA_ARRAY(a, e + 1, bool);
	int *copy = ARENA_ARRAY(a, e + 1, int);

	nest_mark(c->from, e, needed);
	for (int i = 0; i <= e; i++) {
		const struct expr x = c->from->e[i];
		copy[i] = needed[i] ? copy_expr(c, &x, copy) : -1;
	}
	return copy[e];
}

struct replacement {
	int tensor, by;
};

static int replaced_load(void *ctx, struct nest *n, int tensor, const struct index *at, int n_at)
{
	const struct replacement *r = ctx;

	(void)n;
	(void)at;
	(void)n_at;
	return tensor == r->tensor ? r->by : -1;
}

int nest_copy(struct nest *n, const struct nest *from, int e, const struct num *at, int replace, int by)
{
	struct replacement r = { .tensor = replace, .by = by };
	const struct nest_copier c = { .n = n, .from = from, .at = at, .acc = replace == -1 ? by : -1,
				       .load = replace >= 0 ? replaced_load : NULL, .ctx = &r };

	return nest_copy_with(&c, e);
}

struct nest *nest_of_rows(const struct nest *from, int axis, struct num begin, struct num rows)
{
	struct nums *s = &from->m->nums;
	struct num at[2 * MAX_RANK];
	struct nest *n;

	for (int k = 0; k < from->n_axes; k++)
		at[k] = from->extent[k];
	at[axis] = rows;
	n = nest_over(from->m, from->out, from->n_axes, at);
	for (int k = 0; k < from->n_reduce; k++)
		nest_reduce_axis(n, from->extent[from->n_axes + k]);
	for (int k = 0; k < n->n_axes + n->n_reduce; k++)
		at[k] = n->axis[k];
	at[axis] = num_add(s, begin, at[axis]);
	for (int k = 0; k < from->m->tensor[from->out].rank; k++) {
		const struct index *to = &from->store[k];

		n->store[k].affine = num_subst(s, to->affine, from->axis, at, from->n_axes);
		n->store[k].expr = to->expr < 0 ? -1 : nest_copy(n, from, to->expr, at, -2, -1);
	}
	nest_store(n, nest_copy(n, from, from->value, at, -2, -1));
	return n;
}
