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

struct softmax_plan {
	struct node_plan plan;
	struct row_axes rows;
};

static struct node_plan *plan_softmax(struct module *m, int node, const char **why)
{
	struct softmax_plan *p = ARENA_NEW(m->scratch, struct softmax_plan);
	const int lanes = m->target->vector_bytes / 4;

	if (!find(m, node, &p->rows, why))
		return NULL;
	p->plan.cycles = (double)tensor_elements(m, p->rows.x).n / lanes * (CYCLES_EXP + CYCLES_PASSES);
	return &p->plan;
}

static void lower_with(struct lowering *l, const struct node_plan *plan, enum layer_kernel k)
{
	const struct row_axes *r = &((const struct softmax_plan *)plan)->rows;
	struct call *c = rows_call(l, r, k, 0);

	rows_argument(l, r, c, ARG_READ, r->x);
	rows_argument(l, r, c, ARG_WRITE, r->y);
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	lower_with(l, plan, LAYER_SOFTMAX);
}

static void lower_log(struct lowering *l, const struct node_plan *plan)
{
	lower_with(l, plan, LAYER_LOG_SOFTMAX);
}

const struct strategy softmax_rows = { .name = "softmax_rows", .op = "Softmax", .plan = plan_softmax, .lower = lower };
const struct strategy log_softmax_rows = {
	.name = "log_softmax_rows", .op = "LogSoftmax", .plan = plan_softmax, .lower = lower_log
};
