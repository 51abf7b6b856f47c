/* ConvTranspose: the gradient of Conv.  y[n][g*M + m][o…] = b[g*M + m] + sum over c, r… of x[n][g*C + c][i…] *
 * w[g*C + c][m][r…] where o + begin = i*stride + r*dilation. w: C x M/group x kernel. */
#include "ops/conv_transpose.h"

#include <string.h>

/* The spatial extents that output_shape gives; some exporters write batch and channels before them. */
static bool read_output_shape(struct module *m, int node, int n, int64_t *shape)
{
	const struct attr *a = node_attr(m, node, "output_shape");

	if (!a || a->n != n + 2)
		return window_ints(m, node, "output_shape", n, 0, shape);
	memcpy(shape, a->ints + 2, (size_t)n * sizeof *shape);
	return true;
}

bool transpose_window(struct module *m, int node, struct window *w)
{
	struct nums *s = &m->nums;
	const struct tensor x = *node_in_tensor(m, node, 0), k = *node_in_tensor(m, node, 1);
	int64_t more[MAX_RANK], shape[MAX_RANK], pads[2 * MAX_RANK];
	bool upper = node_attr_is(m, node, "auto_pad", "SAME_UPPER"),
	     lower = node_attr_is(m, node, "auto_pad", "SAME_LOWER");
	bool valid = node_attr_is(m, node, "auto_pad", "VALID"), given = node_attr(m, node, "output_shape");

	w->n = x.rank - 2;
	if (!window_check_kernel(m, node, w->n, k.dim + 2) || !window_ints(m, node, "strides", w->n, 1, w->stride) ||
	    !window_ints(m, node, "dilations", w->n, 1, w->dilation) ||
	    !window_pads(m, node, w->n, pads) ||
	    !window_ints(m, node, "output_padding", w->n, 0, more) ||
	    !read_output_shape(m, node, w->n, shape))
		return false;
	for (int i = 0; i < w->n; i++) {
		struct num full, stride = num_const(w->stride[i]), total, half;

		w->in[i] = x.dim[i + 2];
		w->kernel[i] = k.dim[i + 2];
		/* stride * (in - 1) + output_padding + dilation * (kernel - 1) + 1 */
		full = num_mul(s, num_sub(s, w->in[i], num_const(1)), stride);
		full = num_add(s, full, num_mul(s, num_sub(s, w->kernel[i], num_const(1)), num_const(w->dilation[i])));
		full = num_add(s, full, num_const(more[i] + 1));
		if (given || upper || lower) {
			w->out[i] = given ? num_const(shape[i]) : num_mul(s, w->in[i], stride);
			total = num_max(s, num_sub(s, full, w->out[i]), num_const(0));
			half = num_div(s, total, num_const(2));
			w->begin[i] = upper ? half : num_sub(s, total, half);
		} else {
			w->begin[i] = num_const(valid ? 0 : pads[i]);
			w->out[i] = num_sub(s, full, num_const(valid ? 0 : pads[i] + pads[w->n + i]));
		}
		w->end[i] = num_const(0);
		if (!window_check_out(m, node, i, w->out[i], "a kernel spread over the input, without its pads"))
			return false;
	}
	return true;
}

static bool infer_conv_transpose(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0), w = *node_in_tensor(m, node, 1);
	const struct tensor *bias = node_in_tensor(m, node, 2);
	int64_t group = node_attr_int(m, node, "group", 1);
	struct window window;
	struct num dim[MAX_RANK];

	if (x.rank < 3 || w.rank != x.rank)
		return node_bad(m, node, "input and weights are of rank %d and %d, allowed: equal, 3 to %d", x.rank,
				w.rank, MAX_RANK);
	if (!num_is_const(w.dim[0]) || !num_is_const(w.dim[1]) || !num_is_const(x.dim[1]))
		return node_unsupported(m, node, "the number of channels must be a constant");
	if (w.dim[0].n != x.dim[1].n || w.dim[0].n % group)
		return node_bad(m, node,
				"the input has %lld channels, allowed: weights' %lld, a multiple of %lld groups",
				(long long)x.dim[1].n, (long long)w.dim[0].n, (long long)group);
	if (!transpose_window(m, node, &window))
		return false;
	dim[0] = x.dim[0];
	dim[1] = num_mul(&m->nums, w.dim[1], num_const(group));
	if (bias && (bias->rank != 1 || !num_same(bias->dim[0], dim[1])))
		return node_bad(m, node, "the bias has shape %s, allowed: %lld", dims_text(m, bias->rank, bias->dim),
				(long long)dim[1].n);
	memcpy(dim + 2, window.out, (size_t)window.n * sizeof *dim);
	return tensor_set(m, node, node_out(m, node, 0), x.type, x.rank, dim);
}

/* i = (o + begin - r*dilation) / stride. */
int transpose_at(struct nest *n, const struct window *w, const struct num *o, const struct num *r, struct num *at)
{
	struct nums *s = &n->m->nums;
	int inside = nest_const_int(n, DT_BOOL, 1);

	for (int k = 0; k < w->n; k++) {
		struct num stride = num_const(w->stride[k]), up = num_add(s, o[k], w->begin[k]);

		up = num_sub(s, up, num_mul(s, r[k], num_const(w->dilation[k])));
		at[k] = num_div(s, up, stride);
		inside = nest_binary(n, E_AND, inside, nest_in_range(n, at[k], num_const(0), w->in[k]));
		if (w->stride[k] > 1)
			inside = nest_binary(n, E_AND, inside,
					     nest_in_range(n, num_mod(s, up, stride), num_const(0), num_const(1)));
	}
	return inside;
}

static bool lower_conv_transpose(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nums *s = &m->nums;
	const struct tensor x = *node_in_tensor(m, node, 0), w = *node_in_tensor(m, node, 1);
	struct nest *n = nest_new(m, node_out(m, node, 0));
	int64_t group = node_attr_int(m, node, "group", 1);
	struct num at_x[MAX_RANK], at_w[MAX_RANK], c, per_group = num_const(w.dim[0].n / group);
	int inside, v, bias = node_in(m, node, 2);
	struct window window;

	if (!transpose_window(m, node, &window))
		return false;
	c = nest_reduce_axis(n, per_group);
	for (int k = 0; k < window.n; k++)
		at_w[k + 2] = nest_reduce_axis(n, w.dim[k + 2]);
	at_w[0] = group == 1 ? c : num_add(s, num_mul(s, num_div(s, n->axis[1], w.dim[1]), per_group), c);
	at_w[1] = group == 1 ? n->axis[1] : num_mod(s, n->axis[1], w.dim[1]);
	at_x[0] = n->axis[0];
	at_x[1] = at_w[0];
	inside = transpose_at(n, &window, n->axis + 2, at_w + 2, at_x + 2);
	v = nest_binary(n, E_MUL, nest_load_wide(n, node_in(m, node, 0), at_x),
			nest_load_wide(n, node_in(m, node, 1), at_w));
	v = nest_select(n, inside, v, nest_const_value(n, compute_type(x.type), TYPE_ZERO));
	v = nest_reduce(n, REDUCE_SUM, v);
	if (bias >= 0)
		v = nest_binary(n, E_ADD, v, nest_load_wide(n, bias, &n->axis[1]));
	nest_store_narrow(n, v);
	lower_nest(l, n);
	return true;
}

const struct op_def op_ConvTranspose_1 = {
	ONNX("ConvTranspose", 1, 2, 3, 1, 1), .types = TYPES("fh", "T"),
	.attrs = ATTRS(WINDOW_ATTRS, WINDOW_DILATIONS, INT_IN("group", 1, 1, 1 << 20), INTS_OPTIONAL("kernel_shape"),
		       INTS_IN("output_padding", 0, 1 << 20), INTS_IN("output_shape", 1, 1 << 30)),
	.infer = infer_conv_transpose, .lower = lower_conv_transpose, .by_kernels = true,
};
