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
	if (c.g.kernel_h != 1 || c.g.kernel_w != 1 || c.g.stride_h != 1 || c.g.stride_w != 1 || c.groups != 1 ||
	    !num_is(c.g.pad_top, 0) || !num_is(c.g.pad_left, 0) || !num_same(c.g.in_h, c.g.out_h) ||
	    !num_same(c.g.in_w, c.g.out_w))
		return -1;
	*why = "rows of pixels have gaps";
	if (!is_flat(m, c.x, false) || !is_flat(m, c.y, false))
		return -1;
	*why = "the target has no such kernel";
	if (!kernel_choose(m, KERNEL_GEMM, c.g.out_h.n * c.g.out_w.n, c.g.oc, c.g.ic, &cycles))
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
	pixels = num_mul(&m->nums, c.g.out_h, c.g.out_w);
	flat = is_flat(m, x, true) && is_flat(m, y, true);
	if (flat)
		pixels = num_mul(&m->nums, pixels, m->tensor[x].dim[0]);
	k = kernel_choose(m, KERNEL_GEMM, pixels.n, c.g.oc, c.g.ic, &cycles);
	p = conv_pack(&c, false);
	w = lower_packed(l, m->tensor[c.w].name, &p, k->columns, m->tensor[c.w].data);
	call = lower_kernel(l, k, GEOMETRY_GEMM);
	call->geometry.gemm = (struct gemm_geometry){ .m = pixels, .n = num_const(c.g.oc), .k = num_const(c.g.ic),
						      .a_row = pixel_step(m, x) };
	call->c_axis = 1;
	if (flat && !num_is(m->tensor[x].dim[0], 1))
		call->col_axis[call->n_col_axes++] = 0;
	for (int axis = 2; axis < c.rank; axis++)
		call->col_axis[call->n_col_axes++] = axis;
	if (!flat)
		loop = call_loop(call, m->tensor[x].dim[0], 0, num_const(1));
	a = call_arg(l, call, ARG_READ, x);
	if (loop >= 0)
		a->advance[loop] = m->tensor[x].stride[0];
	call_arg(l, call, ARG_READ, w);
	call_arg(l, call, ARG_READ, c.b);
	call_arg(l, call, ARG_WRITE, y);
	call_epilogue(l, call);
	call_result(m, call, y);
	call_in_pieces(call, 0, pixels, num_const(1), k->rows, c.g.ic * c.g.oc * 4 / m->target->vector_bytes);
	call->pixel_by_pixel = c.g.oc <= k->columns;
	l->block->step[l->block->n - 1].macs = conv_macs(&c);
	lower_finish(l, y, c.y);
	return true;
}

const struct strategy conv_1x1 = { .name = "conv_1x1", .op = "Conv", .cost = cost, .lower = lower };
