/* ConvTranspose as ordinary convolutions. Outputs o = phase + stride * t of one phase see only the kernel positions r
 * with phase + begin - r * dilation a multiple of the stride, and input t + (phase + begin - r * dilation) / stride: a
 * convolution with stride 1 over t, its taps in reverse order, whose results lie `stride` pixels apart. So stride_h *
 * stride_w calls write y between them. */
#include "lower/conv_shape.h"
#include "ops/conv_transpose.h"
#include "targets/target.h"

/* One phase along one axis: taps r = first + j * step, j = 0 … taps-1, tap j at input t + base - j * dilation. */
struct phase {
	int64_t first, step, taps, base, dilation;
	struct num out;
};

struct transposed {
	struct node_plan plan;
	struct conv_shape c;            /* of the whole: in, channels, groups; the rest is a phase's */
	struct num out[2];
	int64_t kernel[2], stride[2], dilation[2], begin[2];
	struct convolution *part;       /* one a phase: stride[0] * stride[1] */
};

/* The convolution of two phases. */
struct convolution {
	struct conv_shape c;
	struct phase phase[2];
	const struct kernel *kernel;
};

static int64_t gcd(int64_t a, int64_t b)
{
	while (b) {
		int64_t r = a % b;
		a = b;
		b = r;
	}
	return a;
}

static int64_t floor_mod(int64_t a, int64_t b)
{
	return (a % b + b) % b;
}

static struct phase phase_of(struct module *m, const struct transposed *t, int k, int64_t phase)
{
	const int64_t stride = t->stride[k], dilation = t->dilation[k], common = gcd(stride, dilation);
	const struct num left = num_max(&m->nums, num_sub(&m->nums, t->out[k], num_const(phase)), num_const(0));
	struct phase p = { .step = stride / common, .dilation = dilation / common,
			   .out = num_ceildiv(&m->nums, left, num_const(stride)) };

	while (p.first < t->kernel[k] && floor_mod(phase + t->begin[k] - p.first * dilation, stride))
		p.first++;
	if (p.first >= t->kernel[k])
		return p;
	p.taps = (t->kernel[k] - 1 - p.first) / p.step + 1;
	p.base = (phase + t->begin[k] - p.first * dilation) / stride;
	return p;
}

static bool transposed_read(struct module *m, int node, struct transposed *t, const char **why)
{
	struct conv_shape *c = &t->c;
	const struct tensor *x = node_in_tensor(m, node, 0), *w = node_in_tensor(m, node, 1);
	struct window window;
	int spatial;

	*t = (struct transposed){ .out = { num_const(1), num_const(1) }, .kernel = { 1, 1 }, .stride = { 1, 1 },
				  .dilation = { 1, 1 } };
	*c = (struct conv_shape){ .x = node_in(m, node, 0), .w = node_in(m, node, 1), .b = node_in(m, node, 2),
				  .y = node_out(m, node, 0), .rank = x->rank, .batch_hi = x->dim[0].n,
				  .groups = (int)node_attr_int(m, node, "group", 1),
				  .g = { .stride_h = 1, .stride_w = 1, .in_h = num_const(1) } };
	*why = "only float32 has kernels";
	if (x->type != DT_F32)
		return false;
	*why = "only one or two spatial axes have kernels";
	if (x->rank != 3 && x->rank != 4)
		return false;
	*why = "weights are not constant";
	if (!w->data)
		return false;
	*why = "its attributes do not go together";
	if (!transpose_window(m, node, &window))
		return false;
	spatial = window.n;
	for (int k = 0; k < spatial; k++) {
		const int to = 2 - spatial + k;
		*why = "padding depends on a run-time size";
		if (!num_is_const(window.begin[k]))
			return false;
		*why = "a size exceeds int";
		if (window.in[k].n > INT32_MAX / 4 || window.out[k].n > INT32_MAX / 4 || window.stride[k] > 64 ||
		    window.begin[k].n > INT32_MAX / 4 || window.kernel[k].n * window.dilation[k] > INT32_MAX / 4)
			return false;
		t->out[to] = window.out[k];
		t->kernel[to] = window.kernel[k].n;
		t->stride[to] = window.stride[k];
		t->dilation[to] = window.dilation[k];
		t->begin[to] = window.begin[k].n;
	}
	if (spatial == 2)
		c->g.in_h = window.in[0];
	c->g.in_w = window.in[spatial - 1];
	c->g.ic = w->dim[0].n / c->groups;
	c->g.oc = w->dim[1].n;
	if (c->groups > 1 && c->g.ic == 1 && c->g.oc == 1)
		conv_join_groups(c);
	return true;
}

static bool is_depthwise(const struct module *m, const struct transposed *t)
{
	return m->tensor[t->c.w].dim[0].n == t->c.g.oc && m->tensor[t->c.w].dim[1].n == 1 && t->c.groups == 1 &&
	       t->c.g.oc > 1;
}

/* Geometry of phase h of rows and w of columns. */
static void phase_shape(struct module *m, const struct transposed *t, int64_t h, int64_t w, struct convolution *part)
{
	const int64_t phase[2] = { h, w };
	struct conv_shape *c = &part->c;
	struct phase *p = part->phase;
	int64_t pad[2];

	*c = t->c;
	for (int k = 0; k < 2; k++) {
		p[k] = phase_of(m, t, k, phase[k]);
		/* No tap at all: one of weight 0, far outside. */
		pad[k] = p[k].taps ? (p[k].taps - 1) * p[k].dilation - p[k].base : INT32_MAX / 2;
	}
	c->g.kernel_h = p[0].taps ? p[0].taps : 1;
	c->g.kernel_w = p[1].taps ? p[1].taps : 1;
	c->g.dilation_h = p[0].dilation;
	c->g.dilation_w = p[1].dilation;
	c->g.out_h = p[0].out;
	c->g.out_w = p[1].out;
	c->g.pad_top = num_const(pad[0]);
	c->g.pad_left = num_const(pad[1]);
	c->g.y_step_h = t->stride[0];
	c->g.y_step_w = t->stride[1];
}

static const struct kernel *choose(struct module *m, const struct transposed *t, const struct conv_shape *c,
				   double *cycles)
{
	const bool depthwise = is_depthwise(m, t);
	const int64_t taps = c->g.kernel_h * c->g.kernel_w;
	const struct kernel *k = kernel_choose(m, depthwise ? KERNEL_DEPTHWISE : KERNEL_CONV,
					       c->g.out_h.n * c->g.out_w.n, c->g.oc,
					       depthwise ? taps : c->g.ic * taps, cycles);

	*cycles *= (double)(c->batch_hi * c->groups);
	return k;
}

static struct node_plan *plan_transposed(struct module *m, int node, const char **why)
{
	struct transposed *t = ARENA_NEW(m->scratch, struct transposed);
	struct convolution *part;

	if (!transposed_read(m, node, t, why))
		return NULL;
	*why = "the target has no such kernel";
	part = t->part = ARENA_ARRAY(m->scratch, t->stride[0] * t->stride[1], struct convolution);
	for (int64_t h = 0; h < t->stride[0]; h++)
		for (int64_t w = 0; w < t->stride[1]; w++, part++) {
			double cycles = 0;

			phase_shape(m, t, h, w, part);
			part->kernel = choose(m, t, &part->c, &cycles);
			if (!part->kernel)
				return NULL;
			t->plan.cycles += cycles;
		}
	return &t->plan;
}

/* The taps of a phase as the weights of a convolution: oc x ic x kh x kw a group, taps reversed. */
static const float *phase_weights(struct lowering *l, const struct transposed *t, const struct conv_shape *c,
				  const struct phase p[2])
{
	const struct module *m = l->m;
	const bool depthwise = is_depthwise(m, t);
	const int64_t ic = depthwise ? 1 : c->g.ic, taps = c->g.kernel_h * c->g.kernel_w,
		      area = t->kernel[0] * t->kernel[1];
	const int64_t per_input = depthwise ? 1 : c->g.oc, groups = depthwise ? c->g.oc : c->groups;
	const float *from = m->tensor[c->w].data;
	float *w = ARENA_ARRAY(m->arena, groups * per_input * ic * taps, float);

	if (!p[0].taps || !p[1].taps)
		return w;
	for (int64_t g = 0; g < groups; g++)
		for (int64_t o = 0; o < per_input; o++)
			for (int64_t i = 0; i < ic; i++)
				for (int64_t tap = 0; tap < taps; tap++) {
					const int64_t y =
						p[0].first + (c->g.kernel_h - 1 - tap / c->g.kernel_w) * p[0].step;
					const int64_t x =
						p[1].first + (c->g.kernel_w - 1 - tap % c->g.kernel_w) * p[1].step;
					w[((g * per_input + o) * ic + i) * taps + tap] =
						from[((g * ic + i) * per_input + o) * area + y * t->kernel[1] + x];
				}
	return w;
}

static int phase_packed(struct lowering *l, const struct transposed *t, const struct conv_shape *c,
			const struct phase p[2], const struct kernel *k, int64_t *size)
{
	const struct pack pack = is_depthwise(l->m, t) ? conv_pack_depthwise(c) : conv_pack(c, false);

	return lower_packed_groups(l, l->m->tensor[c->w].name, &pack, k, phase_weights(l, t, c, p),
				   c->groups, size);
}

static void lower_phase(struct lowering *l, const struct transposed *t, int64_t h, int64_t w, int x, int y)
{
	struct module *m = l->m;
	const struct tensor *ty = &m->tensor[y];
	const struct convolution *part = &t->part[h * t->stride[1] + w];
	struct conv_shape c = part->c;
	struct call *call;
	int64_t size;
	int packed;

	if (num_is(c.g.out_h, 0) || num_is(c.g.out_w, 0))
		return;
	c.y = y;
	c.y_first = num_mul(&m->nums, num_const(w), ty->stride[c.rank - 1]);
	if (c.rank == 4)
		c.y_first = num_add(&m->nums, c.y_first, num_mul(&m->nums, num_const(h), ty->stride[2]));
	packed = phase_packed(l, t, &c, part->phase, part->kernel, &size);
	call = lower_kernel(l, part->kernel, GEOMETRY_CONV);
	conv_fields(l, call, &c, x, false);
	conv_arguments(l, call, &c, x, packed, size, y, !is_depthwise(m, t));
	if (is_depthwise(m, t))
		l->block->step[l->block->n - 1].macs /= c.g.oc;
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	const struct transposed *t = (const struct transposed *)plan;
	int x, y;

	conv_images(l, &t->c, false, &x, &y);
	for (int64_t h = 0; h < t->stride[0]; h++)
		for (int64_t w = 0; w < t->stride[1]; w++)
			lower_phase(l, t, h, w, x, y);
	lower_finish(l, y, t->c.y);
}

const struct strategy conv_transposed = {
	.name = "conv_transposed", .op = "ConvTranspose", .plan = plan_transposed, .lower = lower
};
