/* Checks the input, deals buffers to pools, and runs the searches pool by pool. */
#include "plan/place.h"

#include "plan/packing.h"
#include "plan/pools.h"
#include "support/arena.h"
#include "support/diag.h"
#include "support/limits.h"

enum {
	MAX_ALIGN = 1 << 20,
	GOOD_ENOUGH = 256,
	INSIST = 16,                    /* times the work, where the packing is too high */
	MAX_INSIST_BOXES = 1 << 10,
	MAX_EVICTIONS = 16,             /* rounds of moving what does not fit to the next pool */
};

static bool align_ok(int64_t align)
{
	return align >= 0 && align <= MAX_ALIGN && !(align & (align - 1));
}

static bool buffer_check(const struct buffer *b, int i, const struct memory_pool *pools, int n_pools,
			 struct diag *d)
{
	int most = MAX_ALIGN;

	if (b->size_bytes < 0 || b->size_bytes > MAX_BUFFER_BYTES)
		return diag_error(d, STATUS_MODEL, NULL, "buffer %d: size of %lld bytes: 0 to %lld allowed", i,
				  (long long)b->size_bytes, (long long)MAX_BUFFER_BYTES);
	if (b->first < 0 || b->last < b->first)
		return diag_error(d, STATUS_MODEL, NULL, "buffer %d: lives from step %d to %d", i, b->first, b->last);
	if (b->pool < POOL_ANY || b->pool >= n_pools)
		return diag_error(d, STATUS_MODEL, NULL, "buffer %d: pool %d of %d", i, b->pool, n_pools);
	if (b->pool >= 0 && pools[b->pool].align)
		most = pools[b->pool].align;
	if (!align_ok(b->align) || b->align > most)
		return diag_error(d, STATUS_MODEL, NULL, "buffer %d: alignment %d: a power of two up to %d allowed",
				  i, b->align, most);
	return true;
}

static bool input_check(const struct buffer *buffers, int n, const struct memory_pool *pools, int n_pools,
			const struct overlap *overlaps, int n_overlaps, struct diag *d)
{
	for (int i = 0; i < n_pools; i++)
		if (pools[i].size_bytes < 0 || !align_ok(pools[i].align))
			return diag_error(d, STATUS_MODEL, NULL, "pool %d: size %lld, alignment %d", i,
					  (long long)pools[i].size_bytes, pools[i].align);
	for (int i = 0; i < n; i++)
		if (!buffer_check(&buffers[i], i, pools, n_pools, d))
			return false;
	for (int i = 0; i < n_overlaps; i++) {
		const struct overlap *o = &overlaps[i];

		if (o->a < 0 || o->a >= n || o->b < 0 || o->b >= n || o->a == o->b ||
		    o->at_least < OVERLAP_FREE_BELOW || o->at_most > OVERLAP_FREE_ABOVE ||
		    o->at_least > o->at_most)
			return diag_error(d, STATUS_MODEL, NULL,
					  "permission %d: buffers %d and %d of %d, distance %lld to %lld", i, o->a,
					  o->b, n, (long long)o->at_least, (long long)o->at_most);
	}
	return true;
}

/* A search while the bound is not met. What it finds is in the packing: the memory that it took is free again. */
static void search_with(struct packing *p, void (*search)(struct packing *p, int64_t share), int64_t share)
{
	const struct arena_mark before = arena_mark(p->arena);

	if (p->best > p->bound)
		search(p, share);
	arena_release(p->arena, before);
}

/* Cheap searches first; each has a share of the budget, and all end when the bound is met. */
static void packing_search(struct packing *p, int64_t budget)
{
	packing_split_units(p);
	search_with(p, pack_sweep, 0);
	if (p->n_windows && p->best > p->bound) {
		packing_join_units(p);
		search_with(p, pack_first_fit, budget / 8);
		packing_split_units(p);
	}
	search_with(p, pack_first_fit, budget / 16);
	search_with(p, pack_exact, budget / 8);
	search_with(p, pack_beam, budget / 2);
	search_with(p, pack_improve, budget / 16);
	search_with(p, pack_exact, budget / 8);
}

/* INSIST times the work on pools of few boxes, while the packing is too high for its pool or, where any size will do,
 * by more than one part in GOOD_ENOUGH above the bound. */
static void packing_insist(struct packing *p, int64_t pool_bytes, int64_t budget)
{
	p->enough = pool_bytes ? pool_bytes / p->granule : p->bound + p->bound / GOOD_ENOUGH;
	if (p->n > MAX_INSIST_BOXES || p->enough < p->bound)
		return;
	if (p->best > p->enough)
		search_with(p, pack_enough, budget * INSIST / 4);
	if (p->best > p->enough)
		search_with(p, pack_beam, budget * INSIST / 2);
}

/* Packs one pool and reports on it; false when its size is exceeded or sums overflow. */
static bool pool_pack(struct buffer *buffers, int n, int pool, const struct memory_pool *m,
		      const struct overlap *overlaps, int n_overlaps, int64_t budget, struct pool_plan *plan,
		      struct arena *scratch)
{
	struct packing p;

	*plan = (struct pool_plan){ .align = 1, .arena_bytes = MAX_ARENA_BYTES };
	if (!packing_build(&p, buffers, n, pool, overlaps, n_overlaps, scratch))
		return false;
	if (p.n) {
		packing_search(&p, budget);
		packing_insist(&p, m->size_bytes, budget);
	} else {
		p.best = 0;
	}
	for (int i = 0; i < p.n; i++) {
		struct buffer *b = &buffers[p.boxes[i].buffer];

		b->offset = p.offsets[i] * p.granule;
		if (b->align > plan->align)
			plan->align = b->align;
		if (p.boxes[i].first == p.bound_section && b->first > plan->peak_step)
			plan->peak_step = b->first;
	}
	plan->n_buffers = p.n;
	plan->arena_bytes = p.best * p.granule;
	plan->bound_bytes = p.bound * p.granule;
	plan->work = p.work;
	return !m->size_bytes || plan->arena_bytes <= m->size_bytes;
}

/* Packs a pool; free buffers that were chosen for it and end beyond it go back to POOL_ANY. */
static bool pool_settle(struct buffer *buffers, int n, int pool, const struct memory_pool *m, bool *chosen,
			const struct overlap *overlaps, int n_overlaps, int64_t budget, struct pool_plan *plan,
			struct arena *scratch)
{
	for (int round = 0; round <= MAX_EVICTIONS; round++) {
		bool moved = false;

		if (pool_pack(buffers, n, pool, m, overlaps, n_overlaps, budget / (round + 1), plan, scratch))
			return true;
		for (int i = 0; i < n; i++) {
			struct buffer *b = &buffers[i];

			if (b->pool != pool || !chosen[i])
				continue;
			if (round < MAX_EVICTIONS - 1 && plan->arena_bytes < MAX_ARENA_BYTES &&
			    b->offset + b->size_bytes <= m->size_bytes)
				continue;
			b->pool = POOL_ANY;
			chosen[i] = false;
			moved = true;
		}
		if (!moved)
			return false;
	}
	return false;
}

bool place_buffers(struct buffer *buffers, int n, const struct memory_pool *pools, int n_pools,
		   const struct overlap *overlaps, int n_overlaps, const struct place_options *options,
		   struct pool_plan *plans, struct arena *scratch, struct diag *d)
{
	const int64_t budget = options && options->budget > 0 ? options->budget : MAX_PLACE_WORK;
	bool *chosen = ARENA_ARRAY(scratch, n, bool);

	if (!input_check(buffers, n, pools, n_pools, overlaps, n_overlaps, d))
		return false;
	for (int i = 0; i < n; i++)
		buffers[i].offset = 0;
	for (int i = 0; i < n_pools; i++) {
		pool_choose(buffers, n, i, pools[i].size_bytes ? pools[i].size_bytes : MAX_ARENA_BYTES,
			    pools[i].align ? pools[i].align : MAX_ALIGN, chosen, scratch);
		if (!pool_settle(buffers, n, i, &pools[i], chosen, overlaps, n_overlaps, budget, &plans[i], scratch)) {
			if (plans[i].arena_bytes == MAX_ARENA_BYTES)
				return diag_error(d, STATUS_MODEL, NULL, "buffers of pool %d exceed %lld bytes", i,
						  (long long)MAX_ARENA_BYTES);
			return diag_error(d, STATUS_DIFFERS, NULL,
					  "pool %d: %lld bytes needed, of which %lld live in step %d: %lld allowed",
					  i, (long long)plans[i].arena_bytes, (long long)plans[i].bound_bytes,
					  plans[i].peak_step, (long long)pools[i].size_bytes);
		}
	}
	for (int i = 0; i < n; i++)
		if (buffers[i].pool == POOL_ANY)
			return diag_error(d, STATUS_DIFFERS, NULL,
					  "buffer %d (%lld bytes, steps %d to %d) fits in none of %d pools", i,
					  (long long)buffers[i].size_bytes, buffers[i].first, buffers[i].last, n_pools);
	return true;
}
