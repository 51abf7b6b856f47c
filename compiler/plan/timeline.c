#include "plan/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "steps/sizes.h"
#include "stream/input.h"
#include "targets/target.h"

int tensor_align(const struct module *m, int t, int64_t size_bytes)
{
	const struct target *target = m->target;
	int align = m->tensor[t].type == DT_U8 ? 8 : dtypes[m->tensor[t].type].bytes;

	if (target->vector_bytes > align && size_bytes >= 4 * target->vector_bytes)
		align = target->vector_bytes;
	return align < target->arena_align ? align : target->arena_align;
}

/* Of a loop that streams rows: what it makes for others is written by it, whatever it reads of it meanwhile. */
struct outside {
	const struct module *m;
	const struct step *loop;
	void (*f)(void *ctx, int tensor, enum arg_kind kind);
	void *ctx;
	int tensor;             /* looked for */
	bool is_written;
};

static void find_write(void *ctx, int tensor, enum arg_kind kind)
{
	struct outside *o = ctx;

	o->is_written |= kind != ARG_READ && o->m->tensor[tensor].base == o->m->tensor[o->tensor].base;
}

static void pass_outside(void *ctx, int tensor, enum arg_kind kind)
{
	struct outside *o = ctx;

	if (o->m->tensor[tensor].base == o->loop->streams->inside)
		return;
	o->tensor = tensor;
	o->is_written = false;
	if (kind == ARG_READ)
		step_each_tensor(o->m, o->loop, find_write, o);
	if (!o->is_written)
		o->f(o->ctx, tensor, kind);
}

static void each_tensor_outside(const struct module *m, const struct step *s,
				void (*f)(void *ctx, int tensor, enum arg_kind kind), void *ctx)
{
	struct outside o = { .m = m, .loop = s, .f = f, .ctx = ctx };

	f(ctx, s->streams->inside, ARG_SCRATCH);
	step_each_tensor(m, s, pass_outside, &o);
}

void step_own_tensors(const struct module *m, const struct step *s,
		      void (*f)(void *ctx, int tensor, enum arg_kind kind), void *ctx)
{
	if (s->streams) {
		each_tensor_outside(m, s, f, ctx);
		return;
	}
	if (!step_is_control(s)) {
		step_each_tensor(m, s, f, ctx);
		return;
	}
	if (s->cond >= 0)
		f(ctx, s->cond, ARG_READ);
	step_each_size(m, s, f, ctx);
}

static void add_storage(void *ctx, int tensor, enum arg_kind kind)
{
	struct timeline *l = ctx;
	struct module *m = l->m;
	const int base = m->tensor[tensor].base;

	(void)kind;
	if (l->storage_of[base] != -1)
		return;
	l->storage = ARENA_PUSH(m->scratch, l->storage, l->n_storages, struct storage);
	l->tensor_of = ARENA_PUSH(m->scratch, l->tensor_of, l->n_storages, int);
	l->storage[l->n_storages] = (struct storage){ .size_bytes = tensor_bytes(m, base) };
	l->tensor_of[l->n_storages] = base;
	l->storage_of[base] = l->n_storages++;
}

/* Depth is bounded by MAX_NESTING. */
static void flatten(struct timeline *l, struct block *b)
{
	struct arena *a = l->m->scratch;

	for (int i = 0; i < b->n; i++) {
		struct step *s = &b->step[i];
		l->step = ARENA_PUSH(a, l->step, l->n, struct step *);
		l->step[l->n++] = s;
		for (int k = 0; k < 2 && step_is_planned_inside(s); k++) {
			struct region r = { .first = l->n, .loop = s->kind == STEP_LOOP };
			if (s->kind == STEP_LOOP)
				r.first--;      /* the condition is read before every turn */
			if (!s->body[k].n)
				continue;
			flatten(l, &s->body[k]);
			r.last = l->n - 1;
			l->region = ARENA_PUSH(a, l->region, l->n_regions, struct region);
			l->region[l->n_regions++] = r;
		}
	}
}

/* Calls f once for each storage that one step touches. */
struct toucher {
	struct timeline *l;
	int *last, step;        /* storage -> step that touched it last */
	int *count;
};

static void touch(void *ctx, int tensor, enum arg_kind kind)
{
	struct toucher *t = ctx;
	const int s = t->l->storage_of[t->l->m->tensor[tensor].base];

	(void)kind;
	if (s < 0 || t->last[s] == t->step)
		return;
	t->last[s] = t->step;
	t->count[s]++;
}

struct writers {
	struct timeline *l;
	const struct block *block;      /* that is looked at */
	const struct block **wrote;     /* tensor -> block of a step that writes it; storage -> the same */
	const struct block **first;
};

static void find_rewritten(void *ctx, int tensor, enum arg_kind kind)
{
	struct writers *w = ctx;
	const int s = w->l->storage_of[w->l->m->tensor[tensor].base];

	if (kind != ARG_WRITE || s < 0)
		return;
	w->l->rewritten[s] |= w->wrote[tensor] || (w->first[s] && w->first[s] != w->block);
	w->wrote[tensor] = w->first[s] = w->block;
}

/* A storage is written once, part by part, when each of its tensors is written by one step and all those steps are in
 * one block: parts do not overlap (passes/views.c), and a turn of a loop reads nothing of the turn before. Else a later
 * write may be over what an earlier one left: a variable of a loop, set before it and in it, results of an If. Depth is
 * bounded by MAX_NESTING. */
static void find_rewritten_in(struct writers *w, const struct block *b)
{
	for (int i = 0; i < b->n; i++) {
		w->block = b;
		step_own_tensors(w->l->m, &b->step[i], find_rewritten, w);
		for (int k = 0; k < 2 && step_is_planned_inside(&b->step[i]); k++)
			find_rewritten_in(w, &b->step[i].body[k]);
	}
}

static void find_all_rewritten(struct timeline *l, const struct block *b)
{
	struct arena *a = l->m->scratch;
	struct writers w = { .l = l, .wrote = ARENA_ARRAY(a, l->m->n_tensors, const struct block *),
			     .first = ARENA_ARRAY(a, l->n_storages, const struct block *) };

	l->rewritten = ARENA_ARRAY(a, l->n_storages, bool);
	find_rewritten_in(&w, b);
}

/* States live throughout, wherever in a storage they lie, and are written after all that reads them. */
static void add_states(struct timeline *l)
{
	const struct graph *g = &l->m->graph[0];

	for (int i = module_n_in(l->m); i < g->n_in; i++) {
		const int base = l->m->tensor[g->in[i]].base;
		struct storage *s;
		add_storage(l, base, ARG_READ);
		s = &l->storage[l->storage_of[base]];
		s->live_in = s->live_out = true;
	}
}

static void rewrite_states(struct timeline *l)
{
	const struct graph *g = &l->m->graph[0];

	for (int i = module_n_in(l->m); i < g->n_in; i++)
		l->rewritten[l->storage_of[l->m->tensor[g->in[i]].base]] = true;
}

/* Inputs that lie in the arena live from the first step, be they read or not. */
static void add_inputs_in_arena(struct timeline *l)
{
	const struct graph *g = &l->m->graph[0];

	for (int i = 0; i < module_n_in(l->m); i++) {
		if (input_has_rows(l->m, g->in[i]))
			continue;
		add_storage(l, g->in[i], ARG_READ);
		l->storage[l->storage_of[g->in[i]]].live_in = true;
	}
}

/* Outputs that do live to the last step, or what they are views of does; constants stay where they are. */
static void keep_outputs_in_arena(struct timeline *l)
{
	const struct module *m = l->m;

	for (int i = 0; i < module_n_out(m); i++) {
		const int base = m->tensor[m->graph[0].out[i]].base;
		if (m->tensor[base].data)
			continue;
		add_storage(l, base, ARG_WRITE);
		l->storage[l->storage_of[base]].live_out = true;
	}
}

static void add_outputs(struct timeline *l)
{
	const struct module *m = l->m;

	l->n_arena = l->n_storages;
	for (int i = 0; i < module_n_out(m); i++) {
		const int t = m->graph[0].out[i];
		if (m->tensor[t].base != t || m->tensor[t].data || l->storage_of[t] >= 0)
			continue;
		l->storage_of[t] = -1;
		add_storage(l, t, ARG_WRITE);
		l->storage[l->n_storages - 1].size_bytes = 0;
	}
}

/* Storage of constants, of views and of inputs that the caller has is -2. An input may be an output too; nothing writes
 * it. */
void timeline_build(struct timeline *l, struct module *m, struct block *b)
{
	bool *interface = ARENA_ARRAY(m->scratch, m->n_tensors, bool);
	const bool in_arena = m->options && m->options->io_memory == EDGES_ARENA;
	struct toucher t = { .l = l };

	*l = (struct timeline){ .m = m };
	flatten(l, b);
	for (int i = 0; i < module_n_in(m) && !in_arena; i++)
		interface[m->graph[0].in[i]] = !m->options || !input_has_rows(m, m->graph[0].in[i]);
	for (int i = 0; i < module_n_out(m) && !in_arena; i++)
		interface[m->graph[0].out[i]] = true;
	l->storage_of = ARENA_ARRAY(m->scratch, m->n_tensors, int);
	for (int i = 0; i < m->n_tensors; i++)
		l->storage_of[i] = m->tensor[i].base == i && !m->tensor[i].data && !interface[i] ? -1 : -2;
	add_states(l);
	if (in_arena)
		add_inputs_in_arena(l);
	for (int i = 0; i < l->n; i++)
		step_own_tensors(m, l->step[i], add_storage, l);
	if (in_arena)
		keep_outputs_in_arena(l);
	add_outputs(l);
	find_all_rewritten(l, b);
	rewrite_states(l);
	l->touches = t.count = ARENA_ARRAY(m->scratch, l->n_storages, int);
	t.last = ARENA_ARRAY(m->scratch, l->n_storages, int);
	l->seen = ARENA_ARRAY(m->scratch, l->n_storages, int);
	for (int i = 0; i < l->n; i++) {
		t.step = i + 1;
		step_own_tensors(m, l->step[i], touch, &t);
	}
}

/* --- One block ---------------------------------------------------------------------------------------------------- */

struct sight {
	struct timeline *l;
	int *storage, n;        /* seen so far */
};

static void see(void *ctx, int tensor, enum arg_kind kind)
{
	struct sight *v = ctx;
	const int s = v->l->storage_of[v->l->m->tensor[tensor].base];

	(void)kind;
	if (s < 0 || v->l->seen[s] == v->l->n_seen)
		return;
	v->l->seen[s] = v->l->n_seen;
	v->storage = ARENA_PUSH(v->l->m->scratch, v->storage, v->n, int);
	v->storage[v->n++] = s;
}

/* Depth is bounded by MAX_NESTING. */
static void see_block(struct sight *v, const struct block *b)
{
	for (int i = 0; i < b->n; i++) {
		step_own_tensors(v->l->m, &b->step[i], see, v);
		for (int k = 0; k < 2; k++)
			see_block(v, &b->step[i].body[k]);
	}
}

static int compare_numbers(const void *a, const void *b)
{
	const int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

void timeline_narrow(struct timeline *l, const struct block *b, struct timeline *narrow)
{
	struct arena *a = l->m->scratch;
	struct sight v = { .l = l };

	l->n_seen++;
	see_block(&v, b);
	if (v.n)
		qsort(v.storage, (size_t)v.n, sizeof *v.storage, compare_numbers);
	*narrow = (struct timeline){ .m = l->m, .storage_of = l->storage_of, .n_storages = v.n, .seen = v.storage };
	narrow->tensor_of = ARENA_ARRAY(a, v.n, int);
	narrow->storage = ARENA_ARRAY(a, v.n, struct storage);
	narrow->rewritten = ARENA_ARRAY(a, v.n, bool);
	narrow->touches = ARENA_ARRAY(a, v.n, int);
	for (int i = 0; i < v.n; i++) {
		const int s = v.storage[i];
		narrow->tensor_of[i] = l->tensor_of[s];
		narrow->storage[i] = l->storage[s];
		narrow->rewritten[i] = l->rewritten[s];
		narrow->touches[i] = l->touches[s];
		narrow->n_arena += s < l->n_arena;
	}
	for (int i = 0; i < v.n; i++)
		l->storage_of[narrow->tensor_of[i]] = i;
}

void timeline_widen(struct timeline *l, const struct timeline *narrow)
{
	for (int i = 0; i < narrow->n_storages; i++)
		l->storage_of[narrow->tensor_of[i]] = narrow->seen[i];
}
