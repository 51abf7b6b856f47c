/* Shapes as values, and operators that keep the elements in row-major order: Shape, Size, Reshape, Flatten, Squeeze,
 * Unsqueeze. */
#include "ops/arguments.h"

#include <string.h>

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

static bool infer_shape(struct module *m, int node)
{
	const struct tensor *x = node_in_tensor(m, node, 0);
	int64_t start = node_attr_int(m, node, "start", 0), end = node_attr_int(m, node, "end", x->rank);
	int64_t from = clamp(start < 0 ? start + x->rank : start, 0, x->rank);
	int64_t to = clamp(end < 0 ? end + x->rank : end, 0, x->rank);
	struct num n = num_const(to > from ? to - from : 0), *value = ARENA_ARRAY(m->arena, n.n, struct num);

	for (int64_t k = 0; k < n.n; k++)
		value[k] = x->dim[from + k];
	if (!tensor_set(m, node, node_out(m, node, 0), DT_I64, 1, &n))
		return false;
	m->tensor[node_out(m, node, 0)].value = value;
	return true;
}

static bool infer_size(struct module *m, int node)
{
	struct num *value = ARENA_NEW(m->arena, struct num);

	*value = tensor_elements(m, node_in(m, node, 0));
	if (!tensor_set(m, node, node_out(m, node, 0), DT_I64, 0, NULL))
		return false;
	m->tensor[node_out(m, node, 0)].value = value;
	return true;
}

/* out[i] = the i-th known value: infer_shape and infer_size know all of them. */
static bool lower_values(struct lowering *l, int node)
{
	struct nest *n = nest_new(l->m, node_out(l->m, node, 0));
	int count, e = nest_const_int(n, DT_I64, 0);
	const struct num *value = tensor_value(l->m, n->out, &count);

	for (int i = count - 1; i >= 0; i--) {
		int v = nest_index(n, value[i]);

		e = i == count - 1 ? v :
				     nest_select(n, nest_in_range(n, n->axis[0], num_const(i), num_const(i + 1)), v, e);
	}
	nest_store(n, e);
	lower_nest(l, n);
	return true;
}

const struct op_def op_Shape_1 = {
	ONNX("Shape", 1, 1, 1, 1, 1), .infer = infer_shape, .lower = lower_values,
};
const struct op_def op_Shape_15 = {
	ONNX("Shape", 15, 1, 1, 1, 1), .attrs = ATTRS(INT_OPTIONAL("end"), INT("start", 0)),
	.infer = infer_shape, .lower = lower_values,
};
const struct op_def op_Size_1 = {
	ONNX("Size", 1, 1, 1, 1, 1), .infer = infer_size, .lower = lower_values,
};

/* The one dimension given as -1: all elements over the product of the others. Factors that occur on both sides cancel,
 * so that run-time dimensions which are merely carried along need no division. */
static bool reshape_rest(struct module *m, int node, const struct tensor *x, int n, struct num *dim, int rest)
{
	struct num up = num_const(1), down = num_const(1);
	bool used[MAX_RANK] = { false };

	for (int k = 0; k < n; k++) {
		int i = 0;

		if (k == rest)
			continue;
		while (i < x->rank && (used[i] || num_is_const(dim[k]) || !num_same(x->dim[i], dim[k])))
			i++;
		if (i < x->rank)
			used[i] = true;
		else
			down = num_mul(&m->nums, down, dim[k]);
	}
	for (int i = 0; i < x->rank; i++)
		if (!used[i])
			up = num_mul(&m->nums, up, x->dim[i]);
	if (num_is(down, 0))
		return node_bad(m, node, "the shape has -1 beside a dimension 0, allowed: one of them");
	if (num_is_const(up) && num_is_const(down) && up.n % down.n != 0)
		return node_bad(m, node, "%lld elements are reshaped to rows of %lld, allowed: a divisor",
				(long long)up.n, (long long)down.n);
	dim[rest] = num_div(&m->nums, up, down);
	return true;
}

/* Dimension k of the new shape, v, is a 0 at some run-time size, and thereby a copy of x's: what never is empty cannot
 * be reshaped to nothing. Where x may be empty the 0 is taken for itself, which leaves as many elements. */
static struct num reshape_copied(struct nums *s, const struct tensor *x, int k, struct num v, struct num elements)
{
	if (num_is_const(v) || num_lo(s, v) > 0 || k >= x->rank || num_lo(s, elements) == 0)
		return v;
	return num_select(s, num_eq(s, v, num_const(0)), x->dim[k], v);
}

static bool infer_reshape(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	bool allow_zero = node_attr_int(m, node, "allowzero", 0);
	const struct num *shape;
	struct num dim[MAX_RANK], n_out;
	const struct num n_in = dims_product(m, x.dim, x.rank);
	int n, rest = -1;

	if (!node_numbers(m, node, NULL, 1, &shape, &n))
		return false;
	if (n > MAX_RANK)
		return node_unsupported(m, node, "the new shape is of rank %d, allowed: up to %d", n, MAX_RANK);
	for (int k = 0; k < n; k++) {
		dim[k] = shape[k];
		if (num_is(shape[k], -1)) {
			if (rest >= 0)
				return node_bad(m, node, "dimensions %d and %d are both -1, allowed: one", rest, k);
			rest = k;
		} else if (num_is(shape[k], 0) && !allow_zero) {
			if (k >= x.rank)
				return node_bad(m, node, "dimension %d is 0, a copy of the input's; allowed: of its %d",
						k, x.rank);
			dim[k] = x.dim[k];
		} else if (!allow_zero) {
			dim[k] = reshape_copied(&m->nums, &x, k, shape[k], n_in);
		}
	}
	if (rest >= 0 && !reshape_rest(m, node, &x, n, dim, rest))
		return false;
	n_out = dims_product(m, dim, n);
	if (num_is_const(n_in) && num_is_const(n_out) && n_in.n != n_out.n)
		return node_bad(m, node, "%lld elements are reshaped to %lld, allowed: as many", (long long)n_in.n,
				(long long)n_out.n);
	return tensor_set(m, node, node_out(m, node, 0), x.type, n, dim);
}

const struct op_def op_Reshape_5 = {
	ONNX("Reshape", 5, 2, 2, 1, 1), .types = TYPES("fhiubne", "i"), .infer = infer_reshape, .lower = lower_reshape,
};
const struct op_def op_Reshape_14 = {
	ONNX("Reshape", 14, 2, 2, 1, 1), .attrs = ATTRS(FLAG("allowzero", 0)), .types = TYPES("fhiubne", "i"),
	.infer = infer_reshape, .lower = lower_reshape,
};

static bool infer_flatten(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	int64_t axis = node_attr_int(m, node, "axis", 1);
	struct num dim[2];

	if (axis < -x.rank || axis > x.rank)
		return node_bad(m, node, "axis is %lld, allowed: %d to %d", (long long)axis, -x.rank, x.rank);
	if (axis < 0)
		axis += x.rank;
	dim[0] = dims_product(m, x.dim, (int)axis);
	dim[1] = dims_product(m, x.dim + axis, x.rank - (int)axis);
	return tensor_set(m, node, node_out(m, node, 0), x.type, 2, dim);
}

const struct op_def op_Flatten_1 = {
	ONNX("Flatten", 1, 1, 1, 1, 1), .attrs = ATTRS(INT("axis", 1)), .types = TYPES("fhiubne"),
	.infer = infer_flatten, .lower = lower_reshape,
};

static bool infer_squeeze(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	int axis[MAX_RANK], n, rank = 0;
	struct num dim[MAX_RANK];
	bool gone[MAX_RANK] = { false };

	if (!node_axes(m, node, "axes", 1, x.rank, axis, &n))
		return false;
	for (int k = 0; k < x.rank && n < 0; k++)
		gone[k] = num_is(x.dim[k], 1);
	for (int i = 0; i < n; i++) {
		if (num_is_const(x.dim[axis[i]]) && x.dim[axis[i]].n != 1)
			return node_bad(m, node, "axis %d has %lld elements, allowed: 1", axis[i],
					(long long)x.dim[axis[i]].n);
		gone[axis[i]] = true;
	}
	for (int k = 0; k < x.rank; k++)
		if (!gone[k])
			dim[rank++] = x.dim[k];
	return tensor_set(m, node, node_out(m, node, 0), x.type, rank, dim);
}

const struct op_def op_Squeeze_1 = {
	ONNX("Squeeze", 1, 1, 1, 1, 1), .attrs = ATTRS(INTS_OPTIONAL("axes")), .types = TYPES("fhiubne"),
	.infer = infer_squeeze, .lower = lower_reshape,
};
const struct op_def op_Squeeze_13 = {
	ONNX("Squeeze", 13, 1, 2, 1, 1), .types = TYPES("fhiubne", "i"), .infer = infer_squeeze, .lower = lower_reshape,
};

static bool infer_unsqueeze(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	const int64_t *v;
	int axis[MAX_RANK], n, from = 0;
	struct num dim[MAX_RANK];
	bool new[MAX_RANK] = { false };

	if (!node_constants(m, node, "axes", 1, &v, &n))
		return false;
	if (x.rank + n > MAX_RANK)
		return node_unsupported(m, node, "the result is of rank %d, allowed: up to %d", x.rank + n, MAX_RANK);
	if (!node_axes(m, node, "axes", 1, x.rank + n, axis, &n))
		return false;
	for (int i = 0; i < n; i++)
		new[axis[i]] = true;
	for (int k = 0; k < x.rank + n; k++)
		dim[k] = new[k] ? num_const(1) : x.dim[from++];
	return tensor_set(m, node, node_out(m, node, 0), x.type, x.rank + n, dim);
}

const struct op_def op_Unsqueeze_1 = {
	ONNX("Unsqueeze", 1, 1, 1, 1, 1), .attrs = ATTRS(INTS_REQUIRED("axes")), .types = TYPES("fhiubne"),
	.infer = infer_unsqueeze, .lower = lower_reshape,
};
const struct op_def op_Unsqueeze_13 = {
	ONNX("Unsqueeze", 13, 2, 2, 1, 1), .types = TYPES("fhiubne", "i"), .infer = infer_unsqueeze,
	.lower = lower_reshape,
};
