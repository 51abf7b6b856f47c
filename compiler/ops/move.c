/* Operators that move elements by affine index maps: Transpose, Concat, Split, Expand, Tile, DepthToSpace,
 * SpaceToDepth, Trilu, CenterCropPad. */
#include "ops/arguments.h"

#include <string.h>

/* --- Transpose ---------------------------------------------------------------------------------------------------- */

static bool transpose_perm(struct module *m, int node, int rank, int perm[MAX_RANK])
{
	const struct attr *a = node_attr(m, node, "perm");
	bool seen[MAX_RANK] = { false };

	if (a && a->n != rank)
		return node_bad(m, node, "perm has %d elements, allowed: %d", a->n, rank);
	for (int k = 0; k < rank; k++) {
		int64_t axis = a ? a->ints[k] : rank - 1 - k;

		if (axis < 0 || axis >= rank || seen[axis])
			return node_bad(m, node, "perm[%d] is %lld, allowed: each of 0 to %d once", k,
					(long long)axis, rank - 1);
		seen[axis] = true;
		perm[k] = (int)axis;
	}
	return true;
}

static bool infer_transpose(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	const int rank = x.rank;
	struct num dim[MAX_RANK];
	int perm[MAX_RANK];

	if (!transpose_perm(m, node, rank, perm))
		return false;
	for (int k = 0; k < rank; k++)
		dim[k] = x.dim[perm[k]];
	return tensor_set(m, node, node_out(m, node, 0), x.type, rank, dim);
}

static bool lower_transpose(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	struct num at[MAX_RANK];
	int perm[MAX_RANK];

	if (!transpose_perm(m, node, n->n_axes, perm))
		return false;
	for (int k = 0; k < n->n_axes; k++)
		at[perm[k]] = n->axis[k];
	nest_store(n, nest_load(n, node_in(m, node, 0), at));
	lower_nest(l, n);
	return true;
}

const struct op_def op_Transpose_1 = {
	ONNX("Transpose", 1, 1, 1, 1, 1), .attrs = ATTRS(INTS_OPTIONAL("perm")), .types = TYPES("fhiubne"),
	.infer = infer_transpose, .lower = lower_transpose,
};

/* --- Concat: one nest an input, each storing at its offset -------------------------------------------------------- */

static bool infer_concat(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct num dim[MAX_RANK];
	int axis;

	if (!node_axis_attr(m, node, "axis", 0, x.rank, &axis))
		return false;
	memcpy(dim, x.dim, sizeof dim);
	for (int i = 1; i < m->node[node].n_in; i++) {
		const struct tensor *t = node_in_tensor(m, node, i);

		if (!t || t->rank != x.rank)
			return node_bad(m, node, "input %d is of rank %d, allowed: %d", i, t ? t->rank : -1, x.rank);
		for (int k = 0; k < x.rank; k++)
			if (k == axis)
				dim[k] = num_add(&m->nums, dim[k], t->dim[k]);
			else if (num_is_const(dim[k]) && num_is_const(t->dim[k]) && dim[k].n != t->dim[k].n)
				return node_bad(m, node, "input %d has %lld elements along axis %d, allowed: %lld", i,
						(long long)t->dim[k].n, k, (long long)dim[k].n);
			else if (!num_same(dim[k], t->dim[k]))
				return node_unsupported(m, node, "input %d need not match input 0 along axis %d", i, k);
	}
	return tensor_set(m, node, node_out(m, node, 0), x.type, x.rank, dim);
}

/* The views pass made `part` that part of `whole` which begins at an index of the axis: nothing is to be copied. */
static bool lies_in(struct module *m, int part, int whole, int axis, struct num at)
{
	const struct tensor *p = &m->tensor[part], *w = &m->tensor[whole];

	if (p->base != w->base || p->ring || w->ring)
		return false;
	for (int k = 0; k < p->rank; k++)
		if (!num_same(p->stride[k], w->stride[k]) && !num_is(p->dim[k], 1))
			return false;
	return num_same(p->offset, num_add(&m->nums, w->offset, num_mul(&m->nums, at, w->stride[axis])));
}

static bool lower_concat(struct lowering *l, int node)
{
	struct module *m = l->m;
	int out = node_out(m, node, 0), axis;
	struct num offset = num_const(0), at;

	if (!node_axis_attr(m, node, "axis", 0, m->tensor[out].rank, &axis))
		return false;
	for (int i = 0; i < m->node[node].n_in; i++) {
		int t = node_in(m, node, i);
		struct nest *n;

		if (num_is(m->tensor[t].dim[axis], 0))
			continue;
		at = offset;
		offset = num_add(&m->nums, offset, m->tensor[t].dim[axis]);
		if (lies_in(m, t, out, axis, at))
			continue;
		n = nest_over(m, out, m->tensor[t].rank, m->tensor[t].dim);
		for (int k = 0; k < n->n_axes; k++)
			n->store[k] = (struct index){ k == axis ? num_add(&m->nums, n->axis[k], at) : n->axis[k], -1 };
		nest_store(n, nest_load(n, t, n->axis));
		lower_nest(l, n);
	}
	return true;
}

const struct op_def op_Concat_4 = {
	ONNX("Concat", 4, 1, -1, 1, 1), .attrs = ATTRS(INT_REQUIRED("axis")), .types = TYPES("fhiubne", "T"),
	.infer = infer_concat, .lower = lower_concat,
};

/* --- Split -------------------------------------------------------------------------------------------------------- */

/* Elements of output i along the axis: given, or equal parts of which the last may be smaller. */
static bool split_parts(struct module *m, int node, struct num whole, struct num *part)
{
	int n_out = m->node[node].n_out, n;
	int64_t parts = node_attr_int(m, node, "num_outputs", n_out);
	const struct num *given;
	struct num sum = num_const(0), each;

	if (!node_numbers(m, node, "split", 1, &given, &n))
		return false;
	if (n >= 0) {
		if (n != n_out)
			return node_bad(m, node, "split has %d elements, allowed: %d as outputs", n, n_out);
		for (int i = 0; i < n; i++) {
			part[i] = given[i];
			if (num_hi(&m->nums, given[i]) < 0)
				return node_bad(m, node, "split[%d] is %lld, allowed: 0 or more", i,
						(long long)given[i].n);
			sum = num_add(&m->nums, sum, given[i]);
		}
		if (num_is_const(sum) && num_is_const(whole) && sum.n != whole.n)
			return node_bad(m, node, "split sums to %lld, allowed: %lld", (long long)sum.n,
					(long long)whole.n);
		return true;
	}
	if (parts != n_out)
		return node_bad(m, node, "num_outputs is %lld, allowed: %d, the number of outputs", (long long)parts,
				n_out);
	each = num_ceildiv(&m->nums, whole, num_const(n_out));
	for (int i = 0; i < n_out; i++) {
		struct num left = num_sub(&m->nums, whole, num_mul(&m->nums, each, num_const(i)));

		part[i] = num_is_const(whole) && whole.n % n_out == 0 ? each :
			num_max(&m->nums, num_min(&m->nums, each, left), num_const(0));
	}
	return true;
}

static bool infer_split(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct num dim[MAX_RANK], *part = ARENA_ARRAY(m->arena, m->node[node].n_out, struct num);
	int axis;

	if (!node_axis_attr(m, node, "axis", 0, x.rank, &axis) || !split_parts(m, node, x.dim[axis], part))
		return false;
	memcpy(dim, x.dim, sizeof dim);
	for (int i = 0; i < m->node[node].n_out; i++) {
		dim[axis] = part[i];
		if (node_out(m, node, i) >= 0 && !tensor_set(m, node, node_out(m, node, i), x.type, x.rank, dim))
			return false;
	}
	return true;
}

static bool lower_split(struct lowering *l, int node)
{
	struct module *m = l->m;
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct num at[MAX_RANK], offset = num_const(0), *part = ARENA_ARRAY(m->arena, m->node[node].n_out, struct num);
	int axis;

	if (!node_axis_attr(m, node, "axis", 0, x.rank, &axis) || !split_parts(m, node, x.dim[axis], part))
		return false;
	for (int i = 0; i < m->node[node].n_out; i++) {
		int out = node_out(m, node, i);

		if (out >= 0) {
			struct nest *n = nest_new(m, out);

			nest_axes(n, at);
			at[axis] = num_add(&m->nums, at[axis], offset);
			nest_store(n, nest_load(n, node_in(m, node, 0), at));
			lower_nest(l, n);
		}
		offset = num_add(&m->nums, offset, part[i]);
	}
	return true;
}

const struct op_def op_Split_2 = {
	ONNX("Split", 2, 1, 1, 1, -1), .attrs = ATTRS(INT("axis", 0), INTS_OPTIONAL("split")),
	.types = TYPES("fhiubne"),
	.infer = infer_split, .lower = lower_split,
};
const struct op_def op_Split_13 = {
	ONNX("Split", 13, 1, 2, 1, -1), .attrs = ATTRS(INT("axis", 0)), .types = TYPES("fhiubne", "i"),
	.infer = infer_split, .lower = lower_split,
};
const struct op_def op_Split_18 = {
	ONNX("Split", 18, 1, 2, 1, -1), .attrs = ATTRS(INT("axis", 0), INT_OPTIONAL("num_outputs")),
	.types = TYPES("fhiubne", "i"), .infer = infer_split, .lower = lower_split,
};

/* --- Expand, Tile ------------------------------------------------------------------------------------------------- */

static bool infer_expand(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	const struct num *shape;
	struct num dim[MAX_RANK];
	int n, rank = x.rank;

	if (!node_numbers(m, node, NULL, 1, &shape, &n))
		return false;
	if (n > MAX_RANK)
		return node_unsupported(m, node, "the new shape is of rank %d, allowed: up to %d", n, MAX_RANK);
	memcpy(dim, x.dim, sizeof dim);
	return dims_broadcast(m, node, &rank, dim, n, shape) &&
	       tensor_set(m, node, node_out(m, node, 0), x.type, rank, dim);
}

static bool lower_expand(struct lowering *l, int node)
{
	struct nest *n = nest_new(l->m, node_out(l->m, node, 0));

	nest_store(n, nest_load_broadcast(n, node_in(l->m, node, 0)));
	lower_nest(l, n);
	return true;
}

const struct op_def op_Expand_8 = {
	ONNX("Expand", 8, 2, 2, 1, 1), .types = TYPES("fhiubne", "i"), .infer = infer_expand, .lower = lower_expand,
};

static bool infer_tile(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	const struct num *repeats;
	struct num dim[MAX_RANK];
	int n;

	if (!node_numbers(m, node, NULL, 1, &repeats, &n))
		return false;
	if (n != x.rank)
		return node_bad(m, node, "repeats has %d elements, allowed: %d", n, x.rank);
	for (int k = 0; k < n; k++)
		dim[k] = num_mul(&m->nums, x.dim[k], repeats[k]);
	return tensor_set(m, node, node_out(m, node, 0), x.type, x.rank, dim);
}

static bool lower_tile(struct lowering *l, int node)
{
	struct module *m = l->m;
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct nest *n = nest_new(m, node_out(m, node, 0));
	struct num at[MAX_RANK];

	for (int k = 0; k < x.rank; k++)
		at[k] = num_same(n->extent[k], x.dim[k]) ? n->axis[k] : num_mod(&m->nums, n->axis[k], x.dim[k]);
	nest_store(n, nest_load(n, node_in(m, node, 0), at));
	lower_nest(l, n);
	return true;
}

const struct op_def op_Tile_6 = {
	ONNX("Tile", 6, 2, 2, 1, 1), .types = TYPES("fhiubne", "i"), .infer = infer_tile, .lower = lower_tile,
};

/* --- Trilu: zero below (upper) or above the k-th diagonal --------------------------------------------------------- */

static bool infer_trilu(struct module *m, int node)
{
	return node_rank(m, node, 0, 2, MAX_RANK) && infer_same(m, node);
}

static bool lower_trilu(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	int x = nest_load(n, node_in(m, node, 0), n->axis), k = node_in(m, node, 1), zero, cond, diagonal;

	zero = nest_cast(n, m->tensor[n->out].type, nest_const_float(n, DT_F32, 0));
	diagonal = nest_index(n, num_sub(&m->nums, n->axis[n->n_axes - 1], n->axis[n->n_axes - 2]));
	k = k < 0 ? nest_const_int(n, DT_I64, 0) : nest_cast(n, DT_I64, nest_load_flat(n, k, num_const(0)));
	if (node_attr_int(m, node, "upper", 1))
		cond = nest_binary(n, E_LE, k, diagonal);
	else
		cond = nest_binary(n, E_LE, diagonal, k);
	nest_store(n, nest_select(n, cond, x, zero));
	lower_nest(l, n);
	return true;
}

const struct op_def op_Trilu_14 = {
	ONNX("Trilu", 14, 1, 2, 1, 1), .attrs = ATTRS(FLAG("upper", 1)), .types = TYPES("fhiub", "i"),
	.infer = infer_trilu, .lower = lower_trilu,
};
