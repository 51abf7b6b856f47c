/* Softmax and LogSoftmax along rows of adjacent elements: each exponential is computed once and kept in the result. */
#include "lower/rows.h"
#include "ops/softmax.h"
#include "targets/target.h"

enum { CYCLES_EXP = 20, CYCLES_PASSES = 6 };    /* of one vector */

static bool find(struct module *m, int node, struct row_axes *r, const char **why)
{
	int first, last;

	*why = "it is a scalar";
	if (!node_in_tensor(m, node, 0)->rank)
		return false;
	*why = "its axis is none";
	return softmax_axes(m, node, &first, &last) &&
	       rows_find(m, node_in(m, node, 0), node_out(m, node, 0), first, last, r, why);
}

static double cost(struct module *m, int node, const char **why)
{
	const int lanes = m->target->vector_bytes / 4;
	struct row_axes r;

	if (!find(m, node, &r, why))
		return -1;
	return (double)tensor_elements(m, r.x).n / lanes * (CYCLES_EXP + CYCLES_PASSES);
}

static bool lower_with(struct lowering *l, int node, enum layer_kernel k)
{
	struct row_axes r;
	const char *why;
	struct call *c;

	if (!find(l->m, node, &r, &why))
		die("softmax: %s", why);
	c = rows_call(l, &r, k, 0);
	rows_argument(l, &r, c, ARG_READ, r.x);
	rows_argument(l, &r, c, ARG_WRITE, r.y);
	return true;
}

static bool lower(struct lowering *l, int node)
{
	return lower_with(l, node, LAYER_SOFTMAX);
}

static bool lower_log(struct lowering *l, int node)
{
	return lower_with(l, node, LAYER_LOG_SOFTMAX);
}

const struct strategy softmax_rows = { .name = "softmax_rows", .op = "Softmax", .cost = cost, .lower = lower };
const struct strategy log_softmax_rows = {
	.name = "log_softmax_rows", .op = "LogSoftmax", .cost = cost, .lower = lower_log
};
