/* Coupled probabilities by their kernel. */
#include "lower/kernel_call.h"
#include "lower/lower.h"
#include "ops/arguments.h"

static struct node_plan *plan_couple(struct module *m, int node, const char **why)
{
	struct node_plan *p = ARENA_NEW(m->scratch, struct node_plan);
	const struct tensor *y = node_out_tensor(m, node, 0);

	(void)why;
	p->cycles = (double)y->dim[0].n * (double)y->dim[1].n * (double)y->dim[1].n * 10;
	return p;
}

static void lower_copy(struct lowering *l, int to, int from)
{
	struct nest *n = nest_new(l->m, to);

	nest_store(n, nest_load(n, from, n->axis));
	lower_nest(l, n);
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	struct module *m = l->m;
	const int y = node_out(m, l->node, 0);
	const int64_t classes = m->tensor[y].dim[1].n;
	const struct num size = num_const(classes * (classes + 1));
	int x = node_in(m, l->node, 0), to = y;
	struct call *c;

	(void)plan;
	if (!tensor_is_plain(m, x)) {
		x = lower_temp(l, DT_F32, 2, m->tensor[x].dim);
		lower_copy(l, x, node_in(m, l->node, 0));
	}
	if (!tensor_is_plain(m, y))
		to = lower_temp(l, DT_F32, 2, m->tensor[y].dim);
	c = lower_layer(l, LAYER_COUPLE);
	c->geometry.couple = (struct couple_geometry){ .rows = m->tensor[y].dim[0], .classes = m->tensor[y].dim[1] };
	call_arg(l, c, ARG_READ, x);
	call_arg(l, c, ARG_WRITE, lower_temp(l, DT_F32, 1, &size));
	call_arg(l, c, ARG_WRITE, to);
	if (to != y)
		lower_copy(l, y, to);
}

const struct strategy couple = { .name = "couple", .op = "Couple", .plan = plan_couple, .lower = lower };
