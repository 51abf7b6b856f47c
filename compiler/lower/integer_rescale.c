/* IntegerRescale by a kernel over sums of 32 bits. */
#include "lower/byte_rows.h"
#include "lower/kernel_call.h"
#include "lower/lower.h"
#include "lower/packed.h"
#include "ops/integer.h"

enum { SUMS, MORE, BIAS, MULTIPLIER, Y_ZERO };

struct rescale_plan {
	struct node_plan plan;
	const struct kernel *kernel;
	struct byte_rows r;
};

static struct node_plan *plan_rescale(struct module *m, int node, const char **why)
{
	struct rescale_plan *p = ARENA_NEW(m->scratch, struct rescale_plan);
	const int x = node_in(m, node, SUMS), y = node_out(m, node, 0);
	const int axis = (int)node_attr_int(m, node, "axis", 0);
	struct byte_steps of[3];
	double cycles;

	*why = "the target has no such kernel";
	p->kernel = kernel_choose_types(m, KERNEL_RESCALE_INT8, DT_I32, DT_I32, m->tensor[y].type, 1, 1, 1, &cycles);
	if (!p->kernel)
		return NULL;
	*why = "a size is no constant, or the channels are not adjacent";
	if (!tensor_is_static(m, x) || !tensor_is_static(m, y) || !tensor_elements(m, y).n)
		return NULL;
	of[0] = byte_steps_of(m, x, y);
	of[1] = byte_steps_along(axis);
	of[2] = byte_steps_of(m, y, y);
	if (!byte_rows_read(m, y, of, 3, &p->r) || !num_is(m->tensor[y].dim[axis], p->r.n))
		return NULL;
	p->plan.cycles = (double)tensor_elements(m, y).n;
	return &p->plan;
}

/* Input i, one element or n, as n elements and zeros up to a multiple of the kernel's lanes. */
static int integers(struct lowering *l, const struct rescale_plan *p, const char *name, int i, int64_t padded)
{
	struct module *m = l->m;
	int32_t *v = ARENA_ARRAY(m->arena, padded, int32_t);
	const int t = node_in(m, l->node, i);

	for (int64_t c = 0; t >= 0 && c < p->r.n; c++)
		v[c] = (int32_t)const_int(m, t, num_is(tensor_elements(m, t), 1) ? 0 : c);
	return lower_const_made(l, name, DT_I32, padded, v, NULL);
}

static int multipliers(struct lowering *l, const struct rescale_plan *p, int64_t padded)
{
	struct module *m = l->m;
	float *v = ARENA_ARRAY(m->arena, padded, float);
	const int t = node_in(m, l->node, MULTIPLIER);

	for (int64_t c = 0; c < p->r.n; c++)
		v[c] = (float)const_double(m, t, num_is(tensor_elements(m, t), 1) ? 0 : c);
	return lower_const_f32(l, "multipliers", v, padded);
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	const struct rescale_plan *p = (const struct rescale_plan *)plan;
	struct module *m = l->m;
	const int y = node_out(m, l->node, 0);
	const int64_t zero = const_int(m, node_in(m, l->node, Y_ZERO), 0), lanes = p->kernel->columns;
	const int64_t padded = (p->r.n + lanes - 1) / lanes * lanes;
	struct call *call = lower_kernel(l, p->kernel, GEOMETRY_RESCALE);

	call->geometry.rescale = (struct rescale_geometry){
		.rows = p->r.rows, .n = p->r.n, .x_row = p->r.row[0], .y_row = p->r.row[2],
		.low = node_attr_int(m, l->node, "low", 0) - zero, .high = node_attr_int(m, l->node, "high", 0) - zero,
		.zero = zero,
	};
	call->out = y;
	call_arg(l, call, ARG_READ, node_in(m, l->node, SUMS));
	call_arg(l, call, ARG_READ, integers(l, p, "more", MORE, padded));
	call_arg(l, call, ARG_READ, integers(l, p, "bias", BIAS, padded));
	call_arg(l, call, ARG_READ, multipliers(l, p, padded));
	call_arg(l, call, ARG_WRITE, y);
}

const struct strategy integer_rescale = {
	.name = "integer_rescale", .op = "IntegerRescale", .plan = plan_rescale, .lower = lower
};
