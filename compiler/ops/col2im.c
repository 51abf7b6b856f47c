/* Col2Im: blocks of pixels put back where they were cut from an image, added where they overlap.
 * y[n][c][o…] = sum over r… of x[n][c*K + r][i], K positions r in a block, i the number of the block whose position r
 * falls on pixel o: o + begin = i*stride + r*dilation along each axis, as in ConvTranspose. */
#include "ops/conv_transpose.h"

#include <string.h>

/* The window over the image: w->out counts the blocks. */
static bool blocks_get(struct module *m, int node, struct window *w, int64_t *positions)
{
	const struct num *image, *block;
	int n, n_block;

	if (!node_numbers(m, node, NULL, 1, &image, &n) || !node_numbers(m, node, NULL, 2, &block, &n_block))
		return false;
	if (n < 1 || n > MAX_RANK - 2 || n_block != n)
		return node_bad(m, node, "image and block have %d and %d axes, allowed: equal, 1 to %d", n, n_block,
				MAX_RANK - 2);
	*positions = 1;
	for (int k = 0; k < n; k++) {
		if (num_hi(&m->nums, image[k]) < 1)
			return node_bad(m, node, "the image has %lld pixels along axis %d, allowed: 1 or more",
					(long long)image[k].n, k);
		if (!num_is_const(block[k]))
			return node_unsupported(m, node, "element %d of input 2 must be a constant", k);
		if (block[k].n < 1 || __builtin_mul_overflow(*positions, block[k].n, positions))
			return node_bad(m, node, "the block has %lld pixels along axis %d, allowed: 1 or more",
					(long long)block[k].n, k);
	}
	return window_get(m, node, n, image, block, w);
}

static bool infer_col2im(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct num dim[MAX_RANK];
	struct window w;
	int64_t positions;

	if (!node_rank(m, node, 0, 3, 3) || !blocks_get(m, node, &w, &positions))
		return false;
	if (!num_is_const(x.dim[1]))
		return node_unsupported(m, node, "the number of channels must be a constant");
	if (x.dim[1].n % positions)
		return node_bad(m, node, "input 0 has %lld elements along axis 1, allowed: a multiple of %lld",
				(long long)x.dim[1].n, (long long)positions);
	if (!node_shape(m, node, 0, (struct num[]){ x.dim[0], x.dim[1], dims_product(m, w.out, w.n) }, 3))
		return false;
	dim[0] = x.dim[0];
	dim[1] = num_const(x.dim[1].n / positions);
	memcpy(dim + 2, w.in, (size_t)w.n * sizeof *dim);
	return tensor_set(m, node, node_out(m, node, 0), x.type, w.n + 2, dim);
}

static bool lower_col2im(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nums *s = &m->nums;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	enum dtype type = compute_type(node_in_type(m, node, 0));
	struct num r[MAX_RANK], i[MAX_RANK], at[3];
	struct window w;
	int64_t positions;
	int inside;

	if (!blocks_get(m, node, &w, &positions))
		return false;
	at[0] = n->axis[0];
	at[1] = n->axis[1];
	at[2] = num_const(0);
	for (int k = 0; k < w.n; k++) {
		r[k] = nest_reduce_axis(n, w.kernel[k]);
		at[1] = num_add(s, num_mul(s, at[1], w.kernel[k]), r[k]);
		w.in[k] = w.out[k];
	}
	inside = transpose_at(n, &w, n->axis + 2, r, i);
	for (int k = 0; k < w.n; k++)
		at[2] = num_add(s, num_mul(s, at[2], w.out[k]), i[k]);
	nest_store_narrow(n, nest_reduce(n, REDUCE_SUM,
					 nest_select(n, inside, nest_load_wide(n, node_in(m, node, 0), at),
						     nest_const_value(n, type, TYPE_ZERO))));
	lower_nest(l, n);
	return true;
}

const struct op_def op_Col2Im_18 = {
	ONNX("Col2Im", 18, 3, 3, 1, 1), .types = TYPES("fhiu", "i", "i"),
	.attrs = ATTRS(WINDOW_DILATIONS, INTS_IN("pads", 0, 1 << 20), INTS_IN("strides", 1, 1 << 20)),
	.infer = infer_col2im, .lower = lower_col2im,
};
