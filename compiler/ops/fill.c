/* Tensors made from few numbers: Constant, ConstantOfShape, Range, EyeLike, OneHot. */
#include "ops/arguments.h"

#include <string.h>

/* --- Constant: exactly one of its attributes is given ------------------------------------------------------------- */

static const void *constant_data(struct module *m, const struct attr *a, enum dtype *type, int *rank)
{
	size_t n = a->kind == ATTR_INTS || a->kind == ATTR_FLOATS ? (size_t)a->n : 1;
	bool is_int = a->kind == ATTR_INT || a->kind == ATTR_INTS;
	float *f = is_int ? NULL : ARENA_ARRAY(m->arena, n, float);
	int64_t *i = is_int ? ARENA_ARRAY(m->arena, n, int64_t) : NULL;

	*type = is_int ? DT_I64 : DT_F32;
	*rank = a->kind == ATTR_INTS || a->kind == ATTR_FLOATS;
	if (a->kind == ATTR_INT)
		*i = a->i;
	else if (a->kind == ATTR_FLOAT)
		*f = (float)a->f;
	else if (n)
		memcpy(is_int ? (void *)i : f, is_int ? (const void *)a->ints : a->floats,
		       n * (is_int ? sizeof *i : sizeof *f));
	return is_int ? (const void *)i : f;
}

static bool infer_constant(struct module *m, int node)
{
	const struct op_def *op = m->node[node].op;
	const struct attr *given = NULL;
	const char *name = NULL;
	int out = node_out(m, node, 0), rank;
	enum dtype type;
	struct num dim;
	const void *data;

	for (int k = 0; op->attrs[k].name; k++)
		if (m->node[node].attr[k].kind != ATTR_NONE) {
			if (given)
				return node_bad(m, node, "%s and %s are both given, allowed: one of them", name,
						op->attrs[k].name);
			given = &m->node[node].attr[k];
			name = op->attrs[k].name;
		}
	if (!given)
		return node_bad(m, node, "no value is given, allowed: one");
	if (given->kind == ATTR_TENSOR) {
		const struct tensor value = m->tensor[given->i];

		if (!tensor_set(m, node, out, value.type, value.rank, value.dim))
			return false;
		m->tensor[out].data = value.data;
		return true;
	}
	data = constant_data(m, given, &type, &rank);
	dim = num_const(given->n);
	if (!tensor_set(m, node, out, type, rank, &dim))
		return false;
	m->tensor[out].data = data;
	return true;
}

/* Inference has made the output a constant: nothing is left to compute. */
static bool lower_constant(struct lowering *l, int node)
{
	(void)l;
	(void)node;
	return true;
}

const struct op_def op_Constant_1 = {
	ONNX("Constant", 1, 0, 0, 1, 1), .attrs = ATTRS(TENSOR_OPTIONAL("value")),
	.infer = infer_constant, .lower = lower_constant,
};
const struct op_def op_Constant_12 = {
	ONNX("Constant", 12, 0, 0, 1, 1), .infer = infer_constant, .lower = lower_constant,
	.attrs = ATTRS(TENSOR_OPTIONAL("value"), FLOAT_OPTIONAL("value_float"), FLOATS_OPTIONAL("value_floats"),
		       INT_OPTIONAL("value_int"), INTS_OPTIONAL("value_ints")),
};

/* --- ConstantOfShape ---------------------------------------------------------------------------------------------- */

static bool infer_constant_of_shape(struct module *m, int node)
{
	const struct attr *a = node_attr(m, node, "value");
	const struct num *shape;
	int n;

	if (a && !num_is(tensor_elements(m, (int)a->i), 1))
		return node_bad(m, node, "value has %lld elements, allowed: 1",
				(long long)tensor_elements(m, (int)a->i).n);
	if (!node_numbers(m, node, NULL, 0, &shape, &n))
		return false;
	if (n > MAX_RANK)
		return node_unsupported(m, node, "the shape is of rank %d, allowed: up to %d", n, MAX_RANK);
	return tensor_set(m, node, node_out(m, node, 0), a ? m->tensor[a->i].type : DT_F32, n, shape);
}

static bool lower_constant_of_shape(struct lowering *l, int node)
{
	const struct attr *a = node_attr(l->m, node, "value");
	struct nest *n = nest_new(l->m, node_out(l->m, node, 0));

	nest_store(n, a ? nest_load_flat(n, (int)a->i, num_const(0)) : nest_const_float(n, DT_F32, 0));
	lower_nest(l, n);
	return true;
}

const struct op_def op_ConstantOfShape_9 = {
	ONNX("ConstantOfShape", 9, 1, 1, 1, 1), .attrs = ATTRS(TENSOR_OPTIONAL("value")), .types = TYPES("i"),
	.infer = infer_constant_of_shape, .lower = lower_constant_of_shape,
};

/* --- Range: start, start + delta, … below limit ------------------------------------------------------------------- */

static bool infer_range(struct module *m, int node)
{
	struct num n, v[3];
	enum dtype type = node_in_type(m, node, 0);

	if (compute_type(type) != type && node_attr_int(m, node, "stash_type", 1) != dtypes[DT_F32].onnx)
		return node_unsupported(m, node, "stash_type is %lld, allowed: 1 (float32)",
					(long long)node_attr_int(m, node, "stash_type", 1));
	for (int i = 0; i < 3; i++) {
		int t = node_in(m, node, i), count;
		const struct num *value = is_float(type) ? NULL : tensor_value(m, t, &count);

		if (!num_is(tensor_elements(m, t), 1))
			return node_bad(m, node, "input %d must be a scalar", i);
		if (!value && !tensor_is_const(m, t))
			return node_unknown(m, node, i);
		v[i] = value ? value[0] : num_const(0);
	}
	if (is_float(type)) {
		double start = const_double(m, node_in(m, node, 0), 0), limit = const_double(m, node_in(m, node, 1), 0);
		double steps = (limit - start) / const_double(m, node_in(m, node, 2), 0);

		if (!(steps <= (double)MAX_ELEMENTS))
			return node_bad(m, node, "the range has %g elements, allowed: at most %lld", steps,
					(long long)MAX_ELEMENTS);
		n = num_const(steps > 0 ? (int64_t)steps : 0);
		n.n += steps > (double)n.n;
	} else {
		struct nums *s = &m->nums;

		if (!num_is_const(v[2]))
			return node_unsupported(m, node, "delta must be a constant");
		if (v[2].n == 0)
			return node_bad(m, node, "delta is 0, allowed: any other number");
		n = v[2].n > 0 ? num_ceildiv(s, num_sub(s, v[1], v[0]), v[2]) :
			num_ceildiv(s, num_sub(s, v[0], v[1]), num_const(-v[2].n));
		n = num_max(s, n, num_const(0));
	}
	return tensor_set(m, node, node_out(m, node, 0), type, 1, &n);
}

bool lower_range(struct lowering *l, int node)
{
	struct nest *n = nest_new(l->m, node_out(l->m, node, 0));
	enum dtype type = compute_type(l->m->tensor[n->out].type);
	int start = nest_cast(n, type, nest_load_flat(n, node_in(l->m, node, 0), num_const(0)));
	int delta = nest_cast(n, type, nest_load_flat(n, node_in(l->m, node, 2), num_const(0)));

	nest_store_narrow(n, nest_binary(n, E_ADD, start,
					 nest_binary(n, E_MUL, nest_cast(n, type, nest_index(n, n->axis[0])), delta)));
	lower_nest(l, n);
	return true;
}

const struct op_def op_Range_11 = {
	ONNX("Range", 11, 3, 3, 1, 1), .types = TYPES("fi", "T"), .infer = infer_range, .lower = lower_range,
};
const struct op_def op_Range_27 = {
	ONNX("Range", 27, 3, 3, 1, 1), .attrs = ATTRS(INT("stash_type", 1)), .types = TYPES("fhi", "T"),
	.infer = infer_range, .lower = lower_range,
};

/* --- EyeLike: 1 where column - row = k ---------------------------------------------------------------------------- */

static bool infer_eye_like(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	enum dtype type;

	return node_attr_type(m, node, "dtype", x.type, &type) && node_rank(m, node, 0, 2, 2) &&
	       tensor_set(m, node, node_out(m, node, 0), type, 2, x.dim);
}

static bool lower_eye_like(struct lowering *l, int node)
{
	struct nums *s = &l->m->nums;
	struct nest *n = nest_new(l->m, node_out(l->m, node, 0));
	int diagonal = nest_index(n, num_sub(s, n->axis[1], n->axis[0]));
	int on = nest_binary(n, E_EQ, diagonal, nest_const_int(n, DT_I64, node_attr_int(l->m, node, "k", 0)));

	nest_store(n, nest_cast(n, l->m->tensor[n->out].type, nest_select(n, on, nest_const_float(n, DT_F32, 1),
									   nest_const_float(n, DT_F32, 0))));
	lower_nest(l, n);
	return true;
}

const struct op_def op_EyeLike_9 = {
	ONNX("EyeLike", 9, 1, 1, 1, 1), .attrs = ATTRS(INT_OPTIONAL("dtype"), INT("k", 0)), .types = TYPES("fhiub"),
	.infer = infer_eye_like, .lower = lower_eye_like,
};

/* --- OneHot: values[1] where the new axis' index is the input's, values[0] elsewhere ------------------------------ */

static bool infer_one_hot(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0), values = *node_in_tensor(m, node, 2);
	int depth = node_in(m, node, 1), axis, n, from = 0;
	const struct num *value;
	struct num dim[MAX_RANK], size;

	if (x.rank == MAX_RANK)
		return node_unsupported(m, node, "the result is of rank %d, allowed: up to %d", x.rank + 1, MAX_RANK);
	if (!node_axis_attr(m, node, "axis", -1, x.rank + 1, &axis))
		return false;
	if (!num_is(tensor_elements(m, depth), 1) || values.rank != 1 || !num_is(values.dim[0], 2))
		return node_bad(m, node, "depth must have one element and values two");
	if (tensor_is_const(m, depth) && is_float(m->tensor[depth].type))
		size = num_const((int64_t)const_double(m, depth, 0));
	else if ((value = tensor_value(m, depth, &n)))
		size = value[0];
	else
		return node_unknown(m, node, 1);
	for (int k = 0; k <= x.rank; k++)
		dim[k] = k == axis ? size : x.dim[from++];
	return tensor_set(m, node, node_out(m, node, 0), values.type, x.rank + 1, dim);
}

static bool lower_one_hot(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	int axis, from = 0, i, zero = nest_const_int(n, DT_I64, 0), on, off;
	struct num at[MAX_RANK];

	if (!node_axis_attr(m, node, "axis", -1, n->n_axes, &axis))
		return false;
	for (int k = 0; k < n->n_axes; k++)
		if (k != axis)
			at[from++] = n->axis[k];
	i = nest_cast(n, DT_I64, nest_load(n, node_in(m, node, 0), at));
	/* Not clamped: an index outside selects nothing. */
	i = nest_select(n, nest_binary(n, E_LT, i, zero), nest_binary(n, E_ADD, i, nest_index(n, n->extent[axis])), i);
	off = nest_load_flat(n, node_in(m, node, 2), num_const(0));
	on = nest_load_flat(n, node_in(m, node, 2), num_const(1));
	nest_store(n, nest_select(n, nest_binary(n, E_EQ, i, nest_index(n, n->axis[axis])), on, off));
	lower_nest(l, n);
	return true;
}

const struct op_def op_OneHot_9 = {
	ONNX("OneHot", 9, 3, 3, 1, 1), .attrs = ATTRS(INT("axis", -1)), .types = TYPES("fiu", "fiu", "fhiub"),
	.infer = infer_one_hot, .lower = lower_one_hot,
};
