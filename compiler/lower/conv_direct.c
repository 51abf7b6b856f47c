/* Convolution straight from the image, and its form for few input channels. */
#include "graph/strides.h"
#include "lower/conv_shape.h"
#include "targets/target.h"

struct conv_direct_plan {
	struct node_plan plan;
	struct conv_shape c;
	const struct kernel *kernel;
	bool planar;            /* the image lies in planes, as the model's own input does, and is read so */
};

/* The fastest kernel of that kind for it in *p; false: the target has none. */
static bool choose(struct module *m, enum kernel_kind kind, struct conv_direct_plan *p)
{
	const struct conv_geometry *g = &p->c.g;
	double cycles = 0;

	p->kernel =
		kernel_choose(m, kind, g->out_h.n * g->out_w.n, g->oc, g->ic * g->kernel_h * g->kernel_w, &cycles);
	p->plan.cycles = cycles * (double)(p->c.batch_hi * p->c.groups);
	return p->kernel;
}

static struct node_plan *plan_direct(struct module *m, int node, const char **why)
{
	struct conv_direct_plan *p = ARENA_NEW(m->scratch, struct conv_direct_plan);

	if (!conv_shape_read(m, node, &p->c, why))
		return NULL;
	*why = "the target has no such kernel";
	if (!choose(m, KERNEL_CONV, p))
		return NULL;
	p->plan.cycles *= 1.05;
	return &p->plan;
}

/* The kernel tells planes from interleaved channels, whose weights lie in another order, by a channel step that is
 * not 1: planes that may have one pixel are interleaved first. */
static bool is_planar(struct module *m, const struct conv_shape *c)
{
	const struct tensor *x = &m->tensor[c->x];
	uint8_t order[MAX_RANK];

	channels_last(c->rank, order);
	return num_is(x->stride[c->rank - 1], 1) && num_lo(&m->nums, x->stride[1]) > 1 &&
	       !tensor_has_order(m, c->x, order);
}

static struct node_plan *plan_first(struct module *m, int node, const char **why)
{
	struct conv_direct_plan *p = ARENA_NEW(m->scratch, struct conv_direct_plan);

	if (!conv_shape_read(m, node, &p->c, why))
		return NULL;
	*why = "for at most four input channels";
	if (p->c.g.ic > 4 || p->c.groups > 1)
		return NULL;
	*why = "the target has no such kernel";
	if (!choose(m, KERNEL_CONV_FIRST, p))
		return NULL;
	p->planar = is_planar(m, &p->c);
	return &p->plan;
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	const struct conv_direct_plan *p = (const struct conv_direct_plan *)plan;
	const struct module *m = l->m;
	const struct conv_shape *c = &p->c;
	const struct pack pack = conv_pack(c, p->planar);
	struct call *call;
	int64_t size;
	int x, y, w;

	conv_images(l, c, p->planar, &x, &y);
	w = lower_packed_groups(l, m->tensor[c->w].name, &pack, p->kernel, m->tensor[c->w].data, c->groups,
				&size);
	call = lower_kernel(l, p->kernel, GEOMETRY_CONV);
	conv_fields(l, call, c, x, p->planar);
	conv_arguments(l, call, c, x, w, size, y, true);
	call_in_pieces(call, 0, c->g.out_h, c->g.out_w, p->kernel->rows,
		       c->g.ic * c->g.kernel_h * c->g.kernel_w * c->g.oc * 4 / m->target->vector_bytes);
	call->pixel_by_pixel = c->g.oc <= p->kernel->columns;   /* one panel: a tile is read, then written */
	lower_finish(l, y, c->y);
}

const struct strategy conv_direct = { .name = "conv_direct", .op = "Conv", .plan = plan_direct, .lower = lower };
const struct strategy conv_first = { .name = "conv_first", .op = "Conv", .plan = plan_first, .lower = lower };
