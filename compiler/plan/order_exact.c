/* The best order of a window of steps, by dynamic programming over down-sets: what is live after
 * a set of steps does not depend on their order, so of all orders of a set only the lowest peak
 * matters. Sets are met by size. Two rules keep them few: a set whose peak reaches the known one
 * is dropped, and a ready step that lets nothing grow and fits under the peak is taken at once
 * (whatever order follows, moving that step to the front raises nothing). If sets get too many,
 * only the most promising of each size are kept, and the result is no longer proved. */
#include "plan/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "support/arena.h"
#include "support/map.h"

enum { MAX_WORDS = MAX_WINDOW / 64, MAX_SETS = 1 << 16, MAX_WIDTH = 64 };

struct set {
	uint64_t bits[MAX_WORDS];
	int64_t peak, live;
	int from, step;         /* set it was reached from by `step` and the free steps after it */
	int next;               /* of the same size */
};

/* A storage as the window sees it. */
struct local {
	uint64_t users[MAX_WORDS];
	int64_t size_bytes;
	bool alive, stays;      /* before the window; after it */
};

struct local_step {
	uint64_t needs[MAX_WORDS];      /* steps that come before */
	int64_t scratch_bytes, over_bytes;
	int first, n, over;             /* locals it touches: uses[first …]; local it may overwrite, or -1 */
};

struct rank {
	int64_t peak, live;
	int set;
};

struct window_search {
	struct schedule *s;
	int n, words, n_locals;
	struct local_step steps[MAX_WINDOW];
	struct local *locals;
	int *uses, room;
	int *local_of, *index_of;       /* per storage and per step: + 1, 0 if not in the window */
	struct set *sets;
	struct rank *ranks;
	int n_sets, max_sets;
	int *slots, *slot_of;           /* hash table of sets + 1, 0: free; twice max_sets */
	int by_size[MAX_WINDOW + 1];
};

struct window_search *window_search_new(struct schedule *s)
{
	struct window_search *w = ARENA_NEW(s->arena, struct window_search);

	w->s = s;
	/* There are many small blocks in programs with branches: no more than what n steps can give. */
	w->max_sets = s->n < 16 ? 1 << s->n : MAX_SETS;
	w->local_of = ARENA_ARRAY(s->arena, s->flow->n_storages, int);
	w->index_of = ARENA_ARRAY(s->arena, s->n, int);
	w->sets = ARENA_ARRAY(s->arena, w->max_sets, struct set);
	w->slots = ARENA_ARRAY(s->arena, 2 * w->max_sets, int);
	w->slot_of = ARENA_ARRAY(s->arena, w->max_sets, int);
	w->ranks = ARENA_ARRAY(s->arena, w->max_sets, struct rank);
	return w;
}

static bool bit(const uint64_t *bits, int i)
{
	return bits[i / 64] >> i % 64 & 1;
}

static void bit_set(uint64_t *bits, int i)
{
	bits[i / 64] |= 1ull << i % 64;
}

static void window_locals(struct window_search *w, const struct account *c, const int *steps)
{
	const struct schedule *s = w->s;
	int uses = 0;

	for (int i = 0; i < w->n; i++)
		uses += s->touches.start[steps[i] + 1] - s->touches.start[steps[i]];
	if (uses > w->room) {
		w->room = uses * 2;
		w->uses = ARENA_ARRAY(s->arena, w->room, int);
		w->locals = ARENA_ARRAY(s->arena, w->room, struct local);
	}
	for (int i = 0, at = 0; i < w->n; i++) {
		struct local_step *x = &w->steps[i];

		x->first = at;
		for (int k = s->touches.start[steps[i]]; k < s->touches.start[steps[i] + 1]; k++) {
			const int g = s->touches.list[k];

			if (!w->local_of[g]) {
				w->locals[w->n_locals] = (struct local){
					.size_bytes = s->flow->storages[g].size_bytes, .alive = c->alive[g] };
				w->local_of[g] = ++w->n_locals;
			}
			bit_set(w->locals[w->local_of[g] - 1].users, i);
			w->uses[at++] = w->local_of[g] - 1;
		}
		x->n = at - x->first;
	}
	for (int i = 0; i < w->n; i++)
		for (int k = s->touches.start[steps[i]]; k < s->touches.start[steps[i] + 1]; k++) {
			const int g = s->touches.list[k];
			struct local *l = &w->locals[w->local_of[g] - 1];
			int users = 0;

			for (int word = 0; word < w->words; word++)
				users += __builtin_popcountll(l->users[word]);
			l->stays = s->flow->storages[g].live_out || c->left[g] > users;
		}
}

static void window_open(struct window_search *w, const struct account *c, const int *steps)
{
	const struct schedule *s = w->s;

	w->n_locals = 0;
	for (int i = 0; i < w->n; i++)
		w->index_of[steps[i]] = i + 1;
	for (int i = 0; i < w->n; i++) {
		struct local_step *x = &w->steps[i];

		memset(x, 0, sizeof *x);
		for (int k = s->before.start[steps[i]]; k < s->before.start[steps[i] + 1]; k++)
			if (w->index_of[s->before.list[k]])
				bit_set(x->needs, w->index_of[s->before.list[k]] - 1);
	}
	window_locals(w, c, steps);
	for (int i = 0; i < w->n; i++) {
		const struct flow_step *f = &s->flow->steps[steps[i]];

		w->steps[i].scratch_bytes = f->scratch_bytes;
		w->steps[i].over_bytes = f->over_bytes;
		w->steps[i].over = f->over >= 0 ? w->local_of[s->flow->storage_of[f->over]] - 1 : -1;
	}
	for (int i = 0; i < w->n; i++) {
		w->index_of[steps[i]] = 0;
		for (int k = s->touches.start[steps[i]]; k < s->touches.start[steps[i] + 1]; k++)
			w->local_of[s->touches.list[k]] = 0;
	}
}

static bool step_ready(const struct window_search *w, const uint64_t *done, int i)
{
	for (int k = 0; k < w->words; k++)
		if (w->steps[i].needs[k] & ~done[k])
			return false;
	return !bit(done, i);
}

/* Bytes live while step i runs after the set `done`; *after: what stays. */
static int64_t step_look(struct window_search *w, const uint64_t *done, int64_t live, int i, int64_t *after)
{
	const struct local_step *x = &w->steps[i];
	int64_t during = live, dies = 0, saved = 0;

	for (int k = x->first; k < x->first + x->n; k++) {
		const struct local *l = &w->locals[w->uses[k]];
		uint64_t used = 0, left = 0;

		for (int word = 0; word < w->words; word++) {
			used |= l->users[word] & done[word];
			left |= l->users[word] & ~done[word] & ~(word == i / 64 ? 1ull << i % 64 : 0);
		}
		if (!used && !l->alive)
			during += l->size_bytes;
		if (left || l->stays)
			continue;
		dies += l->size_bytes;
		if (w->uses[k] == x->over)
			saved = x->over_bytes < l->size_bytes ? x->over_bytes : l->size_bytes;
	}
	w->s->work += x->n * w->words + 1;
	*after = during - dies;
	during += x->scratch_bytes - saved;
	return during > *after ? during : *after;
}

/* Takes free steps until there is none; appends them to taken[] if that is not NULL. */
static int set_close(struct window_search *w, struct set *x, int *taken)
{
	int n = 0;

	for (bool again = true; again;) {
		again = false;
		for (int i = 0; i < w->n; i++) {
			int64_t after, during;

			if (!step_ready(w, x->bits, i))
				continue;
			during = step_look(w, x->bits, x->live, i, &after);
			if (after > x->live || during > x->peak)
				continue;
			x->live = after;
			bit_set(x->bits, i);
			if (taken)
				taken[n] = i;
			n++;
			again = true;
		}
		w->s->work += w->n;
	}
	return n;
}

/* Takes step i, then the free ones; returns how many in all, written to taken[] if not NULL. */
static int set_advance(struct window_search *w, struct set *x, int i, int *taken)
{
	int64_t after;
	const int64_t during = step_look(w, x->bits, x->live, i, &after);

	if (during > x->peak)
		x->peak = during;
	x->live = after;
	bit_set(x->bits, i);
	if (taken)
		*taken++ = i;
	return 1 + set_close(w, x, taken);
}

static int set_size(const struct window_search *w, const struct set *x)
{
	int size = 0;

	for (int k = 0; k < w->words; k++)
		size += __builtin_popcountll(x->bits[k]);
	return size;
}

/* Enters x, or improves the set that is there; false when there is no room. */
static bool set_enter(struct window_search *w, const struct set *x)
{
	const size_t bytes = (size_t)w->words * sizeof *x->bits;
	const uint32_t n_slots = 2 * (uint32_t)w->max_sets;
	uint32_t slot = (uint32_t)hash_bytes(x->bits, bytes, 0) % n_slots;
	int size;

	for (; w->slots[slot]; slot = (slot + 1) % n_slots) {
		struct set *y = &w->sets[w->slots[slot] - 1];

		if (memcmp(y->bits, x->bits, bytes))
			continue;
		if (x->peak < y->peak) {
			y->peak = x->peak;
			y->from = x->from;
			y->step = x->step;
		}
		return true;
	}
	if (w->n_sets == w->max_sets)
		return false;
	size = set_size(w, x);
	w->slot_of[w->n_sets] = (int)slot;
	w->sets[w->n_sets] = *x;
	w->sets[w->n_sets].next = w->by_size[size];
	w->by_size[size] = w->n_sets;
	w->slots[slot] = ++w->n_sets;
	return true;
}

static int rank_compare(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (x->peak != y->peak)
		return x->peak < y->peak ? -1 : 1;
	if (x->live != y->live)
		return x->live < y->live ? -1 : 1;
	return x->set < y->set ? -1 : 1;
}

/* All steps that may come next after a set, below `peak`; false when room is used up. */
static bool set_expand(struct window_search *w, int from, int64_t peak)
{
	for (int i = 0; i < w->n; i++) {
		const struct set *x = &w->sets[from];
		struct set next;
		int64_t after;

		if (!step_ready(w, x->bits, i) || step_look(w, x->bits, x->live, i, &after) >= peak)
			continue;
		next = *x;
		next.from = from;
		next.step = i;
		set_advance(w, &next, i, NULL);
		if (!set_enter(w, &next))
			return false;
	}
	w->s->work += w->n;
	return w->s->work < w->s->work_end;
}

/* Expands all sets of one size, or the `width` most promising. */
static bool size_expand(struct window_search *w, int size, int width, int64_t peak, bool *all)
{
	int n = 0;

	for (int x = w->by_size[size]; x >= 0; x = w->sets[x].next)
		w->ranks[n++] = (struct rank){ w->sets[x].peak, w->sets[x].live, x };
	if (n > width) {
		qsort(w->ranks, (size_t)n, sizeof *w->ranks, rank_compare);
		*all = false;
		n = width;
	}
	for (int i = 0; i < n; i++)
		if (!set_expand(w, w->ranks[i].set, peak))
			return false;
	return true;
}

static void sets_forget(struct window_search *w)
{
	for (int i = 0; i < w->n_sets; i++)
		w->slots[w->slot_of[i]] = 0;
	w->n_sets = 0;
	for (int i = 0; i <= w->n; i++)
		w->by_size[i] = -1;
}

/* Writes the order that led to the set `last`. */
static void steps_write(struct window_search *w, const struct set *start, int last, int *steps)
{
	int given[MAX_WINDOW], taken[MAX_WINDOW], path[MAX_WINDOW], n_path = 0, n = 0;
	struct set x = *start;

	memcpy(given, steps, (size_t)w->n * sizeof *given);
	for (; w->sets[last].from >= 0; last = w->sets[last].from)
		path[n_path++] = last;
	n = set_close(w, &x, taken);
	while (n_path--) {
		x = w->sets[w->sets[path[n_path]].from];
		n += set_advance(w, &x, w->sets[path[n_path]].step, taken + n);
	}
	for (int i = 0; i < w->n; i++)
		steps[i] = given[taken[i]];
}

/* One search; *all tells whether it saw everything below `peak`. Returns the last set, or -1. */
static int window_search(struct window_search *w, const struct set *start, int width, int64_t peak, bool *all)
{
	struct set first = *start;

	sets_forget(w);
	*all = true;
	set_close(w, &first, NULL);
	set_enter(w, &first);
	for (int size = 0; size < w->n; size++)
		if (!size_expand(w, size, width, peak, all)) {
			*all = false;
			return -1;
		}
	return w->by_size[w->n];
}

bool window_reorder(struct window_search *w, const struct account *c, int *steps, int n, int64_t floor, int64_t peak,
		    int64_t *best)
{
	struct set start = { .peak = floor, .live = c->live, .from = -1 };
	bool all;
	int last;

	w->n = n;
	w->words = (n + 63) / 64;
	window_open(w, c, steps);
	last = window_search(w, &start, INT32_MAX, peak, &all);
	if (!all)
		last = window_search(w, &start, MAX_WIDTH, peak, &all);
	*best = peak;
	if (last >= 0 && w->sets[last].peak < peak) {
		*best = w->sets[last].peak;
		steps_write(w, &start, last, steps);
	}
	return all || *best <= floor;
}
