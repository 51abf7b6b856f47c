/* Fusion of loop nests by substitution.
 *
 * A nest without reduction is its value at any index: every load of its tensor is replaced by that value, with the
 * loaded place for the axes, and the tensor is never stored. A nest with a reduction takes in the element-wise nest
 * that alone reads it, after the reduction.
 *
 * Requires simplified nests. Legal when nobody else needs the tensor, all its readers are nests of the same block that
 * name its elements by affine indexes, and what the producer reads is not written again before they run. Worth it when
 * nothing expensive is computed more often than before. Bit-exact, for the same operations are done on the same
 * values. */
#include "nest/address.h"
#include "steps/fuse.h"
#include "steps/uses.h"
#include "nest/nest_build.h"

enum {
	MAX_READERS = 8,        /* nests that take in one producer */
	MAX_FUSED_EXPRS = 250,  /* expressions of one nest */
	COST_CHEAP = 2,         /* what may be computed more often than before */
};

/* --- what a producer is ------------------------------------------------------------------------------------------- */

/* Rough cycles an element; a load and index arithmetic are free, for the tensor itself would be loaded instead. */
static int cost_of(const struct nest *n)
{
	int cost = nest_count_loads(n) > 1 ? nest_count_loads(n) - 1 : 0;

	for (int e = 0; e < n->n_e; e++) {
		const enum eop op = n->e[e].op;

		if (op > E_SCALAR)
			cost += nest_cost(op);
		else if (op != E_CONST && op != E_INDEX && op != E_LOAD && op != E_ACC)
			cost += SCALAR_SIMPLE;
	}
	return cost;
}

/* --- what a reader is --------------------------------------------------------------------------------------------- */

/* All loads of t name elements by affine indexes, and how many there are. Row-major numbers count when they come apart
 * without divisions left over. */
static int affine_loads(const struct nest *n, int t)
{
	struct module *m = n->m;
	struct num at[MAX_RANK], coefficient[2 * MAX_RANK], rest;
	int loads = 0;

	for (int e = 0; e < n->n_e; e++) {
		const struct expr *x = &n->e[e];
		if (x->op != E_LOAD || x->tensor != t)
			continue;
		loads++;
		for (int k = 0; k < x->n_at; k++)
			if (n->at[x->at + k].expr >= 0)
				return 0;
		if (x->n_at >= 0)
			continue;
		if (n->at[x->at].expr >= 0)
			return 0;
		address_unflatten(&m->nums, &m->tensor[t], n->at[x->at].affine, at);
		for (int k = 0; k < m->tensor[t].rank; k++)
			if (!num_linear(&m->nums, at[k], n->axis, n->n_axes + n->n_reduce, coefficient, &rest))
				return 0;
	}
	return loads;
}

/* Turns of the nest's loops at the upper bounds, the reduction included. */
static double turns_of(const struct nest *n)
{
	double turns = 1;

	for (int k = 0; k < n->n_axes + n->n_reduce; k++)
		turns *= (double)n->extent[k].n;
	return turns;
}

static double elements_of(const struct module *m, int t)
{
	double elements = 1;

	for (int k = 0; k < m->tensor[t].rank; k++)
		elements *= (double)m->tensor[t].dim[k].n;
	return elements;
}

/* Every load of t is of the element that the nest is computing. */
static bool loads_same_element(const struct nest *n, int t)
{
	for (int e = 0; e < n->n_e; e++) {
		const struct expr *x = &n->e[e];
		if (x->op != E_LOAD || x->tensor != t)
			continue;
		if (x->n_at != n->n_axes)
			return false;
		for (int k = 0; k < x->n_at; k++)
			if (n->at[x->at + k].expr >= 0 || !num_same(n->at[x->at + k].affine, n->axis[k]))
				return false;
	}
	return true;
}

/* --- substitution ------------------------------------------------------------------------------------------------- */

struct substitution {
	const struct nest *producer;
	const struct num *reduce;       /* numbers of the producer's reduction axes in the new nest */
};

static int producer_at(void *ctx, struct nest *n, int tensor, const struct index *at, int n_at)
{
	const struct substitution *s = ctx;
	const struct nest *p = s->producer;
	struct num axis[2 * MAX_RANK];
	const struct nest_copier c = { .n = n, .from = p, .at = axis, .acc = -1 };

	if (tensor != p->out)
		return -1;
	if (n_at < 0)
		address_unflatten(&n->m->nums, &n->m->tensor[tensor], at[0].affine, axis);
	for (int k = 0; k < n_at; k++)
		axis[k] = at[k].affine;
	for (int k = 0; k < p->n_reduce; k++)
		axis[p->n_axes + k] = s->reduce[k];
	return nest_copy_with(&c, p->value);
}

/* The reader with the producer's value in place of its loads. */
static struct nest *substituted(const struct nest *reader, const struct nest *producer)
{
	struct nest *n = nest_over(reader->m, reader->out, reader->n_axes, reader->extent);
	const struct nest *reduces = producer->n_reduce ? producer : reader;
	struct substitution s = { .producer = producer };
	struct nest_copier c = { .n = n, .from = reader, .acc = -1, .load = producer_at, .ctx = &s };

	for (int k = 0; k < reduces->n_reduce; k++)
		nest_reduce_axis(n, reduces->extent[reduces->n_axes + k]);
	c.at = n->axis;
	s.reduce = n->axis + n->n_axes;
	for (int k = 0; k < n->m->tensor[n->out].rank; k++) {
		n->store[k] = reader->store[k];
		if (reader->store[k].expr >= 0)
			n->store[k].expr = nest_copy_with(&c, reader->store[k].expr);
	}
	nest_store(n, nest_copy_with(&c, reader->value));
	return n;
}

/* Whether the producer's nest becomes the reader's by what the reader does to the element: same axes, nothing
 * summed. */
static bool can_extend(const struct nest *reader, const struct nest *producer)
{
	if (reader->n_reduce || reader->n_axes != producer->n_axes || !loads_same_element(reader, producer->out))
		return false;
	for (int k = 0; k < reader->n_axes; k++)
		if (!num_same(reader->extent[k], producer->extent[k]))
			return false;
	return true;
}

/* As substituted(), in the producer's own nest, which nobody needs any longer: a chain of element-wise nests grows at
 * its end instead of being copied at every link. */
static struct nest *extended(const struct nest *reader, struct nest *producer)
{
	const int from = producer->out, value = producer->value;
	const int rank = reader->m->tensor[reader->out].rank;

	producer->out = reader->out;
	producer->store = ARENA_ARRAY(reader->m->steps, rank, struct index);
	for (int k = 0; k < rank; k++) {
		producer->store[k] = reader->store[k];
		if (reader->store[k].expr >= 0)
			producer->store[k].expr =
				nest_copy(producer, reader, reader->store[k].expr, reader->axis, from, value);
	}
	nest_store(producer, nest_copy(producer, reader, reader->value, reader->axis, from, value));
	return producer;
}

/* --- decisions ---------------------------------------------------------------------------------------------------- */

/* Whether one reader may take the producer in, and how often it would compute it, in elements. Reductions wait for the
 * last round: an element-wise nest before them is better off in the tail of a kernel. */
static bool reader_takes(const struct site *s, const struct site *p, bool last, double *computed)
{
	const struct nest *producer = site_step(p)->nest, *n = site_step(s)->nest;
	int loads;

	if (s->block != p->block || s->index <= p->index || site_step(s)->kind != STEP_NEST)
		return false;
	if (n->n_reduce && !last)
		return false;
	loads = affine_loads(n, producer->out);
	if (!loads || nest_count_loads(n) + loads * (nest_count_loads(producer) - 1) > MAX_NEST_LOADS)
		return false;
	if (n->n_e + loads * producer->n_e > MAX_FUSED_EXPRS)
		return false;
	if (producer->n_reduce && (n->n_reduce || !nest_stores_whole(n) || !loads_same_element(n, producer->out)))
		return false;
	*computed += turns_of(n) * loads;
	return true;
}

static bool is_worth_it(const struct nest *p, int n_readers, double computed, bool last)
{
	const bool more_often = computed > elements_of(p->m, p->out) * 1.001;

	if (p->n_reduce)
		return n_readers == 1;
	if (!more_often)
		return true;
	return last && cost_of(p) <= COST_CHEAP && nest_count_loads(p) <= 1;
}

static bool fuse_producer(struct uses *u, struct site *p, bool last)
{
	struct step *step = site_step(p);
	struct site *readers[MAX_READERS];
	double computed = 0;
	int n;

	if (step->kind != STEP_NEST || !nest_stores_whole(step->nest) || !uses_is_private(u, step->nest->out))
		return false;
	n = uses_readers(u, step->nest->out, readers, MAX_READERS);
	if (!n || n > MAX_READERS || !uses_may_run_later(u, p))
		return false;
	for (int i = 0; i < n; i++)
		if (!reader_takes(readers[i], p, last, &computed))
			return false;
	if (!is_worth_it(step->nest, n, computed, last))
		return false;
	for (int i = 0; i < n; i++) {
		struct step *r = site_step(readers[i]);
		r->nest = n == 1 && can_extend(r->nest, step->nest) ? extended(r->nest, step->nest) :
								      substituted(r->nest, step->nest);
		r->macs += i ? 0 : step->macs;
		uses_reads_changed(u, readers[i]);
	}
	p->removed = true;
	return true;
}

static bool fuse(struct module *m, struct block *b, bool last)
{
	struct uses u;
	int fused = 0;

	uses_init(&u, m, b);
	for (int i = 0; i < u.n_sites; i++)
		fused += fuse_producer(&u, &u.site[i], last);
	uses_remove(&u);
	if (fused)
		diag_remark(m->diag, NULL, "%d loop nests fused into their readers%s", fused, last ? ", at last" : "");
	return true;
}

bool fuse_nests(struct module *m, struct block *b)
{
	return fuse(m, b, false);
}

bool fuse_last_nests(struct module *m, struct block *b)
{
	return fuse(m, b, true);
}
