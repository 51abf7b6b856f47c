#include "lower/integer_choose.h"

#include <math.h>

#include "lower/integer_constants.h"
#include "ops/integer.h"

/* Weights of 16 bits are worth their flash where each is used so often, code for the last pixels of a line where lines
 * come by themselves. */
enum { OFTEN = 512 };

struct use {
	int64_t pixels;
	bool by_rows;
};

static double weigh_flash(const struct kernel *k, void *ctx)
{
	const struct use *u = ctx;
	const bool is_dear = k->pack == PACK_WORDS && u->pixels < OFTEN;

	return is_dear || (k->inner == INNER_SMLAD_FEW && !u->by_rows) ? HUGE_VAL : 1;
}

static double weigh_rows(const struct kernel *k, void *ctx)
{
	return k->rows == 1 ? HUGE_VAL : weigh_flash(k, ctx);
}

/* Products in vain that are worth less than the 1.3 KB of code of a tile of one pixel. */
enum { LITTLE = 2048 };

/* Whether the graph has a convolution that is not depthwise: its tiles of several pixels are there in any case. */
static bool has_convolution(const struct module *m)
{
	const struct graph *g = &m->graph[0];

	for (int i = 0; i < g->n_nodes; i++)
		if (m->node[g->node[i]].op == &op_nnc_IntegerConv && node_attr_int(m, g->node[i], "group", 1) == 1)
			return true;
	return false;
}

const struct kernel *integer_choose(const struct module *m, int node, enum kernel_kind kind, int64_t lines,
				    int64_t pixels, int64_t channels, int64_t depth, double *cycles)
{
	struct use u = { lines * pixels, m->by_rows };
	const int64_t n = u.by_rows ? lines : 1, rows = u.by_rows ? pixels : u.pixels;
	const struct kernel *k =
		integer_choose_lines(m, node, kind, n, rows, channels, depth, weigh_flash, &u, cycles);
	const struct kernel *other;
	double other_cycles;

	if (!k || kind != KERNEL_CONV_INT8 || k->lanes > 1 || k->rows > 1 || !has_convolution(m))
		return k;
	other = integer_choose_lines(m, node, kind, n, rows, channels, depth, weigh_rows, &u, &other_cycles);
	if (!other || other->rows == 1 || (other->rows - 1) * channels * depth > LITTLE)
		return k;
	*cycles = other_cycles;
	return other;
}

const struct kernel *integer_choose_lines(const struct module *m, int node, enum kernel_kind kind, int64_t lines,
					  int64_t pixels, int64_t channels, int64_t depth, kernel_weigh *weigh,
					  void *ctx, double *cycles)
{
	return kernel_choose_lines(m, kind, node_in_type(m, node, INTEGER_X), integer_weight_type(m, node),
				   m->tensor[node_out(m, node, 0)].type, lines, pixels, channels, depth, weigh,
				   ctx, cycles);
}
