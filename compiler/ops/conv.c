/* Conv, ConvInteger, QLinearConv.  y[n][m][o…] = b[m] + sum over c, r… of x[n][g*C + c][o*stride + r*dilation - begin]
 * * w[m][c][r…], g = m / (M / group); elements outside x count as 0. x: N x C x spatial, w: M x C/group x kernel. */
#include <string.h>

#include "ops/conv.h"
#include "ops/integer.h"
#include "ops/quant.h"

bool conv_get(struct module *m, int node, struct conv *c)
{
	bool scaled = m->node[node].op == &op_nnc_IntegerConv;
	bool q = m->node[node].n_in >= 8;
	bool integer = scaled || !strcmp(m->node[node].op->name, "ConvInteger");
	const struct tensor *x, *w;

	c->x = node_in(m, node, 0);
	c->w = node_in(m, node, q ? 3 : 1);
	c->bias = scaled ? node_in(m, node, INTEGER_BIAS) : integer ? -1 : node_in(m, node, q ? 8 : 2);
	c->x_zero = integer || q ? node_in(m, node, 2) : -1;
	c->w_zero = integer ? node_in(m, node, 3) : q ? node_in(m, node, 5) : -1;
	c->group = node_attr_int(m, node, "group", 1);
	x = &m->tensor[c->x];
	w = &m->tensor[c->w];
	if (x->rank < 3 || w->rank != x->rank)
		return node_bad(m, node, "input and weights are of rank %d and %d, allowed: equal, 3 to %d", x->rank,
				w->rank, MAX_RANK);
	return window_get(m, node, x->rank - 2, x->dim + 2, w->dim + 2, &c->window);
}

static bool conv_check(struct module *m, int node, const struct conv *c)
{
	const struct tensor *x = &m->tensor[c->x], *w = &m->tensor[c->w];
	struct num channels = num_mul(&m->nums, w->dim[1], num_const(c->group));

	if (num_is_const(channels) && num_is_const(x->dim[1]) && channels.n != x->dim[1].n)
		return node_bad(m, node, "the input has %lld channels, allowed: %lld = weights' %lld in %lld groups",
				(long long)x->dim[1].n, (long long)channels.n, (long long)w->dim[1].n,
				(long long)c->group);
	if (!num_same(channels, x->dim[1]) || !num_is_const(w->dim[0]))
		return node_unsupported(m, node, "the number of channels must be a constant");
	if (w->dim[0].n % c->group)
		return node_bad(m, node, "%lld output channels, allowed: a multiple of %lld, the groups",
				(long long)w->dim[0].n, (long long)c->group);
	if (c->bias >= 0 && (m->tensor[c->bias].rank != 1 || !num_same(m->tensor[c->bias].dim[0], w->dim[0])))
		return node_bad(m, node, "the bias has shape %s, allowed: %lld",
				dims_text(m, m->tensor[c->bias].rank, m->tensor[c->bias].dim), (long long)w->dim[0].n);
	return true;
}

bool conv_set(struct module *m, int node, enum dtype type)
{
	struct num dim[MAX_RANK];
	struct conv c;

	if (!conv_get(m, node, &c) || !conv_check(m, node, &c))
		return false;
	dim[0] = m->tensor[c.x].dim[0];
	dim[1] = m->tensor[c.w].dim[0];
	memcpy(dim + 2, c.window.out, (size_t)c.window.n * sizeof *dim);
	return tensor_set(m, node, node_out(m, node, 0), type, c.window.n + 2, dim);
}

static bool infer_conv(struct module *m, int node)
{
	return conv_set(m, node, node_in_type(m, node, 0));
}

static bool infer_conv_integer(struct module *m, int node)
{
	const struct tensor *w = node_in_tensor(m, node, 1);

	return (!node_in_tensor(m, node, 2) || check_channels(m, node, 2, num_const(1))) &&
	       (!node_in_tensor(m, node, 3) || check_channels(m, node, 3, w->rank ? w->dim[0] : num_const(1))) &&
	       conv_set(m, node, DT_I32);
}

static bool infer_qlinear_conv(struct module *m, int node)
{
	static const bool per_channel[8] = { [4] = true, [5] = true };
	const struct tensor *w = node_in_tensor(m, node, 3);

	for (int i = 1; i < 8; i++)
		if (i != 3 && !check_channels(m, node, i, per_channel[i] && w->rank ? w->dim[0] : num_const(1)))
			return false;
	return conv_set(m, node, node_in_type(m, node, 7));
}

int conv_sum(struct nest *n, const struct conv *c)
{
	struct module *m = n->m;
	struct nums *s = &m->nums;
	const struct tensor x = m->tensor[c->x], w = m->tensor[c->w];
	struct num at_x[MAX_RANK], at_w[MAX_RANK], per_group = num_const(w.dim[0].n / c->group);
	int inside, a, b, v;

	at_w[0] = n->axis[1];
	at_w[1] = nest_reduce_axis(n, w.dim[1]);
	for (int k = 2; k < w.rank; k++)
		at_w[k] = nest_reduce_axis(n, w.dim[k]);
	at_x[0] = n->axis[0];
	at_x[1] = at_w[1];
	if (c->group > 1)
		at_x[1] = num_add(s, num_mul(s, num_div(s, n->axis[1], per_group), w.dim[1]), at_w[1]);
	inside = window_at(n, &c->window, n->axis + 2, at_w + 2, at_x + 2);
	if (dtypes[x.type].class == CLASS_F || dtypes[x.type].class == CLASS_X) {
		a = nest_load_wide(n, c->x, at_x);
		b = nest_load_wide(n, c->w, at_w);
	} else {
		a = nest_minus_zero(n, nest_load(n, c->x, at_x), c->x_zero, num_const(0));
		b = nest_minus_zero(n, nest_load(n, c->w, at_w), c->w_zero, n->axis[1]);
	}
	v = nest_binary(n, E_MUL, a, b);
	if (inside >= 0)
		v = nest_select(n, inside, v, nest_const_value(n, (enum dtype)n->e[v].type, TYPE_ZERO));
	return nest_reduce(n, REDUCE_SUM, v);
}

static bool lower_conv(struct lowering *l, int node)
{
	struct nest *n = nest_new(l->m, node_out(l->m, node, 0));
	struct conv c;
	int v;

	if (!conv_get(l->m, node, &c))
		return false;
	v = conv_sum(n, &c);
	if (c.bias >= 0)
		v = nest_binary(n, E_ADD, v, nest_load_wide(n, c.bias, &n->axis[1]));
	nest_store_narrow(n, v);
	lower_nest(l, n);
	return true;
}

static bool lower_qlinear_conv(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	struct num channel;
	struct conv c;
	int v, scale;

	if (!conv_get(m, node, &c))
		return false;
	channel = n->axis[1];
	v = conv_sum(n, &c);
	if (c.bias >= 0)
		v = nest_binary(n, E_ADD, v, nest_load(n, c.bias, &channel));
	scale = nest_binary(n, E_MUL, nest_load_channel(n, node_in(m, node, 1), channel),
			    nest_load_channel(n, node_in(m, node, 4), channel));
	scale = nest_binary(n, E_DIV, scale, nest_load_channel(n, node_in(m, node, 6), channel));
	nest_store(n, nest_requantise(n, m->tensor[n->out].type, v, scale, node_in(m, node, 7), channel));
	lower_nest(l, n);
	return true;
}

#define CONV_ATTRS ATTRS(CONV_ATTRS_LIST)

const struct op_def op_Conv_1 = {
	ONNX("Conv", 1, 2, 3, 1, 1), .attrs = CONV_ATTRS, .types = TYPES("fh", "T"),
	.infer = infer_conv, .lower = lower_conv, .by_kernels = true,
};
/* A Conv whose sums are exact in any order, but not by way of fractions. */
const struct op_def op_nnc_ExactConv = {
	.domain = "nnc", .name = "Conv", .since = 1, .min_in = 2, .max_in = 2, .min_out = 1, .max_out = 1,
	.attrs = CONV_ATTRS, .types = TYPES("f", "T"),
	.infer = infer_conv, .lower = lower_conv, .by_kernels = true,
};
const struct op_def op_ConvInteger_10 = {
	ONNX("ConvInteger", 10, 2, 4, 1, 1), .attrs = CONV_ATTRS, .types = TYPES("q"),
	.infer = infer_conv_integer, .lower = lower_conv, .by_kernels = true,
};
const struct op_def op_QLinearConv_10 = {
	ONNX("QLinearConv", 10, 8, 9, 1, 1), .attrs = CONV_ATTRS,
	.types = TYPES("q", "s", "q", "q", "s", "q", "s", "q", "w"),
	.infer = infer_qlinear_conv, .lower = lower_qlinear_conv,
};
