/* IntegerConv and IntegerMatMul, ConvInteger and MatMulInteger by instructions that add up several products of bytes a
 * lane (runtime_min/kernels/dot.h): the image is read as it lies where windows never leave it, else copied with its
 * padding, some rows at a time. */
#include "lower/integer_choose.h"
#include "lower/integer_dot.h"
#include "lower/integer_sums.h"

#include "kernels/pack_chains.h"

#include "ops/integer.h"
#include "targets/target.h"

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t whole(int64_t bytes, int terms)
{
	return (bytes + terms - 1) / terms * terms;
}

/* Rows of `row` bytes that are read for one panel of weights after the other: as many as half of the first cache holds
 * beside the weights of a panel; where the weights exceed the second one, as many as a quarter of that holds, so that
 * they are seldom fetched. At least `tile`. */
static int64_t band_of(const struct target *t, int64_t row, int64_t weights, int64_t rows, int64_t tile)
{
	const int64_t bytes = weights > t->l2_bytes / 2 ? t->l2_bytes / 4 : t->l1_bytes / 2;
	const int64_t band = row ? bytes / row / tile * tile : rows;

	return least(band < tile ? tile : band, rows < tile ? tile : rows);
}

/* Bytes of an element as the kernel finds it in scratch. */
static int64_t copied_bytes(const struct kernel *k)
{
	return k->tap_bytes ? k->tap_bytes : 1;
}

/* Where term i of a run lies. */
static int64_t term_of(const struct pack *p, int64_t i)
{
	return i / p->depth[2] * p->stride[1] + i % p->depth[2] * p->stride[2];
}

/* Whether what the kernel sums in 16 bits stays there: no two weights of -128 that one step adds up. */
static bool pairs_fit(struct module *m, int node, int channel_axis, const struct kernel *k, struct pack p,
		      int64_t groups, const char **why)
{
	const int64_t run = p.depth[1] * p.depth[2], apart = k->terms / 2;
	const int8_t *w;

	if (k->inner != INNER_MULL) /* of int8 alone */
		return true;
	*why = "two weights of -128 meet in a sum of 16 bits";
	w = integer_weights(m, node, channel_axis);
	for (int64_t c = 0; c < p.n * groups; c++) {
		for (int64_t d0 = 0; d0 < p.depth[0]; d0++) {
			const int8_t *v = w + c * p.n_stride + d0 * p.stride[0];
			for (int64_t i = 0; i + apart < run; i++)
				if (i / apart % 2 == 0 && v[term_of(&p, i)] == INT8_MIN &&
				    v[term_of(&p, i + apart)] == INT8_MIN)
					return false;
		}
	}
	return true;
}

/* The last arguments of both kinds: x's padding for one, then limits, y's zero point, the band. */
static void numbers(struct lowering *l, struct call *call, bool pads, int64_t band)
{
	const struct module *m = l->m;

	if (integer_makes_sums(m, l->node)) {
		call_number(l, call, num_const(band));
		return;
	}
	if (pads)
		call_number(l, call, num_const(const_int(m, node_in(m, l->node, INTEGER_X_ZERO), 0)));
	call_number(l, call, num_const(node_attr_int(m, l->node, "low", 0)));
	call_number(l, call, num_const(node_attr_int(m, l->node, "high", 0)));
	call_number(l, call, num_const(const_int(m, node_in(m, l->node, INTEGER_Y_ZERO), 0)));
	call_number(l, call, num_const(band));
}

/* Lets a step be made in pieces of whole bands. */
static void in_bands(struct call *call, struct num rows, struct num pixels, int tile, int64_t work, int64_t band,
		     bool copied)
{
	call->pixel_by_pixel = copied; /* a band is read before any of it is written */
	call_in_pieces(call, 0, rows, pixels, tile, work);
	if (call->piece_rows < band)
		call->piece_rows = band;
}

/* A node's weights, and how long rows of PACK_CHAINS take with them beside what inner_loops.def says; 0: not known. */
struct weighing {
	struct module *m;
	int node, channel_axis;
	struct pack pack;
	double factor;
};

/* See kernel_weigh: chains take as long as the items that the weights need, some of which are split. inner_loops.def
 * supposes 1.25 of them for four terms (gaussian weights, depths of some hundreds). The ends of the loops over chains
 * of each length are seldom foreseen: for each block of a run they take as long as four items. */
static double weigh(const struct kernel *k, void *ctx)
{
	struct weighing *w = ctx;
	const struct pack_tile tile = { k->columns, k->terms, k->lanes };
	const int64_t panels = (w->pack.n + k->columns - 1) / k->columns;
	const int64_t blocks = panels * w->pack.depth[0] * chains_blocks(&w->pack);
	int64_t bytes, even;

	if (k->pack != PACK_CHAINS)
		return 1;
	if (w->factor == 0 &&
	    pack_forms[PACK_CHAINS].size(&w->pack, &tile, integer_weights(w->m, w->node, w->channel_axis), &bytes) &&
	    pack_forms[PACK_RUNS].size(&w->pack, &tile, NULL, &even))
		w->factor = (double)(bytes + 4 * 32 * blocks) / (1.25 * (double)even);
	return w->factor;
}

/* --- Convolution -------------------------------------------------------------------------------------------------- */

/* Bytes of a row of a window that lie beside each other, and how many such runs it has. */
static int64_t run_of(const struct conv_geometry *g)
{
	return g->dilation_w > 1 ? g->ic : g->kernel_w * g->ic;
}

static struct pack pack_of(const struct module *m, int node, const struct conv_shape *c)
{
	const int64_t taps = c->g.kernel_h * c->g.kernel_w;
	struct pack p = conv_pack(c, false);

	if (c->g.dilation_w > 1) { /* a tap is a run of its own */
		p.depth[0] = taps;
		p.depth[1] = p.stride[0] = 1;
	}
	p.is_wide = integer_weight_type(m, node) != DT_I8;
	return p;
}

static struct node_plan *plan_conv(struct module *m, int node, const char **why)
{
	struct integer_dot_plan *p = ARENA_NEW(m->scratch, struct integer_dot_plan);
	const struct conv_geometry *g = &p->c.g;
	struct weighing w;

	if (!conv_shape_read(m, node, &p->c, why))
		return NULL;
	if (!integer_has_one_zero(m, node, why) || !integer_sums_fit(m, node, 0, why))
		return NULL;
	*why = "the target has no such kernel";
	w = (struct weighing){ m, node, 0, pack_of(m, node, &p->c), 0 };
	p->kernel = integer_choose_lines(m, node, integer_makes_sums(m, node) ? KERNEL_CONV_SUMS : KERNEL_CONV_DOT,
					 g->out_h.n, g->out_w.n, g->oc, g->ic * g->kernel_h * g->kernel_w, weigh, &w,
					 &p->plan.cycles);
	if (!p->kernel || !integer_sums_are_bounded(m, node, 0, why) ||
	    !pairs_fit(m, node, 0, p->kernel, w.pack, p->c.groups, why))
		return NULL;
	p->plan.cycles *= 1.05 * (double)(p->c.batch_hi * p->c.groups); /* copies, short rows */
	return &p->plan;
}

/* Whether kernels may read x as it lies: no window leaves it, and what each row of a window sees is whole terms of
 * adjacent bytes. */
static bool reads_as_it_lies(struct module *m, const struct conv_shape *c, int x, const struct kernel *k)
{
	const struct conv_geometry *g = &c->g;
	const struct tensor *tx = &m->tensor[x];

	if (!num_is_const(g->in_h) || !num_is_const(g->in_w) || !num_is(g->pad_top, 0) || !num_is(g->pad_left, 0) ||
	    run_of(g) % k->terms || k->tap_bytes || tensor_ring(m, x, c->rank == 4 ? 2 : -1))
		return false;
	if ((g->out_h.n - 1) * g->stride_h + (g->kernel_h - 1) * g->dilation_h >= g->in_h.n ||
	    (g->out_w.n - 1) * g->stride_w + (g->kernel_w - 1) * g->dilation_w >= g->in_w.n)
		return false;
	return g->kernel_w == 1 || g->dilation_w > 1 || num_is(tx->stride[c->rank - 1], g->ic);
}

void integer_dot_lower(struct lowering *l, const struct node_plan *plan)
{
	const struct integer_dot_plan *planned = (const struct integer_dot_plan *)plan;
	const struct conv_shape *c = &planned->c;
	const struct conv_geometry *g = &c->g;
	const struct kernel *k = planned->kernel;
	const struct num none = num_const(0);
	struct module *m = l->m;
	const struct pack p = pack_of(m, l->node, c);
	const int64_t in_w = (g->out_w.n - 1) * g->stride_w + (g->kernel_w - 1) * g->dilation_w + 1, row = in_w * g->ic;
	const void *weights = integer_weights(m, l->node, 0);
	int64_t size, band, seen;
	struct call *call;
	struct integer_dot_ends ends;
	int x, y, w, scratch = -1, batch = -1, group = -1;

	conv_images(l, c, false, &x, &y);
	w = lower_packed_groups(l, m->tensor[c->w].name, &p, k, weights, c->groups, &size);
	ends = integer_dot_ends(l, &p, c->groups, k, weights);
	band = planned->band ? planned->band : band_of(m->target, row * g->stride_h, size, g->out_h.n, 1);
	seen = (band - 1) * g->stride_h + (g->kernel_h - 1) * g->dilation_h + 1;
	if (planned->scratch)
		scratch = lower_scratch(l, num_const(planned->scratch));
	else if (!reads_as_it_lies(m, c, x, k))
		scratch = lower_scratch(l, num_const((seen * row + k->terms) * copied_bytes(k)));
	call = lower_kernel(l, k, GEOMETRY_CONV);
	conv_fields(l, call, c, x, false);
	if (!num_is(m->tensor[x].dim[0], 1))
		batch = call_loop(l, call, m->tensor[x].dim[0], 0, num_const(1));
	if (c->groups > 1)
		group = call_loop(l, call, num_const(c->groups), 1, num_const(g->oc));
	integer_moving(l, call, ARG_READ, x, batch, m->tensor[x].stride[0], group,
	       num_mul(&m->nums, num_const(g->ic), m->tensor[x].stride[1]));
	integer_moving(l, call, ARG_READ, w, -1, none, group, num_const(size));
	integer_moving(l, call, ARG_READ, ends.first, -1, none, group, num_const(ends.first_width));
	integer_moving(l, call, ARG_READ, ends.second, -1, none, group, num_const(ends.second_width));
	integer_moving(l, call, ARG_WRITE, y, batch, m->tensor[y].stride[0], group, num_const(g->oc));
	call_arg(l, call, scratch < 0 ? ARG_READ : ARG_SCRATCH, scratch);
	numbers(l, call, true, band);
	call_result(m, call, y);
	if (!integer_makes_sums(m, l->node))
		in_bands(call, g->out_h, g->out_w, k->rows,
			 g->ic * g->kernel_h * g->kernel_w * ends.first_width / k->lanes, band, scratch >= 0);
	l->block->step[l->block->n - 1].macs = conv_macs(c);
	lower_finish(l, y, c->y);
}

/* --- Matrix product ----------------------------------------------------------------------------------------------- */

/* rows x depth bytes of x, a_row apart, times the node's weights. */
struct product {
	const struct kernel *kernel;
	struct pack pack; /* of the weights, tensor w, its channels along w_axis */
	int w, w_axis;
	int x, y;
	struct num rows, a_row;
	bool by_image; /* rows are those of one image; a loop runs over the batch */
};

/* Appends its call; which axes of y its rows count, and call_result(), are the caller's. */
static struct call *begin_product(struct lowering *l, const struct product *p)
{
	struct module *m = l->m;
	const struct kernel *k = p->kernel;
	const int64_t n = p->pack.n, depth = p->pack.depth[2], row = whole(depth, k->terms);
	const int64_t band = band_of(m->target, row, row * n, p->rows.n, k->rows);
	const void *weights = integer_weights(m, l->node, p->w_axis);
	const int w = lower_packed(l, m->tensor[p->w].name, &p->pack, k, weights);
	const struct integer_dot_ends ends = integer_dot_ends(l, &p->pack, 1, k, weights);
	const int64_t copied = (band + k->rows - 1) * row * copied_bytes(k);
	const int scratch = depth == row && !k->tap_bytes ? -1 : lower_scratch(l, num_const(copied));
	struct call *call = lower_kernel(l, k, GEOMETRY_GEMM);
	int loop = -1;

	call->geometry.gemm =
		(struct gemm_geometry){ .m = p->rows, .n = num_const(n), .k = num_const(depth), .a_row = p->a_row };
	if (p->by_image)
		loop = call_loop(l, call, m->tensor[p->x].dim[0], 0, num_const(1));
	integer_moving(l, call, ARG_READ, p->x, loop, m->tensor[p->x].stride[0], -1, num_const(0));
	call_arg(l, call, ARG_READ, w);
	call_arg(l, call, ARG_READ, ends.first);
	call_arg(l, call, ARG_READ, ends.second);
	call_arg(l, call, ARG_WRITE, p->y);
	call_arg(l, call, scratch < 0 ? ARG_READ : ARG_SCRATCH, scratch);
	numbers(l, call, false, band);
	if (!integer_makes_sums(m, l->node))
		in_bands(call, p->rows, num_const(1), k->rows, n * depth / k->lanes, band, scratch >= 0);
	return call;
}

static struct pack product_pack(const struct module *m, int node, const struct conv_shape *c)
{
	struct pack p = conv_pack(c, false);

	p.is_wide = integer_weight_type(m, node) != DT_I8;
	return p;
}

static struct node_plan *plan_1x1(struct module *m, int node, const char **why)
{
	struct integer_dot_plan *p = ARENA_NEW(m->scratch, struct integer_dot_plan);
	const struct conv_geometry *g = &p->c.g;
	struct weighing w;

	if (!conv_shape_read(m, node, &p->c, why) || !conv_is_product(m, &p->c, why) ||
	    !integer_has_one_zero(m, node, why) || !integer_sums_fit(m, node, 0, why))
		return NULL;
	w = (struct weighing){ m, node, 0, product_pack(m, node, &p->c), 0 };
	p->flat = conv_is_flat(m, p->c.x, true) && conv_is_flat(m, p->c.y, true);
	p->pixels = num_mul(&m->nums, g->out_h, g->out_w);
	if (p->flat)
		p->pixels = num_mul(&m->nums, p->pixels, m->tensor[p->c.x].dim[0]);
	*why = "the target has no such kernel";
	p->kernel = integer_choose_lines(m, node, integer_makes_sums(m, node) ? KERNEL_GEMM_SUMS : KERNEL_GEMM_DOT, 1,
					 p->pixels.n, g->oc, g->ic, weigh, &w, &p->plan.cycles);
	if (!p->kernel || !integer_sums_are_bounded(m, node, 0, why) ||
	    !pairs_fit(m, node, 0, p->kernel, w.pack, 1, why))
		return NULL;
	if (!p->flat)
		p->plan.cycles *= (double)p->c.batch_hi;
	return &p->plan;
}

static void lower_1x1(struct lowering *l, const struct node_plan *plan)
{
	const struct integer_dot_plan *planned = (const struct integer_dot_plan *)plan;
	const struct conv_shape *c = &planned->c;
	struct product p = {
		.kernel = planned->kernel, .pack = product_pack(l->m, l->node, c), .w = c->w, .rows = planned->pixels
	};
	struct call *call;

	conv_images(l, c, false, &p.x, &p.y);
	p.a_row = conv_pixel_step(l->m, p.x);
	p.by_image = !planned->flat;
	call = begin_product(l, &p);
	conv_count_pixels(l->m, call, c, planned->flat);
	call_result(l->m, call, p.y);
	l->block->step[l->block->n - 1].macs = conv_macs(c);
	lower_finish(l, p.y, c->y);
}

/* Row-major x with constant w of rank 2. */
struct integer_dot_matmul_plan {
	struct node_plan plan;
	int64_t rows, depth, n; /* y: rows x n, sums of `depth` terms */
	const struct kernel *kernel;
};

static struct node_plan *plan_matmul(struct module *m, int node, const char **why)
{
	struct integer_dot_matmul_plan *p = ARENA_NEW(m->scratch, struct integer_dot_matmul_plan);
	struct weighing w;

	if (!integer_has_one_zero(m, node, why) || !integer_matmul_read(m, node, &p->rows, &p->depth, &p->n, why))
		return NULL;
	*why = "the target has no such kernel";
	w = (struct weighing){ m, node, 1, integer_matmul_pack(m, node, p->depth, p->n), 0 };
	p->kernel = integer_choose_lines(m, node, integer_makes_sums(m, node) ? KERNEL_GEMM_SUMS : KERNEL_GEMM_DOT, 1,
					 p->rows, p->n, p->depth, weigh, &w, &p->plan.cycles);
	if (!p->kernel || !integer_sums_are_bounded(m, node, 1, why))
		return NULL;
	return pairs_fit(m, node, 1, p->kernel, w.pack, 1, why) ? &p->plan : NULL;
}

static void lower_matmul(struct lowering *l, const struct node_plan *plan)
{
	const struct integer_dot_matmul_plan *p = (const struct integer_dot_matmul_plan *)plan;
	struct module *m = l->m;
	const int y = node_out(m, l->node, 0);
	struct call *call = begin_product(l, &(struct product){ .kernel = p->kernel,
								.pack = integer_matmul_pack(m, l->node, p->depth, p->n),
								.w = node_in(m, l->node, INTEGER_W),
								.w_axis = 1,
								.x = node_in(m, l->node, INTEGER_X),
								.y = y,
								.rows = num_const(p->rows),
								.a_row = num_const(p->depth) });

	call->c_axis = m->tensor[y].rank - 1;
	for (int axis = 0; axis < call->c_axis; axis++)
		call->col_axis[call->n_col_axes++] = axis;
	call_result(m, call, y);
	l->block->step[l->block->n - 1].macs = p->rows * p->n * p->depth;
}

const struct strategy integer_dot = {
	.name = "integer_dot", .op = "IntegerConv", .plan = plan_conv, .lower = integer_dot_lower
};
const struct strategy integer_dot_1x1 = {
	.name = "integer_dot_1x1", .op = "IntegerConv", .plan = plan_1x1, .lower = lower_1x1
};
const struct strategy integer_dot_matmul = {
	.name = "integer_dot_matmul", .op = "IntegerMatMul", .plan = plan_matmul, .lower = lower_matmul
};
const struct strategy integer_sums = {
	.name = "integer_sums", .op = "ConvInteger", .plan = plan_conv, .lower = integer_dot_lower
};
const struct strategy integer_sums_1x1 = {
	.name = "integer_sums_1x1", .op = "ConvInteger", .plan = plan_1x1, .lower = lower_1x1
};
const struct strategy integer_sums_matmul = {
	.name = "integer_sums_matmul", .op = "MatMulInteger", .plan = plan_matmul, .lower = lower_matmul
};
