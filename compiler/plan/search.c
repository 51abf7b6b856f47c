/* The search keeps its own stack. A frame is a set of unplaced items that hang together (a piece)
 * and the choices for the lowest of them. When a choice makes a piece fall apart, its parts are
 * queued, all with that frame as parent; a part that cannot be solved condemns the choice, and
 * the frames of parts solved before it are dropped with it: they could not have helped. */
#include "plan/search.h"

#include <string.h>

#include "plan/search_state.h"
#include "support/arena.h"

void search_restart(struct search *s)
{
	struct search_state *t = s->state;

	memset(t->starts, 0, ((size_t)s->n_sections + 2) * sizeof *t->starts);
	for (int i = 0; i < s->n; i++)
		t->starts[s->items[i].first + 2]++;
	for (int k = 2; k <= s->n_sections; k++)
		t->starts[k + 1] += t->starts[k];
	for (int i = 0; i < s->n; i++)
		t->by_start[t->starts[s->items[i].first + 1]++] = i;
	for (int k = 0; k < s->n_sections; k++)
		t->conflicts[k] = 1;
}

void search_prepare(struct search *s, struct arena *a)
{
	struct search_state *t = s->state = ARENA_NEW(a, struct search_state);
	size_t trail = 8 * (size_t)s->n + (size_t)s->near_start[s->n] + 64;

	for (int i = 0; i < s->n; i++)
		trail += (size_t)(s->items[i].last - s->items[i].first + 1);
	/* A skyline search may also leave sections empty, up to this many at a time. */
	t->frames_room = 4 * s->n + 16;
	t->frames = ARENA_ARRAY(a, t->frames_room, struct frame);
	t->trail = ARENA_ARRAY(a, trail, struct change);
	t->parts_room = 8 * s->n + 64;
	t->parts = ARENA_ARRAY(a, t->parts_room, struct part);
	t->lists_room = 32 * s->n + 16;
	t->lists = ARENA_ARRAY(a, t->lists_room, int);
	t->choices_room = s->n < 1000 ? (s->n + 8) * (s->n + 8) : 1000 * s->n;
	t->choices = ARENA_ARRAY(a, t->choices_room, int);
	t->crossing = ARENA_ARRAY(a, s->n_sections, int);
	t->piece = ARENA_ARRAY(a, s->n_sections, int);
	t->floor = ARENA_ARRAY(a, s->n_sections, int64_t);
	t->left = ARENA_ARRAY(a, s->n_sections, int64_t);
	t->above = ARENA_ARRAY(a, s->n_sections, int64_t);
	t->low = ARENA_ARRAY(a, s->n, int64_t);
	t->dead = dead_parts_new(a);
	t->placed = ARENA_ARRAY(a, s->n, bool);
	t->starts = ARENA_ARRAY(a, s->n_sections + 2, int);
	t->by_start = ARENA_ARRAY(a, s->n, int);
	t->conflicts = ARENA_ARRAY(a, s->n_sections, int64_t);
	search_restart(s);
}

static void item_place(struct search *s, int i)
{
	struct search_state *t = s->state;
	const struct item *x = &s->items[i];
	const int64_t top = s->offsets[i] + x->size;

	t->placed[i] = true;
	for (int k = x->first; k <= x->last; k++) {
		t->trail[t->n_trail++] = (struct change){ ~k, t->floor[k] };
		t->floor[k] = top;
		t->left[k] -= x->size;
		t->crossing[k] -= k < x->last;
	}
	for (int e = s->near_start[i]; e < s->near_start[i + 1]; e++) {
		const int y = s->near[e];

		if (t->placed[y] || s->offsets[y] >= top)
			continue;
		t->trail[t->n_trail++] = (struct change){ y, s->offsets[y] };
		s->offsets[y] = align_up(top, s->items[y].align);
	}
	s->work += s->near_start[i + 1] - s->near_start[i] + x->last - x->first;
}

/* Takes back a choice: an item, or n for a section left empty. */
static void item_lift(struct search *s, int i, int trail_top)
{
	struct search_state *t = s->state;
	const struct item *x = &s->items[i < s->n ? i : 0];

	while (t->n_trail > trail_top) {
		const struct change *c = &t->trail[--t->n_trail];

		if (c->at >= 0)
			s->offsets[c->at] = c->old;
		else
			t->floor[~c->at] = c->old;
	}
	if (i == s->n)
		return;
	for (int k = x->first; k <= x->last; k++) {
		t->left[k] += x->size;
		t->crossing[k] += k < x->last;
	}
	t->placed[i] = false;
}

static bool order_less(const struct search *s, int64_t offset, int rank, int y)
{
	return offset != s->offsets[y] ? offset < s->offsets[y] : rank < s->items[y].rank;
}

/* Sifts down in a heap with the last in order on top. */
static void choices_sift(const struct search *s, int *v, int i, int n)
{
	const int x = v[i];

	for (int child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && order_less(s, s->offsets[v[child]], s->items[v[child]].rank, v[child + 1]))
			child++;
		if (!order_less(s, s->offsets[x], s->items[x].rank, v[child]))
			break;
		v[i] = v[child];
	}
	v[i] = x;
}

static void choices_sort(const struct search *s, int *v, int n)
{
	for (int i = n / 2; i-- > 0;)
		choices_sift(s, v, i, n);
	for (int i = n; i-- > 1;) {
		const int x = v[i];

		v[i] = v[0];
		v[0] = x;
		choices_sift(s, v, 0, i);
	}
}

/* May x be placed next: does it come after all that was placed? An item that does not waits for another to lift it. */
static bool item_open(const struct search *s, const struct part *part, int x)
{
	return s->mode == SEARCH_SKYLINE || order_less(s, part->low, part->low_rank, x);
}

/* The least offset that x, not placed, can have. */
static int64_t item_low(const struct search *s, const struct part *part, int x)
{
	const struct search_state *t = s->state;
	int64_t low = s->offsets[x];

	if (s->mode == SEARCH_SKYLINE)
		for (int k = s->items[x].first; k <= s->items[x].last; k++)
			low = t->floor[k] > low ? t->floor[k] : low;
	return low < part->low ? align_up(part->low, s->items[x].align) : low;
}

/* Sorts the part's list by least offsets, highest first; items that are placed come last. From frame to frame little
 * changes: by insertion. */
static void list_sort(struct search *s, const struct part *part)
{
	struct search_state *t = s->state;
	int *v = t->lists + part->list;

	for (int i = 0; i < part->n_list; i++) {
		const int x = v[i];
		const int64_t low = t->low[x] = t->placed[x] ? INT64_MIN : item_low(s, part, x);
		int at = i;

		for (; at && t->low[v[at - 1]] < low; at--)
			v[at] = v[at - 1];
		v[at] = x;
		s->work += i - at;
	}
	s->work += part->n_list;
}

/* False when in some section the items still to come, none below its least offset, cannot all end in time: those from
 * any offset upwards have to fit between it and the height. `key` is what the rest of the part depends on. */
static bool part_possible(struct search *s, const struct part *part, struct dead_key *key)
{
	struct search_state *t = s->state;

	list_sort(s, part);
	*key = dead_key_start((uint64_t)s->ranking);
	for (int k = part->first; k <= part->last; k++)
		t->above[k] = 0;
	for (int i = part->list; i < part->list + part->n_list && !t->placed[t->lists[i]]; i++) {
		const int y = t->lists[i];
		const struct item *x = &s->items[y];
		const int64_t room = s->height - t->low[y];

		dead_key_add(key, y, item_open(s, part, y) ? t->low[y] : INT64_MIN);
		for (int k = x->first; k <= x->last; k++)
			if ((t->above[k] += x->size) > room) {
				t->conflicts[k]++;
				return false;
			}
		s->work += x->last - x->first + 1;
	}
	s->work += part->last - part->first + 1;
	return !dead_parts_has(t->dead, key);
}

/* Fills the frame's choices, in order; false when there is no room for them. */
static bool frame_open(struct search *s, const struct part *part, int queue)
{
	struct search_state *t = s->state;
	struct frame *f = &t->frames[t->depth];
	int64_t least_top = INT64_MAX;

	if (t->depth == t->frames_room || t->choices_room - t->n_choices <= part->n_list)
		return false;
	t->depth++;
	*f = (struct frame){ .part = *part, .queue = queue, .chosen = -1, .choices = t->n_choices,
			     .choice = t->n_choices, .lists_top = t->n_lists, .parts_top = t->n_parts,
			     .trail_top = t->n_trail };
	if (!part_possible(s, part, &f->key))
		return true;
	if (s->mode == SEARCH_SKYLINE) {
		skyline_choices(s, f);
		return true;
	}
	for (int i = part->list; i < part->list + part->n_list; i++) {
		const int x = t->lists[i];

		if (!t->placed[x] && s->offsets[x] + s->items[x].size < least_top)
			least_top = s->offsets[x] + s->items[x].size;
	}
	for (int k = part->first; k <= part->last; k++)
		if (s->height - t->left[k] + 1 < least_top)
			least_top = s->height - t->left[k] + 1;
	/* An item that starts where another would already have ended leaves a gap for nothing. */
	for (int i = part->list; i < part->list + part->n_list; i++) {
		const int x = t->lists[i];
		const int twin = s->items[x].twin;

		if (t->placed[x] || s->offsets[x] >= least_top || (twin >= 0 && !t->placed[twin]) ||
		    !order_less(s, part->low, part->low_rank, x))
			continue;
		t->choices[t->n_choices++] = x;
	}
	f->n_choices = t->n_choices - f->choices;
	choices_sort(s, t->choices + f->choices, f->n_choices);
	return true;
}

/* Drops the top frame. */
static void frame_close(struct search *s)
{
	struct search_state *t = s->state;
	struct frame *f = &t->frames[--t->depth];

	if (f->chosen >= 0)
		item_lift(s, f->chosen, f->trail_top);
	t->n_choices = f->choices;
	t->n_lists = f->lists_top;
	t->n_parts = f->parts_top;
}

/* Queues the pieces of `from` before `queue`; returns the new queue. When there is no room for
 * lists, the part stays whole, which is only slower. */
static int part_split(struct search *s, const struct part *from, int queue)
{
	struct search_state *t = s->state;
	int pieces = 0, at = from->first, first_part = t->n_parts;

	for (int k = from->first; k <= from->last; k++) {
		t->piece[k] = pieces;
		if (k < from->last && t->crossing[k])
			continue;
		if (t->left[k] && t->n_parts < t->parts_room) {
			t->parts[t->n_parts] = *from;
			t->parts[t->n_parts].first = at;
			t->parts[t->n_parts++].last = k;
			pieces++;
		}
		at = k + 1;
	}
	s->work += from->last - from->first + 1;
	if ((pieces == 1 && from->n_left * 2 > from->n_list) || t->n_parts == t->parts_room ||
	    t->lists_room - t->n_lists < from->n_left) {
		t->n_parts = first_part;
		t->parts[t->n_parts] = *from;
		t->parts[t->n_parts].next = queue;
		return t->n_parts++;
	}
	for (int p = first_part; p < t->n_parts; p++)
		t->parts[p].n_list = 0;
	for (int i = from->list; i < from->list + from->n_list; i++)
		if (!t->placed[t->lists[i]])
			t->parts[first_part + t->piece[s->items[t->lists[i]].first]].n_list++;
	for (int p = first_part; p < t->n_parts; p++) {
		t->parts[p].list = t->n_lists;
		t->parts[p].n_left = t->parts[p].n_list;
		t->n_lists += t->parts[p].n_list;
		t->parts[p].n_list = 0;
		t->parts[p].next = p + 1 < t->n_parts ? p + 1 : queue;
	}
	for (int i = from->list; i < from->list + from->n_list; i++) {
		struct part *p = &t->parts[first_part + t->piece[s->items[t->lists[i]].first]];

		if (!t->placed[t->lists[i]])
			t->lists[p->list + p->n_list++] = t->lists[i];
	}
	s->work += from->n_list;
	return first_part;
}

static void search_reset(struct search *s)
{
	struct search_state *t = s->state;

	t->depth = t->n_parts = t->n_trail = t->n_lists = t->n_choices = 0;
	for (int k = 0; k < s->n_sections; k++) {
		t->floor[k] = s->base;
		t->left[k] = 0;
		t->crossing[k] = 0;
	}
	for (int i = 0; i < s->n; i++) {
		const struct item *x = &s->items[i];

		t->placed[i] = false;
		t->lists[t->n_lists++] = i;
		s->offsets[i] = align_up(s->base, x->align);
		for (int k = x->first; k <= x->last; k++) {
			t->left[k] += x->size;
			t->crossing[k] += k < x->last;
		}
	}
}

/* Opens the frame after a choice of the top frame; true when there is nothing left to place. */
static bool frame_next(struct search *s, bool *room)
{
	struct search_state *t = s->state;
	const struct frame *f = &t->frames[t->depth - 1];
	struct part rest = f->part;
	int queue = f->queue;

	if (f->chosen < s->n) {
		rest.n_left--;
		rest.low = s->mode == SEARCH_ITEMS ? s->offsets[f->chosen] : s->base;
		rest.low_rank = s->items[f->chosen].rank;
	}
	rest.parent = t->depth - 1;
	if (rest.n_left)
		queue = part_split(s, &rest, queue);
	if (queue < 0)
		return true;
	rest = t->parts[queue];
	*room = frame_open(s, &rest, rest.next);
	return false;
}

/* Carries out the frame's choice; false if that is impossible. */
static bool choice_apply(struct search *s, const struct frame *f)
{
	struct search_state *t = s->state;

	if (f->chosen == s->n)
		return skyline_raise(s, f);
	if (s->mode == SEARCH_SKYLINE) {
		t->trail[t->n_trail++] = (struct change){ f->chosen, s->offsets[f->chosen] };
		s->offsets[f->chosen] = t->floor[s->items[f->chosen].first];
	}
	item_place(s, f->chosen);
	return true;
}

enum search_result search_run(struct search *s)
{
	struct search_state *t = s->state;
	struct part all = { .n_list = s->n, .n_left = s->n, .last = s->n_sections - 1, .parent = -1, .next = -1,
			    .low = s->base, .low_rank = -1 };
	bool room;
	int queue;

	if (!s->n)
		return SEARCH_FOUND;
	search_reset(s);
	queue = part_split(s, &all, -1);
	all = t->parts[queue];
	room = frame_open(s, &all, all.next);
	while (room && s->work < s->work_end) {
		struct frame *f = &t->frames[t->depth - 1];

		if (f->chosen >= 0) {
			item_lift(s, f->chosen, f->trail_top);
			f->chosen = -1;
			t->n_lists = f->lists_top;
			t->n_parts = f->parts_top;
		}
		if (f->choice == f->choices + f->n_choices) {
			const int parent = f->part.parent;

			if (f->n_choices)
				dead_parts_add(t->dead, &f->key);
			if (parent < 0)
				return SEARCH_NONE;
			while (t->depth - 1 > parent)
				frame_close(s);
			continue;
		}
		f->chosen = t->choices[f->choice++];
		if (!choice_apply(s, f))
			continue;
		if (frame_next(s, &room))
			return SEARCH_FOUND;
	}
	return SEARCH_GAVE_UP;
}
