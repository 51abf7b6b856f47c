/* Loops of a nest before any is written: what addresses they give, in which order they run, which become one, and
 * how early each expression can be computed. */
#include "emit/emit_nest.h"
#include "emit/nest_writer.h"

#include <string.h>

#include "nest/address.h"

/* Affine part of the address of every load and of the store, from the tensor's own first element. */
static void find_addresses(struct nest_writer *w)
{
	const struct nest *n = w->n;
	const struct tensor *out = &w->m->tensor[n->out];
	struct num to[MAX_RANK];

	for (int k = 0; k < n->n_e; k++) {
		struct num at[MAX_RANK];
		const struct expr x = n->e[k];
		const struct tensor *t;
		w->index[k] = x.index;
		if (x.op != E_LOAD)
			continue;
		t = &w->m->tensor[x.tensor];
		for (int i = 0; i < (x.n_at < 0 ? 1 : x.n_at); i++)
			at[i] = n->at[x.at + i].affine;
		if (x.n_at < 0 && tensor_lies_plain(w->nums, t)) {
			w->address[k] = at[0];
			continue;
		}
		if (x.n_at < 0)
			address_unflatten(w->nums, t, at[0], at);
		w->address[k] = num_sub(w->nums, address_at(w->nums, t, at), t->offset);
	}
	for (int i = 0; i < out->rank; i++)
		to[i] = n->store[i].affine;
	w->store = num_sub(w->nums, address_at(w->nums, out, to), out->offset);
}

/* Coefficient of one axis in an address; false when the address is not linear in it. */
bool writer_coefficient(struct nest_writer *w, struct num address, int axis, struct num *c)
{
	struct num rest;

	return num_linear(w->nums, address, &w->axis[axis], 1, c, &rest);
}

/* Output loops by falling stride of the store, so that the innermost walks along memory. */
static void order_loops(struct nest_writer *w)
{
	const struct nest *n = w->n;
	struct num stride[MAX_RANK];

	w->n_outer = n->n_axes;
	w->n_loops = n->n_axes + n->n_reduce;
	for (int k = 0; k < w->n_loops; k++) {
		w->loop[k] = k;
		w->extent[k] = n->extent[k];
		w->axis[k] = n->axis[k];
	}
	for (int k = 0; k < n->n_axes; k++)
		if (!writer_coefficient(w, w->store, k, &stride[k]))
			stride[k] = num_const(0);
	for (int i = 1; i < n->n_axes; i++)
		for (int k = i; k > 0; k--) {
			int a = w->loop[k - 1], b = w->loop[k];
			if (num_is(n->extent[a], 1) || stride[a].n >= stride[b].n)
				break;
			w->loop[k - 1] = b;
			w->loop[k] = a;
		}
}

static bool merges(struct nest_writer *w, struct num address, int outer, int inner)
{
	struct num a, b;

	return writer_coefficient(w, address, outer, &a) && writer_coefficient(w, address, inner, &b) &&
	       num_same(a, num_mul(w->nums, b, w->extent[inner]));
}

static bool may_merge(struct nest_writer *w, int outer, int inner)
{
	const struct nest *n = w->n;

	if (!merges(w, w->store, outer, inner))
		return false;
	for (int k = 0; k < n->n_e; k++) {
		if (n->e[k].op == E_LOAD && !merges(w, w->address[k], outer, inner))
			return false;
		if (n->e[k].op == E_INDEX && (num_uses(w->nums, w->index[k], w->axis[outer]) ||
					      num_uses(w->nums, w->index[k], w->axis[inner])))
			return false;
	}
	return true;
}

/* The loop of this place can go into the next one, or, of one turn, vanish. The output's loops may be of none: that is
 * asked before (emit_nest.c). */
static bool may_go(struct nest_writer *w, int k)
{
	const bool outer = k < w->n_outer, last = k + 1 == (outer ? w->n_outer : w->n_loops);

	if (num_is_const(w->axis[w->loop[k]]))
		return outer || num_lo(w->nums, w->extent[w->loop[k]]) > 0;
	return !last && may_merge(w, w->loop[k], w->loop[k + 1]);
}

/* Two neighbouring loops of the output, or of the reduction, that every access walks like one become one: the inner
 * gets both extents, the outer's variable becomes 0. The order of elements and of terms stays. A sum over many short
 * rows is then one over a long row, which has vectors. */
static void merge_loops(struct nest_writer *w)
{
	const struct nest *n = w->n;
	struct num zero = num_const(0);

	for (int k = 0; k < w->n_loops; k++) {
		int axis = w->loop[k];
		if (!may_go(w, k))
			continue;
		if (!num_is_const(w->axis[axis])) {
			int inner = w->loop[k + 1];
			struct num both = num_mul(w->nums, w->extent[axis], w->extent[inner]);
			struct num old = w->axis[inner];
			w->extent[inner] = both;
			w->axis[inner] = num_axis(w->nums, inner, both);
			for (int e = 0; e < n->n_e; e++)
				if (n->e[e].op == E_LOAD)
					w->address[e] = num_subst(w->nums, w->address[e], &old, &w->axis[inner], 1);
			w->store = num_subst(w->nums, w->store, &old, &w->axis[inner], 1);
		}
		for (int e = 0; e < n->n_e; e++) {
			if (n->e[e].op == E_LOAD)
				w->address[e] = num_subst(w->nums, w->address[e], &w->axis[axis], &zero, 1);
			if (n->e[e].op == E_INDEX)
				w->index[e] = num_subst(w->nums, w->index[e], &w->axis[axis], &zero, 1);
		}
		w->store = num_subst(w->nums, w->store, &w->axis[axis], &zero, 1);
		memmove(&w->loop[k], &w->loop[k + 1], (size_t)(w->n_loops - k - 1) * sizeof w->loop[0]);
		w->n_outer -= k < w->n_outer;
		w->n_loops--;
		k = -1;
	}
}

static int level_of_num(const struct nest_writer *w, struct num v)
{
	for (int k = w->n_loops; k > 0; k--)
		if (num_uses(w->nums, v, w->axis[w->loop[k - 1]]))
			return k;
	return 0;
}

static int max_level(int a, int b)
{
	return a > b ? a : b;
}

static void find_levels(struct nest_writer *w)
{
	const struct nest *n = w->n;

	for (int k = 0; k < n->n_e; k++) {
		const struct expr x = n->e[k];
		int level = 0;
		if (x.op == E_LOAD) {
			level = level_of_num(w, w->address[k]);
			for (int i = 0; i < (x.n_at < 0 ? 1 : x.n_at); i++)
				if (n->at[x.at + i].expr >= 0)
					level = max_level(level, w->level[n->at[x.at + i].expr]);
		} else if (x.op == E_INDEX) {
			level = level_of_num(w, w->index[k]);
		} else if (x.op == E_REDUCE) {
			level = w->n_outer;
		} else if (x.op != E_CONST) {
			level = x.a >= 0 ? w->level[x.a] : 0;
			level = x.b >= 0 ? max_level(level, w->level[x.b]) : level;
			level = x.c >= 0 ? max_level(level, w->level[x.c]) : level;
		}
		w->level[k] = level;
	}
}

/* A load that may be made where its value is not wanted: it is inside of its tensor for whatever turn. */
static bool is_harmless(struct nest_writer *w, int k)
{
	const struct expr *x = &w->n->e[k];
	const struct tensor *t = &w->m->tensor[x->tensor];
	int64_t last = 0;

	if (x->op != E_LOAD || num_lo(w->nums, w->address[k]) < 0)
		return false;
	for (int i = 0; i < (x->n_at < 0 ? 1 : x->n_at); i++)
		if (w->n->at[x->at + i].expr >= 0)
			return false;
	for (int i = 0; i < t->rank; i++) {
		if (!num_is_const(t->dim[i]) || !num_is_const(t->stride[i]) || t->dim[i].n < 1 || t->stride[i].n < 0)
			return false;
		last += (t->dim[i].n - 1) * t->stride[i].n;
	}
	return !t->ring && num_hi(w->nums, w->address[k]) <= last;
}

/* What is evaluated in every turn of the loops: not behind a condition, and not inside a reduction that may be
 * empty. */
static void mark_certain(struct nest_writer *w)
{
	const struct nest *n = w->n;
	bool reduction_runs = true;

	for (int k = n->n_axes; k < n->n_axes + n->n_reduce; k++)
		reduction_runs &= num_lo(w->nums, n->extent[k]) > 0;
	memset(w->certain, 0, (size_t)n->n_e * sizeof *w->certain);
	w->certain[n->value] = true;
	for (int k = n->n_e - 1; k >= 0; k--) {
		const struct expr x = n->e[k];
		if (!w->certain[k])
			continue;
		if (x.op == E_LOAD)
			for (int i = 0; i < (x.n_at < 0 ? 1 : x.n_at); i++)
				if (n->at[x.at + i].expr >= 0)
					w->certain[n->at[x.at + i].expr] = true;
		if (x.a >= 0 && (x.op != E_REDUCE || reduction_runs))
			w->certain[x.a] = true;
		if (x.b >= 0 && x.op != E_REDUCE && (x.op != E_SELECT || is_harmless(w, x.b)))
			w->certain[x.b] = true;
		if (x.c >= 0 && (x.op != E_SELECT || is_harmless(w, x.c)))
			w->certain[x.c] = true;
	}
}

void nest_writer_init(struct nest_writer *w, struct emit *e, struct emission *x, const struct nest *n)
{
	struct arena *s = x->m->scratch;

	*w = (struct nest_writer){ .x = x, .m = x->m, .nums = &x->nums, .e = e, .n = n, .vector_axis = -1 };
	w->address = ARENA_ARRAY(s, n->n_e, struct num);
	w->index = ARENA_ARRAY(s, n->n_e, struct num);
	w->literal = ARENA_ARRAY(s, n->n_e, const char *);
	w->level = ARENA_ARRAY(s, n->n_e, int);
	w->certain = ARENA_ARRAY(s, n->n_e, bool);
	w->value = ARENA_ARRAY(s, n->n_e, struct operand);
	w->open = ARENA_ARRAY(s, 2 * n->n_e, int);
	w->varies = ARENA_ARRAY(s, n->n_e, bool);
	find_addresses(w);
}

void nest_writer_plan_loops(struct nest_writer *w)
{
	order_loops(w);
	merge_loops(w);
	find_levels(w);
	mark_certain(w);
}
