/* MaxUnpool: zeros, and the values of X at the flat positions I of the output, which is X's size undone by the window
 * (or the given shape). */
#include "ops/window.h"

static bool infer_unpool(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	int64_t kernel[MAX_RANK], stride[MAX_RANK], pads[2 * MAX_RANK];
	const struct num *shape;
	struct num dim[MAX_RANK];
	int n = x.rank - 2, given;

	if (!node_rank(m, node, 0, 3, MAX_RANK) || !window_ints(m, node, "kernel_shape", n, 1, kernel) ||
	    !window_ints(m, node, "strides", n, 1, stride) || !window_ints(m, node, "pads", 2 * n, 0, pads) ||
	    !node_numbers(m, node, NULL, 2, &shape, &given))
		return false;
	if (given >= 0 && given != x.rank)
		return node_bad(m, node, "output_shape has %d elements, allowed: %d", given, x.rank);
	if (!tensor_same_shape(m, node_in(m, node, 0), node_in(m, node, 1)))
		return node_bad(m, node, "positions have shape %s, allowed: %s as the values",
				node_in_shape(m, node, 1), node_in_shape(m, node, 0));
	for (int k = 0; k < x.rank; k++) {
		struct num whole = num_mul(&m->nums, num_sub(&m->nums, x.dim[k], num_const(1)),
					   num_const(k < 2 ? 1 : stride[k - 2]));

		dim[k] = given >= 0 ? shape[k] : k < 2 ? x.dim[k] :
			num_add(&m->nums, whole, num_const(kernel[k - 2] - pads[k - 2] - pads[n + k - 2]));
	}
	return tensor_set(m, node, node_out(m, node, 0), x.type, x.rank, dim);
}

static bool lower_unpool(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nums *s = &m->nums;
	const struct tensor x = *node_in_tensor(m, node, 0);
	int out = node_out(m, node, 0), i;
	struct nest *n = nest_new(m, out);
	int64_t kernel[MAX_RANK], stride[MAX_RANK], pads[2 * MAX_RANK];
	struct num step = num_const(1), pooled[MAX_RANK], size;

	nest_store(n, nest_cast(n, x.type, nest_const_float(n, DT_F32, 0)));
	lower_nest(l, n);
	if (!window_ints(m, node, "kernel_shape", x.rank - 2, 1, kernel) ||
	    !window_ints(m, node, "strides", x.rank - 2, 1, stride) ||
	    !window_ints(m, node, "pads", 2 * (x.rank - 2), 0, pads))
		return false;
	/* Positions count in the tensor that was pooled, of the size that the window undoes, whatever output_shape
	 * says. */
	for (int k = 0; k < x.rank; k++)
		pooled[k] = k < 2 ? x.dim[k] :
				    num_add(s, num_mul(s, num_sub(s, x.dim[k], num_const(1)), num_const(stride[k - 2])),
					    num_const(kernel[k - 2] - pads[k - 2] - pads[x.rank - 4 + k]));
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
	.infer = infer_unpool, .lower = lower_unpool,
};
