/* Which boxes move as one. A chain of in-place steps placed as one piece keeps its shared bytes;
 * placed one by one, something else may take the place first. */
#include "plan/packing.h"

#include <stdlib.h>
#include <string.h>

#include "support/arena.h"

enum { MAX_MEMBERS = 64 };      /* a longer chain is cut: joining compares members pairwise */

/* Every row s of `table` holds the greatest of 2^s loads from a section on. */
static int64_t **load_table(const struct packing *p)
{
	int64_t **table = ARENA_ARRAY(p->arena, 32, int64_t *);

	table[0] = p->load;
	for (int s = 1; (1 << s) <= p->n_sections; s++) {
		const int half = 1 << (s - 1), n = p->n_sections - (1 << s) + 1;

		table[s] = ARENA_ARRAY(p->arena, n, int64_t);
		for (int i = 0; i < n; i++) {
			const int64_t x = table[s - 1][i], y = table[s - 1][i + half];

			table[s][i] = x > y ? x : y;
		}
	}
	return table;
}

static int64_t load_over(int64_t *const *table, int first, int last)
{
	const int s = 31 - __builtin_clz((unsigned)(last - first + 1));
	const int64_t x = table[s][first], y = table[s][last - (1 << s) + 1];

	return x > y ? x : y;
}

/* Fills p->units from box.unit and box.rise; heads and next are lists of members. */
static void units_fill(struct packing *p, const int *head, const int *next)
{
	int64_t **table = load_table(p);

	p->n_units = 0;
	for (int i = 0, at = 0; i < p->n; i++) {
		struct unit *u = &p->units[p->n_units];
		int64_t low = 0;

		if (head[i] < 0)
			continue;
		*u = (struct unit){ .member = at, .align = 1, .first = p->n_sections };
		for (int m = head[i]; m >= 0; m = next[m])
			if (p->boxes[m].rise < low)
				low = p->boxes[m].rise;
		for (int m = head[i]; m >= 0; m = next[m]) {
			struct box *x = &p->boxes[m];
			int64_t area;

			p->members[at++] = m;
			u->n_members++;
			x->rise -= low;
			x->unit = p->n_units;
			if (x->rise + x->size > u->height)
				u->height = x->rise + x->size;
			if (x->align > u->align)
				u->align = x->align;
			if (x->first < u->first)
				u->first = x->first;
			if (x->last > u->last)
				u->last = x->last;
			if (__builtin_mul_overflow(x->size, x->last - x->first + 1, &area) ||
			    __builtin_add_overflow(u->area, area, &u->area))
				u->area = INT64_MAX;
		}
		u->load = load_over(table, u->first, u->last);
		p->n_units++;
	}
}

void packing_split_units(struct packing *p)
{
	const struct arena_mark before = arena_mark(p->arena);
	int *head = ARENA_ARRAY(p->arena, p->n, int), *next = ARENA_ARRAY(p->arena, p->n, int);

	for (int i = 0; i < p->n; i++) {
		head[i] = p->boxes[i].unit < 0 ? -1 : i;
		next[i] = -1;
		p->boxes[i].rise = 0;
	}
	units_fill(p, head, next);
	arena_release(p->arena, before);
}

struct join {
	int64_t load, gain, distance;
	int a, b;               /* offset(b) = offset(a) + distance */
};

static int join_compare(const void *x, const void *y)
{
	const struct join *a = x, *b = y;

	if (a->load != b->load)
		return a->load > b->load ? -1 : 1;
	if (a->gain != b->gain)
		return a->gain > b->gain ? -1 : 1;
	if (a->b != b->b)
		return a->b < b->b ? -1 : 1;
	return a->a < b->a ? -1 : a->a > b->a;
}

/* The distance of w's box b from a at which they share most, as a multiple of `align`. */
static bool join_find(const struct packing *p, int b, const struct window *w, int64_t align, struct join *j)
{
	const int64_t slack = p->boxes[w->other].size - p->boxes[b].size;
	const int64_t low = slack < 0 ? slack : 0, high = slack < 0 ? 0 : slack;
	const int64_t size_a = p->boxes[w->other].size, size_b = p->boxes[b].size;
	int64_t d = low <= 0 && high >= 0 ? 0 : low, end_a, end_b;

	if (d < w->at_least)
		d = align_up(w->at_least, align);
	if (d > w->at_most)
		d = w->at_most & -align;
	if (d < w->at_least || d > w->at_most)
		return false;
	end_a = size_a;
	end_b = d + size_b;
	*j = (struct join){ .a = w->other, .b = b, .distance = d, .load = p->load[p->boxes[b].first] };
	j->gain = (end_a < end_b ? end_a : end_b) - (d > 0 ? d : 0);
	return j->gain > 0;
}

static bool boxes_may_share(const struct packing *p, int x, int y, int64_t distance)
{
	for (int w = p->window_start[y]; w < p->window_start[y + 1]; w++)
		if (p->windows[w].other == x && distance >= p->windows[w].at_least &&
		    distance <= p->windows[w].at_most)
			return true;
	return false;
}

/* May all members of y's unit lie `shift` above where they are, together with x's unit? */
static bool units_fit(const struct packing *p, int x, int y, const int *next, int64_t shift)
{
	for (int i = x; i >= 0; i = next[i])
		for (int k = y; k >= 0; k = next[k]) {
			const struct box *a = &p->boxes[i], *b = &p->boxes[k];
			const int64_t d = b->rise + shift - a->rise;

			if (a->last < b->first || b->last < a->first || d >= a->size || -d >= b->size)
				continue;
			if (!boxes_may_share(p, i, k, d))
				return false;
		}
	return true;
}

void packing_join_units(struct packing *p)
{
	const struct arena_mark before = arena_mark(p->arena);
	int *head = ARENA_ARRAY(p->arena, p->n, int), *next = ARENA_ARRAY(p->arena, p->n, int);
	int *root = ARENA_ARRAY(p->arena, p->n, int), *count = ARENA_ARRAY(p->arena, p->n, int);
	struct join *joins = ARENA_ARRAY(p->arena, p->n_windows, struct join);
	int64_t align = 1;
	int n_joins = 0;

	for (int i = 0; i < p->n; i++) {
		root[i] = i;
		count[i] = 1;
		next[i] = -1;
		head[i] = p->boxes[i].unit < 0 ? -1 : i;
		p->boxes[i].rise = 0;
		if (p->boxes[i].align > align)
			align = p->boxes[i].align;
	}
	for (int i = 0; i < p->n; i++)
		for (int w = p->window_start[i]; w < p->window_start[i + 1]; w++)
			if (p->windows[w].born)
				n_joins += join_find(p, i, &p->windows[w], align, &joins[n_joins]);
	qsort(joins, (size_t)n_joins, sizeof *joins, join_compare);
	for (int i = 0; i < n_joins; i++) {
		const int x = root[joins[i].a], y = root[joins[i].b];
		const int64_t shift = p->boxes[joins[i].a].rise + joins[i].distance - p->boxes[joins[i].b].rise;
		int end;

		if (x == y || count[x] + count[y] > MAX_MEMBERS || !units_fit(p, head[x], head[y], next, shift))
			continue;
		for (end = head[x]; next[end] >= 0; end = next[end])
			;
		next[end] = head[y];
		for (int m = head[y]; m >= 0; m = next[m]) {
			p->boxes[m].rise += shift;
			root[m] = x;
		}
		head[y] = -1;
		count[x] += count[y];
	}
	units_fill(p, head, next);
	arena_release(p->arena, before);
}
