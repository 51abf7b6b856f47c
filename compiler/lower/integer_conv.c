/* IntegerConv and IntegerMatMul by kernels over bytes: any convolution, depthwise convolution, matrix product. */
#include <math.h>

#include "kernels/pack_columns.h"
#include "kernels/pack_planes.h"
#include "lower/conv_shape.h"
#include "lower/integer_choose.h"
#include "lower/integer_constants.h"
#include "lower/packed.h"
#include "ops/integer.h"

/* The kernel that a call of k may take in its place, where the convolution is one of points. */
static const struct kernel *for_points(const struct module *m, int node, const struct kernel *k,
				       const struct conv_geometry *g)
{
	if (g->kernel_h != 1 || g->kernel_w != 1 || g->ic % 4 || node_in_type(m, node, INTEGER_X) != DT_I8 ||
	    !num_is(g->pad_top, 0) || !num_is(g->pad_left, 0))
		return k;
	if (!num_is_const(g->in_h) || !num_is_const(g->in_w) || !num_is_const(g->out_h) || !num_is_const(g->out_w) ||
	    (g->out_h.n - 1) * g->stride_h >= g->in_h.n || (g->out_w.n - 1) * g->stride_w >= g->in_w.n)
		return k;
	return kernel_for_points(m->target, k);
}

/* Room for the gathered taps of one tile. */
static int taps_scratch(struct lowering *l, const struct kernel *k, int64_t depth)
{
	return lower_scratch(l, num_const(k->rows * ((depth + k->terms - 1) / k->terms * k->terms) * k->tap_bytes));
}

/* --- Convolution -------------------------------------------------------------------------------------------------- */

enum { PER_TAP = 20 }; /* cycles to gather one apart from the others */

struct integer_conv_plan {
	struct node_plan plan;
	struct conv_shape c;            /* depthwise: of all channels as one group */
	const struct kernel *kernel;
};

static struct node_plan *plan_conv(struct module *m, int node, const char **why)
{
	struct integer_conv_plan *p = ARENA_NEW(m->scratch, struct integer_conv_plan);
	const struct conv_geometry *g = &p->c.g;

	if (!conv_shape_read(m, node, &p->c, why) || !integer_fits(m, node, 0, why))
		return NULL;
	*why = "the target has no such kernel";
	p->kernel = integer_choose(m, node, KERNEL_CONV_INT8, g->out_h.n, g->out_w.n, g->oc,
				   g->ic * g->kernel_h * g->kernel_w, &p->plan.cycles);
	/* Channels of a group are gathered tap by tap, for the others lie between them. */
	if (p->c.groups > 1)
		p->plan.cycles += (double)(g->out_h.n * g->out_w.n) * (double)(g->kernel_h * g->kernel_w * PER_TAP);
	p->plan.cycles *= (double)(p->c.batch_hi * p->c.groups);
	return p->kernel ? &p->plan : NULL;
}

static void lower_conv(struct lowering *l, const struct node_plan *plan)
{
	const struct integer_conv_plan *planned = (const struct integer_conv_plan *)plan;
	const struct conv_shape *c = &planned->c;
	const struct num none = num_const(0);
	const int node = l->node;
	struct module *m = l->m;
	const struct kernel *k = for_points(m, node, planned->kernel, &c->g);
	const struct pack p = conv_pack(c, false);
	const int64_t depth = c->g.ic * c->g.kernel_h * c->g.kernel_w;
	const int64_t width = (c->g.oc + k->columns - 1) / k->columns * k->columns;
	const int8_t *weights = integer_weights(m, node, 0);
	struct integer_ends ends;
	struct call *call;
	int64_t size;
	int x, y, w, zeros, scratch, batch = -1, group = -1;

	conv_images(l, c, false, &x, &y);
	w = lower_packed_groups(l, m->tensor[c->w].name, &p, k, weights, c->groups, &size);
	ends = integer_ends(l, node, &p, c->groups, k, weights);
	zeros = integer_zeros(l, node, k->kind == KERNEL_POINT_INT8 ? 1 : c->g.ic);
	scratch = taps_scratch(l, k, depth);
	call = lower_kernel(l, k, GEOMETRY_CONV);
	conv_fields(l, call, c, x, false);
	call->geometry.conv.one_line = ends.one_line;
	if (!num_is(m->tensor[x].dim[0], 1))
		batch = call_loop(l, call, m->tensor[x].dim[0], 0, num_const(1));
	if (c->groups > 1)
		group = call_loop(l, call, num_const(c->groups), 1, num_const(c->g.oc));
	integer_moving(l, call, ARG_READ, x, batch, m->tensor[x].stride[0], group,
	       num_mul(&m->nums, num_const(c->g.ic), m->tensor[x].stride[1]));
	integer_moving(l, call, ARG_READ, w, -1, none, group, num_const(size));
	integer_moving(l, call, ARG_READ, ends.bias, -1, none, group, num_const(width));
	integer_moving(l, call, ARG_READ, ends.scale, -1, none, group, num_const(ends.scale_width));
	call_arg(l, call, ARG_READ, zeros);
	integer_moving(l, call, ARG_WRITE, y, batch, m->tensor[y].stride[0], group, num_const(c->g.oc));
	call_arg(l, call, ARG_SCRATCH, scratch);
	integer_numbers(l, call, node);
	call_result(m, call, y);
	call_in_pieces(call, 0, c->g.out_h, c->g.out_w, k->rows, depth * width / k->lanes);
	call->pixel_by_pixel = true;
	l->block->step[l->block->n - 1].macs = conv_macs(c);
	lower_finish(l, y, c->y);
}

/* --- Depthwise ---------------------------------------------------------------------------------------------------- */

static struct integer_conv_plan *depthwise_plan(struct module *m, int node, enum kernel_kind kind, const char **why)
{
	struct integer_conv_plan *p = ARENA_NEW(m->scratch, struct integer_conv_plan);
	const struct conv_geometry *g = &p->c.g;

	if (!conv_shape_read(m, node, &p->c, why))
		return NULL;
	*why = "for one input and one output channel a group";
	if (g->ic != 1 || g->oc != 1 || p->c.groups == 1)
		return NULL;
	if (!integer_fits(m, node, 0, why))
		return NULL;
	*why = "the target has no such kernel";
	p->kernel = integer_choose(m, node, kind, g->out_h.n, g->out_w.n, p->c.groups, g->kernel_h * g->kernel_w,
				   &p->plan.cycles);
	p->plan.cycles *= (double)p->c.batch_hi;
	conv_join_groups(&p->c);
	return p->kernel ? p : NULL;
}

static struct node_plan *plan_depthwise(struct module *m, int node, const char **why)
{
	struct integer_conv_plan *p = depthwise_plan(m, node, KERNEL_DEPTHWISE_INT8, why);

	return p ? &p->plan : NULL;
}

/* Whether so many output rows, or columns, see no more than one outside the image on either side. */
static bool reaches_out_by_one(struct num in, struct num out, struct num pad, int64_t stride)
{
	return num_is_const(in) && num_is_const(out) && num_is_const(pad) && in.n > 0 && out.n > 0 && pad.n >= 0 &&
	       pad.n <= 1 && (out.n - 1) * stride + 3 - pad.n <= in.n + 1;
}

/* What one pass over a channel's columns takes. These and those of planes below are two thirds of the instructions seen
 * on Cortex-M: so the table has it of plan_depthwise()'s kernel. */
enum { COLUMNS_PER_SUM = 16, COLUMNS_PER_STRIDE = 4, COLUMNS_PER_ROW = 50 };

static struct node_plan *plan_3x3(struct module *m, int node, const char **why)
{
	struct integer_conv_plan *p = depthwise_plan(m, node, KERNEL_DEPTHWISE_3X3, why);
	const struct conv_geometry *g;

	if (!p)
		return NULL;
	g = &p->c.g;
	*why = "for 3x3 without dilation and strides along rows up to 2";
	if (g->kernel_h != 3 || g->kernel_w != 3 || g->dilation_h != 1 || g->dilation_w != 1 || g->stride_w > 2)
		return NULL;
	*why = "for at most one row and column outside on each side, of images whose size is known";
	if (!reaches_out_by_one(g->in_h, g->out_h, g->pad_top, g->stride_h) ||
	    !reaches_out_by_one(g->in_w, g->out_w, g->pad_left, g->stride_w))
		return NULL;
	p->plan.cycles = (double)(p->c.batch_hi * g->out_h.n * g->oc) *
			 (COLUMNS_PER_ROW + (double)(COLUMNS_PER_SUM + COLUMNS_PER_STRIDE * g->stride_w) *
			  (double)g->out_w.n);
	return &p->plan;
}

/* What a kernel of planes takes beside: for four channels to fill a ring of rows, and from sums to bytes. */
enum { PLANES_PER_COLUMN = 7, PLANES_PER_SUM = 4, PLANES_PER_ROW = 280, MOST_HEIGHT = 64 };

static struct node_plan *plan_planes_of(struct module *m, int node, bool is_wide, const char **why)
{
	struct integer_conv_plan *p =
		depthwise_plan(m, node, is_wide ? KERNEL_DEPTHWISE_WIDE : KERNEL_DEPTHWISE_PLANES, why);
	const struct conv_geometry *g;
	double rows, per_row;

	if (!p)
		return NULL;
	g = &p->c.g;
	*why = is_wide ? "for kernels 5 or 7 wide" : "for 3x3";
	if (is_wide ? g->kernel_w != 5 && g->kernel_w != 7 : g->kernel_h != 3 || g->kernel_w != 3)
		return NULL;
	*why = "for strides up to 2 without dilation, of images whose width is known";
	if (g->kernel_h > MOST_HEIGHT || g->dilation_h != 1 || g->dilation_w != 1 || g->stride_h > 2 ||
	    g->stride_w > 2 || !num_is_const(g->out_w) || g->out_w.n > INT16_MAX)
		return NULL;
	rows = (double)(p->c.batch_hi * g->out_h.n) * ceil((double)g->oc / p->kernel->columns);
	per_row = PLANES_PER_SUM + PLANES_PER_COLUMN * (double)(g->stride_w * g->stride_h);
	if (is_wide)
		per_row += (double)(g->kernel_h * g->kernel_w);
	per_row = PLANES_PER_ROW + per_row * (double)(g->out_w.n * p->kernel->columns);
	if (m->by_rows) /* each fills what it sees of the ring anew, and weights */
		per_row += PLANES_PER_ROW + PLANES_PER_COLUMN * (double)((g->kernel_h - 1) * g->out_w.n) *
						    p->kernel->columns / 3;
	p->plan.cycles = rows * per_row;
	return &p->plan;
}

static struct node_plan *plan_planes(struct module *m, int node, const char **why)
{
	return plan_planes_of(m, node, false, why);
}

static struct node_plan *plan_wide(struct module *m, int node, const char **why)
{
	return plan_planes_of(m, node, true, why);
}

/* What a kernel takes that reads the image where it lies: two channels' column, their output, their row. */
enum { DIRECT_PER_OUTPUT = 21, DIRECT_PER_ROW = 19 };

static struct node_plan *plan_direct(struct module *m, int node, const char **why)
{
	struct integer_conv_plan *p;
	const struct conv_geometry *g;

	*why = "for rows of an image one by one";
	p = m->by_rows ? depthwise_plan(m, node, KERNEL_DEPTHWISE_DIRECT, why) : NULL;
	if (!p)
		return NULL;
	g = &p->c.g;
	*why = "for 3x3 at stride 1 with one row and column of padding on each side, of images whose size is known";
	if (g->kernel_h != 3 || g->kernel_w != 3 || g->dilation_h != 1 || g->dilation_w != 1 || g->stride_h != 1 ||
	    g->stride_w != 1 || !num_is(g->pad_top, 1) || !num_is(g->pad_left, 1) || !num_is_const(g->in_h) ||
	    !num_is_const(g->in_w) || !num_same(g->in_h, g->out_h) || !num_same(g->in_w, g->out_w))
		return NULL;
	*why = "for whole panels of channels without bounds of their own";
	if (g->oc % p->kernel->columns || node_attr_int(m, node, "low", 0) != INT8_MIN ||
	    node_attr_int(m, node, "high", 0) != INT8_MAX)
		return NULL;
	p->plan.cycles = (double)(p->c.batch_hi * g->out_h.n * g->oc) *
			 (DIRECT_PER_ROW + DIRECT_PER_OUTPUT * (double)g->out_w.n) * 2 / 3;
	return &p->plan;
}

/* What a kernel of columns takes, likewise: a row of sixteen channels and of four, a column, an output. */
enum { FILL_PER_GROUP = 120, FILL_PER_COLUMN = 16, SUMS_PER_PANEL = 50, SUMS_PER_OUTPUT = 6, MOST_GROUP = 16 };

static struct node_plan *plan_columns(struct module *m, int node, const char **why)
{
	struct integer_conv_plan *p = depthwise_plan(m, node, KERNEL_DEPTHWISE_COLUMNS, why);
	const struct conv_geometry *g;
	double groups, panels, outputs;

	if (!p)
		return NULL;
	g = &p->c.g;
	*why = "for kernels up to 8x8 without dilation, of images whose width is known";
	if (g->kernel_h > PACK_COLUMNS_EDGE || g->kernel_w > PACK_COLUMNS_EDGE || g->dilation_h != 1 ||
	    g->dilation_w != 1 || !num_is_const(g->out_w) || g->out_w.n > INT16_MAX || g->stride_w > INT16_MAX)
		return NULL;
	groups = ceil((double)g->oc / MOST_GROUP);
	panels = ceil((double)g->oc / p->kernel->columns);
	outputs = (double)g->out_w.n * panels * p->kernel->columns;
	p->plan.cycles = (double)(p->c.batch_hi * g->out_h.n) *
			 (panels * SUMS_PER_PANEL + outputs * SUMS_PER_OUTPUT + groups * FILL_PER_GROUP +
			  groups * FILL_PER_COLUMN * (double)(g->out_w.n * g->stride_w + g->kernel_w));
	if (g->kernel_h > 4 || g->kernel_w > 4)
		p->plan.cycles *= 2.5;
	return &p->plan;
}

/* Whether a result may lie where its image does: its rows are written when what the next ones see is copied. */
static bool takes_the_place(const struct module *m, const struct conv_shape *c, int x, int y)
{
	const struct conv_geometry *g = &c->g;

	return tensor_same_shape(m, x, y) && g->stride_h == 1 && g->stride_w == 1 && num_is_const(g->pad_top) &&
	       g->pad_top.n >= 0 && g->pad_top.n < g->kernel_h;
}

static void lower_depthwise(struct lowering *l, const struct node_plan *plan)
{
	const struct integer_conv_plan *planned = (const struct integer_conv_plan *)plan;
	const struct conv_shape *c = &planned->c;
	const struct kernel *k = planned->kernel;
	const int node = l->node;
	struct module *m = l->m;
	const struct pack p = conv_pack_depthwise(c);
	const int64_t taps = c->g.kernel_h * c->g.kernel_w;
	const int64_t width = (c->g.oc + k->columns - 1) / k->columns * k->columns;
	const int8_t *weights = integer_weights(m, node, 0);
	struct integer_ends ends;
	struct call *call;
	const bool planes = k->kind == KERNEL_DEPTHWISE_PLANES || k->kind == KERNEL_DEPTHWISE_WIDE;
	const bool columns = k->kind == KERNEL_DEPTHWISE_COLUMNS;
	int x, y, w, batch = -1;

	conv_images(l, c, false, &x, &y);
	w = lower_packed(l, m->tensor[c->w].name, &p, k, weights);
	ends = integer_ends(l, node, &p, 1, k, weights);
	call = lower_kernel(l, k, GEOMETRY_CONV);
	conv_fields(l, call, c, x, false);
	if (!num_is(m->tensor[x].dim[0], 1))
		batch = call_loop(l, call, m->tensor[x].dim[0], 0, num_const(1));
	integer_moving(l, call, ARG_READ, x, batch, m->tensor[x].stride[0], -1, num_const(0));
	call_arg(l, call, ARG_READ, w);
	call_arg(l, call, ARG_READ, ends.bias);
	call_arg(l, call, ARG_READ, ends.scale);
	if (!planes && !columns)
		call_arg(l, call, ARG_READ, integer_zeros(l, node, width));
	integer_moving(l, call, ARG_WRITE, y, batch, m->tensor[y].stride[0], -1, num_const(0));
	if (planes || columns) {
		const struct conv_geometry *g = &c->g;
		const int64_t bytes =
			columns ? pack_columns_scratch(g->kernel_h, g->kernel_w, g->out_w.n, g->stride_w, g->oc)
				: pack_planes_scratch(g->kernel_h, g->kernel_w, g->out_w.n, g->stride_w);

		call_arg(l, call, ARG_SCRATCH, lower_scratch(l, num_const(bytes)));
		call_number(l, call, num_const(const_int(m, node_in(m, node, INTEGER_X_ZERO), 0)));
	}
	integer_numbers(l, call, node);
	call_result(m, call, y);
	call->in_place = planes && takes_the_place(m, c, x, y);
	if (!call->in_place)
		call_in_pieces(call, 0, c->g.out_h, c->g.out_w, 1, taps * width / k->lanes);
	if (columns)    /* two rows take not much longer than one, and more no less than two */
		call->piece_rows = 2;
	l->block->step[l->block->n - 1].macs = conv_macs(c) / c->g.oc;
	lower_finish(l, y, c->y);
}

/* --- Matrix product ----------------------------------------------------------------------------------------------- */

/* Row-major a with constant b of rank 2: pixels of a convolution with one tap. */
struct integer_matmul_plan {
	struct node_plan plan;
	int64_t rows, depth, n; /* y: rows x n, sums of `depth` terms */
	const struct kernel *kernel;
};

static struct node_plan *plan_matmul(struct module *m, int node, const char **why)
{
	struct integer_matmul_plan *p = ARENA_NEW(m->scratch, struct integer_matmul_plan);

	if (!integer_matmul_read(m, node, &p->rows, &p->depth, &p->n, why))
		return NULL;
	*why = "the target has no such kernel";
	p->kernel = integer_choose(m, node, KERNEL_CONV_INT8, 1, p->rows, p->n, p->depth, &p->plan.cycles);
	return p->kernel ? &p->plan : NULL;
}

static void lower_matmul(struct lowering *l, const struct node_plan *plan)
{
	const struct integer_matmul_plan *planned = (const struct integer_matmul_plan *)plan;
	const int64_t rows = planned->rows, depth = planned->depth, n = planned->n;
	struct module *m = l->m;
	const int node = l->node, x = node_in(m, node, INTEGER_X), y = node_out(m, node, 0);
	const struct conv_geometry g = {
		.in_h = num_const(1), .in_w = num_const(rows), .ic = depth, .out_h = num_const(1),
		.out_w = num_const(rows), .oc = n, .kernel_h = 1, .kernel_w = 1, .stride_h = 1, .stride_w = 1,
		.dilation_h = 1, .dilation_w = 1, .row_end = num_const(1), .x_pixel = num_const(depth),
		.x_channel = num_const(1), .y_pixel = num_const(n), .y_step_h = 1, .y_step_w = 1,
	};
	const struct kernel *k = for_points(m, node, planned->kernel, &g);
	const struct pack p = integer_matmul_pack(m, node, depth, n);
	const int8_t *weights = integer_weights(m, node, 1);
	int w = lower_packed(l, m->tensor[node_in(m, node, INTEGER_W)].name, &p, k, weights);
	const struct integer_ends ends = integer_ends(l, node, &p, 1, k, weights);
	int scratch = taps_scratch(l, k, depth);
	struct call *call = lower_kernel(l, k, GEOMETRY_CONV);

	call->geometry.conv = g;
	call->geometry.conv.one_line = ends.one_line;
	call_arg(l, call, ARG_READ, x);
	call_arg(l, call, ARG_READ, w);
	call_arg(l, call, ARG_READ, ends.bias);
	call_arg(l, call, ARG_READ, ends.scale);
	call_arg(l, call, ARG_READ, integer_zeros(l, node, 1));
	call_arg(l, call, ARG_WRITE, y);
	call_arg(l, call, ARG_SCRATCH, scratch);
	integer_numbers(l, call, node);
	call_result(m, call, y);
	call_in_pieces(call, 0, num_const(1), num_const(rows), k->rows, n * depth);
	call->pixel_by_pixel = true;
	l->block->step[l->block->n - 1].macs = rows * n * depth;
}

const struct strategy integer_conv = {
	.name = "integer_conv", .op = "IntegerConv", .plan = plan_conv, .lower = lower_conv
};
const struct strategy integer_depthwise = {
	.name = "integer_depthwise", .op = "IntegerConv", .plan = plan_depthwise, .lower = lower_depthwise
};
const struct strategy integer_3x3 = {
	.name = "integer_3x3", .op = "IntegerConv", .plan = plan_3x3, .lower = lower_depthwise
};
const struct strategy integer_planes = {
	.name = "integer_planes", .op = "IntegerConv", .plan = plan_planes, .lower = lower_depthwise
};
const struct strategy integer_planes_wide = {
	.name = "integer_planes_wide", .op = "IntegerConv", .plan = plan_wide, .lower = lower_depthwise
};
const struct strategy integer_direct = {
	.name = "integer_direct", .op = "IntegerConv", .plan = plan_direct, .lower = lower_depthwise
};
const struct strategy integer_columns = {
	.name = "integer_columns", .op = "IntegerConv", .plan = plan_columns, .lower = lower_depthwise
};
const struct strategy integer_matmul = {
	.name = "integer_matmul", .op = "IntegerMatMul", .plan = plan_matmul, .lower = lower_matmul
};
