/* Convolution straight from the image, and its form for few input channels. */
#include "lower/conv_shape.h"
#include "targets/target.h"

static const struct kernel *choose(struct module *m, const struct conv_shape *c, enum kernel_kind kind, double *cycles)
{
	const struct kernel *k = kernel_choose(m, kind, c->g.out_h.n * c->g.out_w.n, c->g.oc,
					       c->g.ic * c->g.kernel_h * c->g.kernel_w, cycles);

	*cycles *= (double)(c->batch_hi * c->groups);
	return k;
}

static double cost_direct(struct module *m, int node, const char **why)
{
	struct conv_shape c;
	double cycles = 0;

	if (!conv_shape_read(m, node, &c, why))
		return -1;
	*why = "the target has no such kernel";
	return choose(m, &c, KERNEL_CONV, &cycles) ? cycles * 1.05 : -1;
}

static double cost_first(struct module *m, int node, const char **why)
{
	struct conv_shape c;
	double cycles = 0;

	if (!conv_shape_read(m, node, &c, why))
		return -1;
	*why = "for at most four input channels";
	if (c.g.ic > 4 || c.groups > 1)
		return -1;
	*why = "the target has no such kernel";
	return choose(m, &c, KERNEL_CONV_FIRST, &cycles) ? cycles : -1;
}

/* The image lies in planes, as the model's own input does: the first-layer kernel reads it so. */
static bool is_planar(const struct module *m, const struct conv_shape *c)
{
	const struct tensor *x = &m->tensor[c->x];
	uint8_t order[MAX_RANK];

	channels_last(c->rank, order);
	return num_is(x->stride[c->rank - 1], 1) && !num_is(x->stride[1], 1) && !lower_has_order(m, c->x, order);
}

static bool lower_with(struct lowering *l, int node, enum kernel_kind kind)
{
	struct module *m = l->m;
	struct conv_shape c;
	const struct kernel *k;
	const char *why;
	struct call *call;
	struct pack p;
	int64_t size;
	double cycles;
	int x, y, w;
	bool planar;

	if (!conv_shape_read(m, node, &c, &why))
		die("conv_direct: %s", why);
	k = choose(m, &c, kind, &cycles);
	planar = kind == KERNEL_CONV_FIRST && is_planar(m, &c);
	conv_images(l, &c, planar, &x, &y);
	p = conv_pack(&c, planar);
	w = lower_packed_groups(l, m->tensor[c.w].name, &p, k->columns, m->tensor[c.w].data, c.groups, &size);
	call = lower_kernel(l, k, GEOMETRY_CONV);
	conv_fields(l, call, &c, x, planar);
	conv_arguments(l, call, &c, x, w, size, y, true);
	call_in_pieces(call, 0, c.g.out_h, c.g.out_w, k->rows,
		       c.g.ic * c.g.kernel_h * c.g.kernel_w * c.g.oc * 4 / m->target->vector_bytes);
	call->pixel_by_pixel = c.g.oc <= k->columns;    /* one panel: a tile is read, then written */
	lower_finish(l, y, c.y);
	return true;
}

static bool lower_direct(struct lowering *l, int node)
{
	return lower_with(l, node, KERNEL_CONV);
}

static bool lower_first(struct lowering *l, int node)
{
	return lower_with(l, node, KERNEL_CONV_FIRST);
}

const struct strategy conv_direct = { .name = "conv_direct", .op = "Conv", .cost = cost_direct, .lower = lower_direct };
const struct strategy conv_first = { .name = "conv_first", .op = "Conv", .cost = cost_first, .lower = lower_first };
