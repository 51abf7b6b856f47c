#include "plan/plan.h"

#include <string.h>

#include "options.h"
#include "plan/in_place.h"
#include "plan/order.h"
#include "plan/place.h"
#include "plan/replay.h"
#include "plan/step_flow.h"
#include "plan/timeline.h"
#include "plan/validate.h"
#include "plan/validate_order.h"
#include "sections.h"
#include "targets/target.h"

/* --- Order -------------------------------------------------------------------------------------------------------- */

/* Steps of a block, and before them those of the blocks inside, in the order with the lowest peak. Depth is bounded by
 * MAX_NESTING. */
static bool order_block(struct timeline *l, struct block *b, struct order_result *result);

/* For a block inside another: the memory that its order took is free again. */
static bool order_inner(struct timeline *l, struct block *b, struct order_result *result)
{
	const struct arena_mark before = arena_mark(l->m->scratch);
	const bool ok = order_block(l, b, result);

	arena_release(l->m->scratch, before);
	return ok;
}

static bool order_block(struct timeline *l, struct block *b, struct order_result *result)
{
	struct module *m = l->m;
	int64_t *inside_bytes = ARENA_ARRAY(m->scratch, b->n, int64_t);
	struct order_result inner;
	struct timeline narrow;
	struct block_flow f;
	struct step *sorted;
	int *order, n = 0;

	*result = (struct order_result){ .optimal = true };
	for (int i = 0; i < b->n; i++)
		for (int k = 0; k < 2; k++) {
			if (!b->step[i].body[k].n)
				continue;
			if (!order_inner(l, &b->step[i].body[k], &inner))
				return false;
			if (inner.peak_bytes > inside_bytes[i])
				inside_bytes[i] = inner.peak_bytes;
		}
	timeline_narrow(l, b, &narrow);
	block_flow(&narrow, b, inside_bytes, &f);
	timeline_widen(l, &narrow);
	order = ARENA_ARRAY(m->scratch, f.flow.n_steps, int);
	if (!order_steps(&f.flow, order, result, m->scratch, m->diag))
		return false;
	sorted = ARENA_ARRAY(m->scratch, b->n, struct step);
	for (int i = 0; i < f.flow.n_steps; i++)
		if (f.step[order[i]] >= 0)
			sorted[n++] = b->step[f.step[order[i]]];
	if (b->n)
		memcpy(b->step, sorted, (size_t)b->n * sizeof *sorted);
	return true;
}

/* The memory that the search took is freed, and the timeline with it. */
static bool order_program(struct timeline *l, struct block *b)
{
	const struct steps_before *before = steps_before_take(l->m, b);
	struct order_result r;
	const char *why;

	if (!order_block(l, b, &r))
		return false;
	if (!order_validate(before, b, &why))
		die("order: %s", why);
	diag_remark(l->m->diag, NULL, "order: peak %lld bytes, %lld in the file's order%s", (long long)r.peak_bytes,
		    (long long)r.given_peak_bytes, r.optimal ? ", optimal" : "");
	arena_free(l->m->scratch);
	return true;
}

/* --- Places ------------------------------------------------------------------------------------------------------- */

/* All permissions; of those for pieces, where live is given, only those of steps with more than `enough` live bytes. */
static struct overlap *find_overlaps(const struct timeline *l, const int64_t *live, int64_t enough, int *n)
{
	struct overlap of_step[MAX_STEP_OVERLAPS], *v = NULL;

	*n = 0;
	for (int i = 0; i < l->n; i++)
		for (int k = step_overlaps(l, l->step[i], of_step); k-- > 0;) {
			if (live && live[i] <= enough && of_step[k].at_least != of_step[k].at_most)
				continue;
			v = ARENA_PUSH(l->m->scratch, v, *n, struct overlap);
			v[(*n)++] = of_step[k];
		}
	return v;
}

/* Bytes that live in each step, without any overlap. */
static int64_t *live_bytes(const struct timeline *l, const struct buffer *buffers)
{
	int64_t *live = ARENA_ARRAY(l->m->scratch, l->n + 1, int64_t);

	for (int i = 0; i < l->n_arena; i++) {
		live[buffers[i].first] += buffers[i].size_bytes;
		live[buffers[i].last + 1] -= buffers[i].size_bytes;
	}
	for (int i = 1; i < l->n; i++)
		live[i] += live[i - 1];
	return live;
}

/* The pools are too small: a buffer that found no room is named. */
static bool no_room(const struct timeline *l, const struct plan *p, const struct pool_option *pool)
{
	struct strbuf b;
	int most = -1;

	strbuf_init(&b, l->m->scratch);
	for (int i = 0; i < p->n_pools; i++)
		strbuf_printf(&b, "%s%s %lld", i ? ", " : "", pool[i].name, (long long)pool[i].bytes);
	for (int i = 0; i < p->n_buffers; i++)
		if (p->buffer[i].pool == POOL_ANY &&
		    (most < 0 || p->buffer[i].size_bytes > p->buffer[most].size_bytes))
			most = i;
	if (most < 0)
		return diag_error(l->m->diag, STATUS_DIFFERS, NULL, "pools: too small: %s bytes", strbuf_text(&b));
	return diag_error(l->m->diag, STATUS_DIFFERS, NULL, "pools: too small: %s bytes; \"%s\" (%lld bytes, steps %d "
			  "to %d) fits in none", strbuf_text(&b), l->m->tensor[l->tensor_of[most]].name,
			  (long long)p->buffer[most].size_bytes, p->buffer[most].first, p->buffer[most].last);
}

static bool place_under(const struct timeline *l, struct plan *p, const struct overlap *v, int n,
			const struct place_options *options)
{
	const struct arena_mark before = arena_mark(l->m->scratch);
	struct memory_pool memory[MAX_POOLS];
	struct pool_option pool[MAX_POOLS];
	const char *why = "";
	struct diag tried;

	p->n_pools = pools_by_speed(l->m->options, pool);
	p->pool = ARENA_ARRAY(l->m->arena, p->n_pools, struct pool_plan);
	p->pool_name = ARENA_ARRAY(l->m->arena, p->n_pools, const char *);
	for (int i = 0; i < p->n_pools; i++) {
		p->pool_name[i] = pool[i].name;
		memory[i] = (struct memory_pool){ .size_bytes = pool[i].bytes, .align = l->m->target->arena_align };
	}
	tried = diag_try(l->m->diag);
	if (!place_buffers(p->buffer, p->n_buffers, memory, p->n_pools, v, n, options, p->pool, l->m->scratch,
			   l->m->diag)) {
		if (l->m->diag->status != STATUS_DIFFERS) {
			diag_keep(l->m->diag, &tried);
			return false;
		}
		diag_drop(l->m->diag, &tried);
		return no_room(l, p, pool);
	}
	diag_keep(l->m->diag, &tried);
	if (!plan_validate(p->buffer, p->n_buffers, memory, p->n_pools, p->pool, v, n, l->m->scratch, &why))
		die("plan: %s", why);
	arena_release(l->m->scratch, before);
	return true;
}

/* Once more without pieces where there is room enough without them, for they cost a little time. */
static bool place_again(const struct timeline *l, struct plan *p, int n_before)
{
	static const struct place_options brief = { .budget = 10 * 1000 * 1000 };
	struct plan fewer = *p;
	const struct overlap *v;
	int n;

	v = find_overlaps(l, live_bytes(l, p->buffer), p->pool->arena_bytes, &n);
	if (n == n_before)
		return true;
	fewer.buffer = ARENA_ARRAY(l->m->arena, l->n_storages, struct buffer);      /* of one pool */
	memcpy(fewer.buffer, p->buffer, (size_t)p->n_buffers * sizeof *p->buffer);
	if (!place_under(l, &fewer, v, n, &brief))
		return false;
	if (fewer.pool->arena_bytes > p->pool->arena_bytes)
		return true;
	fewer.pool->bound_bytes = p->pool->bound_bytes;
	*p = fewer;
	return true;
}

static bool place(struct timeline *l, struct plan *p)
{
	struct module *m = l->m;
	const bool has_pools = m->options && m->options->pools.n;
	struct overlap *v;
	struct flow f;
	int n;

	p->buffer = ARENA_ARRAY(m->arena, l->n_storages, struct buffer);
	p->n_buffers = l->n_arena;
	for (int i = 0; i < l->n_arena; i++) {
		const int64_t size = l->storage[i].size_bytes;
		p->buffer[i] = (struct buffer){ .size_bytes = size, .align = tensor_align(m, l->tensor_of[i], size),
						.pool = has_pools ? POOL_ANY : 0,
						.traffic_bytes = l->touches[i] * size };
	}
	program_flow(l, &f);
	if (!liveness_find(&f, NULL, l->region, l->n_regions, p->buffer, m->scratch, m->diag))
		return false;
	v = find_overlaps(l, NULL, 0, &n);
	if (!place_under(l, p, v, n, NULL) || (p->n_pools == 1 && !place_again(l, p, n)))
		return false;
	consume_order(l, p->buffer);
	replay_check(l, p->buffer);
	for (int i = 0; i < p->n_pools; i++)
		diag_remark(m->diag, NULL, "plan: %s %lld bytes, lower bound %lld, gap %lld", p->pool_name[i],
			    (long long)p->pool[i].arena_bytes, (long long)p->pool[i].bound_bytes,
			    (long long)(p->pool[i].arena_bytes - p->pool[i].bound_bytes));
	return true;
}

int64_t plan_bytes(const struct plan *p)
{
	int64_t sum = 0;

	for (int i = 0; i < p->n_pools; i++)
		sum += p->pool[i].arena_bytes;
	return sum;
}

bool plan_is_at_peak(const struct plan *p, const struct buffer *b)
{
	const int step = p->pool[b->pool].peak_step;

	return b->size_bytes && b->first <= step && step <= b->last;
}

bool plan_places(struct module *m, struct block *b, struct plan *p)
{
	struct timeline l;

	*p = (struct plan){ 0 };
	timeline_build(&l, m, b);
	if (!place(&l, p))
		return false;
	p->n_steps = l.n;
	for (int i = l.n_arena; i < l.n_storages; i++)
		l.storage_of[l.tensor_of[i]] = -1;
	p->tensor_of = arena_grow(m->arena, l.tensor_of, (size_t)l.n_arena, (size_t)l.n_arena, sizeof(int));
	p->buffer_of = arena_grow(m->arena, l.storage_of, (size_t)m->n_tensors, (size_t)m->n_tensors, sizeof(int));
	return true;
}

bool plan_program(struct module *m, struct block *b, struct plan *p)
{
	struct timeline l;

	timeline_build(&l, m, b);
	return order_program(&l, b) && plan_places(m, b, p);
}
