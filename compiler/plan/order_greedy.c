/* The greedy orders: a heap of ready steps by what they add to the live bytes. What a step adds
 * changes only when it becomes the last user of a storage, or not the first any more; the heap
 * then gets a second entry for it and the old one is recognised as stale. */
#include "plan/schedule.h"

#include <string.h>

#include "support/arena.h"

struct entry {
	int64_t cost;
	int tie, step, version;
};

struct ready {
	const struct schedule *s;
	struct account c;
	enum greedy_rule rule;
	struct entry *heap;
	int n, room, *waits, *version, *tie, clock;
	bool *done;
};

static bool entry_less(const struct entry *a, const struct entry *b)
{
	if (a->cost != b->cost)
		return a->cost < b->cost;
	return a->tie != b->tie ? a->tie < b->tie : a->step < b->step;
}

static void ready_push(struct ready *r, int step)
{
	int64_t after, during = account_look(r->s, &r->c, step, &after);
	struct entry e = { .step = step, .version = ++r->version[step], .tie = r->tie[step] };
	int i = r->n++;

	/* Relative to what is live now, so that entries pushed at different times compare. */
	e.cost = (r->rule == GREEDY_LEAST_DURING ? during : after) - r->c.live;
	if (i == r->room) {
		r->heap = arena_regrow(r->s->arena, r->heap, (size_t)i, (size_t)i * 2, sizeof *r->heap);
		r->room *= 2;
	}
	for (; i && entry_less(&e, &r->heap[(i - 1) / 2]); i = (i - 1) / 2)
		r->heap[i] = r->heap[(i - 1) / 2];
	r->heap[i] = e;
}

static struct entry ready_pop(struct ready *r)
{
	const struct entry top = r->heap[0], e = r->heap[--r->n];
	int i = 0;

	for (int child; (child = 2 * i + 1) < r->n; i = child) {
		if (child + 1 < r->n && entry_less(&r->heap[child + 1], &r->heap[child]))
			child++;
		if (!entry_less(&r->heap[child], &e))
			break;
		r->heap[i] = r->heap[child];
	}
	r->heap[i] = e;
	return top;
}

static void step_ready(struct ready *r, int step)
{
	r->tie[step] = r->rule == GREEDY_LEAST_AFTER_NEWEST ? -r->clock : step;
	ready_push(r, step);
}

/* The costs of ready steps that touch g have changed. */
static void users_renew(struct ready *r, int g)
{
	for (int k = r->s->users.start[g]; k < r->s->users.start[g + 1]; k++) {
		const int step = r->s->users.list[k];

		if (!r->done[step] && !r->waits[step])
			ready_push(r, step);
	}
}

void order_greedily(const struct schedule *s, enum greedy_rule rule, int *order)
{
	struct ready r = { .s = s, .rule = rule, .room = s->n + 16 };
	const struct arena_mark before = arena_mark(s->arena);
	int n = 0;

	r.heap = ARENA_ARRAY(s->arena, r.room, struct entry);
	r.waits = ARENA_ARRAY(s->arena, s->n, int);
	r.version = ARENA_ARRAY(s->arena, s->n, int);
	r.tie = ARENA_ARRAY(s->arena, s->n, int);
	r.done = ARENA_ARRAY(s->arena, s->n, bool);
	account_start(s, &r.c);
	for (int i = 0; i < s->n; i++)
		r.waits[i] = s->before.start[i + 1] - s->before.start[i];
	for (int i = 0; i < s->n; i++)
		if (!r.waits[i])
			step_ready(&r, i);
	while (r.n) {
		const struct entry e = ready_pop(&r);

		if (r.done[e.step] || e.version != r.version[e.step])
			continue;
		order[n++] = e.step;
		r.done[e.step] = true;
		r.clock++;
		account_run(s, &r.c, e.step);
		for (int k = s->after.start[e.step]; k < s->after.start[e.step + 1]; k++)
			if (!--r.waits[s->after.list[k]])
				step_ready(&r, s->after.list[k]);
		for (int k = s->touches.start[e.step]; k < s->touches.start[e.step + 1]; k++) {
			const int g = s->touches.list[k];
			const int users = s->users.start[g + 1] - s->users.start[g];

			/* Costs change when the storage is born and when one user is left. */
			if (r.c.left[g] == 1 || (r.c.left[g] == users - 1 && !s->from_start[g]))
				users_renew(&r, g);
		}
	}
	arena_release(s->arena, before);
}
