/* Packing, pooling, row operations and recurrent layers against plain double precision: sizes round the vector, gaps
 * between rows, guard pages, canaries. Activations are the platform's own functions in double. Arguments: cases. */
#include "check.h"

#include "compiler/lower/pack.h"
#include "runtime_min/kernels/kernels.h"

static void expect(const char *what, const int *shape, int n, float got, double want, double bound)
{
	if (isnan(got) && isnan(want))
		return;
	if (!(fabs((double)got - want) <= bound) && failures++ < 10) {
		printf("not ok %s: got %.9g, want %.9g +- %g; shape", what, (double)got, want, bound);
		for (int i = 0; i < n; i++)
			printf(" %d", shape[i]);
		printf("\n");
	}
}

static void expect_untouched(const char *what, const struct guarded *y)
{
	for (ptrdiff_t i = 0; i < y->n; i++) {
		if (y->at[i] != canary && failures++ < 10)
			printf("not ok %s: written outside of the result at %ld\n", what, (long)i);
	}
}

/* ---- pooling ---- */

enum { MAX, MEAN, MEAN_PADDED };

static double pool_want(const struct nnrt_conv *p, int kind, const float *x, int oy, int ox, int c)
{
	double most = -INFINITY, sum = 0.0;
	int count = 0;

	for (int ky = 0; ky < p->kernel_h; ky++) {
		for (int kx = 0; kx < p->kernel_w; kx++) {
			const int iy = oy * p->stride_h - p->pad_top + ky * p->dilation_h;
			const int ix = ox * p->stride_w - p->pad_left + kx * p->dilation_w;
			const bool inside = iy >= 0 && iy < p->in_h && ix >= 0 && ix < p->in_w;
			const double v = inside ? (double)x[iy * p->x_row + ix * p->x_pixel + c] : 0.0;

			most = inside && v > most ? v : most;
			sum += v;
			count += inside || (kind == MEAN_PADDED && iy < p->in_h + p->pad_bottom && ix < p->in_w +
				p->pad_right);
		}
	}
	return kind == MAX ? most : sum / count;
}

static void pool_check(int kind)
{
	struct nnrt_conv p = {.in_h = 1 + pick(9), .in_w = 1 + pick(9), .kernel_h = 1 + pick(4), .kernel_w = 1 +
		pick(4),
		.stride_h = 1 + pick(3), .stride_w = 1 + pick(3), .dilation_h = 1 + pick(2), .dilation_w = 1 + pick(2),
		.pad_top = pick(3), .pad_left = pick(3), .pad_bottom = pick(3), .pad_right = pick(3), .x_channel = 1};
	struct guarded x, y;

	p.ic = p.oc = 1 + pick(2 * NNRT_LANES + 2);
	if (pick(4) == 0) {
		p.kernel_h = p.in_h;
		p.kernel_w = p.in_w;
	}
	p.out_h = p.in_h + p.pad_top + p.pad_bottom - (p.kernel_h - 1) * p.dilation_h - 1;
	p.out_w = p.in_w + p.pad_left + p.pad_right - (p.kernel_w - 1) * p.dilation_w - 1;
	p.out_h = p.out_h < 0 ? 0 : p.out_h / p.stride_h + 1;
	p.out_w = p.out_w < 0 ? 0 : p.out_w / p.stride_w + 1;
	p.row_end = p.out_h;
	p.x_pixel = p.ic + pick(2);
	p.x_row = p.in_w * p.x_pixel + pick(2);
	p.y_pixel = p.oc + pick(2);
	p.y_row = p.out_w * p.y_pixel + pick(2);
	x = guarded_alloc((p.in_h - 1) * p.x_row + (p.in_w - 1) * p.x_pixel + p.ic, true);
	y = guarded_alloc(p.out_h * p.y_row + 3, false);
	if (kind == MAX)
		nnrt_max_pool_f32(&p, x.at, y.at, nnrt_epilogue_none, NULL);
	else if (kind == MEAN)
		nnrt_average_pool_f32(&p, x.at, y.at, nnrt_epilogue_none, NULL);
	else
		nnrt_average_pool_padded_f32(&p, x.at, y.at, nnrt_epilogue_none, NULL);
	for (int i = 0; i < p.out_h * p.out_w * p.oc; i++) {
		const int c = i % p.oc, ox = i / p.oc % p.out_w, oy = i / p.oc / p.out_w;
		float *at = y.at + oy * p.y_row + ox * p.y_pixel + c;
		const double want = pool_want(&p, kind, x.at, oy, ox, c);

		if (!(isinf(want) && (double)*at == want))
			expect("pool", (const int *)&p, 15, *at, want, kind == MAX ? 0.0 : 1e-6);
		*at = canary;
	}
	expect_untouched("pool", &y);
	guarded_free(&x);
	guarded_free(&y);
}

/* ---- rows ---- */

enum { SOFTMAX, LOG_SOFTMAX, LAYER_NORM };

static void row_compare(int kind, const struct nnrt_rows *p, const float *x, const float *scale, const float *bias,
	float *y)
{
	const int shape[] = {kind, (int)p->rows, (int)p->n};
	double most = -INFINITY, sum = 0.0, exps = 0.0, squares = 0.0;

	for (ptrdiff_t i = 0; i < p->n; i++) {
		most = (double)x[i] > most ? (double)x[i] : most;
		sum += (double)x[i];
	}
	for (ptrdiff_t i = 0; i < p->n; i++) {
		exps += exp((double)x[i] - most);
		squares += pow((double)x[i] - sum / (double)p->n, 2.0);
	}
	for (ptrdiff_t i = 0; i < p->n; i++) {
		const double shrunk = ((double)x[i] - sum / (double)p->n) / sqrt(squares / (double)p->n +
			(double)p->epsilon);
		const double want = kind == SOFTMAX ? exp((double)x[i] - most) / exps :
			kind == LOG_SOFTMAX ? (double)x[i] - most - log(exps) :
			shrunk * (scale ? (double)scale[i] : 1.0) + (bias ? (double)bias[i] : 0.0);

		/* Softmax: relative, a few units in the last place and the sum's; the others are of the order of 10. */
		expect("row", shape, 3, y[i], want, kind == SOFTMAX ? 2e-6 * want + 1e-38 : 2e-5);
		y[i] = canary;
	}
}

static void row_check(int kind)
{
	const int sizes[] = {1, NNRT_LANES - 1, NNRT_LANES, NNRT_LANES + 1, 3 * NNRT_LANES + 2, 100, 5};
	const int n = pick_of(sizes, 7);
	const struct nnrt_rows p = {pick(4), n, n + pick(2), n + pick(2), 1e-5f};
	struct guarded x = guarded_alloc(p.rows ? (p.rows - 1) * p.x_row + n : 0, true);
	struct guarded y = guarded_alloc(p.rows * p.y_row + 3, false);
	struct guarded scale = guarded_alloc(n, true), bias = guarded_alloc(n, true);
	const float *s = pick(2) ? scale.at : NULL, *b = pick(2) ? bias.at : NULL;

	for (ptrdiff_t i = 0; i < x.n; i++)
		x.at[i] *= 10.0f;
	if (kind == SOFTMAX)
		nnrt_softmax_f32(&p, x.at, y.at);
	else if (kind == LOG_SOFTMAX)
		nnrt_log_softmax_f32(&p, x.at, y.at);
	else
		nnrt_layer_norm_f32(&p, x.at, s, b, y.at);
	for (ptrdiff_t row = 0; n && row < p.rows; row++)
		row_compare(kind, &p, x.at + row * p.x_row, s, b, y.at + row * p.y_row);
	expect_untouched("row", &y);
	guarded_free(&x);
	guarded_free(&y);
	guarded_free(&scale);
	guarded_free(&bias);
}

/* ---- recurrent layers ---- */

enum { RNN, LSTM, GRU, GRU_LINEAR, MOST_UNITS = 48 };

static double activation(const struct nnrt_rnn *p, int which, double x)
{
	const double a = (double)p->alpha[which], b = (double)p->beta[which];

	switch (p->activation[which]) {
	case NNRT_SIGMOID: return 1.0 / (1.0 + exp(-x));
	case NNRT_TANH: return tanh(x);
	case NNRT_RELU: return x > 0.0 ? x : 0.0;
	case NNRT_AFFINE: return a * x + b;
	case NNRT_LEAKY_RELU: return x < 0.0 ? a * x : x;
	case NNRT_THRESHOLDED_RELU: return x >= a ? x : 0.0;
	case NNRT_SCALED_TANH: return a * tanh(b * x);
	case NNRT_HARD_SIGMOID: return fmin(1.0, fmax(0.0, a * x + b));
	case NNRT_ELU: return x < 0.0 ? a * expm1(x) : x;
	case NNRT_SOFTSIGN: return x / (1.0 + fabs(x));
	default: return log1p(exp(x));
	}
}

static double gate(const struct nnrt_rnn *p, int which, double x)
{
	if (p->clip > 0.0f)
		x = fmax((double)-p->clip, fmin((double)p->clip, x));
	return activation(p, which, x);
}

/* One batch row of a recurrent layer. */
struct recurrent {
	int kind, gates;
	const struct nnrt_rnn *p;
	const float *in;                /* gates of one step */
	const float *r;                 /* gates x H x H, as ONNX has them */
	const float *peep, *bias;
	double h[MOST_UNITS], c[MOST_UNITS];
};

/* Sum of gate g of unit u from state h. */
static double product(const struct recurrent *s, const double *h, int g, int u)
{
	const int n = s->p->hidden;
	double sum = 0.0;

	for (int k = 0; k < n; k++)
		sum += h[k] * (double)s->r[((ptrdiff_t)g * n + u) * n + k];
	return sum;
}

static void step(struct recurrent *s)
{
	const int n = s->p->hidden;
	double next[MOST_UNITS], reset[MOST_UNITS];

	for (int u = 0; u < n && s->kind >= GRU; u++)
		reset[u] = s->h[u] * gate(s->p, 0, (double)s->in[n + u] + product(s, s->h, 1, u));
	for (int u = 0; u < n; u++) {
		const double x0 = (double)s->in[u] + product(s, s->h, 0, u);

		if (s->kind == RNN) {
			next[u] = gate(s->p, 0, x0);
		} else if (s->kind == LSTM) {
			const double *c = s->c;
			const double pi = s->peep ? (double)s->peep[u] : 0.0, po = s->peep ? (double)s->peep[n + u] :
				0.0;
			const double pf = s->peep ? (double)s->peep[2 * n + u] : 0.0;
			const double i = gate(s->p, 0, x0 + pi * c[u]);
			const double f = s->p->input_forget ? 1.0 - i :
				gate(s->p, 0, (double)s->in[2 * n + u] + product(s, s->h, 2, u) + pf * c[u]);

			s->c[u] = f * c[u] + i * gate(s->p, 1, (double)s->in[3 * n + u] + product(s, s->h, 3, u));
			next[u] = gate(s->p, 0, (double)s->in[n + u] + product(s, s->h, 1, u) + po * s->c[u]) *
				activation(s->p, 2, s->c[u]);
		} else {
			const double z = gate(s->p, 0, x0), r = gate(s->p, 0, (double)s->in[n + u] + product(s, s->h,
				1, u));
			const double linear = r * (product(s, s->h, 2, u) + (s->bias ? (double)s->bias[u] : 0.0));
			const double in = (double)s->in[2 * n + u];

			next[u] = (1.0 - z) * gate(s->p, 1, in + (s->kind == GRU ? product(s, reset, 2, u) :
				linear)) + z * s->h[u];
		}
	}
	memcpy(s->h, next, sizeof(next));
}

struct recurrent_data {
	struct guarded gates, r, packed, packed_h, peep, bias, h0, c0, y, y_h, y_c, scratch;
	int32_t lens[3];
	bool with_peep, with_bias, with_h, with_c, with_lens;
};

static void recurrent_compare(struct recurrent *s, struct recurrent_data *d)
{
	const struct nnrt_rnn *p = s->p;

	for (int b = 0; b < p->batch; b++) {
		const int length = d->with_lens ? d->lens[b] : p->steps;

		for (int u = 0; u < p->hidden; u++) {
			s->h[u] = d->with_h ? (double)d->h0.at[b * p->state_batch + u] : 0.0;
			s->c[u] = d->with_c ? (double)d->c0.at[b * p->state_batch + u] : 0.0;
		}
		for (int i = 0; i < p->steps; i++) {
			const int t = i >= length ? i : p->reverse ? length - 1 - i : i;
			float *y = d->y.at + t * p->y_step + b * p->y_batch;

			s->in = d->gates.at + t * p->gates_step + b * p->gates_batch;
			if (i < length)
				step(s);
			for (int u = 0; u < p->hidden; u++) {
				expect("recurrent y", (const int *)p, 4, y[u], i < length ? s->h[u] : 0.0, 2e-5);
				y[u] = canary;
			}
		}
		for (int u = 0; u < p->hidden; u++) {
			const ptrdiff_t at = b * p->state_batch + u;

			expect("recurrent y_h", (const int *)p, 4, d->y_h.at[at], s->h[u], 2e-5);
			if (s->kind == LSTM)
				expect("recurrent y_c", (const int *)p, 4, d->y_c.at[at], s->c[u], 2e-5);
			d->y_h.at[at] = d->y_c.at[at] = canary;
		}
	}
	expect_untouched("recurrent y", &d->y);
	expect_untouched("recurrent y_h", &d->y_h);
	expect_untouched("recurrent y_c", &d->y_c);
}

static void recurrent_run(int kind, const struct nnrt_rnn *p, const struct recurrent_data *d)
{
	const float *h = d->with_h ? d->h0.at : NULL;
	const int32_t *lens = d->with_lens ? d->lens : NULL;

	if (kind == RNN)
		nnrt_rnn_f32(p, d->gates.at, d->packed.at, h, lens, d->y.at, d->y_h.at);
	else if (kind == LSTM)
		nnrt_lstm_f32(p, d->gates.at, d->packed.at, d->with_peep ? d->peep.at : NULL, h,
			d->with_c ? d->c0.at : NULL, lens, d->y.at, d->y_h.at, d->y_c.at);
	else if (kind == GRU)
		nnrt_gru_f32(p, d->gates.at, d->packed.at, d->packed_h.at, h, lens, d->y.at, d->y_h.at, d->scratch.at);
	else
		nnrt_gru_linear_f32(p, d->gates.at, d->packed.at, d->with_bias ? d->bias.at : NULL, h, lens, d->y.at,
			d->y_h.at);
}

static struct guarded packed_gates(int gates, int first, int hidden, const float *r)
{
	const int order[] = {first, first + 1, first + 2, first + 3};
	struct guarded g;
	int64_t floats;

	if (!pack_gates_size(gates, hidden, hidden, NNRT_LANES, &floats))
		exit(2);
	g = guarded_alloc((ptrdiff_t)floats, false);
	pack_gates_f32(gates, order, hidden, hidden, NNRT_LANES, r, g.at);
	return g;
}

static void recurrent_check(int kind)
{
	const int gates = kind == RNN ? 1 : kind == LSTM ? 4 : 3;
	const int hidden = 1 + pick(2 * NNRT_LANES + 2), batch = 1 + pick(3), steps = pick(5);
	struct nnrt_rnn p = {.steps = steps, .batch = batch, .hidden = hidden, .reverse = pick(2),
		.activation = {NNRT_SIGMOID, NNRT_TANH, NNRT_TANH}, .input_forget = pick(3) == 0};
	struct recurrent_data d = {.with_peep = pick(2), .with_bias = pick(2), .with_h = pick(2), .with_c = pick(2),
		.with_lens = pick(2)};
	struct recurrent s = {.kind = kind, .gates = gates, .p = &p};

	for (int i = 0; i < 3; i++) {
		if (pick(2))
			p.activation[i] = pick(NNRT_SOFTPLUS + 1);
		p.alpha[i] = 0.5f;
		p.beta[i] = 0.75f;
		/* A step function of a sum has no bounded error at its step. */
		if (p.activation[i] == NNRT_THRESHOLDED_RELU)
			p.alpha[i] = 0.0f;
		d.lens[i] = pick(steps + 1);
	}
	p.clip = pick(3) ? 0.0f : 0.6f;
	p.state_batch = hidden + pick(2);
	p.y_batch = pick(2) ? hidden + pick(2) : (steps + 1) * (hidden + 1);
	p.y_step = p.y_batch > 2 * hidden && steps > 0 ? hidden + 1 : batch * p.y_batch;
	p.gates_batch = gates * hidden + pick(2);
	p.gates_step = batch * p.gates_batch;
	d.gates = guarded_alloc(steps * p.gates_step, true);
	d.r = guarded_alloc((ptrdiff_t)gates * hidden * hidden, true);
	for (ptrdiff_t i = 0; i < d.r.n; i++)
		d.r.at[i] /= (float)hidden;
	d.packed = packed_gates(kind == GRU ? 2 : gates, 0, hidden, d.r.at);
	d.packed_h = packed_gates(1, gates - 1, hidden, d.r.at);
	d.peep = guarded_alloc(3 * hidden, true);
	d.bias = guarded_alloc(hidden, true);
	d.h0 = guarded_alloc(batch * p.state_batch, true);
	d.c0 = guarded_alloc(batch * p.state_batch, true);
	d.y = guarded_alloc((steps + 1) * p.y_step + batch * p.y_batch, false);
	d.y_h = guarded_alloc(batch * p.state_batch + 2, false);
	d.y_c = guarded_alloc(batch * p.state_batch + 2, false);
	d.scratch = guarded_alloc(nnrt_gru_f32_scratch(hidden), false);
	recurrent_run(kind, &p, &d);
	s.r = d.r.at;
	s.peep = d.with_peep ? d.peep.at : NULL;
	s.bias = d.with_bias ? d.bias.at : NULL;
	recurrent_compare(&s, &d);
	for (struct guarded *g = &d.gates; g <= &d.scratch; g++)
		guarded_free(g);
}

/* ---- packing ---- */

static void pack_check(void)
{
	const int columns = 1 + pick(9);
	const struct pack p = {pick(20), 1 + pick(3), {1 + pick(4), 1 + pick(4), pick(6)}, {60 + pick(3), 180 +
		pick(3), 700}};
	int64_t floats, at = 0;
	struct guarded w, packed;

	if (!pack_size(&p, columns, &floats)) {
		failures++;
		return;
	}
	w = guarded_alloc(60 + 3 * 62 + 3 * 182 + 5 * 700, true);
	packed = guarded_alloc((ptrdiff_t)floats, false);
	pack_f32(&p, columns, w.at, packed.at);
	for (int64_t n = 0; n < (p.n + columns - 1) / columns * columns; n++) {
		for (int64_t i = 0; i < p.depth[0] * p.depth[1] * p.depth[2]; i++) {
			const int64_t d2 = i % p.depth[2], d1 = i / p.depth[2] % p.depth[1],
				d0 = i / p.depth[2] / p.depth[1];
			const float want = n < p.n ? w.at[n * p.n_stride + d0 * p.stride[0] + d1 * p.stride[1] +
				d2 * p.stride[2]]
						   : 0.0f;
			const int shape[] = {(int)p.n, columns, (int)n, (int)i};

			at = (n / columns * p.depth[0] * p.depth[1] * p.depth[2] + i) * columns + n % columns;
			expect("pack", shape, 4, packed.at[at], (double)want, 0.0);
			packed.at[at] = canary;
		}
	}
	expect_untouched("pack", &packed);
	guarded_free(&w);
	guarded_free(&packed);
}

/* A size that does not fit is refused. */
static void pack_refuses(void)
{
	const struct pack p = {INT64_MAX / 4, 1, {1, 1, 5}, {0, 0, 1}};
	int64_t floats;

	if ((pack_size(&p, 16, &floats) || pack_gates_size(4, INT64_MAX / 8, 3, 8, &floats)) && failures++ < 10)
		printf("not ok pack_size: overflow accepted\n");
}

int main(int argc, char **argv)
{
	const int cases = argc > 1 ? atoi(argv[1]) : 100;

	skip_unless_supported();
	pack_refuses();
	for (int i = 0; i < cases; i++) {
		pack_check();
		for (int kind = MAX; kind <= MEAN_PADDED; kind++)
			pool_check(kind);
		for (int kind = SOFTMAX; kind <= LAYER_NORM; kind++)
			row_check(kind);
		for (int kind = RNN; kind <= GRU_LINEAR; kind++)
			recurrent_check(kind);
	}
	printf("%s packing, pooling, rows, recurrent layers\n", failures ? "not ok" : "ok");
	return failures > 0;
}
