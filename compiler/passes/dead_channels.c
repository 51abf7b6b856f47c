/* Channels that nothing depends on leave the integer convolutions that make and read them.
 *
 * Forwards, each channel of a convolution's result gets bounds: from those of its image, by the least and the greatest
 * sum that its weights allow, requantised, which is monotone. Where both bounds are one byte the channel is constant:
 * often what a Relu cut off altogether. Backwards, a channel is dead where every reader does without it:
 *
 *     a convolution over all channels    it is constant, and is the zero point where the window meets padding: what it
 *                                        adds to each sum goes into the bias; or all of its weights are zero points
 *     a depthwise convolution            the same channel of its own result is dead
 *
 * Dead channels are cut out of weights, biases and multipliers. Their number is held to whole vectors of the target.
 *
 * Requires integer operators, types and shapes; tensors in ONNX's order of axes. Ensures inferred shapes. Legal: sums
 * of integers in range come to the same in any order. Bit-exact. Linear in weights. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "graph/infer.h"
#include "ops/conv.h"
#include "ops/integer.h"
#include "passes/pass.h"
#include "passes/rewrite.h"
#include "targets/target.h"

/* What is known of a convolution's result, channel by channel. */
struct channels {
	int n;                  /* 0: nothing */
	int *low, *high;        /* least and greatest byte */
	bool *dead;
};

/* A convolution that channels can be cut out of. */
struct cut {
	int node, x, y, w;
	const unsigned char *weights;   /* [n_out][n_in, depthwise: 1][taps] */
	int64_t x_zero;
	const int64_t *w_zero;          /* by output */
	int n_in, n_out, taps;
	bool depthwise, padded, is_signed;
};

struct search {
	struct module *m;
	struct channels *of;    /* by tensor */
	struct cut *cut;        /* in order of definition */
	int n;
};

/* --- Reading a node ----------------------------------------------------------------------------------------------- */

static int64_t parameter(const struct module *m, int t, int64_t i, int64_t missing)
{
	return t < 0 ? missing : const_int(m, t, m->tensor[t].rank && m->tensor[t].dim[0].n > 1 ? i : 0);
}

static bool is_padded(const struct window *w)
{
	for (int k = 0; k < w->n; k++)
		if (!num_is(w->begin[k], 0) || !num_is(w->end[k], 0))
			return true;
	return false;
}

/* The taps of output o for channel i of the image. */
static const unsigned char *taps_of(const struct cut *c, int o, int i)
{
	return c->weights + (c->depthwise ? o : (int64_t)o * c->n_in + i) * c->taps;
}

static const int64_t *weight_zeros(struct module *m, int t, int n)
{
	int64_t *zero = ARENA_ARRAY(m->scratch, n, int64_t);

	for (int o = 0; o < n; o++)
		zero[o] = parameter(m, t, o, 0);
	return zero;
}

static int64_t weight(const struct cut *c, unsigned char byte, int64_t zero)
{
	return (c->is_signed ? (signed char)byte : byte) - zero;
}

/* False: not a convolution by constants over all channels or one by one. */
static bool cut_get(struct module *m, int node, struct cut *c)
{
	struct conv conv;
	const struct tensor *x, *w, *scale = node_in_tensor(m, node, INTEGER_MULTIPLIER);

	if (m->node[node].op != &op_nnc_IntegerConv || !conv_get(m, node, &conv))
		return false;
	x = &m->tensor[conv.x];
	w = &m->tensor[conv.w];
	if (!w->data || !scale || !scale->data || (conv.x_zero >= 0 && !m->tensor[conv.x_zero].data) ||
	    (conv.w_zero >= 0 && !m->tensor[conv.w_zero].data) || !num_is_const(x->dim[1]))
		return false;
	*c = (struct cut){ .node = node, .x = conv.x, .y = node_out(m, node, 0), .w = conv.w, .taps = 1,
			   .weights = w->data, .is_signed = w->type == DT_I8, .n_in = (int)x->dim[1].n,
			   .n_out = (int)w->dim[0].n, .padded = is_padded(&conv.window),
			   .x_zero = parameter(m, conv.x_zero, 0, 0) };
	c->w_zero = weight_zeros(m, conv.w_zero, c->n_out);
	for (int k = 2; k < w->rank; k++)
		c->taps *= (int)w->dim[k].n;
	c->depthwise = conv.group > 1;
	return conv.group == 1 || (conv.group == c->n_in && c->n_in == c->n_out);
}

/* --- Bounds ------------------------------------------------------------------------------------------------------- */

/* The byte of a sum: see integer.h. */
static int requantised(const struct module *m, int node, int o, int64_t sum)
{
	const int t = node_in(m, node, INTEGER_MULTIPLIER);
	const bool one = !m->tensor[t].rank || num_is(m->tensor[t].dim[0], 1);
	const float multiplier = (float)const_double(m, t, one ? 0 : o);
	const float low = (float)node_attr_int(m, node, "low", 0), high = (float)node_attr_int(m, node, "high", 0);
	float v = rintf((float)(int32_t)sum * multiplier);

	v += (float)parameter(m, node_in(m, node, INTEGER_Y_ZERO), 0, 0);
	return (int)(v > low ? v < high ? v : high : low);
}

static bool multipliers_rise(const struct module *m, int t)
{
	for (int64_t i = 0; i < (m->tensor[t].rank ? m->tensor[t].dim[0].n : 1); i++)
		if (!(const_double(m, t, i) > 0.0 && const_double(m, t, i) <= (double)FLT_MAX))
			return false;
	return true;
}

/* What the bytes of a channel of an image less its zero point reach. */
struct range {
	int low, high, most;            /* most: of the absolute value */
};

static struct range *image_ranges(const struct search *s, const struct cut *c)
{
	const struct channels *x = &s->of[c->x];
	const int first = s->m->tensor[c->x].type == DT_I8 ? -128 : 0, zero = (int)c->x_zero;
	struct range *range = ARENA_ARRAY(s->m->scratch, c->n_in, struct range);

	for (int i = 0; i < c->n_in; i++) {
		struct range r = { (x->n ? x->low[i] : first) - zero, (x->n ? x->high[i] : first + 255) - zero, 0 };
		if (c->padded && r.low > 0)
			r.low = 0;
		if (c->padded && r.high < 0)
			r.high = 0;
		r.most = -r.low > r.high ? -r.low : r.high;
		range[i] = r;
	}
	return range;
}

/* The sums that an output reaches. */
struct reach {
	int64_t low, high, most;        /* most: of the sum of absolute values */
};

/* Adds what channels that `n` ranges are of can add to the sum of output o; the taps of the first are at `taps`. */
static void reach_add(const struct cut *c, int o, const struct range *range, int n, const unsigned char *taps,
		      struct reach *reach)
{
	const int flip = c->is_signed ? 128 : 0, off = flip + (int)c->w_zero[o];

	for (const struct range *end = range + n; range < end; range++)
		for (const unsigned char *last = taps + c->taps; taps < last; taps++) {
			const int w = (*taps ^ flip) - off, a = w * range->low, b = w * range->high;
			reach->low += a < b ? a : b;
			reach->high += a < b ? b : a;
			reach->most += (w < 0 ? -w : w) * range->most;
		}
}

/* False: a sum may leave int32, or the result does not rise with it. */
static bool bound(const struct search *s, const struct cut *c)
{
	struct module *m = s->m;
	struct channels *y = &s->of[c->y];
	const int bias = node_in(m, c->node, INTEGER_BIAS);
	const struct range *range;

	if (!multipliers_rise(m, node_in(m, c->node, INTEGER_MULTIPLIER)) || (bias >= 0 && !m->tensor[bias].data))
		return false;
	range = image_ranges(s, c);
	y->low = ARENA_ARRAY(m->scratch, c->n_out, int);
	y->high = ARENA_ARRAY(m->scratch, c->n_out, int);
	y->dead = ARENA_ARRAY(m->scratch, c->n_out, bool);
	for (int o = 0; o < c->n_out; o++) {
		const int64_t b = parameter(m, bias, o, 0);
		struct reach reach = { b, b, b < 0 ? -b : b };

		reach_add(c, o, range + (c->depthwise ? o : 0), c->depthwise ? 1 : c->n_in, taps_of(c, o, 0), &reach);
		if (reach.most > INT32_MAX)
			return false;
		y->low[o] = requantised(m, c->node, o, reach.low);
		y->high[o] = requantised(m, c->node, o, reach.high);
		y->dead[o] = true;
	}
	y->n = c->n_out;
	return true;
}

static void find_cuts(struct search *s)
{
	struct module *m = s->m;

	s->cut = ARENA_ARRAY(m->scratch, m->graph[0].n_nodes, struct cut);
	for (int i = 0; i < m->graph[0].n_nodes; i++)
		if (cut_get(m, m->graph[0].node[i], &s->cut[s->n]) && bound(s, &s->cut[s->n]))
			s->n++;
}

/* --- What is dead ------------------------------------------------------------------------------------------------- */

static void keep_all(struct channels *c)
{
	if (c->n)
		memset(c->dead, 0, (size_t)c->n * sizeof *c->dead);
}

/* Everything but the images of our convolutions needs all channels. */
static void keep_for_others(const struct search *s)
{
	struct module *m = s->m;
	int *image = ARENA_ARRAY(m->scratch, m->n_nodes, int);

	for (int i = 0; i < s->n; i++)
		image[s->cut[i].node] = 1;
	for (int g = 0; g < m->n_graphs; g++) {
		for (int i = 0; i < m->graph[g].n_nodes; i++) {
			const struct node *n = &m->node[m->graph[g].node[i]];
			for (int k = image[m->graph[g].node[i]]; k < n->n_in; k++)
				if (n->in[k] >= 0)
					keep_all(&s->of[n->in[k]]);
		}
		for (int i = 0; i < m->graph[g].n_out; i++)
			keep_all(&s->of[m->graph[g].out[i]]);
	}
}

/* Whether a convolution over all channels does without channel i of its image. */
static bool does_without(const struct search *s, const struct cut *c, int i)
{
	const struct channels *x = &s->of[c->x], *y = &s->of[c->y];

	if (x->low[i] == x->high[i] && (!c->padded || x->low[i] == c->x_zero))
		return true;
	for (int o = 0; o < c->n_out; o++) {
		const unsigned char *taps = taps_of(c, o, i);
		for (int k = 0; k < c->taps && !y->dead[o]; k++)
			if (weight(c, taps[k], c->w_zero[o]))
				return false;
	}
	return true;
}

/* Makes living channels of dead ones until the rest is a multiple of `step`. */
static void round_up(struct channels *c, int step)
{
	int living = 0;

	for (int i = 0; i < c->n; i++)
		living += !c->dead[i];
	for (int i = 0; i < c->n && (!living || living % step); i++) {
		living += c->dead[i];
		c->dead[i] = false;
	}
}

/* Backwards: what readers do without. */
static void find_dead(const struct search *s)
{
	const int lanes = s->m->target->vector_bytes / 4, step = lanes > 4 ? lanes : 4;

	for (int n = s->n - 1; n >= 0; n--) {
		const struct cut *c = &s->cut[n];
		struct channels *x = &s->of[c->x], *y = &s->of[c->y];

		if (!c->depthwise)
			round_up(y, step);
		for (int i = 0; i < x->n; i++)
			x->dead[i] &= c->depthwise ? y->dead[i] : does_without(s, c, i);
	}
}

/* Forwards: a depthwise convolution keeps what its image keeps. */
static void settle(const struct search *s)
{
	for (int n = 0; n < s->n; n++) {
		const struct cut *c = &s->cut[n];
		const struct channels *x = &s->of[c->x];
		struct channels *y = &s->of[c->y];

		for (int i = 0; c->depthwise && i < y->n; i++)
			y->dead[i] &= x->n && x->dead[i];
	}
}

/* --- Cutting ------------------------------------------------------------------------------------------------------ */

static bool is_dead(const struct channels *c, int i)
{
	return c->n && c->dead[i];
}

static int living(const struct channels *c, int n)
{
	int living = 0;

	for (int i = 0; i < n; i++)
		living += !is_dead(c, i);
	return living;
}

/* A constant with one element a channel; one for all stays. */
static int cut_parameter(struct module *m, const struct channels *y, int t)
{
	const struct tensor old = m->tensor[t];
	const size_t bytes = dtypes[old.type].bytes;
	const int64_t n = living(y, y->n);
	unsigned char *v;

	if (!old.rank || num_is(old.dim[0], 1))
		return t;
	v = arena_array(m->arena, (size_t)n, bytes);
	for (int o = 0, to = 0; o < y->n; o++)
		if (!y->dead[o])
			memcpy(v + (size_t)to++ * bytes, (const unsigned char *)old.data + (size_t)o * bytes, bytes);
	return tensor_const(m, old.name, old.type, 1, &n, v);
}

static int cut_weights(const struct search *s, const struct cut *c)
{
	struct module *m = s->m;
	const struct channels *x = &s->of[c->x], *y = &s->of[c->y];
	const struct tensor old = m->tensor[c->w];
	const int per = c->depthwise ? 1 : c->n_in;
	int64_t dim[MAX_RANK] = { living(y, c->n_out), c->depthwise ? 1 : living(x, c->n_in) };
	unsigned char *v = arena_array(m->arena, (size_t)(dim[0] * dim[1]), (size_t)c->taps), *to = v;

	for (int k = 2; k < old.rank; k++)
		dim[k] = old.dim[k].n;
	for (int o = 0; o < c->n_out; o++)
		for (int i = 0; i < per && !is_dead(y, o); i++) {
			if (!c->depthwise && is_dead(x, i))
				continue;
			memcpy(to, taps_of(c, o, i), (size_t)c->taps);
			to += c->taps;
		}
	return tensor_const(m, old.name, old.type, old.rank, dim, v);
}

/* The bias with what constant channels of the image add, or as it is. */
static int cut_bias(const struct search *s, const struct cut *c, int bias)
{
	struct module *m = s->m;
	const struct channels *x = &s->of[c->x], *y = &s->of[c->y];
	const int64_t n = living(y, c->n_out);
	int32_t *v = ARENA_ARRAY(m->arena, n, int32_t);

	for (int o = 0, to = 0; o < c->n_out; o++) {
		int64_t sum = parameter(m, bias, o, 0);
		if (is_dead(y, o))
			continue;
		for (int i = 0; i < x->n && !c->depthwise; i++) {
			const unsigned char *taps = taps_of(c, o, i);
			for (int k = 0; k < c->taps && x->dead[i] && x->low[i] == x->high[i]; k++)
				sum += weight(c, taps[k], c->w_zero[o]) * (x->low[i] - c->x_zero);
		}
		v[to++] = (int32_t)sum;
	}
	return tensor_const(m, NULL, DT_I32, 1, &n, v);
}

static bool cut_node(const struct search *s, const struct cut *c)
{
	struct module *m = s->m;
	const struct channels *x = &s->of[c->x], *y = &s->of[c->y];
	const int bias = cut_bias(s, c, node_in(m, c->node, INTEGER_BIAS)), w = cut_weights(s, c);
	static const int by_channel[] = { INTEGER_W_ZERO, INTEGER_MULTIPLIER };
	int *in = m->node[c->node].in;

	in[INTEGER_W] = w;
	in[INTEGER_BIAS] = bias;
	for (size_t i = 0; i < sizeof by_channel / sizeof *by_channel; i++)
		if (in[by_channel[i]] >= 0)
			in[by_channel[i]] = cut_parameter(m, y, in[by_channel[i]]);
	if (c->depthwise)
		rewrite_attr(m, c->node, "group")->i = living(x, c->n_in);
	m->tensor[c->y].rank = -1;
	return infer_node(m, c->node);
}

bool pass_dead_channels(struct module *m)
{
	struct search s = { .m = m, .of = ARENA_ARRAY(m->scratch, m->n_tensors, struct channels) };

	find_cuts(&s);
	keep_for_others(&s);
	find_dead(&s);
	settle(&s);
	for (int i = 0; i < s.n; i++) {
		const struct cut *c = &s.cut[i];
		if (living(&s.of[c->x], c->n_in) + living(&s.of[c->y], c->n_out) < c->n_in + c->n_out &&
		    !cut_node(&s, c))
			return false;
	}
	return true;
}
