/* Edges, users of storages and the account of live bytes. */
#include "plan/schedule.h"

#include <string.h>

#include "plan/buffer.h"
#include "support/arena.h"
#include "support/checked.h"
#include "support/diag.h"

static bool step_check(const struct flow *f, int i, int64_t *sum, struct diag *d)
{
	const struct flow_step *s = &f->steps[i];

	if (s->n_reads < 0 || s->n_writes < 0 || s->scratch_bytes < 0 || s->scratch_bytes > MAX_BUFFER_BYTES ||
	    s->over_bytes < 0 || s->over < -1 || s->over >= f->n_values)
		return diag_error(d, STATUS_MODEL, NULL, "step %d: scratch of %lld bytes, overwrites value %d", i,
				  (long long)s->scratch_bytes, s->over);
	for (int k = 0; k < s->n_reads + s->n_writes; k++) {
		const int v = k < s->n_reads ? s->reads[k] : s->writes[k - s->n_reads];

		if (v < 0 || v >= f->n_values)
			return diag_error(d, STATUS_MODEL, NULL, "step %d: value %d of %d", i, v, f->n_values);
	}
	if (!checked_add(*sum, s->scratch_bytes, sum) || *sum > MAX_ARENA_BYTES)
		return diag_error(d, STATUS_MODEL, NULL, "scratch of all steps exceeds %lld bytes",
				  (long long)MAX_ARENA_BYTES);
	return true;
}

static bool flow_check(const struct flow *f, struct diag *d)
{
	int64_t sum = 0;

	for (int v = 0; v < f->n_values; v++)
		if (f->storage_of[v] < 0 || f->storage_of[v] >= f->n_storages)
			return diag_error(d, STATUS_MODEL, NULL, "value %d: storage %d of %d", v, f->storage_of[v],
					  f->n_storages);
	for (int k = 0; k < f->n_storages; k++) {
		const int64_t size = f->storages[k].size_bytes;

		if (size < 0 || size > MAX_BUFFER_BYTES || !checked_add(sum, size, &sum) || sum > MAX_ARENA_BYTES)
			return diag_error(d, STATUS_MODEL, NULL, "storage %d: %lld bytes are too many", k,
					  (long long)size);
	}
	for (int i = 0; i < f->n_steps; i++)
		if (!step_check(f, i, &sum, d))
			return false;
	for (int i = 0; i < f->n_edges; i++)
		if (f->edges[i].before < 0 || f->edges[i].before >= f->edges[i].after ||
		    f->edges[i].after >= f->n_steps)
			return diag_error(d, STATUS_MODEL, NULL, "edge %d: step %d before step %d of %d", i,
					  f->edges[i].before, f->edges[i].after, f->n_steps);
	return true;
}

static bool writers_find(const struct flow *f, int *writer, struct diag *d)
{
	for (int v = 0; v < f->n_values; v++)
		writer[v] = -1;
	for (int i = 0; i < f->n_steps; i++)
		for (int k = 0; k < f->steps[i].n_writes; k++) {
			const int v = f->steps[i].writes[k];

			if (writer[v] >= 0)
				return diag_error(d, STATUS_MODEL, NULL, "value %d is written by steps %d and %d", v,
						  writer[v], i);
			writer[v] = i;
		}
	for (int i = 0; i < f->n_steps; i++)
		for (int k = 0; k < f->steps[i].n_reads; k++)
			if (writer[f->steps[i].reads[k]] >= i)
				return diag_error(d, STATUS_MODEL, NULL, "step %d reads value %d, written by step %d",
						  i, f->steps[i].reads[k], writer[f->steps[i].reads[k]]);
	return true;
}

static struct lists lists_new(struct arena *a, int n)
{
	return (struct lists){ .start = ARENA_ARRAY(a, n + 2, int) };
}

/* After counting into start[i + 1]: room for all. Filling then advances start[i]. */
static void lists_open(struct lists *l, int n, struct arena *a)
{
	for (int i = 0; i < n; i++)
		l->start[i + 1] += l->start[i];
	l->list = ARENA_ARRAY(a, l->start[n] + 1, int);
}

static void lists_close(struct lists *l, int n)
{
	memmove(l->start + 1, l->start, (size_t)n * sizeof *l->start);
	l->start[0] = 0;
}

static void edge_add(struct schedule *s, int before, int after, bool fill)
{
	if (fill) {
		s->after.list[s->after.start[before]++] = after;
		s->before.list[s->before.start[after]++] = before;
	} else {
		s->after.start[before + 1]++;
		s->before.start[after + 1]++;
	}
}

static void edges_build(struct schedule *s, const int *writer)
{
	const struct flow *f = s->flow;

	s->before = lists_new(s->arena, s->n);
	s->after = lists_new(s->arena, s->n);
	for (int fill = 0; fill < 2; fill++) {
		for (int i = 0; i < s->n; i++)
			for (int k = 0; k < f->steps[i].n_reads; k++)
				if (writer[f->steps[i].reads[k]] >= 0)
					edge_add(s, writer[f->steps[i].reads[k]], i, fill);
		for (int i = 0; i < f->n_edges; i++)
			edge_add(s, f->edges[i].before, f->edges[i].after, fill);
		if (!fill) {
			lists_open(&s->before, s->n, s->arena);
			lists_open(&s->after, s->n, s->arena);
		}
	}
	lists_close(&s->before, s->n);
	lists_close(&s->after, s->n);
}

static void touches_build(struct schedule *s, const int *writer)
{
	const struct flow *f = s->flow;
	int *seen = ARENA_ARRAY(s->arena, f->n_storages, int);

	s->touches = lists_new(s->arena, s->n);
	s->users = lists_new(s->arena, f->n_storages);
	s->from_start = ARENA_ARRAY(s->arena, f->n_storages, bool);
	for (int fill = 0; fill < 2; fill++) {
		memset(seen, -1, (size_t)f->n_storages * sizeof *seen);
		for (int i = 0; i < s->n; i++) {
			const struct flow_step *x = &f->steps[i];

			for (int k = 0; k < x->n_reads + x->n_writes; k++) {
				const int v = k < x->n_reads ? x->reads[k] : x->writes[k - x->n_reads];
				const int g = f->storage_of[v];

				s->from_start[g] |= writer[v] < 0 || f->storages[g].live_in;
				if (seen[g] == i)
					continue;
				seen[g] = i;
				if (fill) {
					s->touches.list[s->touches.start[i]++] = g;
					s->users.list[s->users.start[g]++] = i;
				} else {
					s->touches.start[i + 1]++;
					s->users.start[g + 1]++;
				}
			}
		}
		if (!fill) {
			lists_open(&s->touches, s->n, s->arena);
			lists_open(&s->users, f->n_storages, s->arena);
		}
	}
	lists_close(&s->touches, s->n);
	lists_close(&s->users, f->n_storages);
	for (int g = 0; g < f->n_storages; g++)
		if (s->users.start[g] == s->users.start[g + 1] && f->storages[g].live_out)
			s->base_bytes += f->storages[g].size_bytes;
}

bool schedule_build(struct schedule *s, const struct flow *f, struct arena *a, struct diag *d)
{
	int *writer = ARENA_ARRAY(a, f->n_values, int);

	*s = (struct schedule){ .flow = f, .n = f->n_steps, .arena = a };
	if (!flow_check(f, d) || !writers_find(f, writer, d))
		return false;
	edges_build(s, writer);
	touches_build(s, writer);
	return true;
}

void account_start(const struct schedule *s, struct account *c)
{
	const int n = s->flow->n_storages;

	if (!c->alive) {
		c->alive = ARENA_ARRAY(s->arena, n, bool);
		c->left = ARENA_ARRAY(s->arena, n, int);
	}
	c->live = s->base_bytes;
	for (int g = 0; g < n; g++) {
		c->alive[g] = s->from_start[g];
		c->left[g] = s->users.start[g + 1] - s->users.start[g];
		if (c->alive[g])
			c->live += s->flow->storages[g].size_bytes;
	}
}

int64_t account_look(const struct schedule *s, const struct account *c, int step, int64_t *after)
{
	const struct flow_step *x = &s->flow->steps[step];
	const int over = x->over >= 0 ? s->flow->storage_of[x->over] : -1;
	int64_t during = c->live, dies = 0, saved = 0;

	for (int k = s->touches.start[step]; k < s->touches.start[step + 1]; k++) {
		const int g = s->touches.list[k];
		const struct storage *t = &s->flow->storages[g];

		if (!c->alive[g])
			during += t->size_bytes;
		if (c->left[g] > 1 || t->live_out)
			continue;
		dies += t->size_bytes;
		if (g == over)
			saved = x->over_bytes < t->size_bytes ? x->over_bytes : t->size_bytes;
	}
	*after = during - dies;
	during += x->scratch_bytes - saved;
	return during > *after ? during : *after;
}

int64_t account_run(const struct schedule *s, struct account *c, int step)
{
	int64_t after;
	const int64_t during = account_look(s, c, step, &after);

	for (int k = s->touches.start[step]; k < s->touches.start[step + 1]; k++) {
		c->alive[s->touches.list[k]] = true;
		c->left[s->touches.list[k]]--;
	}
	c->live = after;
	return during;
}
