#include "stream/stretch.h"

#include "stream/input.h"
#include "stream/row_form.h"

/* --- Who touches what --------------------------------------------------------------------------------------------- */

struct visit {
	struct stream *s;
	int step, *wrote;       /* by base: step that wrote it last */
};

static void visit_tensor(void *ctx, int tensor, enum arg_kind kind)
{
	const struct visit *v = ctx;
	struct stream *s = v->s;
	const int base = s->m->tensor[tensor].base;

	if (s->first[base] < 0)
		s->first[base] = v->step;
	s->last[base] = v->step;
	s->fixed[base] |= base != tensor && rows_of_view(s->m, tensor, base, outermost_axis(&s->m->tensor[base])) < 0;
	if (kind != ARG_WRITE || v->wrote[base] == v->step + 1)
		return;
	v->wrote[base] = v->step + 1;
	s->writers[base]++;
}

void stream_read(struct stream *s, struct module *m, const struct block *b)
{
	struct arena *a = m->scratch;
	struct visit v = { .s = s, .wrote = ARENA_ARRAY(a, m->n_tensors, int) };

	*s = (struct stream){ .m = m, .block = b, .row = ARENA_ARRAY(a, b->n, struct row_step),
			      .first = ARENA_ARRAY(a, m->n_tensors, int), .last = ARENA_ARRAY(a, m->n_tensors, int),
			      .writers = ARENA_ARRAY(a, m->n_tensors, int),
			      .fixed = ARENA_ARRAY(a, m->n_tensors, bool) };
	for (int t = 0; t < m->n_tensors; t++)
		s->first[t] = s->last[t] = -1;
	for (int i = 0; i < m->graph[0].n_in; i++)
		s->fixed[m->tensor[m->graph[0].in[i]].base] = !input_has_rows(m, m->graph[0].in[i]);
	for (int i = 0; i < m->graph[0].n_out; i++)
		s->fixed[m->tensor[m->graph[0].out[i]].base] = true;
	for (v.step = 0; v.step < b->n; v.step++) {
		step_each_tensor(m, &b->step[v.step], visit_tensor, &v);
		if (!row_step_read(m, row_form(m, &b->step[v.step]), &s->row[v.step]))
			s->row[v.step].step = NULL;
	}
}

/* --- Memory ------------------------------------------------------------------------------------------------------- */

static int last_reader(const struct stream *s, const struct stretch *x, int i)
{
	return s->last[x->turns.row[i].out] - x->first;
}

static struct inside inside_result(const struct stream *s, const struct stretch *x, int i)
{
	const struct row_step *r = &x->turns.row[i];
	const struct turn_step *t = &x->turns.step[i];
	const int64_t kept = t->kept < r->rows ? t->kept : r->rows;

	return (struct inside){ .tensor = r->out, .first = t->carried ? 0 : i,
				.last = t->carried ? x->n - 1 : last_reader(s, x, i), .axis = r->axis,
				.rows = kept < r->rows ? kept : 0,
				.bytes = tensor_bytes(s->m, r->out) / r->rows * kept };
}

int stretch_inside(const struct stream *s, const struct stretch *x, struct inside *v)
{
	int n = 0;

	for (int i = 0; i < x->n; i++) {
		const struct step *step = x->turns.row[i].step;

		if (x->turns.inner[i])
			v[n++] = inside_result(s, x, i);
		if (x->turns.row[i].sums >= 0)
			v[n++] = (struct inside){ .tensor = x->turns.row[i].sums, .last = x->n - 1,
						  .bytes = tensor_bytes(s->m, x->turns.row[i].sums) };
		for (int k = 0; step->kind == STEP_CALL && k < step->call->n_args && n < MAX_INSIDE; k++)
			if (step->call->arg[k].kind == ARG_SCRATCH && step->call->arg[k].tensor >= 0)
				v[n++] = (struct inside){ .tensor = step->call->arg[k].tensor, .first = i, .last = i,
							  .bytes = tensor_bytes(s->m, step->call->arg[k].tensor) };
	}
	return n;
}

static int64_t bytes_inside(const struct stream *s, const struct stretch *x)
{
	struct inside v[MAX_INSIDE];
	const int n = stretch_inside(s, x, v);
	int64_t most = 0;

	for (int i = 0; i < x->n; i++) {
		int64_t live = 0;
		for (int k = 0; k < n; k++)
			live += v[k].first <= i && i <= v[k].last ? v[k].bytes : 0;
		most = live > most ? live : most;
	}
	return most;
}

/* --- One stretch -------------------------------------------------------------------------------------------------- */

/* Which results are read by steps of the stretch alone. False: one is written by others as well, or is scratch of
 * several steps, so that turns would not find what they left. */
static bool find_inner(const struct stream *s, const struct stretch *x, bool *inner)
{
	for (int i = 0; i < x->n; i++) {
		const int t = s->row[x->first + i].out, base = s->m->tensor[t].base;

		if (s->writers[base] != 1 && base == t)
			return false;
		inner[i] = base == t && !s->fixed[base] && s->first[base] >= x->first &&
			   s->last[base] < x->first + x->n && s->last[base] > s->first[base];
	}
	return true;
}

bool stretch_find(const struct stream *s, int first, int n, int64_t block, struct stretch *x)
{
	bool *inner = ARENA_ARRAY(s->m->scratch, n, bool);
	bool found = false;

	*x = (struct stretch){ .first = first, .n = n };
	if (!find_inner(s, x, inner))
		return false;
	for (int lazy = 0; lazy < 2; lazy++) {
		struct stretch y = *x;

		if (!turns_find(s->m, &s->row[first], inner, n, block, lazy, &y.turns) || y.turns.count < 2)
			continue;
		y.bytes = bytes_inside(s, &y);
		if (!found || y.bytes < x->bytes)
			*x = y;
		found = true;
	}
	return found;
}
