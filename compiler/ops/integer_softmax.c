/* IntegerSoftmax of domain "nnc", along one axis: with m the greatest x of the row,
 *   y = saturate(round_half_even((e[m - x] / sum of e[m - x']) / y_scale) + y_zero),  e[d] = float32(exp(-d * x_scale))
 * in float32, the sum in rising order of the axis. e is input 1, a constant of 256 elements. */
#include "ops/integer.h"

static bool infer_integer_softmax(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);

	return tensor_set(m, node, node_out(m, node, 0), (enum dtype)node_attr_int(m, node, "type", 0), x.rank, x.dim);
}

/* e[greatest of the row - x]. */
static int load_power(struct nest *n, int node, int greatest, const struct num *row, const struct num *at)
{
	struct module *m = n->m;
	int a = nest_cast(n, DT_I64, nest_load(n, greatest, row));
	int b = nest_cast(n, DT_I64, nest_load(n, node_in(m, node, 0), at));
	struct index index = { .affine = num_const(0), .expr = nest_binary(n, E_SUB, a, b) };

	return nest_load_at(n, node_in(m, node, 1), &index);
}

static bool lower_integer_softmax(struct lowering *l, int node)
{
	struct module *m = l->m;
	const struct tensor x = *node_in_tensor(m, node, 0);
	const int axis = (int)node_attr_int(m, node, "axis", 0);
	struct num dim[MAX_RANK], at[MAX_RANK], row[MAX_RANK];
	int greatest, sum, v;
	struct nest *n;

	for (int k = 0; k < x.rank; k++)
		dim[k] = k == axis ? num_const(1) : x.dim[k];
	greatest = lower_temp(l, x.type, x.rank, dim);
	sum = lower_temp(l, DT_F32, x.rank, dim);
	for (int pass = 0; pass < 3; pass++) {
		n = nest_new(m, pass == 0 ? greatest : pass == 1 ? sum : node_out(m, node, 0));
		for (int k = 0; k < x.rank; k++) {
			at[k] = k == axis && pass < 2 ? nest_reduce_axis(n, x.dim[k]) : n->axis[k];
			row[k] = k == axis ? num_const(0) : n->axis[k];
		}
		if (pass == 0) {
			nest_store(n, nest_reduce(n, REDUCE_MAX, nest_load(n, node_in(m, node, 0), at)));
		} else if (pass == 1) {
			nest_store(n, nest_reduce(n, REDUCE_SUM, load_power(n, node, greatest, row, at)));
		} else {
			v = nest_binary(n, E_DIV, load_power(n, node, greatest, row, at), nest_load(n, sum, row));
			v = nest_binary(n, E_DIV, v, nest_const_float(n, DT_F32, node_attr_float(m, node, "scale", 1)));
			v = nest_binary(n, E_ADD, nest_unary(n, E_ROUND, v),
					nest_const_float(n, DT_F32, (double)node_attr_int(m, node, "zero", 0)));
			nest_store(n, nest_saturate(n, m->tensor[n->out].type, v));
		}
		lower_nest(l, n);
	}
	return true;
}

const struct op_def op_nnc_IntegerSoftmax = {
	.domain = "nnc", .name = "IntegerSoftmax", .since = 1, .min_in = 2, .max_in = 2, .min_out = 1, .max_out = 1,
	.attrs = ATTRS(INT("axis", 0), INT("type", 0), FLOAT("scale", 1.0), INT("zero", 0)), .types = TYPES("iu", "f"),
	.infer = infer_integer_softmax, .lower = lower_integer_softmax,
};
