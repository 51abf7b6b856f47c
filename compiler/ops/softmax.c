/* Softmax, LogSoftmax, Hardmax. Before opset 13 the axes from `axis` on are taken together as one row; from 13 on one
 * axis. Softmax is exp(x - max) / sum(exp(x - max)). */
#include "ops/softmax.h"

bool softmax_axes(struct module *m, int node, int *first, int *last)
{
	const struct tensor *x = node_in_tensor(m, node, 0);
	bool one = m->node[node].op->since >= 13;
	int64_t axis = node_attr_int(m, node, "axis", one ? -1 : 1);

	if (!one && axis == x->rank) {
		*first = *last = x->rank;
		return true;
	}
	if (!node_axis(m, node, axis, x->rank, first))
		return false;
	*last = one ? *first + 1 : x->rank;
	return true;
}

static bool infer_softmax(struct module *m, int node)
{
	int first, last;

	return (node_in_tensor(m, node, 0)->rank == 0 || softmax_axes(m, node, &first, &last)) && infer_same(m, node);
}

/* One value a row, in a tensor whose row axes are 1. */
struct rows {
	int first, last, tensor;
	struct num dim[MAX_RANK];
};

/* Indexes of the row's value for element (n's own axes), or of a row's elements with new reduction axes. */
static void row_indexes(struct nest *n, const struct rows *r, const struct tensor *x, bool reduce,
			struct num at[MAX_RANK])
{
	for (int k = 0; k < x->rank; k++)
		if (k < r->first || k >= r->last)
			at[k] = n->axis[k];
		else
			at[k] = reduce ? nest_reduce_axis(n, x->dim[k]) : num_const(0);
}

static struct rows rows_new(struct lowering *l, const struct tensor *x, int first, int last, enum dtype type)
{
	struct rows r = { .first = first, .last = last };

	for (int k = 0; k < x->rank; k++)
		r.dim[k] = k >= first && k < last ? num_const(1) : x->dim[k];
	r.tensor = lower_temp(l, type, x->rank, r.dim);
	return r;
}

static struct rows row_max(struct lowering *l, int t, int first, int last, enum reduce_op how, enum dtype type)
{
	const struct tensor x = l->m->tensor[t];
	struct rows r = rows_new(l, &x, first, last, type);
	struct nest *n = nest_new(l->m, r.tensor);
	struct num at[MAX_RANK];
	int v;

	row_indexes(n, &r, &x, true, at);
	v = nest_load_wide(n, t, at);
	nest_store(n, n->n_reduce ? nest_reduce(n, how, v) : how == REDUCE_MAX ? v : nest_const_int(n, DT_I64, 0));
	lower_nest(l, n);
	return r;
}

void lower_softmax_rows(struct lowering *l, int t, int out, int first, int last, bool logarithm)
{
	struct module *m = l->m;
	const struct tensor x = m->tensor[t];
	struct rows max, sum;
	struct num at[MAX_RANK], row[MAX_RANK];
	struct nest *n;
	int v;

	max = row_max(l, t, first, last, REDUCE_MAX, compute_type(x.type));
	sum = rows_new(l, &x, first, last, compute_type(x.type));
	n = nest_new(m, sum.tensor);
	row_indexes(n, &max, &x, false, row);
	row_indexes(n, &sum, &x, true, at);
	v = nest_unary(n, E_EXP, nest_binary(n, E_SUB, nest_load_wide(n, t, at), nest_load(n, max.tensor, row)));
	nest_store(n, n->n_reduce ? nest_reduce(n, REDUCE_SUM, v) : v);
	lower_nest(l, n);

	n = nest_new(m, out);
	row_indexes(n, &sum, &x, false, row);
	v = nest_binary(n, E_SUB, nest_load_wide(n, t, n->axis), nest_load(n, max.tensor, row));
	if (logarithm)
		v = nest_binary(n, E_SUB, v, nest_unary(n, E_LOG, nest_load(n, sum.tensor, row)));
	else
		v = nest_binary(n, E_DIV, nest_unary(n, E_EXP, v), nest_load(n, sum.tensor, row));
	nest_store_narrow(n, v);
	lower_nest(l, n);
}

static bool lower_softmax(struct lowering *l, int node)
{
	struct module *m = l->m;
	int t = node_in(m, node, 0), first = 0, last = 0;

	if (m->tensor[t].rank && !softmax_axes(m, node, &first, &last))
		return false;
	lower_softmax_rows(l, t, node_out(m, node, 0), first, last, m->node[node].op->name[0] == 'L');
	return true;
}

/* 1 at the first greatest element of the axis, 0 elsewhere. Rows of several axes are taken as one axis of a reshaped
 * copy. */
static bool lower_hardmax(struct lowering *l, int node)
{
	struct module *m = l->m;
	int t = node_in(m, node, 0), first = 0, last = 0, cond;
	const struct tensor x = m->tensor[t];
	struct num flat, row[3], dim[3];
	struct nest *n;
	struct rows best;
	int copy;

	if (x.rank && !softmax_axes(m, node, &first, &last))
		return false;
	dim[0] = dims_product(m, x.dim, first);
	dim[1] = dims_product(m, x.dim + first, last - first);
	dim[2] = dims_product(m, x.dim + last, x.rank - last);
	copy = lower_temp(l, x.type, 3, dim);
	n = nest_new(m, copy);
	nest_store(n, nest_load_flat(n, t, nest_flat(n)));
	lower_nest(l, n);
	best = row_max(l, copy, 1, 2, REDUCE_ARGMAX, DT_I64);

	n = nest_new(m, node_out(m, node, 0));
	row[0] = row[1] = row[2] = num_const(0);
	for (int k = 0; k < x.rank; k++) {
		int g = k < first ? 0 : k < last ? 1 : 2;

		row[g] = num_add(&m->nums, num_mul(&m->nums, row[g], x.dim[k]), n->axis[k]);
	}
	flat = row[1];
	row[1] = num_const(0);
	cond = nest_binary(n, E_EQ, nest_load(n, best.tensor, row), nest_index(n, flat));
	nest_store_narrow(n, nest_select(n, cond, nest_const_float(n, compute_type(x.type), 1),
					 nest_const_float(n, compute_type(x.type), 0)));
	lower_nest(l, n);
	return true;
}

#define ROWWISE(op_name, lower_name) \
	const struct op_def op_##op_name##_1 = { \
		ONNX(#op_name, 1, 1, 1, 1, 1), .attrs = ATTRS(INT("axis", 1)), .types = TYPES("fh"), \
		.infer = infer_softmax, .lower = lower_name, \
	}; \
	const struct op_def op_##op_name##_13 = { \
		ONNX(#op_name, 13, 1, 1, 1, 1), .attrs = ATTRS(INT("axis", -1)), .types = TYPES("fh"), \
		.infer = infer_softmax, .lower = lower_name, \
	};

ROWWISE(Softmax, lower_softmax)
ROWWISE(LogSoftmax, lower_softmax)
ROWWISE(Hardmax, lower_hardmax)
