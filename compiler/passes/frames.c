/* --stream: a model over a whole sequence becomes one over the frames of a step, and what later steps read of earlier
 * ones become states.
 *
 *     y = Conv(x)      ->   line = Concat(past, x);  y = Conv(line);  past' = the last rows of line
 *     y = LSTM(x)      ->   y, h', c' = LSTM(x, h, c)
 *
 * First every tensor's rows are found, in the model as it is: along which axis, how many a frame, how late
 * (frames_read.c). A step takes as many frames as give every tensor whole rows. Then nodes are inferred again with
 * these rows. What a step makes are rows of a whole run, bit for bit but for the order of sums where kernels differ;
 * what reads frames that have not come is refused.
 *
 * Requires inference, and no states of --state. Ensures states (passes/states.c) and module.step_frames. */
#include "passes/frames.h"

#include <string.h>

#include "graph/infer.h"
#include "ops/expand.h"
#include "options.h"
#include "passes/pass.h"

enum { MAX_STEP_FRAMES = 1 << 20 };

/* Rows that a tensor has in a step. */
static int64_t step_rows(const struct frames *f, const struct lane *l)
{
	return f->m->step_frames / l->den * l->num;
}

/* --- Nodes -------------------------------------------------------------------------------------------------------- */

/* Operands that are earlier than the latest one wait. */
static bool delay_inputs(struct frames *f, int node)
{
	struct module *m = f->m;

	for (int i = 0; i < m->node[node].n_in; i++) {
		const int t = node_in(m, node, i);
		const struct lane *l = t < 0 ? NULL : &f->lane[t];
		const int64_t late = l && l->axis >= 0 ? f->node[node].late - l->late : 0;
		int line;
		if (late <= 0)
			continue;
		line = frames_delay(f, node, t, l->axis, late, step_rows(f, l));
		if (line < 0)
			return false;
		m->node[node].in[i] = line;
	}
	return true;
}

/* The window's rows, and no padding along them any more. */
static bool set_window(struct frames *f, int node)
{
	struct module *m = f->m;
	const struct frame_node *x = &f->node[node];
	const int t = node_in(m, node, 0), axis = f->lane[t].axis;
	const int64_t length = (step_rows(f, &f->lane[node_out(m, node, 0)]) - 1) * x->stride + x->reach;
	const int line = frames_delay(f, node, t, axis, x->history, length);

	if (line < 0)
		return false;
	m->node[node].in[0] = line;
	rewrite_attr_ints(m, node, "pads", x->pads, 2 * x->n_spatial);
	rewrite_attr(m, node, "auto_pad")->s = "NOTSET";
	return true;
}

/* Inputs 5 and 6 are the first states, outputs 1 and 2 the last. Absent ones become tensors. */
static bool set_recurrent(struct frames *f, int node)
{
	struct module *m = f->m;
	const bool has_cells = node_is(m, node, "LSTM");
	const int n_in = m->node[node].n_in, n_out = m->node[node].n_out;
	const int *in = m->node[node].in, *out = m->node[node].out;
	int *ins = ARENA_ARRAY(m->arena, 8, int), *outs = ARENA_ARRAY(m->arena, 3, int);

	for (int i = 0; i < 8; i++)
		ins[i] = i < n_in ? in[i] : -1;
	for (int i = 0; i < 3; i++)
		outs[i] = i < n_out ? out[i] : -1;
	ins[4] = ins[5] = ins[6] = -1;
	m->node[node].in = ins;
	m->node[node].out = outs;
	m->node[node].n_in = ins[7] >= 0 ? 8 : 4;
	for (int i = 1; i < (has_cells ? 3 : 2); i++)
		if (outs[i] < 0) {
			outs[i] = tensor_add(m, "");
			m->tensor[outs[i]].producer = node;
		}
	m->node[node].n_out = has_cells ? 3 : 2;
	if (f->node[node].how != FRAME_RECURRENT)
		return true;
	if (!infer_node(m, node))       /* for the shapes of the states */
		return false;
	for (int i = 1; i < m->node[node].n_out; i++) {
		const struct tensor s = m->tensor[outs[i]];
		ins[4 + i] = tensor_like(m, arena_printf(m->arena, "%s, %s", m->node[node].name,
							 i == 1 ? "state" : "cell"), s.type, s.rank, s.dim);
		frames_add_state(m, ins[4 + i], outs[i]);
	}
	m->node[node].n_in = ins[7] >= 0 ? 8 : has_cells ? 7 : 6;
	return true;
}

/* Input 1 is the shape of the result. */
static void set_shape(struct frames *f, int node)
{
	struct module *m = f->m;
	const int y = node_out(m, node, 0);
	int64_t dim[MAX_RANK];

	for (int k = 0; k < m->tensor[y].rank; k++)
		dim[k] = k == f->lane[y].axis ? step_rows(f, &f->lane[y]) : m->tensor[y].dim[k].n;
	m->node[node].in[1] = tensor_const_ints(m, dim, m->tensor[y].rank);
}

/* Row -1, by Gather or Slice. */
static void set_pick(struct frames *f, int node)
{
	struct module *m = f->m;
	const int t = node_in(m, node, 0);
	const int64_t end = INT64_MAX;

	if (node_is(m, node, "Gather")) {
		const int at = node_in(m, node, 1);
		static const int64_t last = -1;
		int64_t dim[MAX_RANK];
		for (int k = 0; k < m->tensor[at].rank; k++)
			dim[k] = 1;
		m->node[node].in[1] = tensor_const(m, "", DT_I64, m->tensor[at].rank, dim, &last);
		return;
	}
	m->node[node].op = op_find("", "Slice", 13, &(bool){ false });
	m->node[node].attr = NULL;
	m->node[node].in = ARENA_ARRAY(m->arena, 4, int);
	m->node[node].n_in = 4;
	m->node[node].in[0] = t;
	m->node[node].in[1] = frames_int(m, -1);
	m->node[node].in[2] = frames_int(m, end);
	m->node[node].in[3] = frames_int(m, f->lane[t].axis);
}

/* What a dropped node made is its input. */
static void set_identity(struct module *m, int node)
{
	m->node[node].op = op_find("", "Identity", 13, &(bool){ false });
	m->node[node].n_in = 1;
	m->node[node].attr = NULL;
}

void frames_own_attributes(struct module *m, int node)
{
	struct node *n = &m->node[node];
	size_t attrs = 0;

	while (n->op->attrs && n->op->attrs[attrs].name)
		attrs++;
	n->attr = arena_grow(m->arena, n->attr, attrs, attrs + 1, sizeof *n->attr);
}

static bool check_rows(const struct frames *f, int node)
{
	const struct module *m = f->m;

	for (int i = 0; i < m->node[node].n_out; i++) {
		const int t = node_out(m, node, i);
		const struct lane *l = t >= 0 && t < f->n_tensors ? &f->lane[t] : NULL;
		if (l && l->axis >= 0 && !num_is(m->tensor[t].dim[l->axis], step_rows(f, l)))
			return frames_refuse(f, node, "a step makes %lld rows of \"%s\", expected: %lld",
					     (long long)m->tensor[t].dim[l->axis].n, m->tensor[t].name,
					     (long long)step_rows(f, l));
	}
	return true;
}

bool frames_rewrite_node(struct frames *f, int node)
{
	struct module *m = f->m;
	bool ok = true;

	switch (f->node[node].how) {
	case FRAME_ALONE:
		return true;
	case FRAME_SAME:
		ok = delay_inputs(f, node);
		if (ok && (node_is(m, node, "LSTM") || node_is(m, node, "GRU") || node_is(m, node, "RNN")))
			ok = set_recurrent(f, node);
		break;
	case FRAME_SHAPE:
		ok = delay_inputs(f, node);
		set_shape(f, node);
		break;
	case FRAME_DROP:
		set_identity(m, node);
		break;
	case FRAME_WINDOW:
		ok = set_window(f, node);
		break;
	case FRAME_RECURRENT:
		ok = set_recurrent(f, node);
		break;
	case FRAME_PICK:
		set_pick(f, node);
		break;
	}
	return ok && infer_node(m, node) && check_rows(f, node);
}

/* --- The model ---------------------------------------------------------------------------------------------------- */

/* "--stream=T" */
static const char *axis_option(const struct module *m)
{
	const struct options *o = m->options;

	return arena_printf(m->scratch, o->window ? "--window=%s" : "--stream=%s", o->window ? o->window : o->stream);
}

static bool find_inputs(struct frames *f)
{
	struct module *m = f->m;
	bool found = false;

	for (int i = 0; i < m->n_streams; i++) {
		const int t = m->stream[i].tensor, axis = m->stream[i].axis;
		if (m->tensor[t].data)
			continue;
		if (!num_is_const(m->tensor[t].dim[axis]) || m->tensor[t].dim[axis].n < 2)
			return diag_error(m->diag, STATUS_USAGE, NULL, "%s: axis %d of \"%s\" has %s, "
					  "allowed: a sequence of 2 or more", axis_option(m), axis,
					  m->tensor[t].name, num_is_const(m->tensor[t].dim[axis]) ?
					  "one element" : "a size given at run time");
		f->lane[t] = (struct lane){ .axis = axis, .num = 1, .den = 1 };
		found = true;
	}
	if (m->options->window && m->n_streams > 1)
		return diag_error(m->diag, STATUS_UNSUPPORTED, NULL, "%s: %d inputs have such an axis, allowed: 1",
				  axis_option(m), m->n_streams);
	return found || diag_error(m->diag, STATUS_USAGE, NULL, "%s: no input has such an axis, allowed: "
				   "INPUT.AXIS or the name of a dimension", axis_option(m));
}

bool frames_find_step(struct frames *f)
{
	struct module *m = f->m;
	int64_t frames = 1;

	for (int t = 0; t < f->n_tensors; t++) {
		const struct lane *l = &f->lane[t];
		if (l->axis >= 0)
			frames = frames / frames_gcd(frames, l->den) * l->den;
		if (frames > MAX_STEP_FRAMES)
			return diag_error(m->diag, STATUS_UNSUPPORTED, NULL, "--stream: more than %d frames in a step",
					  MAX_STEP_FRAMES);
	}
	m->step_frames = frames;
	return true;
}

static bool check_outputs(const struct frames *f)
{
	struct module *m = f->m;
	const struct graph *g = &m->graph[0];
	bool in_time = false;

	for (int i = 0; i < g->n_out; i++) {
		const struct lane *l = &f->lane[g->out[i]];
		in_time |= l->axis != LANE_NONE;
		if (l->axis >= 0 && l->tail)
			return diag_error(m->diag, STATUS_UNSUPPORTED, NULL, "--stream: the last rows of output "
					  "\"%s\" see %lld rows of padding behind the end, by %s \"%s\", and a stream "
					  "has none", m->tensor[g->out[i]].name, (long long)l->tail,
					  m->node[l->tail_node].op->name, m->node[l->tail_node].name);
		if (l->axis >= 0 && l->late < 0)
			return diag_error(m->diag, STATUS_UNSUPPORTED, NULL, "--stream: output \"%s\" begins with "
					  "padding", m->tensor[g->out[i]].name);
	}
	return in_time || diag_error(m->diag, STATUS_USAGE, NULL, "--stream=%s: no output depends on it",
				     m->options->stream);
}

/* How late outputs are, for the header. */
static void keep_late(const struct frames *f)
{
	struct module *m = f->m;
	const struct graph *g = &m->graph[0];

	m->late = ARENA_ARRAY(m->arena, g->n_out, int64_t);
	for (int i = 0; i < g->n_out; i++)
		m->late[i] = f->lane[g->out[i]].axis >= 0 ? f->lane[g->out[i]].late : 0;
}

static bool read_all(struct frames *f)
{
	const struct graph *g = &f->m->graph[0];

	for (int i = 0; i < g->n_nodes; i++)
		if (!frames_read_node(f, g->node[i]))
			return false;
	return check_outputs(f) && frames_find_step(f);
}

static bool rewrite_all(struct frames *f)
{
	struct module *m = f->m;
	const struct graph *g = &m->graph[0];
	const int n = g->n_nodes;

	for (int i = 0; i < m->n_streams; i++) {
		struct tensor *t = &m->tensor[m->stream[i].tensor];
		t->dim[m->stream[i].axis] = num_const(m->step_frames);
		tensor_dense(m, m->stream[i].tensor);
	}
	for (int i = 0; i < n; i++)
		if (!frames_rewrite_node(f, g->node[i]))
			return false;
	return graph_sort(m, 0);
}

bool pass_frames(struct module *m)
{
	struct frames f = { .m = m, .n_tensors = m->n_tensors, .n_nodes = m->n_nodes };

	if (!m->options || (!m->options->stream && !m->options->window))
		return true;
	if (m->n_states || (m->options->stream && m->options->window))
		return diag_error(m->diag, STATUS_USAGE, NULL, "--stream, --window and --state: allowed: one of them");
	f.lane = ARENA_ARRAY(m->scratch, f.n_tensors, struct lane);
	f.node = ARENA_ARRAY(m->scratch, f.n_nodes, struct frame_node);
	for (int t = 0; t < f.n_tensors; t++)
		f.lane[t] = (struct lane){ .axis = LANE_NONE };
	if (!find_inputs(&f))
		return false;
	if (m->options->window)
		return frames_slide(&f, m->stream[0].tensor, m->stream[0].axis);
	if (!read_all(&f))
		return false;
	keep_late(&f);
	return rewrite_all(&f);
}
