/* Cuts the flow into pieces that can be ordered by themselves, and gets each piece below the
 * highest peak that cannot be avoided. */
#include "plan/order.h"

#include <stdlib.h>
#include <string.h>

#include "plan/schedule.h"
#include "support/arena.h"
#include "support/diag.h"
#include "support/limits.h"

enum {
	WINDOW = 40,            /* steps reordered at a time in pieces that are too long */
	WORK_PER_STEP = 1000,
};

/* Steps first … first + n - 1 of every topological order, up to their order. */
struct piece {
	int first, n;
	int64_t peak;
	bool proved;
};

int64_t order_peak_bytes(const struct flow *f, const int *order, struct arena *scratch)
{
	struct schedule s;
	struct account c = { 0 };
	struct diag d;
	int64_t peak;

	diag_init(&d, scratch, NULL);
	if (!schedule_build(&s, f, scratch, &d))
		return INT64_MAX;
	account_start(&s, &c);
	peak = c.live;
	for (int i = 0; i < s.n; i++) {
		const int64_t during = account_run(&s, &c, order ? order[i] : i);

		if (during > peak)
			peak = during;
	}
	return peak;
}

/* A step is a cut if all earlier ones must come before it and all later ones after it: every later
 * step needs one that is not before the cut, every earlier one is needed by one not after it. */
static int pieces_find(const struct schedule *s, struct piece *pieces)
{
	int *least = ARENA_ARRAY(s->arena, s->n + 1, int), n = 0, reach = -1, first = 0;

	least[s->n] = s->n;
	for (int i = s->n; i-- > 0;) {
		int latest = -1;

		for (int k = s->before.start[i]; k < s->before.start[i + 1]; k++)
			if (s->before.list[k] > latest)
				latest = s->before.list[k];
		least[i] = latest < least[i + 1] ? latest : least[i + 1];
	}
	for (int i = 0; i < s->n; i++) {
		int earliest = s->n;

		if (reach <= i && least[i + 1] >= i) {
			if (i > first)
				pieces[n++] = (struct piece){ .first = first, .n = i - first };
			pieces[n++] = (struct piece){ .first = i, .n = 1 };
			first = i + 1;
		}
		for (int k = s->after.start[i]; k < s->after.start[i + 1]; k++)
			if (s->after.list[k] < earliest)
				earliest = s->after.list[k];
		if (earliest > reach)
			reach = earliest;
	}
	if (s->n > first)
		pieces[n++] = (struct piece){ .first = first, .n = s->n - first };
	return n;
}

/* Bytes live during every position of an order. */
static void order_profile(const struct schedule *s, struct account *c, const int *order, int64_t *during)
{
	account_start(s, c);
	for (int i = 0; i < s->n; i++)
		during[i] = account_run(s, c, order[i]);
}

static int64_t greatest(const int64_t *v, int n)
{
	int64_t most = 0;

	for (int i = 0; i < n; i++)
		if (v[i] > most)
			most = v[i];
	return most;
}

/* For each piece the best of the given order and the greedy ones. */
static void pieces_start(const struct schedule *s, struct account *c, struct piece *pieces, int n_pieces, int *order)
{
	int64_t *during = ARENA_ARRAY(s->arena, s->n, int64_t);
	int *other = ARENA_ARRAY(s->arena, s->n, int);

	order_profile(s, c, order, during);
	for (int i = 0; i < n_pieces; i++)
		pieces[i].peak = greatest(during + pieces[i].first, pieces[i].n);
	for (enum greedy_rule rule = 0; rule < N_GREEDY_RULES; rule++) {
		order_greedily(s, rule, other);
		order_profile(s, c, other, during);
		for (int i = 0; i < n_pieces; i++) {
			const struct piece *p = &pieces[i];
			const int64_t peak = greatest(during + p->first, p->n);

			if (peak >= p->peak)
				continue;
			pieces[i].peak = peak;
			memcpy(order + p->first, other + p->first, (size_t)p->n * sizeof *order);
		}
	}
}

/* What no order can avoid: the start, and what a step touches while it runs. */
static int64_t floor_find(const struct schedule *s, struct account *c)
{
	int64_t floor;

	account_start(s, c);
	floor = c->live;
	for (int i = 0; i < s->n; i++) {
		const struct flow_step *x = &s->flow->steps[i];
		const int over = x->over >= 0 ? s->flow->storage_of[x->over] : -1;
		int64_t sum = s->base_bytes + x->scratch_bytes;

		for (int k = s->touches.start[i]; k < s->touches.start[i + 1]; k++) {
			const struct storage *g = &s->flow->storages[s->touches.list[k]];

			sum += g->size_bytes;
			if (s->touches.list[k] == over)
				sum -= x->over_bytes < g->size_bytes ? x->over_bytes : g->size_bytes;
		}
		if (sum > floor)
			floor = sum;
	}
	return floor;
}

/* Reorders windows round the highest steps of a piece that is too long for one search. The account
 * stands before the piece, and behind it afterwards. */
static void piece_slide(struct schedule *s, struct window_search *w, struct account *c, struct piece *p, int *order,
			int64_t floor, const int64_t *during)
{
	const int end = p->first + p->n;
	int64_t peak = 0;

	for (int at = p->first; at < end;) {
		const int n = end - at < WINDOW ? end - at : WINDOW;
		int64_t best;

		if (greatest(during + at, n) == p->peak && s->work < s->work_end)
			window_reorder(w, c, order + at, n, floor, p->peak, &best);
		/* Half a window on: what was moved to its end may move further. */
		for (int k = 0; k < (n < WINDOW ? n : WINDOW / 2); k++) {
			const int64_t here = account_run(s, c, order[at++]);

			if (here > peak)
				peak = here;
		}
	}
	if (peak < p->peak)
		p->peak = peak;
}

/* Gets a piece down towards `floor`; the account stands before it, and behind it afterwards. */
static void piece_reorder(struct schedule *s, struct window_search *w, struct account *c, struct piece *p, int *order,
			  int64_t floor, const int64_t *during)
{
	if (p->n > MAX_WINDOW) {
		piece_slide(s, w, c, p, order, floor, during);
		return;
	}
	if (s->work < s->work_end)
		p->proved = window_reorder(w, c, order + p->first, p->n, floor, p->peak, &p->peak);
	for (int i = 0; i < p->n; i++)
		account_run(s, c, order[p->first + i]);
}

/* The highest piece first: what it cannot avoid, the others need not go below. Then the others in
 * turn. Returns the greatest peak that is proved to be unavoidable. */
static int64_t pieces_reorder(struct schedule *s, struct account *c, struct piece *pieces, int n_pieces, int *order,
			      int64_t floor)
{
	struct window_search *w = NULL;
	int64_t *during = ARENA_ARRAY(s->arena, s->n, int64_t);
	int64_t proved = floor;
	int highest = 0;

	order_profile(s, c, order, during);
	for (int i = 1; i < n_pieces; i++)
		if (pieces[i].peak > pieces[highest].peak)
			highest = i;
	for (int only_highest = 1; only_highest >= 0; only_highest--) {
		account_start(s, c);
		for (int i = 0; i < n_pieces; i++) {
			struct piece *p = &pieces[i];

			if (p->peak <= floor || (i == highest) != only_highest) {
				for (int k = 0; k < p->n; k++)
					account_run(s, c, order[p->first + k]);
				continue;
			}
			if (!w)         /* large: not for the many small blocks that need none */
				w = window_search_new(s);
			piece_reorder(s, w, c, p, order, floor, during);
			if (p->proved && p->peak > proved)
				proved = p->peak;
			if (p->peak > floor)
				floor = p->peak;
		}
	}
	return proved;
}

bool order_steps(const struct flow *f, int *order, struct order_result *result, struct arena *scratch,
		 struct diag *d)
{
	struct schedule s;
	struct account c = { 0 };
	struct piece *pieces;
	int64_t floor;
	int n_pieces;

	*result = (struct order_result){ .optimal = true };
	for (int i = 0; i < f->n_steps; i++)
		order[i] = i;
	if (!schedule_build(&s, f, scratch, d))
		return false;
	if (!s.n)
		return true;
	s.work_end = MAX_ORDER_WORK + (int64_t)s.n * WORK_PER_STEP;
	result->given_peak_bytes = order_peak_bytes(f, NULL, scratch);
	pieces = ARENA_ARRAY(scratch, s.n, struct piece);
	n_pieces = pieces_find(&s, pieces);
	pieces_start(&s, &c, pieces, n_pieces, order);
	floor = pieces_reorder(&s, &c, pieces, n_pieces, order, floor_find(&s, &c));
	result->peak_bytes = order_peak_bytes(f, order, scratch);
	result->optimal = result->peak_bytes <= floor;
	result->work = s.work;
	return true;
}
