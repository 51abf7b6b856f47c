/* What signals are multiplied with before and after a Fourier transform: HannWindow, HammingWindow, BlackmanWindow and
 * MelWeightMatrix. They depend on sizes and constants alone: reckoned in float64, mostly at compile time. */
#include <string.h>

#include "ops/arguments.h"

/* The number that input i, of one element, is. */
static bool size_get(struct module *m, int node, int i, struct num *v)
{
	const struct num *list;
	int n;

	if (!node_numbers(m, node, NULL, i, &list, &n))
		return false;
	if (n != 1)
		return node_bad(m, node, "input %d has %d elements, allowed: 1", i, n);
	*v = list[0];
	return true;
}

static bool output_type(struct module *m, int node, enum dtype *type)
{
	if (!node_attr_type(m, node, "output_datatype", DT_F32, type))
		return false;
	return *type != DT_BOOL || node_bad(m, node, "output_datatype is bool, allowed: numbers");
}

/* --- windows: a0 - a1 * cos(2 pi i / n) + a2 * cos(4 pi i / n) for i < size; n is size, or size - 1 when symmetric */

static bool infer_window(struct module *m, int node)
{
	enum dtype type;
	struct num size;

	return output_type(m, node, &type) && size_get(m, node, 0, &size) &&
	       tensor_set(m, node, node_out(m, node, 0), type, 1, &size);
}

static bool lower_window(struct lowering *l, int node)
{
	static const struct { const char *name; double a[3]; } windows[] = {
		{ "HannWindow", { 0.5, 0.5, 0 } }, { "HammingWindow", { 25.0 / 46, 21.0 / 46, 0 } },
		{ "BlackmanWindow", { 0.42, 0.5, 0.08 } },
	};
	struct nest *n = nest_new(l->m, node_out(l->m, node, 0));
	bool periodic = node_attr_int(l->m, node, "periodic", 1);
	struct num period = num_sub(&l->m->nums, n->extent[0], num_const(!periodic));
	int w = 0, operand[2];

	while (strcmp(windows[w].name, l->m->node[node].op->name) != 0)
		w++;
	operand[0] = nest_cast(n, DT_F64, nest_index(n, n->axis[0]));
	operand[1] = nest_cast(n, DT_F64, nest_index(n, period));
	nest_store_narrow(
		n, nest_parse(n, "a0 - a1 * cos(6.283185307179586 / y * x) + a2 * cos(12.566370614359172 / y * x)",
			      operand, 2,
			      (struct nest_param[]){ { "a0", nest_const_float(n, DT_F64, windows[w].a[0]) },
						     { "a1", nest_const_float(n, DT_F64, windows[w].a[1]) },
						     { "a2", nest_const_float(n, DT_F64, windows[w].a[2]) } },
			      3));
	lower_nest(l, n);
	return true;
}

#define OUTPUT_TYPE INT("output_datatype", 1)
#define WINDOW(op_name) \
	const struct op_def op_##op_name##_17 = { \
		ONNX(#op_name, 17, 1, 1, 1, 1), .attrs = ATTRS(OUTPUT_TYPE, FLAG("periodic", 1)), .types = TYPES("i"), \
		.infer = infer_window, .lower = lower_window, \
	};

WINDOW(HannWindow)
WINDOW(HammingWindow)
WINDOW(BlackmanWindow)

/* --- MelWeightMatrix: triangle j over the spectrum's bins
 * ------------------------------------------------------------- The bands + 2 edges lie at equal steps of mel(f) = 2595
 * log10(1 + f / 700), rounded down to bins of the spectrum; triangle j rises from edge j to 1 at edge j + 1 and falls
 * to edge j + 2. */

static bool infer_mel(struct module *m, int node)
{
	struct num dim[2], length;
	enum dtype type;

	for (int i = 0; i < 5; i++)
		if (!num_is(tensor_elements(m, node_in(m, node, i)), 1))
			return node_bad(m, node, "input %d has %lld elements, allowed: 1", i,
					(long long)tensor_elements(m, node_in(m, node, i)).n);
	if (!output_type(m, node, &type) || !size_get(m, node, 0, &dim[1]) || !size_get(m, node, 1, &length))
		return false;
	if (num_lo(&m->nums, dim[1]) < 0 || num_lo(&m->nums, length) < 0)
		return node_bad(m, node, "%lld bands of a transform of length %lld, allowed: 0 or more",
				(long long)dim[1].n, (long long)length.n);
	dim[0] = num_add(&m->nums, num_div(&m->nums, length, num_const(2)), num_const(1));
	return tensor_set(m, node, node_out(m, node, 0), type, 2, dim);
}

/* The scalar input i. */
static int load_scalar(struct nest *n, int node, int i)
{
	return nest_cast(n, DT_F64, nest_load_flat(n, node_in(n->m, node, i), num_const(0)));
}

static int lower_edges(struct lowering *l, int node, struct num bands)
{
	struct num count = num_add(&l->m->nums, bands, num_const(2));
	int edges = lower_temp(l, DT_F64, 1, &count), low, step, at[3];
	struct nest *n = nest_new(l->m, edges);

	for (int i = 0; i < 2; i++) {
		int hertz = load_scalar(n, node, 3 + i);

		at[i] = nest_parse(n, "2595 / 2.302585092994046 * log(1 + x / 700)", &hertz, 1, NULL, 0);
	}
	low = at[0];
	at[2] = nest_cast(n, DT_F64, nest_index(n, count));
	step = nest_parse(n, "(y - x) / z", at, 3, NULL, 0);
	at[0] = nest_cast(n, DT_F64, nest_index(n, n->axis[0]));
	at[0] = nest_binary(n, E_ADD, nest_binary(n, E_MUL, at[0], step), low);
	at[1] = load_scalar(n, node, 1);
	at[2] = load_scalar(n, node, 2);
	nest_store(n, nest_parse(n, "floor((y + 1) * (700 * (exp(x / 2595 * 2.302585092994046) - 1)) / z)", at, 3, NULL,
				 0));
	lower_nest(l, n);
	return edges;
}

static bool lower_mel(struct lowering *l, int node)
{
	static const char *const names[] = { "rise", "top", "end" };
	struct module *m = l->m;
	int edges = lower_edges(l, node, m->tensor[node_out(m, node, 0)].dim[1]), bin;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	struct nest_param p[3];

	for (int i = 0; i < 3; i++) {
		struct num at = num_add(&m->nums, n->axis[1], num_const(i));

		p[i] = (struct nest_param){ names[i], nest_load(n, edges, &at) };
	}
	bin = nest_cast(n, DT_F64, nest_index(n, n->axis[0]));
	nest_store_narrow(n, nest_parse(n, "top <= x && x < end ? (end - x) / (end - top) : rise <= x && x <= top ? "
					   "(top == rise ? 1 : (x - rise) / (top - rise)) : 0", &bin, 1, p, 3));
	lower_nest(l, n);
	return true;
}

const struct op_def op_MelWeightMatrix_17 = {
	ONNX("MelWeightMatrix", 17, 5, 5, 1, 1), .attrs = ATTRS(OUTPUT_TYPE), .types = TYPES("i", "i", "i", "fh", "fh"),
	.infer = infer_mel, .lower = lower_mel,
};
