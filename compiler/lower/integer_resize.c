/* IntegerGroup of a Resize or Upsample along the spatial axes by a kernel over bytes. */
#include <string.h>

#include "lower/kernel_call.h"
#include "lower/lower.h"
#include "lower/packed.h"
#include "ops/integer.h"
#include "ops/resize.h"

enum { MOST_TAPS = 4 };        /* NNRT_RESIZE_TAPS */

struct resize_plan {
	struct node_plan plan;
	const struct kernel *kernel;
	struct dequantised d;
	struct resize_table h, w;
	int64_t scratch;        /* bytes */
};

/* The axis as it is, one sample of weight 1 for each element. */
static struct resize_table table_of_itself(struct module *m, int64_t n)
{
	int64_t *index = ARENA_ARRAY(m->arena, n, int64_t);

	for (int64_t i = 0; i < n; i++)
		index[i] = i;
	return (struct resize_table){ .taps = 1, .index = index };
}

/* The table of axis k, -1: of an image without it; false: of no use to the kernel. */
static bool read_axis(struct module *m, int op, const struct resize *r, int k, struct resize_table *t)
{
	if (k < 0 || !r->axis[k].resized) {
		*t = table_of_itself(m, k < 0 ? 1 : r->axis[k].in);
		return true;
	}
	return resize_table(m, op, r, k, t) && !t->outside && t->taps <= MOST_TAPS;
}

/* Samples of one element are kept in as many rows, each in that of its number modulo taps. */
static bool rows_keep_apart(const struct resize_table *t, int64_t n)
{
	for (int64_t o = 0; o < n; o++)
		for (int64_t i = 0; i < t->taps; i++)
			for (int64_t j = 0; j < i; j++) {
				const int64_t a = t->index[o * t->taps + i], b = t->index[o * t->taps + j];
				if (a != b && a % t->taps == b % t->taps)
					return false;
			}
	return true;
}

static bool lies_in_pixels(const struct module *m, int t)
{
	return tensor_is_static(m, t) && num_is(m->tensor[t].stride[1], 1);
}

static struct node_plan *plan_resize(struct module *m, int node, const char **why)
{
	struct resize_plan *p = ARENA_NEW(m->scratch, struct resize_plan);
	const int op = integer_group_get(m, node).op, y = node_out(m, node, 0);
	const struct tensor *x, *out = &m->tensor[y];
	struct resize r;
	double cycles;

	*why = "no interpolation of one quantised tensor";
	if ((strcmp(m->node[op].op->name, "Resize") != 0 && strcmp(m->node[op].op->name, "Upsample") != 0) ||
	    !integer_group_input(m, node, node_in(m, op, 0), &p->d) || p->d.n != 1)
		return NULL;
	x = &m->tensor[p->d.q];
	*why = "the target has no such kernel";
	p->kernel = kernel_choose_types(m, KERNEL_RESIZE_INT8, x->type, DT_F32, out->type, 1, 1, 1, &cycles);
	if (!p->kernel)
		return NULL;
	*why = "a size is no constant, no image, or its channels are not adjacent";
	if (x->rank < 3 || x->rank > 4 || !lies_in_pixels(m, p->d.q) || !lies_in_pixels(m, y) ||
	    !tensor_elements(m, y).n || !tensor_elements(m, p->d.q).n)
		return NULL;
	*why = "it is resized along other axes, by data, from too many samples, or with a value for what is outside";
	if (!resize_read(m, op, &r) || resize_by_data(&r) || r.axis[0].resized || r.axis[1].resized ||
	    !read_axis(m, op, &r, x->rank - 1, &p->w) || !read_axis(m, op, &r, x->rank == 4 ? 2 : -1, &p->h) ||
	    !rows_keep_apart(&p->h, x->rank == 4 ? out->dim[2].n : 1))
		return NULL;
	p->scratch = p->h.taps * (x->dim[x->rank - 1].n * x->dim[1].n + p->kernel->columns) * (int64_t)sizeof(float);
	if (p->scratch > INT32_MAX)
		return NULL;
	p->plan.cycles = (double)tensor_elements(m, y).n;
	return &p->plan;
}

static int indexes(struct lowering *l, const char *name, const struct resize_table *t, int64_t n, int64_t step)
{
	const int64_t all = n * t->taps;
	int32_t *v = ARENA_ARRAY(l->m->arena, all, int32_t);

	for (int64_t i = 0; i < all; i++)
		v[i] = (int32_t)(t->index[i] * step);
	return lower_const_made(l, name, DT_I32, all, v, NULL);
}

static int weights(struct lowering *l, const char *name, const struct resize_table *t, int64_t n)
{
	const int64_t all = n * t->taps;
	float *v = ARENA_ARRAY(l->m->arena, all, float);

	for (int64_t i = 0; i < all; i++)
		v[i] = t->weight ? (float)t->weight[i] : 1.0f;
	return lower_const_f32(l, name, v, all);
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	const struct resize_plan *p = (const struct resize_plan *)plan;
	struct module *m = l->m;
	const struct integer_group g = integer_group_get(m, l->node);
	const int y = node_out(m, l->node, 0), rank = m->tensor[y].rank, w = rank - 1;
	const struct tensor *x = &m->tensor[p->d.q], *out = &m->tensor[y];
	const int64_t channels = x->dim[1].n, out_h = rank == 4 ? out->dim[2].n : 1, out_w = out->dim[w].n;
	struct call *call = lower_kernel(l, p->kernel, GEOMETRY_RESIZE);
	int batch = -1;

	call->geometry.resize = (struct resize_geometry){
		.in_w = x->dim[w].n, .out_h = out_h, .out_w = out_w, .channels = channels, .taps_h = p->h.taps,
		.taps_w = p->w.taps, .x_row = rank == 4 ? x->stride[2].n : 0, .x_pixel = x->stride[w].n,
		.y_row = rank == 4 ? out->stride[2].n : 0, .y_pixel = out->stride[w].n, .x_signed = x->type == DT_I8,
		.x_zero = dequantised_zero(m, &p->d, 0), .x_scale = (double)dequantised_scale(m, &p->d, 0),
		.y_zero = g.zero, .y_scale = (double)g.scale, .low = g.low - g.zero, .high = g.high - g.zero,
	};
	call->out = y;
	if (!num_is(x->dim[0], 1))
		batch = call_loop(l, call, x->dim[0], 0, num_const(1));
	call_arg(l, call, ARG_READ, p->d.q);
	call_arg(l, call, ARG_READ, indexes(l, "rows", &p->h, out_h, 1));
	call_arg(l, call, ARG_READ, weights(l, "weights of rows", &p->h, out_h));
	call_arg(l, call, ARG_READ, indexes(l, "columns", &p->w, out_w, channels));
	call_arg(l, call, ARG_READ, weights(l, "weights of columns", &p->w, out_w));
	call_arg(l, call, ARG_WRITE, y);
	call_arg(l, call, ARG_SCRATCH, lower_scratch(l, num_const(p->scratch)));
	if (batch >= 0) {
		call->arg[0].advance[batch] = m->tensor[p->d.q].stride[0];
		call->arg[5].advance[batch] = m->tensor[y].stride[0];
	}
}

const struct strategy integer_resize = {
	.name = "integer_resize", .op = "IntegerGroup", .plan = plan_resize, .lower = lower
};
