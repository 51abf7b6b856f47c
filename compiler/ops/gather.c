/* Gather, GatherElements, GatherND: loads at indexes that come from a tensor. Negative indexes count from the end. An
 * index outside the axis is an error; one that only the run knows is clamped so that nothing outside the tensor is
 * read. */
#include "ops/positions.h"

/* out[a…, i…, b…] = x[a…, index[i…], b…] with the index in place of `axis`. */
static bool infer_gather(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0), index = *node_in_tensor(m, node, 1);
	struct num dim[2 * MAX_RANK];
	int axis, rank = 0;

	if (!node_rank(m, node, 0, 1, MAX_RANK) || !node_axis_attr(m, node, "axis", 0, x.rank, &axis))
		return false;
	if (x.rank + index.rank - 1 > MAX_RANK)
		return node_unsupported(m, node, "the result is of rank %d, allowed: up to %d", x.rank + index.rank - 1,
					MAX_RANK);
	for (int k = 0; k < axis; k++)
		dim[rank++] = x.dim[k];
	for (int k = 0; k < index.rank; k++)
		dim[rank++] = index.dim[k];
	for (int k = axis + 1; k < x.rank; k++)
		dim[rank++] = x.dim[k];
	return tensor_set(m, node, node_out(m, node, 0), x.type, rank, dim);
}

static bool lower_gather(struct lowering *l, int node)
{
	struct module *m = l->m;
	const struct tensor x = *node_in_tensor(m, node, 0), index = *node_in_tensor(m, node, 1);
	struct nest *n = nest_new(m, node_out(m, node, 0));
	struct index at[MAX_RANK];
	int axis, i;

	if (!node_axis_attr(m, node, "axis", 0, x.rank, &axis))
		return false;
	i = nest_position(n, node, 1, n->axis + axis, x.dim[axis]);
	for (int k = 0; k < x.rank; k++)
		if (k != axis)
			at[k] = (struct index){ n->axis[k < axis ? k : k + index.rank - 1], -1 };
	at[axis] = (struct index){ num_const(0), i };
	nest_store(n, nest_load_at(n, node_in(m, node, 0), at));
	lower_nest(l, n);
	return true;
}

const struct op_def op_Gather_1 = {
	ONNX("Gather", 1, 2, 2, 1, 1), .attrs = ATTRS(INT("axis", 0)), .types = TYPES("fhiubne", "i"),
	.positions = POSITIONS(POSITION(1, range_axis)), .infer = infer_gather, .lower = lower_gather,
};

static bool infer_gather_elements(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0), index = *node_in_tensor(m, node, 1);
	int axis;

	return node_rank(m, node, 0, 1, MAX_RANK) && node_rank(m, node, 1, x.rank, x.rank) &&
	       node_axis_attr(m, node, "axis", 0, x.rank, &axis) &&
	       tensor_set(m, node, node_out(m, node, 0), x.type, index.rank, index.dim);
}

static bool lower_gather_elements(struct lowering *l, int node)
{
	struct module *m = l->m;
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct nest *n = nest_new(m, node_out(m, node, 0));
	struct index at[MAX_RANK];
	int axis, i;

	if (!node_axis_attr(m, node, "axis", 0, x.rank, &axis))
		return false;
	i = nest_position(n, node, 1, n->axis, x.dim[axis]);
	for (int k = 0; k < x.rank; k++)
		at[k] = (struct index){ k == axis ? num_const(0) : n->axis[k], k == axis ? i : -1 };
	nest_store(n, nest_load_at(n, node_in(m, node, 0), at));
	lower_nest(l, n);
	return true;
}

const struct op_def op_GatherElements_11 = {
	ONNX("GatherElements", 11, 2, 2, 1, 1), .attrs = ATTRS(INT("axis", 0)), .types = TYPES("fhiubne", "i"),
	.positions = POSITIONS(POSITION(1, range_axis)), .infer = infer_gather_elements, .lower = lower_gather_elements,
};

/* out[b…, i…, r…] = x[b…, index[b…, i…, :], r…], the last axis of index naming leading axes of x after the batch. */
static bool gather_nd_depth(struct module *m, int node, int *batch, int *depth)
{
	const struct tensor *x = node_in_tensor(m, node, 0), *index = node_in_tensor(m, node, 1);
	int64_t b = node_attr_int(m, node, "batch_dims", 0);

	if (!node_rank(m, node, 0, 1, MAX_RANK) || !node_rank(m, node, 1, 1, MAX_RANK))
		return false;
	if (b < 0 || b >= x->rank || b >= index->rank)
		return node_bad(m, node, "batch_dims is %lld, allowed: 0 to %d", (long long)b,
				(x->rank < index->rank ? x->rank : index->rank) - 1);
	if (!num_is_const(index->dim[index->rank - 1]))
		return node_unsupported(m, node, "the last dimension of the indexes must be a constant");
	if (index->dim[index->rank - 1].n < 1 || index->dim[index->rank - 1].n > x->rank - b)
		return node_bad(m, node, "indexes have %lld elements, allowed: 1 to %lld",
				(long long)index->dim[index->rank - 1].n, (long long)(x->rank - b));
	*batch = (int)b;
	*depth = (int)index->dim[index->rank - 1].n;
	return true;
}

static void range_gather_nd(struct module *m, int node, int64_t c, struct num *lo, struct num *hi)
{
	range_indexes(m, node_in_tensor(m, node, 0)->dim[node_attr_int(m, node, "batch_dims", 0) + c], lo, hi);
}

static bool infer_gather_nd(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0), index = *node_in_tensor(m, node, 1);
	struct num dim[2 * MAX_RANK];
	int batch, depth, rank = 0;

	if (!gather_nd_depth(m, node, &batch, &depth))
		return false;
	for (int k = 0; k < index.rank - 1; k++)
		dim[rank++] = index.dim[k];
	for (int k = batch + depth; k < x.rank; k++)
		dim[rank++] = x.dim[k];
	if (rank > MAX_RANK)
		return node_unsupported(m, node, "the result is of rank %d, allowed: up to %d", rank, MAX_RANK);
	return tensor_set(m, node, node_out(m, node, 0), x.type, rank, dim);
}

static bool lower_gather_nd(struct lowering *l, int node)
{
	struct module *m = l->m;
	const struct tensor x = *node_in_tensor(m, node, 0), index = *node_in_tensor(m, node, 1);
	struct nest *n = nest_new(m, node_out(m, node, 0));
	struct index at[MAX_RANK];
	struct num from[MAX_RANK];
	int batch, depth;

	if (!gather_nd_depth(m, node, &batch, &depth))
		return false;
	nest_axes(n, from);
	for (int k = 0; k < x.rank; k++) {
		int i = -1;

		if (k >= batch && k < batch + depth) {
			from[index.rank - 1] = num_const(k - batch);
			i = nest_position(n, node, 1, from, x.dim[k]);
		}
		at[k].expr = i;
		at[k].affine = k < batch ? n->axis[k] :
			       i >= 0	 ? num_const(0) :
					   n->axis[index.rank - 1 + k - batch - depth];
	}
	nest_store(n, nest_load_at(n, node_in(m, node, 0), at));
	lower_nest(l, n);
	return true;
}

const struct op_def op_GatherND_11 = {
	ONNX("GatherND", 11, 2, 2, 1, 1), .types = TYPES("fhiubne", "i"),
	.positions = POSITIONS(POSITION(1, range_gather_nd)), .infer = infer_gather_nd, .lower = lower_gather_nd,
};
const struct op_def op_GatherND_12 = {
	ONNX("GatherND", 12, 2, 2, 1, 1), .attrs = ATTRS(INT("batch_dims", 0)), .types = TYPES("fhiubne", "i"),
	.positions = POSITIONS(POSITION(1, range_gather_nd)), .infer = infer_gather_nd, .lower = lower_gather_nd,
};
