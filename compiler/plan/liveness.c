/* First and last use of every storage, then the rule for loops on the tree of regions. */
#include "plan/liveness.h"

#include <stdlib.h>

#include "support/arena.h"
#include "support/diag.h"

struct loop {
	int first, last;
	int parent;             /* index among the loops, -1: none */
};

/* Positions of the write and the first read of a value; -1: none. */
struct use {
	int write, read;
};

static int loop_compare(const void *x, const void *y)
{
	const struct loop *a = x, *b = y;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return a->last > b->last ? -1 : a->last < b->last;
}

/* The loops, outer before inner, each with the one around it; -1 if regions cross. */
static int loops_build(const struct region *regions, int n_regions, int n_steps, struct loop *loops,
		       struct arena *scratch, struct diag *d)
{
	struct loop *all = ARENA_ARRAY(scratch, n_regions, struct loop);
	int *open = ARENA_ARRAY(scratch, n_regions, int), n_open = 0, n = 0;

	for (int i = 0; i < n_regions; i++) {
		const struct region *r = &regions[i];

		if (r->first < 0 || r->last < r->first || r->last >= n_steps) {
			diag_error(d, STATUS_MODEL, NULL, "region %d: steps %d to %d of %d", i, r->first, r->last,
				   n_steps);
			return -1;
		}
		/* `parent` carries whether it is a loop until the regions are in order. */
		all[i] = (struct loop){ r->first, r->last, r->loop };
	}
	qsort(all, (size_t)n_regions, sizeof *all, loop_compare);
	for (int i = 0; i < n_regions; i++) {
		while (n_open && all[open[n_open - 1]].last < all[i].first)
			n_open--;
		if (n_open && all[open[n_open - 1]].last < all[i].last) {
			diag_error(d, STATUS_MODEL, NULL, "regions of steps %d to %d and %d to %d cross",
				   all[open[n_open - 1]].first, all[open[n_open - 1]].last, all[i].first, all[i].last);
			return -1;
		}
		open[n_open++] = i;
	}
	for (int i = 0; i < n_regions; i++)
		if (all[i].parent)
			loops[n++] = all[i];
	n_open = 0;
	for (int i = 0; i < n; i++) {
		while (n_open && loops[open[n_open - 1]].last < loops[i].first)
			n_open--;
		loops[i].parent = n_open ? open[n_open - 1] : -1;
		open[n_open++] = i;
	}
	return n;
}

/* The innermost loop of every step, or -1. */
static void loops_spread(const struct loop *loops, int n_loops, int n_steps, int *loop_of)
{
	for (int t = 0, at = -1, next = 0; t < n_steps; t++) {
		while (at >= 0 && loops[at].last < t)
			at = loops[at].parent;
		while (next < n_loops && loops[next].first == t)
			at = next++;
		loop_of[t] = at;
	}
}

static bool values_check(const struct flow *f, struct diag *d)
{
	for (int v = 0; v < f->n_values; v++)
		if (f->storage_of[v] < 0 || f->storage_of[v] >= f->n_storages)
			return diag_error(d, STATUS_MODEL, NULL, "value %d: storage %d of %d", v, f->storage_of[v],
					  f->n_storages);
	return true;
}

/* Lives from first to last use, and where each value is written and first read. */
static bool uses_find(const struct flow *f, const int *order, struct use *uses, struct buffer *buffers, struct diag *d)
{
	for (int v = 0; v < f->n_values; v++)
		uses[v] = (struct use){ -1, -1 };
	for (int g = 0; g < f->n_storages; g++)
		buffers[g].first = buffers[g].last = -1;
	for (int t = 0; t < f->n_steps; t++) {
		const int step = order ? order[t] : t;
		const struct flow_step *s;

		if (step < 0 || step >= f->n_steps)
			return diag_error(d, STATUS_MODEL, NULL, "position %d of the order: step %d of %d", t, step,
					  f->n_steps);
		s = &f->steps[step];
		for (int k = 0; k < s->n_reads + s->n_writes; k++) {
			const int v = k < s->n_reads ? s->reads[k] : s->writes[k - s->n_reads];
			struct buffer *b;

			if (v < 0 || v >= f->n_values)
				return diag_error(d, STATUS_MODEL, NULL, "step %d: value %d of %d", step, v,
						  f->n_values);
			b = &buffers[f->storage_of[v]];
			b->last = t;
			if (b->first < 0)
				b->first = t;
			if (k >= s->n_reads)
				uses[v].write = t;
			else if (uses[v].read < 0)
				uses[v].read = t;
		}
	}
	return true;
}

/* A value read before it is written comes from the iteration before: its storage lives over the innermost
 * loop that holds both. */
static void life_carry(const struct loop *loops, const int *loop_of, const struct use *u, struct buffer *b)
{
	int l = u->read >= 0 && u->write > u->read ? loop_of[u->read] : -1;

	while (l >= 0 && loops[l].last < u->write)
		l = loops[l].parent;
	if (l < 0)
		return;
	if (loops[l].first < b->first)
		b->first = loops[l].first;
	if (loops[l].last > b->last)
		b->last = loops[l].last;
}

bool liveness_find(const struct flow *f, const int *order, const struct region *regions, int n_regions,
		   struct buffer *buffers, struct arena *scratch, struct diag *d)
{
	struct loop *loops = ARENA_ARRAY(scratch, n_regions, struct loop);
	int *loop_of = ARENA_ARRAY(scratch, f->n_steps + 1, int);
	struct use *uses = ARENA_ARRAY(scratch, f->n_values, struct use);
	const int n_loops = loops_build(regions, n_regions, f->n_steps, loops, scratch, d);
	const int end = f->n_steps ? f->n_steps - 1 : 0;

	if (n_loops < 0 || !values_check(f, d) || !uses_find(f, order, uses, buffers, d))
		return false;
	loop_of[f->n_steps] = -1;       /* where buffers of a program without steps are looked up */
	loops_spread(loops, n_loops, f->n_steps, loop_of);
	for (int g = 0; g < f->n_storages; g++) {
		struct buffer *b = &buffers[g];

		if (b->first < 0 || f->storages[g].live_in)
			b->first = 0;
		if (b->last < 0)
			b->last = 0;
		if (f->storages[g].live_out)
			b->last = end;
	}
	for (int v = 0; v < f->n_values; v++) {
		if (uses[v].write < 0 && uses[v].read >= 0)
			buffers[f->storage_of[v]].first = 0;
		life_carry(loops, loop_of, &uses[v], &buffers[f->storage_of[v]]);
	}
	/* What was there before a loop that holds its last use: the next iteration uses it again. */
	for (int g = 0; g < f->n_storages; g++)
		for (int l = loop_of[buffers[g].last]; l >= 0; l = loops[l].parent)
			if (buffers[g].first < loops[l].first && loops[l].last > buffers[g].last)
				buffers[g].last = loops[l].last;
	/* What a loop makes for steps behind it may grow by a part each turn (the stacked outputs of a Scan). */
	for (int g = 0; g < f->n_storages; g++)
		for (int l = loop_of[buffers[g].first]; l >= 0; l = loops[l].parent)
			if (buffers[g].last > loops[l].last && loops[l].first < buffers[g].first)
				buffers[g].first = loops[l].first;
	return true;
}
