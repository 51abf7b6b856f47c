/* Trees by one kernel. */
#include "lower/kernel_call.h"
#include "lower/lower.h"
#include "ops/arguments.h"
#include "targets/target.h"

/* How many trees are walked side by side: what waits for loads on a core with vectors is what a small one has no
 * registers for. */
static int64_t lanes_on(const struct target *t)
{
	return t->vector_bytes > 4 ? 8 : 1;
}

static struct node_plan *plan_trees(struct module *m, int node, const char **why)
{
	struct node_plan *p = ARENA_NEW(m->scratch, struct node_plan);

	(void)why;
	p->cycles = (double)tensor_elements(m, node_in(m, node, 2)).n * (double)node_in_tensor(m, node, 0)->dim[0].n;
	return p;
}

/* x row by row, its elements side by side. */
static int lower_rows(struct lowering *l, int t)
{
	struct nest *n;

	if (tensor_is_plain(l->m, t))
		return t;
	n = nest_new(l->m, lower_temp(l, l->m->tensor[t].type, 2, l->m->tensor[t].dim));
	nest_store(n, nest_load(n, t, n->axis));
	lower_nest(l, n);
	return n->out;
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	struct module *m = l->m;
	const int node = l->node, x = lower_rows(l, node_in(m, node, 0)), y = node_out(m, node, 0);
	const int to = tensor_is_plain(m, y) ? y : lower_temp(l, m->tensor[y].type, 2, m->tensor[y].dim);
	struct call *c = lower_layer(l, LAYER_TREES);
	struct nest *n;

	(void)plan;
	c->geometry.trees = (struct trees_geometry){
		.rows = m->tensor[x].dim[0], .columns = m->tensor[x].dim[1],
		.trees = num_const(node_attr_int(m, node, "trees", 0)), .targets = m->tensor[y].dim[1],
		.aggregate = node_attr_int(m, node, "aggregate", 0), .bits = node_attr_int(m, node, "bits", 0),
		.lanes = lanes_on(m->target), .wide = m->tensor[x].type == DT_I64, .exact = m->tensor[y].type == DT_F64,
		.dense = node_attr_int(m, node, "dense", 0) };
	call_arg(l, c, ARG_READ, x);
	for (int i = 1; i < 7; i++)
		call_arg(l, c, ARG_READ, node_in(m, node, i));
	call_arg(l, c, ARG_WRITE, to);
	if (to == y)
		return;
	n = nest_new(m, y);
	nest_store(n, nest_load(n, to, n->axis));
	lower_nest(l, n);
}

const struct strategy trees = { .name = "trees", .op = "Trees", .plan = plan_trees, .lower = lower };
