/* DynamicQuantizeLSTM of com.microsoft: LSTM with weights of bytes, where the inputs of all steps together, and in
 * each step the state of every sequence by itself, are quantised as DynamicQuantizeLinear does it and multiplied.
 * (onnxruntime quantises the states that one thread computes together: with as many threads as sequences it is the
 * same, with fewer the result depends on their number.) The weights lie transposed, W: directions x input x 4*hidden,
 * R: directions x hidden x 4*hidden, gates in the order i, o, f, c. For each direction, with the product of qproduct.h,
 *   g = X W + Wb + Rb, for all steps at once; then a Scan over them:
 *   i, o, f, c' = g[t] + h R;  c = sigmoid(f) * c + sigmoid(i) * tanh(c');  h = sigmoid(o) * tanh(c)
 * Source: docs/ContribOperators.md of onnxruntime. */
#include <strings.h>

#include "ops/expand.h"
#include "ops/qproduct.h"
#include "ops/quant.h"

enum { LSTM_X, LSTM_W, LSTM_R, LSTM_B, LSTM_LENGTHS, LSTM_H, LSTM_C, LSTM_P, LSTM_W_SCALE, LSTM_W_ZERO, LSTM_R_SCALE,
       LSTM_R_ZERO };
enum { GATES = 4 };

/* --- Checks ------------------------------------------------------------------------------------------------------- */

/* What exporters and the quantiser do not write has no form here. */
static bool check_kind(struct module *m, int node, int directions)
{
	static const char *const usual[] = { "Sigmoid", "Tanh", "Tanh" };
	static const char *const absent[] = { "clip", "activation_alpha", "activation_beta" };
	const struct attr *a = node_attr(m, node, "activations");

	for (int i = 0; a && i < a->n; i++)
		if (a->n != 3 * directions || strcasecmp(a->strings[i], usual[i % 3]) != 0)
			return node_unsupported(m, node, "activation %d of %d is \"%.200s\", allowed: Sigmoid, Tanh, "
						"Tanh for each direction", i, a->n, a->strings[i]);
	for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
		if (node_attr(m, node, absent[i]))
			return node_unsupported(m, node, "attribute \"%s\" is there, allowed: absent", absent[i]);
	if (node_attr_int(m, node, "input_forget", 0))
		return node_unsupported(m, node, "input_forget is 1, allowed: 0");
	if (node_in(m, node, LSTM_LENGTHS) >= 0 || node_in(m, node, LSTM_P) >= 0)
		return node_unsupported(m, node, "input %d is there, allowed: absent",
					node_in(m, node, LSTM_P) >= 0 ? LSTM_P : LSTM_LENGTHS);
	return true;
}

/* A scale or zero point is one element, one for each direction, or one for each column of each direction. */
static bool check_parameter(struct module *m, int node, int i, struct num directions, struct num columns)
{
	const struct num want[2] = { directions, columns };
	const struct tensor *t = node_in_tensor(m, node, i);

	return node_rank(m, node, i, 1, 2) && node_shape(m, node, i, want, t->rank);
}

static bool check_shapes(struct module *m, int node, int directions)
{
	const struct tensor *x = node_in_tensor(m, node, LSTM_X), *r = node_in_tensor(m, node, LSTM_R);
	const struct num d = num_const(directions);
	struct num hidden, columns;

	if (!node_rank(m, node, LSTM_X, 3, 3) || !node_rank(m, node, LSTM_R, 3, 3))
		return false;
	hidden = r->dim[1];
	if (!num_is_const(hidden) || hidden.n < 1)
		return node_bad(m, node, "input 2 has shape %s, allowed: a hidden size, axis 1, from 1",
				node_in_shape(m, node, LSTM_R));
	columns = num_mul(&m->nums, hidden, num_const(GATES));
	if (node_attr_int(m, node, "hidden_size", hidden.n) != hidden.n)
		return node_bad(m, node, "hidden_size is %lld, allowed: %lld as the weights",
				(long long)node_attr_int(m, node, "hidden_size", 0), (long long)hidden.n);
	for (int i = LSTM_W_SCALE; i <= LSTM_R_ZERO; i++)
		if (!check_parameter(m, node, i, d, columns))
			return false;
	return expand_check_bytes(m, node, LSTM_W) && expand_check_bytes(m, node, LSTM_R) &&
	       node_shape(m, node, LSTM_W, (const struct num[]){ d, x->dim[2], columns }, 3) &&
	       node_shape(m, node, LSTM_R, (const struct num[]){ d, hidden, columns }, 3) &&
	       node_shape(m, node, LSTM_B, (const struct num[]){ d, num_mul(&m->nums, columns, num_const(2)) }, 2) &&
	       node_shape(m, node, LSTM_H, (const struct num[]){ d, x->dim[1], hidden }, 3) &&
	       node_shape(m, node, LSTM_C, (const struct num[]){ d, x->dim[1], hidden }, 3);
}

/* --- One direction ------------------------------------------------------------------------------------------------ */

/* Inputs that a direction has a part of. */
static int part_of(struct module *m, int node, int i, int direction)
{
	return node_in(m, node, i) < 0 ? -1 : expand_pick(m, node, node_in(m, node, i), direction);
}

static int function_of(struct module *m, int node, const char *op, int x)
{
	return expand_node(m, node, op, 13, INPUTS(x), -1);
}

static int function_of_two(struct module *m, int node, const char *op, int x, int y)
{
	return expand_node(m, node, op, 13, INPUTS(x, y), -1);
}

/* The least or greatest element of each row of x, 0 among them: rows x 1. */
static int extreme_of_rows(struct module *m, int node, const char *reduction, const char *op, int x)
{
	static const int64_t one = 1;
	const int t = expand_node(m, node, reduction, 13, INPUTS(x), -1);

	rewrite_attr_ints(m, m->tensor[t].producer, "axes", &one, 1);
	return function_of_two(m, node, op, t, tensor_const_float(m, 0));
}

/* DynamicQuantizeLinear of every row of x by itself; scale and zero point are rows x 1. */
static void quantise_rows(struct module *m, int node, int x, struct quantised_product *p)
{
	const int low = extreme_of_rows(m, node, "ReduceMin", "Min", x), zero = tensor_const_float(m, 0),
		  high = extreme_of_rows(m, node, "ReduceMax", "Max", x), most = tensor_const_float(m, 255);
	const int range = function_of_two(m, node, "Sub", high, low);
	const int none = function_of_two(m, node, "Equal", range, zero);
	int q;

	p->a_scale = function_of_two(m, node, "Div", range, most);
	p->a_scale = expand_node(m, node, "Where", 13, INPUTS(none, tensor_const_float(m, 1), p->a_scale), -1);
	p->a_zero = function_of(m, node, "Neg", function_of_two(m, node, "Div", low, p->a_scale));
	p->a_zero = expand_node(m, node, "Clip", 13, INPUTS(function_of(m, node, "Round", p->a_zero), zero, most), -1);
	q = function_of(m, node, "Round", function_of_two(m, node, "Div", x, p->a_scale));
	q = expand_node(m, node, "Clip", 13, INPUTS(expand_add(m, node, q, p->a_zero, -1), zero, most), -1);
	p->a = expand_cast(m, node, q, DT_U8, -1);
	p->a_zero = expand_cast(m, node, p->a_zero, DT_U8, -1);
}

/* The step as a graph: h and c and the step's g in, h and c and, once more, h out. */
static int step_graph(struct module *m, int node, int direction)
{
	const int outer = m->node[node].graph, graph = graph_add(m, node_place(m, node).node, outer);
	struct quantised_product p = { .b = part_of(m, node, LSTM_R, direction),
				       .b_scale = part_of(m, node, LSTM_R_SCALE, direction),
				       .b_zero = part_of(m, node, LSTM_R_ZERO, direction), .bias = -1 };
	int in[3], out[3], gate[GATES], g, c;

	for (int k = 0; k < 3; k++)
		in[k] = tensor_add(m, NULL);
	m->node[node].graph = graph;            /* where nodes are appended to */
	quantise_rows(m, node, in[0], &p);
	g = expand_product(m, node, &p, -1);
	expand_split(m, node, expand_add(m, node, in[2], g, -1), 1, GATES, gate);
	c = expand_mul(m, node, function_of(m, node, "Sigmoid", gate[0]), function_of(m, node, "Tanh", gate[3]));
	c = expand_add(m, node, expand_mul(m, node, function_of(m, node, "Sigmoid", gate[2]), in[1]), c, -1);
	out[0] = expand_mul(m, node, function_of(m, node, "Sigmoid", gate[1]), function_of(m, node, "Tanh", c));
	out[1] = c;
	out[2] = expand_node(m, node, "Identity", 13, INPUTS(out[0]), -1);
	m->node[node].graph = outer;
	m->graph[graph].in = arena_grow(m->arena, in, 3, 3, sizeof *in);
	m->graph[graph].out = arena_grow(m->arena, out, 3, 3, sizeof *out);
	m->graph[graph].n_in = m->graph[graph].n_out = 3;
	return graph;
}

/* The first state of a direction, batch x hidden: given or zeros. */
static int first_state(struct module *m, int node, int i, int direction, int64_t hidden)
{
	int size;

	if (node_in(m, node, i) >= 0)
		return part_of(m, node, i, direction);
	size = expand_pick(m, node, expand_node(m, node, "Shape", 13, INPUTS(node_in(m, node, LSTM_X)), -1), 1);
	size = expand_node(m, node, "Reshape", 13, INPUTS(size, tensor_const_ints(m, (const int64_t[]){ 1 }, 1)), -1);
	size = expand_node(m, node, "Concat", 13, INPUTS(size, tensor_const_ints(m, &hidden, 1)), -1);
	expand_attr(m, size, "axis")->i = 0;
	return expand_node(m, node, "ConstantOfShape", 13, INPUTS(size), -1);
}

/* Both biases of the gates in one; -1: none. */
static int bias_of(struct module *m, int node, int direction)
{
	const int b = part_of(m, node, LSTM_B, direction);
	int part[2];

	if (b < 0)
		return -1;
	expand_split(m, node, b, 0, 2, part);
	return expand_add(m, node, part[0], part[1], -1);
}

/* h, c and the stack of all h. */
static void one_direction(struct module *m, int node, int direction, bool backwards, int out[3])
{
	static const int64_t one = 1;
	const int64_t hidden = node_in_tensor(m, node, LSTM_R)->dim[1].n;
	const int h = first_state(m, node, LSTM_H, direction, hidden),
		  c = first_state(m, node, LSTM_C, direction, hidden), body = step_graph(m, node, direction);
	struct quantised_product p = { .b = part_of(m, node, LSTM_W, direction),
				       .b_scale = part_of(m, node, LSTM_W_SCALE, direction),
				       .b_zero = part_of(m, node, LSTM_W_ZERO, direction),
				       .bias = bias_of(m, node, direction) };
	int scan, g;

	expand_dynamic(m, node, node_in(m, node, LSTM_X), &p.a, &p.a_scale, &p.a_zero);
	g = expand_product(m, node, &p, -1);
	for (int k = 0; k < 3; k++)
		out[k] = -1;
	scan = expand_many(m, node, "Scan", 13, INPUTS(h, c, g), 3, out);
	rewrite_attr(m, scan, "num_scan_inputs")->i = 1;
	rewrite_attr(m, scan, "body")->i = body;
	if (!backwards)
		return;
	rewrite_attr_ints(m, scan, "scan_input_directions", &one, 1);
	rewrite_attr_ints(m, scan, "scan_output_directions", &one, 1);
}

/* The directions' tensors with an axis of directions. */
static void join(struct module *m, int node, int directions, const int *part, int64_t axis, int out)
{
	const int axes = tensor_const_ints(m, &axis, 1);
	int wide[2];

	for (int d = 0; d < directions; d++)
		wide[d] = expand_node(m, node, "Unsqueeze", 13, INPUTS(part[d], axes), directions == 1 ? out : -1);
	if (directions > 1)
		expand_attr(m, expand_node(m, node, "Concat", 13, 2, wide, out), "axis")->i = axis;
}

static bool expand_dynamic_lstm(struct module *m, int node)
{
	const int directions = node_attr_is(m, node, "direction", "bidirectional") ? 2 : 1;
	int part[3][2];

	if (!check_kind(m, node, directions) || !check_shapes(m, node, directions))
		return false;
	for (int d = 0; d < directions; d++) {
		int out[3];
		one_direction(m, node, d, d || node_attr_is(m, node, "direction", "reverse"), out);
		for (int k = 0; k < 3; k++)
			part[k][d] = out[k];
	}
	join(m, node, directions, part[2], 1, node_out(m, node, 0));
	join(m, node, directions, part[0], 0, node_out(m, node, 1));
	join(m, node, directions, part[1], 0, node_out(m, node, 2));
	return true;
}

const struct op_def op_ms_DynamicQuantizeLSTM = {
	MICROSOFT("DynamicQuantizeLSTM", 12, 12, 0, 3),
	.attrs = ATTRS(STRING("direction", "forward", "forward|reverse|bidirectional"), INT_OPTIONAL("hidden_size"),
		       STRINGS_OPTIONAL("activations"), FLOATS_OPTIONAL("activation_alpha"),
		       FLOATS_OPTIONAL("activation_beta"), FLOAT_OPTIONAL("clip"), FLAG("input_forget", 0)),
	.types = TYPES("f", "iu", "iu", "f?", "i?", "f?", "f?", "f?", "f", "iu", "f", "iu"),
	.expand = expand_dynamic_lstm,
};
