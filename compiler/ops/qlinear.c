/* The operators of com.microsoft on quantised tensors whose meaning is that of an operator of ai.onnx between
 * DequantizeLinear and QuantizeLinear: they are short for these nodes, which the pass "integers" takes as any other.
 *   y = saturate(round_half_even(op((q - zero) * scale, …) / y_scale) + y_zero)
 * Source: docs/ContribOperators.md of onnxruntime. Every quantised operand is three inputs, tensor, scale and zero
 * point (absent: 0); y's scale and zero point follow the last one. */
#include "ops/conv.h"
#include "ops/expand.h"

/* --- Operators with one core: inputs that are handed on, quantised operands, scale and zero point of y ------------ */

static bool expand_quantised(struct module *m, int node, const char *core, int opset, int plain, int operands)
{
	const int y = node_out(m, node, 0), y_scale = plain + 3 * operands;
	const int rank = node_in_tensor(m, node, plain)->rank;
	const bool channels_last = node_attr_int(m, node, "channels_last", 0) && rank > 2;
	int in[4], v;

	for (int i = 0; i < plain; i++)
		in[i] = node_in(m, node, i);
	for (int i = 0; i < operands; i++) {
		if (!expand_check_bytes(m, node, plain + 3 * i) || !expand_check_scale(m, node, plain + 3 * i + 1))
			return false;
		in[plain + i] = expand_dequantize(m, node, plain + 3 * i);
	}
	if (!expand_check_scale(m, node, y_scale))
		return false;
	if (channels_last)
		in[plain] = expand_channels_second(m, node, in[plain], rank);
	v = expand_core(m, node, core, opset, plain + operands, in, -1);
	if (channels_last)
		v = expand_channels_last(m, node, v, rank, -1);
	expand_quantize(m, node, v, node_in(m, node, y_scale), node_in(m, node, y_scale + 1),
			node_in_type(m, node, plain), y);
	return true;
}

#define QLINEAR(core, opset, least, plain, operands, input_types, ...) \
	static bool expand_##core(struct module *m, int node) \
	{ \
		return expand_quantised(m, node, #core, opset, plain, operands); \
	} \
	const struct op_def op_ms_QLinear##core = { \
		MICROSOFT("QLinear" #core, least, (plain) + 3 * (operands) + 2, 1, 1), .attrs = __VA_ARGS__, \
		.types = input_types, .expand = expand_##core, \
	};

#define ONE_OPERAND TYPES("q", "s", "q?", "s", "q?")
#define TWO_OPERANDS TYPES("q", "s", "q?", "q", "s", "q?", "s", "q?")
#define CHOICE_OF_TWO TYPES("b", "q", "s", "q?", "q", "s", "q?", "s", "q?")

QLINEAR(Add, 13, 7, 0, 2, TWO_OPERANDS, NULL)
QLINEAR(Mul, 13, 7, 0, 2, TWO_OPERANDS, NULL)
QLINEAR(Where, 16, 8, 1, 2, CHOICE_OF_TWO, NULL)
QLINEAR(Sigmoid, 13, 4, 0, 1, ONE_OPERAND, NULL)
QLINEAR(LeakyRelu, 13, 4, 0, 1, ONE_OPERAND, ATTRS(FLOAT("alpha", 0.01)))
QLINEAR(GlobalAveragePool, 13, 4, 0, 1, ONE_OPERAND, ATTRS(FLAG("channels_last", 0)))
QLINEAR(AveragePool, 13, 4, 0, 1, ONE_OPERAND,
	ATTRS(WINDOW_ATTRS, INTS_REQUIRED("kernel_shape"), FLAG("ceil_mode", 0), FLAG("count_include_pad", 0),
	      FLAG("channels_last", 0)))

/* --- QLinearSoftmax: the axis means what Softmax of the given opset says ------------------------------------------ */

static bool expand_softmax(struct module *m, int node)
{
	return expand_quantised(m, node, "Softmax", node_attr_int(m, node, "opset", 13) < 13 ? 11 : 13, 0, 1);
}

const struct op_def op_ms_QLinearSoftmax = {
	MICROSOFT("QLinearSoftmax", 4, 5, 1, 1),
	.attrs = ATTRS(INT("axis", -1), { .name = "opset", .kind = ATTR_INT, .required = true, .lo = 1, .hi = 1000 }),
	.types = ONE_OPERAND, .expand = expand_softmax,
};

/* --- QLinearConcat: y's scale and zero point come first ----------------------------------------------------------- */

static bool expand_concat(struct module *m, int node)
{
	const int n_in = m->node[node].n_in, n = n_in / 3;
	int *in = ARENA_ARRAY(m->scratch, n, int);

	/* The last zero point may be absent. */
	if ((n_in - 2) % 3 == 1)
		return node_bad(m, node, "%d inputs, allowed: 2 and three for each tensor", n_in);
	if (!expand_check_scale(m, node, 0))
		return false;
	for (int i = 0; i < n; i++) {
		const int first = 2 + 3 * i;
		if (node_in(m, node, first) < 0 || node_in(m, node, first + 1) < 0)
			return node_bad(m, node, "input %d is required and absent",
					first + (node_in(m, node, first) >= 0));
		if (!expand_check_bytes(m, node, first) || !expand_check_scale(m, node, first + 1))
			return false;
		in[i] = expand_dequantize(m, node, first);
	}
	expand_quantize(m, node, expand_core(m, node, "Concat", 13, n, in, -1), node_in(m, node, 0),
			node_in(m, node, 1), node_in_type(m, node, 2), node_out(m, node, 0));
	return true;
}

const struct op_def op_ms_QLinearConcat = {
	MICROSOFT("QLinearConcat", 4, -1, 1, 1), .attrs = ATTRS(INT_REQUIRED("axis")),
	.types = TYPES("s", "q?", "sq?"), .expand = expand_concat,
};

/* --- QLinearConv: that of ai.onnx, or over N x spatial x C -------------------------------------------------------- */

static bool expand_conv(struct module *m, int node)
{
	const int y = node_out(m, node, 0), rank = node_in_tensor(m, node, 0)->rank, n_in = m->node[node].n_in;
	const bool channels_last = node_attr_int(m, node, "channels_last", 0) && rank > 2;
	int *in = ARENA_ARRAY(m->scratch, n_in, int), v;

	for (int i = 0; i < n_in; i++)
		in[i] = node_in(m, node, i);
	if (channels_last)
		in[0] = expand_channels_second(m, node, in[0], rank);
	v = expand_core(m, node, "QLinearConv", 13, n_in, in, channels_last ? -1 : y);
	if (channels_last)
		expand_channels_last(m, node, v, rank, y);
	return true;
}

const struct op_def op_ms_QLinearConv = {
	MICROSOFT("QLinearConv", 8, 9, 1, 1),
	.attrs = ATTRS(CONV_ATTRS_LIST, FLAG("channels_last", 0)),
	.types = TYPES("q", "s", "q", "q", "s", "q", "s", "q", "w"), .expand = expand_conv,
};
