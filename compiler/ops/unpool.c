/* MaxUnpool: zeros, and the values of X at the flat positions I of the output, which is X's size undone by the window
 * (or the given shape). */
#include "ops/positions.h"
#include "ops/window.h"

/* The tensor that was pooled, of the size that the window undoes, whatever output_shape says. */
static bool pooled_dims(struct module *m, int node, struct num *dim)
{
	const struct tensor *x = node_in_tensor(m, node, 0);
	int64_t kernel[MAX_RANK], stride[MAX_RANK], pads[2 * MAX_RANK];
	const int n = x->rank - 2;

	if (!window_kernel_shape(m, node, n, kernel) || !window_ints(m, node, "strides", n, 1, stride) ||
	    !window_pads(m, node, n, pads))
		return false;
	dim[0] = x->dim[0];
	dim[1] = x->dim[1];
	for (int k = 0; k < n; k++) {
		dim[k + 2] = num_mul(&m->nums, num_sub(&m->nums, x->dim[k + 2], num_const(1)), num_const(stride[k]));
		dim[k + 2] = num_add(&m->nums, dim[k + 2], num_const(kernel[k] - pads[k] - pads[n + k]));
		if (!window_check_out(m, node, k, dim[k + 2], "a window spread over the input, without its pads"))
			return false;
	}
	return true;
}

static bool infer_unpool(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	const struct num *shape;
	struct num dim[MAX_RANK];
	int given;

	if (!node_rank(m, node, 0, 3, MAX_RANK) || !pooled_dims(m, node, dim) ||
	    !node_numbers(m, node, NULL, 2, &shape, &given))
		return false;
	if (given >= 0 && given != x.rank)
		return node_bad(m, node, "output_shape has %d elements, allowed: %d", given, x.rank);
	if (!tensor_same_shape(m, node_in(m, node, 0), node_in(m, node, 1)))
		return node_bad(m, node, "positions have shape %s, allowed: %s as the values",
				node_in_shape(m, node, 1), node_in_shape(m, node, 0));
	for (int k = 0; k < x.rank && given >= 0; k++)
		if (num_hi(&m->nums, shape[k]) < 1)
			return node_bad(m, node, "output_shape[%d] is %lld, allowed: 1 or more", k,
					(long long)shape[k].n);
	return tensor_set(m, node, node_out(m, node, 0), x.type, x.rank, given >= 0 ? shape : dim);
}

/* Positions count in the tensor that was pooled. */
static void range_pooled(struct module *m, int node, int64_t c, struct num *lo, struct num *hi)
{
	struct num dim[MAX_RANK];

	(void)c;
	*lo = *hi = num_const(0);
	if (pooled_dims(m, node, dim))
		*hi = num_sub(&m->nums, dims_product(m, dim, node_in_tensor(m, node, 0)->rank), num_const(1));
}

static bool lower_unpool(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nums *s = &m->nums;
	const struct tensor x = *node_in_tensor(m, node, 0);
	int out = node_out(m, node, 0), i;
	struct nest *n = nest_new(m, out);
	struct num step = num_const(1), pooled[MAX_RANK], size;

	if (!pooled_dims(m, node, pooled))
		return false;
	nest_store(n, nest_cast(n, x.type, nest_const_float(n, DT_F32, 0)));
	lower_nest(l, n);
	n = nest_over(m, out, x.rank, x.dim);
	i = nest_cast(n, DT_I64, nest_load(n, node_in(m, node, 1), n->axis));
	for (int k = x.rank - 1; k >= 0; k--) {
		int v = nest_binary(n, E_MOD, nest_binary(n, E_DIV, i, nest_index(n, step)), nest_index(n, pooled[k]));

		/* A position outside is an error in the data: it is kept inside. */
		size = num_sub(s, m->tensor[out].dim[k], num_const(1));
		v = nest_binary(n, E_MAX, nest_binary(n, E_MIN, v, nest_index(n, size)), nest_const_int(n, DT_I64, 0));
		n->store[k] = (struct index){ num_const(0), v };
		step = num_mul(s, step, pooled[k]);
	}
	nest_store(n, nest_load(n, node_in(m, node, 0), n->axis));
	lower_nest(l, n);
	return true;
}

const struct op_def op_MaxUnpool_9 = {
	ONNX("MaxUnpool", 9, 2, 3, 1, 1), .types = TYPES("fh", "i", "i"),
	.attrs = ATTRS(INTS_REQUIRED("kernel_shape"), INTS_OPTIONAL("pads"), INTS_IN("strides", 1, 1 << 20)),
	.positions = POSITIONS(POSITION(1, range_pooled)), .infer = infer_unpool, .lower = lower_unpool,
};
