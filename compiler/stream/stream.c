#include "stream/stream.h"

#include <string.h>

#include "options.h"
#include "plan/in_place.h"
#include "plan/place.h"
#include "plan/validate.h"
#include "stream/choose.h"
#include "stream/over.h"
#include "targets/target.h"

/* --- Memory of one loop ------------------------------------------------------------------------------------------- */

/* Makes a tensor, and with it all views of it, a part of another one. */
static void move_inside(struct module *m, const struct inside *v, int to, int64_t at)
{
	const struct num offset = num_const(at / dtypes[m->tensor[v->tensor].type].bytes);

	for (int t = 0; t < m->n_tensors; t++) {
		struct tensor *x = &m->tensor[t];

		if (x->base != v->tensor || t == v->tensor)
			continue;
		x->ring_axis = rows_of_view(m, t, v->tensor, v->axis);
		x->ring = x->ring_axis < 0 ? 0 : v->rows;
		x->base = to;
		x->offset = offset;
	}
	if (v->rows)
		tensor_set_ring(m, v->tensor, v->axis, v->rows);
	m->tensor[v->tensor].base = to;
	m->tensor[v->tensor].offset = offset;
}

/* Whether a step goes from pixel to pixel of a, which nobody reads after it, and pixels of its result b are as large
 * and lie as those do: each may be written where it was read. */
static bool takes_the_place(const struct step *step, const struct inside *a, const struct inside *b, int n)
{
	const struct call *c = step->kind == STEP_CALL ? step->call : NULL;
	const struct conv_geometry *g = c ? &c->geometry.conv : NULL;

	if (!c || c->geometry.kind != GEOMETRY_CONV || !c->pixel_by_pixel || c->epilogue || c->consumed_arg < 0 ||
	    c->arg[c->consumed_arg].tensor != a->tensor || c->out != b->tensor || a->rows != b->rows ||
	    a->bytes != b->bytes || (a->first == 0 && a->last == n - 1))
		return false;
	return g->kernel_h == 1 && g->kernel_w == 1 && g->stride_h == 1 && g->stride_w == 1 && num_is(g->pad_top, 0) &&
	       num_is(g->pad_left, 0) && num_same(g->x_row, g->y_row) && num_same(g->x_pixel, g->y_pixel);
}

/* Pairs of v that may lie in one place; their number. */
static int places_shared(const struct stretch *x, const struct inside *v, int n, struct overlap *shared)
{
	int k = 0;

	for (int b = 0; b < n; b++)
		for (int a = 0; a < n; a++)
			if (v[a].last == v[b].first && k < MAX_INSIDE &&
			    takes_the_place(x->turns.row[v[b].first].step, &v[a], &v[b], x->n))
				shared[k++] = (struct overlap){ .a = a, .b = b };
	return k;
}

/* Places what lives inside the stretch in one tensor, of which its tensors become parts. False: reported. */
static bool place_inside(const struct stream *s, const struct stretch *x, int *rows_in)
{
	struct module *m = s->m;
	const struct memory_pool pool = { .align = m->target->arena_align };
	struct inside v[MAX_INSIDE];
	struct buffer buffer[MAX_INSIDE];
	struct overlap shared[MAX_INSIDE];
	const int n = stretch_inside(s, x, v), n_shared = places_shared(x, v, n, shared);
	struct pool_plan plan;
	const char *why;
	struct num bytes;

	for (int i = 0; i < n; i++)
		buffer[i] = (struct buffer){ .size_bytes = v[i].bytes, .first = v[i].first, .last = v[i].last,
					     .align = tensor_align(m, v[i].tensor, v[i].bytes) };
	if (!place_buffers(buffer, n, &pool, 1, shared, n_shared, NULL, &plan, m->scratch, m->diag))
		return false;
	if (!plan_validate(buffer, n, &pool, 1, &plan, shared, n_shared, m->scratch, &why))
		die("stream: %s", why);
	bytes = num_const(plan.arena_bytes);
	*rows_in = tensor_like(m, "rows", DT_U8, 1, &bytes);
	tensor_dense(m, *rows_in);
	for (int i = 0; i < n; i++)
		move_inside(m, &v[i], *rows_in, buffer[i].offset);
	return true;
}

/* --- The loop ----------------------------------------------------------------------------------------------------- */

/* Rows that step i has done after turn turn - ago. */
static struct num rows_done(struct nums *s, const struct turns *t, int i, struct num turn, int64_t ago)
{
	const struct turn_step *x = &t->step[i];
	const struct num passed = num_add(s, num_mul(s, num_const(t->block), turn),
					  num_const(x->lead - ago * t->block));

	const struct num grain = num_const(t->row[i].grain);
	const struct num done = num_div(s, num_max(s, passed, num_const(0)), num_const(x->scale * grain.n));

	return num_min(s, num_mul(s, done, grain), num_const(x->rows));
}

/* No name of the model begins so (see ident_make), and one name has one range. All steps count rows by the same two
 * variables, so that equal steps have equal texts. */
static struct row_range *range_of(struct module *m, const struct turns *t, int i, struct num turn)
{
	struct row_range *r = ARENA_NEW(m->steps, struct row_range);
	struct nums *s = &m->nums;

	*r = (struct row_range){ .begin = rows_done(s, t, i, turn, 1), .end = rows_done(s, t, i, turn, 0),
				 .row = num_var(s, "_row", 0, INT32_MAX),
				 .row_end = num_var(s, "_row_end", 0, INT32_MAX), .turn = turn };
	return r;
}

/* What the planner is told of the loop. False: reported. */
static bool row_loop(const struct stream *s, const struct stretch *x, struct row_loop *r)
{
	struct module *m = s->m;

	if (!turns_check(m, &x->turns))
		die("stream: a turn reads rows that are not there");
	*r = (struct row_loop){ .overlap = ARENA_ARRAY(m->steps, MAX_ROW_OVERLAPS, struct row_overlap) };
	r->n_overlaps = turns_overlaps(m, &x->turns, r->overlap, MAX_ROW_OVERLAPS);
	for (int i = 0; i < r->n_overlaps; i++)
		if (!turns_check_overlap(m, &x->turns, &r->overlap[i]))
			die("stream: a turn writes over rows that are still read");
	return place_inside(s, x, &r->inside);
}

static bool loop_of(const struct stream *s, const struct stretch *x, struct step *loop)
{
	struct module *m = s->m;
	const struct turns *t = &x->turns;
	const long long count = t->count;
	struct row_loop *r = ARENA_NEW(m->steps, struct row_loop);

	*loop = (struct step){ .kind = STEP_LOOP, .node = t->row[0].step->node, .cond = -1,
			       .trips = num_const(t->count), .streams = r };
	loop->turn = num_var(&m->nums, arena_printf(m->arena, "_turn_%lld", count), 0, t->count - 1);
	if (!row_loop(s, x, r))
		return false;
	loop->body[0] = (struct block){ .step = ARENA_ARRAY(m->steps, x->n, struct step), .n = x->n };
	for (int i = 0; i < x->n; i++) {
		struct row_range *range = range_of(m, t, i, loop->turn);

		loop->body[0].step[i] = row_step_part(m, &t->row[i], range->row, range->row_end);
		loop->body[0].step[i].rows = range;
	}
	return true;
}

/* A step that is planned once more, so that what the planner sets in it is not set in the other. */
static struct step copy_step(struct module *m, const struct step *from)
{
	struct step s = *from;

	if (s.kind == STEP_CALL) {
		s.call = ARENA_NEW(m->steps, struct call);
		*s.call = *from->call;
	}
	return s;
}

/* The block with a loop for each of n stretches. */
static bool rewrite(const struct stream *s, const struct stretch *v, int n, struct block *to)
{
	const struct block *from = s->block;
	int k = 0;

	*to = (struct block){ .step = ARENA_ARRAY(s->m->steps, from->n, struct step) };
	for (int i = 0; i < from->n; to->n++) {
		if (k < n && v[k].first == i) {
			if (!loop_of(s, &v[k], &to->step[to->n]))
				return false;
			i += v[k++].n;
		} else {
			to->step[to->n] = copy_step(s->m, &from->step[i++]);
		}
	}
	return true;
}

/* What tensors take in the arena, by base; inputs that lie there live from the first step, outputs to the last. */
static int64_t *bytes_of(const struct timeline *l, struct stream *s)
{
	int64_t *bytes = ARENA_ARRAY(l->m->scratch, l->m->n_tensors, int64_t);

	for (int i = 0; i < l->n_arena; i++) {
		const int t = l->tensor_of[i];

		bytes[t] = l->storage[i].size_bytes;
		if (l->storage[i].live_in)
			s->first[t] = 0;
		if (l->storage[i].live_out)
			s->last[t] = s->block->n - 1;
	}
	return bytes;
}

/* By how much a step needs less because its result takes the place of an operand that nobody reads afterwards. */
static int64_t saved_by(const struct timeline *l, const struct stream *s, int step)
{
	struct overlap v[MAX_STEP_OVERLAPS];
	const struct step *at = &s->block->step[step];
	const int n = step_is_control(at) ? 0 : step_overlaps(l, at, v);
	int64_t most = 0;

	for (int i = 0; i < n; i++) {
		const int64_t saved = overlap_most(l->storage[v[i].a].size_bytes, l->storage[v[i].b].size_bytes,
						   v[i].at_least, v[i].at_most);
		if (s->last[l->tensor_of[v[i].a]] == step && s->first[l->tensor_of[v[i].b]] == step && saved > most)
			most = saved;
	}
	return most;
}

/* What the block and its tensors were before. */
struct before {
	struct block block;
	struct tensor *tensor;
	int n_tensors;
};

static struct before keep(struct module *m, const struct block *b)
{
	struct before k = { .block = *b, .n_tensors = m->n_tensors,
			    .tensor = ARENA_ARRAY(m->arena, m->n_tensors, struct tensor) };

	memcpy(k.tensor, m->tensor, (size_t)m->n_tensors * sizeof *m->tensor);
	return k;
}

static void restore(struct module *m, struct block *b, const struct before *k)
{
	*b = k->block;
	memcpy(m->tensor, k->tensor, (size_t)k->n_tensors * sizeof *m->tensor);
}

/* False: nothing in it is better computed turn by turn (*n is 0), or reported. */
static bool stream_block(struct module *m, struct block *b, struct block *streamed, int *n)
{
	int64_t *saved = ARENA_ARRAY(m->scratch, b->n, int64_t), *bytes, peak;
	struct timeline l;
	struct stream s;
	struct stretch *v;

	timeline_build(&l, m, b);
	stream_read(&s, m, b);
	bytes = bytes_of(&l, &s);
	for (int i = 0; i < b->n; i++)
		saved[i] = saved_by(&l, &s, i);
	*n = stream_choose(&s, bytes, saved, &v, &peak);
	if (!*n || !rewrite(&s, v, *n, streamed))
		return false;
	for (int i = 0; i < *n; i++)
		diag_remark(m->diag, NULL, "stream: steps %d to %d in %lld turns, %lld bytes for their rows",
			    v[i].first, v[i].first + v[i].n - 1, (long long)v[i].turns.count, (long long)v[i].bytes);
	return true;
}

/* What turns, and steps that are told their rows, take of the stack of boards at most, as far as was measured. */
enum { STACK_OF_TURNS = 128 };

bool stream_program(struct module *m, struct block *b, struct plan *p)
{
	const struct before whole = keep(m, b);
	struct block streamed;
	struct plan fewer;
	int n;

	if (m->options->taps) {
		diag_note(m->diag, "--taps: results are kept whole, so --optimize=ram computes nothing turn by turn");
		return true;
	}
	if (!stream_block(m, b, &streamed, &n))
		return !n;
	*b = streamed;
	if (!plan_places(m, b, &fewer))
		return false;
	if (plan_bytes(&fewer) + (m->target->is_hosted ? 0 : STACK_OF_TURNS) < plan_bytes(p))
		*p = fewer;
	else
		restore(m, b, &whole);
	return true;
}
