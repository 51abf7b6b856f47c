/* NonZero, Compress, Unique and NonMaxSuppression: a kernel finds places and their number, nests make results of
 * them. */
#include <math.h>

#include "lower/kernel_call.h"
#include "lower/lower.h"
#include "lower/order_key.h"
#include "ops/arguments.h"

/* A plan of a strategy that has nothing to decide. */
static struct node_plan *plan_any(struct module *m, int node, const char **why)
{
	struct node_plan *p = ARENA_NEW(m->scratch, struct node_plan);

	(void)why;
	p->cycles = (double)tensor_elements(m, node_in(m, node, 0)).n;
	return p;
}

/* Where the mask, so far an open nest over one axis, is set. */
static int lower_places(struct lowering *l, struct nest *n, int mask, int count)
{
	struct module *m = l->m;
	const struct num size = m->tensor[n->out].dim[0];
	int places = lower_temp(l, DT_I64, 1, &size);
	struct call *c;

	nest_store(n, mask);
	lower_nest(l, n);
	c = lower_layer(l, LAYER_FIND);
	c->geometry.find = (struct find_geometry){ .n = size, .width = num_const(1) };
	call_arg(l, c, ARG_READ, n->out);
	call_arg(l, c, ARG_WRITE, places);
	call_arg(l, c, ARG_WRITE, count);
	return places;
}

/* --- NonZero ------------------------------------------------------------------------------------------------------ */

static int differs_from_zero(struct nest *n, int x)
{
	const enum dtype type = (enum dtype)n->e[x].type;

	if (type == DT_BOOL)
		return x;
	x = nest_binary(n, E_EQ, x, nest_const_value(n, type, TYPE_ZERO));
	return nest_select(n, x, nest_const_int(n, DT_BOOL, 0), nest_const_int(n, DT_BOOL, 1));
}

/* y[axis] = the index along that axis of each place. */
static void lower_indexes(struct lowering *l, int y, int places, int axis, struct num size, struct num below)
{
	struct module *m = l->m;
	struct nest *n = nest_over(m, y, 1, &m->tensor[y].dim[1]);
	int v = nest_load(n, places, n->axis);

	n->store[0] = (struct index){ num_const(axis), -1 };
	n->store[1] = (struct index){ n->axis[0], -1 };
	if (!num_is(below, 1))
		v = nest_binary(n, E_DIV, v, nest_index(n, below));
	if (axis)
		v = nest_binary(n, E_FMOD, v, nest_index(n, size));
	nest_store(n, v);
	lower_nest(l, n);
}

static void lower_non_zero(struct lowering *l, const struct node_plan *plan)
{
	struct module *m = l->m;
	const int t = node_in(m, l->node, 0), y = node_out(m, l->node, 0);
	const struct tensor x = m->tensor[t];
	const struct num elements = tensor_elements(m, t);
	struct nest *n = nest_new(m, lower_temp(l, DT_BOOL, 1, &elements));
	struct num below = num_const(1);
	int places;

	(void)plan;
	places = lower_places(l, n, differs_from_zero(n, nest_cast(n, compute_type(x.type),
								   nest_load_flat(n, t, n->axis[0]))),
			      node_out(m, l->node, 1));
	for (int k = x.rank - 1; k >= 0; k--) {
		lower_indexes(l, y, places, k, x.dim[k], below);
		below = num_mul(&m->nums, below, x.dim[k]);
	}
}

/* --- Compress, Unique --------------------------------------------------------------------------------------------- */

static int axis_of(const struct module *m, int node)
{
	const int axis = (int)node_attr_int(m, node, "axis", 0);

	return axis < 0 ? axis + node_in_tensor(m, node, 0)->rank : axis;
}

/* y = x at the places along an axis. */
static void lower_taken(struct lowering *l, int y, int x, int axis, int places)
{
	struct nest *n = nest_new(l->m, y);
	struct index at[MAX_RANK];

	for (int k = 0; k < n->n_axes; k++)
		at[k] = (struct index){ k == axis ? num_const(0) : n->axis[k],
					k == axis ? nest_load(n, places, &n->axis[axis]) : -1 };
	nest_store(n, nest_load_at(n, x, at));
	lower_nest(l, n);
}

/* What is beyond the condition's end is not taken, and what of the condition is beyond the axis not looked at. */
static void lower_compress(struct lowering *l, const struct node_plan *plan)
{
	struct module *m = l->m;
	const int x = node_in(m, l->node, 0), condition = node_in(m, l->node, 1), axis = axis_of(m, l->node);
	const struct num size = num_min(&m->nums, m->tensor[x].dim[axis], m->tensor[condition].dim[0]);
	struct nest *n = nest_new(m, lower_temp(l, DT_BOOL, 1, &size));
	int places;

	(void)plan;
	places = lower_places(l, n, nest_load(n, condition, n->axis), node_out(m, l->node, 1));
	lower_taken(l, node_out(m, l->node, 0), x, axis, places);
}

/* The keys of each index of the axis, side by side. */
static int lower_keys(struct lowering *l, int x, int axis, struct num width)
{
	struct module *m = l->m;
	struct num dim[2] = { m->tensor[x].dim[axis], width }, at[MAX_RANK], rest;
	struct nest *n = nest_new(m, lower_temp(l, DT_U64, 2, dim));

	rest = n->axis[1];
	for (int k = m->tensor[x].rank - 1; k >= 0; k--) {
		if (k == axis) {
			at[k] = n->axis[0];
			continue;
		}
		at[k] = num_mod(&m->nums, rest, m->tensor[x].dim[k]);
		rest = num_div(&m->nums, rest, m->tensor[x].dim[k]);
	}
	nest_store(n, order_key(n, nest_load(n, x, at), true));
	lower_nest(l, n);
	return n->out;
}

/* The numbers of all items may be written where they are to lie; of the distinct ones the kernel does not yet know how
 * many there are. */
static int lower_inverse(struct lowering *l, struct num size)
{
	const int t = node_out(l->m, l->node, 2);

	return t >= 0 && tensor_is_plain(l->m, t) ? t : lower_temp(l, DT_I64, 1, &size);
}

static void lower_copy(struct lowering *l, int to, int from)
{
	struct nest *n;

	if (to < 0)
		return;
	n = nest_new(l->m, to);
	nest_store(n, nest_load(n, from, n->axis));
	lower_nest(l, n);
}

static void lower_unique(struct lowering *l, const struct node_plan *plan)
{
	struct module *m = l->m;
	const int x = node_in(m, l->node, 0), axis = axis_of(m, l->node);
	const struct num size = m->tensor[x].dim[axis];
	struct num width = num_const(1);
	int keys, first, inverse, times;
	struct call *c;

	(void)plan;
	for (int k = 0; k < m->tensor[x].rank; k++)
		width = k == axis ? width : num_mul(&m->nums, width, m->tensor[x].dim[k]);
	keys = lower_keys(l, x, axis, width);
	first = lower_temp(l, DT_I64, 1, &size);
	inverse = lower_inverse(l, size);
	times = lower_temp(l, DT_I64, 1, &size);
	c = lower_layer(l, LAYER_UNIQUE);
	c->geometry.find = (struct find_geometry){ .n = size, .width = width,
						   .sorted = node_attr_int(m, l->node, "sorted", 1) };
	call_arg(l, c, ARG_READ, keys);
	call_arg(l, c, ARG_WRITE, first);
	call_arg(l, c, ARG_WRITE, inverse);
	call_arg(l, c, ARG_WRITE, times);
	call_arg(l, c, ARG_WRITE, lower_temp(l, DT_I64, 1, &size));
	call_arg(l, c, ARG_WRITE, node_out(m, l->node, 4));
	lower_taken(l, node_out(m, l->node, 0), x, axis, first);
	lower_copy(l, node_out(m, l->node, 1), first);
	lower_copy(l, node_out(m, l->node, 2) == inverse ? -1 : node_out(m, l->node, 2), inverse);
	lower_copy(l, node_out(m, l->node, 3), times);
}

/* --- NonMaxSuppression -------------------------------------------------------------------------------------------- */

/* t with its elements side by side. */
static int lower_adjacent(struct lowering *l, int t, enum dtype type)
{
	struct module *m = l->m;
	struct nest *n;

	if (m->tensor[t].type == type && tensor_is_plain(m, t))
		return t;
	n = nest_new(m, lower_temp(l, type, m->tensor[t].rank, m->tensor[t].dim));
	nest_store(n, nest_cast(n, type, nest_load(n, t, n->axis)));
	lower_nest(l, n);
	return n->out;
}

static int constant_count(struct module *m, int64_t v)
{
	return tensor_const_ints(m, &v, 1);
}

/* Input i as a tensor that a kernel reads, or the constant that it is by default. */
static int or_default(struct lowering *l, int i, double missing)
{
	const int t = node_in(l->m, l->node, i);

	if (t >= 0)
		return lower_adjacent(l, t, i == 2 ? DT_I64 : DT_F32);
	return i == 2 ? constant_count(l->m, (int64_t)missing) : tensor_const_float(l->m, (float)missing);
}

static void lower_nms(struct lowering *l, const struct node_plan *plan)
{
	struct module *m = l->m;
	const int node = l->node, y = node_out(m, node, 0);
	const int boxes = lower_adjacent(l, node_in(m, node, 0), DT_F32);
	const int scores = lower_adjacent(l, node_in(m, node, 1), DT_F32);
	const struct tensor s = m->tensor[scores];
	int per_class = or_default(l, 2, 0), limit = or_default(l, 3, 0), threshold = or_default(l, 4, NAN);
	struct num dim[2] = { num_const(m->tensor[y].dim[0].n), num_const(3) };
	const int selected = lower_temp(l, DT_I64, 2, dim), heap = lower_temp(l, DT_I64, 1, &s.dim[2]);
	struct nest *n;
	struct call *c;

	(void)plan;
	c = lower_layer(l, LAYER_NMS);
	c->geometry.nms = (struct nms_geometry){ .images = s.dim[0], .classes = s.dim[1], .boxes = s.dim[2],
						 .centered = node_attr_int(m, node, "center_point_box", 0),
						 .most = dim[0] };
	call_arg(l, c, ARG_READ, boxes);
	call_arg(l, c, ARG_READ, scores);
	call_arg(l, c, ARG_READ, per_class);
	call_arg(l, c, ARG_READ, limit);
	call_arg(l, c, ARG_READ, threshold);
	call_arg(l, c, ARG_WRITE, selected);
	call_arg(l, c, ARG_WRITE, heap);
	call_arg(l, c, ARG_WRITE, node_out(m, node, 1));
	n = nest_new(m, y);
	nest_store(n, nest_load(n, selected, n->axis));
	lower_nest(l, n);
}

const struct strategy non_zero = { .name = "non_zero", .op = "NonZero", .plan = plan_any, .lower = lower_non_zero };
const struct strategy compress = { .name = "compress", .op = "Compress", .plan = plan_any, .lower = lower_compress };
const struct strategy unique = { .name = "unique", .op = "Unique", .plan = plan_any, .lower = lower_unique };
const struct strategy nms = { .name = "nms", .op = "NonMaxSuppression", .plan = plan_any, .lower = lower_nms };
