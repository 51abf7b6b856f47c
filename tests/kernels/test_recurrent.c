/* The recurrent rows of kernels_layer.def against plain double precision: sizes round the vector, gaps between rows,
 * guard pages, canaries. Activations are the platform's own functions in double. Arguments: cases. */
#include "layers.h"

#include "compiler/kernels/pack.h"

enum { MOST_UNITS = 48 };

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
	enum name kind;
	int gates;
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
	double next[MOST_UNITS] = { 0 }, reset[MOST_UNITS] = { 0 };

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
	struct guarded gates, r, packed, packed_h, scale, scale_h, peep, bias, h0, c0, y, y_h, y_c, scratch;
	int32_t lens[3];
	bool with_peep, with_bias, with_h, with_c, with_lens, with_bytes;
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

static double *doubles(const struct guarded *g)
{
	double *v = malloc(((size_t)g->n + 1) * sizeof(*v));

	if (!v)
		exit(2);
	for (ptrdiff_t i = 0; i < g->n; i++)
		v[i] = (double)g->at[i];
	return v;
}

static void take_back(const struct guarded *g, double *v)
{
	for (ptrdiff_t i = 0; i < g->n; i++)
		g->at[i] = (float)v[i];
	free(v);
}

/* Arguments of a kernel over doubles, which are the floats of the others. */
struct cells {
	const struct nnrt_rnn *p;
	ptrdiff_t cell;
	double *gates, *r, *extra, *h0, *c0, *y, *y_h, *y_c, *reset;
	const int32_t *lens;
};

static void run_cells(const struct recurrent *s, const struct recurrent_data *d, void (*run)(const struct cells *))
{
	const bool lstm = s->kind == LSTM;
	struct cells c = {.p = s->p, .gates = doubles(&d->gates), .r = doubles(&d->r), .y = doubles(&d->y),
		.y_h = doubles(&d->y_h), .y_c = doubles(&d->y_c), .reset = doubles(&d->scratch),
		.lens = d->with_lens ? d->lens : NULL};

	c.cell = lstm ? NNRT_CELL_LSTM : s->kind == RNN ? NNRT_CELL_RNN : s->kind == GRU ? NNRT_CELL_GRU :
		NNRT_CELL_GRU_LINEAR;
	if (lstm && d->with_peep)
		c.extra = doubles(&d->peep);
	if (s->kind == GRU_LINEAR && d->with_bias)
		c.extra = doubles(&d->bias);
	if (d->with_h)
		c.h0 = doubles(&d->h0);
	if (d->with_c)
		c.c0 = doubles(&d->c0);
	run(&c);
	take_back(&d->y, c.y);
	take_back(&d->y_h, c.y_h);
	take_back(&d->y_c, c.y_c);
	free(c.gates);
	free(c.r);
	free(c.extra);
	free(c.h0);
	free(c.c0);
	free(c.reset);
}

/* depth: hidden, or 1 for one number a row. */
static struct guarded packed_gates(int gates, int first, int hidden, int depth, const float *r)
{
	const int order[] = {first, first + 1, first + 2, first + 3};
	struct guarded g;
	int64_t floats;

	if (!pack_gates_size(gates, hidden, depth, NNRT_LANES, &floats))
		exit(2);
	g = guarded_alloc((ptrdiff_t)floats, false);
	pack_gates_f32(gates, order, hidden, depth, NNRT_LANES, r, g.at);
	return g;
}

/* Where packed weights lie once they are bytes: at the end of what their floats took. */
static int8_t *bytes_of(const struct guarded *packed)
{
	return (int8_t *)(packed->at + packed->n) - packed->n;
}

/* Packed weights as bytes, which they are times these scales; from the last on, so that no float is lost unread. */
static void to_bytes(const struct guarded *packed, const struct guarded *scale, int gates, int hidden)
{
	int8_t *const bytes = bytes_of(packed);

	for (ptrdiff_t i = packed->n - 1; i >= 0; i--) {
		const ptrdiff_t vector = i / NNRT_LANES, panel = vector / gates / hidden;
		const float s = scale->at[(panel * gates + vector % gates) * NNRT_LANES + i % NNRT_LANES];

		bytes[i] = s > 0.0f ? (int8_t)lrintf(packed->at[i] / s) : 0;
	}
}

static void recurrent_check(enum name kind, void (*run)(const struct recurrent *, const struct recurrent_data *))
{
	const int gates = kind == RNN ? 1 : kind == LSTM ? 4 : 3, front = kind == GRU ? 2 : gates;
	const int hidden = 1 + pick(2 * NNRT_LANES + 2), batch = 1 + pick(3), steps = pick(5);
	struct nnrt_rnn p = {.steps = steps, .batch = batch, .hidden = hidden, .reverse = pick(2),
		.activation = {NNRT_SIGMOID, NNRT_TANH, NNRT_TANH}, .input_forget = pick(3) == 0};
	struct recurrent_data d = {.with_peep = pick(2), .with_bias = pick(2), .with_h = pick(2), .with_c = pick(2),
		.with_lens = pick(2), .with_bytes = pick(2)};
	struct guarded rows;
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
	rows = guarded_alloc((ptrdiff_t)gates * hidden, true);
	for (ptrdiff_t i = 0; i < rows.n; i++)
		rows.at[i] = (fabsf(rows.at[i]) + 0.01f) / (127.0f * (float)hidden);
	for (ptrdiff_t i = 0; i < d.r.n; i++)
		d.r.at[i] = d.with_bytes ? (float)(pick(255) - 127) * rows.at[i / hidden] : d.r.at[i] / (float)hidden;
	d.packed = packed_gates(front, 0, hidden, hidden, d.r.at);
	d.packed_h = packed_gates(1, gates - 1, hidden, hidden, d.r.at);
	d.scale = packed_gates(front, 0, hidden, 1, rows.at);
	d.scale_h = packed_gates(1, gates - 1, hidden, 1, rows.at);
	if (d.with_bytes) {
		to_bytes(&d.packed, &d.scale, front, hidden);
		to_bytes(&d.packed_h, &d.scale_h, 1, hidden);
	}
	d.peep = guarded_alloc(3 * hidden, true);
	d.bias = guarded_alloc(hidden, true);
	d.h0 = guarded_alloc(batch * p.state_batch, true);
	d.c0 = guarded_alloc(batch * p.state_batch, true);
	d.y = guarded_alloc((steps + 1) * p.y_step + batch * p.y_batch, false);
	d.y_h = guarded_alloc(batch * p.state_batch + 2, false);
	d.y_c = guarded_alloc(batch * p.state_batch + 2, false);
	d.scratch = guarded_alloc(nnrt_gru_f32_scratch(hidden), false);
	run(&s, &d);
	s.r = d.r.at;
	s.peep = d.with_peep ? d.peep.at : NULL;
	s.bias = d.with_bias ? d.bias.at : NULL;
	recurrent_compare(&s, &d);
	guarded_free(&rows);
	for (struct guarded *g = &d.gates; g <= &d.scratch; g++)
		guarded_free(g);
}

/* ---- rows of the table ---- */

/* run_<row>(): a row's function with the arguments that the check has for it. */
#define RECURRENT_RUN(name, ...) \
	static void run_##name(const struct recurrent *s, const struct recurrent_data *d) \
	{ \
		const float *h = given(d->with_h, &d->h0); \
		const int32_t *lens = d->with_lens ? d->lens : NULL; \
		const void *r = d->with_bytes ? (const void *)bytes_of(&d->packed) : d->packed.at; \
		const void *r_h = d->with_bytes ? (const void *)bytes_of(&d->packed_h) : d->packed_h.at; \
		const float *scale = given(d->with_bytes, &d->scale), *scale_h = given(d->with_bytes, &d->scale_h); \
		(void)r_h; \
		(void)scale_h; \
		__VA_ARGS__; \
	}
#define RUN_RNN(name, function) \
	RECURRENT_RUN(name, function(s->p, d->gates.at, r, scale, h, lens, d->y.at, d->y_h.at))
#define RUN_LSTM(name, function) \
	RECURRENT_RUN(name, function(s->p, d->gates.at, r, scale, given(d->with_peep, &d->peep), h, \
		given(d->with_c, &d->c0), lens, d->y.at, d->y_h.at, d->y_c.at))
#define RUN_GRU(name, function) \
	RECURRENT_RUN(name, function(s->p, d->gates.at, r, scale, r_h, scale_h, h, lens, d->y.at, d->y_h.at, \
		d->scratch.at))
#define RUN_GRU_LINEAR(name, function) \
	RECURRENT_RUN(name, function(s->p, d->gates.at, r, scale, given(d->with_bias, &d->bias), h, lens, d->y.at, \
		d->y_h.at))
#define RUN_CELLS(name, function) \
	static void cells_##name(const struct cells *c) \
	{ \
		function(c->p, c->cell, c->gates, c->r, c->extra, c->h0, c->c0, c->lens, c->y, c->y_h, c->y_c, \
			c->reset); \
	} \
	static void run_##name(const struct recurrent *s, const struct recurrent_data *d) \
	{ \
		run_cells(s, d, cells_##name); \
	}
#define RUN_POOL(name, function)
#define RUN_ROWS(name, function)
#define RUN_NORM(name, function)
#define RUN_ROI_ALIGN(name, function)
#define RUN_ROI_MAX(name, function)
#define RUN_SELECT(name, function)
#define RUN_PAIR(name, function)
#define RUN_PRODUCT_BYTES(name, function)
#define RUN_FIND(name, function)
#define RUN_UNIQUE(name, function)
#define RUN_NMS(name, function)
#define RUN_TREES(name, function)
#define RUN_COUPLE(name, function)
#define RUN_MEAN(name, function)
#define RUN_MEAN_ROWS(name, function)
#define RUN_POOL_BYTES(name, function)
#define LAYER(name, function, params, family) RUN_##family(name, function)
#include "runtime_min/kernels/kernels_layer.def"
#undef LAYER

static void cells_check(void (*run)(const struct recurrent *, const struct recurrent_data *))
{
	recurrent_check(RNN, run);
	recurrent_check(LSTM, run);
	recurrent_check(GRU, run);
	recurrent_check(GRU_LINEAR, run);
}

#define CHECK_RNN(name) recurrent_check(name, run_##name);
#define CHECK_LSTM(name) CHECK_RNN(name)
#define CHECK_GRU(name) CHECK_RNN(name)
#define CHECK_GRU_LINEAR(name) CHECK_RNN(name)
#define CHECK_CELLS(name) cells_check(run_##name);
#define CHECK_POOL(name)
#define CHECK_ROWS(name)
#define CHECK_NORM(name)
#define CHECK_ROI_ALIGN(name)
#define CHECK_ROI_MAX(name)
#define CHECK_SELECT(name)
#define CHECK_PAIR(name)
#define CHECK_PRODUCT_BYTES(name)
#define CHECK_FIND(name)
#define CHECK_UNIQUE(name)
#define CHECK_NMS(name)
#define CHECK_TREES(name)
#define CHECK_COUPLE(name)
#define CHECK_MEAN(name)
#define CHECK_MEAN_ROWS(name)
#define CHECK_POOL_BYTES(name)

int main(int argc, char **argv)
{
	const int cases = argc > 1 ? atoi(argv[1]) : 100;

	skip_unless_supported();
	for (int i = 0; i < cases; i++) {
#define LAYER(name, function, params, family) CHECK_##family(name)
#include "runtime_min/kernels/kernels_layer.def"
#undef LAYER
	}
	printf("%s recurrent layers\n", failures ? "not ok" : "ok");
	return failures > 0;
}
