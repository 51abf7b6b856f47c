/* Optimisers of ai.onnx.preview.training, for several tensors at once: inputs R, T, then all X, all gradients G and the
 * states of the operator; outputs X and the states, anew. G' is norm_coefficient * X + G throughout. */
#include <string.h>

#include "ops/expand.h"

struct update {
	struct module *m;
	int node, n, i;         /* tensors, and which of them */
	enum dtype type;
};

static int op(const struct update *s, const char *name, int a, int b)
{
	return expand_node(s->m, s->node, name, 13, INPUTS(a, b), -1);
}

static int number(const struct update *s, double v)
{
	return tensor_const_doubles(s->m, s->type, 0, NULL, &v);
}

static int scaled(const struct update *s, double by, int x)
{
	return op(s, "Mul", number(s, by), x);
}

static double coefficient(const struct update *s, const char *name)
{
	return node_attr_float(s->m, s->node, name, 0);
}

/* The k-th list of inputs (X, G, states), and of outputs. */
static int in(const struct update *s, int k)
{
	return node_in(s->m, s->node, 2 + k * s->n + s->i);
}

static void out(const struct update *s, int k, int value)
{
	const int t = node_out(s->m, s->node, k * s->n + s->i);

	if (t >= 0)
		expand_node(s->m, s->node, "Identity", 13, INPUTS(value), t);
}

static int root(const struct update *s, int x)
{
	return expand_node(s->m, s->node, "Sqrt", 13, INPUTS(x), -1);
}

static int gradient(const struct update *s)
{
	return op(s, "Add", scaled(s, coefficient(s, "norm_coefficient"), in(s, 0)), in(s, 1));
}

/* The count T as a number of the tensors' type. */
static int count(const struct update *s)
{
	return expand_cast(s->m, s->node, node_in(s->m, s->node, 1), s->type, -1);
}

static int after_first(const struct update *s, int later, int first)
{
	const int is_later = op(s, "Greater", count(s), number(s, 0));

	return expand_node(s->m, s->node, "Where", 16, INPUTS(is_later, later, first), -1);
}

static void adagrad(const struct update *s)
{
	const int g = gradient(s), h = op(s, "Add", in(s, 2), op(s, "Mul", g, g));
	const int decay = op(s, "Add", number(s, 1), scaled(s, coefficient(s, "decay_factor"), count(s)));
	const int rate = op(s, "Div", node_in(s->m, s->node, 0), decay);
	const int size = op(s, "Add", root(s, h), number(s, coefficient(s, "epsilon")));
	const int by = op(s, "Div", op(s, "Mul", rate, g), size);

	out(s, 0, op(s, "Sub", in(s, 0), by));
	out(s, 1, h);
}

static void adam(const struct update *s)
{
	const double a = coefficient(s, "alpha"), b = coefficient(s, "beta");
	const int g = gradient(s), v = op(s, "Add", scaled(s, a, in(s, 2)), scaled(s, 1 - a, g));
	const int h = op(s, "Add", scaled(s, b, in(s, 3)), scaled(s, 1 - b, op(s, "Mul", g, g)));
	const int rate = node_in(s->m, s->node, 0), t = count(s), one = number(s, 1);
	const int up = root(s, op(s, "Sub", one, op(s, "Pow", number(s, b), t)));
	const int down = op(s, "Sub", one, op(s, "Pow", number(s, a), t));
	const int adjusted = after_first(s, op(s, "Div", op(s, "Mul", rate, up), down), rate);
	const int size = op(s, "Add", root(s, h), number(s, coefficient(s, "epsilon")));
	const int by = op(s, "Div", op(s, "Mul", adjusted, v), size);

	out(s, 0, scaled(s, 1 - coefficient(s, "norm_coefficient_post"), op(s, "Sub", in(s, 0), by)));
	out(s, 1, v);
	out(s, 2, h);
}

static void momentum(const struct update *s)
{
	const double a = coefficient(s, "alpha");
	const int g = gradient(s), beta = after_first(s, number(s, coefficient(s, "beta")), number(s, 1));
	const int v = op(s, "Add", scaled(s, a, in(s, 2)), op(s, "Mul", beta, g));
	const int by = node_attr_is(s->m, s->node, "mode", "nesterov") ? op(s, "Add", g, scaled(s, a, v)) : v;

	out(s, 0, op(s, "Sub", in(s, 0), op(s, "Mul", node_in(s->m, s->node, 0), by)));
	out(s, 1, v);
}

static bool expand_all(struct module *m, int node, int lists, void (*update)(const struct update *s))
{
	const int n_in = m->node[node].n_in - 2;
	struct update s = { .m = m, .node = node, .n = n_in / lists, .type = node_in_type(m, node, 2) };

	if (n_in % lists || m->node[node].n_out != s.n * (lists - 1))
		return node_bad(m, node, "%d tensors and %d outputs, allowed: %d and %d for each that is optimised",
				n_in, m->node[node].n_out, lists, lists - 1);
	for (int i = 0; i < m->node[node].n_in; i++) {
		if (node_in(m, node, i) < 0)
			return node_bad(m, node, "input %d is absent", i);
		if (i < 2 && !num_is(tensor_elements(m, node_in(m, node, i)), 1))
			return node_bad(m, node, "input %d has shape %s, allowed: one element", i,
					node_in_shape(m, node, i));
		if (i != 1 && node_in_type(m, node, i) != s.type)
			return node_bad(m, node, "input %d is %s, allowed: %s as input 2", i,
					dtypes[node_in_type(m, node, i)].name, dtypes[s.type].name);
	}
	for (s.i = 0; s.i < s.n; s.i++)
		update(&s);
	return true;
}

#define OPTIMIZER(op_name, lists, update, ...) \
	static bool expand_##op_name(struct module *m, int node) \
	{ \
		return expand_all(m, node, lists, update); \
	} \
	const struct op_def op_preview_##op_name##_1 = { \
		.domain = "ai.onnx.preview.training", .name = #op_name, .since = 1, .min_in = 2 + (lists), \
		.max_in = -1, .min_out = (lists) - 1, .max_out = -1, .types = TYPES("f", "i", "f"), \
		.attrs = ATTRS(__VA_ARGS__), .expand = expand_##op_name, \
	};
#define FLOAT_REQUIRED(n) { .name = n, .kind = ATTR_FLOAT, .required = true }

OPTIMIZER(Adagrad, 3, adagrad, FLOAT("decay_factor", 0.0), FLOAT("epsilon", 1e-6f), FLOAT("norm_coefficient", 0.0))
OPTIMIZER(Adam, 4, adam, FLOAT("alpha", 0.9f), FLOAT("beta", 0.999f), FLOAT("epsilon", 1e-6f),
	  FLOAT("norm_coefficient", 0.0), FLOAT("norm_coefficient_post", 0.0))
OPTIMIZER(Momentum, 3, momentum, FLOAT_REQUIRED("alpha"), FLOAT_REQUIRED("beta"),
	  STRING_REQUIRED("mode", "standard|nesterov"), FLOAT_REQUIRED("norm_coefficient"))
