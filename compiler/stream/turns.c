#include "stream/turns.h"

#include <stdlib.h>

#include "graph/ir.h"

/* No bound, and a scale that is not known yet. */
#define NO_LEAD INT64_MAX
enum { MAX_SCALE = 1 << 12 };

static int64_t lesser(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t greater(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int turns_maker(const struct module *m, const struct turns *t, int tensor)
{
	for (int i = 0; i < t->n; i++)
		if (m->tensor[t->row[i].out].base == m->tensor[tensor].base)
			return i;
	return -1;
}

/* Calls for every read of a result among the steps. */
struct edge {
	int from, to;
	const struct row_read *read;
};

struct edges {
	struct edge *edge;
	int n;
};

/* False: a result that is read whole, along another axis, or as part of another tensor. */
static bool find_edges(struct module *m, const struct turns *t, struct edges *e)
{
	*e = (struct edges){ .edge = ARENA_ARRAY(m->scratch, t->n * MAX_ROW_READS, struct edge) };
	for (int to = 0; to < t->n; to++)
		for (int k = 0; k < t->row[to].n_reads; k++) {
			const struct row_read *r = &t->row[to].read[k];
			const int from = turns_maker(m, t, r->tensor);

			if (from < 0)
				continue;
			if (from >= to || r->axis < 0 ||
			    rows_of_view(m, r->tensor, t->row[from].out, t->row[from].axis) != r->axis)
				return false;
			e->edge[e->n++] = (struct edge){ from, to, r };
		}
	return true;
}

/* --- Scales ------------------------------------------------------------------------------------------------------- */

/* Sets the scales that follow from known ones; the first step's is MAX_SCALE. False: they contradict. */
static bool spread_scales(const struct turns *t, const struct edges *e, bool *changed)
{
	*changed = false;
	for (int i = 0; i < e->n; i++) {
		int64_t *from = &t->step[e->edge[i].from].scale, *to = &t->step[e->edge[i].to].scale;
		const int64_t stride = e->edge[i].read->stride;

		if (!*from == !*to) {
			if (*from && *from * stride != *to)
				return false;
			continue;
		}
		*changed = true;
		if (*from && *from > (int64_t)MAX_SCALE * MAX_SCALE / stride)
			return false;
		if (*to && *to % stride)
			return false;
		if (*from)
			*to = *from * stride;
		else
			*from = *to / stride;
	}
	return true;
}

static int64_t common_divisor(int64_t a, int64_t b)
{
	while (b) {
		const int64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

static bool find_scales(const struct turns *t, const struct edges *e)
{
	int64_t divisor = 0;
	bool changed;

	t->step[0].scale = MAX_SCALE;
	do {
		if (!spread_scales(t, e, &changed))
			return false;
	} while (changed);
	for (int i = 0; i < t->n; i++) {
		if (!t->step[i].scale)
			return false;
		divisor = common_divisor(t->step[i].scale, divisor);
	}
	for (int i = 0; i < t->n; i++) {
		t->step[i].scale /= divisor;
		if (t->step[i].scale > MAX_SCALE)
			return false;
	}
	return true;
}

/* --- Leads -------------------------------------------------------------------------------------------------------- */

/* By how much the lead of the reader is beyond that of what it reads, at most. Of rows that are computed `grain` at a
 * time as many as grain - 1 may be missing. */
static int64_t further(const struct turns *t, const struct edge *e)
{
	return t->step[e->from].scale *
	       (e->read->pad + e->read->stride - e->read->taps - (t->row[e->from].grain - 1));
}

/* The latest that serves all readers; NO_LEAD: none of them is known. */
static int64_t latest_lead(const struct turns *t, const struct edges *e, int from)
{
	int64_t lead = NO_LEAD;

	for (int i = 0; i < e->n; i++) {
		const int64_t reader = t->step[e->edge[i].to].lead;

		if (e->edge[i].from != from || reader == NO_LEAD)
			continue;
		lead = lead == NO_LEAD ? reader - further(t, &e->edge[i]) :
					 greater(lead, reader - further(t, &e->edge[i]));
	}
	return lead;
}

/* Turn 0 is the first in which a row is done. */
static void start_at_zero(struct turns *t)
{
	int64_t first = INT64_MIN;

	for (int i = 0; i < t->n; i++)
		first = greater(first, t->step[i].lead - (t->block + t->step[i].scale * t->row[i].grain - 1));
	for (int i = 0; i < t->n; i++)
		t->step[i].lead -= first;
}

static bool find_leads(struct turns *t, const struct edges *e, bool lazy)
{
	for (int i = 0; i < t->n; i++)
		t->step[i].lead = NO_LEAD;
	t->step[0].lead = 0;
	for (int k = 0; k < e->n; k++) {        /* in the order of readers */
		struct turn_step *to = &t->step[e->edge[k].to];
		const int64_t lead = t->step[e->edge[k].from].lead;

		if (lead != NO_LEAD)
			to->lead = lesser(to->lead, lead + further(t, &e->edge[k]));
	}
	for (int i = t->n - 1; i >= 0; i--) {
		const int64_t latest = latest_lead(t, e, i);

		if (latest != NO_LEAD && (lazy || t->step[i].lead == NO_LEAD))
			t->step[i].lead = latest;
		if (t->step[i].lead == NO_LEAD)
			return false;
	}
	start_at_zero(t);
	return true;
}

/* --- Rows --------------------------------------------------------------------------------------------------------- */

static int64_t rows_seen(const struct row_read *r, int64_t rows)
{
	return rows ? greater(0, (rows - 1) * r->stride - r->pad + r->taps) : 0;
}

static void find_rows(const struct turns *t, const struct edges *e)
{
	for (int i = t->n - 1; i >= 0; i--) {
		t->step[i].rows = t->inner[i] ? 0 : t->row[i].rows;
		for (int k = 0; k < e->n; k++)
			if (e->edge[k].from == i)
				t->step[i].rows = lesser(t->row[i].rows,
					greater(t->step[i].rows, rows_seen(e->edge[k].read,
									   t->step[e->edge[k].to].rows)));
	}
}

int64_t turns_done(const struct turns *t, int i, int64_t turn)
{
	const struct turn_step *s = &t->step[i];
	const int64_t grain = t->row[i].grain;

	return lesser(greater(0, t->block * turn + s->lead) / (s->scale * grain) * grain, s->rows);
}

static void count_turns(struct turns *t)
{
	t->count = 1;
	for (int i = 0; i < t->n; i++) {
		const struct turn_step *s = &t->step[i];
		const int64_t grain = t->row[i].grain, whole = (s->rows + grain - 1) / grain * grain;
		const int64_t left = s->scale * whole - s->lead;

		if (left > 0)
			t->count = greater(t->count, (left + t->block - 1) / t->block + 1);
	}
}

/* The first row that a reader still sees once `turn` turns are over; INT64_MAX: it is through. */
static int64_t first_seen(const struct turns *t, const struct edge *e, int64_t turn)
{
	const int64_t done = turn ? turns_done(t, e->to, turn - 1) : 0;

	return done < t->step[e->to].rows ? greater(0, done * e->read->stride - e->read->pad) : INT64_MAX;
}

static void find_kept(const struct turns *t, const struct edges *e)
{
	for (int64_t turn = 0; turn < t->count; turn++) {
		for (int k = 0; k < e->n; k++) {
			struct turn_step *s = &t->step[e->edge[k].from];
			const int64_t done = turns_done(t, e->edge[k].from, turn);

			s->kept = greater(s->kept, done - first_seen(t, &e->edge[k], turn));
			s->carried |= done > first_seen(t, &e->edge[k], turn + 1);
		}
		for (int i = 0; i < t->n; i++)  /* what a turn computes it keeps to its end, read or not */
			t->step[i].kept = greater(t->step[i].kept, turns_done(t, i, turn) -
						  (turn ? turns_done(t, i, turn - 1) : 0));
	}
}

bool turns_find(struct module *m, const struct row_step *row, const bool *inner, int n, int64_t block, bool lazy,
		struct turns *t)
{
	struct edges e;

	*t = (struct turns){ .row = row, .inner = inner, .n = n, .block = block,
			     .step = ARENA_ARRAY(m->scratch, n, struct turn_step) };
	if (!find_edges(m, t, &e) || !find_scales(t, &e) || !find_leads(t, &e, lazy))
		return false;
	find_rows(t, &e);
	count_turns(t);
	find_kept(t, &e);
	return true;
}
