/* Pointwise operators whose expression depends on attributes or input types. */
#include <string.h>

#include "ops/pointwise.h"
#include "ops/training.h"

static bool infer_bool(struct module *m, int node)
{
	return infer_broadcast(m, node, DT_BOOL);
}

static bool lower_gelu(struct lowering *l, int node)
{
	bool tanh = node_attr_is(l->m, node, "approximate", "tanh");

	return lower_text(l, node, tanh ? "0.5 * x * (1 + tanh(0.7978845608 * (x + 0.044715 * x * x * x)))" :
		"0.5 * x * (1 + erf(x * 0.70710678118654752))", DT_NONE, false);
}

const struct op_def op_Gelu_20 = {
	ONNX("Gelu", 20, 1, 1, 1, 1), .attrs = ATTRS(STRING("approximate", "none", "none|tanh")), .types = TYPES("fh"),
	.infer = infer_same, .lower = lower_gelu,
};

static bool infer_mod(struct module *m, int node)
{
	if (m->node[node].op->since < 28 && is_float(node_in_type(m, node, 0)) && !node_attr_int(m, node, "fmod", 0))
		return node_bad(m, node, "fmod is 0, allowed for %s: 1", dtypes[node_in_type(m, node, 0)].name);
	return infer_broadcast_same(m, node);
}

static bool lower_mod(struct lowering *l, int node)
{
	return lower_text(l, node, node_attr_int(l->m, node, "fmod", 0) ? "fmod(x, y)" : "mod(x, y)", DT_NONE, false);
}

const struct op_def op_Mod_10 = {
	ONNX("Mod", 10, 2, 2, 1, 1), .attrs = ATTRS(FLAG("fmod", 0)), .types = TYPES("fhiu", "T"),
	.infer = infer_mod, .lower = lower_mod,
};

/* From 28 on floats, too, may take the divisor's sign. */
const struct op_def op_Mod_28 = {
	ONNX("Mod", 28, 2, 2, 1, 1), .attrs = ATTRS(FLAG("fmod", 0)), .types = TYPES("fhiu", "T"),
	.infer = infer_mod, .lower = lower_mod,
};

static bool lower_isinf(struct lowering *l, int node)
{
	static const char *const text[] = { NULL, "isinf(x) ? 0 < x : 0 != 0", "isinf(x) ? x < 0 : 0 != 0",
					    "isinf(x)" };
	int which = (node_attr_int(l->m, node, "detect_positive", 1) ? 1 : 0) +
		(node_attr_int(l->m, node, "detect_negative", 1) ? 2 : 0);
	struct nest *n = nest_new(l->m, node_out(l->m, node, 0));

	if (which != 0)
		return lower_text(l, node, text[which], DT_NONE, false);
	nest_store(n, nest_const_int(n, DT_BOOL, 0));
	lower_nest(l, n);
	return true;
}

const struct op_def op_IsInf_10 = {
	ONNX("IsInf", 10, 1, 1, 1, 1), .attrs = ATTRS(FLAG("detect_negative", 1), FLAG("detect_positive", 1)),
	.types = TYPES("fh"), .infer = infer_bool, .lower = lower_isinf,
};

/* Shifts by a negative number or the width and more leave the sign alone: shl and shr of what is not negative give
 * 0. */
static bool lower_bitshift(struct lowering *l, int node)
{
	bool is_signed = dtypes[node_in_type(l->m, node, 0)].class == CLASS_I;

	if (node_attr_is(l->m, node, "direction", "LEFT"))
		return lower_text(l, node, "shl(x, y)", DT_NONE, false);
	return lower_text(l, node, is_signed ? "x < 0 ? not(shr(not(x), y)) : shr(x, y)" : "shr(x, y)", DT_NONE, false);
}

const struct op_def op_BitShift_11 = {
	ONNX("BitShift", 11, 2, 2, 1, 1), .attrs = ATTRS(STRING_REQUIRED("direction", "LEFT|RIGHT")),
	.types = TYPES("u", "T"), .infer = infer_broadcast_same, .lower = lower_bitshift,
};
const struct op_def op_BitShift_28 = {
	ONNX("BitShift", 28, 2, 2, 1, 1), .attrs = ATTRS(STRING_REQUIRED("direction", "LEFT|RIGHT")),
	.types = TYPES("iu", "T"), .infer = infer_broadcast_same, .lower = lower_bitshift,
};

/* swish(x) * y without broadcasting. */
static bool infer_swiglu(struct module *m, int node)
{
	const struct tensor *x = node_in_tensor(m, node, 0);

	return node_shape(m, node, 1, x->dim, x->rank) && infer_same(m, node);
}

static bool lower_swiglu(struct lowering *l, int node)
{
	return lower_text(l, node, "x * sigmoid(alpha * x) * y", DT_NONE, false);
}

const struct op_def op_SwiGLU_28 = {
	ONNX("SwiGLU", 28, 2, 2, 1, 1), .attrs = ATTRS(FLOAT("alpha", 1.0)), .types = TYPES("fh", "T"),
	.infer = infer_swiglu, .lower = lower_swiglu,
};

/* The result has the base's type; an integer raised to a float is computed as that float, then truncated. */
static bool lower_pow(struct lowering *l, int node)
{
	enum dtype x = compute_type(node_in_type(l->m, node, 0)), y = compute_type(node_in_type(l->m, node, 1));

	return lower_text(l, node, "pow(x, y)", !is_float(x) && is_float(y) ? y : x, false);
}

const struct op_def op_Pow_7 = {
	ONNX("Pow", 7, 2, 2, 1, 1), .types = TYPES("fhiu", "fhiu"), .infer = infer_broadcast_same, .lower = lower_pow,
};

static bool lower_mean(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	enum dtype type = compute_type(node_in_type(m, node, 0));
	int n_in = m->node[node].n_in, sum = -1;

	for (int i = 0; i < n_in; i++) {
		int x = nest_cast(n, type, nest_load_broadcast(n, node_in(m, node, i)));

		sum = i == 0 ? x : nest_binary(n, E_ADD, sum, x);
	}
	nest_store_narrow(n, nest_binary(n, E_DIV, sum, nest_const_float(n, type, n_in)));
	lower_nest(l, n);
	return true;
}

const struct op_def op_Mean_6 = {
	ONNX("Mean", 6, 1, -1, 1, 1), .types = TYPES("fh", "T"), .infer = infer_broadcast_same, .lower = lower_mean,
};

/* Clip: the bounds are attributes before opset 11, then optional scalar inputs. */
static bool infer_clip(struct module *m, int node)
{
	for (int i = 1; i < 3; i++) {
		const struct tensor *t = node_in_tensor(m, node, i);

		if (t && t->rank != 0 && !num_is(tensor_elements(m, node_in(m, node, i)), 1))
			return node_bad(m, node, "bound %d is of rank %d, allowed: a scalar", i, t->rank);
	}
	return infer_same(m, node);
}

static int clip_bound(struct nest *n, int node, int input, const char *attr, enum dtype type)
{
	struct module *m = n->m;
	int t = node_in(m, node, input);

	if (t >= 0)
		return nest_cast(n, type, nest_load_flat(n, t, num_const(0)));
	if (m->node[node].op->attrs)
		return nest_const_float(n, type, node_attr_float(m, node, attr, 0));
	return -1;
}

static bool lower_clip(struct lowering *l, int node)
{
	struct nest *n = nest_new(l->m, node_out(l->m, node, 0));
	enum dtype type = compute_type(node_in_type(l->m, node, 0));
	int v = nest_cast(n, type, nest_load_broadcast(n, node_in(l->m, node, 0)));
	int low = clip_bound(n, node, 1, "min", type), high = clip_bound(n, node, 2, "max", type);

	if (low >= 0)
		v = nest_binary(n, E_MAX, v, low);
	if (high >= 0)
		v = nest_binary(n, E_MIN, v, high);
	nest_store_narrow(n, v);
	lower_nest(l, n);
	return true;
}

const struct op_def op_Clip_6 = {
	ONNX("Clip", 6, 1, 1, 1, 1), .types = TYPES("fh"),
	.attrs = ATTRS(FLOAT("min", -3.4028234663852886e+38), FLOAT("max", 3.4028234663852886e+38)),
	.infer = infer_clip, .lower = lower_clip,
};
const struct op_def op_Clip_11 = {
	ONNX("Clip", 11, 1, 3, 1, 1), .types = TYPES("fhiu", "T"), .infer = infer_clip, .lower = lower_clip,
};

/* Inference: the identity, and a mask of ones. */
static bool infer_dropout(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	int mask = node_out(m, node, 1), n;
	const struct num *training;

	if (node_in(m, node, 2) >= 0 &&
	    (!(training = tensor_value(m, node_in(m, node, 2), &n)) || !num_is(training[0], 0)))
		return node_unsupported(m, node, "training_mode is not known to be false, allowed: false, or at most "
					"2^20 elements of a constant shape");
	return infer_same(m, node) && (mask < 0 || tensor_set(m, node, mask, DT_BOOL, x.rank, x.dim));
}

static bool lower_dropout(struct lowering *l, int node)
{
	struct nest *n = nest_new(l->m, node_out(l->m, node, 0));

	nest_store(n, nest_load_broadcast(n, node_in(l->m, node, 0)));
	lower_nest(l, n);
	if (node_out(l->m, node, 1) < 0)
		return true;
	n = nest_new(l->m, node_out(l->m, node, 1));
	nest_store(n, nest_const_int(n, DT_BOOL, 1));
	lower_nest(l, n);
	return true;
}

const struct op_def op_Dropout_7 = {
	ONNX("Dropout", 7, 1, 1, 1, 2), .attrs = ATTRS(FLOAT("ratio", 0.5)), .types = TYPES("fh"),
	.infer = infer_dropout, .lower = lower_dropout,
};
const struct op_def op_Dropout_12 = {
	ONNX("Dropout", 12, 1, 3, 1, 2), .attrs = ATTRS(INT_OPTIONAL("seed")), .types = TYPES("fh", "fh", "b"),
	.infer = infer_dropout, .lower = lower_dropout, .expand = dropout_expand, .expands = dropout_trains,
};
