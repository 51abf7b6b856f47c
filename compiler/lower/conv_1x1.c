/* A 1x1 convolution is a matrix product: pixels by input channels, times input by output channels. */
#include "lower/conv_shape.h"
#include "targets/target.h"

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
	if (!conv_is_product(m, &p->c, why))
		return NULL;
	*why = "the target has no such kernel";
	p->flat = conv_is_flat(m, p->c.x, true) && conv_is_flat(m, p->c.y, true);
	p->pixels = num_mul(&m->nums, g->out_h, g->out_w);
	if (p->flat)
		p->pixels = num_mul(&m->nums, p->pixels, m->tensor[p->c.x].dim[0]);
	p->kernel = kernel_choose(m, KERNEL_GEMM, p->pixels.n, g->oc, g->ic, &cycles);
	if (!p->kernel || !kernel_choose(m, KERNEL_GEMM, g->out_h.n * g->out_w.n, g->oc, g->ic, &cycles))
		return NULL;
	p->plan.cycles = cycles * (double)p->c.batch_hi;
	return &p->plan;
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
						      .a_row = conv_pixel_step(m, x) };
	conv_count_pixels(m, call, c, p->flat);
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
