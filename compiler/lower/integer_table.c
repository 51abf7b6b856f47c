/* IntegerTable by a kernel over bytes: of tensors that lie alike but for one step, as that of a part of a concatenation
 * does. */
#include "lower/byte_rows.h"
#include "lower/kernel_call.h"
#include "lower/lower.h"
#include "ops/integer.h"

/* Fewer than these do without vectors. */
enum { LEAST_ELEMENTS = 64 };

struct table_plan {
	struct node_plan plan;
	const struct kernel *kernel;
	struct byte_rows r;
};

static struct node_plan *plan_table(struct module *m, int node, const char **why)
{
	struct table_plan *p = ARENA_NEW(m->scratch, struct table_plan);
	const int x = node_in(m, node, 0), y = node_out(m, node, 0);
	struct byte_steps of[2];
	double cycles;

	*why = "the target has no such kernel";
	p->kernel = kernel_choose_types(m, KERNEL_TABLE_INT8, m->tensor[x].type, DT_U8, m->tensor[y].type, 1, 1, 1,
					&cycles);
	if (!p->kernel)
		return NULL;
	*why = "there is a table for each channel";
	if (node_in_tensor(m, node, 1)->rank > 1)
		return NULL;
	*why = "a size is no constant, or the bytes lie in too short runs";
	if (!tensor_is_static(m, x) || !tensor_is_static(m, y) || !tensor_elements(m, y).n)
		return NULL;
	of[0] = byte_steps_of(m, x, y);
	of[1] = byte_steps_of(m, y, y);
	if (!byte_rows_read(m, y, of, 2, &p->r) || p->r.n < LEAST_ELEMENTS)
		return NULL;
	p->plan.cycles = (double)tensor_elements(m, y).n;
	return &p->plan;
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	const struct table_plan *p = (const struct table_plan *)plan;
	struct module *m = l->m;
	const int x = node_in(m, l->node, 0), y = node_out(m, l->node, 0);
	struct call *call = lower_kernel(l, p->kernel, GEOMETRY_TABLE);

	call->geometry.table = (struct table_geometry){
		.rows = p->r.rows, .n = p->r.n, .x_row = p->r.row[0], .y_row = p->r.row[1],
		.x_signed = m->tensor[x].type == DT_I8
	};
	call->out = y;
	call->in_place = p->r.row[0] == p->r.row[1];
	call_arg(l, call, ARG_READ, x);
	call_arg(l, call, ARG_READ, node_in(m, l->node, 1));
	call_arg(l, call, ARG_WRITE, y);
}

const struct strategy integer_table = {
	.name = "integer_table", .op = "IntegerTable", .plan = plan_table, .lower = lower
};
