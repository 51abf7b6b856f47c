/* Trees by one kernel. */
#include "lower/kernel_call.h"
#include "lower/layouts.h"
#include "lower/lower.h"
#include "ops/arguments.h"

static struct node_plan *plan_trees(struct module *m, int node, const char **why)
{
	struct node_plan *p = ARENA_NEW(m->scratch, struct node_plan);

	(void)why;
	p->cycles = (double)tensor_elements(m, node_in(m, node, 5)).n * (double)node_in_tensor(m, node, 0)->dim[0].n;
	return p;
}

/* x row by row, its elements side by side. */
static int lower_rows(struct lowering *l, int t)
{
	struct nest *n;

	if (tensor_is_plain(l->m, t))
		return t;
	n = nest_new(l->m, lower_temp(l, DT_F32, 2, l->m->tensor[t].dim));
	nest_store(n, nest_load(n, t, n->axis));
	lower_nest(l, n);
	return n->out;
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	struct module *m = l->m;
	const int node = l->node, x = lower_rows(l, node_in(m, node, 0)), y = node_out(m, node, 0);
	const int to = tensor_is_plain(m, y) ? y : lower_temp(l, DT_F32, 2, m->tensor[y].dim);
	struct call *c = lower_layer(l, LAYER_TREES);
	struct nest *n;

	(void)plan;
	c->geometry.trees = (struct trees_geometry){
		.rows = m->tensor[x].dim[0], .features = m->tensor[x].dim[1],
		.trees = node_in_tensor(m, node, 5)->dim[0], .targets = m->tensor[y].dim[1],
		.mode = node_attr_int(m, node, "mode", 0), .aggregate = node_attr_int(m, node, "aggregate", 0) };
	call_arg(l, c, ARG_READ, x);
	for (int i = 1; i < 9; i++)
		call_arg(l, c, ARG_READ, node_in(m, node, i));
	call_arg(l, c, ARG_WRITE, to);
	if (to == y)
		return;
	n = nest_new(m, y);
	nest_store(n, nest_load(n, to, n->axis));
	lower_nest(l, n);
}

const struct strategy trees = { .name = "trees", .op = "Trees", .plan = plan_trees, .lower = lower };
