/* IntegerTable by a kernel over bytes: of tensors that lie alike but for one step, as that of a part of a concatenation
 * does. */
#include "lower/kernel_call.h"
#include "lower/lower.h"
#include "ops/integer.h"

/* Fewer than these do without vectors. */
enum { LEAST_ELEMENTS = 64 };

struct table_plan {
	struct node_plan plan;
	const struct kernel *kernel;
	int64_t n, rows, x_row, y_row;
};

/* The axis among those not taken yet, and longer than one element, whose elements lie nearest to each other in t. */
static int nearest_axis(const struct tensor *t, const bool *taken)
{
	int nearest = -1;

	for (int k = 0; k < t->rank; k++)
		if (!taken[k] && !num_is(t->dim[k], 1) && (nearest < 0 || t->stride[k].n < t->stride[nearest].n))
			nearest = k;
	return nearest;
}

/* Whether the bytes of x and y are rows of a run each, in the same order. */
static bool read_rows(const struct tensor *x, const struct tensor *y, struct table_plan *p)
{
	bool taken[MAX_RANK] = { false };
	int k;

	p->n = p->rows = 1;
	while ((k = nearest_axis(y, taken)) >= 0) {
		const int64_t dim = y->dim[k].n, x_step = x->stride[k].n, y_step = y->stride[k].n;
		const bool runs_on = p->rows == 1 && x_step == p->n && y_step == p->n;

		if (!runs_on && p->rows == 1) {
			p->x_row = x_step;
			p->y_row = y_step;
		} else if (!runs_on && (x_step != p->rows * p->x_row || y_step != p->rows * p->y_row)) {
			return false;
		}
		*(runs_on ? &p->n : &p->rows) *= dim;
		taken[k] = true;
	}
	return p->n >= LEAST_ELEMENTS && p->n <= INT32_MAX && p->rows <= INT32_MAX;
}

static struct node_plan *plan_table(struct module *m, int node, const char **why)
{
	struct table_plan *p = ARENA_NEW(m->scratch, struct table_plan);
	const int x = node_in(m, node, 0), y = node_out(m, node, 0);
	double cycles;

	*why = "the target has no such kernel";
	p->kernel = kernel_choose_types(m, KERNEL_TABLE_INT8, m->tensor[x].type, DT_U8, m->tensor[y].type, 1, 1, 1,
					&cycles);
	if (!p->kernel)
		return NULL;
	*why = "a size is no constant, or the bytes lie in too short runs";
	if (!tensor_is_static(m, x) || !tensor_is_static(m, y) || !tensor_elements(m, y).n ||
	    !read_rows(&m->tensor[x], &m->tensor[y], p))
		return NULL;
	p->plan.cycles = (double)(p->n * p->rows);
	return &p->plan;
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	const struct table_plan *p = (const struct table_plan *)plan;
	struct module *m = l->m;
	const int x = node_in(m, l->node, 0), y = node_out(m, l->node, 0);
	struct call *call = lower_kernel(l, p->kernel, GEOMETRY_TABLE);

	call->geometry.table = (struct table_geometry){
		.rows = p->rows, .n = p->n, .x_row = p->x_row, .y_row = p->y_row, .x_signed = m->tensor[x].type == DT_I8
	};
	call->out = y;
	call->in_place = p->x_row == p->y_row;
	call_arg(l, call, ARG_READ, x);
	call_arg(l, call, ARG_READ, node_in(m, l->node, 1));
	call_arg(l, call, ARG_WRITE, y);
}

const struct strategy integer_table = {
	.name = "integer_table", .op = "IntegerTable", .plan = plan_table, .lower = lower
};
