#include "lower/conv_shape.h"

#include <string.h>

#include "graph/strides.h"

static int64_t int_at(const struct attr *a, int i, int64_t missing)
{
	return a && i < a->n ? a->ints[i] : missing;
}

/* Padding before axis `spatial` (0, 1 …): from pads, or what auto_pad makes of the sizes. */
static struct num pad_before(struct module *m, int node, int spatial, struct num in, struct num out, int64_t kernel,
			     int64_t stride, int64_t dilation)
{
	const struct attr *mode = node_attr(m, node, "auto_pad");
	struct num need, zero = num_const(0);

	if (!mode || !strcmp(mode->s, "NOTSET"))
		return num_const(int_at(node_attr(m, node, "pads"), spatial, 0));
	if (!strcmp(mode->s, "VALID"))
		return zero;
	need = num_mul(&m->nums, num_sub(&m->nums, out, num_const(1)), num_const(stride));
	need = num_add(&m->nums, need, num_const((kernel - 1) * dilation + 1));
	need = num_max(&m->nums, num_sub(&m->nums, need, in), zero);
	if (!strcmp(mode->s, "SAME_LOWER"))
		need = num_add(&m->nums, need, num_const(1));
	return num_div(&m->nums, need, num_const(2));
}

static bool fits_int(int64_t v)
{
	return v >= 0 && v <= INT32_MAX / 2;
}

bool conv_shape_read(struct module *m, int node, struct conv_shape *c, const char **why)
{
	const struct tensor *x, *w, *y;
	int64_t kernel[2] = { 1, 1 }, stride[2] = { 1, 1 }, dilation[2] = { 1, 1 };
	struct num in[2] = { num_const(1), num_const(1) }, out[2] = { num_const(1), num_const(1) }, pad[2];

	*c = (struct conv_shape){ .x = node_in(m, node, 0), .w = node_in(m, node, 1), .b = node_in(m, node, 2),
				  .y = node_out(m, node, 0) };
	x = &m->tensor[c->x];
	w = &m->tensor[c->w];
	y = &m->tensor[c->y];
	c->rank = x->rank;
	c->groups = (int)node_attr_int(m, node, "group", 1);
	*why = "only float32 has kernels";
	if (x->type != DT_F32 && dtypes[x->type].bytes != 1)
		return false;
	*why = "only one or two spatial axes have kernels";
	if (x->rank != 3 && x->rank != 4)
		return false;
	*why = "weights are not constant";
	if (!w->data)
		return false;
	*why = "the number of channels is not constant";
	if (!num_is_const(x->dim[1]) || c->groups < 1 || x->dim[1].n % c->groups || w->dim[0].n % c->groups)
		return false;
	for (int k = 0; k < x->rank - 2; k++) {
		int to = 2 - (x->rank - 2) + k;
		kernel[to] = w->dim[2 + k].n;
		stride[to] = int_at(node_attr(m, node, "strides"), k, 1);
		dilation[to] = int_at(node_attr(m, node, "dilations"), k, 1);
		in[to] = x->dim[2 + k];
		out[to] = y->dim[2 + k];
	}
	pad[0] = num_const(0);
	for (int k = 0; k < x->rank - 2; k++) {
		int to = 2 - (x->rank - 2) + k;
		pad[to] = pad_before(m, node, k, in[to], out[to], kernel[to], stride[to], dilation[to]);
	}
	*why = "a size exceeds int";
	for (int k = 0; k < 2; k++)
		if (!fits_int(kernel[k]) || !fits_int(stride[k]) || !fits_int(dilation[k]) || !fits_int(in[k].n) ||
		    !fits_int(out[k].n) || !fits_int(kernel[k] * dilation[k]) || pad[k].n > INT32_MAX / 2)
			return false;
	c->batch_hi = x->dim[0].n;
	c->g = (struct conv_geometry){
		.in_h = in[0], .in_w = in[1], .out_h = out[0], .out_w = out[1], .ic = x->dim[1].n / c->groups,
		.oc = w->dim[0].n / c->groups, .kernel_h = kernel[0], .kernel_w = kernel[1], .stride_h = stride[0],
		.stride_w = stride[1], .dilation_h = dilation[0], .dilation_w = dilation[1], .pad_top = pad[0],
		.pad_left = pad[1], .y_step_h = 1, .y_step_w = 1,
	};
	return true;
}

int64_t conv_macs(const struct conv_shape *c)
{
	const struct conv_geometry *g = &c->g;

	return c->batch_hi * c->groups * g->out_h.n * g->out_w.n * g->oc * g->ic * g->kernel_h * g->kernel_w;
}

bool conv_is_flat(struct module *m, int t, bool batch)
{
	uint8_t order[MAX_RANK];
	int axes[MAX_RANK], n = 0;

	channels_last(m->tensor[t].rank, order);
	if (!tensor_has_order(m, t, order))
		return true;
	if (batch)
		axes[n++] = 0;
	for (int axis = 2; axis < m->tensor[t].rank; axis++)
		axes[n++] = axis;
	return tensor_is_run(m, t, axes, n);
}

struct num conv_pixel_step(const struct module *m, int t)
{
	int axes[MAX_RANK] = { 0 }, n = 1;

	for (int axis = 2; axis < m->tensor[t].rank; axis++)
		axes[n++] = axis;
	return tensor_run_step(m, t, axes, n);
}

void conv_count_pixels(const struct module *m, struct call *call, const struct conv_shape *c, bool batch)
{
	call->c_axis = 1;
	if (batch && !num_is(m->tensor[c->x].dim[0], 1))
		call->col_axis[call->n_col_axes++] = 0;
	for (int axis = 2; axis < c->rank; axis++)
		call->col_axis[call->n_col_axes++] = axis;
}

bool conv_is_product(struct module *m, const struct conv_shape *c, const char **why)
{
	const struct conv_geometry *g = &c->g;

	*why = "for 1x1 kernels with stride 1, without padding and groups";
	if (g->kernel_h != 1 || g->kernel_w != 1 || g->stride_h != 1 || g->stride_w != 1 || c->groups != 1 ||
	    !num_is(g->pad_top, 0) || !num_is(g->pad_left, 0) || !num_same(g->in_h, g->out_h) ||
	    !num_same(g->in_w, g->out_w))
		return false;
	*why = "rows of pixels have gaps";
	return conv_is_flat(m, c->x, false) && conv_is_flat(m, c->y, false);
}

void conv_join_groups(struct conv_shape *c)
{
	c->g.ic = c->g.oc = c->groups;
	c->groups = 1;
}

struct pack conv_pack(const struct conv_shape *c, bool planar)
{
	const int64_t taps = c->g.kernel_h * c->g.kernel_w;

	if (planar)
		return (struct pack){ .n = c->g.oc, .n_stride = c->g.ic * taps,
				      .depth = { c->g.ic, c->g.kernel_h, c->g.kernel_w },
				      .stride = { taps, c->g.kernel_w, 1 } };
	return (struct pack){ .n = c->g.oc, .n_stride = c->g.ic * taps,
			      .depth = { c->g.kernel_h, c->g.kernel_w, c->g.ic },
			      .stride = { c->g.kernel_w, 1, taps } };
}

struct pack conv_pack_depthwise(const struct conv_shape *c)
{
	return (struct pack){ .n = c->g.oc, .n_stride = c->g.kernel_h * c->g.kernel_w,
			      .depth = { c->g.kernel_h, c->g.kernel_w, 1 }, .stride = { c->g.kernel_w, 1, 1 } };
}

void conv_images(struct lowering *l, const struct conv_shape *c, bool planar, int *x, int *y)
{
	uint8_t order[MAX_RANK];

	channels_last(c->rank, order);
	*x = planar ? c->x : lower_in_order(l, c->x, order);
	*y = lower_begin(l, c->y, order);
}

void conv_fields(struct lowering *l, struct call *call, const struct conv_shape *c, int x, bool planar)
{
	const struct tensor *tx = &l->m->tensor[x];
	const int w = c->rank - 1, h = c->rank == 4 ? 2 : -1;
	struct conv_geometry *g = &call->geometry.conv;

	*g = c->g;
	g->row_begin = num_const(0);
	g->row_end = g->out_h;
	g->x_row = h < 0 ? num_const(0) : tx->stride[h];
	g->x_pixel = tx->stride[w];
	g->x_channel = planar ? tx->stride[1] : num_const(1);
	g->x_ring = tensor_ring(l->m, x, h);
	call->row_axis = h;
	call->col_axis[0] = w;
	call->n_col_axes = 1;
	call->c_axis = 1;
}

void conv_arguments(struct lowering *l, struct call *call, const struct conv_shape *c, int x, int w, int64_t packed,
		    int y, bool with_zero)
{
	struct module *m = l->m;
	const bool pads = !num_is(c->g.pad_top, 0) || !num_is(c->g.pad_left, 0) || with_zero;
	int zero = -1, batch = -1, group = -1;
	struct arg *a;

	if (pads && with_zero)
		zero = lower_const_f32(l, "zeros", ARENA_ARRAY(m->arena, c->g.ic, float), c->g.ic);
	if (!num_is(m->tensor[x].dim[0], 1))
		batch = call_loop(l, call, m->tensor[x].dim[0], 0, num_const(1));
	if (c->groups > 1)
		group = call_loop(l, call, num_const(c->groups), 1, num_const(c->g.oc));
	a = call_arg(l, call, ARG_READ, x);
	if (batch >= 0)
		a->advance[batch] = m->tensor[x].stride[0];
	if (group >= 0)
		a->advance[group] = num_mul(&m->nums, num_const(c->g.ic), m->tensor[x].stride[1]);
	a = call_arg(l, call, ARG_READ, w);
	if (group >= 0)
		a->advance[group] = num_const(packed);
	a = call_arg(l, call, ARG_READ, c->b);
	if (group >= 0 && c->b >= 0)
		a->advance[group] = num_const(c->g.oc);
	if (with_zero)
		call_arg(l, call, ARG_READ, zero);
	call_arg(l, call, ARG_WRITE, y)->first = c->y_first;
	if (c->block_tiles) {
		call_arg(l, call, ARG_SCRATCH, lower_scratch_f32(l, num_const(c->block_floats)));
		call_number(l, call, num_const(c->block_tiles));
	}
	call_epilogue(l, call);
	call_result(m, call, y);
	l->block->step[l->block->n - 1].macs = conv_macs(c);
}
