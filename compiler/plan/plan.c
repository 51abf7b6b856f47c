#include "plan/plan.h"

#include <string.h>

#include "lower/address.h"
#include "plan/liveness.h"
#include "plan/order.h"
#include "plan/place.h"
#include "plan/validate.h"
#include "targets/target.h"

/* The timeline: leaf steps one after the other, a branch or a loop body being a stretch of it. */
struct timeline {
	struct module *m;
	struct step **step;
	int n;
	struct region *region;
	int n_regions;
	int *storage_of;                /* tensor -> storage, -1: not in the arena */
	struct storage *storage;
	int *tensor_of;
	int n_storages;
	int **write;                    /* storage -> values written so far, in order */
	int *n_write;
	int *value_storage;
	int n_values;
};

static bool in_arena(const struct module *m, const bool *interface, int t)
{
	return m->tensor[t].base == t && !m->tensor[t].data && !interface[t];
}

static void add_storage(void *ctx, int tensor, enum arg_kind kind)
{
	struct timeline *l = ctx;
	struct module *m = l->m;
	int base = m->tensor[tensor].base;

	(void)kind;
	if (l->storage_of[base] != -1)
		return;
	l->storage = ARENA_PUSH(m->scratch, l->storage, l->n_storages, struct storage);
	l->tensor_of = ARENA_PUSH(m->scratch, l->tensor_of, l->n_storages, int);
	l->storage[l->n_storages] = (struct storage){ .size_bytes = tensor_bytes(m, base) };
	l->tensor_of[l->n_storages] = base;
	l->storage_of[base] = l->n_storages++;
}

static void flatten(struct timeline *l, struct block *b)
{
	for (int i = 0; i < b->n; i++) {
		struct step *s = &b->step[i];
		l->step = ARENA_PUSH(l->m->scratch, l->step, l->n, struct step *);
		l->step[l->n++] = s;
		for (int k = 0; k < 2; k++) {
			struct region r = { .first = l->n, .loop = s->kind == STEP_LOOP };
			if (s->kind == STEP_LOOP)
				r.first--;      /* the condition is read before every turn */
			if (!s->body[k].n)
				continue;
			flatten(l, &s->body[k]);
			r.last = l->n - 1;
			l->region = ARENA_PUSH(l->m->scratch, l->region, l->n_regions, struct region);
			l->region[l->n_regions++] = r;
		}
	}
}

/* Reads and writes of one leaf step as values: every write is a value of its own, a read reads all values that its
 * storage holds so far (the parts of a concatenation). */
struct collector {
	struct timeline *l;
	int *reads, *writes;
	int n_reads, n_writes;
	int64_t scratch_bytes;
};

static void collect(void *ctx, int tensor, enum arg_kind kind)
{
	struct collector *c = ctx;
	struct timeline *l = c->l;
	struct arena *a = l->m->scratch;
	int s = l->storage_of[l->m->tensor[tensor].base];

	if (s < 0)
		return;
	if (kind == ARG_READ) {
		for (int i = 0; i < l->n_write[s]; i++) {
			c->reads = ARENA_PUSH(a, c->reads, c->n_reads, int);
			c->reads[c->n_reads++] = l->write[s][i];
		}
		return;
	}
	c->writes = ARENA_PUSH(a, c->writes, c->n_writes, int);
	c->writes[c->n_writes++] = l->n_values;
	l->write[s] = ARENA_PUSH(a, l->write[s], l->n_write[s], int);
	l->write[s][l->n_write[s]++] = l->n_values;
	l->value_storage = ARENA_PUSH(a, l->value_storage, l->n_values, int);
	l->value_storage[l->n_values++] = s;
}

static void collect_reads(void *ctx, int tensor, enum arg_kind kind)
{
	if (kind == ARG_READ)
		collect(ctx, tensor, kind);
}

static void collect_writes(void *ctx, int tensor, enum arg_kind kind)
{
	if (kind != ARG_READ)
		collect(ctx, tensor, kind);
}

static void collect_step(struct timeline *l, const struct step *s, struct flow_step *f)
{
	struct collector c = { .l = l };

	if (s->kind == STEP_IF || s->kind == STEP_LOOP) {
		if (s->cond >= 0)
			collect(&c, s->cond, ARG_READ);
	} else {
		step_each_tensor(s, collect_reads, &c);
		step_each_tensor(s, collect_writes, &c);
	}
	*f = (struct flow_step){ .reads = c.reads, .writes = c.writes, .n_reads = c.n_reads, .n_writes = c.n_writes,
				 .over = -1 };
}

/* Storage of constants, of the interface and of nothing is -2: never in the arena. */
static void find_storages(struct timeline *l)
{
	struct module *m = l->m;
	bool *interface = ARENA_ARRAY(m->scratch, m->n_tensors, bool);

	for (int i = 0; i < m->graph[0].n_in; i++)
		interface[m->graph[0].in[i]] = true;
	for (int i = 0; i < m->graph[0].n_out; i++)
		interface[m->graph[0].out[i]] = true;
	l->storage_of = ARENA_ARRAY(m->scratch, m->n_tensors, int);
	for (int t = 0; t < m->n_tensors; t++)
		l->storage_of[t] = in_arena(m, interface, t) ? -1 : -2;
	for (int i = 0; i < l->n; i++) {
		if (l->step[i]->kind == STEP_IF || l->step[i]->kind == STEP_LOOP) {
			if (l->step[i]->cond >= 0 && l->storage_of[m->tensor[l->step[i]->cond].base] == -1)
				add_storage(l, l->step[i]->cond, ARG_READ);
		} else {
			step_each_tensor(l->step[i], add_storage, l);
		}
	}
}

static void make_flow(struct timeline *l, struct flow *f)
{
	struct arena *a = l->m->scratch;
	struct flow_step *steps = ARENA_ARRAY(a, l->n, struct flow_step);

	l->write = ARENA_ARRAY(a, l->n_storages, int *);
	l->n_write = ARENA_ARRAY(a, l->n_storages, int);
	l->n_values = 0;
	l->value_storage = NULL;
	for (int i = 0; i < l->n; i++)
		collect_step(l, l->step[i], &steps[i]);
	*f = (struct flow){ .steps = steps, .n_steps = l->n, .storage_of = l->value_storage, .n_values = l->n_values,
			    .storages = l->storage, .n_storages = l->n_storages };
}

/* Steps of a program without control flow in the order with the lowest peak. */
static bool reorder(struct module *m, struct block *b, struct timeline *l, struct flow *f)
{
	struct order_result result;
	int *order;
	struct step *sorted;

	if (l->n_regions || b->n < 2)
		return true;
	order = ARENA_ARRAY(m->scratch, b->n, int);
	if (!order_steps(f, order, &result, m->scratch, m->diag))
		return false;
	diag_remark(m->diag, NULL, "order: peak %lld bytes, %lld in the file's order%s", (long long)result.peak_bytes,
		    (long long)result.given_peak_bytes, result.optimal ? ", optimal" : "");
	sorted = ARENA_ARRAY(m->arena, b->n, struct step);
	for (int i = 0; i < b->n; i++)
		sorted[i] = b->step[order[i]];
	memcpy(b->step, sorted, (size_t)b->n * sizeof *sorted);
	return true;
}

/* In-place permissions: a nest, or the epilogue of a call, that reads a tensor only at the element it writes. */
struct overlaps {
	struct timeline *l;
	struct overlap *v;
	int n;
};

static void allow_in_place(struct overlaps *o, struct nest *n, bool is_epilogue)
{
	struct module *m = o->l->m;
	int out = o->l->storage_of[m->tensor[n->out].base];
	struct num to, from;

	if (out < 0 || !address_of_store(n, &to) || (n->n_reduce && !is_epilogue))
		return;
	for (int i = 0; i < n->n_e; i++) {
		int t = n->e[i].tensor, s;
		bool same = true;
		if (n->e[i].op != E_LOAD)
			continue;
		s = o->l->storage_of[m->tensor[t].base];
		if (s < 0 || s == out || dtypes[m->tensor[t].type].bytes != dtypes[m->tensor[n->out].type].bytes)
			continue;
		for (int k = 0; k < n->n_e; k++)
			if (n->e[k].op == E_LOAD && m->tensor[n->e[k].tensor].base == m->tensor[t].base)
				same &= address_of_load(n, k, &from) && num_same(from, to);
		if (!same)
			continue;
		o->v = ARENA_PUSH(m->scratch, o->v, o->n, struct overlap);
		o->v[o->n++] = (struct overlap){ .a = s, .b = out };
	}
}

/* The arguments of a call are read while it writes: an epilogue's operand that is an argument too must stay apart. */
static bool is_argument(const struct call *c, const struct module *m, int base)
{
	for (int i = 0; i < c->n_args; i++)
		if (c->arg[i].tensor >= 0 && c->arg[i].kind == ARG_READ && m->tensor[c->arg[i].tensor].base == base)
			return true;
	return false;
}

static void find_overlaps(struct overlaps *o)
{
	const struct timeline *l = o->l;

	for (int i = 0; i < l->n; i++) {
		const struct step *s = l->step[i];
		int first = o->n, kept;
		if (s->kind == STEP_NEST)
			allow_in_place(o, s->nest, false);
		if (s->kind != STEP_CALL || !s->call->epilogue)
			continue;
		allow_in_place(o, s->call->epilogue, true);
		kept = first;
		for (int k = first; k < o->n; k++)
			if (!is_argument(s->call, l->m, l->tensor_of[o->v[k].a]))
				o->v[kept++] = o->v[k];
		o->n = kept;
	}
}

static bool place(struct module *m, struct timeline *l, struct flow *f, struct plan *p)
{
	const struct memory_pool pool = { .align = m->target->arena_align };
	struct overlaps o = { .l = l };
	const char *why = "";

	p->buffer = ARENA_ARRAY(m->arena, l->n_storages, struct buffer);
	p->n_buffers = l->n_storages;
	for (int i = 0; i < l->n_storages; i++)
		p->buffer[i] = (struct buffer){ .size_bytes = l->storage[i].size_bytes, .align = m->target->arena_align };
	if (!liveness_find(f, NULL, l->region, l->n_regions, p->buffer, m->scratch, m->diag))
		return false;
	find_overlaps(&o);
	if (!place_buffers(p->buffer, p->n_buffers, &pool, 1, o.v, o.n, NULL, &p->pool, m->scratch, m->diag))
		return false;
	if (!plan_validate(p->buffer, p->n_buffers, &pool, 1, &p->pool, o.v, o.n, m->scratch, &why))
		die("plan: %s", why);
	p->arena_bytes = p->pool.arena_bytes;
	p->bound_bytes = p->pool.bound_bytes;
	diag_remark(m->diag, NULL, "plan: arena %lld bytes, lower bound %lld, gap %lld", (long long)p->arena_bytes,
		    (long long)p->bound_bytes, (long long)(p->arena_bytes - p->bound_bytes));
	return true;
}

struct output_search {
	const struct module *m;
	const bool *output;
	bool found;
};

static void find_output_read(void *ctx, int tensor, enum arg_kind kind)
{
	struct output_search *o = ctx;

	o->found |= kind == ARG_READ && o->output[o->m->tensor[tensor].base];
}

/* Whether steps depend on each other through an output of the model: one reads it, or overwrites elements of it. Outputs
 * are no storage of the arena, so the flow does not show this, and the order of such steps must stay. */
static bool depends_through_outputs(const struct timeline *l)
{
	struct module *m = l->m;
	bool *output = ARENA_ARRAY(m->scratch, m->n_tensors, bool);
	struct output_search o = { .m = m, .output = output };

	for (int i = 0; i < m->graph[0].n_out; i++)
		output[m->graph[0].out[i]] = true;
	for (int i = 0; i < l->n && !o.found; i++) {
		const struct nest *n = l->step[i]->kind == STEP_NEST ? l->step[i]->nest : NULL;

		if (l->step[i]->kind == STEP_NEST || l->step[i]->kind == STEP_CALL)
			step_each_tensor(l->step[i], find_output_read, &o);
		for (int k = 0; n && k < m->tensor[n->out].rank; k++)
			o.found |= n->store[k].expr >= 0 && output[m->tensor[n->out].base];
	}
	return o.found;
}

bool plan_program(struct module *m, struct block *b, struct plan *p)
{
	struct timeline l = { .m = m };
	struct flow f;

	*p = (struct plan){ 0 };
	flatten(&l, b);
	find_storages(&l);
	make_flow(&l, &f);
	if (!depends_through_outputs(&l) && !reorder(m, b, &l, &f))
		return false;
	if (!l.n_regions)
		make_flow(&l, &f);      /* l.step points into b, whose steps now stand in the new order */
	if (!place(m, &l, &f, p))
		return false;
	p->n_steps = l.n;
	p->tensor_of = arena_grow(m->arena, l.tensor_of, (size_t)l.n_storages, (size_t)l.n_storages, sizeof(int));
	p->buffer_of = arena_grow(m->arena, l.storage_of, (size_t)m->n_tensors, (size_t)m->n_tensors, sizeof(int));
	return true;
}
