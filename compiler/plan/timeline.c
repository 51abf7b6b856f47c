#include "plan/timeline.h"

#include <stdlib.h>
#include <string.h>

#include "plan/in_place.h"

static bool is_control(const struct step *s)
{
	return s->kind == STEP_IF || s->kind == STEP_LOOP;
}

/* The tensors of a leaf step, and the condition of an If or Loop. */
static void step_own_tensors(const struct step *s, void (*f)(void *ctx, int tensor, enum arg_kind kind), void *ctx)
{
	if (!is_control(s))
		step_each_tensor(s, f, ctx);
	else if (s->cond >= 0)
		f(ctx, s->cond, ARG_READ);
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
		for (int k = 0; k < 2; k++) {
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

void timeline_again(struct timeline *l, struct block *b)
{
	l->step = NULL;
	l->region = NULL;
	l->n = l->n_regions = 0;
	flatten(l, b);
}

struct writers {
	struct timeline *l;
	bool *written;          /* tensors */
};

static void find_rewritten(void *ctx, int tensor, enum arg_kind kind)
{
	struct writers *w = ctx;
	const int s = w->l->storage_of[w->l->m->tensor[tensor].base];

	if (kind != ARG_WRITE || s < 0)
		return;
	w->l->ordered[s] |= w->written[tensor];
	w->written[tensor] = true;
}

/* A tensor that several steps write may be overwritten in part, and everything in a loop is written at each turn. */
static void find_ordered(struct timeline *l)
{
	struct writers w = { .l = l, .written = ARENA_ARRAY(l->m->scratch, l->m->n_tensors, bool) };

	l->ordered = ARENA_ARRAY(l->m->scratch, l->n_storages, bool);
	for (int s = 0; s < l->n_storages; s++)
		l->ordered[s] = l->n_regions;
	for (int i = 0; i < l->n; i++)
		step_own_tensors(l->step[i], find_rewritten, &w);
}

static void add_outputs(struct timeline *l)
{
	const struct module *m = l->m;

	l->n_arena = l->n_storages;
	for (int i = 0; i < m->graph[0].n_out; i++) {
		const int t = m->graph[0].out[i];
		if (m->tensor[t].base != t || m->tensor[t].data || l->storage_of[t] >= 0)
			continue;
		l->storage_of[t] = -1;
		add_storage(l, t, ARG_WRITE);
		l->storage[l->n_storages - 1].size_bytes = 0;
	}
}

/* Storage of constants, of inputs and of views is -2. An input may be an output too; nothing writes it. */
void timeline_build(struct timeline *l, struct module *m, struct block *b)
{
	bool *interface = ARENA_ARRAY(m->scratch, m->n_tensors, bool);
	struct toucher t = { .l = l };

	*l = (struct timeline){ .m = m };
	timeline_again(l, b);
	for (int i = 0; i < m->graph[0].n_in; i++)
		interface[m->graph[0].in[i]] = true;
	for (int i = 0; i < m->graph[0].n_out; i++)
		interface[m->graph[0].out[i]] = true;
	l->storage_of = ARENA_ARRAY(m->scratch, m->n_tensors, int);
	for (int i = 0; i < m->n_tensors; i++)
		l->storage_of[i] = m->tensor[i].base == i && !m->tensor[i].data && !interface[i] ? -1 : -2;
	for (int i = 0; i < l->n; i++)
		step_own_tensors(l->step[i], add_storage, l);
	add_outputs(l);
	find_ordered(l);
	l->touches = t.count = ARENA_ARRAY(m->scratch, l->n_storages, int);
	t.last = ARENA_ARRAY(m->scratch, l->n_storages, int);
	l->seen = ARENA_ARRAY(m->scratch, l->n_storages, int);
	for (int i = 0; i < l->n; i++) {
		t.step = i + 1;
		step_own_tensors(l->step[i], touch, &t);
	}
}

/* --- Flows -------------------------------------------------------------------------------------------------------- */

/* Every write is a value of its own, and a read reads all values that its storage holds so far: the parts of a
 * concatenation. */
struct collector {
	struct timeline *l;
	int **write;                    /* storage -> values written so far, in order */
	int *n_write;
	int *value_storage;
	int n_values;
	const bool *skip;               /* storages that live inside the step alone; NULL: none */
	int *reads, *writes;            /* of the step */
	int n_reads, n_writes;
};

static void collect_read(void *ctx, int tensor, enum arg_kind kind)
{
	struct collector *c = ctx;
	struct arena *a = c->l->m->scratch;
	const int s = c->l->storage_of[c->l->m->tensor[tensor].base];

	if (s < 0 || kind != ARG_READ || (c->skip && c->skip[s]))
		return;
	for (int i = 0; i < c->n_write[s]; i++) {
		c->reads = ARENA_PUSH(a, c->reads, c->n_reads, int);
		c->reads[c->n_reads++] = c->write[s][i];
	}
}

static void collect_write(void *ctx, int tensor, enum arg_kind kind)
{
	struct collector *c = ctx;
	struct arena *a = c->l->m->scratch;
	const int s = c->l->storage_of[c->l->m->tensor[tensor].base];

	if (s < 0 || kind == ARG_READ || (c->skip && c->skip[s]))
		return;
	c->writes = ARENA_PUSH(a, c->writes, c->n_writes, int);
	c->writes[c->n_writes++] = c->n_values;
	c->write[s] = ARENA_PUSH(a, c->write[s], c->n_write[s], int);
	c->write[s][c->n_write[s]++] = c->n_values;
	c->value_storage = ARENA_PUSH(a, c->value_storage, c->n_values, int);
	c->value_storage[c->n_values++] = s;
}

static struct collector collector(struct timeline *l)
{
	return (struct collector){ .l = l, .write = ARENA_ARRAY(l->m->scratch, l->n_storages, int *),
				   .n_write = ARENA_ARRAY(l->m->scratch, l->n_storages, int) };
}

static struct flow_step collected(struct collector *c)
{
	const struct flow_step f = { .reads = c->reads, .writes = c->writes, .n_reads = c->n_reads,
				     .n_writes = c->n_writes, .over = -1 };

	c->reads = c->writes = NULL;
	c->n_reads = c->n_writes = 0;
	return f;
}

void timeline_flow(struct timeline *l, struct flow *f)
{
	struct flow_step *steps = ARENA_ARRAY(l->m->scratch, l->n, struct flow_step);
	struct collector c = collector(l);

	for (int i = 0; i < l->n; i++) {
		step_own_tensors(l->step[i], collect_read, &c);
		step_own_tensors(l->step[i], collect_write, &c);
		steps[i] = collected(&c);
	}
	*f = (struct flow){ .steps = steps, .n_steps = l->n, .storage_of = c.value_storage, .n_values = c.n_values,
			    .storages = l->storage, .n_storages = l->n_storages };
}

/* Which step of a block touches a storage: -1 none, SEVERAL, or its number; and on how many steps of the timeline. */
enum { SEVERAL = -2 };

struct owners {
	struct toucher t;
	int *owner, at;
};

static void own(void *ctx, int tensor, enum arg_kind kind)
{
	struct owners *o = ctx;
	const int s = o->t.l->storage_of[o->t.l->m->tensor[tensor].base];

	if (s >= 0)
		o->owner[s] = o->owner[s] == -1 || o->owner[s] == o->at ? o->at : SEVERAL;
	touch(&o->t, tensor, kind);
}

/* Depth is bounded by MAX_NESTING. */
static void find_owner(struct owners *o, const struct step *s)
{
	o->t.step++;
	step_own_tensors(s, own, o);
	for (int k = 0; k < 2; k++)
		for (int i = 0; i < s->body[k].n; i++)
			find_owner(o, &s->body[k].step[i]);
}

/* Sizes as the block sees them, and which storages live inside one If or Loop of it alone. */
static void block_storages(struct timeline *l, const struct block *b, struct storage *storages, bool *inside)
{
	struct arena *a = l->m->scratch;
	struct owners o = { .t = { .l = l, .last = ARENA_ARRAY(a, l->n_storages, int),
				   .count = ARENA_ARRAY(a, l->n_storages, int) },
			    .owner = ARENA_ARRAY(a, l->n_storages, int) };

	for (int s = 0; s < l->n_storages; s++)
		o.owner[s] = -1;
	for (o.at = 0; o.at < b->n; o.at++)
		find_owner(&o, &b->step[o.at]);
	for (int s = 0; s < l->n_storages; s++) {
		if (o.t.count[s] != l->touches[s])
			continue;
		inside[s] = o.owner[s] >= 0 && is_control(&b->step[o.owner[s]]);
		if (!inside[s])
			storages[s] = l->storage[s];
	}
}

/* What is written again after it was read: the order of such steps is fixed by edges, from all readers
 * since the last write, and from that write, to the next one. */
struct hazards {
	struct timeline *l;
	struct flow_edge *edge;
	int n_edges;
	int *writer;            /* storage -> 1 + step that wrote it last */
	int **reader, *n_reader;        /* storage -> steps that read it since */
};

static void add_edge(struct hazards *h, int before, int after)
{
	if (before >= after)
		return;
	h->edge = ARENA_PUSH(h->l->m->scratch, h->edge, h->n_edges, struct flow_edge);
	h->edge[h->n_edges++] = (struct flow_edge){ before, after };
}

static void order_accesses(struct hazards *h, const struct flow_step *f, const int *storage_of, int step)
{
	for (int k = 0; k < f->n_reads; k++) {
		const int s = storage_of[f->reads[k]];
		if (!h->l->ordered[s])
			continue;
		if (h->n_reader[s] && h->reader[s][h->n_reader[s] - 1] == step)
			continue;
		h->reader[s] = ARENA_PUSH(h->l->m->scratch, h->reader[s], h->n_reader[s], int);
		h->reader[s][h->n_reader[s]++] = step;
	}
	for (int k = 0; k < f->n_writes; k++) {
		const int s = storage_of[f->writes[k]];
		if (!h->l->ordered[s])
			continue;
		for (int i = 0; i < h->n_reader[s]; i++)
			add_edge(h, h->reader[s][i], step);
		if (h->writer[s])
			add_edge(h, h->writer[s] - 1, step);
		h->n_reader[s] = 0;
		h->reader[s] = NULL;
		h->writer[s] = step + 1;
	}
}

/* Depth is bounded by MAX_NESTING. */
static void collect_all(struct collector *c, const struct step *s,
			void (*f)(void *ctx, int tensor, enum arg_kind kind))
{
	step_own_tensors(s, f, c);
	for (int k = 0; k < 2; k++)
		for (int i = 0; i < s->body[k].n; i++)
			collect_all(c, &s->body[k].step[i], f);
}

/* A result that takes the place of an operand: what that saves while the step runs. */
static void allow_over(struct timeline *l, const struct step *s, const int *n_write, const int *value_storage,
		       struct flow_step *f)
{
	struct overlap v[MAX_STEP_OVERLAPS];
	const int n = step_overlaps(l, s, v);

	for (int k = 0; k < n; k++) {
		const int64_t saved = overlap_most(l->storage[v[k].a].size_bytes, l->storage[v[k].b].size_bytes,
						   v[k].at_least, v[k].at_most);
		if (n_write[v[k].b] != 1 || saved <= f->over_bytes)
			continue;
		for (int i = 0; i < f->n_reads; i++)
			if (value_storage[f->reads[i]] == v[k].a)
				f->over = f->reads[i];
		if (f->over >= 0)
			f->over_bytes = saved;
	}
}

void timeline_block_flow(struct timeline *l, const struct block *b, const int64_t *inside_bytes, struct flow *f)
{
	struct arena *a = l->m->scratch;
	struct flow_step *steps = ARENA_ARRAY(a, b->n, struct flow_step);
	struct storage *storages = ARENA_ARRAY(a, l->n_storages, struct storage);
	bool *inside = ARENA_ARRAY(a, l->n_storages, bool);
	struct collector c = collector(l);
	struct hazards h = { .l = l, .writer = ARENA_ARRAY(a, l->n_storages, int),
			     .reader = ARENA_ARRAY(a, l->n_storages, int *),
			     .n_reader = ARENA_ARRAY(a, l->n_storages, int) };

	c.skip = inside;
	block_storages(l, b, storages, inside);
	for (int i = 0; i < b->n; i++) {
		collect_all(&c, &b->step[i], collect_read);
		collect_all(&c, &b->step[i], collect_write);
		steps[i] = collected(&c);
		steps[i].scratch_bytes = inside_bytes[i];
		order_accesses(&h, &steps[i], c.value_storage, i);
	}
	for (int i = 0; i < b->n; i++)
		allow_over(l, &b->step[i], c.n_write, c.value_storage, &steps[i]);
	*f = (struct flow){ .steps = steps, .n_steps = b->n, .storage_of = c.value_storage, .n_values = c.n_values,
			    .storages = storages, .n_storages = l->n_storages, .edges = h.edge, .n_edges = h.n_edges };
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
		step_own_tensors(&b->step[i], see, v);
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
	narrow->ordered = ARENA_ARRAY(a, v.n, bool);
	narrow->touches = ARENA_ARRAY(a, v.n, int);
	for (int i = 0; i < v.n; i++) {
		const int s = v.storage[i];
		narrow->tensor_of[i] = l->tensor_of[s];
		narrow->storage[i] = l->storage[s];
		narrow->ordered[i] = l->ordered[s];
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
