/* First fit: units in some order, each as low as the ones before it allow. What was placed is
 * found through a tree over the boxes by first section that knows the latest end below it, so
 * that a unit costs its neighbours and not all boxes. */
#include "plan/packing.h"

#include <stdlib.h>
#include <string.h>

#include "support/arena.h"

struct span {
	int64_t from, to;       /* unit offsets from … to - 1 are taken */
};

struct fit {
	struct packing *p;
	int64_t work_end;
	int leaves;
	int *latest;            /* tree: 1 is the root; greatest last section of placed boxes, or -1 */
	int *near, n_near;      /* placed boxes found, all with a common section */
	int *stamp;             /* per box: its window to the member at hand + 1 */
	struct span *spans;
	int n_spans, room;
	int64_t *offsets;
};

static void fit_mark(struct fit *f, int box, int last)
{
	int at = f->leaves + box;

	for (f->latest[at] = last, at /= 2; at; at /= 2) {
		const int x = f->latest[2 * at], y = f->latest[2 * at + 1];

		f->latest[at] = x > y ? x : y;
	}
}

/* Placed boxes among the first `end` that live in `section` or later. Depth first, left first;
 * a node's number tells its depth, so the way back up needs no stack. */
static void fit_neighbours(struct fit *f, int end, int section)
{
	int at = 1, low = 0, width = f->leaves;

	f->n_near = 0;
	while (at) {
		const bool hit = low < end && f->latest[at] >= section;

		f->p->work++;
		if (hit && width > 1) {
			at *= 2;
			width /= 2;
			continue;
		}
		if (hit)
			f->near[f->n_near++] = at - f->leaves;
		while (at & 1) {
			if (at == 1)
				return;
			low -= width;
			at /= 2;
			width *= 2;
		}
		at++;
		low += width;
	}
}

static int64_t lower_of(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void fit_add_span(struct fit *f, int64_t from, int64_t to)
{
	if (from >= to || to <= 0)
		return;
	if (f->n_spans == f->room) {
		f->spans = arena_grow(f->p->arena, f->spans, (size_t)f->room, (size_t)f->room * 2, sizeof *f->spans);
		f->room *= 2;
	}
	f->spans[f->n_spans++] = (struct span){ from, to };
}

static int span_compare(const void *x, const void *y)
{
	const struct span *a = x, *b = y;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return a->to < b->to ? -1 : a->to > b->to;
}

static void spans_sort(struct span *v, int n)
{
	if (n > 24) {
		qsort(v, (size_t)n, sizeof *v, span_compare);
		return;
	}
	for (int i = 1; i < n; i++) {
		const struct span x = v[i];
		int k = i;

		for (; k && span_compare(&v[k - 1], &x) > 0; k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
}

/* Rules out the unit offsets from..to-1, at which a member shares bytes with box y at offset `at`, but for the windows
 * that it has to y. */
static void fit_neighbour(struct fit *f, int y, int end, int64_t at, int64_t from, int64_t to)
{
	const struct packing *p = f->p;

	for (int w = f->stamp[y] ? f->stamp[y] - 1 : end; w < end && p->windows[w].other == y; w++) {
		fit_add_span(f, from, lower_of(to, at + p->windows[w].at_least));
		if (at + p->windows[w].at_most >= from)
			from = at + p->windows[w].at_most + 1;
	}
	fit_add_span(f, from, to);
}

/* The unit offsets that the placed neighbours of one member rule out. */
static void fit_member(struct fit *f, int member)
{
	const struct packing *p = f->p;
	const struct box *x = &p->boxes[member];

	for (int w = p->window_start[member + 1]; w-- > p->window_start[member];)
		f->stamp[p->windows[w].other] = w + 1;
	fit_neighbours(f, p->starts[x->last + 1 < p->n_sections ? x->last + 1 : p->n_sections], x->first);
	for (int i = 0; i < f->n_near; i++) {
		const int y = f->near[i];
		const int64_t at = f->offsets[y] - x->rise;

		fit_neighbour(f, y, p->window_start[member + 1], at, at - x->size + 1, at + p->boxes[y].size);
	}
	f->p->work += f->n_near * (f->n_near > 24 ? 16 : 6);
	for (int w = p->window_start[member]; w < p->window_start[member + 1]; w++)
		f->stamp[p->windows[w].other] = 0;
}

static void fit_unit(struct fit *f, const struct unit *u)
{
	struct packing *p = f->p;
	int64_t at = align_up(p->base, u->align);

	f->n_spans = 0;
	for (int m = u->member; m < u->member + u->n_members; m++)
		fit_member(f, p->members[m]);
	spans_sort(f->spans, f->n_spans);
	for (int i = 0; i < f->n_spans && f->spans[i].from <= at; i++)
		if (f->spans[i].to > at)
			at = align_up(f->spans[i].to, u->align);
	for (int m = u->member; m < u->member + u->n_members; m++) {
		const struct box *x = &p->boxes[p->members[m]];

		f->offsets[p->members[m]] = at + x->rise;
		fit_mark(f, p->members[m], x->last);
	}
}

/* False when the work is used up before all units are placed. */
static bool fit_run(struct fit *f, const int *order)
{
	struct packing *p = f->p;

	memset(f->latest, -1, 2 * (size_t)f->leaves * sizeof *f->latest);
	p->work += f->leaves / 4;
	for (int i = 0; i < p->n_units; i++) {
		if (p->work > f->work_end)
			return false;
		fit_unit(f, &p->units[order[i]]);
	}
	packing_offer(p, f->offsets);
	return true;
}

/* Static orders: units by descending k0, then k1, then k2. */
struct key {
	int64_t k0, k1, k2;
	int unit;
};

static int key_compare(const void *x, const void *y)
{
	const struct key *a = x, *b = y;

	if (a->k0 != b->k0)
		return a->k0 > b->k0 ? -1 : 1;
	if (a->k1 != b->k1)
		return a->k1 > b->k1 ? -1 : 1;
	if (a->k2 != b->k2)
		return a->k2 > b->k2 ? -1 : 1;
	return a->unit < b->unit ? -1 : a->unit > b->unit;
}

enum { N_ORDERS = 6, PROMOTIONS = 32 };

static struct key unit_key(const struct unit *u, int order)
{
	const int64_t length = u->last - u->first + 1;

	switch (order) {
	case 0: return (struct key){ .k0 = u->height, .k1 = length };
	case 1: return (struct key){ .k0 = u->load, .k1 = length, .k2 = u->area };
	case 2: return (struct key){ .k0 = u->area, .k1 = u->height };
	case 3: return (struct key){ .k0 = u->load, .k1 = u->height, .k2 = length };
	case 4: return (struct key){ .k0 = length, .k1 = u->height };
	default: return (struct key){ .k0 = -u->first, .k1 = length, .k2 = u->height };
	}
}

static void order_fill(const struct packing *p, int which, struct key *keys, int *order)
{
	for (int i = 0; i < p->n_units; i++) {
		keys[i] = unit_key(&p->units[i], which);
		keys[i].unit = i;
	}
	qsort(keys, (size_t)p->n_units, sizeof *keys, key_compare);
	for (int i = 0; i < p->n_units; i++)
		order[i] = keys[i].unit;
}

/* Units that ended above the bound to the front, the others after them, both in the order they had. */
static bool order_promote(const struct fit *f, int *order, int *rest)
{
	const struct packing *p = f->p;
	int n_front = 0, n_rest = 0;

	for (int i = 0; i < p->n_units; i++) {
		const int m = p->members[p->units[order[i]].member];

		if (f->offsets[m] - p->boxes[m].rise + p->units[order[i]].height > p->bound)
			order[n_front++] = order[i];
		else
			rest[n_rest++] = order[i];
	}
	memcpy(order + n_front, rest, (size_t)n_rest * sizeof *rest);
	return n_front > 0;
}

static void fit_open(struct fit *f, struct packing *p, int64_t share)
{
	*f = (struct fit){ .p = p, .work_end = p->work + share, .leaves = 1, .room = 64 };
	while (f->leaves < p->n)
		f->leaves *= 2;
	f->latest = ARENA_ARRAY(p->arena, 2 * f->leaves, int);
	f->near = ARENA_ARRAY(p->arena, p->n, int);
	f->stamp = ARENA_ARRAY(p->arena, p->n, int);
	f->offsets = ARENA_ARRAY(p->arena, p->n, int64_t);
	f->spans = ARENA_ARRAY(p->arena, f->room, struct span);
}

void pack_first_fit(struct packing *p, int64_t share)
{
	int *order = ARENA_ARRAY(p->arena, p->n_units, int), *rest = ARENA_ARRAY(p->arena, p->n_units, int);
	struct key *keys = ARENA_ARRAY(p->arena, p->n_units, struct key);
	struct fit f;

	fit_open(&f, p, share);
	for (int which = 0; which < N_ORDERS && p->best > p->bound; which++) {
		order_fill(p, which, keys, order);
		if (!fit_run(&f, order))
			return;
	}
	for (int which = 0; which < N_ORDERS; which++) {
		order_fill(p, which, keys, order);
		for (int i = 0; i < PROMOTIONS && p->best > p->bound; i++)
			if (!fit_run(&f, order) || !order_promote(&f, order, rest))
				return;
	}
}

/* How bad a packing is: where it ends, and how much lies above the bound in all. */
struct badness {
	int64_t end, above;
};

static struct badness fit_badness(const struct fit *f)
{
	const struct packing *p = f->p;
	struct badness b = { 0 };

	for (int i = 0; i < p->n; i++) {
		const int64_t end = f->offsets[i] + p->boxes[i].size;

		if (p->boxes[i].unit < 0)
			continue;
		if (end > b.end)
			b.end = end;
		if (end > p->bound && __builtin_add_overflow(b.above, end - p->bound, &b.above))
			b.above = INT64_MAX;
	}
	return b;
}

static bool badness_less(struct badness a, struct badness b)
{
	return a.end != b.end ? a.end < b.end : a.above < b.above;
}

/* 0 to n - 1 for n >= 1, by xorshift64*: the same numbers everywhere. */
static int random_below(uint64_t *state, int n)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	/* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): n >= 1, but the solver gives up on "from + 1" after a loop */
	return (int)((*state * 2685821657736338717u >> 33) % (uint64_t)n);
}

static void order_move(int *order, int from, int to)
{
	const int x = order[from];

	if (from > to)
		memmove(order + to + 1, order + to, (size_t)(from - to) * sizeof *order);
	else
		memmove(order + from, order + from + 1, (size_t)(to - from) * sizeof *order);
	order[to] = x;
}

/* Moves one to three units: as a rule one that ends too high forwards, sometimes any to anywhere. */
static void order_disturb(const struct fit *f, int *order, uint64_t *state)
{
	const struct packing *p = f->p;

	for (int moves = 1 + random_below(state, 3); moves--;) {
		int from = random_below(state, p->n_units);

		if (random_below(state, 4)) {
			for (int tries = 0; tries < p->n_units; tries++, from = from ? from - 1 : p->n_units - 1) {
				const int m = p->members[p->units[order[from]].member];

				if (f->offsets[m] - p->boxes[m].rise + p->units[order[from]].height > p->bound)
					break;
			}
			order_move(order, from, random_below(state, from + 1));
		} else {
			order_move(order, from, random_below(state, p->n_units));
		}
	}
}

void pack_improve(struct packing *p, int64_t share)
{
	int *order = ARENA_ARRAY(p->arena, p->n_units, int), *trial = ARENA_ARRAY(p->arena, p->n_units, int);
	struct key *keys = ARENA_ARRAY(p->arena, p->n_units, struct key);
	const size_t bytes = (size_t)p->n_units * sizeof *order;
	uint64_t state = 88172645463325252u;
	struct badness at;
	struct fit f;

	fit_open(&f, p, share);
	/* First fit in ascending order of offset ends no higher than what it starts from. */
	for (int i = 0; i < p->n_units; i++) {
		const int m = p->members[p->units[i].member];

		keys[i] = (struct key){ .k0 = p->boxes[m].rise - p->offsets[m], .unit = i };
	}
	qsort(keys, (size_t)p->n_units, sizeof *keys, key_compare);
	for (int i = 0; i < p->n_units; i++)
		order[i] = keys[i].unit;
	if (!fit_run(&f, order))
		return;
	at = fit_badness(&f);
	while (p->best > p->bound) {
		struct badness now;

		memcpy(trial, order, bytes);
		order_disturb(&f, trial, &state);
		if (!fit_run(&f, trial))
			return;
		now = fit_badness(&f);
		p->work += p->n;
		if (badness_less(at, now))
			continue;
		memcpy(order, trial, bytes);
		at = now;
	}
}
