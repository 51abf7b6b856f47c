/* One filter a channel: vectors run along the channels. */
#include "lower/conv_shape.h"
#include "targets/target.h"

static double cost(struct module *m, int node, const char **why)
{
	struct conv_shape c;
	double cycles = 0;
	const int lanes = m->target->vector_bytes / 4;

	if (!conv_shape_read(m, node, &c, why))
		return -1;
	*why = "for one input and one output channel a group";
	if (c.g.ic != 1 || c.g.oc != 1)
		return -1;
	*why = "the target has no such kernel";
	if (!kernel_choose(m, KERNEL_DEPTHWISE, c.g.out_h.n * c.g.out_w.n, c.groups, c.g.kernel_h * c.g.kernel_w, &cycles))
		return -1;
	return (double)conv_macs(&c) / lanes;
}

static bool lower(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct conv_shape c;
	const struct kernel *k;
	const char *why;
	struct call *call;
	struct pack p;
	double cycles;
	int x, y, w;

	if (!conv_shape_read(m, node, &c, &why))
		die("conv_depthwise: %s", why);
	k = kernel_choose(m, KERNEL_DEPTHWISE, c.g.out_h.n * c.g.out_w.n, c.groups, c.g.kernel_h * c.g.kernel_w, &cycles);
	c.g.ic = c.g.oc = c.groups;
	c.groups = 1;
	conv_images(l, &c, false, &x, &y);
	p = conv_pack_depthwise(&c);
	w = lower_packed(l, m->tensor[c.w].name, &p, k->columns, m->tensor[c.w].data);
	call = lower_kernel(l, k, GEOMETRY_CONV);
	conv_fields(l, call, &c, x, false);
	conv_arguments(l, call, &c, x, w, 0, y, false);
	call_in_pieces(call, 0, c.g.out_h, c.g.out_w, 1, c.g.kernel_h * c.g.kernel_w * c.g.oc * 4 / m->target->vector_bytes);
	l->block->step[l->block->n - 1].macs /= c.g.oc;
	lower_finish(l, y, c.y);
	return true;
}

const struct strategy conv_depthwise = { .name = "conv_depthwise", .op = "Conv", .cost = cost, .lower = lower };
