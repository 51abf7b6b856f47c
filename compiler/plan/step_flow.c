#include "plan/step_flow.h"

#include "plan/in_place.h"

enum {
	MOST_PARTS = 16,        /* of a storage that each of its readers names; above, a join names them */
};

/* What a storage holds at some step. */
struct held {
	int *value, n;          /* values that a read names: the last write's, or one for each part written so far */
	int writes;             /* so far */
	int writer;             /* 1 + step of the flow that wrote last; 0: none in this block */
	int *reader, n_readers; /* steps of the flow that read it since */
	int seen;               /* 1 + step of the flow whose reads were looked at last */
};

struct collector {
	struct timeline *l;
	struct held *held;              /* by storage */
	const bool *skip;               /* storages that live inside the step alone; NULL: none */
	int *value_storage, n_values;
	struct flow_step *step;
	int *step_of, n_steps;
	struct flow_edge *edge;
	int n_edges;
	int *reads, n_reads;            /* of the step that is looked at: values … */
	int *writes, n_writes;
	int *storages, n_storages;      /* … and storages that it reads */
};

static int value_new(struct collector *c, int s)
{
	c->value_storage = ARENA_PUSH(c->l->m->scratch, c->value_storage, c->n_values, int);
	c->value_storage[c->n_values] = s;
	return c->n_values++;
}

static void push(struct arena *a, int **list, int *n, int x)
{
	*list = ARENA_PUSH(a, *list, *n, int);
	(*list)[(*n)++] = x;
}

static void hold(struct collector *c, struct held *h, int value)
{
	push(c->l->m->scratch, &h->value, &h->n, value);
}

/* Ends the step: what was collected is its reads and writes. */
static void step_end(struct collector *c, int step, int64_t scratch_bytes)
{
	struct arena *a = c->l->m->scratch;

	c->step_of = ARENA_PUSH(a, c->step_of, c->n_steps, int);
	c->step_of[c->n_steps] = step;
	c->step = ARENA_PUSH(a, c->step, c->n_steps, struct flow_step);
	c->step[c->n_steps++] = (struct flow_step){ .reads = c->reads, .writes = c->writes, .n_reads = c->n_reads,
						    .n_writes = c->n_writes, .scratch_bytes = scratch_bytes,
						    .over = -1 };
	c->reads = c->writes = NULL;
	c->n_reads = c->n_writes = 0;
}

/* Storage of a tensor that this collector looks at, or -1. */
static int looked_at(const struct collector *c, int tensor)
{
	const int s = c->l->storage_of[c->l->m->tensor[tensor].base];

	return s < 0 || (c->skip && c->skip[s]) ? -1 : s;
}

static void collect_storage(void *ctx, int tensor, enum arg_kind kind)
{
	struct collector *c = ctx;
	const int s = looked_at(c, tensor);

	if (s < 0 || kind != ARG_READ || c->held[s].seen == c->n_steps + 1)
		return;
	c->held[s].seen = c->n_steps + 1;
	push(c->l->m->scratch, &c->storages, &c->n_storages, s);
}

static void add_edge(struct collector *c, int before, int after)
{
	if (before >= after)
		return;
	c->edge = ARENA_PUSH(c->l->m->scratch, c->edge, c->n_edges, struct flow_edge);
	c->edge[c->n_edges++] = (struct flow_edge){ before, after };
}

static void collect_write(void *ctx, int tensor, enum arg_kind kind)
{
	struct collector *c = ctx;
	const int s = looked_at(c, tensor), step = c->n_steps;
	struct held *h;

	if (s < 0 || kind == ARG_READ)
		return;
	h = &c->held[s];
	h->writes++;
	if (c->l->rewritten[s]) {
		for (int i = 0; i < h->n_readers; i++)
			add_edge(c, h->reader[i], step);
		if (h->writer)
			add_edge(c, h->writer - 1, step);
		h->n = h->n_readers = 0;
		h->value = h->reader = NULL;
		h->writer = step + 1;
	}
	push(c->l->m->scratch, &c->writes, &c->n_writes, value_new(c, s));
	hold(c, h, c->n_values - 1);
}

/* --- Lives -------------------------------------------------------------------------------------------------------- */

/* For a life it is enough that a read is one of the value written last. */
static void read_last(struct collector *c)
{
	for (int i = 0; i < c->n_storages; i++) {
		struct held *h = &c->held[c->storages[i]];
		if (!h->n)      /* there from the start: nothing wrote it yet */
			hold(c, h, value_new(c, c->storages[i]));
		push(c->l->m->scratch, &c->reads, &c->n_reads, h->value[h->n - 1]);
	}
	c->storages = NULL;
	c->n_storages = 0;
}

static struct collector collector(struct timeline *l)
{
	return (struct collector){ .l = l, .held = ARENA_ARRAY(l->m->scratch, l->n_storages, struct held) };
}

void program_flow(struct timeline *l, struct flow *f)
{
	struct collector c = collector(l);

	for (int i = 0; i < l->n; i++) {
		step_own_tensors(l->m, l->step[i], collect_storage, &c);
		read_last(&c);
		step_own_tensors(l->m, l->step[i], collect_write, &c);
		step_end(&c, i, 0);
	}
	*f = (struct flow){ .steps = c.step, .n_steps = l->n, .storage_of = c.value_storage, .n_values = c.n_values,
			    .storages = l->storage, .n_storages = l->n_storages };
}

/* --- One block ---------------------------------------------------------------------------------------------------- */

/* Which step of a block touches a storage: -1 none, SEVERAL, or its number; and on how many steps of the timeline. */
enum { SEVERAL = -2 };

struct owners {
	struct timeline *l;
	int *owner, at;         /* storage -> step of the block; the one that is looked at */
	int *last, *count, step;        /* storage -> step of the timeline that touched it last, how many did */
};

static void own(void *ctx, int tensor, enum arg_kind kind)
{
	struct owners *o = ctx;
	const int s = o->l->storage_of[o->l->m->tensor[tensor].base];

	(void)kind;
	if (s < 0)
		return;
	o->owner[s] = o->owner[s] == -1 || o->owner[s] == o->at ? o->at : SEVERAL;
	if (o->last[s] == o->step)
		return;
	o->last[s] = o->step;
	o->count[s]++;
}

/* Depth is bounded by MAX_NESTING. */
static void find_owner(struct owners *o, const struct step *s)
{
	o->step++;
	step_own_tensors(o->l->m, s, own, o);
	for (int k = 0; k < 2; k++)
		for (int i = 0; i < s->body[k].n; i++)
			find_owner(o, &s->body[k].step[i]);
}

/* Sizes as the block sees them, and which storages live inside one If or Loop of it alone. */
static void block_storages(struct timeline *l, const struct block *b, struct storage *storages, bool *inside)
{
	struct arena *a = l->m->scratch;
	struct owners o = { .l = l, .owner = ARENA_ARRAY(a, l->n_storages, int),
			    .last = ARENA_ARRAY(a, l->n_storages, int), .count = ARENA_ARRAY(a, l->n_storages, int) };

	for (int s = 0; s < l->n_storages; s++)
		o.owner[s] = -1;
	for (o.at = 0; o.at < b->n; o.at++)
		find_owner(&o, &b->step[o.at]);
	for (int s = 0; s < l->n_storages; s++) {
		if (o.count[s] != l->touches[s])
			continue;
		inside[s] = o.owner[s] >= 0 && step_is_control(&b->step[o.owner[s]]);
		if (!inside[s])
			storages[s] = l->storage[s];
	}
}

/* One value for the many parts of a storage. */
static void join_parts(struct collector *c, int s)
{
	struct held *h = &c->held[s];

	c->reads = h->value;
	c->n_reads = h->n;
	h->value = NULL;
	h->n = 0;
	hold(c, h, value_new(c, s));
	push(c->l->m->scratch, &c->writes, &c->n_writes, h->value[0]);
	step_end(c, -1, 0);
}

/* A read names every value that its storage holds. Where none was written in this block, or by another block, the step
 * is a reader all the same: the next write has to wait for it. */
static void read_all(struct collector *c)
{
	struct arena *a = c->l->m->scratch;

	for (int i = 0; i < c->n_storages; i++)
		if (c->held[c->storages[i]].n > MOST_PARTS)
			join_parts(c, c->storages[i]);
	for (int i = 0; i < c->n_storages; i++) {
		struct held *h = &c->held[c->storages[i]];
		for (int k = 0; k < h->n; k++)
			push(a, &c->reads, &c->n_reads, h->value[k]);
		if (c->l->rewritten[c->storages[i]])
			push(a, &h->reader, &h->n_readers, c->n_steps);
	}
	c->storages = NULL;
	c->n_storages = 0;
}

/* Depth is bounded by MAX_NESTING. */
static void collect_all(struct collector *c, const struct step *s,
			void (*f)(void *ctx, int tensor, enum arg_kind kind))
{
	step_own_tensors(c->l->m, s, f, c);
	for (int k = 0; k < 2; k++)
		for (int i = 0; i < s->body[k].n; i++)
			collect_all(c, &s->body[k].step[i], f);
}

/* A result that takes the place of an operand: what that saves while the step runs. */
static void allow_over(const struct collector *c, const struct step *s, struct flow_step *f)
{
	const struct timeline *l = c->l;
	struct overlap v[MAX_STEP_OVERLAPS];
	const int n = step_overlaps(l, s, v);

	for (int k = 0; k < n; k++) {
		const int64_t saved = overlap_most(l->storage[v[k].a].size_bytes, l->storage[v[k].b].size_bytes,
						   v[k].at_least, v[k].at_most);
		if (c->held[v[k].b].writes != 1 || saved <= f->over_bytes)
			continue;
		for (int i = 0; i < f->n_reads; i++)
			if (c->value_storage[f->reads[i]] == v[k].a)
				f->over = f->reads[i];
		if (f->over >= 0)
			f->over_bytes = saved;
	}
}

void block_flow(struct timeline *l, const struct block *b, const int64_t *inside_bytes, struct block_flow *f)
{
	struct arena *a = l->m->scratch;
	struct storage *storages = ARENA_ARRAY(a, l->n_storages, struct storage);
	bool *inside = ARENA_ARRAY(a, l->n_storages, bool);
	struct collector c = collector(l);

	c.skip = inside;
	block_storages(l, b, storages, inside);
	for (int i = 0; i < b->n; i++) {
		collect_all(&c, &b->step[i], collect_storage);
		read_all(&c);
		collect_all(&c, &b->step[i], collect_write);
		step_end(&c, i, inside_bytes[i]);
	}
	for (int i = 0; i < c.n_steps; i++)
		if (c.step_of[i] >= 0)
			allow_over(&c, &b->step[c.step_of[i]], &c.step[i]);
	f->step = c.step_of;
	f->flow = (struct flow){ .steps = c.step, .n_steps = c.n_steps, .storage_of = c.value_storage,
				 .n_values = c.n_values, .storages = storages, .n_storages = l->n_storages,
				 .edges = c.edge, .n_edges = c.n_edges };
}
