/* Matrix products of bytes of com.microsoft that are more than QLinearMatMul: QGemm, MatMulIntegerToFloat,
 * DynamicQuantizeMatMul. With sum = sum over k of (a - a_zero) * (b - b_zero), exact:
 *   y = float32(sum) * (a_scale * b_scale) + bias
 * Source: docs/ContribOperators.md of onnxruntime. */
#include "ops/expand.h"
#include "ops/qproduct.h"
#include "ops/quant.h"

int expand_product(struct module *m, int like, const struct quantised_product *p, int out)
{
	int v = expand_node(m, like, "MatMulInteger", 13, INPUTS(p->a, p->b, p->a_zero, p->b_zero), -1);
	const int scale = expand_mul(m, like, p->a_scale, p->b_scale);

	v = expand_cast(m, like, v, DT_F32, -1);
	v = expand_node(m, like, "Mul", 13, INPUTS(v, scale), p->bias < 0 ? out : -1);
	return p->bias < 0 ? v : expand_add(m, like, v, p->bias, out);
}

/* Parameter i of the right-hand side, input b, is one, one for each of its columns, or absent. */
static bool check_column(struct module *m, int node, int i, int b)
{
	const struct tensor *t = node_in_tensor(m, node, b);

	if (node_in(m, node, i) < 0)
		return true;
	return check_channels(m, node, i, t->rank > 1 ? t->dim[t->rank - 1] : num_const(1));
}

static bool check_one(struct module *m, int node, int i)
{
	return node_in(m, node, i) < 0 || check_channels(m, node, i, num_const(1));
}

/* --- MatMulIntegerToFloat, DynamicQuantizeMatMul ------------------------------------------------------------------ */

static bool expand_to_float(struct module *m, int node)
{
	const struct quantised_product p = {
		.a = node_in(m, node, 0), .b = node_in(m, node, 1),
		.a_scale = node_in(m, node, 2), .b_scale = node_in(m, node, 3),
		.a_zero = node_in(m, node, 4), .b_zero = node_in(m, node, 5), .bias = node_in(m, node, 6),
	};

	if (!expand_check_bytes(m, node, 0) || !expand_check_bytes(m, node, 1) || !check_one(m, node, 2) ||
	    !check_column(m, node, 3, 1) || !check_one(m, node, 4) || !check_column(m, node, 5, 1) ||
	    !check_column(m, node, 6, 1))
		return false;
	expand_product(m, node, &p, node_out(m, node, 0));
	return true;
}

const struct op_def op_ms_MatMulIntegerToFloat = {
	MICROSOFT("MatMulIntegerToFloat", 4, 7, 1, 1), .types = TYPES("iu", "iu", "f", "f", "iu", "iu", "f"),
	.expand = expand_to_float,
};

void expand_dynamic(struct module *m, int like, int x, int *q, int *scale, int *zero)
{
	int out[3] = { -1, -1, -1 };

	expand_many(m, like, "DynamicQuantizeLinear", 13, INPUTS(x), 3, out);
	*q = out[0];
	*scale = out[1];
	*zero = out[2];
}

static bool expand_dynamic_matmul(struct module *m, int node)
{
	struct quantised_product p = {
		.b = node_in(m, node, 1), .b_scale = node_in(m, node, 2), .b_zero = node_in(m, node, 3),
		.bias = node_in(m, node, 4),
	};

	if (!expand_check_bytes(m, node, 1) || !check_column(m, node, 2, 1) || !check_column(m, node, 3, 1) ||
	    !check_column(m, node, 4, 1))
		return false;
	expand_dynamic(m, node, node_in(m, node, 0), &p.a, &p.a_scale, &p.a_zero);
	expand_product(m, node, &p, node_out(m, node, 0));
	return true;
}

const struct op_def op_ms_DynamicQuantizeMatMul = {
	MICROSOFT("DynamicQuantizeMatMul", 3, 5, 1, 1), .types = TYPES("f", "iu", "f", "iu", "f"),
	.expand = expand_dynamic_matmul,
};

/* --- QGemm: A' * B' + C in steps of alpha * a_scale * b_scale, as float32 or quantised ---------------------------- */

enum { QGEMM_A, QGEMM_A_SCALE, QGEMM_A_ZERO, QGEMM_B, QGEMM_B_SCALE, QGEMM_B_ZERO, QGEMM_C, QGEMM_Y_SCALE,
       QGEMM_Y_ZERO };

/* C broadcasts to the product of rows x columns. */
static bool check_c(struct module *m, int node, struct num rows, struct num columns)
{
	const struct tensor *c = node_in_tensor(m, node, QGEMM_C);
	const struct num want[2] = { rows, columns };

	if (!c)
		return true;
	for (int k = 0; k < c->rank && c->rank <= 2; k++)
		if (!num_is(c->dim[k], 1) && !num_same(c->dim[k], want[2 - c->rank + k]))
			return node_bad(m, node, "input 6 has shape %s, allowed: what broadcasts to %s, the product",
					node_in_shape(m, node, QGEMM_C), dims_text(m, 2, want));
	return node_rank(m, node, QGEMM_C, 0, 2);
}

static bool check_qgemm(struct module *m, int node)
{
	const struct tensor *a = node_in_tensor(m, node, QGEMM_A), *b = node_in_tensor(m, node, QGEMM_B);
	struct num columns;

	if (!node_rank(m, node, QGEMM_A, 2, 2) || !node_rank(m, node, QGEMM_B, 2, 2) ||
	    !expand_check_bytes(m, node, QGEMM_A) || !expand_check_bytes(m, node, QGEMM_B) ||
	    !expand_check_bytes(m, node, QGEMM_Y_ZERO) || !expand_check_scale(m, node, QGEMM_A_SCALE) ||
	    !expand_check_scale(m, node, QGEMM_Y_SCALE))
		return false;
	columns = b->dim[!node_attr_int(m, node, "transB", 0)];
	if (node_in(m, node, QGEMM_Y_SCALE) < 0 && node_in(m, node, QGEMM_Y_ZERO) >= 0)
		return node_bad(m, node, "input 7 (y_scale) is absent beside input 8 (y_zero_point)");
	return check_c(m, node, a->dim[node_attr_int(m, node, "transA", 0)], columns) &&
	       check_channels(m, node, QGEMM_B_SCALE, columns) && check_channels(m, node, QGEMM_B_ZERO, columns);
}

/* The product as DequantizeLinear -> Gemm -> QuantizeLinear, which become integers when B and C are constants. */
static void expand_qgemm_sandwich(struct module *m, int node, int a, int a_scale)
{
	const bool t_b = node_attr_int(m, node, "transB", 0);
	const int b_scale = node_in(m, node, QGEMM_B_SCALE), c = node_in(m, node, QGEMM_C);
	int in[3] = { 0, 0, -1 };

	in[0] = expand_node(m, node, "DequantizeLinear", 13, INPUTS(a, a_scale, node_in(m, node, QGEMM_A_ZERO)), -1);
	in[1] = expand_node(m, node, "DequantizeLinear", 13,
			    INPUTS(node_in(m, node, QGEMM_B), b_scale, node_in(m, node, QGEMM_B_ZERO)), -1);
	expand_attr(m, in[1], "axis")->i = !t_b;
	if (c >= 0) {
		in[2] = expand_mul(m, node, a_scale, b_scale);
		in[2] = expand_node(m, node, "DequantizeLinear", 13, INPUTS(c, in[2]), -1);
		expand_attr(m, in[2], "axis")->i = -1;
	}
	a = expand_node(m, node, "Gemm", 13, 3, in, -1);
	expand_attr(m, a, "transB")->i = t_b;
	expand_quantize(m, node, a, node_in(m, node, QGEMM_Y_SCALE), node_in(m, node, QGEMM_Y_ZERO),
			node_in_type(m, node, QGEMM_A), node_out(m, node, 0));
}

/* The same in integers, whatever B and C are; the result may be float32. */
static void expand_qgemm_product(struct module *m, int node, int a, int a_scale)
{
	const int c = node_in(m, node, QGEMM_C), y_scale = node_in(m, node, QGEMM_Y_SCALE), y = node_out(m, node, 0);
	int b = node_in(m, node, QGEMM_B), scale = expand_mul(m, node, a_scale, node_in(m, node, QGEMM_B_SCALE)), v;

	if (node_attr_int(m, node, "transB", 0))
		b = expand_transpose(m, node, b, 2, (const int64_t[]){ 1, 0 }, -1);
	v = expand_node(m, node, "MatMulInteger", 13,
			INPUTS(a, b, node_in(m, node, QGEMM_A_ZERO), node_in(m, node, QGEMM_B_ZERO)), -1);
	if (c >= 0)
		v = expand_add(m, node, v, c, -1);
	if (y_scale >= 0)
		scale = expand_node(m, node, "Div", 13, INPUTS(scale, y_scale), -1);
	v = expand_node(m, node, "Mul", 13, INPUTS(expand_cast(m, node, v, DT_F32, -1), scale), y_scale < 0 ? y : -1);
	if (y_scale >= 0)
		expand_quantize(m, node, v, tensor_const_float(m, 1), node_in(m, node, QGEMM_Y_ZERO),
				node_in_type(m, node, QGEMM_A), y);
}

/* C as the sandwich takes it: a constant for each column. */
static bool is_column_constant(struct module *m, int node)
{
	const struct tensor *c = node_in_tensor(m, node, QGEMM_C), *b = node_in_tensor(m, node, QGEMM_B);
	const struct num columns = b->dim[!node_attr_int(m, node, "transB", 0)];

	return b->data && (!c || (c->data && c->rank >= 1 && num_same(c->dim[c->rank - 1], columns) &&
				  num_same(tensor_elements(m, node_in(m, node, QGEMM_C)), columns)));
}

static bool expand_qgemm(struct module *m, int node)
{
	const double alpha = node_attr_float(m, node, "alpha", 1);
	int a = node_in(m, node, QGEMM_A), a_scale = node_in(m, node, QGEMM_A_SCALE);

	if (!check_qgemm(m, node))
		return false;
	if (node_attr_int(m, node, "transA", 0))
		a = expand_transpose(m, node, a, 2, (const int64_t[]){ 1, 0 }, -1);
	if (alpha != 1)
		a_scale = expand_mul(m, node, tensor_const_float(m, (float)alpha), a_scale);
	if (node_in(m, node, QGEMM_Y_SCALE) >= 0 && is_column_constant(m, node))
		expand_qgemm_sandwich(m, node, a, a_scale);
	else
		expand_qgemm_product(m, node, a, a_scale);
	return true;
}

const struct op_def op_ms_QGemm = {
	MICROSOFT("QGemm", 6, 9, 1, 1),
	.attrs = ATTRS(FLAG("transA", 0), FLAG("transB", 0), FLOAT("alpha", 1)),
	.types = TYPES("iu", "f", "iu", "iu", "f", "iu", "i", "f", "iu"), .expand = expand_qgemm,
};
