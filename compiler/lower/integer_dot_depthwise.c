/* Depthwise IntegerConv whose tiles are columns of image rows (runtime_min/kernels/depthwise_rows.h). */
#include <string.h>

#include "kernels/pack_rows.h"
#include "lower/conv_shape.h"
#include "lower/integer_choose.h"
#include "lower/integer_constants.h"
#include "lower/packed.h"
#include "ops/integer.h"
#include "targets/target.h"

enum {
	MOST_PLANES = 8, /* NNRT_COLUMNS_PLANES of the kernels */
	LEAST_SLICE = 48,
};

struct integer_rows_plan {
	struct node_plan plan;
	struct conv_shape c; /* of all channels as one group */
	const struct kernel *kernel;
	struct pack_rows rows;
};

/* Cycles: products and sums of every tile, its end, and making planes. */
static double cycles_of(const struct target *t, const struct integer_rows_plan *p)
{
	const struct pack_rows *r = &p->rows;
	const double vectors = (double)p->kernel->columns / p->kernel->lanes, outputs = (double)pack_rows_outputs(r);
	const double columns = (double)(r->out_w * r->channels), tiles = columns / p->kernel->columns + 1;
	const double taps = (double)(pack_rows_planes(r) * r->kernel_w);
	const double per_tile = vectors * (taps * (p->kernel->terms == 4 ? 1 : 2) + 5) + 5;
	const double planes = (double)pack_rows_planes(r) * r->terms * (columns / p->kernel->columns + 1) * 4;

	return (double)p->c.g.out_h.n * (tiles * per_tile + planes / outputs) / t->int_ops;
}

/* As many channels at a time as keep the scratch in the first cache, in vectors of 16 bytes; fewer than LEAST_SLICE of
 * them read the image's cache lines too often. */
static void choose_slice(const struct target *t, struct pack_rows *p)
{
	for (int64_t n = 2; p->channels / n >= LEAST_SLICE && pack_rows_scratch(p) > t->l1_bytes; n++)
		if (p->channels % (n * 16) == 0)
			p->slice = p->channels / n;
}

static struct node_plan *plan_depthwise(struct module *m, int node, const char **why)
{
	struct integer_rows_plan *p = ARENA_NEW(m->scratch, struct integer_rows_plan);
	const struct conv_geometry *g = &p->c.g;

	if (!conv_shape_read(m, node, &p->c, why))
		return NULL;
	*why = "for one input and one output channel a group";
	if (g->ic != 1 || g->oc != 1 || p->c.groups == 1)
		return NULL;
	*why = "the target has no such kernel";
	p->kernel = integer_choose(m, node, KERNEL_DEPTHWISE_DOT, 1, g->out_h.n, g->out_w.n * p->c.groups,
				   g->kernel_h * g->kernel_w, &p->plan.cycles);
	if (!p->kernel)
		return NULL;
	p->rows = (struct pack_rows){
		.channels = p->c.groups, .slice = p->c.groups,
		.kernel_h = g->kernel_h, .kernel_w = g->kernel_w, .stride_h = g->stride_h, .stride_w = g->stride_w,
		.dilation_h = g->dilation_h, .dilation_w = g->dilation_w, .out_w = g->out_w.n,
		.terms = p->kernel->terms, .columns = p->kernel->columns,
		.bytes = p->kernel->tap_bytes ? p->kernel->tap_bytes : 1,
	};
	choose_slice(m->target, &p->rows);
	*why = "the kernel is too high, or a row too long";
	if (pack_rows_planes(&p->rows) > MOST_PLANES || pack_rows_scratch(&p->rows) > INT32_MAX / 2 ||
	    pack_rows_size(&p->rows) > INT32_MAX / 2)
		return NULL;
	if (!integer_fits(m, node, 0, why) || !integer_is_bounded(m, node, 0, why))
		return NULL;
	p->plan.cycles = cycles_of(m->target, p) * (double)p->c.batch_hi;
	conv_join_groups(&p->c);
	return &p->plan;
}

/* The constant t of the channels as the columns have it. */
static int repeated(struct lowering *l, int t, const struct pack_rows *rows)
{
	struct module *m = l->m;
	const struct tensor c = m->tensor[t];
	const int bytes = dtypes[c.type].bytes;
	const int64_t width = pack_rows_width(rows);
	char *v = arena_array(m->arena, (size_t)width, (size_t)bytes);
	int to;

	for (int64_t i = 0; i < width; i++)
		memcpy(v + i * bytes, (const char *)c.data + pack_rows_channel(rows, i) * bytes, (size_t)bytes);
	to = tensor_const(m, c.name, c.type, 1, &width, v);
	tensor_dense(m, to);
	return to;
}

/* Whether it is worth letting the result take the place of the image: where the first cache holds both, it saves
 * nothing that such a machine lacks, and what moves a little with every layer is hard to place round scratch that is as
 * large. */
static bool moves_over_image(const struct module *m, const struct conv_shape *c)
{
	return tensor_bytes(m, c->x) + tensor_bytes(m, c->y) > m->target->l1_bytes;
}

static void lower_depthwise(struct lowering *l, const struct node_plan *plan)
{
	const struct integer_rows_plan *planned = (const struct integer_rows_plan *)plan;
	const struct pack_rows *rows = &planned->rows;
	const struct conv_shape *c = &planned->c;
	const struct kernel *k = planned->kernel;
	const int64_t channels = c->g.oc;
	const int node = l->node;
	struct module *m = l->m;
	const struct pack p = conv_pack_depthwise(c);
	const int8_t *weights = integer_weights(m, node, 0);
	int8_t *expanded = arena_array(m->arena, (size_t)pack_rows_size(rows), 1);
	struct pack expanded_pack;
	struct call *call;
	int x, y, w, bias, scale, batch = -1;

	conv_images(l, c, false, &x, &y);
	pack_rows_expand(rows, weights, expanded, &expanded_pack);
	w = lower_packed(l, m->tensor[c->w].name, &expanded_pack, k, expanded);
	bias = repeated(l, integer_bias(l, node, &p, 1, 1, weights), rows);
	scale = repeated(l, integer_scale(l, node, channels, 1, 1), rows);
	call = lower_kernel(l, k, GEOMETRY_CONV);
	conv_fields(l, call, c, x, false);
	if (!num_is(m->tensor[x].dim[0], 1))
		batch = call_loop(l, call, m->tensor[x].dim[0], 0, num_const(1));
	integer_moving(l, call, ARG_READ, x, batch, m->tensor[x].stride[0], -1, num_const(0));
	call_arg(l, call, ARG_READ, w);
	call_arg(l, call, ARG_READ, bias);
	call_arg(l, call, ARG_READ, scale);
	integer_moving(l, call, ARG_WRITE, y, batch, m->tensor[y].stride[0], -1, num_const(0));
	call_arg(l, call, ARG_SCRATCH, lower_scratch(l, num_const(pack_rows_scratch(rows))));
	call_number(l, call, num_const(const_int(m, node_in(m, node, INTEGER_X_ZERO), 0)));
	call_number(l, call, num_const(node_in_type(m, node, INTEGER_X) == DT_I8));
	call_number(l, call, num_const(node_attr_int(m, node, "low", 0)));
	call_number(l, call, num_const(node_attr_int(m, node, "high", 0)));
	call_number(l, call, num_const(const_int(m, node_in(m, node, INTEGER_Y_ZERO), 0)));
	call_number(l, call, num_const(rows->slice));
	call_number(l, call, num_const(pack_rows_pixels(rows)));
	call_result(m, call, y);
	if (moves_over_image(m, c))
		call_in_pieces(call, 0, c->g.out_h, c->g.out_w, 1,
			       c->g.kernel_h * c->g.kernel_w * pack_rows_width(rows) / k->lanes);
	call->pixel_by_pixel = rows->slice == channels; /* what rows see is copied before any of them is written */
	l->block->step[l->block->n - 1].macs = conv_macs(c) / channels;
	lower_finish(l, y, c->y);
}

const struct strategy integer_dot_depthwise = {
	.name = "integer_dot_depthwise", .op = "IntegerConv", .plan = plan_depthwise, .lower = lower_depthwise
};
