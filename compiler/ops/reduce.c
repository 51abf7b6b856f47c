/* Reduce*: a reduction over axes given as attribute or, later, as input; without axes all of them, or none with
 * noop_with_empty_axes. ArgMax and ArgMin: positions along one axis. */
#include "ops/arguments.h"

#include <string.h>

enum reduction { R_SUM, R_MEAN, R_MAX, R_MIN, R_PROD, R_L1, R_L2, R_LOGSUM, R_LOGSUMEXP, R_SUMSQUARE };

static const struct { const char *name, *before, *after; enum reduce_op how; } reductions[] = {
	[R_SUM] = { "ReduceSum", "x", "x", REDUCE_SUM },
	[R_MEAN] = { "ReduceMean", "x", "x", REDUCE_SUM },
	[R_MAX] = { "ReduceMax", "x", "x", REDUCE_MAX },
	[R_MIN] = { "ReduceMin", "x", "x", REDUCE_MIN },
	[R_PROD] = { "ReduceProd", "x", "x", REDUCE_PROD },
	[R_L1] = { "ReduceL1", "abs(x)", "x", REDUCE_SUM },
	[R_L2] = { "ReduceL2", "x * x", "sqrt(x)", REDUCE_SUM },
	[R_LOGSUM] = { "ReduceLogSum", "x", "log(x)", REDUCE_SUM },
	[R_LOGSUMEXP] = { "ReduceLogSumExp", "exp(x)", "log(x)", REDUCE_SUM },
	[R_SUMSQUARE] = { "ReduceSumSquare", "x * x", "x", REDUCE_SUM },
};

static enum reduction reduction_of(const struct op_def *op)
{
	int r = 0;

	while (strcmp(reductions[r].name, op->name) != 0)
		r++;
	return (enum reduction)r;
}

/* Which axes of input 0 are reduced. */
static bool reduced_axes(struct module *m, int node, bool reduced[MAX_RANK])
{
	int rank = node_in_tensor(m, node, 0)->rank, axis[MAX_RANK], n;

	if (!node_axes(m, node, "axes", 1, rank, axis, &n))
		return false;
	memset(reduced, 0, MAX_RANK * sizeof *reduced);
	for (int i = 0; i < n; i++)
		reduced[axis[i]] = true;
	if (n <= 0 && !node_attr_int(m, node, "noop_with_empty_axes", 0))
		memset(reduced, 1, (size_t)rank * sizeof *reduced);
	return true;
}

/* The result's shape: reduced axes become 1 or go. */
static bool set_reduced(struct module *m, int node, enum dtype type, const bool reduced[MAX_RANK])
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	bool keep = node_attr_int(m, node, "keepdims", 1);
	struct num dim[MAX_RANK];
	int rank = 0;

	for (int k = 0; k < x.rank; k++)
		if (!reduced[k])
			dim[rank++] = x.dim[k];
		else if (keep)
			dim[rank++] = num_const(1);
	return tensor_set(m, node, node_out(m, node, 0), type, rank, dim);
}

static bool infer_reduce(struct module *m, int node)
{
	bool reduced[MAX_RANK];

	return reduced_axes(m, node, reduced) && set_reduced(m, node, node_in_type(m, node, 0), reduced);
}

/* Indexes of input 0 for a nest over the output, with new reduction axes for the reduced ones; *count: elements that
 * are reduced. */
static void reduce_indexes(struct nest *n, int node, const bool reduced[MAX_RANK], struct num at[MAX_RANK],
			   struct num *count)
{
	struct module *m = n->m;
	const struct tensor x = *node_in_tensor(m, node, 0);
	bool keep = node_attr_int(m, node, "keepdims", 1);
	int from = 0;

	*count = num_const(1);
	for (int k = 0; k < x.rank; k++) {
		if (!reduced[k]) {
			at[k] = n->axis[from++];
			continue;
		}
		at[k] = nest_reduce_axis(n, x.dim[k]);
		*count = num_mul(&m->nums, *count, x.dim[k]);
		from += keep;
	}
}

static int reduced_value(struct nest *n, int t, const struct num *at, enum reduction r, int shift)
{
	int v = nest_load_wide(n, t, at);

	if (shift >= 0)
		v = nest_binary(n, E_SUB, v, shift);
	v = nest_parse(n, reductions[r].before, &v, 1, NULL, 0);
	return v;
}

/* log(sum(exp(x))) = max + log(sum(exp(x - max))): no overflow. Infinite maxima are left out of the shift. */
static bool lower_logsumexp(struct lowering *l, int node, const bool reduced[MAX_RANK])
{
	struct module *m = l->m;
	const struct tensor out = *node_out_tensor(m, node, 0);
	int t = node_in(m, node, 0), max = lower_temp(l, compute_type(out.type), out.rank, out.dim), shift, v;
	struct nest *n = nest_new(m, max);
	struct num at[MAX_RANK], count;

	reduce_indexes(n, node, reduced, at, &count);
	v = nest_reduce(n, REDUCE_MAX, nest_load_wide(n, t, at));
	v = nest_select(n, nest_unary(n, E_ISINF, v), nest_const_value(n, compute_type(out.type), TYPE_ZERO), v);
	nest_store(n, v);
	lower_nest(l, n);

	n = nest_new(m, node_out(m, node, 0));
	shift = nest_load(n, max, n->axis);
	reduce_indexes(n, node, reduced, at, &count);
	v = nest_reduce(n, REDUCE_SUM, reduced_value(n, t, at, R_LOGSUMEXP, shift));
	nest_store_narrow(n, nest_binary(n, E_ADD, nest_unary(n, E_LOG, v), shift));
	lower_nest(l, n);
	return true;
}

static bool lower_reduce(struct lowering *l, int node)
{
	struct module *m = l->m;
	enum reduction r = reduction_of(m->node[node].op);
	enum dtype type = compute_type(node_in_type(m, node, 0));
	struct nest *n = nest_new(m, node_out(m, node, 0));
	struct num at[MAX_RANK], count;
	bool reduced[MAX_RANK];
	int v;

	if (!reduced_axes(m, node, reduced))
		return false;
	if (r == R_LOGSUMEXP && is_float(type) && memchr(reduced, true, sizeof reduced))
		return lower_logsumexp(l, node, reduced);
	reduce_indexes(n, node, reduced, at, &count);
	if (type == DT_BOOL)
		v = nest_load(n, node_in(m, node, 0), at);
	else if (!is_float(type) && strchr(reductions[r].after, '('))
		v = nest_parse(n, reductions[r].before,
			       (int[]){ nest_cast(n, DT_F64, nest_load(n, node_in(m, node, 0), at)) }, 1, NULL, 0);
	else
		v = reduced_value(n, node_in(m, node, 0), at, r, -1);
	if (n->n_reduce)
		v = nest_reduce(n, type != DT_BOOL ? reductions[r].how : r == R_MAX ? REDUCE_OR : REDUCE_AND, v);
	v = type == DT_BOOL ? v : nest_parse(n, reductions[r].after, &v, 1, NULL, 0);
	if (r == R_MEAN)
		v = nest_binary(n, E_DIV, v, nest_cast(n, type, nest_index(n, count)));
	nest_store_narrow(n, v);
	lower_nest(l, n);
	return true;
}

#define KEEP FLAG("keepdims", 1)
#define NOOP FLAG("noop_with_empty_axes", 0)
/* since_axes: first version with axes as input. */
#define REDUCE(op_name, types_1, since_axes) \
	const struct op_def op_##op_name##_1 = { \
		ONNX(#op_name, 1, 1, 1, 1, 1), .attrs = ATTRS(INTS_OPTIONAL("axes"), KEEP), .types = TYPES(types_1), \
		.infer = infer_reduce, .lower = lower_reduce, \
	}; \
	const struct op_def op_##op_name##_##since_axes = { \
		ONNX(#op_name, since_axes, 1, 2, 1, 1), .attrs = ATTRS(KEEP, NOOP), .types = TYPES(types_1, "i"), \
		.infer = infer_reduce, .lower = lower_reduce, \
	};

REDUCE(ReduceSum, "fhiu", 13)
REDUCE(ReduceMean, "fhiu", 18)
REDUCE(ReduceMax, "fhiub", 18)
REDUCE(ReduceMin, "fhiub", 18)
REDUCE(ReduceProd, "fhiu", 18)
REDUCE(ReduceL1, "fhiu", 18)
REDUCE(ReduceL2, "fhiu", 18)
REDUCE(ReduceLogSum, "fhiu", 18)
REDUCE(ReduceLogSumExp, "fhiu", 18)
REDUCE(ReduceSumSquare, "fhiu", 18)

static bool infer_arg(struct module *m, int node)
{
	bool reduced[MAX_RANK] = { false };
	int axis;

	if (!node_axis_attr(m, node, "axis", 0, node_in_tensor(m, node, 0)->rank, &axis))
		return false;
	reduced[axis] = true;
	return set_reduced(m, node, DT_I64, reduced);
}

static bool lower_arg(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	bool last = node_attr_int(m, node, "select_last_index", 0), max = !strcmp(m->node[node].op->name, "ArgMax");
	bool reduced[MAX_RANK] = { false };
	struct num at[MAX_RANK], count;
	enum reduce_op how;
	int axis;

	if (!node_axis_attr(m, node, "axis", 0, node_in_tensor(m, node, 0)->rank, &axis))
		return false;
	reduced[axis] = true;
	reduce_indexes(n, node, reduced, at, &count);
	how = max ? last ? REDUCE_ARGMAX_LAST : REDUCE_ARGMAX : last ? REDUCE_ARGMIN_LAST : REDUCE_ARGMIN;
	nest_store(n, nest_reduce(n, how, nest_load_wide(n, node_in(m, node, 0), at)));
	lower_nest(l, n);
	return true;
}

#define ARG(op_name) \
	const struct op_def op_##op_name##_1 = { \
		ONNX(#op_name, 1, 1, 1, 1, 1), .attrs = ATTRS(INT("axis", 0), KEEP), .types = TYPES("fhiu"), \
		.infer = infer_arg, .lower = lower_arg, \
	}; \
	const struct op_def op_##op_name##_12 = { \
		ONNX(#op_name, 12, 1, 1, 1, 1), .attrs = ATTRS(INT("axis", 0), KEEP, FLAG("select_last_index", 0)), \
		.types = TYPES("fhiu"), .infer = infer_arg, .lower = lower_arg, \
	};

ARG(ArgMax)
ARG(ArgMin)
