/* IntegerGroup of an Add or Mul of two tensors of one shape that lie alike, by a kernel over bytes. */
#include <string.h>

#include "lower/fused_add.h"
#include "lower/kernel_call.h"
#include "lower/lower.h"
#include "ops/integer.h"
#include "runtime_min/kernels/int8_add_plain.h"

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

static struct byte_input byte_input(const struct module *m, const struct dequantised *d)
{
	return (struct byte_input){ .first = m->tensor[d->q].type == DT_I8 ? -128 : 0,
				    .zero = (int)dequantised_zero(m, d, 0), .scale = dequantised_scale(m, d, 0) };
}

/* The arguments of both kernels. */
static void finish(struct lowering *l, struct call *call, const struct dequantised d[2], int y)
{
	call->out = y;
	call->in_place = true;
	call_arg(l, call, ARG_READ, d[0].q);
	call_arg(l, call, ARG_READ, d[1].q);
	call_arg(l, call, ARG_WRITE, y);
}

/* Elements from which a sum is worth trying all pairs of bytes, which takes half a millisecond. */
enum { WORTH_A_PROOF = 1024 };

struct pair_plan {
	struct node_plan plan;
	struct dequantised d[2];
	const struct kernel *add;       /* NULL: the literal formula */
	struct fused_add fused;
	struct integer_add sum;         /* of a kernel for integers */
};

/* Finds the constants of a kernel for sums; false: there is none, or no constants for it. */
static bool find_add(const struct module *m, int node, struct pair_plan *p)
{
	const struct integer_group g = integer_group_get(m, node);
	const enum dtype a = m->tensor[p->d[0].q].type, b = m->tensor[p->d[1].q].type;
	const enum dtype y = m->tensor[node_out(m, node, 0)].type;
	const struct byte_sum s = {
		.a = byte_input(m, &p->d[0]), .b = byte_input(m, &p->d[1]), .scale = g.scale,
		.zero = (int)g.zero, .low = (int)g.low, .high = (int)g.high,
	};
	double cycles;

	p->add = kernel_choose_types(m, KERNEL_ADD_INT8, a, b, y, 1, 1, 1, &cycles);
	if (p->add)
		return fused_add_find(&s, &p->fused);
	p->add = kernel_choose_types(m, KERNEL_ADD_INTEGER, a, b, y, 1, 1, 1, &cycles);
	return p->add && integer_add_find(&s, NNRT_SUM_SHIFT, &p->sum);
}

static struct node_plan *plan_pair(struct module *m, int node, const char **why)
{
	struct pair_plan *p = ARENA_NEW(m->scratch, struct pair_plan);
	const struct integer_group g = integer_group_get(m, node);

	if (!read_pair(m, node, p->d, why))
		return NULL;
	p->plan.cycles = (double)tensor_elements(m, node_out(m, node, 0)).n;
	if (!strcmp(m->node[g.op].op->name, "Mul") || p->plan.cycles < WORTH_A_PROOF)
		return &p->plan;
	if (!find_add(m, node, p))
		p->add = NULL;
	return &p->plan;
}

static void lower_sum(struct lowering *l, const struct pair_plan *p, int y)
{
	struct module *m = l->m;
	const struct integer_group g = integer_group_get(m, l->node);
	struct call *call = lower_kernel(l, p->add, GEOMETRY_SUM);

	call->geometry.sum = (struct sum_geometry){
		.n = tensor_elements(m, y).n, .a_signed = m->tensor[p->d[0].q].type == DT_I8,
		.b_signed = m->tensor[p->d[1].q].type == DT_I8, .a_factor = p->sum.a_factor,
		.b_factor = p->sum.b_factor, .offset = p->sum.offset, .low = g.low, .high = g.high,
	};
	finish(l, call, p->d, y);
}

static void lower_add(struct lowering *l, const struct pair_plan *p, int y)
{
	struct module *m = l->m;
	const struct integer_group g = integer_group_get(m, l->node);
	struct call *call = lower_kernel(l, p->add, GEOMETRY_ADD);

	call->geometry.add = (struct add_geometry){
		.n = tensor_elements(m, y).n, .a_signed = m->tensor[p->d[0].q].type == DT_I8,
		.b_signed = m->tensor[p->d[1].q].type == DT_I8, .a_factor = (double)p->fused.a_factor,
		.b_factor = (double)p->fused.b_factor, .offset = (double)p->fused.offset, .low = g.low, .high = g.high,
	};
	finish(l, call, p->d, y);
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	const struct pair_plan *p = (const struct pair_plan *)plan;
	const struct dequantised *d = p->d;
	struct module *m = l->m;
	const struct integer_group g = integer_group_get(m, l->node);
	const int y = node_out(m, l->node, 0);
	struct call *call;

	if (p->add && p->add->kind == KERNEL_ADD_INTEGER) {
		lower_sum(l, p, y);
		return;
	}
	if (p->add) {
		lower_add(l, p, y);
		return;
	}
	call = lower_layer(l, LAYER_PAIR_INT8);
	call->geometry.pair = (struct pair_geometry){
		.n = tensor_elements(m, y).n,
		.a_signed = m->tensor[d[0].q].type == DT_I8, .b_signed = m->tensor[d[1].q].type == DT_I8,
		.a_zero = dequantised_zero(m, &d[0], 0), .b_zero = dequantised_zero(m, &d[1], 0),
		.a_scale = (double)dequantised_scale(m, &d[0], 0), .b_scale = (double)dequantised_scale(m, &d[1], 0),
		.y_zero = g.zero, .y_scale = (double)g.scale, .low = g.low - g.zero, .high = g.high - g.zero,
		.product = !strcmp(m->node[g.op].op->name, "Mul"),
	};
	finish(l, call, d, y);
}

const struct strategy integer_pair = {
	.name = "integer_pair", .op = "IntegerGroup", .plan = plan_pair, .lower = lower
};
