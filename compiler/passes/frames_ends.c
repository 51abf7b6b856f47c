/* The rows of a window: those at either end by copies of the nodes, those between by the stream, put together for what
 * reads all of them. */
#include <string.h>

#include "graph/infer.h"
#include "ops/expand.h"
#include "passes/frames_window.h"

/* --- Copies of nodes for the ends --------------------------------------------------------------------------------- */

static int64_t first_row(const struct sliding *s, int t, int end)
{
	return end == FIRST ? 0 : s->from[t];
}

static int64_t end_row(const struct sliding *s, int t, int end)
{
	return end == FIRST ? s->to[t] : s->rows[t];
}

/* Rows lo … hi-1 of a tensor, of which a copy has more. */
static int some_rows(struct sliding *s, int node, int t, int end, int64_t lo, int64_t hi)
{
	const int64_t first = first_row(s, t, end);

	if (lo == first && hi == end_row(s, t, end))
		return s->copy[end][t];
	return frames_slice(s->f, node, s->copy[end][t], s->f->lane[t].axis, lo - first, hi - first);
}

/* The shape of a copy's result. */
static int rows_shape(struct sliding *s, int y, int64_t rows)
{
	struct module *m = s->f->m;
	int64_t dim[MAX_RANK];

	for (int k = 0; k < m->tensor[y].rank; k++)
		dim[k] = k == s->f->lane[y].axis ? rows : m->tensor[y].dim[k].n;
	return tensor_const_ints(m, dim, m->tensor[y].rank);
}

/* A node like this one for rows lo … hi-1 of its result, on rows of its operands. */
static bool copy_node(struct sliding *s, int node, int end)
{
	struct module *m = s->f->m;
	const struct frame_node x = s->f->node[node];
	const int y = node_out(m, node, 0), n_in = m->node[node].n_in, k = s->f->lane[node_in(m, node, 0)].axis - 2;
	int *in = ARENA_ARRAY(m->scratch, n_in, int);
	int64_t begin = 0, behind = 0;
	int made;

	for (int i = 0; i < n_in; i++) {
		const int t = node_in(m, node, i);
		int64_t lo = first_row(s, y, end), hi = end_row(s, y, end);
		in[i] = t;
		if (!has_rows(s, t))
			continue;
		sliding_reads(s, node, t, &lo, &hi);
		begin = lo < 0 ? -lo : 0;
		behind = hi > s->rows[t] ? hi - s->rows[t] : 0;
		in[i] = some_rows(s, node, t, end, clamp(lo, 0, s->rows[t] - 1), clamp(hi, 1, s->rows[t]));
		if (in[i] < 0)
			return false;
	}
	if (x.how == FRAME_SHAPE && n_in > 1)
		in[1] = rows_shape(s, y, end_row(s, y, end) - first_row(s, y, end));
	s->copy[end][y] = tensor_add(m, m->tensor[y].name);
	node_copy(m, 0, node, in, s->copy[end][y]);
	made = m->tensor[s->copy[end][y]].producer;
	if (x.how == FRAME_WINDOW) {
		int64_t *pads = ARENA_ARRAY(m->scratch, 2 * x.n_spatial, int64_t);
		memcpy(pads, x.pads, (size_t)x.n_spatial * 2 * sizeof *pads);
		pads[k] = begin;
		pads[x.n_spatial + k] = behind;
		frames_own_attributes(m, made);
		rewrite_attr_ints(m, made, "pads", pads, 2 * x.n_spatial);
		rewrite_attr(m, made, "auto_pad")->s = "NOTSET";
	}
	return infer_node(m, made);
}

static bool copy_ends(struct sliding *s, const int *list, int n)
{
	struct module *m = s->f->m;
	const int whole = s->to[s->input] || s->from[s->input] < s->frames ? s->copy[FIRST][s->input] : -1;

	for (int end = 0; end < N_ENDS && whole >= 0; end++) {
		const int64_t lo = first_row(s, s->input, end), hi = end_row(s, s->input, end);
		s->copy[end][s->input] = lo < hi ? frames_slice(s->f, list[0], whole, s->axis, lo, hi) : -1;
		for (int i = 0; i < n; i++) {
			const int y = node_out(m, list[i], 0);
			if (s->is_closed[list[i]] || !has_rows(s, y) || first_row(s, y, end) >= end_row(s, y, end))
				continue;
			if (!copy_node(s, list[i], end))
				return false;
		}
	}
	return true;
}

/* --- Putting together --------------------------------------------------------------------------------------------- */

/* All rows of a window: those at its beginning, what is left of earlier steps, what the stream made in this one, those
 * at its end. */
static int whole_rows(struct sliding *s, int node, int t)
{
	struct module *m = s->f->m;
	const struct lane *l = &s->f->lane[t];
	const int64_t step = m->step_frames / l->den * l->num, n = sliding_kept(s, t), old = n > step ? n - step : 0;
	int parts[4], n_parts = 0, past = -1, present, y;

	if (!n)
		return some_rows(s, node, t, FIRST, 0, s->rows[t]);
	if (s->head[t])
		parts[n_parts++] = some_rows(s, node, t, FIRST, 0, s->head[t]);
	if (old)
		parts[n_parts++] = past = frames_past(s->f, t, l->axis, old);
	parts[n_parts++] = n < step ? frames_slice(s->f, node, t, l->axis, step - n, step) : t;
	if (s->tail[t])
		parts[n_parts++] = some_rows(s, node, t, LAST, s->rows[t] - s->tail[t], s->rows[t]);
	for (int i = 0; i < n_parts; i++)
		if (parts[i] < 0)
			return -1;
	if (n_parts == 1)
		return parts[0];
	y = expand_node(m, node, "Concat", 13, n_parts, parts, -1);
	expand_attr(m, y, "axis")->i = l->axis;
	m->tensor[y].name = m->tensor[t].name;
	if (!infer_node(m, m->tensor[y].producer))
		return -1;
	if (!old)
		return y;
	present = frames_slice(s->f, node, y, l->axis, s->head[t] + step, s->head[t] + n);
	if (present >= 0)
		frames_add_state(m, past, present);
	return present < 0 ? -1 : y;
}

static bool put_together(struct sliding *s, const int *list, int n)
{
	struct module *m = s->f->m;
	int *whole = ARENA_ARRAY(m->scratch, s->f->n_tensors, int);

	for (int t = 0; t < s->f->n_tensors; t++) {
		whole[t] = s->is_whole[t] ? whole_rows(s, list[0], t) : t;
		if (whole[t] < 0)
			return false;
	}
	for (int i = 0; i < n; i++)
		for (int k = 0; k < m->node[list[i]].n_in && s->is_closed[list[i]]; k++)
			if (node_in(m, list[i], k) >= 0)
				m->node[list[i]].in[k] = whole[node_in(m, list[i], k)];
	for (int i = 0; i < module_n_out(m); i++)
		m->graph[0].out[i] = whole[m->graph[0].out[i]];
	return true;
}

/* The stream: nodes that make rows which are kept. Others of the whole run are gone. */
static bool make_stream(struct sliding *s, const int *list, int n)
{
	struct module *m = s->f->m;

	for (int i = 0; i < n; i++) {
		const int y = node_out(m, list[i], 0);
		if (!s->is_closed[list[i]] && has_rows(s, y) && s->is_live[y] && !frames_rewrite_node(s->f, list[i]))
			return false;
	}
	return true;
}

static void drop_whole(struct sliding *s, const int *list, int n)
{
	struct module *m = s->f->m;
	struct graph *g = &m->graph[0];
	bool *is_gone = ARENA_ARRAY(m->scratch, m->n_nodes, bool);
	int kept = 0;

	for (int i = 0; i < n; i++) {
		const int y = node_out(m, list[i], 0);
		is_gone[list[i]] = !s->is_closed[list[i]] && has_rows(s, y) && !s->is_live[y];
	}
	for (int i = 0; i < g->n_nodes; i++) {
		if (is_gone[g->node[i]])
			node_unlink(m, g->node[i]);
		else
			g->node[kept++] = g->node[i];
	}
	g->n_nodes = kept;
}

bool sliding_rewrite(struct sliding *s)
{
	struct module *m = s->f->m;
	const struct graph *g = &m->graph[0];
	const int n = g->n_nodes;
	int *list = ARENA_ARRAY(m->scratch, n, int);

	if (n)
		memcpy(list, g->node, (size_t)n * sizeof *list);
	m->tensor[s->input].dim[s->axis] = num_const(m->step_frames);
	tensor_dense(m, s->input);
	for (int end = 0; end < N_ENDS; end++)
		s->copy[end] = ARENA_ARRAY(m->scratch, s->f->n_tensors, int);
	if (s->to[s->input] || s->from[s->input] < s->frames) {
		s->copy[FIRST][s->input] = s->frames == m->step_frames ? s->input :
					   frames_delay(s->f, list[0], s->input, s->axis, s->frames - m->step_frames,
						s->frames);
		if (s->copy[FIRST][s->input] < 0)
			return false;
	}
	/* Copies are made of nodes as they are in a whole run. */
	if (!copy_ends(s, list, n) || !make_stream(s, list, n) || !put_together(s, list, n))
		return false;
	drop_whole(s, list, n);
	return graph_sort(m, 0);
}
