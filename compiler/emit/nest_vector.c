/* Which loop of a nest runs over vectors, and what varies along it. */
#include "emit/nest_writer.h"

#include <string.h>

#include "options.h"
#include "targets/target.h"

const struct writer_reduce writer_reduces[] = {
	[REDUCE_SUM] = { E_ADD, TYPE_ZERO, "nnrt_vf_reduce_add" },
	[REDUCE_PROD] = { E_MUL, TYPE_ONE, NULL },
	[REDUCE_MAX] = { E_MAX, TYPE_LOWEST, "nnrt_vf_reduce_max" },
	[REDUCE_MIN] = { E_MIN, TYPE_HIGHEST, "nnrt_vf_reduce_min" },
	[REDUCE_AND] = { E_AND, TYPE_ONE, NULL },
	[REDUCE_OR] = { E_OR, TYPE_ZERO, NULL },
};

bool writer_is_arg(int how)
{
	return how >= REDUCE_ARGMAX;
}

int writer_reduction(const struct nest *n)
{
	for (int k = 0; k < n->n_e; k++)
		if (n->e[k].op == E_REDUCE)
			return k;
	return -1;
}

static bool load_varies(const struct nest_writer *w, int k, struct num axis)
{
	const struct expr *x = &w->n->e[k];

	if (num_uses(w->nums, w->address[k], axis))
		return true;
	for (int i = 0; i < (x->n_at < 0 ? 1 : x->n_at); i++)
		if (w->n->at[x->at + i].expr >= 0 && w->varies[w->n->at[x->at + i].expr])
			return true;
	return false;
}

void writer_set_vector_axis(struct nest_writer *w, int axis)
{
	const struct nest *n = w->n;

	w->vector_axis = axis;
	for (int k = 0; k < n->n_e; k++) {
		const struct expr *x = &n->e[k];
		switch (axis < 0 ? E_CONST : x->op) {
		case E_CONST:
			w->varies[k] = false;
			break;
		case E_INDEX:
			w->varies[k] = num_uses(w->nums, w->index[k], w->axis[axis]);
			break;
		case E_LOAD:
			w->varies[k] = load_varies(w, k, w->axis[axis]);
			break;
		case E_REDUCE:
			w->varies[k] = axis < n->n_axes;
			break;
		default:
			writer_vary_with_operands(w, k);
			break;
		}
	}
}

void writer_vary_with_operands(struct nest_writer *w, int k)
{
	const struct expr *x = &w->n->e[k];

	w->varies[k] = x->op == E_ACC || (x->a >= 0 && w->varies[x->a]) || (x->b >= 0 && w->varies[x->b]) ||
		       (x->c >= 0 && w->varies[x->c]);
}

/* Whether a load that not every turn makes is among what expression k is computed from. */
static bool has_guarded_load(const struct nest_writer *w, int k)
{
	bool *needed = ARENA_ARRAY(w->m->scratch, w->n->n_e, bool);

	nest_mark(w->n, k, needed);
	for (int i = 0; i <= k; i++)
		if (needed[i] && w->n->e[i].op == E_LOAD && !w->certain[i])
			return true;
	return false;
}

/* Floats side by side, or every second one. */
static bool loads_vector(struct nest_writer *w, int k)
{
	const struct expr *x = &w->n->e[k];
	struct num c;

	for (int i = 0; i < (x->n_at < 0 ? 1 : x->n_at); i++)
		if (w->n->at[x->at + i].expr >= 0 && w->varies[w->n->at[x->at + i].expr])
			return false;
	return writer_coefficient(w, w->address[k], w->vector_axis, &c) &&
	       (num_is(c, 1) || (x->type == DT_F32 && num_is(c, 2)));
}

/* float16 where it lies is float32 in a vector: what is loaded is widened at once, what is stored narrowed last. */
static bool casts_half(const struct nest_writer *w, int k)
{
	const struct expr *x = &w->n->e[k], *a = &w->n->e[x->a];

	return x->type == DT_F32 ? a->type == DT_F16 && a->op == E_LOAD :
				   x->type == DT_F16 && a->type == DT_F32 && k == w->n->value;
}

/* Whether one varying expression has a vector form. */
static bool has_vector_form(struct nest_writer *w, int k)
{
	const struct expr x = w->n->e[k];

	switch (x.op) {
	case E_CONST:
	case E_ACC:
		return true;
	case E_LOAD:
		return (x.type == DT_F32 || (x.type == DT_F16 && k != w->n->value)) && loads_vector(w, k);
	case E_CAST:
		return casts_half(w, k);
	case E_REDUCE:
		return x.type == DT_F32 && x.how <= REDUCE_MIN;
	case E_SELECT:
		/* Where lanes decide for themselves both sides are computed: fine unless a load was guarded. */
		if (w->varies[x.a] && (has_guarded_load(w, x.b) || has_guarded_load(w, x.c)))
			return false;
		return x.type == DT_F32;
	case E_INDEX:
	case E_BITS:
	case E_SATURATE:
		return false;
	default:
		return scalar_has_vector(x.op, w->n->e[x.a].type);
	}
}

/* Everything that varies on the way to root has a vector form, and root itself varies. */
static bool vectorises(struct nest_writer *w, int root)
{
	bool *needed = ARENA_ARRAY(w->m->scratch, w->n->n_e, bool);

	nest_mark(w->n, root, needed);
	for (int k = 0; k <= root; k++)
		if (needed[k] && w->varies[k] && !has_vector_form(w, k))
			return false;
	return true;
}

/* Elements stored one after the other lie side by side: no index that comes from data moves them. */
static bool stores_run(struct nest_writer *w, int axis)
{
	struct num c;

	for (int k = 0; k < w->m->tensor[w->n->out].rank; k++)
		if (w->n->store[k].expr >= 0 && w->varies[w->n->store[k].expr])
			return false;
	return writer_coefficient(w, w->store, axis, &c) && num_is(c, 1);
}

/* The stored value is a vector of floats; one of float16 was narrowed in one. */
static bool has_vector_type(const struct nest_writer *w)
{
	const enum dtype type = w->n->e[w->n->value].type;

	return type == DT_F32 || (type == DT_F16 && w->varies[w->n->value]);
}

void writer_choose_vector_axis(struct nest_writer *w)
{
	const struct nest *n = w->n;
	int reduce = writer_reduction(n), axis;

	writer_set_vector_axis(w, -1);
	if (w->m->target->vector_bytes <= 4)
		return;
	if (w->n_outer) {
		axis = w->loop[w->n_outer - 1];
		writer_set_vector_axis(w, axis);
		if (has_vector_type(w) && stores_run(w, axis) && w->extent[axis].n > 1 && vectorises(w, n->value))
			return;
		writer_set_vector_axis(w, -1);
	}
	if (reduce < 0 || w->n_loops == w->n_outer || w->m->options->fp == FP_STRICT)
		return;
	axis = w->loop[w->n_loops - 1];
	if (n->e[reduce].type != DT_F32 || writer_is_arg(n->e[reduce].how) ||
	    !writer_reduces[n->e[reduce].how].across || w->extent[axis].n < w->m->target->vector_bytes / 4)
		return;
	writer_set_vector_axis(w, axis);
	if (!w->varies[n->e[reduce].a] || !vectorises(w, n->e[reduce].a))
		writer_set_vector_axis(w, -1);
}
