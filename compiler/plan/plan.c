#include "plan/plan.h"

#include <string.h>

#include "plan/in_place.h"
#include "plan/order.h"
#include "plan/place.h"
#include "plan/timeline.h"
#include "plan/validate.h"
#include "targets/target.h"

/* --- Order -------------------------------------------------------------------------------------------------------- */

/* Steps of a block, and before them those of the blocks inside, in the order with the lowest peak. Depth is bounded by
 * MAX_NESTING. */
static bool order_block(struct timeline *l, struct block *b, struct order_result *result)
{
	struct module *m = l->m;
	int64_t *inside_bytes = ARENA_ARRAY(m->scratch, b->n, int64_t);
	int *order = ARENA_ARRAY(m->scratch, b->n, int);
	struct order_result inner;
	struct timeline narrow;
	struct step *sorted;
	struct flow f;

	*result = (struct order_result){ .optimal = true };
	for (int i = 0; i < b->n; i++)
		for (int k = 0; k < 2; k++) {
			if (!b->step[i].body[k].n)
				continue;
			if (!order_block(l, &b->step[i].body[k], &inner))
				return false;
			if (inner.peak_bytes > inside_bytes[i])
				inside_bytes[i] = inner.peak_bytes;
		}
	timeline_narrow(l, b, &narrow);
	timeline_block_flow(&narrow, b, inside_bytes, &f);
	timeline_widen(l, &narrow);
	if (!order_steps(&f, order, result, m->scratch, m->diag))
		return false;
	sorted = ARENA_ARRAY(m->scratch, b->n, struct step);
	for (int i = 0; i < b->n; i++)
		sorted[i] = b->step[order[i]];
	memcpy(b->step, sorted, (size_t)b->n * sizeof *sorted);
	return true;
}

static bool order_program(struct timeline *l, struct block *b)
{
	struct order_result r;

	if (!order_block(l, b, &r))
		return false;
	diag_remark(l->m->diag, NULL, "order: peak %lld bytes, %lld in the file's order%s", (long long)r.peak_bytes,
		    (long long)r.given_peak_bytes, r.optimal ? ", optimal" : "");
	timeline_again(l, b);
	return true;
}

/* --- Places ------------------------------------------------------------------------------------------------------- */

/* Elements, and whole vectors where those are a small part of the buffer. Scratch is bytes that serve as anything. */
static int buffer_align(const struct target *target, enum dtype type, int64_t size_bytes)
{
	int align = type == DT_U8 ? 8 : dtypes[type].bytes;

	if (target->vector_bytes > align && size_bytes >= 4 * target->vector_bytes)
		align = target->vector_bytes;
	return align < target->arena_align ? align : target->arena_align;
}

static struct overlap *find_overlaps(const struct timeline *l, int *n)
{
	int pairs[MAX_IN_PLACE][2];
	struct overlap *v = NULL;

	*n = 0;
	for (int i = 0; i < l->n; i++)
		for (int k = in_place_pairs(l, l->step[i], pairs); k-- > 0;) {
			v = ARENA_PUSH(l->m->scratch, v, *n, struct overlap);
			v[(*n)++] = (struct overlap){ .a = pairs[k][0], .b = pairs[k][1] };
		}
	return v;
}

static bool place(struct timeline *l, struct plan *p)
{
	struct module *m = l->m;
	const struct memory_pool pool = { .align = m->target->arena_align };
	const char *why = "";
	struct overlap *v;
	struct flow f;
	int n;

	p->buffer = ARENA_ARRAY(m->arena, l->n_storages, struct buffer);
	p->n_buffers = l->n_arena;
	for (int i = 0; i < l->n_arena; i++) {
		const int64_t size = l->storage[i].size_bytes;
		const int align = buffer_align(m->target, m->tensor[l->tensor_of[i]].type, size);
		p->buffer[i] = (struct buffer){ .size_bytes = size, .align = align };
	}
	timeline_flow(l, &f);
	if (!liveness_find(&f, NULL, l->region, l->n_regions, p->buffer, m->scratch, m->diag))
		return false;
	v = find_overlaps(l, &n);
	if (!place_buffers(p->buffer, p->n_buffers, &pool, 1, v, n, NULL, &p->pool, m->scratch, m->diag))
		return false;
	if (!plan_validate(p->buffer, p->n_buffers, &pool, 1, &p->pool, v, n, m->scratch, &why))
		die("plan: %s", why);
	p->arena_bytes = p->pool.arena_bytes;
	p->bound_bytes = p->pool.bound_bytes;
	diag_remark(m->diag, NULL, "plan: arena %lld bytes, lower bound %lld, gap %lld", (long long)p->arena_bytes,
		    (long long)p->bound_bytes, (long long)(p->arena_bytes - p->bound_bytes));
	return true;
}

bool plan_program(struct module *m, struct block *b, struct plan *p)
{
	struct timeline l;

	*p = (struct plan){ 0 };
	timeline_build(&l, m, b);
	if (!order_program(&l, b) || !place(&l, p))
		return false;
	p->n_steps = l.n;
	for (int i = l.n_arena; i < l.n_storages; i++)
		l.storage_of[l.tensor_of[i]] = -1;
	p->tensor_of = arena_grow(m->arena, l.tensor_of, (size_t)l.n_arena, (size_t)l.n_arena, sizeof(int));
	p->buffer_of = arena_grow(m->arena, l.storage_of, (size_t)m->n_tensors, (size_t)m->n_tensors, sizeof(int));
	return true;
}
