/* One filter a channel: vectors run along the channels. */
#include "lower/conv_shape.h"
#include "targets/target.h"

struct conv_depthwise_plan {
	struct node_plan plan;
	struct conv_shape c;    /* of all channels as one group */
	const struct kernel *kernel;
};

/* The fastest kernel; one for nine taps is always faster where there is one. */
static const struct kernel *choose(struct module *m, const struct conv_shape *c)
{
	const struct conv_geometry *g = &c->g;
	const bool is_nine = g->kernel_h == 3 && g->kernel_w == 3 && g->dilation_h == 1 && g->dilation_w == 1;
	const struct kernel *k = NULL;
	double cycles = 0;

	if (is_nine && g->stride_w <= 2)
		k = kernel_choose(m, KERNEL_DEPTHWISE_NINE, g->out_h.n * g->out_w.n, c->groups, 9, &cycles);
	return k ? k : kernel_choose(m, KERNEL_DEPTHWISE, g->out_h.n * g->out_w.n, c->groups,
				     g->kernel_h * g->kernel_w, &cycles);
}

static struct node_plan *plan_depthwise(struct module *m, int node, const char **why)
{
	struct conv_depthwise_plan *p = ARENA_NEW(m->scratch, struct conv_depthwise_plan);
	struct conv_geometry *g = &p->c.g;

	if (!conv_shape_read(m, node, &p->c, why))
		return NULL;
	*why = "for one input and one output channel a group";
	if (g->ic != 1 || g->oc != 1)
		return NULL;
	*why = "the target has no such kernel";
	p->kernel = choose(m, &p->c);
	if (!p->kernel)
		return NULL;
	p->plan.cycles = (double)conv_macs(&p->c) * 4 / m->target->vector_bytes;
	conv_join_groups(&p->c);
	return &p->plan;
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	const struct conv_depthwise_plan *p = (const struct conv_depthwise_plan *)plan;
	const struct module *m = l->m;
	const struct conv_shape *c = &p->c;
	const struct pack pack = conv_pack_depthwise(c);
	struct call *call;
	int x, y, w;

	conv_images(l, c, false, &x, &y);
	w = lower_packed(l, m->tensor[c->w].name, &pack, p->kernel, m->tensor[c->w].data);
	call = lower_kernel(l, p->kernel, GEOMETRY_CONV);
	conv_fields(l, call, c, x, false);
	conv_arguments(l, call, c, x, w, 0, y, false);
	call_in_pieces(call, 0, c->g.out_h, c->g.out_w, 1,
		       c->g.kernel_h * c->g.kernel_w * c->g.oc * 4 / m->target->vector_bytes);
	l->block->step[l->block->n - 1].macs /= c->g.oc;
	lower_finish(l, y, c->y);
}

const struct strategy conv_depthwise = {
	.name = "conv_depthwise", .op = "Conv", .plan = plan_depthwise, .lower = lower
};
