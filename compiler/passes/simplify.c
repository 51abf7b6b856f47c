/* Simplify: nodes that do nothing go, and a few become cheaper ones. A table of local rules, tried in order on each
 * node.
 *
 * Requires types and shapes. Ensures the same values under fewer nodes. Bit-exact: every rule says why. */
#include <math.h>
#include <string.h>

#include "graph/infer.h"
#include "ops/arguments.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

/* --- When the output is input 0 ----------------------------------------------------------------------------------- */

static bool always(struct module *m, int node)
{
	(void)m, (void)node;
	return true;    /* rewrite_same() asks for equal types and shapes */
}

static bool lone_output(struct module *m, int node)
{
	return m->node[node].n_out == 1 || node_out(m, node, 1) < 0;
}

static bool lone_input(struct module *m, int node)
{
	return m->node[node].n_in == 1;
}

static bool identity_perm(struct module *m, int node)
{
	const struct attr *perm = node_attr(m, node, "perm");

	for (int k = 0; perm && k < perm->n; k++)
		if (perm->ints[k] != k)
			return false;
	return perm != NULL || node_in_tensor(m, node, 0)->rank < 2;
}

/* Equal shapes are not enough: one axis may be padded on one side and cropped on the other. */
static bool no_padding(struct module *m, int node)
{
	const struct num *pads;
	int n;

	if (!node_numbers(m, node, "pads", 1, &pads, &n))
		return false;
	for (int i = 0; i < n; i++)
		if (!num_is(pads[i], 0))
			return false;
	return true;
}

/* With an equal shape and no negative step nothing but everything can be taken. */
static bool forward_steps(struct module *m, int node)
{
	const struct num *steps;
	int n;

	if (node_in(m, node, 4) < 0)
		return true;
	if (!(steps = tensor_value(m, node_in(m, node, 4), &n)))
		return false;
	for (int i = 0; i < n; i++)
		if (num_lo(&m->nums, steps[i]) < 1)
			return false;
	return true;
}

/* f(f(x)) = f(x). */
static bool idempotent(struct module *m, int node)
{
	const int p = m->tensor[node_in(m, node, 0)].producer;

	return p >= 0 && m->node[p].op == m->node[node].op;
}

/* All elements of input i are the constant v; the sign of zero counts. */
static bool is_all(struct module *m, int node, int i, double v)
{
	const int t = node_in(m, node, i);
	int64_t n;

	if (!tensor_is_const(m, t))
		return false;
	n = tensor_elements(m, t).n;
	for (int64_t k = 0; k < n; k++)
		if (const_double(m, t, k) != v || signbit(const_double(m, t, k)) != signbit(v))
			return false;
	return n > 0;
}

/* x * 1, x / 1, x ^ 1. */
static bool by_one(struct module *m, int node)
{
	return is_all(m, node, 1, 1);
}

/* x + -0 and x - +0 are x for every x; x + +0 is not, for x = -0, but integers know no -0. */
static bool minus_zero(struct module *m, int node)
{
	return is_all(m, node, 1, 0);
}

static bool plus_zero(struct module *m, int node)
{
	return is_all(m, node, 1, is_float(node_in_type(m, node, 0)) ? -0.0 : 0);
}

struct same_rule {
	const char *op;
	bool (*holds)(struct module *m, int node);
};

static const struct same_rule same_rules[] = {
	{ "Identity", always },
	{ "Dropout", lone_output },
	{ "Cast", always }, { "CastLike", always },
	{ "Reshape", always }, { "Flatten", always }, { "Squeeze", always }, { "Unsqueeze", always },
	{ "Expand", always }, { "Tile", always },
	{ "Transpose", identity_perm },
	{ "Pad", no_padding },
	{ "Slice", forward_steps },
	{ "Concat", lone_input }, { "Split", lone_output },
	{ "Sum", lone_input }, { "Mean", lone_input }, { "Max", lone_input }, { "Min", lone_input },
	{ "Mul", by_one }, { "Div", by_one }, { "Pow", by_one },
	{ "Add", plus_zero }, { "Sub", minus_zero },
	{ "Relu", idempotent }, { "Abs", idempotent }, { "Ceil", idempotent }, { "Floor", idempotent },
	{ "Round", idempotent }, { "Sign", idempotent },
};

/* --- Cheaper nodes ------------------------------------------------------------------------------------------------ */

/* Two transposes in a row are one. */
static bool join_transposes(struct rewriter *r, int node)
{
	struct module *m = r->m;
	const int p = m->tensor[node_in(m, node, 0)].producer;
	const struct attr *outer = node_attr(m, node, "perm"), *inner;
	int64_t perm[MAX_RANK];
	int rank;

	if (!node_is(m, p, "Transpose") || m->node[p].graph != m->node[node].graph)
		return true;
	inner = node_attr(m, p, "perm");
	rank = node_in_tensor(m, node, 0)->rank;
	for (int k = 0; k < rank; k++) {
		const int64_t axis = outer ? outer->ints[k] : rank - 1 - k;
		perm[k] = inner ? inner->ints[axis] : rank - 1 - axis;
	}
	rewrite_attr_ints(m, node, "perm", perm, rank);
	r->uses[m->node[node].in[0]]--;
	m->node[node].in[0] = node_in(m, p, 0);
	r->uses[m->node[node].in[0]]++;
	if (identity_perm(m, node))
		rewrite_same(r, node, node_in(m, node, 0));
	return true;
}

/* x / 2^k is x * 2^-k, exactly, unless 2^-k is no normal number. */
static bool multiply(struct rewriter *r, int node)
{
	struct module *m = r->m;
	const int t = node_in(m, node, 1);
	float *inverse;
	int64_t n, dim[MAX_RANK];
	int in[2], exponent;

	if (!tensor_is_const(m, t) || m->tensor[t].type != DT_F32)
		return true;
	n = tensor_elements(m, t).n;
	for (int64_t i = 0; i < n; i++) {
		const double v = const_double(m, t, i);
		if (!isfinite(v) || fabs(frexp(v, &exponent)) != 0.5 || exponent < -124 || exponent > 125)
			return true;
	}
	inverse = ARENA_ARRAY(m->arena, n, float);
	for (int64_t i = 0; i < n; i++)
		inverse[i] = (float)(1 / const_double(m, t, i));
	for (int k = 0; k < m->tensor[t].rank; k++)
		dim[k] = m->tensor[t].dim[k].n;
	in[0] = node_in(m, node, 0);
	in[1] = tensor_const(m, m->tensor[t].name, DT_F32, m->tensor[t].rank, dim, inverse);
	return infer_node(m, rewrite_add(r, node, "Mul", 2, in, -1));
}

/* x ^ 2 is x * x, rounded once. */
static bool square(struct rewriter *r, int node)
{
	struct module *m = r->m;
	const int x = node_in(m, node, 0);

	if (!is_all(m, node, 1, 2) || !tensor_same_shape(m, x, node_out(m, node, 0)))
		return true;
	return infer_node(m, rewrite_add(r, node, "Mul", 2, (int[]){ x, x }, -1));
}

/* A condition that is known for all elements at once. */
static bool choose(struct rewriter *r, int node)
{
	struct module *m = r->m;

	if (is_all(m, node, 0, 1))
		rewrite_same(r, node, node_in(m, node, 1));
	else if (is_all(m, node, 0, 0))
		rewrite_same(r, node, node_in(m, node, 2));
	return true;
}

/* 1 * x and (integers) 0 + x: the constant goes to the right, where the other rules look for it. */
static bool constant_right(struct rewriter *r, int node)
{
	int *in = r->m->node[node].in, x = in[0];

	if (!tensor_is_const(r->m, x) || tensor_is_const(r->m, in[1]))
		return true;
	in[0] = in[1];
	in[1] = x;
	return true;
}

struct change_rule {
	const char *op;
	rewrite_node *change;
};

static const struct change_rule change_rules[] = {
	{ "Mul", constant_right }, { "Add", constant_right },
	{ "Transpose", join_transposes },
	{ "Div", multiply },
	{ "Pow", square },
	{ "Where", choose },
};

static bool simplify(struct rewriter *r, int node)
{
	struct module *m = r->m;

	if (m->node[node].op->impure || m->node[node].n_in < 1 || m->node[node].n_out < 1 || node_out(m, node, 0) < 0 ||
	    tensor_is_const(m, node_out(m, node, 0)))
		return true;
	for (size_t i = 0; i < sizeof change_rules / sizeof *change_rules && !r->gone[node]; i++)
		if (node_is(m, node, change_rules[i].op) && !change_rules[i].change(r, node))
			return false;
	for (size_t i = 0; i < sizeof same_rules / sizeof *same_rules && !r->gone[node]; i++)
		if (node_is(m, node, same_rules[i].op) && node_in(m, node, 0) >= 0 && same_rules[i].holds(m, node))
			rewrite_same(r, node, node_in(m, node, 0));
	return true;
}

bool pass_simplify(struct module *m)
{
	return rewrite_module(m, simplify, NULL);
}
