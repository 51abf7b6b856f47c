/* What of time a node reads: by operator where it reads other rows than its own, by its loop nests (frames_nest.c)
 * everywhere else. */
#include "ops/conv.h"
#include "ops/recurrent.h"
#include "passes/frames.h"

/* --- Windows ------------------------------------------------------------------------------------------------------ */

static bool is_pool(const struct module *m, int node)
{
	return node_is(m, node, "MaxPool") || node_is(m, node, "AveragePool") || node_is(m, node, "LpPool");
}

static bool get_window(struct module *m, int node, struct window *w)
{
	const struct tensor *x = node_in_tensor(m, node, 0);
	struct conv c;

	if (is_pool(m, node))
		return window_get(m, node, x->rank - 2, x->dim + 2, NULL, w);
	if (!conv_get(m, node, &c))
		return false;
	*w = c.window;
	return true;
}

static bool check_padding(struct frames *f, int node, int64_t begin, const struct lane *l)
{
	if (begin && l->late > 0)
		return frames_refuse(f, node, "it pads %lld rows behind a node that begins %lld rows late, allowed: "
				     "padding before all that reads more than one row", (long long)begin,
				     (long long)l->late);
	return !is_pool(f->m, node) || (!begin && l->late >= 0) ||
	       frames_refuse(f, node, "a pool that pads %lld rows, allowed: 0", (long long)begin);
}

/* Row j of a whole run reads rows j * stride - begin + i, all of which a step has when they end `stride` rows after
 * those of the row before. Padding before the beginning is what the states are at first. */
static bool read_window(struct frames *f, int node, struct lane l)
{
	struct module *m = f->m;
	struct frame_node *x = &f->node[node];
	const int k = l.axis - 2;
	struct window w;
	int64_t reach, begin, stride, whole;

	if (k < 0)
		return l.axis == 0 ? frames_read_nests(f, node, &l) :
				     frames_refuse(f, node, "its channels are frames, allowed: a spatial axis");
	if (!get_window(m, node, &w))
		return false;
	if (!num_is_const(w.kernel[k]) || !num_is_const(w.begin[k]) || !num_is_const(w.out[k]))
		return frames_refuse(f, node, "its sizes are known at run time only");
	if (l.tail)
		return frames_refuse_tail(f, node, &l);
	stride = w.stride[k];
	x->begin = begin = w.begin[k].n;
	reach = (w.kernel[k].n - 1) * w.dilation[k] + 1;
	if (!f->slides && !check_padding(f, node, begin, &l))
		return false;
	whole = (frames_rows(f, node_in(m, node, 0)) + begin - reach) / stride + 1;
	x->how = FRAME_WINDOW;
	x->late = l.late;
	x->reach = reach;
	x->stride = stride;
	x->n_spatial = w.n;
	x->pads = ARENA_ARRAY(m->scratch, 2 * w.n, int64_t);
	for (int i = 0; i < 2 * w.n; i++)
		x->pads[i] = i % w.n == k ? 0 : i < w.n ? w.begin[i].n : w.end[i - w.n].n;
	l.tail = f->slides ? 0 : w.out[k].n - whole;
	l.tail_node = node;
	if (begin < 0 || l.tail < 0)
		return frames_refuse(f, node, "it leaves out rows");
	l.late = frames_div_up((reach > stride ? reach - stride : 0) - begin + x->late, stride);
	if (l.late < 0)
		l.late = 0;
	x->history = stride * l.late + begin - x->late;
	lane_set_rate(&l, 1, stride);
	frames_spread(f, node, l);
	return true;
}

/* --- Recurrent layers --------------------------------------------------------------------------------------------- */

/* Lengths that say nothing: each is that of the whole. */
static bool are_whole(const struct module *m, int t, int64_t steps)
{
	for (int64_t i = 0; tensor_is_const(m, t) && i < m->tensor[t].dim[0].n; i++)
		if (const_int(m, t, i) != steps)
			return false;
	return tensor_is_const(m, t);
}

static bool check_recurrent(struct frames *f, int node, const struct recurrent *r, bool over_time)
{
	struct module *m = f->m;

	if (node_in(m, node, 4) >= 0 && !are_whole(m, node_in(m, node, 4), r->steps.n))
		return frames_refuse(f, node, "it is given lengths of sequences");
	for (int i = 5; i < 7; i++)
		if (node_in(m, node, i) >= 0 && !frames_is_zero(m, node_in(m, node, i)))
			return frames_refuse(f, node, "its first state is \"%s\", allowed: zeros",
					     m->tensor[node_in(m, node, i)].name);
	if (over_time && (r->directions != 1 || r->reverse))
		return frames_refuse(f, node, "it reads frames from the last one on");
	return true;
}

static bool read_recurrent(struct frames *f, int node, struct lane l)
{
	struct module *m = f->m;
	const struct lane last = { .axis = LANE_LAST };
	struct recurrent r;
	bool over_time;

	if (!recurrent_get(m, node, &r))
		return false;
	over_time = l.axis == (r.batch_first ? 1 : 0);
	if (l.axis > 1)
		return frames_refuse(f, node, "what it takes in of a frame is counted by time");
	if (!check_recurrent(f, node, &r, over_time))
		return false;
	if (l.tail)
		return frames_refuse_tail(f, node, &l);
	if (over_time && l.late)
		return frames_refuse(f, node, "its first row would come %lld rows late, allowed: 0", (long long)l.late);
	f->node[node].how = over_time ? FRAME_RECURRENT : FRAME_SAME;
	f->node[node].late = l.late;
	/* Y has axes steps, directions, batch, hidden, Y_h and Y_c the last three; with layout 1 batch is first. */
	for (int i = 0; i < m->node[node].n_out; i++) {
		if (node_out(m, node, i) < 0)
			continue;
		if (over_time)
			l.axis = r.batch_first ? 1 : 0;
		else
			l.axis = r.batch_first ? 0 : i ? 1 : 2;
		f->lane[node_out(m, node, i)] = over_time && i ? last : l;
	}
	return true;
}

/* --- One node ----------------------------------------------------------------------------------------------------- */

/* What all operands with rows have in common: the rate, and the latest beginning. */
static bool join(struct frames *f, int node, struct lane *l, bool *has_last)
{
	const struct module *m = f->m;

	*l = (struct lane){ .axis = LANE_NONE };
	for (int i = 0; i < m->node[node].n_in; i++) {
		const int t = node_in(m, node, i);
		const struct lane *x = t < 0 ? l : &f->lane[t];
		*has_last |= x->axis == LANE_LAST;
		if (x->axis < 0 || t < 0)
			continue;
		if (l->axis < 0)
			*l = *x;
		else if (l->num != x->num || l->den != x->den)
			return frames_refuse(f, node, "its operands have %lld and %lld rows for every %lld frames",
					     (long long)(l->num * x->den), (long long)(x->num * l->den),
					     (long long)(l->den * x->den));
		if (x->late > l->late)
			l->late = x->late;
		if (x->tail > l->tail) {
			l->tail = x->tail;
			l->tail_node = x->tail_node;
		}
	}
	if (l->axis >= 0 && *has_last)
		return frames_refuse(f, node, "it brings each frame together with what the last one left");
	return true;
}

/* f(0) = 0: padding may be looked at behind it as well as before. */
static bool keeps_zero(const struct module *m, int node)
{
	static const char *const names[] = { "DequantizeLinear", "Identity", "LeakyRelu", "QuantizeLinear", "Relu",
					     "Transpose", "Tanh", "Unsqueeze", "Squeeze", "Cast" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (node_is(m, node, names[i]))
			return true;
	return false;
}

static bool read_frame_by_frame(struct frames *f, int node, const struct lane *l)
{
	const struct module *m = f->m;

	if (!f->slides && l->late < 0 && !keeps_zero(m, node))
		return frames_refuse(f, node, "it computes with padding before the first frame, allowed: convolutions");
	f->node[node].how = node_is(m, node, "Expand") ? FRAME_SHAPE : FRAME_SAME;
	if (f->node[node].how == FRAME_SHAPE && !tensor_is_static(m, node_out(m, node, 0)))
		return frames_refuse(f, node, "its shape is known at run time only");
	f->node[node].late = l->late;
	return frames_read_nests(f, node, l);
}

/* No other operand has rows. */
static bool is_first_alone(const struct frames *f, int node)
{
	for (int i = 1; i < f->m->node[node].n_in; i++)
		if (node_in(f->m, node, i) >= 0 && f->lane[node_in(f->m, node, i)].axis >= 0)
			return false;
	return true;
}

static bool read_in_time(struct frames *f, int node, struct lane l)
{
	const struct module *m = f->m;
	bool is_done = false;

	if (f->lane[node_in(m, node, 0)].axis < 0 || !is_first_alone(f, node))
		return read_frame_by_frame(f, node, &l);
	if (node_is(m, node, "Conv") || node_is(m, node, "ConvInteger") || is_pool(m, node))
		return read_window(f, node, l);
	if (node_is(m, node, "LSTM") || node_is(m, node, "GRU") || node_is(m, node, "RNN"))
		return read_recurrent(f, node, l);
	return frames_read_mover(f, node, l, &is_done) && (is_done || read_frame_by_frame(f, node, &l));
}

bool frames_read_rows(struct frames *f, int node)
{
	const struct module *m = f->m;
	bool has_last = false, is_done = false;
	struct lane l;

	if (!join(f, node, &l, &has_last))
		return false;
	if (f->lane[node_in(m, node, 0)].axis < 0 || !is_first_alone(f, node))
		return read_frame_by_frame(f, node, &l);
	if (node_is(m, node, "Conv") || node_is(m, node, "ConvInteger") || is_pool(m, node))
		return read_window(f, node, l);
	if (node_is(m, node, "Pad") || node_is(m, node, "Slice") || node_is(m, node, "Gather"))
		return read_frame_by_frame(f, node, &l);
	return frames_read_mover(f, node, l, &is_done) && (is_done || read_frame_by_frame(f, node, &l));
}

static void find_inside(void *ctx, int tensor)
{
	void **x = ctx;
	const struct frames *f = x[0];

	*(bool *)x[1] |= tensor < f->n_tensors && f->lane[tensor].axis != LANE_NONE;
}

void frames_find_inside(struct frames *f, int node, bool *inside)
{
	node_each_read(f->m, node, find_inside, (void *[]){ f, inside });
}

bool frames_read_node(struct frames *f, int node)
{
	struct module *m = f->m;
	int inner[MAX_NODE_GRAPHS];
	bool has_last = false, inside = false, is_known = m->node[node].n_out > 0;
	struct lane l;

	for (int i = 0; i < m->node[node].n_out; i++)
		is_known &= node_out(m, node, i) < 0 || m->tensor[node_out(m, node, i)].data;
	if (is_known || !join(f, node, &l, &has_last))
		return is_known;
	if (node_each_graph(m, node, inner, MAX_NODE_GRAPHS)) {
		frames_find_inside(f, node, &inside);
		return !inside || frames_refuse(f, node, "frames go through a part of the model that may run or not");
	}
	if (l.axis >= 0)
		return read_in_time(f, node, l);
	if (has_last)
		frames_spread(f, node, (struct lane){ .axis = LANE_LAST });
	return true;
}
