/* Integers: convolution, matrix product and softmax between DequantizeLinear and QuantizeLinear, and the first two as
 * QLinearConv and QLinearMatMul. */
#include <math.h>
#include <string.h>

#include "passes/integers.h"
#include "passes/rewrite.h"

/* Constants of 8 bits with one scale or one for each index of `axis`, channels of them. */
static bool are_weights(const struct sandwich *s, int axis, int64_t channels, const struct dequantised *d)
{
	return s->m->tensor[d->q].type != DT_I32 && s->m->tensor[d->q].data &&
	       (d->n == 1 || (d->axis == axis && d->n == channels));
}

static bool weights(struct sandwich *s, int t, int axis, int64_t channels, struct dequantised *d)
{
	s->why = "the weights are not constants of 8 bits with constant scales of the output channels";
	return dequantised_get(s->m, t, d) && are_weights(s, axis, channels, d);
}

/* The bias as int32 in steps of x's scale times w's. Those of DequantizeLinear are taken as they are when their scale
 * says the same; float32 constants when every one is a whole number of steps. */
static bool bias_steps(struct sandwich *s, int t, const struct dequantised *x, const struct dequantised *w,
		       int64_t channels, int *bias)
{
	const struct module *m = s->m;
	struct dequantised b;
	int32_t *steps;
	bool given;

	*bias = -1;
	if (t < 0)
		return true;
	s->why = "the bias is no constant in steps of the product of both scales";
	given = dequantised_get(m, t, &b);
	if (!m->tensor[given ? b.q : t].data || !num_is(tensor_elements(s->m, t), channels))
		return false;
	if (given && (m->tensor[b.q].type != DT_I32 || (b.n != 1 && b.n != channels)))
		return false;
	steps = ARENA_ARRAY(m->arena, channels, int32_t);
	for (int64_t i = 0; i < channels; i++) {
		float step = dequantised_scale(m, x, 0) * dequantised_scale(m, w, i);
		float v = given ? 0.0f : (float)const_double(m, t, i), q = rintf(v / step);
		if (given ? fabsf(dequantised_scale(m, &b, i) / step - 1.0f) > 1e-3f
			  : !(fabsf(q) < 1e9f) || q * step != v)
			return false;
		steps[i] = given ? (int32_t)(const_int(m, b.q, i) - dequantised_zero(m, &b, i)) : (int32_t)q;
	}
	*bias = const_typed(s->m, DT_I32, (int)channels, steps);
	return true;
}

/* (x's scale * w's scale) / y's scale, each operation rounded to float32, as onnxruntime's QLinearConv has it; false:
 * not finite. One that is tiny, of a channel without weights, is fine: whatever a target makes of it rounds to 0. */
static bool multipliers(struct sandwich *s, const struct dequantised *x, const struct dequantised *w, int *result)
{
	float *v = ARENA_ARRAY(s->m->arena, w->n, float);

	s->why = "the scales' product leaves float32";
	for (int i = 0; i < w->n; i++) {
		const float product = dequantised_scale(s->m, x, 0) * dequantised_scale(s->m, w, i);
		v[i] = product / s->scale;
		if (!isfinite(v[i]))
			return false;
	}
	*result = const_typed(s->m, DT_F32, w->n, v);
	return true;
}

/* Appends IntegerConv or IntegerMatMul; -1: scales out of range. */
static int scaled_node(struct sandwich *s, const struct op_def *op, const struct dequantised *x,
		       const struct dequantised *w, int w_q, int bias)
{
	struct module *m = s->m;
	int in[INTEGER_INPUTS], node;

	if (!multipliers(s, x, w, &in[INTEGER_MULTIPLIER]))
		return -1;
	in[INTEGER_X] = x->q;
	in[INTEGER_W] = w_q;
	in[INTEGER_X_ZERO] = const_zero_point(m, m->tensor[x->q].type, dequantised_zero(m, x, 0));
	in[INTEGER_W_ZERO] = w->zero;
	in[INTEGER_BIAS] = bias;
	in[INTEGER_Y_ZERO] = const_zero_point(m, s->type, s->zero);
	node = sandwich_node(s, op, INTEGER_INPUTS, in);
	rewrite_attr(m, node, "low")->i = s->low;
	rewrite_attr(m, node, "high")->i = s->high;
	return node;
}

/* Appends IntegerConv with the attributes of the core. */
static bool integer_conv(struct sandwich *s, const struct dequantised *x, const struct dequantised *w, int bias)
{
	static const char *const copied[] = { "auto_pad", "pads", "strides", "dilations", "group", "kernel_shape" };
	struct module *m = s->m;
	const int node = scaled_node(s, &op_nnc_IntegerConv, x, w, w->q, bias);

	if (node < 0)
		return false;
	for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
		const struct attr *from = node_attr(m, s->core, copied[i]);
		for (int k = 0; from && op_nnc_IntegerConv.attrs[k].name; k++)
			if (!strcmp(op_nnc_IntegerConv.attrs[k].name, copied[i]))
				m->node[node].attr[k] = *from;
	}
	return true;
}

bool sandwich_conv(struct sandwich *s)
{
	struct module *m = s->m;
	struct dequantised x, w;
	int64_t channels;
	int bias;

	if (!sandwich_bytes(s, node_in(m, s->core, 0), &x))
		return false;
	channels = node_in_tensor(m, s->core, 1)->dim[0].n;
	if (!weights(s, node_in(m, s->core, 1), 0, channels, &w) ||
	    !bias_steps(s, node_in(m, s->core, 2), &x, &w, channels, &bias))
		return false;
	return integer_conv(s, &x, &w, bias);
}

/* Inputs of QLinearConv and QLinearMatMul: x with scale and zero point, weights with theirs, y's scale and zero point,
 * and a bias in steps of the product of both scales. */
enum { QLINEAR_X, QLINEAR_W = 3, QLINEAR_BIAS = 8 };

bool qlinear_node(struct sandwich *s)
{
	struct module *m = s->m;
	const bool is_conv = !strcmp(m->node[s->core].op->name, "QLinearConv");
	const struct tensor *left = node_in_tensor(m, s->core, QLINEAR_X),
			    *right = node_in_tensor(m, s->core, QLINEAR_W);
	const int axis = is_conv ? 0 : right->rank - 1, bias = is_conv ? node_in(m, s->core, QLINEAR_BIAS) : -1;
	struct dequantised x, w;

	s->why = "a scale, a zero point, weights or bias that are not constant, or a scale for each row";
	if (left->rank < 2 || right->rank < 2 || (bias >= 0 && !m->tensor[bias].data) ||
	    !dequantised_inputs(m, s->core, QLINEAR_X, 0, &x) || !is_one_scale(s, &x) ||
	    !dequantised_inputs(m, s->core, QLINEAR_W, axis, &w) || !are_weights(s, axis, right->dim[axis].n, &w))
		return false;
	return is_conv ? integer_conv(s, &x, &w, bias)
		       : scaled_node(s, &op_nnc_IntegerMatMul, &x, &w, w.q, -1) >= 0;
}

/* Constant bytes n x k as k x n. */
static int transposed(struct module *m, int t)
{
	const int64_t n = m->tensor[t].dim[0].n, k = m->tensor[t].dim[1].n;
	const unsigned char *from = m->tensor[t].data;
	unsigned char *to = arena_array(m->arena, (size_t)(n * k), 1);

	for (int64_t i = 0; i < n; i++)
		for (int64_t j = 0; j < k; j++)
			to[j * n + i] = from[i * k + j];
	return tensor_const(m, m->tensor[t].name, m->tensor[t].type, 2, (const int64_t[]){ k, n }, to);
}

bool sandwich_matmul(struct sandwich *s)
{
	struct module *m = s->m;
	const bool gemm = !strcmp(m->node[s->core].op->name, "Gemm"),
		   t_b = gemm && node_attr_int(m, s->core, "transB", 0);
	const struct tensor b = *node_in_tensor(m, s->core, 1);
	const int axis = t_b ? 0 : b.rank - 1;
	const int64_t columns = b.rank ? b.dim[axis].n : 1;
	struct dequantised x, w;
	int bias = -1;

	s->why = "a vector, a transposed left side or a factor";
	if (b.rank < 2 || node_in_tensor(m, s->core, 0)->rank < 2)
		return false;
	if (gemm && (node_attr_int(m, s->core, "transA", 0) || node_attr_float(m, s->core, "alpha", 1) != 1.0 ||
		     node_attr_float(m, s->core, "beta", 1) != 1.0))
		return false;
	if (!sandwich_bytes(s, node_in(m, s->core, 0), &x) || !weights(s, node_in(m, s->core, 1), axis, columns, &w))
		return false;
	if (gemm && !bias_steps(s, node_in(m, s->core, 2), &x, &w, columns, &bias))
		return false;
	return scaled_node(s, &op_nnc_IntegerMatMul, &x, &w, t_b ? transposed(m, w.q) : w.q, bias) >= 0;
}

bool sandwich_softmax(struct sandwich *s)
{
	struct module *m = s->m;
	const struct op_def *op = m->node[s->core].op;
	const int rank = node_in_tensor(m, s->core, 0)->rank;
	int64_t axis = node_attr_int(m, s->core, "axis", op->since >= 13 ? -1 : 1);
	struct dequantised x;
	float *powers;
	int node;

	if (!sandwich_bytes(s, node_in(m, s->core, 0), &x))
		return false;
	axis += axis < 0 ? rank : 0;
	s->why = "several axes at once, or limits behind it";
	if ((op->since < 13 && axis != rank - 1) || rank < 1 || s->high - s->low != 255)
		return false;
	powers = ARENA_ARRAY(m->arena, 256, float);
	for (int i = 0; i < 256; i++)
		powers[i] = (float)exp(-(double)i * (double)dequantised_scale(m, &x, 0));
	node = sandwich_node(s, &op_nnc_IntegerSoftmax, 2, (const int[]){ x.q, const_typed(m, DT_F32, 256, powers) });
	rewrite_attr(m, node, "axis")->i = axis;
	rewrite_attr(m, node, "type")->i = s->type;
	rewrite_attr(m, node, "scale")->f = (double)s->scale;
	rewrite_attr(m, node, "zero")->i = s->zero;
	return true;
}
