/* DeformConv: a convolution whose kernel positions are moved by the data.
 *
 * y[n][m][o…] = b[m] + sum over c, r… of w[m][c][r…] mask[n][g][r…][o…] x[n][c'] at o*stride + r*dilation - begin +
 * offset[n][g][r…][k][o…] along axis k, linearly interpolated, 0 outside. x: N x C x spatial, w: M x C/group x kernel,
 * offset: N x (offset_group * kernel * axes) x out, mask: N x (offset_group * kernel) x out; g: the group of channels
 * that c' belongs to among offset_group equal ones. Two steps: what the kernel meets, and its product with w. */
#include <string.h>

#include "ops/sample.h"
#include "ops/window.h"

struct deform {
	int x, w, offset, bias, mask;
	int64_t group, offset_group;
	struct window window;
	struct num channels, taps;      /* of x; kernel positions */
};

static bool check_shape(struct module *m, int node, int i, const struct deform *d, struct num channels)
{
	const struct tensor *t = node_in_tensor(m, node, i), *x = &m->tensor[d->x];
	bool same = true;

	if (!t)
		return true;
	if (!node_rank(m, node, i, x->rank, x->rank))
		return false;
	for (int k = 0; k < d->window.n; k++)
		same &= num_same(t->dim[k + 2], d->window.out[k]);
	if (!same || !num_same(t->dim[0], x->dim[0]) || !num_same(t->dim[1], channels))
		return node_bad(m, node, "input %d is not of the shape batch x %lld x spatial output", i,
				(long long)channels.n);
	return true;
}

static bool deform_get(struct module *m, int node, struct deform *d)
{
	const struct tensor *x, *w;
	struct num groups;

	*d = (struct deform){ .x = node_in(m, node, 0), .w = node_in(m, node, 1), .offset = node_in(m, node, 2),
			      .bias = node_in(m, node, 3), .mask = node_in(m, node, 4),
			      .group = node_attr_int(m, node, "group", 1),
			      .offset_group = node_attr_int(m, node, "offset_group", 1) };
	if (!node_rank(m, node, 0, 3, MAX_RANK - 2))
		return false;
	x = &m->tensor[d->x];
	w = &m->tensor[d->w];
	if (w->rank != x->rank || !num_is_const(x->dim[1]) || !num_is_const(w->dim[0]) || !num_is_const(w->dim[1]))
		return node_bad(m, node, "input and weights are of rank %d and %d, allowed: equal, with known channels",
				x->rank, w->rank);
	if (w->dim[1].n * d->group != x->dim[1].n || w->dim[0].n % d->group || x->dim[1].n % d->offset_group)
		return node_bad(m, node, "%lld input and %lld output channels in %lld groups and %lld offset groups",
				(long long)x->dim[1].n, (long long)w->dim[0].n, (long long)d->group,
				(long long)d->offset_group);
	if (!window_get(m, node, x->rank - 2, x->dim + 2, w->dim + 2, &d->window))
		return false;
	d->channels = x->dim[1];
	d->taps = dims_product(m, d->window.kernel, d->window.n);
	groups = num_mul(&m->nums, d->taps, num_const(d->offset_group));
	if (d->bias >= 0 && (m->tensor[d->bias].rank != 1 || !num_same(m->tensor[d->bias].dim[0], w->dim[0])))
		return node_bad(m, node, "the bias must have %lld elements", (long long)w->dim[0].n);
	return check_shape(m, node, 2, d, num_mul(&m->nums, groups, num_const(d->window.n))) &&
	       check_shape(m, node, 4, d, groups);
}

static bool infer_deform_conv(struct module *m, int node)
{
	struct num dim[MAX_RANK];
	struct deform d;

	if (!deform_get(m, node, &d))
		return false;
	dim[0] = m->tensor[d.x].dim[0];
	dim[1] = m->tensor[d.w].dim[0];
	memcpy(dim + 2, d.window.out, (size_t)d.window.n * sizeof *dim);
	return tensor_set(m, node, node_out(m, node, 0), m->tensor[d.x].type, d.window.n + 2, dim);
}

/* Step 1: N x C x (kernel position) x out, every element of x that the kernel meets, times the mask. */
static int lower_met(struct lowering *l, const struct deform *d)
{
	struct module *m = l->m;
	struct nums *s = &m->nums;
	const enum dtype type = compute_type(m->tensor[d->x].type);
	const struct sampler sampler = { SAMPLE_LINEAR, OUTSIDE_ZEROS, false, type };
	struct num dim[MAX_RANK] = { m->tensor[d->x].dim[0], d->channels, d->taps }, at[MAX_RANK], place, position;
	struct sample tap[MAX_RANK];
	struct nest *n;
	int v;

	memcpy(dim + 3, d->window.out, (size_t)d->window.n * sizeof *dim);
	n = nest_new(m, lower_temp(l, type, d->window.n + 3, dim));
	/* The channel of the mask; of the offsets, so many times the number of axes. */
	place = num_div(s, n->axis[1], num_const(d->channels.n / d->offset_group));
	place = num_add(s, num_mul(s, place, d->taps), n->axis[2]);
	at[0] = n->axis[0];
	memcpy(at + 2, n->axis + 3, (size_t)d->window.n * sizeof *at);
	position = n->axis[2];
	for (int k = d->window.n - 1; k >= 0; k--) {
		struct num i = num_mul(s, num_mod(s, position, d->window.kernel[k]), num_const(d->window.dilation[k]));
		int offset;

		position = num_div(s, position, d->window.kernel[k]);
		i = num_add(s, i, num_mul(s, n->axis[k + 3], num_const(d->window.stride[k])));
		i = num_sub(s, i, d->window.begin[k]);
		at[1] = num_add(s, num_mul(s, place, num_const(d->window.n)), num_const(k));
		offset = nest_load_wide(n, d->offset, at);
		offset = nest_binary(n, E_ADD, nest_cast(n, type, nest_index(n, i)), offset);
		tap[k] = sample_tap(n, &sampler, offset, d->window.in[k], nest_reduce_axis(n, num_const(2)));
	}
	v = nest_reduce(n, REDUCE_SUM, sample_load(n, &sampler, d->x, n->axis, 2, d->window.n, tap));
	at[1] = place;
	if (d->mask >= 0)
		v = nest_binary(n, E_MUL, v, nest_load_wide(n, d->mask, at));
	nest_store(n, v);
	lower_nest(l, n);
	return n->out;
}

static bool lower_deform_conv(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nums *s = &m->nums;
	struct num at_w[MAX_RANK], at[MAX_RANK];
	struct nest *n;
	struct deform d;
	int met, v;

	if (!deform_get(m, node, &d))
		return false;
	met = lower_met(l, &d);
	n = nest_new(m, node_out(m, node, 0));
	at_w[0] = n->axis[1];
	at_w[1] = nest_reduce_axis(n, m->tensor[d.w].dim[1]);
	at[0] = n->axis[0];
	at[1] = num_div(s, n->axis[1], num_const(m->tensor[d.w].dim[0].n / d.group));
	at[1] = num_add(s, num_mul(s, at[1], m->tensor[d.w].dim[1]), at_w[1]);
	at[2] = num_const(0);
	for (int k = 0; k < d.window.n; k++) {
		at_w[k + 2] = nest_reduce_axis(n, d.window.kernel[k]);
		at[2] = num_add(s, num_mul(s, at[2], d.window.kernel[k]), at_w[k + 2]);
		at[k + 3] = n->axis[k + 2];
	}
	v = nest_binary(n, E_MUL, nest_load(n, met, at), nest_load_wide(n, d.w, at_w));
	v = nest_reduce(n, REDUCE_SUM, v);
	if (d.bias >= 0)
		v = nest_binary(n, E_ADD, v, nest_load_wide(n, d.bias, &n->axis[1]));
	nest_store_narrow(n, v);
	lower_nest(l, n);
	return true;
}

const struct op_def op_DeformConv_19 = {
	ONNX("DeformConv", 19, 3, 5, 1, 1), .types = TYPES("fh", "T"),
	.attrs = ATTRS(WINDOW_DILATIONS, INT_IN("group", 1, 1, 1 << 20), INTS_OPTIONAL("kernel_shape"),
		       INT_IN("offset_group", 1, 1, 1 << 20), INTS_OPTIONAL("pads"), INTS_IN("strides", 1, 1 << 20)),
	.infer = infer_deform_conv, .lower = lower_deform_conv,
};
