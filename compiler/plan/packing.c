/* From buffers to boxes in sections, and the lower bound that all searches aim at. */
#include "plan/packing.h"

#include <stdlib.h>
#include <string.h>

#include "support/arena.h"
#include "support/checked.h"

enum { MAX_BLOCK_SECTIONS = 1 << 20 };    /* of all boxes together, which bounds of aligned boxes look at */

static int buffer_align(const struct buffer *b)
{
	return b->align > 1 ? b->align : 1;
}

static int box_compare(const void *x, const void *y)
{
	const struct box *a = x, *b = y;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	if (a->last != b->last)
		return a->last < b->last ? -1 : 1;
	return a->buffer < b->buffer ? -1 : a->buffer > b->buffer;
}

static bool boxes_collect(struct packing *p, const struct buffer *buffers, int n, int pool)
{
	int64_t granule = 0, sum = 0;

	p->boxes = ARENA_ARRAY(p->arena, n, struct box);
	for (int i = 0; i < n; i++) {
		const struct buffer *b = &buffers[i];

		if (b->pool != pool || !b->size_bytes)
			continue;
		if (!granule || buffer_align(b) < granule)
			granule = buffer_align(b);
		p->boxes[p->n++] = (struct box){ .first = b->first, .last = b->last, .buffer = i };
	}
	p->granule = granule ? granule : 1;
	for (int i = 0; i < p->n; i++) {
		struct box *x = &p->boxes[i];
		const struct buffer *b = &buffers[x->buffer];
		int64_t padded;

		x->size = (b->size_bytes + p->granule - 1) / p->granule;
		x->align = buffer_align(b) / p->granule;
		/* The worst any search can do is to stack all of them. */
		padded = x->size + x->align;
		if (!checked_add(sum, padded, &sum) || sum > MAX_ARENA_BYTES / p->granule)
			return false;
	}
	qsort(p->boxes, (size_t)p->n, sizeof *p->boxes, box_compare);
	return true;
}

/* Replaces steps by sections; boxes stay in order. */
static void sections_number(struct packing *p)
{
	int *steps = ARENA_ARRAY(p->arena, p->n + 1, int), *section = ARENA_ARRAY(p->arena, p->n + 1, int);
	unsigned char *dies = ARENA_ARRAY(p->arena, p->n + 1, unsigned char);
	int k = 0;

	for (int i = 0; i < p->n; i++)
		if (!k || steps[k - 1] != p->boxes[i].first)
			steps[k++] = p->boxes[i].first;
	for (int i = 0, at = 0; i < p->n; i++) {
		struct box *x = &p->boxes[i];
		int low = 0, high = k;

		while (steps[at] != x->first)
			at++;
		x->first = at;
		while (high - low > 1) {
			const int middle = low + (high - low) / 2;

			if (steps[middle] <= x->last)
				low = middle;
			else
				high = middle;
		}
		x->last = low;
		dies[low] = 1;
	}
	/* A section that loses nothing before the next is part of the next. */
	for (int s = 0; s < k; s++) {
		section[s] = p->n_sections;
		p->n_sections += dies[s];
	}
	for (int i = 0; i < p->n; i++) {
		p->boxes[i].first = section[p->boxes[i].first];
		p->boxes[i].last = section[p->boxes[i].last];
	}
	qsort(p->boxes, (size_t)p->n, sizeof *p->boxes, box_compare);
	p->starts = ARENA_ARRAY(p->arena, p->n_sections + 1, int);
	for (int i = 0, s = 0; s <= p->n_sections; s++) {
		while (i < p->n && p->boxes[i].first < s)
			i++;
		p->starts[s] = i;
	}
}

static int64_t at_most_bytes(int64_t n, int64_t limit)
{
	return n < limit ? n : limit;
}

static int64_t floor_div(int64_t n, int64_t by)
{
	return n >= 0 ? n / by : -((-n + by - 1) / by);
}

static int window_compare(const void *x, const void *y)
{
	const struct window *a = x, *b = y;

	if (a->other != b->other)
		return a->other < b->other ? -1 : 1;
	if (a->at_least != b->at_least)
		return a->at_least < b->at_least ? -1 : 1;
	return a->at_most < b->at_most ? -1 : a->at_most > b->at_most;
}

/* Effective permissions as windows, for both boxes of each; those of a pair ascend. */
static void windows_collect(struct packing *p, const struct buffer *buffers, int n, const struct overlap *overlaps,
			    int n_overlaps)
{
	int *box_of = ARENA_ARRAY(p->arena, n, int), *fill;

	memset(box_of, -1, (size_t)n * sizeof *box_of);
	for (int i = 0; i < p->n; i++)
		box_of[p->boxes[i].buffer] = i;
	p->window_start = ARENA_ARRAY(p->arena, p->n + 2, int);
	for (int pass = 0; pass < 2; pass++) {
		fill = p->window_start + 1;
		for (int i = 0; i < n_overlaps; i++) {
			const struct overlap *o = &overlaps[i];
			const int a = box_of[o->a], b = box_of[o->b];
			int64_t step, low, high;

			if (a < 0 || b < 0 || a == b || buffers[o->a].last != buffers[o->b].first)
				continue;
			/* Distances are multiples of the lesser alignment. */
			step = at_most_bytes(p->boxes[a].align, p->boxes[b].align);
			low = -floor_div(-o->at_least, p->granule * step) * step;
			high = floor_div(o->at_most, p->granule * step) * step;
			if (low > high)
				continue;
			if (!pass) {
				fill[a]++, fill[b]++;
				p->n_windows += 2;
				continue;
			}
			p->windows[p->window_start[a]++] = (struct window){ b, false, -high, -low };
			p->windows[p->window_start[b]++] = (struct window){ a, true, low, high };
		}
		if (pass)
			break;
		p->windows = ARENA_ARRAY(p->arena, p->n_windows, struct window);
		for (int i = 0; i < p->n; i++)
			p->window_start[i + 1] += p->window_start[i];
	}
	/* Filling moved every start to its end: move the row back by one. */
	memmove(p->window_start + 1, p->window_start, (size_t)p->n * sizeof *p->window_start);
	p->window_start[0] = 0;
	for (int i = 0; i < p->n; i++)
		qsort(&p->windows[p->window_start[i]], (size_t)(p->window_start[i + 1] - p->window_start[i]),
		      sizeof *p->windows, window_compare);
}

/* A box that lives through all sections splits the arena into above and below: it can as well
 * lie at the bottom, if that moves the others by multiples of their alignment. Those are placed
 * for good. */
static void base_place(struct packing *p)
{
	int64_t align = 1;

	for (int i = 0; i < p->n; i++)
		if (p->boxes[i].align > align)
			align = p->boxes[i].align;
	for (int i = 0; i < p->n; i++) {
		struct box *x = &p->boxes[i];

		if (x->first > 0 || x->last < p->n_sections - 1 || x->size % align ||
		    p->window_start[i] < p->window_start[i + 1])
			continue;
		p->offsets[i] = p->base;
		p->base += x->size;
		x->unit = -1;
	}
}

/* The most granules that box i can share with the others in whose last section it is born: with each a multiple of
 * `align`, rounded up. */
static int64_t box_gain(const struct packing *p, int i, int64_t align)
{
	int64_t gain = 0, best = 0;

	for (int k = p->window_start[i]; k < p->window_start[i + 1]; k++) {
		const struct window *w = &p->windows[k];
		const int64_t most = w->born ? overlap_most(p->boxes[w->other].size, p->boxes[i].size, w->at_least,
							    w->at_most) : 0;

		best = most > best ? most : best;
		if (k + 1 < p->window_start[i + 1] && w[1].other == w->other)
			continue;       /* one of several permissions for a pair is used */
		gain = at_most_bytes(gain + align_up(best, align), align_up(p->boxes[i].size, align));
		best = 0;
	}
	return gain;
}

/* load[s]: sum of the sizes that live, less what permissions can take off at best. Sound: in the
 * one step that a permission is for, a born box shares no byte twice, as those that die lie apart.
 * Of boxes that ask for `align` alone, each with the rest of its last block, where no other can start. */
static void load_sum(const struct packing *p, int64_t align, int64_t *load)
{
	for (int i = 0; i < p->n; i++) {
		const struct box *x = &p->boxes[i];

		if (x->unit < 0 || x->align < align)
			continue;
		load[x->first] += align_up(x->size, align);
		load[x->last + 1] -= align_up(x->size, align);
	}
	for (int s = 1; s <= p->n_sections; s++)
		load[s] += load[s - 1];
	for (int i = 0; i < p->n; i++)
		if (p->boxes[i].align >= align)
			load[p->boxes[i].first] -= box_gain(p, i, align);
}

static void bound_raise(struct packing *p, int64_t bound, int section)
{
	if (bound <= p->bound)
		return;
	p->bound = bound;
	p->bound_section = section;
}

/* Blocks of `align` below the end: all but the rest of the last one are there. */
static void bound_by_blocks(struct packing *p, int64_t align)
{
	int64_t *load = ARENA_ARRAY(p->arena, p->n_sections + 1, int64_t);
	int64_t *rest = ARENA_ARRAY(p->arena, p->n_sections, int64_t);

	load_sum(p, align, load);
	for (int i = 0; i < p->n; i++) {
		const struct box *x = &p->boxes[i];
		const int64_t left = align_up(x->size, align) - x->size;

		for (int s = x->first; x->unit >= 0 && x->align >= align && s <= x->last; s++)
			rest[s] = left > rest[s] ? left : rest[s];
	}
	for (int s = 0; s < p->n_sections; s++)
		bound_raise(p, align_up(p->base, align) + load[s] - rest[s], s);
}

static void bound_find(struct packing *p)
{
	int64_t most = 1, sections = 0;

	p->load = ARENA_ARRAY(p->arena, p->n_sections + 1, int64_t);
	load_sum(p, 1, p->load);
	p->bound = p->base;
	for (int s = 0; s < p->n_sections; s++)
		bound_raise(p, p->base + p->load[s], s);
	for (int i = 0; i < p->n; i++) {
		const struct box *x = &p->boxes[i];

		if (x->unit >= 0)
			bound_raise(p, x->size, p->bound_section);
		most = x->align > most ? x->align : most;
		sections += x->last - x->first + 1;
	}
	for (int64_t align = 2; align <= most && sections < MAX_BLOCK_SECTIONS; align *= 2)
		bound_by_blocks(p, align);
}

bool packing_build(struct packing *p, const struct buffer *buffers, int n, int pool,
		   const struct overlap *overlaps, int n_overlaps, struct arena *a)
{
	*p = (struct packing){ .arena = a, .best = INT64_MAX };
	if (!boxes_collect(p, buffers, n, pool))
		return false;
	sections_number(p);
	p->offsets = ARENA_ARRAY(a, p->n, int64_t);
	p->units = ARENA_ARRAY(a, p->n, struct unit);
	p->members = ARENA_ARRAY(a, p->n, int);
	windows_collect(p, buffers, n, overlaps, n_overlaps);
	base_place(p);
	bound_find(p);
	p->enough = p->bound;
	return true;
}

bool packing_offer(struct packing *p, const int64_t *offsets)
{
	int64_t end = p->base;

	for (int i = 0; i < p->n; i++)
		if (p->boxes[i].unit >= 0 && offsets[i] + p->boxes[i].size > end)
			end = offsets[i] + p->boxes[i].size;
	if (end >= p->best)
		return false;
	for (int i = 0; i < p->n; i++)
		if (p->boxes[i].unit >= 0)
			p->offsets[i] = offsets[i];
	p->best = end;
	return true;
}
