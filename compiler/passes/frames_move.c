/* Nodes that move elements along time: shapes, padding, what is cut at the beginning and the end. */
#include "passes/frames.h"

/* Rows of `times` / `by` of those before. */
void lane_set_rate(struct lane *l, int64_t times, int64_t by)
{
	const int64_t a = frames_gcd(l->num, by), b = frames_gcd(times, l->den);

	l->num = l->num / a * (times / b);
	l->den = l->den / b * (by / a);
}

int64_t frames_div_up(int64_t a, int64_t b)
{
	return a >= 0 ? (a + b - 1) / b : -(-a / b);
}

int64_t frames_rows(const struct frames *f, int t)
{
	return f->m->tensor[t].dim[f->lane[t].axis].n;
}

bool frames_refuse_tail(const struct frames *f, int node, const struct lane *l)
{
	const struct node *at = &f->m->node[l->tail_node];

	return frames_refuse(f, node, "it reads the last rows that %s \"%s\" makes, which sees %lld rows of padding "
			     "behind the end, and a stream has none", at->op->name, at->name, (long long)l->tail);
}

void frames_spread(struct frames *f, int node, struct lane l)
{
	for (int i = 0; i < f->m->node[node].n_out; i++)
		if (node_out(f->m, node, i) >= 0)
			f->lane[node_out(f->m, node, i)] = l;
}

bool frames_is_zero(const struct module *m, int t)
{
	const int64_t bytes = tensor_is_const(m, t) ? tensor_bytes(m, t) : 0;

	for (int64_t i = 0; i < bytes; i++)
		if (((const unsigned char *)m->tensor[t].data)[i])
			return false;
	return bytes > 0;
}

/* --- Shapes ------------------------------------------------------------------------------------------------------- */

/* The same elements in the same order: rows stay rows, become several each, or several become one. */
static bool read_reshape(struct frames *f, int node, struct lane l)
{
	const struct module *m = f->m;
	const struct tensor *x = node_in_tensor(m, node, 0), *y = node_out_tensor(m, node, 0);
	int64_t before = 1, behind = 1, rows = x->dim[l.axis].n, here;
	int axis = 0;

	if (!tensor_is_static(m, node_out(m, node, 0)))
		return frames_refuse(f, node, "its shape is known at run time only");
	for (int k = 0; k < x->rank; k++)
		*(k < l.axis ? &before : &behind) *= k == l.axis ? 1 : x->dim[k].n;
	for (int64_t seen = 1; axis < y->rank && (seen != before || y->dim[axis].n == 1); axis++)
		seen *= y->dim[axis].n;
	here = axis < y->rank ? y->dim[axis].n : 0;
	if (here && rows % here == 0 && l.late % (rows / here) == 0) {
		lane_set_rate(&l, 1, rows / here);
		l.late /= rows / here;
		l.tail = frames_div_up(l.tail, rows / here);
	} else if (here && here % rows == 0 && behind % (here / rows) == 0) {
		lane_set_rate(&l, here / rows, 1);
		l.late *= here / rows;
		l.tail *= here / rows;
	} else {
		return frames_refuse(f, node, "axis %d, along which frames pass, becomes a part of another", l.axis);
	}
	l.axis = axis;
	f->node[node].how = node_is(m, node, "Reshape") ? FRAME_SHAPE : FRAME_SAME;
	frames_spread(f, node, l);
	return true;
}

/* --- Beginning and end -------------------------------------------------------------------------------------------- */

/* How many rows are padded, and how many elements of other axes. False: reported. */
static bool read_pads(struct frames *f, int node, int along, int64_t *before, int64_t *behind, int64_t *others)
{
	struct module *m = f->m;
	const int rank = m->tensor[node_in(m, node, 0)].rank;
	int axis[MAX_RANK], n_axes, n;
	const int64_t *v;

	if (!node_axes(m, node, NULL, m->node[node].op->since >= 18 ? 3 : -1, rank, axis, &n_axes) ||
	    !node_constants(m, node, "pads", 1, &v, &n))
		return false;
	for (int k = 0; k < rank && n_axes < 0; k++)
		axis[k] = k;
	n_axes = n_axes < 0 ? rank : n_axes;
	*before = *behind = *others = 0;
	for (int i = 0; i < n_axes; i++) {
		if (axis[i] == along) {
			*before = v[i];
			*behind = v[n_axes + i];
		} else {
			*others += v[i] || v[n_axes + i];
		}
	}
	return true;
}

static bool read_pad(struct frames *f, int node, struct lane l, bool *is_done)
{
	struct module *m = f->m;
	const int value = node_in(m, node, 2);
	int64_t before, behind, others;

	if (!read_pads(f, node, l.axis, &before, &behind, &others))
		return false;
	*is_done = before || behind;
	if (!*is_done)
		return true;
	if (others || before < 0 || behind < 0 || l.late > 0 || !node_attr_is(m, node, "mode", "constant") ||
	    !is_float(m->tensor[node_in(m, node, 0)].type) || (value >= 0 && !frames_is_zero(m, value)) ||
	    node_attr_float(m, node, "value", 0) != 0)
		return frames_refuse(f, node, "it pads frames, allowed: before the first, with zeros, and no other "
				     "axis");
	l.late -= before;
	l.tail += behind;
	l.tail_node = behind ? node : l.tail_node;
	f->node[node].how = FRAME_DROP;
	frames_spread(f, node, l);
	return true;
}

/* Rows from `from` on, but for the last `cut`; *n_cut: how many axes are cut. False: reported. */
static bool read_bounds(struct frames *f, int node, int axis, int64_t *from, int64_t *cut, int *n_cut)
{
	struct module *m = f->m;
	const struct tensor *x = node_in_tensor(m, node, 0), *y = node_out_tensor(m, node, 0);
	const int64_t *starts, *steps;
	int axes[MAX_RANK], n, n_axes, n_steps;

	if (!node_constants(m, node, "starts", 1, &starts, &n) ||
	    !node_axes(m, node, "axes", 3, x->rank, axes, &n_axes) ||
	    !node_constants(m, node, NULL, 4, &steps, &n_steps))
		return false;
	*from = *cut = *n_cut = 0;
	for (int i = 0; i < n; i++) {
		const int k = n_axes < 0 ? i : axes[i];
		*n_cut += x->dim[k].n != y->dim[k].n;
		if (k != axis)
			continue;
		if (n_steps > 0 && steps[i] != 1)
			return frames_refuse(f, node, "it takes frames in steps of %lld, allowed: 1",
					     (long long)steps[i]);
		*from = starts[i] < 0 ? starts[i] + x->dim[k].n : starts[i];
		*from = *from < 0 ? 0 : *from < x->dim[k].n ? *from : x->dim[k].n;
		*cut = x->dim[k].n - *from - y->dim[k].n;
	}
	return true;
}

static bool read_slice(struct frames *f, int node, struct lane l, bool *is_done)
{
	const int64_t rows = frames_rows(f, node_in(f->m, node, 0));
	const struct lane last = { .axis = LANE_LAST };
	int64_t from, cut;
	int n_cut;

	if (!read_bounds(f, node, l.axis, &from, &cut, &n_cut))
		return false;
	*is_done = from || cut;
	if (!*is_done)
		return true;
	if (n_cut != 1 || from + cut >= rows)
		return frames_refuse(f, node, "it cuts frames, allowed: of no other axis, not all of them");
	if (from == rows - 1 && !l.tail && l.late >= 0) {
		f->node[node].how = FRAME_PICK;
		frames_spread(f, node, last);
		return true;
	}
	if (cut && cut < l.tail)
		return frames_refuse_tail(f, node, &l);
	l.late += from;
	l.tail -= cut < l.tail ? cut : l.tail;
	f->node[node].how = FRAME_DROP;
	frames_spread(f, node, l);
	return true;
}

/* The last of all rows. */
static bool read_gather(struct frames *f, int node, const struct lane *l, bool *is_done)
{
	struct module *m = f->m;
	const struct lane last = { .axis = LANE_LAST };
	const int at = node_in(m, node, 1);
	int axis;

	if (!node_axis_attr(m, node, "axis", 0, m->tensor[node_in(m, node, 0)].rank, &axis))
		return false;
	*is_done = f->lane[node_in(m, node, 0)].axis == axis;
	if (!*is_done)
		return true;
	if (!tensor_is_const(m, at) || !num_is(tensor_elements(m, at), 1) ||
	    (const_int(m, at, 0) != -1 && const_int(m, at, 0) != frames_rows(f, node_in(m, node, 0)) - 1))
		return frames_refuse(f, node, "it takes frames by number, allowed: the last one");
	if (l->tail)
		return frames_refuse_tail(f, node, l);
	f->node[node].how = FRAME_PICK;
	frames_spread(f, node, last);
	return true;
}

bool frames_read_mover(struct frames *f, int node, struct lane l, bool *is_done)
{
	const struct module *m = f->m;

	*is_done = node_is(m, node, "Reshape") || node_is(m, node, "Flatten") || node_is(m, node, "Squeeze") ||
		   node_is(m, node, "Unsqueeze");
	if (*is_done)
		return read_reshape(f, node, l);
	if (node_is(m, node, "Pad"))
		return read_pad(f, node, l, is_done);
	if (node_is(m, node, "Slice"))
		return read_slice(f, node, l, is_done);
	return !node_is(m, node, "Gather") || read_gather(f, node, &l, is_done);
}
