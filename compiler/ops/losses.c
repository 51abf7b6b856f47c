/* NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss. For log-probabilities p: N x C x d…, classes t: N x d… and
 * weights w: C, loss[i] = -p[t[i] at axis 1] * w[t[i]], and 0 where t[i] is ignore_index; then as it is (none), its
 * sum, or its sum divided by that of the weights that count (mean). The second operator takes p = LogSoftmax(x) along
 * axis 1, and shows it. */
#include "ops/positions.h"
#include "ops/softmax.h"

#include <string.h>

enum { IN_X, IN_CLASS, IN_WEIGHT };

static bool infer_loss(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, IN_X);
	int shown = node_out(m, node, 1);
	struct num dim[MAX_RANK];

	if (!node_rank(m, node, IN_X, 2, MAX_RANK))
		return false;
	dim[0] = x.dim[0];
	memcpy(dim + 1, x.dim + 2, (size_t)(x.rank - 2) * sizeof *dim);
	if (!node_shape(m, node, IN_CLASS, dim, x.rank - 1) || !node_shape(m, node, IN_WEIGHT, &x.dim[1], 1))
		return false;
	if (shown >= 0 && !tensor_set(m, node, shown, x.type, x.rank, x.dim))
		return false;
	return tensor_set(m, node, node_out(m, node, 0), x.type,
			  node_attr_is(m, node, "reduction", "none") ? x.rank - 1 : 0, dim);
}

static void range_class(struct module *m, int node, int64_t c, struct num *lo, struct num *hi)
{
	(void)c;
	*lo = num_const(0);
	*hi = num_sub(&m->nums, node_in_tensor(m, node, IN_X)->dim[1], num_const(1));
}

/* What one sample adds to a sum: its weighted loss, or its weight alone when p is -1. at: indexes of the sample. */
static int sample_term(struct nest *n, int node, int p, const struct num *at)
{
	struct module *m = n->m;
	const struct tensor x = *node_in_tensor(m, node, IN_X);
	const struct attr *ignored = node_attr(m, node, "ignore_index");
	enum dtype type = compute_type(x.type);
	int weight = node_in(m, node, IN_WEIGHT), v = nest_const_value(n, type, TYPE_ONE);
	int class = nest_cast(n, DT_I64, nest_load(n, node_in(m, node, IN_CLASS), at));
	struct index from[MAX_RANK], *of = &from[1];

	for (int k = 0; k < x.rank; k++)
		from[k] = (struct index){ at[k ? k - 1 : 0], -1 };
	*of = (struct index){ num_const(0), nest_position_of(n, node, IN_CLASS, class, x.dim[1]) };
	if (weight >= 0)
		v = nest_cast(n, type, nest_load_at(n, weight, of));
	if (p >= 0)
		v = nest_binary(n, E_MUL, nest_unary(n, E_NEG, nest_cast(n, type, nest_load_at(n, p, from))), v);
	if (!ignored)
		return v;
	return nest_select(n, nest_binary(n, E_EQ, class, nest_const_int(n, DT_I64, ignored->i)),
			   nest_const_value(n, type, TYPE_ZERO), v);
}

/* The sum of all samples' terms as a scalar. */
static int sum_terms(struct lowering *l, int node, int p)
{
	struct module *m = l->m;
	const struct tensor class = *node_in_tensor(m, node, IN_CLASS);
	int sum = lower_temp(l, compute_type(node_in_type(m, node, IN_X)), 0, NULL);
	struct nest *n = nest_new(m, sum);
	struct num at[MAX_RANK];

	for (int k = 0; k < class.rank; k++)
		at[k] = nest_reduce_axis(n, class.dim[k]);
	nest_store(n, nest_reduce(n, REDUCE_SUM, sample_term(n, node, p, at)));
	lower_nest(l, n);
	return sum;
}

/* The first output from log-probabilities p. */
static void lower_from(struct lowering *l, int node, int p)
{
	struct module *m = l->m;
	enum dtype type = compute_type(node_in_type(m, node, IN_X));
	bool mean = node_attr_is(m, node, "reduction", "mean");
	int out = node_out(m, node, 0), sum, weights = -1, v;
	struct nest *n;

	if (node_attr_is(m, node, "reduction", "none")) {
		n = nest_new(m, out);
		nest_store_narrow(n, sample_term(n, node, p, n->axis));
		lower_nest(l, n);
		return;
	}
	sum = sum_terms(l, node, p);
	if (mean && (node_in(m, node, IN_WEIGHT) >= 0 || node_attr(m, node, "ignore_index")))
		weights = sum_terms(l, node, -1);
	n = nest_new(m, out);
	v = nest_load(n, sum, NULL);
	if (weights >= 0)
		v = nest_binary(n, E_DIV, v, nest_load(n, weights, NULL));
	else if (mean)
		v = nest_binary(n, E_DIV, v,
				nest_cast(n, type, nest_index(n, tensor_elements(m, node_in(m, node, IN_CLASS)))));
	nest_store_narrow(n, v);
	lower_nest(l, n);
}

static bool lower_nll(struct lowering *l, int node)
{
	lower_from(l, node, node_in(l->m, node, IN_X));
	return true;
}

static bool lower_sce(struct lowering *l, int node)
{
	const struct tensor x = *node_in_tensor(l->m, node, IN_X);
	int p = node_out(l->m, node, 1);

	if (p < 0)
		p = lower_temp(l, compute_type(x.type), x.rank, x.dim);
	lower_softmax_rows(l, node_in(l->m, node, IN_X), p, 1, 2, true);
	lower_from(l, node, p);
	return true;
}

#define LOSS_ATTRS ATTRS(INT_OPTIONAL("ignore_index"), STRING("reduction", "mean", "none|sum|mean"))

const struct op_def op_NegativeLogLikelihoodLoss_12 = {
	ONNX("NegativeLogLikelihoodLoss", 12, 2, 3, 1, 1), .attrs = LOSS_ATTRS, .types = TYPES("fh", "i", "T"),
	.positions = POSITIONS(POSITION_EXCEPT(IN_CLASS, range_class, "ignore_index")),
	.infer = infer_loss, .lower = lower_nll,
};
const struct op_def op_SoftmaxCrossEntropyLoss_12 = {
	ONNX("SoftmaxCrossEntropyLoss", 12, 2, 3, 1, 2), .attrs = LOSS_ATTRS, .types = TYPES("fh", "i", "T"),
	.positions = POSITIONS(POSITION_EXCEPT(IN_CLASS, range_class, "ignore_index")),
	.infer = infer_loss, .lower = lower_sce,
};
