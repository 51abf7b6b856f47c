/* QuantizeLinear, DequantizeLinear, DynamicQuantizeLinear, and what quantised operators share.
 * q = saturate(round_half_even(x / scale) + zero), x = (q - zero) * scale; scale and zero per tensor, per index of one
 * axis, or per block of block_size elements along it. */
#include "graph/narrow.h"
#include "nest/nest_narrow.h"
#include "ops/expand.h"
#include "ops/quant.h"

int nest_load_channel(struct nest *n, int t, struct num channel)
{
	return nest_load_flat(n, t, num_is(tensor_elements(n->m, t), 1) ? num_const(0) : channel);
}

int nest_minus_zero(struct nest *n, int x, int zero, struct num channel)
{
	int v = nest_cast(n, DT_I32, x);

	return zero < 0 ? v : nest_binary(n, E_SUB, v, nest_cast(n, DT_I32, nest_load_channel(n, zero, channel)));
}

int nest_requantise(struct nest *n, enum dtype type, int acc, int scale, int zero, struct num channel)
{
	int v = nest_unary(n, E_ROUND, nest_binary(n, E_MUL, nest_cast(n, DT_F32, acc), nest_cast(n, DT_F32, scale)));

	if (zero >= 0)
		v = nest_binary(n, E_ADD, v, nest_cast(n, DT_F32, nest_load_channel(n, zero, channel)));
	return nest_saturate(n, type, v);
}

bool check_channels(struct module *m, int node, int input, struct num channels)
{
	const struct tensor *t = node_in_tensor(m, node, input);
	struct num n = tensor_elements(m, node_in(m, node, input));

	if (num_is(channels, 1) && (t->rank > 1 || !num_is(n, 1)))
		return node_bad(m, node, "input %d has shape %s, allowed: one element", input,
				node_in_shape(m, node, input));
	if (t->rank > 1 || (!num_is(n, 1) && !num_same(n, channels)))
		return node_bad(m, node, "input %d has %lld elements, allowed: 1 or %lld", input, (long long)n.n,
				(long long)channels.n);
	return true;
}

/* --- QuantizeLinear, DequantizeLinear ----------------------------------------------------------------------------- */

static bool quantize_check(struct module *m, int node)
{
	const struct tensor *x = node_in_tensor(m, node, 0), *scale = node_in_tensor(m, node, 1), *zero;
	int64_t block = node_attr_int(m, node, "block_size", 0);
	bool one = num_is(tensor_elements(m, node_in(m, node, 1)), 1);
	int axis;

	zero = node_in_tensor(m, node, 2);
	if (zero && zero->rank != scale->rank && !(one && num_is(tensor_elements(m, node_in(m, node, 2)), 1)))
		return node_bad(m, node, "the zero point is of rank %d, allowed: %d as the scale", zero->rank,
				scale->rank);
	if (one)
		return true;
	if (block < 0)
		return node_bad(m, node, "block_size is %lld, allowed: 0 or more", (long long)block);
	if (!node_axis_attr(m, node, "axis", 1, x->rank, &axis))
		return false;
	if (block == 0)
		return check_channels(m, node, 1, x->dim[axis]) && (!zero || check_channels(m, node, 2, x->dim[axis]));
	for (int k = 0; k < x->rank; k++) {
		struct num want = k == axis ? num_ceildiv(&m->nums, x->dim[k], num_const(block)) : x->dim[k];

		if (scale->rank != x->rank || !num_same(scale->dim[k], want) || (zero && !num_same(zero->dim[k], want)))
			return node_bad(m, node, "scale or zero point do not have one element a block along axis %d",
					k);
	}
	return true;
}

/* The scale or zero point (tensor t) of the nest's element. */
static int load_parameter(struct nest *n, int node, int t)
{
	struct module *m = n->m;
	int64_t block = node_attr_int(m, node, "block_size", 0);
	struct num at[MAX_RANK];
	int axis = 0;

	if (num_is(tensor_elements(m, t), 1))
		return nest_load_flat(n, t, num_const(0));
	(void)node_axis_attr(m, node, "axis", 1, n->n_axes, &axis);
	if (block == 0)
		return nest_load_flat(n, t, n->axis[axis]);
	nest_axes(n, at);
	at[axis] = num_div(&m->nums, at[axis], num_const(block));
	return nest_load(n, t, at);
}

static bool infer_quantize(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	enum dtype zero = node_in_type(m, node, 2), type;

	if (!node_attr_type(m, node, "output_dtype", zero == DT_NONE ? DT_U8 : zero, &type))
		return false;
	if (zero != DT_NONE && type != zero)
		return node_bad(m, node, "output_dtype is %s, allowed: %s as the zero point", dtypes[type].name,
				dtypes[zero].name);
	if ((dtypes[type].class != CLASS_I && dtypes[type].class != CLASS_U) || dtypes[type].bytes > 2)
		return node_bad(m, node, "the result is %s, allowed: an integer type of 16 bits or less, or a float of "
				"8 or less", dtypes[type].name);
	return quantize_check(m, node) && tensor_set(m, node, node_out(m, node, 0), type, x.rank, x.dim);
}

/* A whole number limited to what integers of less than 8 bits can hold. */
static int saturate_narrow(struct nest *n, enum dtype type, int v)
{
	const bool is_signed = dtypes[type].class == CLASS_I;
	const int size = 1 << narrow_bits(type), low = is_signed ? -size / 2 : 0;

	v = nest_saturate(n, is_signed ? DT_I8 : DT_U8, v);
	v = nest_cast(n, DT_I32, v);
	v = nest_binary(n, E_MAX, v, nest_const_int(n, DT_I32, low));
	return nest_cast(n, type, nest_binary(n, E_MIN, v, nest_const_int(n, DT_I32, low + size - 1)));
}

static bool lower_quantize(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	int zero = node_in(m, node, 2), v = nest_load(n, node_in(m, node, 0), n->axis);
	int scale = load_parameter(n, node, node_in(m, node, 1));
	const enum dtype type = m->tensor[n->out].type;

	v = nest_binary(n, E_DIV, nest_cast(n, DT_F32, v), nest_cast(n, DT_F32, scale));
	if (!dtype_is_code(type))
		v = nest_unary(n, E_ROUND, v);
	if (zero >= 0)
		v = nest_binary(n, E_ADD, v, nest_cast(n, DT_F32, load_parameter(n, node, zero)));
	if (dtype_is_code(type))
		v = nest_cast_float(n, type, v, node_attr_int(m, node, "saturate", 1), NARROW_UP);
	else
		v = narrow_bits(type) ? saturate_narrow(n, type, v) : nest_saturate(n, type, v);
	nest_store(n, v);
	lower_nest(l, n);
	return true;
}

static bool infer_dequantize(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	enum dtype type;

	return node_attr_type(m, node, "output_dtype", node_in_type(m, node, 1), &type) && quantize_check(m, node) &&
	       tensor_set(m, node, node_out(m, node, 0), type, x.rank, x.dim);
}

static bool lower_dequantize(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	const enum dtype type = dtype_is_code(node_in_type(m, node, 0)) ? DT_F32 : DT_I32;
	int zero = node_in(m, node, 2), v = nest_cast(n, type, nest_load(n, node_in(m, node, 0), n->axis));
	int scale = load_parameter(n, node, node_in(m, node, 1));

	if (zero >= 0)
		v = nest_binary(n, E_SUB, v, nest_cast(n, type, load_parameter(n, node, zero)));
	v = nest_binary(n, E_MUL, nest_cast(n, DT_F32, v), nest_cast(n, DT_F32, scale));
	nest_store_narrow(n, v);
	lower_nest(l, n);
	return true;
}

#define AXIS INT("axis", 1)
#define BLOCK INT("block_size", 0)
#define SATURATE FLAG("saturate", 1)
#define DTYPE_OUT INT("output_dtype", 0)
#define QUANTIZE(op_name, version, x_types, zero_types, fn, late, ...) \
	const struct op_def op_##op_name##_##version = { \
		ONNX(#op_name, version, 2, 3, 1, 1), .attrs = __VA_ARGS__, .types = TYPES(x_types, "fh", zero_types), \
		.infer = infer_##fn, .lower = lower_##fn, .fold_late = late, \
	};

QUANTIZE(QuantizeLinear, 10, "fhw", "q", quantize, false, NULL)
QUANTIZE(QuantizeLinear, 13, "fhw", "q", quantize, false, ATTRS(AXIS))
QUANTIZE(QuantizeLinear, 19, "fhw", "qne", quantize, false, ATTRS(AXIS, SATURATE))
QUANTIZE(QuantizeLinear, 21, "fhw", "qne", quantize, false, ATTRS(AXIS, SATURATE, BLOCK, DTYPE_OUT))
QUANTIZE(QuantizeLinear, 23, "fhw", "qne", quantize, false,
	 ATTRS(AXIS, SATURATE, BLOCK, DTYPE_OUT, INT("precision", 0)))
QUANTIZE(DequantizeLinear, 10, "qwp", "qwp", dequantize, true, NULL)
QUANTIZE(DequantizeLinear, 13, "qwp", "qwp", dequantize, true, ATTRS(AXIS))
QUANTIZE(DequantizeLinear, 21, "qwpne", "qwpne", dequantize, true, ATTRS(AXIS, BLOCK))
QUANTIZE(DequantizeLinear, 23, "qwpne", "qwpne", dequantize, true, ATTRS(AXIS, BLOCK, DTYPE_OUT))

/* Those of com.microsoft, which had types of 16 and 4 bits before the standard. */
static bool expand_quantize_linear(struct module *m, int node)
{
	expand_core(m, node, "QuantizeLinear", 21, m->node[node].n_in, m->node[node].in, node_out(m, node, 0));
	return true;
}

static bool expand_dequantize_linear(struct module *m, int node)
{
	expand_core(m, node, "DequantizeLinear", 21, m->node[node].n_in, m->node[node].in, node_out(m, node, 0));
	return true;
}

const struct op_def op_ms_QuantizeLinear = {
	MICROSOFT("QuantizeLinear", 2, 3, 1, 1), .attrs = ATTRS(AXIS), .types = TYPES("fh", "fh", "q"),
	.expand = expand_quantize_linear,
};
const struct op_def op_ms_DequantizeLinear = {
	MICROSOFT("DequantizeLinear", 2, 3, 1, 1), .attrs = ATTRS(AXIS), .types = TYPES("qwp", "fh", "qwp"),
	.expand = expand_dequantize_linear,
};

/* --- DynamicQuantizeLinear ---------------------------------------------------------------------------------------- */

static bool infer_dynamic_quantize(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);

	return tensor_set(m, node, node_out(m, node, 0), DT_U8, x.rank, x.dim) &&
	       tensor_set(m, node, node_out(m, node, 1), DT_F32, 0, NULL) &&
	       tensor_set(m, node, node_out(m, node, 2), DT_U8, 0, NULL);
}

/* The least (REDUCE_MIN) or greatest element of x, with 0 among them. */
static int lower_extreme(struct lowering *l, int node, enum reduce_op how)
{
	struct module *m = l->m;
	const struct tensor x = *node_in_tensor(m, node, 0);
	int t = lower_temp(l, DT_F32, 0, NULL), v;
	struct nest *n = nest_new(m, t);
	struct num at[MAX_RANK];

	for (int k = 0; k < x.rank; k++) /* in any order: as the elements lie */
		at[x.order[k]] = nest_reduce_axis(n, x.dim[x.order[k]]);
	v = nest_load(n, node_in(m, node, 0), at);
	v = x.rank ? nest_reduce(n, how, v) : v;
	nest_store(n, nest_binary(n, how == REDUCE_MIN ? E_MIN : E_MAX, v, nest_const_float(n, DT_F32, 0)));
	lower_nest(l, n);
	return t;
}

/* scale = (max - min) / 255, or 1 where that is 0, zero = saturate(round(-min / scale)). */
static bool lower_dynamic_quantize(struct lowering *l, int node)
{
	struct module *m = l->m;
	int low = lower_extreme(l, node, REDUCE_MIN), high = lower_extreme(l, node, REDUCE_MAX);
	int y = node_out(m, node, 0), scale = node_out(m, node, 1), zero = node_out(m, node, 2), is_zero, v;
	struct nest *n = nest_new(m, scale);

	v = nest_binary(n, E_SUB, nest_load(n, high, NULL), nest_load(n, low, NULL));
	is_zero = nest_binary(n, E_EQ, v, nest_const_float(n, DT_F32, 0));
	v = nest_binary(n, E_DIV, v, nest_const_float(n, DT_F32, 255));
	nest_store(n, nest_select(n, is_zero, nest_const_float(n, DT_F32, 1), v));
	lower_nest(l, n);

	n = nest_new(m, zero);
	v = nest_unary(n, E_NEG, nest_binary(n, E_DIV, nest_load(n, low, NULL), nest_load(n, scale, NULL)));
	nest_store(n, nest_saturate(n, DT_U8, v));
	lower_nest(l, n);

	n = nest_new(m, y);
	v = nest_binary(n, E_DIV, nest_load(n, node_in(m, node, 0), n->axis), nest_load(n, scale, NULL));
	v = nest_binary(n, E_ADD, nest_unary(n, E_ROUND, v), nest_cast(n, DT_F32, nest_load(n, zero, NULL)));
	nest_store(n, nest_saturate(n, DT_U8, v));
	lower_nest(l, n);
	return true;
}

const struct op_def op_DynamicQuantizeLinear_11 = {
	ONNX("DynamicQuantizeLinear", 11, 1, 1, 3, 3), .types = TYPES("s"),
	.infer = infer_dynamic_quantize, .lower = lower_dynamic_quantize,
};
