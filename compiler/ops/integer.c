/* IntegerConv, IntegerMatMul and IntegerTable of domain "nnc", and what all integer operators ask of quantised
 * tensors. */
#include "ops/integer.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "ops/conv.h"
#include "ops/product.h"
#include "ops/quant.h"
#include "targets/target.h"

/* --- Parameters --------------------------------------------------------------------------------------------------- */

bool scale_is_sound(double scale)
{
	return scale >= FLT_MIN * 1024.0 && scale <= FLT_MAX / 1024.0;
}

bool dequantised_get(const struct module *m, int t, struct dequantised *d)
{
	int node = t < 0 ? -1 : m->tensor[t].producer;

	return node >= 0 && !strcmp(m->node[node].op->name, "DequantizeLinear") &&
	       !node_attr_int(m, node, "block_size", 0) &&
	       dequantised_inputs(m, node, 0, (int)node_attr_int(m, node, "axis", 1), d);
}

bool dequantised_inputs(const struct module *m, int node, int first, int axis, struct dequantised *d)
{
	const struct tensor *q, *scale, *zero;

	*d = (struct dequantised){ .q = node_in(m, node, first), .scale = node_in(m, node, first + 1),
				   .zero = node_in(m, node, first + 2) };
	q = &m->tensor[d->q];
	scale = &m->tensor[d->scale];
	zero = d->zero < 0 ? NULL : &m->tensor[d->zero];
	if (!scale->data || scale->type != DT_F32 || scale->rank > 1 || (zero && !zero->data))
		return false;
	if (q->type != DT_I8 && q->type != DT_U8 && q->type != DT_I32)
		return false;
	d->n = scale->rank ? (int)scale->dim[0].n : 1;
	d->axis = axis + (axis < 0 ? q->rank : 0);
	for (int i = 0; i < d->n; i++)
		if (!(const_double(m, d->scale, i) > 0.0 && const_double(m, d->scale, i) <= (double)FLT_MAX))
			return false;
	return d->n > 0;
}

float dequantised_scale(const struct module *m, const struct dequantised *d, int64_t i)
{
	return (float)const_double(m, d->scale, d->n > 1 ? i : 0);
}

int64_t dequantised_zero(const struct module *m, const struct dequantised *d, int64_t i)
{
	const struct tensor *zero = d->zero < 0 ? NULL : &m->tensor[d->zero];

	return zero ? const_int(m, d->zero, zero->rank && zero->dim[0].n > 1 ? i : 0) : 0;
}

int64_t quantised_value(float v, float scale, int64_t zero, enum dtype type)
{
	const float low = type == DT_I8 ? -128.0f : 0.0f, high = low + 255.0f;
	const float q = rintf(v / scale) + (float)zero;

	return (int64_t)(q > low ? q < high ? q : high : low);
}

/* --- IntegerConv, IntegerMatMul ----------------------------------------------------------------------------------- */

void integer_store(struct nest *n, int v, int64_t low, int64_t high)
{
	const enum dtype type = n->m->tensor[n->out].type;
	const int64_t least = type == DT_I8 ? -128 : 0;

	if (type == DT_F32 || low > least)
		v = nest_binary(n, E_MAX, v, nest_const_float(n, DT_F32, (double)low));
	if (type == DT_F32 || high < least + 255)
		v = nest_binary(n, E_MIN, v, nest_const_float(n, DT_F32, (double)high));
	nest_store(n, type == DT_F32 ? v : nest_saturate(n, type, v));
}

void integer_store_scaled(struct nest *n, int node, int first, int acc, struct num channel)
{
	struct module *m = n->m;
	const int bias = node_in(m, node, first), multiplier = node_in(m, node, first + 1);
	const int zero = node_in(m, node, first + 2);
	int v;

	if (bias >= 0)
		acc = nest_binary(n, E_ADD, acc, nest_load_channel(n, bias, channel));
	v = nest_binary(n, E_MUL, nest_cast(n, DT_F32, acc), nest_load_channel(n, multiplier, channel));
	v = nest_unary(n, E_ROUND, v);
	v = nest_binary(n, E_ADD, v, nest_cast(n, DT_F32, nest_load_channel(n, zero, num_const(0))));
	integer_store(n, v, node_attr_int(m, node, "low", 0), node_attr_int(m, node, "high", 0));
}

static bool infer_integer_conv(struct module *m, int node)
{
	return conv_set(m, node, node_in_type(m, node, INTEGER_Y_ZERO));
}

static bool lower_integer_conv(struct lowering *l, int node)
{
	struct nest *n = nest_new(l->m, node_out(l->m, node, 0));
	struct conv c;

	if (!conv_get(l->m, node, &c))
		return false;
	integer_store_scaled(n, node, INTEGER_BIAS, conv_sum(n, &c), n->axis[1]);
	lower_nest(l, n);
	return true;
}

static bool infer_integer_matmul(struct module *m, int node)
{
	return product_set(m, node, node_in_type(m, node, INTEGER_Y_ZERO));
}

static bool lower_integer_matmul(struct lowering *l, int node)
{
	struct nest *n = nest_new(l->m, node_out(l->m, node, 0));
	struct product p = product_get(l->m, node);
	struct num at_a[MAX_RANK], at_b[MAX_RANK];

	product_indexes(n, &p, at_a, at_b);
	integer_store_scaled(n, node, INTEGER_BIAS, product_sum(n, &p, at_a, at_b),
		     n->n_axes ? n->axis[n->n_axes - 1] : num_const(0));
	lower_nest(l, n);
	return true;
}

/* What all operators of this domain have in common. */
#define INTEGER(op_name, least_in, most_in)                                                                            \
	.domain = "nnc", .name = op_name, .since = 1, .min_in = least_in, .max_in = most_in, .min_out = 1, .max_out = 1

#define SCALED_TYPES TYPES("iu", "iu", "iu", "iu", "i", "f", "iu")

const struct op_def op_nnc_IntegerConv = {
	INTEGER("IntegerConv", 2, INTEGER_INPUTS),
	.attrs = ATTRS(CONV_ATTRS_LIST, INTEGER_LIMITS), .types = SCALED_TYPES,
	.infer = infer_integer_conv, .lower = lower_integer_conv, .by_kernels = true,
};
const struct op_def op_nnc_IntegerMatMul = {
	INTEGER("IntegerMatMul", 2, INTEGER_INPUTS),
	.attrs = ATTRS(INTEGER_LIMITS), .types = SCALED_TYPES,
	.infer = infer_integer_matmul, .lower = lower_integer_matmul, .by_kernels = true,
};

/* --- IntegerFloat: y = float(x - zero); IntegerScale: an IntegerConv's result of its sums, as float32 ------------- */

static bool infer_integer_float(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);

	return tensor_set(m, node, node_out(m, node, 0), DT_F32, x.rank, x.dim);
}

static bool lower_integer_float(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	const int zero = node_in(m, node, 1);
	int v = nest_cast(n, DT_F32, nest_load(n, node_in(m, node, 0), n->axis));

	if (zero >= 0)
		v = nest_binary(n, E_SUB, v, nest_cast(n, DT_F32, nest_load_channel(n, zero, num_const(0))));
	nest_store(n, v);
	lower_nest(l, n);
	return true;
}

static bool infer_integer_scale(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	const enum dtype type = node_attr_int(m, node, "float", 0) ? DT_F32 : node_in_type(m, node, 3);

	return tensor_set(m, node, node_out(m, node, 0), type, x.rank, x.dim);
}

static bool lower_integer_scale(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));

	integer_store_scaled(n, node, 1, nest_load(n, node_in(m, node, 0), n->axis),
		     n->axis[node_attr_int(m, node, "axis", 0)]);
	lower_nest(l, n);
	return true;
}

const struct op_def op_nnc_IntegerFloat = {
	INTEGER("IntegerFloat", 1, 2),
	.types = TYPES("iuf", "iu"),
	.infer = infer_integer_float,
	.lower = lower_integer_float,
};
/* Inputs: sums, bias (float32 too), multiplier, y_zero. axis: of the channels; float: the result stays float32. */
const struct op_def op_nnc_IntegerScale = {
	INTEGER("IntegerScale", 4, 4),
	.attrs = ATTRS(INTEGER_LIMITS, INT("axis", 0), FLAG("float", 0)),
	.types = TYPES("f", "f?", "f", "iu"),
	.infer = infer_integer_scale,
	.lower = lower_integer_scale,
};

/* --- IntegerTable: y = table[x - lowest value of x's type] --------------------------------------------------------
 *
 * A table of 256 elements, or k x 256: one for each index of `axis`. */

/* min(max(rint(x * factor + offset), low), high), both operations rounded to float32. */
struct line {
	float factor, offset;
	int low, high;
};

/* volatile: no product is merged with a sum. */
static int line_at(const struct line *l, int x)
{
	const volatile float product = (float)x * l->factor, sum = product + l->offset;

	return (int)rintf(sum > (float)l->low ? sum < (float)l->high ? sum : (float)l->high : (float)l->low);
}

/* The line that table t, read from x = first on, is; false: none with this factor. Its offset lies between what the
 * middles of the steps leave. */
static bool line_find(const struct module *m, int t, int first, double factor, struct line *l)
{
	double least = -1e9, most = 1e9;

	*l = (struct line){ .factor = (float)factor, .low = 255, .high = -255 };
	for (int i = 0; i < 256; i++) {
		const int y = (int)const_int(m, t, i);
		l->low = y < l->low ? y : l->low;
		l->high = y > l->high ? y : l->high;
	}
	for (int i = 0; i < 256; i++) {
		const int y = (int)const_int(m, t, i);
		const double middle = y - (first + i) * (double)l->factor;
		if (y > l->low && middle - 0.5 > least)
			least = middle - 0.5;
		if (y < l->high && middle + 0.5 < most)
			most = middle + 0.5;
	}
	l->offset = (float)((least + most) / 2);
	for (int i = 0; i < 256; i++)
		if (line_at(l, first + i) != const_int(m, t, i))
			return false;
	return true;
}

/* Elements from which vectors beat a table. */
enum { WORTH_A_LINE = 256 };

/* Arithmetic in vectors instead of a table, which has none. */
static bool lower_line(struct lowering *l, int node, int first)
{
	struct module *m = l->m;
	const double factor = node_attr_float(m, node, "factor", 0);
	const enum dtype type = m->tensor[node_out(m, node, 0)].type;
	struct line line, unbounded;
	struct nest *n;
	int v;

	if (!m->target || m->target->vector_bytes <= 4 || factor <= 0.0 || node_in_tensor(m, node, 1)->rank > 1 ||
	    tensor_elements(m, node_in(m, node, 0)).n < WORTH_A_LINE ||
	    !line_find(m, node_in(m, node, 1), first, factor, &line))
		return false;
	unbounded = (struct line){ line.factor, line.offset, type == DT_I8 ? -128 : 0, type == DT_I8 ? 127 : 255 };
	n = nest_new(m, node_out(m, node, 0));
	v = nest_cast(n, DT_F32, nest_load(n, node_in(m, node, 0), n->axis));
	v = nest_binary(n, E_MUL, v, nest_const_float(n, DT_F32, (double)line.factor));
	v = nest_binary(n, E_ADD, v, nest_const_float(n, DT_F32, (double)line.offset));
	if (line_at(&line, first) != line_at(&unbounded, first))
		v = nest_binary(n, E_MAX, v, nest_const_float(n, DT_F32, line.low));
	if (line_at(&line, first + 255) != line_at(&unbounded, first + 255))
		v = nest_binary(n, E_MIN, v, nest_const_float(n, DT_F32, line.high));
	nest_store(n, nest_saturate(n, type, v));
	lower_nest(l, n);
	return true;
}

static bool infer_integer_table(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);

	return tensor_set(m, node, node_out(m, node, 0), node_in_type(m, node, 1), x.rank, x.dim);
}

static bool lower_integer_table(struct lowering *l, int node)
{
	struct module *m = l->m;
	const int first = node_in_type(m, node, 0) == DT_I8 ? -128 : 0;
	const int n_at = node_in_tensor(m, node, 1)->rank;
	struct index at[2];
	struct nest *n;

	if (lower_line(l, node, first))
		return true;
	n = nest_new(m, node_out(m, node, 0));
	at[0] = (struct index){ .affine = n->axis[node_attr_int(m, node, "axis", 0)], .expr = -1 };
	at[n_at - 1] = (struct index){ .affine = num_const(-first),
				       .expr = nest_cast(n, DT_I64, nest_load(n, node_in(m, node, 0), n->axis)) };
	nest_store(n, nest_load_at(n, node_in(m, node, 1), at));
	lower_nest(l, n);
	return true;
}

const struct op_def op_nnc_IntegerTable = {
	INTEGER("IntegerTable", 2, 2),
	.attrs = ATTRS(FLOAT("factor", 0.0), INT("axis", 0)),
	.types = TYPES("iu", "iu"),
	.infer = infer_integer_table,
	.lower = lower_integer_table,
};

/* --- IntegerFlip: int8 + 128 as uint8, uint8 - 128 as int8: the top bit turned ------------------------------------ */

static bool infer_integer_flip(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);

	return tensor_set(m, node, node_out(m, node, 0), x.type == DT_I8 ? DT_U8 : DT_I8, x.rank, x.dim);
}

static bool lower_integer_flip(struct lowering *l, int node)
{
	struct module *m = l->m;
	const enum dtype type = m->tensor[node_out(m, node, 0)].type;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	const int x = nest_cast(n, DT_I32, nest_load(n, node_in(m, node, 0), n->axis));
	const int off = nest_const_int(n, DT_I32, type == DT_U8 ? 128 : -128);

	nest_store(n, nest_cast(n, type, nest_binary(n, E_ADD, x, off)));
	lower_nest(l, n);
	return true;
}

const struct op_def op_nnc_IntegerFlip = {
	INTEGER("IntegerFlip", 1, 1),
	.types = TYPES("iu"),
	.infer = infer_integer_flip,
	.lower = lower_integer_flip,
};
