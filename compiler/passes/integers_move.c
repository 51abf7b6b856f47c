/* Integers: operators that move bytes. */
#include <string.h>

#include "graph/infer.h"
#include "passes/integers.h"

static bool same_parameters(const struct sandwich *s, const struct dequantised *d)
{
	return s->m->tensor[d->q].type == s->type && dequantised_scale(s->m, d, 0) == s->scale &&
	       dequantised_zero(s->m, d, 0) == s->zero;
}

/* The value that Pad fills with, quantised. */
static bool pad_value(struct sandwich *s, const struct dequantised *d, int *in)
{
	struct module *m = s->m;
	int t = node_in(m, s->core, 2);
	int64_t q;

	if (!node_attr_is(m, s->core, "mode", "constant"))
		return true;
	s->why = "the value to pad with is no constant of the range";
	if (node_in(m, s->core, 1) < 0 || (t >= 0 && !m->tensor[t].data))
		return false;
	q = quantised_value(t < 0 ? 0.0f : (float)const_double(m, t, 0), dequantised_scale(m, d, 0),
			    dequantised_zero(m, d, 0), m->tensor[d->q].type);
	/* A table behind the movement reads the value back: it must be that number exactly. */
	if (!same_parameters(s, d) && (float)(q - dequantised_zero(m, d, 0)) * dequantised_scale(m, d, 0) !=
				      (t < 0 ? 0.0f : (float)const_double(m, t, 0)))
		return false;
	in[2] = const_zero_point(m, m->tensor[d->q].type, q);
	return true;
}

/* An input re-quantised to y's parameters and limits: for a Concat of several scales. */
static int input_as_y(struct sandwich *s, const struct dequantised *d)
{
	struct sandwich part = *s;
	const struct tensor x = s->m->tensor[d->q];

	if (same_parameters(s, d) && s->high - s->low == 255)
		return d->q;
	part.y = tensor_like(s->m, NULL, s->type, x.rank, x.dim);
	return sandwich_requantise(&part, d->q, d) ? part.y : -1;
}

bool sandwich_move(struct sandwich *s)
{
	struct module *m = s->m;
	const struct node core = m->node[s->core];
	const bool many = !strcmp(core.op->name, "Concat"), limited = s->high - s->low != 255;
	int *in = ARENA_ARRAY(m->arena, core.n_in + 1, int), n_in = core.n_in, node;
	const char *types = core.op->types ? core.op->types[0] : "";
	struct sandwich moved = *s;
	struct dequantised d;

	s->why = "the operator's version has no integer form";
	if (core.n_in < 1 || core.n_out != 1 || !strchr(types, 'i') || !strchr(types, 'u'))
		return false;
	for (int i = 0; i < core.n_in; i++) {
		in[i] = core.in[i];
		if ((i == 0 || many) && !sandwich_bytes(s, core.in[i], &d))
			return false;
	}
	if (!strcmp(core.op->name, "Pad")) {
		in[2] = -1;
		n_in = n_in < 3 ? 3 : n_in;
		if (core.n_in < 2 || !pad_value(s, &d, in))
			return false;
	}
	for (int i = 0; i < core.n_in && many; i++) {
		if (!sandwich_bytes(s, core.in[i], &d))
			return false;
		in[i] = input_as_y(s, &d);
	}
	if (!many) {
		in[0] = d.q;
		if (limited || !same_parameters(s, &d)) {
			const struct tensor y = m->tensor[s->y];
			moved.y = tensor_like(m, NULL, m->tensor[d.q].type, y.rank, y.dim);
		}
	}
	node = sandwich_node(&moved, core.op, n_in, in);
	m->node[node].attr = core.attr;
	m->node[node].opset = core.opset;
	return moved.y == s->y || sandwich_requantise(s, moved.y, &d);
}

/* The elements [from, from + n) along an axis that a Split's result has; false: a size is no constant. */
static bool split_part(struct sandwich *s, int axis, int64_t *from, int64_t *n)
{
	const struct module *m = s->m;
	const struct node core = m->node[s->core];

	s->why = "a part's size is no constant";
	*from = 0;
	for (int i = 0; i < core.n_out; i++) {
		if (core.out[i] < 0 || !num_is_const(m->tensor[core.out[i]].dim[axis]))
			return false;
		*n = m->tensor[core.out[i]].dim[axis].n;
		if (core.out[i] == s->result)
			return true;
		*from += *n;
	}
	return false;
}

bool sandwich_split(struct sandwich *s)
{
	struct module *m = s->m;
	struct sandwich moved = *s;
	int64_t from, n, end, along;
	struct dequantised d;
	int axis, in[4];

	if (!sandwich_bytes(s, node_in(m, s->core, 0), &d) ||
	    !node_axis_attr(m, s->core, "axis", 0, m->tensor[d.q].rank, &axis) || !split_part(s, axis, &from, &n))
		return false;
	end = from + n;
	along = axis;
	in[0] = d.q;
	in[1] = tensor_const_ints(m, &from, 1);
	in[2] = tensor_const_ints(m, &end, 1);
	in[3] = tensor_const_ints(m, &along, 1);
	if (s->high - s->low != 255 || !same_parameters(s, &d)) {
		const struct tensor y = m->tensor[s->y];
		moved.y = tensor_like(m, NULL, m->tensor[d.q].type, y.rank, y.dim);
	}
	sandwich_node(&moved, &op_Slice_10, 4, in);
	return moved.y == s->y || sandwich_requantise(s, moved.y, &d);
}
