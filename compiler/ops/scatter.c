/* Scatter, ScatterElements, ScatterND, TensorScatter: a copy of the data, then a nest over the updates that stores at
 * their indexes, in row-major order of the updates: of equal indexes the last wins, and with a reduction all of them
 * count. */
#include "ops/positions.h"

#include <string.h>

enum how { HOW_NONE, HOW_ADD, HOW_MUL, HOW_MAX, HOW_MIN };

static enum how reduction_get(const struct module *m, int node)
{
	static const char *const names[] = { "none", "add", "mul", "max", "min" };
	int how = 4;

	if (!node_attr(m, node, "reduction"))
		return HOW_NONE;
	while (how > 0 && !node_attr_is(m, node, "reduction", names[how]))
		how--;
	return (enum how)how;
}

static void lower_copy(struct lowering *l, int from, int to)
{
	struct nest *n = nest_new(l->m, to);

	nest_store(n, nest_load(n, from, n->axis));
	lower_nest(l, n);
}

/* Stores the update, or its combination with what is there, at n->store. */
static void store_update(struct nest *n, enum how how, int update)
{
	static const enum eop op[] = { [HOW_ADD] = E_ADD, [HOW_MUL] = E_MUL, [HOW_MAX] = E_MAX, [HOW_MIN] = E_MIN };

	if (how != HOW_NONE) {
		enum dtype type = n->m->tensor[n->out].type;
		int old = nest_cast(n, compute_type(type), nest_load_at(n, n->out, n->store));

		update = nest_cast(n, type, nest_binary(n, op[how], old, nest_cast(n, compute_type(type), update)));
	}
	nest_store(n, update);
}

static bool infer_scatter_elements(struct module *m, int node)
{
	const struct tensor *x = node_in_tensor(m, node, 0), *i = node_in_tensor(m, node, 1),
			    *u = node_in_tensor(m, node, 2);
	int axis;

	if (!node_rank(m, node, 0, 1, MAX_RANK) || !node_axis_attr(m, node, "axis", 0, x->rank, &axis))
		return false;
	if (i->rank != x->rank || u->rank != x->rank)
		return node_bad(m, node, "indexes and updates are of rank %d and %d, allowed: %d", i->rank, u->rank,
				x->rank);
	for (int k = 0; k < x->rank; k++)
		if (!num_same(i->dim[k], u->dim[k]) ||
		    (k != axis && num_lo(&m->nums, num_sub(&m->nums, x->dim[k], i->dim[k])) < 0))
			return node_bad(m, node,
					"indexes of shape %s, updates of %s, data of %s: allowed along axis %d: "
					"equal ones, and no more than data has",
					node_in_shape(m, node, 1), node_in_shape(m, node, 2), node_in_shape(m, node, 0),
					k);
	return infer_same(m, node);
}

static bool lower_scatter_elements(struct lowering *l, int node)
{
	struct module *m = l->m;
	const struct tensor x = *node_in_tensor(m, node, 0), index = *node_in_tensor(m, node, 1);
	int out = node_out(m, node, 0), axis;
	struct nest *n;

	if (!node_axis_attr(m, node, "axis", 0, x.rank, &axis))
		return false;
	lower_copy(l, node_in(m, node, 0), out);
	n = nest_over(m, out, index.rank, index.dim);
	for (int k = 0; k < x.rank; k++)
		n->store[k] = (struct index){ n->axis[k], -1 };
	n->store[axis] = (struct index){ num_const(0),
		nest_position(n, node, 1, n->axis, x.dim[axis]) };
	store_update(n, reduction_get(m, node), nest_load(n, node_in(m, node, 2), n->axis));
	lower_nest(l, n);
	return true;
}

static bool infer_scatter_nd(struct module *m, int node)
{
	const struct tensor *x = node_in_tensor(m, node, 0), *i = node_in_tensor(m, node, 1),
			    *u = node_in_tensor(m, node, 2);
	int depth, lead = i->rank - 1;

	if (!node_rank(m, node, 0, 1, MAX_RANK) || !node_rank(m, node, 1, 1, MAX_RANK))
		return false;
	if (!num_is_const(i->dim[lead]))
		return node_unsupported(m, node, "the last dimension of the indexes must be a constant");
	if (i->dim[lead].n < 0 || i->dim[lead].n > x->rank)
		return node_bad(m, node, "indexes have %lld elements, allowed: up to %d", (long long)i->dim[lead].n,
				x->rank);
	depth = (int)i->dim[lead].n;
	if (u->rank != lead + x->rank - depth)
		return node_bad(m, node, "updates are of rank %d, allowed: %d", u->rank, lead + x->rank - depth);
	for (int k = 0; k < u->rank; k++)
		if (!num_same(u->dim[k], k < lead ? i->dim[k] : x->dim[depth + k - lead]))
			return node_bad(
				m, node,
				"updates have shape %s, allowed along axis %d: as indexes of shape %s and data of "
				"%s say",
				node_in_shape(m, node, 2), k, node_in_shape(m, node, 1), node_in_shape(m, node, 0));
	return infer_same(m, node);
}

static void range_scatter_nd(struct module *m, int node, int64_t c, struct num *lo, struct num *hi)
{
	range_indexes(m, node_in_tensor(m, node, 0)->dim[c], lo, hi);
}

static bool lower_scatter_nd(struct lowering *l, int node)
{
	struct module *m = l->m;
	const struct tensor x = *node_in_tensor(m, node, 0), index = *node_in_tensor(m, node, 1);
	const struct tensor update = *node_in_tensor(m, node, 2);
	int out = node_out(m, node, 0), lead = index.rank - 1, depth = (int)index.dim[lead].n;
	struct num at[MAX_RANK];
	struct nest *n;

	lower_copy(l, node_in(m, node, 0), out);
	n = nest_over(m, out, update.rank, update.dim);
	memcpy(at, n->axis, (size_t)lead * sizeof *at);
	for (int k = 0; k < x.rank; k++) {
		if (k >= depth) {
			n->store[k] = (struct index){ n->axis[lead + k - depth], -1 };
			continue;
		}
		at[lead] = num_const(k);
		n->store[k] = (struct index){ num_const(0),
			nest_position(n, node, 1, at, x.dim[k]) };
	}
	store_update(n, reduction_get(m, node), nest_load(n, node_in(m, node, 2), n->axis));
	lower_nest(l, n);
	return true;
}

#define AXIS INT("axis", 0)
#define SCATTER(op_name, version, fn, at, ...) \
	const struct op_def op_##op_name##_##version = { \
		ONNX(#op_name, version, 3, 3, 1, 1), .attrs = __VA_ARGS__, .types = TYPES("fhiub", "i", "T"), \
		.positions = POSITIONS(POSITION(1, at)), \
		.infer = infer_##fn, .lower = lower_##fn, \
	};

SCATTER(Scatter, 9, scatter_elements, range_axis, ATTRS(AXIS))
SCATTER(ScatterElements, 11, scatter_elements, range_axis, ATTRS(AXIS))
SCATTER(ScatterElements, 16, scatter_elements, range_axis, ATTRS(AXIS, STRING("reduction", "none", "none|add|mul")))
SCATTER(ScatterElements, 18, scatter_elements, range_axis,
	ATTRS(AXIS, STRING("reduction", "none", "none|add|mul|max|min")))
SCATTER(ScatterND, 11, scatter_nd, range_scatter_nd, NULL)
SCATTER(ScatterND, 16, scatter_nd, range_scatter_nd, ATTRS(STRING("reduction", "none", "none|add|mul")))
SCATTER(ScatterND, 18, scatter_nd, range_scatter_nd, ATTRS(STRING("reduction", "none", "none|add|mul|max|min")))

/* --- TensorScatter: y = x but for y[b…, begin[b] + i, …] = update[b…, i, …], the sum modulo the axis when circular */

static bool tensor_scatter_axis(struct module *m, int node, int *axis)
{
	if (!node_axis_attr(m, node, "axis", -2, node_in_tensor(m, node, 0)->rank, axis))
		return false;
	return *axis > 0 || node_bad(m, node, "axis is 0, the batch");
}

static bool infer_tensor_scatter(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0), update = *node_in_tensor(m, node, 1);
	struct num dim[MAX_RANK];
	int axis;

	if (!node_rank(m, node, 0, 2, MAX_RANK) || !tensor_scatter_axis(m, node, &axis) ||
	    !node_rank(m, node, 1, x.rank, x.rank))
		return false;
	memcpy(dim, x.dim, sizeof dim);
	dim[axis] = update.dim[axis];
	if (!node_shape(m, node, 1, dim, x.rank) || !node_shape(m, node, 2, x.dim, 1))
		return false;
	if (num_lo(&m->nums, num_sub(&m->nums, x.dim[axis], update.dim[axis])) < 0)
		return node_bad(m, node, "%lld elements along axis %d, allowed: at most %lld",
				(long long)update.dim[axis].n, axis, (long long)x.dim[axis].n);
	return infer_same(m, node);
}

/* Where the updates begin; round the end only when circular. */
static void range_tensor_scatter(struct module *m, int node, int64_t c, struct num *lo, struct num *hi)
{
	const struct tensor *x = node_in_tensor(m, node, 0), *update = node_in_tensor(m, node, 1);
	const int64_t axis = node_attr_int(m, node, "axis", -2), k = axis < 0 ? axis + x->rank : axis;

	(void)c;
	*lo = num_const(0);
	*hi = node_attr_is(m, node, "mode", "circular") ? num_const(INT64_MAX) :
		num_sub(&m->nums, x->dim[k], update->dim[k]);
}

static bool lower_tensor_scatter(struct lowering *l, int node)
{
	struct module *m = l->m;
	const struct tensor x = *node_in_tensor(m, node, 0), update = *node_in_tensor(m, node, 1);
	int begin = node_in(m, node, 2), axis, i;
	struct nest *n;

	if (!tensor_scatter_axis(m, node, &axis))
		return false;
	lower_copy(l, node_in(m, node, 0), node_out(m, node, 0));
	n = nest_over(m, node_out(m, node, 0), update.rank, update.dim);
	for (int k = 0; k < x.rank; k++)
		n->store[k] = (struct index){ n->axis[k], -1 };
	if (begin >= 0) {
		i = nest_cast(n, DT_I64, nest_load(n, begin, n->axis));
		i = nest_binary(n, E_ADD, i, nest_index(n, n->axis[axis]));
		if (node_attr_is(m, node, "mode", "circular"))
			i = nest_binary(n, E_MOD, i, nest_index(n, x.dim[axis]));
		n->store[axis] = (struct index){ num_const(0), nest_position_of(n, node, 2, i, x.dim[axis]) };
	}
	nest_store(n, nest_load(n, node_in(m, node, 1), n->axis));
	lower_nest(l, n);
	return true;
}

const struct op_def op_TensorScatter_24 = {
	ONNX("TensorScatter", 24, 2, 3, 1, 1), .types = TYPES("fhiub", "T", "i"),
	.attrs = ATTRS(INT("axis", -2), STRING("mode", "linear", "linear|circular")),
	.positions = POSITIONS(POSITION(2, range_tensor_scatter)),
	.infer = infer_tensor_scatter, .lower = lower_tensor_scatter,
};
