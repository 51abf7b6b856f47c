/* IntegerSoftmax along the last axis by a kernel over bytes: each row makes a table of its results. */
#include "graph/strides.h"
#include "lower/kernel_call.h"
#include "lower/lower.h"
#include "ops/integer.h"

/* Elements from which a row is worth a table. */
enum { LEAST_ELEMENTS = 64 };

struct softmax_plan {
	struct node_plan plan;
	const struct kernel *kernel;
	int64_t rows, n;
};

/* Elements of t follow each other in the order of its axes. */
static bool is_row_major(const struct tensor *t)
{
	int64_t step = 1;

	for (int k = t->rank - 1; k >= 0; k--) {
		if (!num_is(t->dim[k], 1) && !num_is(t->stride[k], step))
			return false;
		step *= t->dim[k].n;
	}
	return true;
}

static struct node_plan *plan_softmax(struct module *m, int node, const char **why)
{
	struct softmax_plan *p = ARENA_NEW(m->scratch, struct softmax_plan);
	const int x = node_in(m, node, 0), y = node_out(m, node, 0);
	const struct tensor *t = &m->tensor[x];
	double cycles;

	*why = "the target has no such kernel";
	p->kernel = kernel_choose_types(m, KERNEL_SOFTMAX_INT8, t->type, DT_F32, m->tensor[y].type, 1, 1, 1, &cycles);
	if (!p->kernel)
		return NULL;
	*why = "a size is no constant, or the bytes of a long row do not follow each other";
	if (!tensor_is_static(m, x) || !tensor_is_static(m, y) || node_attr_int(m, node, "axis", 0) != t->rank - 1 ||
	    !is_row_major(t) || !is_row_major(&m->tensor[y]))
		return NULL;
	p->n = t->dim[t->rank - 1].n;
	p->rows = p->n ? tensor_elements(m, x).n / p->n : 0;
	if (p->n < LEAST_ELEMENTS || p->rows < 1 || p->rows > INT32_MAX || p->n > INT32_MAX)
		return NULL;
	p->plan.cycles = (double)(p->n * p->rows);
	return &p->plan;
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	const struct softmax_plan *p = (const struct softmax_plan *)plan;
	struct module *m = l->m;
	const int x = node_in(m, l->node, 0), y = node_out(m, l->node, 0);
	const int64_t zero = node_attr_int(m, l->node, "zero", 0), least = m->tensor[y].type == DT_I8 ? -128 : 0;
	struct call *call = lower_kernel(l, p->kernel, GEOMETRY_SOFTMAX);

	call->geometry.softmax = (struct softmax_geometry){
		.rows = p->rows, .n = p->n, .x_signed = m->tensor[x].type == DT_I8, .y_zero = zero,
		.low = least - zero, .high = least + 255 - zero,
		.y_scale = node_attr_float(m, l->node, "scale", 1)
	};
	call->out = y;
	call->in_place = true;
	call_arg(l, call, ARG_READ, x);
	call_arg(l, call, ARG_READ, node_in(m, l->node, 1));
	call_arg(l, call, ARG_WRITE, y);
}

const struct strategy integer_softmax = {
	.name = "integer_softmax", .op = "IntegerSoftmax", .plan = plan_softmax, .lower = lower
};
