/* Which items to search for, which heights to try, and with how much work each. */
#include "plan/search.h"

#include <stdlib.h>
#include <string.h>

#include "support/arena.h"

enum {
	MAX_ITEMS = 1 << 14,
	MAX_NEAR = 1 << 23,
	FIRST_TRY = 1 << 16,    /* work of the first try with an order; doubled round by round */
};

/* Everything the tries share. Entities are boxes, with those that share all their bytes in a chain
 * made one. Easy ones find room whatever the others do and are placed afterwards. */
struct exact {
	struct packing *p;
	struct item *entities;
	int n, *entity_of;              /* per box, -1: base */
	bool aligned;                   /* nothing asks for more than a granule */
	bool complete;                  /* no permission was left out: failing proves something */
	int *near_start, *near;
	int *easy, n_easy;              /* in the order of removal */
	bool *is_easy;
	struct item *items;             /* those that are not easy */
	bool mirrored;                  /* their sections are counted from the last */
	int *entity, *item_of;
	int *item_near_start, *item_near;
	int64_t *offsets;               /* per entity */
	struct search s;
};

/* Chains of equal boxes that may lie one on the other become one entity. */
static bool entities_collect(struct exact *x)
{
	const struct packing *p = x->p;
	int *newest = ARENA_ARRAY(p->arena, p->n, int);        /* box at the end of the chain, per entity */

	x->entities = ARENA_ARRAY(p->arena, p->n, struct item);
	x->entity_of = ARENA_ARRAY(p->arena, p->n, int);
	x->complete = !p->n_windows;
	x->aligned = true;
	for (int i = 0; i < p->n; i++) {
		const struct box *b = &p->boxes[i];
		int into = -1;

		x->entity_of[i] = -1;
		if (b->unit < 0)
			continue;
		for (int w = p->window_start[i]; w < p->window_start[i + 1]; w++) {
			const struct window *v = &p->windows[w];
			const int e = v->other < i ? x->entity_of[v->other] : -1;

			if (e >= 0 && v->at_least <= 0 && v->at_most >= 0 && p->boxes[v->other].size == b->size &&
			    newest[e] == v->other && p->boxes[v->other].last == b->first &&
			    (!x->entities[e].rank || p->boxes[v->other].first < b->first))
				into = e;
		}
		if (into < 0) {
			into = x->n++;
			x->entities[into] = (struct item){ b->size, b->align, b->first, b->last, -1, -1 };
		}
		x->entity_of[i] = into;
		x->aligned &= b->align == 1;
		newest[into] = i;
		x->entities[into].rank++;       /* members so far; the third must not meet the first */
		if (x->entities[into].last < b->last)
			x->entities[into].last = b->last;
		if (x->entities[into].align < b->align)
			x->entities[into].align = b->align;
	}
	return x->n <= MAX_ITEMS;
}

/* Entities ascend by first section, so those that share one with i follow it closely. */
static bool near_collect(struct exact *x)
{
	int *start = ARENA_ARRAY(x->p->arena, x->n + 2, int);
	int64_t edges = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < x->n; i++)
			for (int k = i + 1; k < x->n && x->entities[k].first <= x->entities[i].last; k++) {
				if (pass) {
					x->near[start[i]++] = k;
					x->near[start[k]++] = i;
					continue;
				}
				start[i + 1]++, start[k + 1]++;
				if (++edges > MAX_NEAR / 2)
					return false;
			}
		if (pass)
			break;
		for (int i = 0; i < x->n; i++)
			start[i + 1] += start[i];
		x->near = ARENA_ARRAY(x->p->arena, edges * 2, int);
	}
	memmove(start + 1, start, (size_t)x->n * sizeof *start);
	start[0] = 0;
	x->near_start = start;
	x->p->work += edges * 2;
	return true;
}

/* Offsets of y that x rules out, at most. */
static int64_t blocked(const struct item *y, const struct item *x)
{
	return (y->size + x->size - 2) / y->align + 1;
}

/* Takes away, again and again, entities that find an offset wherever the rest may lie. */
static void easy_remove(struct exact *x, int64_t height)
{
	int64_t *room = ARENA_ARRAY(x->p->arena, x->n, int64_t);
	int done = 0;

	x->n_easy = 0;
	for (int i = 0; i < x->n; i++) {
		const struct item *y = &x->entities[i];

		room[i] = (height - y->size - align_up(x->p->base, y->align)) / y->align + 1;
		if (height - y->size < align_up(x->p->base, y->align))
			room[i] = 0;
		for (int e = x->near_start[i]; e < x->near_start[i + 1]; e++)
			room[i] -= blocked(y, &x->entities[x->near[e]]);
		x->is_easy[i] = room[i] > 0;
		if (x->is_easy[i])
			x->easy[x->n_easy++] = i;
	}
	for (; done < x->n_easy; done++)
		for (int e = x->near_start[x->easy[done]]; e < x->near_start[x->easy[done] + 1]; e++) {
			const int i = x->near[e];

			if (x->is_easy[i])
				continue;
			room[i] += blocked(&x->entities[i], &x->entities[x->easy[done]]);
			if (room[i] > 0) {
				x->is_easy[i] = true;
				x->easy[x->n_easy++] = i;
			}
		}
	x->p->work += x->near_start[x->n];
}

struct rank_key {
	int64_t k0, k1, k2;
	int item;
};

static int rank_compare(const void *a, const void *b)
{
	const struct rank_key *x = a, *y = b;

	if (x->k0 != y->k0)
		return x->k0 > y->k0 ? -1 : 1;
	if (x->k1 != y->k1)
		return x->k1 > y->k1 ? -1 : 1;
	if (x->k2 != y->k2)
		return x->k2 > y->k2 ? -1 : 1;
	return x->item < y->item ? -1 : x->item > y->item;
}

static bool item_equal(const struct item *a, const struct item *b)
{
	return a->size == b->size && a->align == b->align && a->first == b->first && a->last == b->last;
}

enum { N_RANKS = 4 };

/* Ranks the items after one of the heuristics of the paper: total load, width, area, height. */
static void items_rank(struct exact *x, int which)
{
	struct rank_key *keys = ARENA_ARRAY(x->p->arena, x->s.n, struct rank_key);

	for (int i = 0; i < x->s.n; i++) {
		const struct item *y = &x->items[i];
		const int64_t width = y->last - y->first + 1;
		int64_t area, load = 0;
		const int first = x->mirrored ? x->s.n_sections - 1 - y->last : y->first;

		if (__builtin_mul_overflow(width, y->size, &area))
			area = INT64_MAX;
		for (int k = first; k < first + width; k++)
			if (x->p->load[k] > load)
				load = x->p->load[k];
		keys[i] = which == 0 ? (struct rank_key){ load, width, area, i } :
			  which == 1 ? (struct rank_key){ area, load, width, i } :
			  which == 2 ? (struct rank_key){ width, load, area, i } :
				       (struct rank_key){ y->size, width, load, i };
		x->p->work += width;
	}
	qsort(keys, (size_t)x->s.n, sizeof *keys, rank_compare);
	for (int i = 0; i < x->s.n; i++) {
		struct item *y = &x->items[keys[i].item];

		y->rank = i;
		y->twin = i && item_equal(y, &x->items[keys[i - 1].item]) ? keys[i - 1].item : -1;
	}
}

static void items_collect(struct exact *x)
{
	int n = 0, edges = 0;

	x->mirrored = false;
	for (int i = 0; i < x->n; i++) {
		x->item_of[i] = -1;
		if (x->is_easy[i])
			continue;
		x->entity[n] = i;
		x->item_of[i] = n;
		x->items[n++] = x->entities[i];
	}
	for (int i = 0; i < n; i++) {
		x->item_near_start[i] = edges;
		for (int e = x->near_start[x->entity[i]]; e < x->near_start[x->entity[i] + 1]; e++)
			if (x->item_of[x->near[e]] >= 0)
				x->item_near[edges++] = x->item_of[x->near[e]];
	}
	x->item_near_start[n] = edges;
	x->s = (struct search){ .items = x->items, .n = n, .n_sections = x->p->n_sections, .base = x->p->base,
				.near_start = x->item_near_start, .near = x->item_near,
				.offsets = ARENA_ARRAY(x->p->arena, n, int64_t) };
}

struct taken {
	int64_t from, to;
};

static int taken_compare(const void *a, const void *b)
{
	const struct taken *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

/* Puts the easy ones back, the last removed first, and offers the packing. */
static void packing_finish(struct exact *x)
{
	int64_t *offsets = ARENA_ARRAY(x->p->arena, x->p->n, int64_t);
	struct taken *taken = ARENA_ARRAY(x->p->arena, x->n, struct taken);

	for (int i = 0; i < x->s.n; i++)
		x->offsets[x->entity[i]] = x->s.offsets[i];
	for (int i = 0; i < x->n; i++)
		if (x->is_easy[i])
			x->offsets[i] = -1;
	for (int k = x->n_easy; k-- > 0;) {
		const struct item *y = &x->entities[x->easy[k]];
		int64_t at = align_up(x->p->base, y->align);
		int n = 0;

		for (int e = x->near_start[x->easy[k]]; e < x->near_start[x->easy[k] + 1]; e++)
			if (x->offsets[x->near[e]] >= 0)
				taken[n++] = (struct taken){ x->offsets[x->near[e]], x->offsets[x->near[e]] +
							     x->entities[x->near[e]].size };
		qsort(taken, (size_t)n, sizeof *taken, taken_compare);
		for (int i = 0; i < n && taken[i].from < at + y->size; i++)
			if (taken[i].to > at)
				at = align_up(taken[i].to, y->align);
		x->offsets[x->easy[k]] = at;
	}
	for (int i = 0; i < x->p->n; i++)
		if (x->entity_of[i] >= 0)
			offsets[i] = x->offsets[x->entity_of[i]];
	packing_offer(x->p, offsets);
}

/* Turns time round. */
static void items_mirror(struct exact *x)
{
	for (int i = 0; i < x->s.n; i++) {
		struct item *y = &x->items[i];
		const int first = y->first;

		y->first = x->s.n_sections - 1 - y->last;
		y->last = x->s.n_sections - 1 - first;
	}
	x->mirrored = !x->mirrored;
	search_restart(&x->s);
}

/* Tries one height with all rankings in turn, over skylines with time running either way and over items, with ever more
 * work, until `work_end`. */
static enum search_result height_try(struct exact *x, int64_t height, int64_t work_end)
{
	enum search_result result = SEARCH_GAVE_UP;
	int64_t most = FIRST_TRY;

	easy_remove(x, height);
	items_collect(x);
	search_prepare(&x->s, x->p->arena);
	x->s.height = height;
	x->s.work = x->p->work;
	for (int which = 0; result == SEARCH_GAVE_UP && x->s.work < work_end; which++) {
		if (which == 3 * N_RANKS) {
			which = 0;
			most *= 2;
		}
		if (x->mirrored != (which / N_RANKS == 1))
			items_mirror(x);
		items_rank(x, which % N_RANKS);
		x->s.ranking = which;
		x->s.mode = which < 2 * N_RANKS ? SEARCH_SKYLINE : SEARCH_ITEMS;
		if (x->s.mode == SEARCH_SKYLINE && !x->aligned)
			continue;
		x->s.work_end = x->s.work + most < work_end ? x->s.work + most : work_end;
		result = search_run(&x->s);
		x->p->work = x->s.work;
	}
	if (result == SEARCH_FOUND)
		packing_finish(x);
	return result;
}

/* Where entities end at least, with base: they share nothing. */
static int64_t entities_load(const struct exact *x)
{
	int64_t *load = ARENA_ARRAY(x->p->arena, x->p->n_sections + 1, int64_t), most = 0;

	for (int i = 0; i < x->n; i++) {
		load[x->entities[i].first] += x->entities[i].size;
		load[x->entities[i].last + 1] -= x->entities[i].size;
	}
	for (int s = 0; s < x->p->n_sections; s++) {
		load[s] += s ? load[s - 1] : 0;
		most = load[s] > most ? load[s] : most;
	}
	return x->p->base + most;
}

/* False: there are too many entities, or they cannot end lower than what was found. */
static bool exact_open(struct exact *x)
{
	struct packing *p = x->p;

	if (!entities_collect(x) || entities_load(x) >= x->p->best || !near_collect(x))
		return false;
	x->easy = ARENA_ARRAY(p->arena, x->n, int);
	x->is_easy = ARENA_ARRAY(p->arena, x->n, bool);
	x->items = ARENA_ARRAY(p->arena, x->n, struct item);
	x->entity = ARENA_ARRAY(p->arena, x->n, int);
	x->item_of = ARENA_ARRAY(p->arena, x->n, int);
	x->item_near_start = ARENA_ARRAY(p->arena, x->n + 1, int);
	x->item_near = ARENA_ARRAY(p->arena, x->near_start[x->n], int);
	x->offsets = ARENA_ARRAY(p->arena, x->n, int64_t);
	return true;
}

void pack_beam(struct packing *p, int64_t share)
{
	const int64_t limit = p->work + share;
	struct exact x = { .p = p };
	struct beam *beam = NULL;

	if (!exact_open(&x))
		return;
	for (int attempt = 0; p->best > p->enough && p->work < limit; attempt++) {
		if (!beam || x.s.height >= p->best) {
			easy_remove(&x, p->best - 1);
			items_collect(&x);
			x.s.height = p->best - 1;
			x.s.work = p->work;
			x.s.work_end = limit;
			beam = x.s.n ? beam_new(&x.s, p->arena) : NULL;
		}
		if (!beam && x.s.n)
			return;
		x.s.work = p->work;
		if (!beam || beam_run(beam, attempt, p->arena) == SEARCH_FOUND)
			packing_finish(&x);
		p->work = x.s.work;
	}
}

void pack_enough(struct packing *p, int64_t share)
{
	struct exact x = { .p = p };

	if (exact_open(&x))
		height_try(&x, p->enough, p->work + share);
}

void pack_exact(struct packing *p, int64_t share)
{
	const int64_t limit = p->work + share;
	struct exact x = { .p = p };
	int64_t low = p->bound;

	if (!exact_open(&x))
		return;
	/* The bound itself first: mostly it is met. Then by halves between what is impossible, or was
	 * given up, and the best packing. */
	for (int64_t height = low; low < p->best && p->work < limit; height = low + (p->best - low) / 2) {
		const int64_t work_end = p->work + (limit - p->work) / 2;
		const enum search_result result = height_try(&x, height, work_end);

		if (result == SEARCH_FOUND)
			continue;
		low = height + 1;
		if (result == SEARCH_NONE && x.complete && p->bound < low)
			p->bound = low;
		if (limit - p->work < FIRST_TRY)
			break;
	}
}
