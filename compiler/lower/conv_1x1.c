/* A 1x1 convolution is a matrix product: pixels by input channels, times input by output channels. */
#include "graph/strides.h"
#include "lower/conv_shape.h"
#include "targets/target.h"

/* Pixels that follow each other at one distance: all of an image, or of the whole batch. What is in another order will
 * be copied and then has no gaps. */
static bool is_flat(struct module *m, int t, bool batch)
{
	uint8_t order[MAX_RANK];
	int axes[MAX_RANK], n = 0;

	channels_last(m->tensor[t].rank, order);
	if (!tensor_has_order(m, t, order))
		return true;
	if (batch)
		axes[n++] = 0;
	for (int axis = 2; axis < m->tensor[t].rank; axis++)
		axes[n++] = axis;
	return tensor_is_run(m, t, axes, n);
}

/* Elements from pixel to pixel. */
static struct num pixel_step(const struct module *m, int t)
{
	int axes[MAX_RANK] = { 0 }, n = 1;

	for (int axis = 2; axis < m->tensor[t].rank; axis++)
		axes[n++] = axis;
	return tensor_run_step(m, t, axes, n);
}

struct conv_1x1_plan {
	struct node_plan plan;
	struct conv_shape c;
	const struct kernel *kernel;
	bool flat;              /* the pixels of a whole batch are rows of one matrix, not those of an image alone */
	struct num pixels;      /* of one matrix */
};

static struct node_plan *plan_1x1(struct module *m, int node, const char **why)
{
	struct conv_1x1_plan *p = ARENA_NEW(m->scratch, struct conv_1x1_plan);
	const struct conv_geometry *g = &p->c.g;
	double cycles = 0;

	if (!conv_shape_read(m, node, &p->c, why))
		return NULL;
	*why = "for 1x1 kernels with stride 1, without padding and groups";
	if (g->kernel_h != 1 || g->kernel_w != 1 || g->stride_h != 1 || g->stride_w != 1 || p->c.groups != 1 ||
	    !num_is(g->pad_top, 0) || !num_is(g->pad_left, 0) || !num_same(g->in_h, g->out_h) ||
	    !num_same(g->in_w, g->out_w))
		return NULL;
	*why = "rows of pixels have gaps";
	if (!is_flat(m, p->c.x, false) || !is_flat(m, p->c.y, false))
		return NULL;
	*why = "the target has no such kernel";
	p->flat = is_flat(m, p->c.x, true) && is_flat(m, p->c.y, true);
	p->pixels = num_mul(&m->nums, g->out_h, g->out_w);
	if (p->flat)
		p->pixels = num_mul(&m->nums, p->pixels, m->tensor[p->c.x].dim[0]);
	p->kernel = kernel_choose(m, KERNEL_GEMM, p->pixels.n, g->oc, g->ic, &cycles);
	if (!p->kernel || !kernel_choose(m, KERNEL_GEMM, g->out_h.n * g->out_w.n, g->oc, g->ic, &cycles))
		return NULL;
	p->plan.cycles = cycles * (double)p->c.batch_hi;
	return &p->plan;
}

/* How the kernel counts the pixels of y: by image, or all of a batch at once. */
static void count_pixels(const struct module *m, struct call *call, const struct conv_shape *c, bool batch)
{
	call->c_axis = 1;
	if (batch && !num_is(m->tensor[c->x].dim[0], 1))
		call->col_axis[call->n_col_axes++] = 0;
	for (int axis = 2; axis < c->rank; axis++)
		call->col_axis[call->n_col_axes++] = axis;
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	const struct conv_1x1_plan *p = (const struct conv_1x1_plan *)plan;
	struct module *m = l->m;
	const struct conv_shape *c = &p->c;
	const struct pack pack = conv_pack(c, false);
	const int64_t ic = c->g.ic, oc = c->g.oc;
	struct call *call;
	struct arg *a;
	int x, y, w, loop = -1;

	conv_images(l, c, false, &x, &y);
	w = lower_packed(l, m->tensor[c->w].name, &pack, p->kernel, m->tensor[c->w].data);
	call = lower_kernel(l, p->kernel, GEOMETRY_GEMM);
	call->geometry.gemm = (struct gemm_geometry){ .m = p->pixels, .n = num_const(oc), .k = num_const(ic),
						      .a_row = pixel_step(m, x) };
	count_pixels(m, call, c, p->flat);
	if (!p->flat)
		loop = call_loop(l, call, m->tensor[x].dim[0], 0, num_const(1));
	a = call_arg(l, call, ARG_READ, x);
	if (loop >= 0)
		a->advance[loop] = m->tensor[x].stride[0];
	call_arg(l, call, ARG_READ, w);
	call_arg(l, call, ARG_READ, c->b);
	call_arg(l, call, ARG_WRITE, y);
	call_epilogue(l, call);
	call_result(m, call, y);
	call_in_pieces(call, 0, p->pixels, num_const(1), p->kernel->rows, ic * oc * 4 / m->target->vector_bytes);
	call->pixel_by_pixel = oc <= p->kernel->columns;
	l->block->step[l->block->n - 1].macs = conv_macs(c);
	lower_finish(l, y, c->y);
}

const struct strategy conv_1x1 = { .name = "conv_1x1", .op = "Conv", .plan = plan_1x1, .lower = lower };
