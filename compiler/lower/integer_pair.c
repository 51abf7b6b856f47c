/* IntegerGroup of an Add or Mul of two tensors of one shape that lie alike, by a kernel over bytes. */
#include <string.h>

#include "lower/kernel_call.h"
#include "lower/lower.h"
#include "ops/integer.h"

/* Elements of t follow each other in the same order as y's, without gaps. */
static bool lies_like(struct module *m, int t, int y)
{
	const struct tensor *a = &m->tensor[t], *b = &m->tensor[y];
	int64_t last = 0;

	if (!tensor_same_shape(m, t, y) || !tensor_is_static(m, t))
		return false;
	for (int k = 0; k < a->rank; k++) {
		if (num_is(a->dim[k], 1))
			continue;
		if (!num_same(a->stride[k], b->stride[k]))
			return false;
		last += (a->dim[k].n - 1) * a->stride[k].n;
	}
	return last + 1 == tensor_elements(m, t).n;
}

static bool read_pair(struct module *m, int node, struct dequantised d[2], const char **why)
{
	const int y = node_out(m, node, 0);
	const struct node *n = &m->node[integer_group_get(m, node).op];

	*why = "only a sum or product of two quantised tensors has a kernel";
	if ((strcmp(n->op->name, "Add") != 0 && strcmp(n->op->name, "Mul") != 0) || n->n_in != 2)
		return false;
	for (int i = 0; i < 2; i++)
		if (!integer_group_input(m, node, n->in[i], &d[i]) || d[i].n != 1)
			return false;
	*why = "the tensors do not lie alike without gaps";
	return lies_like(m, d[0].q, y) && lies_like(m, d[1].q, y) && tensor_elements(m, y).n <= INT32_MAX;
}

struct pair_plan {
	struct node_plan plan;
	struct dequantised d[2];
};

static struct node_plan *plan_pair(struct module *m, int node, const char **why)
{
	struct pair_plan *p = ARENA_NEW(m->scratch, struct pair_plan);

	if (!read_pair(m, node, p->d, why))
		return NULL;
	p->plan.cycles = (double)tensor_elements(m, node_out(m, node, 0)).n;
	return &p->plan;
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	const struct dequantised *d = ((const struct pair_plan *)plan)->d;
	struct module *m = l->m;
	const struct integer_group g = integer_group_get(m, l->node);
	const int y = node_out(m, l->node, 0);
	struct call *call;

	call = lower_layer(l, LAYER_PAIR_INT8);
	call->out = y;
	call->in_place = true;
	call->geometry.pair = (struct pair_geometry){
		.n = tensor_elements(m, y).n,
		.a_signed = m->tensor[d[0].q].type == DT_I8, .b_signed = m->tensor[d[1].q].type == DT_I8,
		.a_zero = dequantised_zero(m, &d[0], 0), .b_zero = dequantised_zero(m, &d[1], 0),
		.a_scale = (double)dequantised_scale(m, &d[0], 0), .b_scale = (double)dequantised_scale(m, &d[1], 0),
		.y_zero = g.zero, .y_scale = (double)g.scale, .low = g.low - g.zero, .high = g.high - g.zero,
		.product = !strcmp(m->node[g.op].op->name, "Mul"),
	};
	call_arg(l, call, ARG_READ, d[0].q);
	call_arg(l, call, ARG_READ, d[1].q);
	call_arg(l, call, ARG_WRITE, y);
}

const struct strategy integer_pair = {
	.name = "integer_pair", .op = "IntegerGroup", .plan = plan_pair, .lower = lower
};
