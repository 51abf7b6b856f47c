#include "lower/integer_constants.h"

#include <math.h>
#include <string.h>

#include "lower/packed.h"
#include "ops/arguments.h"
#include "lower/requantise.h"
#include "ops/integer.h"
#include "runtime_min/maths/requantise.h"

/* Constant weights as channels of `inner` bytes each, `outer` times over. */
struct weights {
	const unsigned char *bytes;
	int flip;               /* byte ^ flip, less flip, is the element: 128 for int8, 0 for uint8 */
	int64_t outer, channels, inner;
};

static struct weights weights_of(const struct module *m, int node, int channel_axis)
{
	const struct tensor *w = &m->tensor[node_in(m, node, INTEGER_W)];
	struct weights v = { .bytes = w->data, .flip = w->type == DT_I8 ? 128 : 0, .outer = 1,
			     .channels = w->dim[channel_axis].n, .inner = 1 };

	for (int k = 0; k < channel_axis; k++)
		v.outer *= w->dim[k].n;
	for (int k = channel_axis + 1; k < w->rank; k++)
		v.inner *= w->dim[k].n;
	return v;
}

static int weight_zero(const struct module *m, int node, int64_t channel)
{
	const int zero = node_in(m, node, INTEGER_W_ZERO);

	if (zero < 0)
		return 0;
	return (int)const_int(m, zero, m->tensor[zero].rank && m->tensor[zero].dim[0].n > 1 ? channel : 0);
}

/* Whether weights are int8 without zero points, or with those of 0 alone, and so need no look at each. */
static bool as_they_lie(const struct module *m, int node, const struct weights *w)
{
	const int zero = node_in(m, node, INTEGER_W_ZERO);
	const int64_t n = zero < 0 ? 0 : m->tensor[zero].rank ? m->tensor[zero].dim[0].n : 1;

	for (int64_t i = 0; i < n; i++)
		if (const_int(m, zero, i) != 0)
			return false;
	return w->flip != 0;
}

/* Whether every byte b of the channel has (b ^ flip) - off within int8. */
static bool channel_fits(const unsigned char *bytes, int64_t n, int flip, int off)
{
	int low = 255, high = 0;

	for (int64_t i = 0; i < n; i++) {
		const int v = bytes[i] ^ flip;
		low = v < low ? v : low;
		high = v > high ? v : high;
	}
	return !n || (low - off >= INT8_MIN && high - off <= INT8_MAX);
}

static bool weights_fit(const struct module *m, int node, int channel_axis)
{
	const struct weights w = weights_of(m, node, channel_axis);
	const unsigned char *bytes = w.bytes;

	if (as_they_lie(m, node, &w))
		return true;
	for (int64_t o = 0; o < w.outer; o++)
		for (int64_t c = 0; c < w.channels; c++, bytes += w.inner)
			if (!channel_fits(bytes, w.inner, w.flip, w.flip + weight_zero(m, node, c)))
				return false;
	return true;
}

/* Of the weights of a convolution or of a matrix. */
static int channel_axis_of(const struct module *m, int node)
{
	return m->tensor[node_in(m, node, INTEGER_W)].rank > 2 ? 0 : 1;
}

enum dtype integer_weight_type(const struct module *m, int node)
{
	return weights_fit(m, node, channel_axis_of(m, node)) ? DT_I8 : DT_I16;
}

bool integer_sums_fit(struct module *m, int node, int channel_axis, const char **why)
{
	const struct weights w = weights_of(m, node, channel_axis);
	const int bias = node_in(m, node, INTEGER_BIAS);
	const int64_t depth = w.channels ? w.outer * w.inner : 0;
	const int most_weight = integer_weight_type(m, node) == DT_I8 ? 128 : 255;
	int64_t most = 0;

	*why = "sums may leave int32";
	for (int64_t i = 0; bias >= 0 && i < tensor_elements(m, bias).n; i++) {
		int64_t v = const_int(m, bias, i);
		most = v < 0 ? (most > -v ? most : -v) : most > v ? most : v;
	}
	return depth < 1 << 15 && most + 2 * depth * 255 * most_weight <= INT32_MAX - REQUANTISE_MOST_BIAS;
}

bool integer_fits(struct module *m, int node, int channel_axis, const char **why)
{
	if (!integer_sums_fit(m, node, channel_axis, why))
		return false;
	*why = "weights without their zero points do not fit int8";
	return weights_fit(m, node, channel_axis);
}

/* The sum of |weight - its zero point| of n bytes. */
static int64_t magnitude(const unsigned char *bytes, int64_t n, int flip, int off)
{
	int64_t sum = 0;

	for (int64_t i = 0; i < n; i++) {
		const int v = (bytes[i] ^ flip) - off;
		sum += v < 0 ? -v : v;
	}
	return sum;
}

bool integer_is_bounded(struct module *m, int node, int channel_axis, const char **why)
{
	const struct weights w = weights_of(m, node, channel_axis);
	const int bias = node_in(m, node, INTEGER_BIAS), scale = node_in(m, node, INTEGER_MULTIPLIER);
	const bool many = m->tensor[scale].rank && m->tensor[scale].dim[0].n > 1;
	int64_t *sum = ARENA_ARRAY(m->scratch, w.channels, int64_t);
	const unsigned char *bytes = w.bytes;

	*why = "a sum times its multiplier may leave int32";
	for (int64_t o = 0; o < w.outer; o++)
		for (int64_t c = 0; c < w.channels; c++, bytes += w.inner)
			sum[c] += magnitude(bytes, w.inner, w.flip, w.flip + weight_zero(m, node, c));
	for (int64_t c = 0; c < w.channels; c++) {
		const int64_t b = bias < 0 ? 0 : const_int(m, bias, c);
		const double most = (double)sum[c] * 255.0 + fabs((double)b);
		if (!(most * const_double(m, scale, many ? c : 0) < 1 << 30))
			return false;
	}
	return true;
}

bool integer_matmul_read(struct module *m, int node, int64_t *rows, int64_t *depth, int64_t *n, const char **why)
{
	const int x = node_in(m, node, INTEGER_X), y = node_out(m, node, 0);
	const struct tensor *a = &m->tensor[x], *b = node_in_tensor(m, node, INTEGER_W);

	*why = "the right side is no constant matrix, or a size no constant";
	if (!b->data || b->rank != 2 || a->rank < 2 || !tensor_is_static(m, x) || b->dim[1].n < 1)
		return false;
	if (!integer_sums_fit(m, node, 1, why))
		return false;
	*why = "rows have gaps, or there are too many";
	if (!tensor_is_plain(m, x) || !tensor_is_plain(m, y) || tensor_elements(m, x).n > INT32_MAX / 2)
		return false;
	*depth = b->dim[0].n;
	*n = b->dim[1].n;
	*rows = tensor_elements(m, y).n / *n;
	return true;
}

struct pack integer_matmul_pack(const struct module *m, int node, int64_t depth, int64_t n)
{
	return (struct pack){ .n = n, .n_stride = 1, .depth = { 1, 1, depth }, .stride = { 0, 0, n },
			      .is_wide = integer_weight_type(m, node) != DT_I8 };
}

/* Those that leave int8. */
static const int16_t *wide_weights(struct module *m, int node, const struct weights *w)
{
	const int64_t elements = w->outer * w->channels * w->inner;
	int16_t *v = ARENA_ARRAY(m->arena, elements, int16_t);

	for (int64_t at = 0; at < elements; at += w->inner) {
		const int off = w->flip + weight_zero(m, node, at / w->inner % w->channels);
		for (int64_t i = at; i < at + w->inner; i++)
			v[i] = (int16_t)((w->bytes[i] ^ w->flip) - off);
	}
	return v;
}

const void *integer_weights(struct module *m, int node, int channel_axis)
{
	const struct weights w = weights_of(m, node, channel_axis);
	const int64_t elements = w.outer * w.channels * w.inner;
	int8_t *v;

	if (as_they_lie(m, node, &w))
		return w.bytes;
	if (integer_weight_type(m, node) != DT_I8)
		return wide_weights(m, node, &w);
	v = arena_array(m->arena, (size_t)elements, 1);
	for (int64_t at = 0; at < elements; at += w.inner) {
		const int off = w.flip + weight_zero(m, node, at / w.inner % w.channels);
		for (int64_t i = at; i < at + w.inner; i++)
			v[i] = (int8_t)((w.bytes[i] ^ w.flip) - off);
	}
	return v;
}

static int64_t padded(int64_t n, int columns)
{
	return (n + columns - 1) / columns * columns;
}

/* Sums of a channel's weights above and below 0. */
struct halves {
	int64_t above, below;
};

static struct halves halves_of(const struct pack *p, const void *w, int64_t channel)
{
	int64_t above = 0, sum = 0;

	for (int64_t d0 = 0; d0 < p->depth[0]; d0++)
		for (int64_t d1 = 0; d1 < p->depth[1]; d1++) {
			int64_t at = channel * p->n_stride + d0 * p->stride[0] + d1 * p->stride[1];
			for (int64_t d2 = 0; d2 < p->depth[2]; d2++, at += p->stride[2]) {
				const int v = pack_weight(p, w, at);
				above += v > 0 ? v : 0;
				sum += v;
			}
		}
	return (struct halves){ above, sum - above };
}

static int64_t bias_of(const struct module *m, int node, int64_t channel, const struct halves *h)
{
	const int bias = node_in(m, node, INTEGER_BIAS);
	const int64_t x_zero = const_int(m, node_in(m, node, INTEGER_X_ZERO), 0);

	return (bias < 0 ? 0 : const_int(m, bias, channel)) - x_zero * (h->above + h->below);
}

static float scale_of(const struct module *m, int node, int64_t channel)
{
	const int scale = node_in(m, node, INTEGER_MULTIPLIER);
	const bool many = m->tensor[scale].rank && m->tensor[scale].dim[0].n > 1;

	return (float)const_double(m, scale, many ? channel : 0);
}

static int integers(struct module *m, const char *name, int64_t n, const int32_t *v)
{
	const int t = tensor_const(m, name, DT_I32, 1, &n, v);

	tensor_dense(m, t);
	return t;
}

int integer_bias(struct lowering *l, int node, const struct pack *p, int groups, int columns, const void *w)
{
	struct module *m = l->m;
	const int64_t width = padded(p->n, columns);
	int32_t *v = ARENA_ARRAY(m->arena, width * groups, int32_t);

	for (int64_t i = 0; i < p->n * groups; i++) {
		const struct halves h = halves_of(p, w, i);
		v[i / p->n * width + i % p->n] = (int32_t)bias_of(m, node, i, &h);
	}
	return integers(m, "bias", width * groups, v);
}

int integer_weight_sums(struct lowering *l, const struct pack *p, int groups, int columns, const void *w)
{
	const int64_t width = padded(p->n, columns);
	int32_t *v = ARENA_ARRAY(l->m->arena, width * groups, int32_t);

	for (int64_t i = 0; i < p->n * groups; i++) {
		const struct halves h = halves_of(p, w, i);
		v[i / p->n * width + i % p->n] = (int32_t)(h.above + h.below);
	}
	return integers(l->m, "sums of weights", width * groups, v);
}

int integer_scale(struct lowering *l, int node, int64_t channels, int groups, int columns)
{
	const int64_t width = padded(channels, columns);
	float *v = ARENA_ARRAY(l->m->arena, width * groups, float);

	for (int64_t i = 0; i < channels * groups; i++)
		v[i / channels * width + i % channels] = scale_of(l->m, node, i);
	return lower_const_f32(l, "multipliers", v, width * groups);
}

/* A channel whose sums begin with `bias`. */
static struct requantise requantise_of(const struct module *m, int node, const struct halves *h, float scale,
				       int64_t bias)
{
	const int64_t x_least = node_in_type(m, node, INTEGER_X) == DT_I8 ? INT8_MIN : 0, x_most = x_least + UINT8_MAX;

	return (struct requantise){
		.scale = scale,
		.least = bias + h->above * x_least + h->below * x_most,
		.most = bias + h->above * x_most + h->below * x_least,
		.zero = (int)const_int(m, node_in(m, node, INTEGER_Y_ZERO), 0),
		.low = (int)node_attr_int(m, node, "low", 0),
		.high = (int)node_attr_int(m, node, "high", 0),
	};
}

/* A channel's line, and what its sum begins with. */
static struct nnrt_line line_of(const struct requantise *r, int32_t *bias)
{
	struct requantise_line found;
	struct nnrt_line line = { 0, 0 };

	if (!requantise_line_find(r, NNRT_LINE_SHIFT, &found)) {
		memcpy(&line.offset, &r->scale, sizeof r->scale);
		return line;
	}
	*bias += found.bias;
	if (found.is_late)
		return (struct nnrt_line){ -found.slope, found.late * (1 << 16) + (found.offset & UINT16_MAX) };
	return (struct nnrt_line){ found.slope, found.offset };
}

/* Channels' lines as slopes, and behind them the lines of those that have another offset than most. */
struct slopes {
	int32_t *v;
	int64_t n; /* in use */
};

static struct slopes slopes_new(const struct lowering *l, int64_t n)
{
	return (struct slopes){ ARENA_ARRAY(l->m->arena, 3 * n, int32_t), n };
}

static void slopes_set_line(struct slopes *s, int64_t at, struct nnrt_line line)
{
	s->v[at] = (int32_t)(at - s->n);
	s->v[s->n++] = line.slope;
	s->v[s->n++] = line.offset;
}

/* Channel `at`, whose sums begin with *bias. */
static void slopes_set(struct slopes *s, int64_t at, const struct requantise *r, int32_t *bias)
{
	struct requantise_line found;

	if (!requantise_slope_find(r, NNRT_LINE_SHIFT, NNRT_LINE_OFFSET(r->zero), &found)) {
		slopes_set_line(s, at, line_of(r, bias));
		return;
	}
	s->v[at] = found.slope;
	*bias += found.bias;
}

/* Whether one line, with no late step, serves all channels: they have one multiplier, and the line holds from the least
 * of all sums to the greatest. */
static bool common_line(const struct module *m, int node, const struct pack *p, const int8_t *w,
			struct requantise *found)
{
	const float scale = scale_of(m, node, 0);
	struct requantise all = { 0 };
	struct requantise_line line;

	for (int64_t i = 0; i < p->n; i++) {
		const struct halves h = halves_of(p, w, i);
		const struct requantise r = requantise_of(m, node, &h, scale, bias_of(m, node, i, &h));
		if (scale_of(m, node, i) != scale)
			return false;
		if (i == 0)
			all = r;
		all.least = r.least < all.least ? r.least : all.least;
		all.most = r.most > all.most ? r.most : all.most;
	}
	*found = all;
	return requantise_line_find(&all, NNRT_LINE_SHIFT, &line) && !line.is_late;
}

/* integer_ends() of one line. */
static struct integer_ends one_line_ends(struct lowering *l, int node, const struct pack *p, const struct kernel *k,
					 const int8_t *w, const struct requantise *all)
{
	const int64_t width = padded(p->n, k->columns);
	int32_t *bias = ARENA_ARRAY(l->m->arena, width, int32_t), more = 0;
	struct slopes slopes = slopes_new(l, 1);

	slopes_set(&slopes, 0, all, &more);
	for (int64_t i = 0; i < p->n; i++) {
		const struct halves h = halves_of(p, w, i);
		bias[i] = (int32_t)bias_of(l->m, node, i, &h) + more;
	}
	return (struct integer_ends){ integers(l->m, "bias", width, bias),
				      integers(l->m, "slope", slopes.n, slopes.v), 1, true };
}

/* integer_ends() of slopes. */
static struct integer_ends slope_ends(struct lowering *l, int node, const struct pack *p, int groups,
				      const struct kernel *k, const void *w)
{
	const int64_t width = padded(p->n, k->columns);
	int32_t *bias = ARENA_ARRAY(l->m->arena, width * groups, int32_t);
	struct slopes slopes = slopes_new(l, width * groups);

	for (int64_t i = 0; i < p->n * groups; i++) {
		const struct halves h = halves_of(p, w, i);
		const int64_t at = i / p->n * width + i % p->n;

		bias[at] = (int32_t)bias_of(l->m, node, i, &h);
		const struct requantise r = requantise_of(l->m, node, &h, scale_of(l->m, node, i), bias[at]);
		slopes_set(&slopes, at, &r, &bias[at]);
	}
	return (struct integer_ends){ integers(l->m, "bias", width * groups, bias),
				      integers(l->m, "slopes", slopes.n, slopes.v), width, false };
}

struct integer_ends integer_ends(struct lowering *l, int node, const struct pack *p, int groups,
				 const struct kernel *k, const void *w)
{
	struct module *m = l->m;
	const int64_t width = padded(p->n, k->columns);
	int32_t *bias = ARENA_ARRAY(m->arena, width * groups, int32_t);
	int32_t *lines = ARENA_ARRAY(m->arena, 2 * width * groups, int32_t);
	struct requantise common;

	if (k->lanes > 1)
		return (struct integer_ends){ integer_bias(l, node, p, groups, k->columns, w),
					      integer_scale(l, node, p->n, groups, k->columns), width, false };
	if (k->kind == KERNEL_CONV_INT8 && k->inner == INNER_SMLAD && k->rows == 1 && groups == 1 &&
	    common_line(m, node, p, w, &common))
		return one_line_ends(l, node, p, k, w, &common);
	if (k->slopes)
		return slope_ends(l, node, p, groups, k, w);
	for (int64_t i = 0; i < p->n * groups; i++) {
		const struct halves h = halves_of(p, w, i);
		const int64_t at = i / p->n * width + i % p->n;

		bias[at] = (int32_t)bias_of(m, node, i, &h);
		const struct requantise r = requantise_of(m, node, &h, scale_of(m, node, i), bias[at]);
		const struct nnrt_line line = line_of(&r, &bias[at]);
		if (k->tap_bytes == 1 && node_in_type(m, node, INTEGER_X) == DT_I8)
			bias[at] -= (int32_t)(128 * (h.above + h.below));
		lines[2 * at] = line.slope;
		lines[2 * at + 1] = line.offset;
	}
	return (struct integer_ends){ integers(m, "bias", width * groups, bias),
				      integers(m, "lines", 2 * width * groups, lines), 2 * width, false };
}

int integer_zeros(struct lowering *l, int node, int64_t n)
{
	struct module *m = l->m;
	const int x_zero = node_in(m, node, INTEGER_X_ZERO);
	unsigned char *v = arena_array(m->arena, (size_t)n, 1);
	int t;

	memset(v, (int)(const_int(m, x_zero, 0) & 0xff), (size_t)n);
	t = tensor_const(m, "padding", m->tensor[x_zero].type, 1, &n, v);
	tensor_dense(m, t);
	return t;
}

void integer_moving(struct lowering *l, struct call *call, enum arg_kind kind, int t, int batch, struct num by_batch,
		    int group, struct num by_group)
{
	struct arg *a = call_arg(l, call, kind, t);

	if (batch >= 0)
		a->advance[batch] = by_batch;
	if (group >= 0)
		a->advance[group] = by_group;
}

void integer_numbers(struct lowering *l, struct call *call, int node)
{
	const struct module *m = l->m;
	const int64_t zero = const_int(m, node_in(m, node, INTEGER_Y_ZERO), 0);

	call_number(l, call, num_const(node_in_type(m, node, INTEGER_X) == DT_I8));
	call_number(l, call, num_const(node_attr_int(m, node, "low", 0) - zero));
	call_number(l, call, num_const(node_attr_int(m, node, "high", 0) - zero));
	call_number(l, call, num_const(zero));
}
