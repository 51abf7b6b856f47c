/* QAttention of com.microsoft: self-attention over bytes. x: batch x steps x inputs, weights: inputs x 3*hidden, for Q,
 * K and V one behind the other; with the product of qproduct.h, heads of n = hidden / num_heads columns and
 *   Q, K, V = x W + bias;  y = softmax(scale * Q K' + mask) V, scale: 1 / sqrt(n) unless given.
 * The mask adds mask_filter_value where a key does not count: mask_index is batch x steps, 0 for those, or, for every
 * batch, how many count; unidirectional: those behind the query. Source: docs/ContribOperators.md of onnxruntime. */
#include <math.h>

#include "ops/expand.h"
#include "ops/qproduct.h"
#include "ops/quant.h"

enum { ATTENTION_X, ATTENTION_W, ATTENTION_BIAS, ATTENTION_X_SCALE, ATTENTION_W_SCALE, ATTENTION_MASK, ATTENTION_X_ZERO,
       ATTENTION_W_ZERO, ATTENTION_PAST };
enum { MOST_STEPS = 1 << 13 };                  /* whose square the mask of a unidirectional one has as elements */

/* --- Checks ------------------------------------------------------------------------------------------------------- */

static bool check_parameters(struct module *m, int node, struct num columns)
{
	const struct num want[2] = { node_in_tensor(m, node, ATTENTION_X)->dim[2], columns };

	return expand_check_bytes(m, node, ATTENTION_X) && expand_check_bytes(m, node, ATTENTION_W) &&
	       node_shape(m, node, ATTENTION_W, want, 2) && node_shape(m, node, ATTENTION_BIAS, &columns, 1) &&
	       check_channels(m, node, ATTENTION_X_SCALE, num_const(1)) &&
	       check_channels(m, node, ATTENTION_W_SCALE, columns) &&
	       (node_in(m, node, ATTENTION_X_ZERO) < 0 ||
		check_channels(m, node, ATTENTION_X_ZERO, num_const(1))) &&
	       (node_in(m, node, ATTENTION_W_ZERO) < 0 || check_channels(m, node, ATTENTION_W_ZERO, columns));
}

/* The mask is batch x steps or of batch elements; who counts positions needs their number. */
static bool check_mask(struct module *m, int node)
{
	const struct tensor *mask = node_in_tensor(m, node, ATTENTION_MASK), *x = node_in_tensor(m, node, ATTENTION_X);

	const bool counts = node_attr_int(m, node, "unidirectional", 0) || (mask && mask->rank == 1);

	if (counts && (!num_is_const(x->dim[1]) || x->dim[1].n > MOST_STEPS))
		return node_unsupported(m, node, "input 0 has shape %s, allowed: a constant number of steps up to %d",
					node_in_shape(m, node, ATTENTION_X), MOST_STEPS);
	if (mask && mask->type != DT_I32)
		return node_unsupported(m, node, "input 5 is %s, allowed: int32", dtypes[mask->type].name);
	return !mask || (node_rank(m, node, ATTENTION_MASK, 1, 2) &&
			 node_shape(m, node, ATTENTION_MASK, x->dim, mask->rank));
}

static bool check_attention(struct module *m, int node, int64_t *columns)
{
	const struct tensor *w = node_in_tensor(m, node, ATTENTION_W);
	const int64_t heads = node_attr_int(m, node, "num_heads", 1);

	if (node_in(m, node, ATTENTION_PAST) >= 0 || node_out(m, node, 1) >= 0)
		return node_unsupported(m, node, "past or present keys are there, allowed: absent");
	if (node_attr_int(m, node, "do_rotary", 0))
		return node_unsupported(m, node, "do_rotary is 1, allowed: 0");
	if (!node_rank(m, node, ATTENTION_X, 3, 3) || !node_rank(m, node, ATTENTION_W, 2, 2))
		return false;
	if (!num_is_const(w->dim[1]) || w->dim[1].n < 1 || w->dim[1].n % (3 * heads))
		return node_bad(m, node, "input 1 has shape %s, allowed: columns in multiples of %lld = 3 * num_heads",
				node_in_shape(m, node, ATTENTION_W), (long long)(3 * heads));
	*columns = w->dim[1].n;
	return check_parameters(m, node, w->dim[1]) && check_mask(m, node);
}

/* --- The nodes ---------------------------------------------------------------------------------------------------- */

/* batch x steps x hidden as batch x heads x …, the rest in the order of perm. */
static int heads_of(struct module *m, int node, int x, int64_t n, const int64_t *perm)
{
	const int64_t dims[4] = { 0, 0, node_attr_int(m, node, "num_heads", 1), n };
	const int shape = tensor_const_ints(m, dims, 4);

	return expand_transpose(m, node, expand_node(m, node, "Reshape", 13, INPUTS(x, shape), -1), 4, perm, -1);
}

/* batch x steps as what is added to the scores: batch x 1 x 1 x steps. */
static int key_mask(struct module *m, int node, float out)
{
	const int64_t steps = node_in_tensor(m, node, ATTENTION_X)->dim[1].n, one = 1;
	const int zero = expand_zero(m, DT_I32), axes = tensor_const_ints(m, (const int64_t[]){ 1, 2 }, 2);
	const int yes = tensor_const_float(m, 0), no = tensor_const_float(m, out);
	int mask = node_in(m, node, ATTENTION_MASK), counts;

	if (m->tensor[mask].rank == 1) {
		int32_t *at = ARENA_ARRAY(m->arena, steps, int32_t);
		for (int64_t k = 0; k < steps; k++)
			at[k] = (int32_t)k;
		mask = expand_node(m, node, "Unsqueeze", 13, INPUTS(mask, tensor_const_ints(m, &one, 1)), -1);
		counts = tensor_const(m, NULL, DT_I32, 1, &steps, at);
		counts = expand_node(m, node, "Less", 13, INPUTS(counts, mask), -1);
	} else {
		counts = expand_node(m, node, "Greater", 13, INPUTS(mask, zero), -1);
	}
	mask = expand_node(m, node, "Where", 13, INPUTS(counts, yes, no), -1);
	return expand_node(m, node, "Unsqueeze", 13, INPUTS(mask, axes), -1);
}

/* steps x steps. */
static int causal_mask(struct module *m, int node, float out)
{
	const int64_t steps = node_in_tensor(m, node, ATTENTION_X)->dim[1].n;
	float *v = arena_array(m->arena, (size_t)steps, (size_t)steps * sizeof *v);

	for (int64_t i = 0; i < steps; i++)
		for (int64_t k = i + 1; k < steps; k++)
			v[i * steps + k] = out;
	return tensor_const(m, NULL, DT_F32, 2, (const int64_t[]){ steps, steps }, v);
}

static int masked(struct module *m, int node, int scores)
{
	const float out = (float)node_attr_float(m, node, "mask_filter_value", -10000);

	if (node_in(m, node, ATTENTION_MASK) >= 0)
		scores = expand_add(m, node, scores, key_mask(m, node, out), -1);
	if (node_attr_int(m, node, "unidirectional", 0))
		scores = expand_add(m, node, scores, causal_mask(m, node, out), -1);
	return scores;
}

static bool expand_qattention(struct module *m, int node)
{
	static const int64_t rows[] = { 0, 2, 1, 3 }, columns_first[] = { 0, 2, 3, 1 };
	const struct quantised_product p = {
		.a = node_in(m, node, ATTENTION_X), .b = node_in(m, node, ATTENTION_W),
		.a_scale = node_in(m, node, ATTENTION_X_SCALE), .b_scale = node_in(m, node, ATTENTION_W_SCALE),
		.a_zero = node_in(m, node, ATTENTION_X_ZERO), .b_zero = node_in(m, node, ATTENTION_W_ZERO),
		.bias = node_in(m, node, ATTENTION_BIAS),
	};
	double scale = node_attr_float(m, node, "scale", 0);
	int part[3], v;
	int64_t n;

	if (!check_attention(m, node, &n))
		return false;
	n /= 3 * node_attr_int(m, node, "num_heads", 1);
	scale = scale != 0 ? scale : (double)(1.0f / sqrtf((float)n));
	expand_split(m, node, expand_product(m, node, &p, -1), 2, 3, part);
	for (int k = 0; k < 3; k++)
		part[k] = heads_of(m, node, part[k], n, k == 1 ? columns_first : rows);
	v = expand_node(m, node, "MatMul", 13, INPUTS(part[0], part[1]), -1);
	v = masked(m, node, expand_mul(m, node, v, tensor_const_float(m, (float)scale)));
	v = expand_node(m, node, "Softmax", 13, INPUTS(v), -1);
	v = expand_node(m, node, "MatMul", 13, INPUTS(v, part[2]), -1);
	v = expand_transpose(m, node, v, 4, rows, -1);
	expand_node(m, node, "Reshape", 13, INPUTS(v, tensor_const_ints(m, (const int64_t[]){ 0, 0, -1 }, 3)),
		    node_out(m, node, 0));
	return true;
}

const struct op_def op_ms_QAttention = {
	MICROSOFT("QAttention", 5, 9, 1, 2),
	.attrs = ATTRS({ .name = "num_heads", .kind = ATTR_INT, .required = true, .lo = 1, .hi = 1 << 16 },
		       FLAG("unidirectional", 0), FLOAT_OPTIONAL("scale"), FLOAT_OPTIONAL("mask_filter_value"),
		       FLAG("do_rotary", 0), FLAG("past_present_share_buffer", 0)),
	.types = TYPES("iu", "iu", "f", "f", "f", "i", "iu", "iu", "f"), .expand = expand_qattention,
};
