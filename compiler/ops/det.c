/* Det: determinants of the matrices in the last two axes, by elimination with the greatest pivot of each column. The
 * matrix is copied, a loop over its columns brings it to triangular form, and the determinant is the diagonal's
 * product, negated for every exchange of rows. Cubic in the matrix. */
#include <string.h>

#include "ops/control.h"
#include "ops/arguments.h"

struct elimination {
	int matrix, sign, pivot, row;   /* temporaries: x, ±1, rows below the column's own, the pivot's row */
	int rank;                       /* of the matrix */
	enum dtype type;
	struct num size, column;
};

static bool infer_det(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);

	if (!node_rank(m, node, 0, 2, MAX_RANK))
		return false;
	if (num_is_const(x.dim[x.rank - 1]) && num_is_const(x.dim[x.rank - 2]) &&
	    x.dim[x.rank - 1].n != x.dim[x.rank - 2].n)
		return node_bad(m, node, "matrices of %lld x %lld, allowed: square ones",
				(long long)x.dim[x.rank - 2].n, (long long)x.dim[x.rank - 1].n);
	if (!num_same(x.dim[x.rank - 1], x.dim[x.rank - 2]))
		return node_unsupported(m, node, "the matrices need not be square");
	return tensor_set(m, node, node_out(m, node, 0), x.type, x.rank - 2, x.dim);
}

/* A nest over the batch and `n_more` axes; writes tensor `out`. */
static struct nest *batch_nest(const struct elimination *e, struct module *m, int out, int n_more,
			       const struct num *more)
{
	struct num extent[MAX_RANK];

	memcpy(extent, m->tensor[e->matrix].dim, (size_t)(e->rank - 2) * sizeof *extent);
	memcpy(extent + e->rank - 2, more, (size_t)n_more * sizeof *extent);
	return nest_over(m, out, e->rank - 2 + n_more, extent);
}

/* Indexes of the element in row i + (the value of expression e_row, when it is one), column j of the nest's batch. */
static void element_at(const struct nest *n, int rank, struct num i, int e_row, struct num j, struct index *at)
{
	for (int k = 0; k < rank - 2; k++)
		at[k] = (struct index){ n->axis[k], -1 };
	at[rank - 2] = (struct index){ i, e_row };
	at[rank - 1] = (struct index){ j, -1 };
}

static int load_element(struct nest *n, const struct elimination *e, struct num i, int e_row, struct num j)
{
	struct index at[MAX_RANK];

	element_at(n, e->rank, i, e_row, j, at);
	return nest_load_at(n, e->matrix, at);
}

/* The row of the column's greatest element, counted from the diagonal down, and the sign after their exchange. */
static void find_pivot(struct lowering *l, const struct elimination *e)
{
	struct nums *s = &l->m->nums;
	struct nest *n = nest_new(l->m, e->pivot);
	struct num i = nest_reduce_axis(n, num_sub(s, e->size, e->column));
	int v = nest_unary(n, E_ABS, load_element(n, e, num_add(s, e->column, i), -1, e->column));

	nest_store(n, nest_reduce(n, REDUCE_ARGMAX, v));
	lower_nest(l, n);
	n = nest_new(l->m, e->sign);
	v = nest_load(n, e->sign, n->axis);
	nest_store(n,
		   nest_select(n, nest_binary(n, E_EQ, nest_load(n, e->pivot, n->axis), nest_const_int(n, DT_I64, 0)),
			       v, nest_unary(n, E_NEG, v)));
	lower_nest(l, n);
}

static void exchange_rows(struct lowering *l, const struct elimination *e)
{
	int j = e->rank - 2;
	struct nest *n = nest_new(l->m, e->row);

	nest_store(n, load_element(n, e, e->column, nest_load(n, e->pivot, n->axis), n->axis[j]));
	lower_nest(l, n);
	n = batch_nest(e, l->m, e->matrix, 1, &e->size);
	element_at(n, e->rank, e->column, nest_load(n, e->pivot, n->axis), n->axis[j], n->store);
	nest_store(n, load_element(n, e, e->column, -1, n->axis[j]));
	lower_nest(l, n);
	n = batch_nest(e, l->m, e->matrix, 1, &e->size);
	element_at(n, e->rank, e->column, -1, n->axis[j], n->store);
	nest_store(n, nest_load(n, e->row, n->axis));
	lower_nest(l, n);
}

/* Takes multiples of the pivot's row from the rows below it; those of a column without a pivot are 0 already. */
static void eliminate(struct lowering *l, const struct elimination *e)
{
	struct nums *s = &l->m->nums;
	struct num next = num_add(s, e->column, num_const(1)), left = num_sub(s, e->size, next), i, j, at[MAX_RANK];
	struct nest *n = batch_nest(e, l->m, e->matrix, 2, (struct num[]){ left, left });
	int pivot, factor, v;

	i = num_add(s, next, n->axis[e->rank - 2]);
	j = num_add(s, next, n->axis[e->rank - 1]);
	nest_axes(n, at);
	at[e->rank - 2] = e->column;
	pivot = nest_load(n, e->row, at);
	factor =
		nest_parse(n, "y == 0 ? 0 : x / y", (int[]){ load_element(n, e, i, -1, e->column), pivot }, 2, NULL, 0);
	at[e->rank - 2] = j;
	v = nest_binary(n, E_MUL, factor, nest_load(n, e->row, at));
	element_at(n, e->rank, i, -1, j, n->store);
	nest_store(n, nest_binary(n, E_SUB, load_element(n, e, i, -1, j), v));
	lower_nest(l, n);
}

static bool lower_det(struct lowering *l, int node)
{
	struct module *m = l->m;
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct elimination e = { .rank = x.rank, .type = compute_type(x.type), .size = x.dim[x.rank - 1] };
	struct num trips = num_max(&m->nums, num_sub(&m->nums, e.size, num_const(1)), num_const(0)), k;
	struct block body = { 0 };
	struct lowering inside = lower_inside(l, &body);
	struct nest *n;

	e.matrix = lower_temp(l, e.type, x.rank, x.dim);
	e.sign = lower_temp(l, e.type, x.rank - 2, x.dim);
	e.pivot = lower_temp(l, DT_I64, x.rank - 2, x.dim);
	e.row = lower_temp(l, e.type, x.rank - 1, x.dim);
	e.column = loop_turn(m, node, trips);
	n = nest_new(m, e.matrix);
	nest_store(n, nest_load_wide(n, node_in(m, node, 0), n->axis));
	lower_nest(l, n);
	n = nest_new(m, e.sign);
	nest_store(n, nest_const_value(n, e.type, TYPE_ONE));
	lower_nest(l, n);
	find_pivot(&inside, &e);
	exchange_rows(&inside, &e);
	eliminate(&inside, &e);
	lower_turns(l, trips, e.column, -1, body);

	n = nest_new(m, node_out(m, node, 0));
	k = nest_reduce_axis(n, e.size);
	nest_store_narrow(n, nest_binary(n, E_MUL, nest_reduce(n, REDUCE_PROD, load_element(n, &e, k, -1, k)),
					 nest_load(n, e.sign, n->axis)));
	lower_nest(l, n);
	return true;
}

const struct op_def op_Det_11 = {
	ONNX("Det", 11, 1, 1, 1, 1), .types = TYPES("fh"), .infer = infer_det, .lower = lower_det,
};
