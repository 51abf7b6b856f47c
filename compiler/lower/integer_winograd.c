/* IntegerConv of 3x3 kernels at stride 1 in 16 products instead of 36, exact (runtime_min/kernels/winograd_bytes.h).
 * Its price: scratch for a block of tiles, and weights of 32 bytes for each nine. */
#include "kernels/pack_winograd.h"
#include "lower/integer_choose.h"
#include "lower/integer_dot.h"
#include "ops/integer.h"
#include "targets/target.h"

static int64_t ceil_div(int64_t a, int64_t b)
{
	return (a + b - 1) / b;
}

static int64_t scratch_of(const struct integer_dot_plan *p, int64_t band)
{
	return winograd_bytes_scratch(band, p->c.g.out_w.n, p->c.g.ic, p->kernel->columns);
}

/* Output rows whose block fills half of the second-level cache, or all of it where weights exceed that, for them to be
 * read seldom; in blocks alike. */
static void choose_band(const struct target *t, struct integer_dot_plan *p, int64_t weights)
{
	const int64_t rows = p->c.g.out_h.n, most = weights > t->l2_bytes / 2 ? t->l2_bytes : t->l2_bytes / 2;

	p->band = 2;
	while (p->band < rows && scratch_of(p, p->band + 2) <= most)
		p->band += 2;
	p->band = ceil_div(ceil_div(rows, ceil_div(rows, p->band)), 2) * 2;
	p->scratch = scratch_of(p, p->band);
}

/* Of so many instructions of arithmetic, loads and stores. Measured ones took a fifth more. */
static double cycles_of(const struct target *t, int arithmetic, int moves)
{
	const double a = arithmetic / t->int_ops, b = moves / t->loads;

	return 1.2 * (t->overlaps ? (a > b ? a : b) : a + b);
}

/* Products as of any tile; the transforms of a vector of 16-bit channels of x and of one of sums; weights from beyond
 * the second-level cache at eight bytes a cycle, while products are made; and the larger model: each byte more must
 * save four multiply-accumulates. */
static double total_cycles(const struct target *t, const struct integer_dot_plan *p, int64_t tiles, double products,
			   int64_t weights)
{
	const struct conv_geometry *g = &p->c.g;
	const int lanes = p->kernel->lanes;
	const double of_x = cycles_of(t, 48, 32) * (double)ceil_div(g->ic, (int64_t)2 * lanes);
	const double of_y = cycles_of(t, 56, 16) * (double)ceil_div(g->oc, lanes);
	const double transforms = (double)tiles * (of_x + of_y);
	const double read = weights > t->l2_bytes ? (double)(weights * ceil_div(g->out_h.n, p->band)) / 8 : 0;
	const double more = (double)(weights - 9 * g->ic * g->oc);

	return ((products > read ? products : read) + transforms) * (double)p->c.batch_hi * p->c.groups +
	       more / 8 * p->c.groups;
}

static struct node_plan *plan(struct module *m, int node, const char **why)
{
	struct integer_dot_plan *p = ARENA_NEW(m->scratch, struct integer_dot_plan);
	const struct conv_geometry *g = &p->c.g;
	int64_t tiles, weights;

	if (!conv_shape_read(m, node, &p->c, why))
		return NULL;
	*why = "for 3x3 kernels with stride and dilation 1";
	if (g->kernel_h != 3 || g->kernel_w != 3 || g->stride_h != 1 || g->stride_w != 1 || g->dilation_h != 1 ||
	    g->dilation_w != 1)
		return NULL;
	*why = "the target has no such kernel";
	tiles = ceil_div(g->out_h.n, 2) * ceil_div(g->out_w.n, 2);
	p->kernel = integer_choose(m, node, KERNEL_WINOGRAD_DOT, 1, tiles, g->oc, 16 * g->ic, &p->plan.cycles);
	if (!p->kernel || !integer_sums_fit(m, node, 0, why) || !integer_is_bounded(m, node, 0, why))
		return NULL;
	*why = "four times a sum may leave int32";
	if (9 * g->ic * 255 * (integer_weight_type(m, node) == DT_I8 ? 128 : 255) >= 1 << 29)
		return NULL;
	weights = 32 * ceil_div(g->ic, p->kernel->terms) * p->kernel->terms * ceil_div(g->oc, p->kernel->columns) *
		  p->kernel->columns;
	choose_band(m->target, p, weights);
	*why = "a block of tiles exceeds the second-level cache";
	if (p->scratch > m->target->l2_bytes)
		return NULL;
	p->plan.cycles = total_cycles(m->target, p, tiles, p->plan.cycles, weights);
	return &p->plan;
}

const struct strategy integer_winograd = {
	.name = "integer_winograd", .op = "IntegerConv", .plan = plan, .lower = integer_dot_lower
};
