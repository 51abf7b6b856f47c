/* MaxPool and AveragePool over padded channels-last images. Without padding their loop nests are as fast as can be;
 * with it the kernels take fewer taps at the borders instead of asking at each. Bytes have a kernel for the
 * greatest. */
#include <string.h>

#include "lower/conv_shape.h"
#include "ops/window.h"
#include "targets/target.h"

struct pool {
	struct node_plan plan;
	struct conv_shape c;
	bool counts_padding;
};

/* Some window reaches out of 0 … in-1 along axis k. */
static bool is_padded(struct module *m, const struct window *w, int k)
{
	struct nums *s = &m->nums;
	const struct num last = num_mul(s, num_sub(s, w->out[k], num_const(1)), num_const(w->stride[k]));
	const struct num reach = num_mul(s, num_sub(s, w->kernel[k], num_const(1)), num_const(w->dilation[k]));
	const struct num end = num_sub(s, num_add(s, last, reach), w->begin[k]);

	return num_hi(s, w->begin[k]) > 0 || num_hi(s, num_sub(s, end, w->in[k])) >= 0;
}

static bool is_max_of_bytes(const struct module *m, int node)
{
	const enum dtype type = node_in_type(m, node, 0);

	return !strcmp(m->node[node].op->name, "MaxPool") && (type == DT_I8 || type == DT_U8);
}

static bool pool_read(struct module *m, int node, struct pool *p, const char **why)
{
	const struct tensor *x = node_in_tensor(m, node, 0);
	struct conv_shape *c = &p->c;
	struct window w;
	bool padded = false, is_copy = true;

	*why = "only float32 has kernels, and bytes where the greatest is wanted";
	if (x->type != DT_F32 && !is_max_of_bytes(m, node))
		return false;
	*why = "only one or two spatial axes have kernels";
	if (x->rank != 3 && x->rank != 4)
		return false;
	*why = "positions of the greatest elements are wanted";
	if (node_out(m, node, 1) >= 0)
		return false;
	*why = "the number of channels is not constant";
	if (!num_is_const(x->dim[1]))
		return false;
	*why = "its attributes do not go together";
	if (!window_get(m, node, x->rank - 2, x->dim + 2, NULL, &w))
		return false;
	*why = "a size exceeds int";
	for (int k = 0; k < w.n; k++) {
		if (w.in[k].n > INT32_MAX / 4 || w.out[k].n > INT32_MAX / 4 || w.stride[k] > INT32_MAX / 4 ||
		    w.begin[k].n > INT32_MAX / 4 || w.kernel[k].n > 1 << 15 || w.dilation[k] > 1 << 15 ||
		    x->dim[1].n > INT32_MAX / 4)
			return false;
		padded |= is_padded(m, &w, k);
		is_copy &= num_is(w.kernel[k], 1);
	}
	/* Its result may be a view of x, or x have been made in its place there: copies as loops then fall away. */
	*why = "a window of one element copies";
	if (is_copy)
		return false;
	*why = "without padding its loops are as fast";
	if (!padded && x->type == DT_F32)
		return false;
	p->counts_padding = node_attr_int(m, node, "count_include_pad", 0);
	*c = (struct conv_shape){ .x = node_in(m, node, 0), .w = -1, .b = -1, .y = node_out(m, node, 0),
				  .rank = x->rank, .groups = 1, .batch_hi = x->dim[0].n };
	c->g = (struct conv_geometry){ .in_h = num_const(1), .out_h = num_const(1), .ic = x->dim[1].n,
				       .oc = x->dim[1].n, .kernel_h = 1, .stride_h = 1, .dilation_h = 1,
				       .y_step_h = 1, .y_step_w = 1 };
	if (w.n == 2) {
		c->g.in_h = w.in[0], c->g.out_h = w.out[0], c->g.pad_top = w.begin[0], c->g.pad_bottom = w.end[0];
		c->g.kernel_h = w.kernel[0].n, c->g.stride_h = w.stride[0], c->g.dilation_h = w.dilation[0];
	}
	c->g.in_w = w.in[w.n - 1], c->g.out_w = w.out[w.n - 1], c->g.pad_left = w.begin[w.n - 1];
	c->g.pad_right = w.end[w.n - 1], c->g.kernel_w = w.kernel[w.n - 1].n, c->g.stride_w = w.stride[w.n - 1];
	c->g.dilation_w = w.dilation[w.n - 1];
	return true;
}

static struct node_plan *plan_pool(struct module *m, int node, const char **why)
{
	struct pool *p = ARENA_NEW(m->scratch, struct pool);
	const struct conv_geometry *g = &p->c.g;

	if (!pool_read(m, node, p, why))
		return NULL;
	p->plan.cycles = (double)(p->c.batch_hi * g->out_h.n * g->out_w.n * g->oc * g->kernel_h * g->kernel_w) * 4 /
			 m->target->vector_bytes;
	return &p->plan;
}

static void lower_with(struct lowering *l, const struct pool *p, enum layer_kernel kernel)
{
	struct module *m = l->m;
	const struct conv_geometry *g = &p->c.g;
	struct call *call;
	struct arg *a;
	int x, y, batch = -1;

	conv_images(l, &p->c, false, &x, &y);
	call = lower_layer(l, kernel);
	conv_fields(l, call, &p->c, x, false);
	if (!num_is(m->tensor[x].dim[0], 1))
		batch = call_loop(l, call, m->tensor[x].dim[0], 0, num_const(1));
	a = call_arg(l, call, ARG_READ, x);
	if (batch >= 0)
		a->advance[batch] = m->tensor[x].stride[0];
	call_arg(l, call, ARG_WRITE, y);
	if (kernel == LAYER_MAX_POOL_INT8)
		call_number(l, call, num_const(m->tensor[x].type == DT_I8));
	else
		call_epilogue(l, call);
	call_result(m, call, y);
	call_in_pieces(call, 0, g->out_h, g->out_w, 1, g->kernel_h * g->kernel_w * g->oc * 4 / m->target->vector_bytes);
	lower_finish(l, y, p->c.y);
}

static void lower_max(struct lowering *l, const struct node_plan *plan)
{
	lower_with(l, (const struct pool *)plan, is_max_of_bytes(l->m, l->node) ? LAYER_MAX_POOL_INT8 : LAYER_MAX_POOL);
}

static void lower_average(struct lowering *l, const struct node_plan *plan)
{
	const struct pool *p = (const struct pool *)plan;

	lower_with(l, p, p->counts_padding ? LAYER_AVERAGE_POOL_PADDED : LAYER_AVERAGE_POOL);
}

const struct strategy max_pool = { .name = "max_pool", .op = "MaxPool", .plan = plan_pool, .lower = lower_max };
const struct strategy average_pool = {
	.name = "average_pool", .op = "AveragePool", .plan = plan_pool, .lower = lower_average
};
