/* --window: a model over so many frames runs again and again over the last of a stream, and what is alike in windows
 * that overlap is not computed again.
 *
 *     row of a tensor     0 ... head-1 | head ............ | ... rows-1
 *     how it is got       anew         | kept, moved on    | anew
 *                                        with new ones
 *
 * Rows that see no padding are those of the window before, further on: the model is made a stream (frames.c) whose
 * rows go through a delay line as long as the window wants. Rows at either end see padding where the window before had
 * frames: copies of the nodes compute them from the window's first and last frames (frames_ends.c). What reads all
 * frames at once (a product over all of them, a mean, a recurrent layer) is left as it is and reads the rows put
 * together. Every result is that of a whole run over the window, bit for bit but for the order of sums where kernels
 * differ. */
#include <string.h>

#include "options.h"
#include "passes/frames_window.h"

/* --- What nodes read ---------------------------------------------------------------------------------------------- */

static void close_node(struct sliding *s, int node)
{
	const struct module *m = s->f->m;

	s->is_closed[node] = true;
	s->f->node[node].how = FRAME_ALONE;
	for (int i = 0; i < m->node[node].n_out; i++)
		if (node_out(m, node, i) >= 0)
			s->f->lane[node_out(m, node, i)] = (struct lane){ .axis = LANE_NONE };
}

static int64_t greatest_head(const struct sliding *s, int node)
{
	int64_t head = 0;

	for (int i = 0; i < s->f->m->node[node].n_in; i++)
		if (has_rows(s, node_in(s->f->m, node, i)) && s->head[node_in(s->f->m, node, i)] > head)
			head = s->head[node_in(s->f->m, node, i)];
	return head;
}

/* Whether the node computes rows of rows, without a word when it does not. */
static bool reads_rows(struct sliding *s, int node)
{
	struct module *m = s->f->m;
	const struct diag before = diag_try(m->diag);
	const bool ok = frames_read_rows(s->f, node);

	if (ok)
		diag_keep(m->diag, &before);
	else
		diag_drop(m->diag, &before);
	return ok;
}

static bool read_node(struct sliding *s, int node)
{
	struct module *m = s->f->m;
	const struct frame_node *x = &s->f->node[node];
	const struct lane *in = NULL, *out;
	int64_t head = greatest_head(s, node);
	bool any = false, is_known = true;
	int inner[MAX_NODE_GRAPHS];

	for (int i = 0; i < m->node[node].n_in; i++)
		any |= has_rows(s, node_in(m, node, i));
	for (int i = 0; i < m->node[node].n_out; i++)
		is_known &= node_out(m, node, i) < 0 || m->tensor[node_out(m, node, i)].data;
	if (node_each_graph(m, node, inner, MAX_NODE_GRAPHS)) {
		any = false;
		frames_find_inside(s->f, node, &any);
		return !any || frames_refuse(s->f, node, "frames go through a part of the model that may run or not");
	}
	if (!any || is_known)
		return true;
	if ((m->node[node].n_out > 1 && node_out(m, node, 1) >= 0) || !reads_rows(s, node) ||
	    !has_rows(s, node_out(m, node, 0))) {
		close_node(s, node);
		return true;
	}
	out = &s->f->lane[node_out(m, node, 0)];
	s->rows[node_out(m, node, 0)] = frames_rows(s->f, node_out(m, node, 0));
	for (int i = 0; i < m->node[node].n_in; i++)
		if (has_rows(s, node_in(m, node, i)))
			in = &s->f->lane[node_in(m, node, i)];
	if (x->how == FRAME_WINDOW)
		head = head + x->begin > 0 ? frames_div_up(head + x->begin, x->stride) : 0;
	else
		head = frames_div_up(head * out->num * in->den, in->num * out->den);
	s->head[node_out(m, node, 0)] = head;
	return true;
}

/* The stream's rows so far end `tail` rows before those of the window. */
static void find_tails(struct sliding *s)
{
	const int64_t step = s->f->m->step_frames, all = (s->frames + step - 1) / step * step;

	for (int t = 0; t < s->f->n_tensors; t++) {
		const struct lane *l = &s->f->lane[t];
		if (l->axis >= 0)
			s->tail[t] = s->rows[t] - (all / l->den * l->num - l->late);
	}
}

static bool read_all(struct sliding *s)
{
	struct frames *f = s->f;
	const struct graph *g = &f->m->graph[0];

	for (int t = 0; t < f->n_tensors; t++)
		f->lane[t] = (struct lane){ .axis = LANE_NONE };
	memset(f->node, 0, (size_t)f->n_nodes * sizeof *f->node);
	memset(s->is_closed, 0, (size_t)f->n_nodes * sizeof *s->is_closed);
	f->lane[s->input] = (struct lane){ .axis = s->axis, .num = 1, .den = 1 };
	if (f->m->step_frames)  /* windows end where steps do */
		f->lane[s->input].late = (f->m->step_frames - s->frames % f->m->step_frames) % f->m->step_frames;
	s->rows[s->input] = s->frames;
	s->head[s->input] = 0;
	for (int i = 0; i < g->n_nodes; i++)
		if (!read_node(s, g->node[i]))
			return false;
	return true;
}

/* --- What is wanted of tensors ------------------------------------------------------------------------------------ */

static bool moves_elements(const struct module *m, int node)
{
	static const char *const names[] = { "DequantizeLinear", "Flatten", "Identity", "Reshape",
					     "Squeeze", "Transpose", "Unsqueeze" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (node_is(m, node, names[i]))
			return true;
	return false;
}

static void count_readers(const struct sliding *s, int node, int *readers, int by)
{
	const struct module *m = s->f->m;

	for (int i = 0; i < m->node[node].n_in; i++)
		if (has_rows(s, node_in(m, node, i)))
			readers[node_in(m, node, i)] += by;
}

/* What moves elements for readers of all rows alone does so once they are together: bytes are put together as bytes. */
static void close_movers(struct sliding *s)
{
	const struct module *m = s->f->m;
	const struct graph *g = &m->graph[0];
	int *open = ARENA_ARRAY(m->scratch, s->f->n_tensors, int);

	for (int i = 0; i < g->n_out; i++)
		open[g->out[i]]++;
	for (int i = 0; i < g->n_nodes; i++)
		if (!s->is_closed[g->node[i]])
			count_readers(s, g->node[i], open, 1);
	for (int i = g->n_nodes - 1; i >= 0; i--) {
		const int node = g->node[i], y = node_out(m, node, 0);
		if (s->is_closed[node] || !moves_elements(m, node) || !has_rows(s, y) || open[y])
			continue;
		count_readers(s, node, open, -1);
		close_node(s, node);
	}
}

int64_t sliding_kept(const struct sliding *s, int t)
{
	const int64_t n = s->rows[t] - s->head[t] - s->tail[t];

	return s->is_whole[t] && n > 0 ? n : 0;
}

static void want_whole(struct sliding *s, int t)
{
	if (!has_rows(s, t))
		return;
	s->is_whole[t] = true;
	s->is_live[t] = sliding_kept(s, t) > 0;
	s->to[t] = s->is_live[t] ? s->head[t] : s->rows[t];
	s->from[t] = s->is_live[t] ? s->rows[t] - s->tail[t] : s->rows[t];
}

void sliding_reads(const struct sliding *s, int node, int in, int64_t *lo, int64_t *hi)
{
	const struct module *m = s->f->m;
	const struct frame_node *x = &s->f->node[node];
	const struct lane *l = &s->f->lane[in], *out = &s->f->lane[node_out(m, node, 0)];

	if (x->how == FRAME_WINDOW) {
		*lo = *lo * x->stride - x->begin;
		*hi = (*hi - 1) * x->stride - x->begin + x->reach;
	} else {
		*lo = *lo * l->num * out->den / (l->den * out->num);
		*hi = frames_div_up(*hi * l->num * out->den, l->den * out->num);
	}
}

/* Where one row becomes several, these are computed together. */
static void round_rows(const struct sliding *s, int t, int64_t per_row)
{
	s->to[t] = clamp(frames_div_up(s->to[t], per_row) * per_row, 0, s->rows[t]);
	s->from[t] = s->from[t] / per_row * per_row;
}

static void want_operands(struct sliding *s, int node)
{
	const struct module *m = s->f->m;
	const int y = node_out(m, node, 0);
	const struct lane *out = &s->f->lane[y];

	for (int i = 0; i < m->node[node].n_in; i++) {
		const int t = node_in(m, node, i);
		int64_t lo, hi;
		if (!has_rows(s, t))
			continue;
		if (out->num * s->f->lane[t].den > s->f->lane[t].num * out->den)
			round_rows(s, y, out->num * s->f->lane[t].den / (s->f->lane[t].num * out->den));
		s->is_live[t] |= s->is_live[y];
		lo = 0;
		hi = s->to[y];
		sliding_reads(s, node, t, &lo, &hi);
		if (s->to[y] && clamp(hi, 1, s->rows[t]) > s->to[t])
			s->to[t] = clamp(hi, 1, s->rows[t]);
		lo = s->from[y];
		hi = s->rows[y];
		sliding_reads(s, node, t, &lo, &hi);
		if (s->from[y] < s->rows[y] && clamp(lo, 0, s->rows[t] - 1) < s->from[t])
			s->from[t] = clamp(lo, 0, s->rows[t] - 1);
	}
}

static void find_wants(struct sliding *s)
{
	const struct module *m = s->f->m;
	const struct graph *g = &m->graph[0];

	for (int t = 0; t < s->f->n_tensors; t++)
		s->from[t] = s->rows[t];
	for (int i = 0; i < g->n_out; i++)
		want_whole(s, g->out[i]);
	for (int i = 0; i < g->n_nodes; i++)
		for (int k = 0; k < m->node[g->node[i]].n_in && s->is_closed[g->node[i]]; k++)
			want_whole(s, node_in(m, g->node[i], k));
	for (int i = g->n_nodes - 1; i >= 0; i--)
		if (!s->is_closed[g->node[i]] && has_rows(s, node_out(m, g->node[i], 0)))
			want_operands(s, g->node[i]);
}

static bool any_whole(const struct sliding *s)
{
	for (int t = 0; t < s->f->n_tensors; t++)
		if (s->is_whole[t])
			return true;
	return false;
}

bool frames_slide(struct frames *f, int input, int axis)
{
	struct module *m = f->m;
	struct sliding s = { .f = f, .input = input, .axis = axis, .frames = m->tensor[input].dim[axis].n };

	s.is_closed = ARENA_ARRAY(m->scratch, f->n_nodes, bool);
	s.is_live = ARENA_ARRAY(m->scratch, f->n_tensors, bool);
	s.is_whole = ARENA_ARRAY(m->scratch, f->n_tensors, bool);
	s.rows = ARENA_ARRAY(m->scratch, f->n_tensors, int64_t);
	s.head = ARENA_ARRAY(m->scratch, f->n_tensors, int64_t);
	s.tail = ARENA_ARRAY(m->scratch, f->n_tensors, int64_t);
	s.to = ARENA_ARRAY(m->scratch, f->n_tensors, int64_t);
	s.from = ARENA_ARRAY(m->scratch, f->n_tensors, int64_t);
	f->slides = true;
	if (!read_all(&s) || !frames_find_step(f))
		return false;
	if (m->step_frames > s.frames)
		return diag_error(m->diag, STATUS_UNSUPPORTED, NULL, "--window: a step takes %lld frames, a window has "
				  "%lld", (long long)m->step_frames, (long long)s.frames);
	if (!read_all(&s))
		return false;
	close_movers(&s);
	find_tails(&s);
	find_wants(&s);
	if (!any_whole(&s))
		return diag_error(m->diag, STATUS_USAGE, NULL, "--window=%s: no output depends on it",
				  m->options->window);
	m->window_frames = s.frames;
	m->late = ARENA_ARRAY(m->arena, m->graph[0].n_out, int64_t);
	for (int i = 0; i < m->graph[0].n_out; i++)
		m->late[i] = (s.frames + m->step_frames - 1) / m->step_frames - 1;
	return sliding_rewrite(&s);
}
