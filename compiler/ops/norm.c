/* Normalisation: BatchNormalization (inference), InstanceNormalization, LayerNormalization, GroupNormalization,
 * RMSNormalization, MeanVarianceNormalization. */
#include "ops/arguments.h"
#include "ops/training.h"

#include <string.h>

/* --- BatchNormalization: y = (x - mean[c]) / sqrt(var[c] + epsilon) * scale[c] + bias[c] -------------------------- */

static bool infer_batch_norm(struct module *m, int node)
{
	const struct tensor *x = node_in_tensor(m, node, 0);

	if (!node_rank(m, node, 0, 2, MAX_RANK))
		return false;
	if (node_attr_int(m, node, "training_mode", 0) || m->node[node].n_out > 1)
		return node_unsupported(m, node, "training form, allowed: training_mode 0 with one output");
	for (int i = 1; i < 5; i++)
		if (node_in_tensor(m, node, i)->rank != 1 || !num_same(node_in_tensor(m, node, i)->dim[0], x->dim[1]))
			return node_bad(m, node, "input %d has shape %s, allowed: one element a channel", i,
					node_in_shape(m, node, i));
	return infer_same(m, node);
}

static bool lower_batch_norm(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	enum dtype type = compute_type(node_in_type(m, node, 0));
	struct nest_param p[5];
	static const char *const names[] = { "scale", "bias", "mean", "var", "epsilon" };
	int x = nest_load_wide(n, node_in(m, node, 0), n->axis);

	for (int i = 0; i < 4; i++)
		p[i] = (struct nest_param){ names[i],
					    nest_cast(n, type, nest_load(n, node_in(m, node, i + 1), &n->axis[1])) };
	p[4] = (struct nest_param){ names[4], nest_const_float(n, type, node_attr_float(m, node, "epsilon", 1e-5)) };
	x = nest_parse(n, "(x - mean) * (scale / sqrt(var + epsilon)) + bias", &x, 1, p, 5);
	nest_store_narrow(n, x);
	lower_nest(l, n);
	return true;
}

#define EPSILON FLOAT("epsilon", 1e-5f)
#define MOMENTUM FLOAT("momentum", 0.9f)
#define BATCH_NORM(version, outputs, ...) \
	const struct op_def op_BatchNormalization_##version = { \
		ONNX("BatchNormalization", version, 5, 5, 1, outputs), .attrs = ATTRS(EPSILON, MOMENTUM, __VA_ARGS__), \
		.types = TYPES("fh", "fh"), .infer = infer_batch_norm, .lower = lower_batch_norm, \
		.expand = batch_norm_expand, .expands = batch_norm_trains, \
	};

BATCH_NORM(9, 5, { 0 })
BATCH_NORM(14, 3, FLAG("training_mode", 0))

/* --- Statistics over groups of axes ----------------------------------------------------------------------------------
 * A tensor of statistics has x's rank, 1 along the axes that are averaged. */

struct stats {
	bool over[MAX_RANK];
	struct num dim[MAX_RANK], count;
	int rank;
};

static struct stats stats_over(struct module *m, const struct tensor *x, const bool *over)
{
	struct stats s = { .rank = x->rank, .count = num_const(1) };

	for (int k = 0; k < x->rank; k++) {
		s.over[k] = over[k];
		s.dim[k] = over[k] ? num_const(1) : x->dim[k];
		if (over[k])
			s.count = num_mul(&m->nums, s.count, x->dim[k]);
	}
	return s;
}

/* For an element of x, the index of its statistic. */
static void stats_at(const struct nest *n, const struct stats *s, struct num *at)
{
	for (int k = 0; k < s->rank; k++)
		at[k] = s->over[k] ? num_const(0) : n->axis[k];
}

/* mean of text over x (y: the tensor `by` of statistics when >= 0), then of `after` of that mean (x) and e =
 * epsilon. */
static int lower_stat(struct lowering *l, const struct stats *s, int t, int by, const char *text, const char *after,
		      double e)
{
	struct module *m = l->m;
	const struct tensor x = m->tensor[t];
	enum dtype type = compute_type(x.type);
	int out = lower_temp(l, type, s->rank, s->dim), operand[2], v;
	struct nest *n = nest_new(m, out);
	struct num at[MAX_RANK], own[MAX_RANK];
	struct nest_param p = { "e", nest_const_float(n, type, e) };

	for (int k = 0; k < s->rank; k++)
		own[k] = s->over[k] ? num_const(0) : n->axis[k];
	for (int k = 0; k < s->rank; k++)
		at[k] = s->over[k] ? nest_reduce_axis(n, x.dim[k]) : n->axis[k];
	operand[0] = nest_load_wide(n, t, at);
	operand[1] = by >= 0 ? nest_load(n, by, own) : operand[0];
	v = nest_parse(n, text, operand, 2, NULL, 0);
	if (n->n_reduce)
		v = nest_reduce(n, REDUCE_SUM, v);
	v = nest_binary(n, E_DIV, v, nest_cast(n, type, nest_index(n, s->count)));
	nest_store(n, nest_parse(n, after, &v, 1, &p, 1));
	lower_nest(l, n);
	return out;
}

/* x of the node's shape as seen by the statistics: itself, or a reshaped temporary. */
static int lower_reshaped(struct lowering *l, int t, int rank, const struct num *dim)
{
	int copy = lower_temp(l, l->m->tensor[t].type, rank, dim);
	struct nest *n = nest_new(l->m, copy);

	nest_store(n, nest_load_flat(n, t, nest_flat(n)));
	lower_nest(l, n);
	return copy;
}

/* --- InstanceNormalization, GroupNormalization: (x - mean) / sqrt(var + epsilon) * scale + bias ------------------- */

static bool infer_instance_norm(struct module *m, int node)
{
	const struct tensor *x = node_in_tensor(m, node, 0);
	int64_t groups = node_attr_int(m, node, "num_groups", 0);
	bool by_group = m->node[node].op->since == 18;
	int expected = 2 + !groups;

	if (!node_rank(m, node, 0, expected, MAX_RANK))
		return false;
	if (groups && (!num_is_const(x->dim[1]) || groups < 1 || x->dim[1].n % groups))
		return node_bad(m, node, "num_groups is %lld, allowed: a divisor of the %lld channels",
				(long long)groups, (long long)x->dim[1].n);
	for (int i = 1; i < 3; i++) {
		struct num want = by_group ? num_const(groups) : x->dim[1];

		if (node_in_tensor(m, node, i)->rank != 1 || !num_same(node_in_tensor(m, node, i)->dim[0], want))
			return node_bad(m, node, "input %d has shape %s, allowed: %lld", i,
					node_in_shape(m, node, i), (long long)want.n);
	}
	return infer_same(m, node);
}

static bool lower_instance_norm(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nums *s = &m->nums;
	const struct tensor x = *node_in_tensor(m, node, 0);
	int64_t groups = node_attr_int(m, node, "num_groups", 0);
	struct num dim[4], per_group, at[4] = { num_const(0) }, channel;
	bool over[4] = { false, false, true, true };
	struct stats stats;
	struct tensor seen;
	struct nest *n;
	int view, mean, deviation, v;

	/* Batch, group, channels of a group, all else. */
	per_group = groups ? num_const(x.dim[1].n / groups) : num_const(1);
	dim[0] = x.dim[0];
	dim[1] = groups ? num_const(groups) : x.dim[1];
	dim[2] = per_group;
	dim[3] = dims_product(m, x.dim + 2, x.rank - 2);
	view = lower_reshaped(l, node_in(m, node, 0), 4, dim);
	seen = m->tensor[view];
	stats = stats_over(m, &seen, over);
	mean = lower_stat(l, &stats, view, -1, "x", "x", 0);
	deviation = lower_stat(l, &stats, view, mean, "(x - y) * (x - y)", "1 / sqrt(x + e)",
			       node_attr_float(m, node, "epsilon", 1e-5));

	n = nest_new(m, node_out(m, node, 0));
	channel = n->axis[1];
	at[0] = n->axis[0];
	at[1] = groups ? num_div(s, channel, per_group) : channel;
	at[2] = at[3] = num_const(0);
	v = nest_binary(n, E_SUB, nest_load_wide(n, node_in(m, node, 0), n->axis), nest_load(n, mean, at));
	v = nest_binary(n, E_MUL, v, nest_load(n, deviation, at));
	if (m->node[node].op->since == 18)
		channel = at[1];
	v = nest_binary(n, E_MUL, v, nest_load_wide(n, node_in(m, node, 1), &channel));
	v = nest_binary(n, E_ADD, v, nest_load_wide(n, node_in(m, node, 2), &channel));
	nest_store_narrow(n, v);
	lower_nest(l, n);
	return true;
}

const struct op_def op_InstanceNormalization_6 = {
	ONNX("InstanceNormalization", 6, 3, 3, 1, 1), .attrs = ATTRS(EPSILON), .types = TYPES("fh", "T"),
	.infer = infer_instance_norm, .lower = lower_instance_norm,
};
/* Scale and bias a group (18), a channel (21). */
const struct op_def op_GroupNormalization_18 = {
	ONNX("GroupNormalization", 18, 3, 3, 1, 1), .attrs = ATTRS(EPSILON, INT_REQUIRED("num_groups")),
	.types = TYPES("fh", "T"), .infer = infer_instance_norm, .lower = lower_instance_norm,
};
const struct op_def op_GroupNormalization_21 = {
	ONNX("GroupNormalization", 21, 3, 3, 1, 1), .types = TYPES("fh", "T"),
	.attrs = ATTRS(EPSILON, INT_REQUIRED("num_groups"), INT("stash_type", 1)),
	.infer = infer_instance_norm, .lower = lower_instance_norm,
};

/* --- LayerNormalization, RMSNormalization: over the axes from `axis` on ------------------------------------------- */

static bool layer_axes(struct module *m, int node, bool over[MAX_RANK])
{
	int rank = node_in_tensor(m, node, 0)->rank, axis;

	if (!node_axis_attr(m, node, "axis", -1, rank, &axis))
		return false;
	for (int k = 0; k < rank; k++)
		over[k] = k >= axis;
	return true;
}

static bool infer_layer_norm(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	bool over[MAX_RANK];
	struct stats s;

	if (!layer_axes(m, node, over))
		return false;
	for (int i = 1; i < m->node[node].n_in; i++) {
		const struct tensor *t = node_in_tensor(m, node, i);
		struct num dim[MAX_RANK];
		int rank = x.rank;

		memcpy(dim, x.dim, sizeof dim);
		if (t && (t->rank > x.rank || !dims_broadcast(m, node, &rank, dim, t->rank, t->dim)))
			return node_bad(m, node, "input %d has shape %s, allowed: what broadcasts to %s, input 0", i,
					node_in_shape(m, node, i), node_in_shape(m, node, 0));
	}
	s = stats_over(m, &x, over);
	for (int i = 1; i < 3; i++)
		if (node_out(m, node, i) >= 0 && !tensor_set(m, node, node_out(m, node, i), DT_F32, s.rank, s.dim))
			return false;
	return infer_same(m, node);
}

/* A statistic that the model also wants as output. */
static void lower_stat_out(struct lowering *l, int out, int stat)
{
	struct nest *n;

	if (out < 0)
		return;
	n = nest_new(l->m, out);
	nest_store_narrow(n, nest_load(n, stat, n->axis));
	lower_nest(l, n);
}

static bool lower_layer_norm(struct lowering *l, int node)
{
	struct module *m = l->m;
	int t = node_in(m, node, 0), scale = node_in(m, node, 1), bias = node_in(m, node, 2), mean = -1, deviation, v;
	const struct tensor x = m->tensor[t];
	double e = node_attr_float(m, node, "epsilon", 1e-5);
	struct num at[MAX_RANK];
	bool over[MAX_RANK];
	struct stats s;
	struct nest *n;

	if (!layer_axes(m, node, over))
		return false;
	s = stats_over(m, &x, over);
	if (m->node[node].op->name[0] == 'L')
		mean = lower_stat(l, &s, t, -1, "x", "x", 0);
	deviation = lower_stat(l, &s, t, mean, mean < 0 ? "x * x" : "(x - y) * (x - y)", "1 / sqrt(x + e)", e);
	n = nest_new(m, node_out(m, node, 0));
	stats_at(n, &s, at);
	v = nest_load_wide(n, t, n->axis);
	if (mean >= 0)
		v = nest_binary(n, E_SUB, v, nest_load(n, mean, at));
	v = nest_binary(n, E_MUL, v, nest_load(n, deviation, at));
	v = nest_binary(n, E_MUL, v, nest_cast(n, compute_type(x.type), nest_load_broadcast(n, scale)));
	if (bias >= 0)
		v = nest_binary(n, E_ADD, v, nest_cast(n, compute_type(x.type), nest_load_broadcast(n, bias)));
	nest_store_narrow(n, v);
	lower_nest(l, n);
	lower_stat_out(l, node_out(m, node, 1), mean);
	lower_stat_out(l, node_out(m, node, 2), deviation);
	return true;
}

const struct op_def op_LayerNormalization_17 = {
	ONNX("LayerNormalization", 17, 2, 3, 1, 3), .attrs = ATTRS(INT("axis", -1), EPSILON, INT("stash_type", 1)),
	.types = TYPES("fh", "fh"), .infer = infer_layer_norm, .lower = lower_layer_norm,
};
const struct op_def op_RMSNormalization_23 = {
	ONNX("RMSNormalization", 23, 2, 2, 1, 1), .attrs = ATTRS(INT("axis", -1), EPSILON, INT("stash_type", 1)),
	.types = TYPES("fh", "fh"), .infer = infer_layer_norm, .lower = lower_layer_norm,
};

/* --- MeanVarianceNormalization: (x - mean) / (sqrt(var) + 1e-9) --------------------------------------------------- */

static bool mvn_axes(struct module *m, int node, bool over[MAX_RANK])
{
	static const int64_t usual[] = { 0, 2, 3 };
	const struct attr *a = node_attr(m, node, "axes");
	int rank = node_in_tensor(m, node, 0)->rank, n = a ? a->n : 3, axis;

	memset(over, 0, MAX_RANK * sizeof *over);
	for (int i = 0; i < n; i++) {
		if (!node_axis(m, node, a ? a->ints[i] : usual[i], rank, &axis))
			return false;
		over[axis] = true;
	}
	return true;
}

static bool infer_mvn(struct module *m, int node)
{
	bool over[MAX_RANK];

	return mvn_axes(m, node, over) && infer_same(m, node);
}

static bool lower_mvn(struct lowering *l, int node)
{
	struct module *m = l->m;
	int t = node_in(m, node, 0), mean, deviation, v;
	const struct tensor x = m->tensor[t];
	struct num at[MAX_RANK];
	bool over[MAX_RANK];
	struct stats s;
	struct nest *n;

	if (!mvn_axes(m, node, over))
		return false;
	s = stats_over(m, &x, over);
	mean = lower_stat(l, &s, t, -1, "x", "x", 0);
	deviation = lower_stat(l, &s, t, mean, "(x - y) * (x - y)", "sqrt(x) + e", 1e-9);
	n = nest_new(m, node_out(m, node, 0));
	stats_at(n, &s, at);
	v = nest_binary(n, E_SUB, nest_load_wide(n, t, n->axis), nest_load(n, mean, at));
	nest_store_narrow(n, nest_binary(n, E_DIV, v, nest_load(n, deviation, at)));
	lower_nest(l, n);
	return true;
}

const struct op_def op_MeanVarianceNormalization_9 = {
	ONNX("MeanVarianceNormalization", 9, 1, 1, 1, 1), .attrs = ATTRS(INTS_OPTIONAL("axes")), .types = TYPES("fh"),
	.infer = infer_mvn, .lower = lower_mvn,
};
