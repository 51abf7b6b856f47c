/* Loops of nests that are taken apart, so that addresses are steps of a loop where they were remainders, minima and
 * conditions: a loop over repeats of the same elements becomes two, and one whose first or last turns are special, such
 * as those of a padded row, becomes a step for these and one for the others.
 *
 * For targets with vectors, unless size or memory counts. Bit-exact. */
#include "nest/nest_build.h"
#include "num/num_form.h"
#include "options.h"
#include "steps/fuse.h"
#include "targets/target.h"

/* --- Repeats ------------------------------------------------------------------------------------------------------ */

/* The c of a `axis % c` or `axis / c` inside number v, or 0. */
static int64_t find_period(const struct nums *s, struct num v, struct num axis)
{
	const struct num_expr *x = &s->expr[v.expr];
	int64_t c = 0;

	if (num_is_const(v) || !num_uses(s, v, axis))
		return 0;
	switch (x->op) {
	case NUM_SUM:
		for (int i = 0; i < x->n && !c; i++)
			c = find_period(s, num_of(s, x->term[i].e), axis);
		return c;
	case NUM_PRODUCT:
		for (int i = 0; i < x->n && !c; i++)
			c = find_period(s, num_of(s, x->factor[i]), axis);
		return c;
	case NUM_DIV:
	case NUM_MOD:
		return num_same(x->arg[0], axis) && num_is_const(x->arg[1]) ? x->arg[1].n :
									      find_period(s, x->arg[0], axis);
	default:
		return 0;
	}
}

/* The nest with output axis k as two, the inner one of `period` turns. */
static struct nest *split_axis(const struct nest *from, int k, int64_t period)
{
	struct nums *s = &from->m->nums;
	struct num extent[MAX_RANK], at[2 * MAX_RANK];
	struct nest *n;

	for (int i = 0; i <= from->n_axes; i++)
		extent[i] = i == k ? num_const(from->extent[k].n / period) : i == k + 1 ? num_const(period) :
			    from->extent[i < k ? i : i - 1];
	n = nest_over(from->m, from->out, from->n_axes + 1, extent);
	for (int i = 0; i < from->n_reduce; i++)
		nest_reduce_axis(n, from->extent[from->n_axes + i]);
	for (int i = 0; i < from->n_axes + from->n_reduce; i++)
		at[i] = n->axis[i <= k ? i : i + 1];
	at[k] = num_add(s, num_mul(s, n->axis[k], num_const(period)), n->axis[k + 1]);
	for (int i = 0; i < from->m->tensor[from->out].rank; i++) {
		const struct index *to = &from->store[i];

		n->store[i].affine = num_subst(s, to->affine, from->axis, at, from->n_axes);
		n->store[i].expr = to->expr < 0 ? -1 : nest_copy(n, from, to->expr, at, -2, -1);
	}
	nest_store(n, nest_copy(n, from, from->value, at, -2, -1));
	return n;
}

static struct nest *split_repeats(struct nest *n)
{
	for (int k = 0; k < n->n_axes && n->n_axes < MAX_RANK; k++) {
		int64_t period = 0;

		if (!num_is_const(n->extent[k]) || num_is_const(n->axis[k]))
			continue;
		for (int i = 0; i < n->n_at && !period; i++)
			period = find_period(&n->m->nums, n->at[i].affine, n->axis[k]);
		if (period > 1 && period < n->extent[k].n && n->extent[k].n % period == 0)
			n = split_axis(n, k--, period);
	}
	return n;
}

/* --- Special turns ------------------------------------------------------------------------------------------------ */

/* The last axis moves what is loaded step by step, and is in no condition. */
static bool is_plain(const struct nest *n)
{
	const struct num axis = n->axis[n->n_axes - 1];
	bool *needed = ARENA_ARRAY(n->m->scratch, n->n_e, bool);
	struct nums *s = &n->m->nums;
	struct num c, rest;

	nest_mark(n, n->value, needed);
	for (int e = 0; e < n->n_e; e++) {
		const struct expr *x = &n->e[e];
		if (!needed[e])
			continue;
		if (x->op == E_INDEX && num_uses(s, x->index, axis))
			return false;
		for (int i = 0; x->op == E_LOAD && i < (x->n_at < 0 ? 1 : x->n_at); i++)
			if (!num_linear(s, n->at[x->at + i].affine, &axis, 1, &c, &rest))
				return false;
	}
	return true;
}

static bool is_plain_between(const struct nest *n, int64_t first, int64_t last)
{
	const struct trial trial = trial_begin(n->m);
	const int k = n->n_axes - 1;
	const bool plain = is_plain(nest_of_rows(n, k, num_const(first),
						 num_const(n->extent[k].n - first - last)));

	trial_end(n->m, &trial);
	return plain;
}

/* Turns at either end that are special at most, and turns without which it does not pay. */
enum { MOST_SPECIAL = 8, LEAST_TURNS = 32 };

/* How many turns of the last loop are special at either end, when the others are not. */
static bool find_special(const struct nest *n, int64_t *first, int64_t *last)
{
	const struct tensor *out = &n->m->tensor[n->out];
	const int k = n->n_axes - 1;

	if (k < 0 || !num_is_const(n->extent[k]) || n->extent[k].n < LEAST_TURNS || out->rank < 1 ||
	    !num_is(out->stride[out->rank - 1], 1) || is_plain(n) ||
	    !is_plain_between(n, MOST_SPECIAL, MOST_SPECIAL))
		return false;
	for (int i = 0; i < out->rank; i++)
		if (n->store[i].expr >= 0)
			return false;   /* two turns may store to one place, and their order counts */
	*first = *last = 0;
	while (!is_plain_between(n, *first, MOST_SPECIAL))
		++*first;
	while (!is_plain_between(n, *first, *last))
		++*last;
	return true;
}

/* --- The pass ----------------------------------------------------------------------------------------------------- */

static void append(struct module *m, struct block *b, const struct step *s)
{
	b->step = ARENA_PUSH(m->steps, b->step, b->n, struct step);
	b->step[b->n++] = *s;
}

static void append_rows(struct module *m, struct block *b, const struct step *s, int64_t begin, int64_t rows)
{
	struct step part = *s;
	const int k = s->nest->n_axes - 1;

	if (!rows)
		return;
	part.nest = nest_of_rows(s->nest, k, num_const(begin), num_const(rows));
	part.macs = s->macs / s->nest->extent[k].n * rows;
	append(m, b, &part);
}

/* The block is written anew only where a step becomes several: models have a hundred thousand steps. */
static void split_block(struct module *m, struct block *b)
{
	struct block done = { .refused = b->refused };
	bool is_new = false;

	for (int i = 0; i < b->n; i++) {
		struct step *s = &b->step[i];
		int64_t first, last;

		split_block(m, &s->body[0]);
		split_block(m, &s->body[1]);
		if (s->kind == STEP_NEST)
			s->nest = split_repeats(s->nest);
		if (s->kind != STEP_NEST || !find_special(s->nest, &first, &last)) {
			if (is_new)
				append(m, &done, s);
			continue;
		}
		for (int k = 0; k < i && !is_new; k++)
			append(m, &done, &b->step[k]);
		is_new = true;
		append_rows(m, &done, s, first, s->nest->extent[s->nest->n_axes - 1].n - first - last);
		append_rows(m, &done, s, 0, first);
		append_rows(m, &done, s, s->nest->extent[s->nest->n_axes - 1].n - last, last);
	}
	if (is_new)
		*b = done;
}

bool split_loops(struct module *m, struct block *b)
{
	if (m->target->vector_bytes > 4 && m->options->optimize == OPTIMIZE_SPEED)
		split_block(m, b);
	return true;
}
