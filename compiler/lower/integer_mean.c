/* IntegerGroup of a mean over all pixels of each image, by a kernel over bytes. */
#include <string.h>

#include "lower/conv_shape.h"
#include "lower/mean_line.h"
#include "ops/integer.h"

enum { MOST_PIXELS = 4096 };    /* a longer sum is made of parts (runtime_min/maths/sum.h), in a loop nest */

struct mean_plan {
	struct node_plan plan;
	struct dequantised d;
	int64_t pixels;
};

/* The operator averages over all axes but the first two, and no others. */
static bool is_whole_mean(struct module *m, int op)
{
	const char *name = m->node[op].op->name;
	const struct tensor *x = node_in_tensor(m, op, 0);

	if (!strcmp(name, "GlobalAveragePool"))
		return true;
	if (!strcmp(name, "AveragePool")) {
		const struct attr *kernel = node_attr(m, op, "kernel_shape"), *pads = node_attr(m, op, "pads");
		for (int k = 0; k < x->rank - 2; k++)
			if (!kernel || kernel->n != x->rank - 2 || !num_is(x->dim[2 + k], kernel->ints[k]))
				return false;
		for (int k = 0; pads && k < pads->n; k++)
			if (pads->ints[k])
				return false;
		return num_is(tensor_elements(m, node_out(m, op, 0)), x->dim[0].n * x->dim[1].n);
	}
	if (!strcmp(name, "ReduceMean")) {
		int axis[MAX_RANK], n = 0, spatial = 0;
		if (!node_axes(m, op, "axes", 1, x->rank, axis, &n))
			return false;
		for (int k = 0; k < n; k++)
			spatial += axis[k] >= 2;
		return n == spatial && n == x->rank - 2;
	}
	return false;
}

static struct node_plan *plan_mean(struct module *m, int node, const char **why)
{
	struct mean_plan *p = ARENA_NEW(m->scratch, struct mean_plan);
	const int op = integer_group_get(m, node).op, y = node_out(m, node, 0);
	const struct tensor *x;

	*why = "no mean over all pixels of one quantised tensor";
	if (!is_whole_mean(m, op) || !integer_group_input(m, node, node_in(m, op, 0), &p->d) || p->d.n != 1)
		return NULL;
	x = &m->tensor[p->d.q];
	*why = "a size is no constant, there are too many pixels, or they have gaps";
	if (!tensor_is_static(m, p->d.q) || x->rank < 3 || !num_is(x->stride[1], 1) ||
	    !conv_is_flat(m, p->d.q, false) || !num_is(m->tensor[y].stride[1], 1))
		return NULL;
	p->pixels = tensor_elements(m, p->d.q).n / (x->dim[0].n * x->dim[1].n);
	if (p->pixels < 1 || p->pixels > MOST_PIXELS)
		return NULL;
	p->plan.cycles = (double)tensor_elements(m, p->d.q).n;
	return &p->plan;
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	const struct mean_plan *p = (const struct mean_plan *)plan;
	struct module *m = l->m;
	const struct integer_group g = integer_group_get(m, l->node);
	const struct tensor *x = &m->tensor[p->d.q];
	const int y = node_out(m, l->node, 0);
	const struct mean_line line = mean_line_of(p->pixels, dequantised_scale(m, &p->d, 0), g.scale);
	const enum dtype type = m->tensor[y].type;
	double cycles;
	const struct kernel *k = line.factor ? kernel_choose_types(m, KERNEL_MEAN_LINE, x->type, type, type, 1, 1, 1,
								   &cycles)
					     : NULL;
	struct call *call = k ? lower_kernel(l, k, GEOMETRY_MEAN) : lower_layer(l, LAYER_MEAN_INT8);
	int batch = -1;

	call->out = y;
	call->geometry.mean = (struct mean_geometry){
		.pixels = p->pixels, .channels = x->dim[1].n, .x_pixel = conv_pixel_step(m, p->d.q),
		.x_signed = x->type == DT_I8, .x_zero = dequantised_zero(m, &p->d, 0), .y_zero = g.zero,
		.x_scale = (double)dequantised_scale(m, &p->d, 0), .y_scale = (double)g.scale, .low = g.low - g.zero,
		.high = g.high - g.zero, .factor = line.factor, .margin = line.margin,
	};
	if (!num_is(x->dim[0], 1))
		batch = call_loop(l, call, x->dim[0], 0, num_const(1));
	call_arg(l, call, ARG_READ, p->d.q);
	call_arg(l, call, ARG_WRITE, y);
	if (batch >= 0) {
		call->arg[0].advance[batch] = m->tensor[p->d.q].stride[0];
		call->arg[1].advance[batch] = m->tensor[y].stride[0];
	}
}

const struct strategy integer_mean = {
	.name = "integer_mean", .op = "IntegerGroup", .plan = plan_mean, .lower = lower
};
