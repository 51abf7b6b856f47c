/* A 1x1 convolution is a matrix product: pixels by input channels, times input by output channels. */
#include "lower/conv_shape.h"
#include "targets/target.h"

/* Pixels that follow each other at one distance: all of an image, or of the whole batch. What is in another order will
 * be copied and then has no gaps. */
static bool is_flat(struct module *m, int t, bool batch)
{
	uint8_t order[MAX_RANK];
	int axes[MAX_RANK], n = 0;

	channels_last(m->tensor[t].rank, order);
	if (!lower_has_order(m, t, order))
		return true;
	if (batch)
		axes[n++] = 0;
	for (int axis = 2; axis < m->tensor[t].rank; axis++)
		axes[n++] = axis;
	return lower_is_run(m, t, axes, n);
}

/* Elements from pixel to pixel. */
static struct num pixel_step(const struct module *m, int t)
{
	int axes[MAX_RANK] = { 0 }, n = 1;

	for (int axis = 2; axis < m->tensor[t].rank; axis++)
		axes[n++] = axis;
	return lower_run_step(m, t, axes, n);
}

static double cost(struct module *m, int node, const char **why)
{
	struct conv_shape c;
	double cycles = 0;

	if (!conv_shape_read(m, node, &c, why))
		return -1;
	*why = "for 1x1 kernels with stride 1, without padding and groups";
	if (c.kernel_h != 1 || c.kernel_w != 1 || c.stride_h != 1 || c.stride_w != 1 || c.groups != 1 ||
	    !num_is(c.pad_top, 0) || !num_is(c.pad_left, 0) || !num_same(c.in_h, c.out_h) || !num_same(c.in_w, c.out_w))
		return -1;
	*why = "rows of pixels have gaps";
	if (!is_flat(m, c.x, false) || !is_flat(m, c.y, false))
		return -1;
	*why = "the target has no such kernel";
	if (!kernel_choose(m, KERNEL_GEMM, c.out_h.n * c.out_w.n, c.oc, c.ic, &cycles))
		return -1;
	return cycles * (double)c.batch_hi;
}

static bool lower(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct conv_shape c;
	const struct kernel *k;
	const char *why;
	struct call *call;
	struct arg *a;
	struct pack p;
	struct num pixels;
	double cycles;
	int x, y, w, loop = -1;
	bool flat;

	if (!conv_shape_read(m, node, &c, &why))
		die("conv_1x1: %s", why);
	conv_images(l, &c, false, &x, &y);
	pixels = num_mul(&m->nums, c.out_h, c.out_w);
	flat = is_flat(m, x, true) && is_flat(m, y, true);
	if (flat)
		pixels = num_mul(&m->nums, pixels, m->tensor[x].dim[0]);
	k = kernel_choose(m, KERNEL_GEMM, pixels.n, c.oc, c.ic, &cycles);
	p = conv_pack(&c, false);
	w = lower_packed(l, m->tensor[c.w].name, &p, k->columns, m->tensor[c.w].data);
	call = lower_kernel(l, k, "nnrt_gemm");
	call_rows(l, call, pixels);
	call_field(l, call, "n", num_const(c.oc));
	call_field(l, call, "k", num_const(c.ic));
	call_field(l, call, "a_row", pixel_step(m, x));
	call_field(l, call, "b_row", num_const(0));
	call_field_col_stride(l, call, "y_row");
	if (!flat)
		loop = call_loop(call, m->tensor[x].dim[0], 0, num_const(1));
	a = call_arg(l, call, ARG_READ, x);
	if (loop >= 0)
		a->advance[loop] = m->tensor[x].stride[0];
	call_arg(l, call, ARG_READ, w);
	call_arg(l, call, ARG_READ, c.b);
	call_arg(l, call, ARG_WRITE, y);
	call_epilogue(l, call, y);
	call_in_pieces(call, 0, pixels, num_const(1), k->rows, c.ic * c.oc * 4 / m->target->vector_bytes);
	call->in_order = c.oc <= k->columns;
	call->c_axis = 1;
	if (flat && !num_is(m->tensor[x].dim[0], 1))
		call->col_axis[call->n_col_axes++] = 0;
	for (int axis = 2; axis < c.rank; axis++)
		call->col_axis[call->n_col_axes++] = axis;
	l->block->step[l->block->n - 1].macs = conv_macs(&c);
	lower_finish(l, y, c.y);
	return true;
}

const struct strategy conv_1x1 = { .name = "conv_1x1", .op = "Conv", .cost = cost, .lower = lower };
