/* RoiAlign and MaxRoiPool by their kernel, in float32 or float64; images and results in any layout. */
#include <string.h>

#include "lower/kernel_call.h"
#include "lower/layouts.h"
#include "lower/lower.h"
#include "ops/arguments.h"

static const uint8_t in_order[MAX_RANK] = { 0, 1, 2, 3 };

static struct node_plan *plan_roi(struct module *m, int node, const char **why)
{
	struct node_plan *p = ARENA_NEW(m->scratch, struct node_plan);
	const struct tensor *x = node_in_tensor(m, node, 0), *y = node_out_tensor(m, node, 0);

	*why = "a size exceeds int";
	p->cycles = 50;
	for (int k = 0; k < 4; k++) {
		if (x->dim[k].n > INT32_MAX / 8 || y->dim[k].n > INT32_MAX / 8)
			return NULL;
		p->cycles *= (double)y->dim[k].n;
	}
	*why = "images are told by int64";
	if (m->node[node].n_in > 2 && node_in_type(m, node, 2) != DT_I64)
		return NULL;
	return p;
}

static void add_sizes(struct roi_geometry *g, const struct tensor *x, const struct tensor *y)
{
	g->images = x->dim[0], g->channels = x->dim[1], g->in_h = x->dim[2], g->in_w = x->dim[3];
	g->regions = y->dim[0], g->out_h = y->dim[2], g->out_w = y->dim[3];
	g->x_image = x->stride[0], g->x_channel = x->stride[1], g->x_row = x->stride[2], g->x_pixel = x->stride[3];
	g->y_region = y->stride[0], g->y_channel = y->stride[1], g->y_row = y->stride[2], g->y_pixel = y->stride[3];
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	struct module *m = l->m;
	const int node = l->node;
	const bool align = !strcmp(m->node[node].op->name, "RoiAlign");
	const enum dtype type = compute_type(node_in_type(m, node, 0));
	int x = node_in(m, node, 0), y = node_out(m, node, 0), to = y;
	const int rois = lower_plain(l, node_in(m, node, 1), type);
	const int batch = align ? lower_in_order(l, node_in(m, node, 2), in_order) : -1;
	struct roi_geometry *g;
	struct call *c;

	(void)plan;     /* nothing was decided */
	if (m->tensor[x].type != type) {
		x = lower_plain(l, x, type);
		to = lower_temp(l, type, 4, m->tensor[y].dim);
	}
	c = lower_layer(l, align ? LAYER_ROI_ALIGN : LAYER_ROI_MAX);
	c->out = to;
	g = &c->geometry.roi;
	add_sizes(g, &m->tensor[x], &m->tensor[to]);
	g->scale = node_attr_float(m, node, "spatial_scale", 1);
	/* RoiAlign-10 had no such mode and read coordinates as those of centres. */
	g->half_pixel = node_attr_is(m, node, "coordinate_transformation_mode", "half_pixel");
	g->samples = node_attr_int(m, node, "sampling_ratio", 0);
	g->greatest = node_attr_is(m, node, "mode", "max");
	g->wide = type == DT_F64;
	call_arg(l, c, ARG_READ, x);
	call_arg(l, c, ARG_READ, rois);
	if (align)
		call_arg(l, c, ARG_READ, batch);
	call_arg(l, c, ARG_WRITE, to);
	lower_finish(l, to, y);
}

const struct strategy roi_align = { .name = "roi_align", .op = "RoiAlign", .plan = plan_roi, .lower = lower };
const struct strategy max_roi_pool = { .name = "max_roi_pool", .op = "MaxRoiPool", .plan = plan_roi, .lower = lower };
