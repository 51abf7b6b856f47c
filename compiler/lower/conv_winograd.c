/* 3x3 convolution with stride 1 in fewer products (runtime_min/kernels/winograd.h), by tiles of 2 x 2 or 4 x 4 outputs.
 * Its price: scratch for a block of tiles, and weights 16/9 or 4 times as large. */
#include "lower/conv_shape.h"
#include "graph/recipe.h"
#include "kernels/pack_winograd.h"
#include "ops/ops.h"
#include "options.h"
#include "targets/target.h"

struct winograd {
	struct node_plan plan;
	struct conv_shape c;            /* with its block */
	const struct kernel *kernel;
	int tile;                       /* outputs along an edge */
};

/* Bytes that the widest node by kernels reads and writes at run time: about what the arena needs anyhow. */
static int64_t widest_bytes(struct module *m)
{
	for (int g = 0; g < m->n_graphs && !m->widest_bytes; g++) {
		for (int i = 0; i < m->graph[g].n_nodes; i++) {
			const struct node *n = &m->node[m->graph[g].node[i]];
			int64_t bytes = 0;

			for (int k = 0; k < n->n_in + n->n_out && n->op->by_kernels; k++) {
				const int t = k < n->n_in ? n->in[k] : n->out[k - n->n_in];
				if (t >= 0 && !m->tensor[t].data)
					bytes += tensor_bytes(m, t);
			}
			m->widest_bytes = bytes > m->widest_bytes ? bytes : m->widest_bytes;
		}
	}
	return m->widest_bytes;
}

static int64_t ceil_div(int64_t a, int64_t b)
{
	return (a + b - 1) / b;
}

/* Bytes of the transformed weights of a group. */
static int64_t weight_bytes(const struct winograd *w)
{
	const int64_t points = (int64_t)(w->tile + 2) * (w->tile + 2);

	return 4 * points * w->c.g.ic * ceil_div(w->c.g.oc, w->kernel->columns) * w->kernel->columns;
}

/* Blocks of two register tiles; of about the second-level cache where weights exceed it, for them to be read seldom. No
 * larger than the arena has room for beside this node, or as an eighth of it. False: not even one register tile. */
static bool choose_block(struct module *m, struct winograd *w, int64_t tiles)
{
	const int64_t lanes = m->target->vector_bytes / 4, points = (int64_t)(w->tile + 2) * (w->tile + 2);
	const int64_t a_tile = points * 4 * (ceil_div(w->c.g.ic, lanes) * lanes + w->kernel->columns);
	const int64_t widest = widest_bytes(m), rows = w->kernel->rows;
	const int64_t room = widest - tensor_bytes(m, w->c.x) - tensor_bytes(m, w->c.y);
	const int64_t limit = (room > widest / 8 ? room : widest / 8) - points * 64;
	const int64_t two = 2 * rows * a_tile, half = m->target->l2_bytes / 2;
	const int64_t cache = weight_bytes(w) > m->target->l2_bytes ? m->target->l2_bytes : two < half ? two : half;
	const int64_t blocks = (tiles * a_tile + cache / 2) / cache;
	int64_t most = limit / a_tile, block = blocks > 1 ? ceil_div(tiles, blocks) : tiles;

	if (block < tiles)
		block = ceil_div(block, rows) * rows;
	if (block < tiles || most < tiles)
		most = most / rows * rows;
	if (limit < 0 || most < 1)
		return false;
	if (block > most)
		block = ceil_div(ceil_div(tiles, ceil_div(tiles, most)), rows) * rows;
	block = block < tiles ? block : tiles;
	w->c.block_tiles = block;
	w->c.block_floats = block * a_tile / 4 + points * 16;
	return true;
}

/* The greater of two that overlap: arithmetic, which is products as of any tile and transforms at two operations a
 * cycle, and a quarter of a cycle for each byte of weights that is read from beyond the second-level cache more often
 * than conv_direct does; and the larger model: each byte more must
 * save four multiply-accumulates. */
static double total_cycles(const struct module *m, const struct winograd *w, int64_t tiles, double products)
{
	const struct conv_shape *c = &w->c;
	const int64_t lanes = m->target->vector_bytes / 4, points = (int64_t)(w->tile + 2) * (w->tile + 2);
	const double vectors = (double)(4 * ceil_div(c->g.ic, lanes) + 3 * ceil_div(c->g.oc, lanes));
	const double weights = (double)weight_bytes(w);
	const double blocks = (double)ceil_div(tiles, c->block_tiles);
	const double more = weights - 36.0 * (double)(c->g.ic * c->g.oc);
	const double read = weights > m->target->l2_bytes ? weights * (blocks - 1) + more : 0;

	const double arithmetic = products + (double)(tiles * points) * vectors;

	return ((read / 4 > arithmetic ? read / 4 : arithmetic) * (double)c->batch_hi + 2 * more / (double)lanes) *
	       c->groups;
}

/* The cheaper of both tiles. */
static struct node_plan *plan_winograd(struct module *m, int node, const char **why)
{
	struct winograd *best = ARENA_NEW(m->scratch, struct winograd), one = { .tile = 2 };
	const struct conv_geometry *g = &one.c.g;

	if (!conv_shape_read(m, node, &one.c, why))
		return NULL;
	*why = "for 3x3 kernels with stride and dilation 1";
	if (g->kernel_h != 3 || g->kernel_w != 3 || g->stride_h != 1 || g->stride_w != 1 || g->dilation_h != 1 ||
	    g->dilation_w != 1)
		return NULL;
	*why = "its transforms round, where sums must stay whole numbers";
	if (m->node[node].op == &op_nnc_ExactConv)
		return NULL;
	*why = "its sums are rounded in other places than --fp=strict says";
	if (m->options && m->options->fp == FP_STRICT)
		return NULL;
	*why = "weights grow, and the target has no cache: they are read from flash";
	if (!m->target->l2_bytes)
		return NULL;
	*why = "its scratch would enlarge the arena too much, or the target has no such kernel";
	for (; one.tile <= 4; one.tile += 2) {
		const enum kernel_kind kind = one.tile == 2 ? KERNEL_WINOGRAD2 : KERNEL_WINOGRAD4;
		const int64_t tiles = ceil_div(g->out_h.n, one.tile) * ceil_div(g->out_w.n, one.tile);
		double products = 0;

		one.kernel =
			kernel_choose(m, kind, tiles, g->oc, g->ic * (one.tile + 2) * (one.tile + 2), &products);
		if (!tiles || !one.kernel || !choose_block(m, &one, tiles))
			continue;
		one.plan.cycles = total_cycles(m, &one, tiles, products);
		if (!best->kernel || one.plan.cycles < best->plan.cycles)
			*best = one;
	}
	return best->kernel ? &best->plan : NULL;
}

/* Weights as they lie: groups x oc x ic x 3 x 3. */
struct winograd_recipe {
	struct recipe recipe;
	const float *from;
	int tile, columns, groups;
	int64_t oc, ic, group_floats;   /* of what is made of a group */
};

/* The transformed weights of all groups, in the kernel's panels, one after the other for want of memory. */
static void make_winograd(const struct recipe *recipe, void *elements, struct arena *scratch)
{
	const struct winograd_recipe *r = (const struct winograd_recipe *)recipe;
	const int64_t points = (int64_t)(r->tile + 2) * (r->tile + 2), panel = points * r->ic * r->columns;
	float *points_of = ARENA_ARRAY(scratch, panel, float);

	for (int g = 0; g < r->groups; g++) {
		float *packed = (float *)elements + g * r->group_floats;

		for (int64_t first = 0; first < r->oc; first += r->columns, packed += panel) {
			const int64_t n = r->oc - first < r->columns ? r->oc - first : r->columns;
			const struct pack p = { .n = n, .n_stride = r->ic, .depth = { 1, points, r->ic },
						.stride = { 0, n * r->ic, 1 } };

			winograd_weights_f32(r->tile, n, r->ic, r->from + (g * r->oc + first) * r->ic * 9, points_of);
			pack_f32(&p, r->columns, points_of, packed);
		}
	}
}

/* *size: floats of one group's. */
static int winograd_packed(struct lowering *l, const struct winograd *w, int64_t *size)
{
	struct module *m = l->m;
	const struct conv_shape *c = &w->c;
	struct winograd_recipe *r = ARENA_NEW(m->steps, struct winograd_recipe);

	*size = weight_bytes(w) / 4;
	if (*size > MAX_ELEMENTS / c->groups)
		die("packed weights overflow");
	*r = (struct winograd_recipe){ .recipe.make = make_winograd, .from = m->tensor[c->w].data, .tile = w->tile,
				       .columns = w->kernel->columns, .groups = c->groups, .oc = c->g.oc,
				       .ic = c->g.ic, .group_floats = *size };
	return lower_const_made(l, m->tensor[c->w].name, DT_F32, *size * c->groups, r->from, &r->recipe);
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	const struct winograd *w = (const struct winograd *)plan;
	const struct conv_geometry *g = &w->c.g;
	struct call *call;
	int64_t size = 0;
	int x, y, packed;

	conv_images(l, &w->c, false, &x, &y);
	packed = winograd_packed(l, w, &size);
	call = lower_kernel(l, w->kernel, GEOMETRY_CONV);
	conv_fields(l, call, &w->c, x, false);
	conv_arguments(l, call, &w->c, x, packed, size, y, true);
	call_in_pieces(call, 0, num_const(ceil_div(g->out_h.n, w->tile)), num_const(ceil_div(g->out_w.n, w->tile)),
		       (int)w->c.block_tiles, g->ic * g->oc * 4 / l->m->target->vector_bytes);
	call->piece_rows *= w->tile;
	call->row_grain = w->tile;
	lower_finish(l, y, w->c.y);
}

const struct strategy conv_winograd = { .name = "conv_winograd", .op = "Conv", .plan = plan_winograd, .lower = lower };
