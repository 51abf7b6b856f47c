/* IntegerGroup of an Add or Mul of two tensors by a kernel over bytes: of one shape that lie alike, or rows of which
 * one side is the same again and again, as in squeeze and excite. */
#include <string.h>

#include "lower/byte_rows.h"
#include "lower/fused_add.h"
#include "lower/kernel_call.h"
#include "lower/lower.h"
#include "ops/integer.h"
#include "runtime_min/kernels/int8_add_plain.h"

/* Fewer elements of a row than this do without vectors. */
enum { LEAST_ROW = 16 };

static bool read_pair(struct module *m, int node, struct dequantised d[2], struct byte_rows *r, const char **why)
{
	const int y = node_out(m, node, 0);
	const struct node *n = &m->node[integer_group_get(m, node).op];
	struct byte_steps of[3];

	*why = "only a sum or product of two quantised tensors has a kernel";
	if ((strcmp(n->op->name, "Add") != 0 && strcmp(n->op->name, "Mul") != 0) || n->n_in != 2)
		return false;
	for (int i = 0; i < 2; i++)
		if (!integer_group_input(m, node, n->in[i], &d[i]) || d[i].n != 1)
			return false;
	*why = "a size is no constant, or the tensors do not lie alike in long rows";
	if (!tensor_is_static(m, d[0].q) || !tensor_is_static(m, d[1].q) || !tensor_is_static(m, y))
		return false;
	of[0] = byte_steps_of(m, d[0].q, y);
	of[1] = byte_steps_of(m, d[1].q, y);
	of[2] = byte_steps_of(m, y, y);
	return byte_rows_read(m, y, of, 3, r) && (r->rows == 1 || r->n >= LEAST_ROW);
}

static struct byte_input byte_input(const struct module *m, const struct dequantised *d)
{
	return (struct byte_input){ .first = m->tensor[d->q].type == DT_I8 ? -128 : 0,
				    .zero = (int)dequantised_zero(m, d, 0), .scale = dequantised_scale(m, d, 0) };
}

/* Elements from which a sum is worth trying all pairs of bytes, which takes half a millisecond. */
enum { WORTH_A_PROOF = 1024 };

struct pair_plan {
	struct node_plan plan;
	struct dequantised d[2];
	struct byte_rows r;
	const struct kernel *add;       /* NULL: the literal formula */
	struct fused_add fused;
	struct integer_add sum;         /* of a kernel for integers */
};

/* The arguments of both kernels. */
static void finish(struct lowering *l, struct call *call, const struct pair_plan *p, int y)
{
	const struct dequantised *d = p->d;

	call->out = y;
	call->in_place = p->r.rows == 1;
	call_arg(l, call, ARG_READ, d[0].q);
	call_arg(l, call, ARG_READ, d[1].q);
	call_arg(l, call, ARG_WRITE, y);
}

/* Finds the constants of p->add; false: it has none. */
static bool find_constants(const struct byte_sum *s, struct pair_plan *p)
{
	switch (p->add->kind) {
	case KERNEL_ADD_INT8:
		return fused_add_find(s, &p->fused);
	case KERNEL_ADD_HALVES:
		return s->low == INT8_MIN && s->high == INT8_MAX &&
		       integer_add_find(s, NNRT_SUM_SHIFT, NNRT_HALVES_LOST, &p->sum);
	default:
		return integer_add_find(s, NNRT_SUM_SHIFT, 0, &p->sum);
	}
}

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
	static const enum kernel_kind kinds[] = { KERNEL_ADD_HALVES, KERNEL_ADD_INT8, KERNEL_ADD_INTEGER };
	const int n = sizeof kinds / sizeof *kinds;

	/* By vectors, or else the literal formula by vectors; where there are none, one of the others. */
	for (int i = 0; i < 2 * n; i++) {
		double cycles;
		p->add = kernel_choose_types(m, kinds[i % n], a, b, y, 1, 1, 1, &cycles);
		if (!p->add || (p->add->lanes > 1) != (i < n))
			continue;
		if (find_constants(&s, p))
			return true;
		if (i < n)
			return false;
	}
	return false;
}

static struct node_plan *plan_pair(struct module *m, int node, const char **why)
{
	struct pair_plan *p = ARENA_NEW(m->scratch, struct pair_plan);
	const struct integer_group g = integer_group_get(m, node);

	if (!read_pair(m, node, p->d, &p->r, why))
		return NULL;
	p->plan.cycles = (double)tensor_elements(m, node_out(m, node, 0)).n;
	if (!strcmp(m->node[g.op].op->name, "Mul") || p->r.rows > 1 || p->plan.cycles < WORTH_A_PROOF)
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
	finish(l, call, p, y);
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
	finish(l, call, p, y);
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	const struct pair_plan *p = (const struct pair_plan *)plan;
	const struct dequantised *d = p->d;
	struct module *m = l->m;
	const struct integer_group g = integer_group_get(m, l->node);
	const int y = node_out(m, l->node, 0);
	struct call *call;

	if (p->add && p->add->kind != KERNEL_ADD_INT8) {
		lower_sum(l, p, y);
		return;
	}
	if (p->add) {
		lower_add(l, p, y);
		return;
	}
	call = lower_layer(l, LAYER_PAIR_INT8);
	call->geometry.pair = (struct pair_geometry){
		.rows = p->r.rows, .n = p->r.n, .a_row = p->r.row[0], .b_row = p->r.row[1], .y_row = p->r.row[2],
		.a_signed = m->tensor[d[0].q].type == DT_I8, .b_signed = m->tensor[d[1].q].type == DT_I8,
		.a_zero = dequantised_zero(m, &d[0], 0), .b_zero = dequantised_zero(m, &d[1], 0),
		.a_scale = (double)dequantised_scale(m, &d[0], 0), .b_scale = (double)dequantised_scale(m, &d[1], 0),
		.y_zero = g.zero, .y_scale = (double)g.scale, .low = g.low - g.zero, .high = g.high - g.zero,
		.product = !strcmp(m->node[g.op].op->name, "Mul"),
	};
	finish(l, call, p, y);
}

const struct strategy integer_pair = {
	.name = "integer_pair", .op = "IntegerGroup", .plan = plan_pair, .lower = lower
};
