/* Every row of kernels.def that this build's instruction set has, against sums in double precision: sizes around the
 * tile, strides with gaps, rings of rows, partial row ranges, an epilogue that reads a residual, guard pages behind
 * every buffer, canaries in every gap of the output. Arguments: cases a kernel. */
#include "check.h"

#include "kernels/pack.h"
#include "kernels/pack_winograd.h"
#include "table.h"
#include "winograd_sums.h"

/* Where the epilogue finds its residual. */
struct residual {
	const float *at;
	ptrdiff_t row, col;
};

/* y = 2 * sum + residual at the same place. */
static nnrt_vf add_residual(nnrt_vf acc, struct nnrt_at at, const void *const *ctx)
{
	const struct residual *r = ctx[0];
	const nnrt_vf other = nnrt_load_at(r->at + at.row * r->row + at.col * r->col + at.c, at);

	return nnrt_vf_fma(acc, nnrt_vf_set1(2.0f), other);
}

static bool holds(struct sum s, float residual, float got)
{
	s.value = 2.0 * s.value + (double)residual;
	s.magnitude = 2.0 * s.magnitude + fabs((double)residual);
	return sum_holds(&s, got);
}

static void fail(const struct kernel *k, const void *shape, size_t ints, const char *what, ptrdiff_t at)
{
	const int *n = shape;

	if (failures++ > 10)
		return;
	printf("not ok %s: %s at %ld; shape", k->name, what, (long)at);
	for (size_t i = 0; i < ints; i++)
		printf(" %d", n[i]);
	printf("\n");
}

/* ---- convolutions ---- */

struct conv_case {
	struct nnrt_conv p;
	int stored_rows;                /* rows that x holds: in_h, or the ring */
	bool with_bias, with_epilogue;
};

/* Outputs along the edge of a Winograd kernel's tile; 0: it is another kernel. */
static int winograd_tile(const struct kernel *k)
{
	return k->kind == WINOGRAD2 ? 2 : k->kind == WINOGRAD4 ? 4 : 0;
}

static struct conv_case conv_pick(const struct kernel *k)
{
	const int channels[] = {1, 2, 3, 4, 5, 8, 17}, extra[] = {0, 0, 3};
	const int outs[] = {1, k->columns - 1, k->columns, k->columns + 1, 2 * k->columns + 3, 3};
	struct conv_case c = {.with_bias = pick(4) > 0, .with_epilogue = pick(2) > 0};
	struct nnrt_conv *p = &c.p;
	bool planes = !kernel_is_depthwise(k->kind) && !winograd_tile(k) && pick(3) == 0;
	int reach_h, reach_w;

	p->in_h = pick(10) + (pick(20) > 0);
	p->in_w = pick(24) + (pick(20) > 0);
	p->ic = pick_of(channels, 7);
	p->oc = pick_of(outs, 6);
	if (kernel_is_depthwise(k->kind))
		p->ic = p->oc = pick(3) ? p->oc : 2 * k->columns + pick(k->columns + 1);
	p->kernel_h = 1 + pick(5);
	p->kernel_w = 1 + pick(5);
	p->stride_h = 1 + pick(3);
	p->stride_w = 1 + pick(3);
	p->dilation_h = 1 + pick(2);
	p->dilation_w = 1 + pick(2);
	if (winograd_tile(k)) {
		p->kernel_h = p->kernel_w = 3;
		p->stride_h = p->stride_w = p->dilation_h = p->dilation_w = 1;
	}
	if (k->kind == DEPTHWISE_NINE) {
		p->kernel_h = p->kernel_w = 3;
		p->stride_w = 1 + pick(2);
		p->dilation_h = p->dilation_w = 1;
	}
	p->pad_top = pick(5) - 1;
	p->pad_left = pick(5) - 1;
	p->pad_bottom = pick(4);
	p->pad_right = pick(4);
	reach_h = (p->kernel_h - 1) * p->dilation_h + 1;
	reach_w = (p->kernel_w - 1) * p->dilation_w + 1;
	p->out_h = p->in_h + p->pad_top + p->pad_bottom - reach_h;
	p->out_h = p->out_h < 0 ? 0 : p->out_h / p->stride_h + 1;
	p->out_w = p->in_w + p->pad_left + p->pad_right - reach_w;
	p->out_w = p->out_w < 0 ? 0 : p->out_w / p->stride_w + 1;
	p->row_end = p->out_h;
	if (p->out_h > 1 && pick(3) == 0) {
		p->row_begin = pick(p->out_h);
		p->row_end = p->row_begin + 1 + pick(p->out_h - p->row_begin);
	}
	if (p->out_h > 0 && pick(4) == 0) {
		p->row_begin = pick(p->out_h);
		p->row_end = p->row_begin + 1;
		p->x_ring = reach_h;
		p->y_ring = 1 + pick(2);
	}
	c.stored_rows = p->x_ring ? p->x_ring : p->in_h;
	p->x_pixel = planes ? 1 : p->ic + pick_of(extra, 3);
	p->x_row = p->in_w * p->x_pixel + pick_of(extra, 3);
	p->x_channel = planes ? c.stored_rows * p->x_row + pick_of(extra, 3) : 1;
	if (planes && p->x_channel == 1)
		p->x_channel = 2;
	p->y_pixel = p->oc + pick_of(extra, 3);
	p->y_row = p->out_w * p->y_pixel + pick_of(extra, 3);
	return c;
}

static ptrdiff_t conv_x(const struct nnrt_conv *p, int iy, int ix, int c)
{
	return (p->x_ring ? iy % p->x_ring : iy) * p->x_row + ix * p->x_pixel + c * p->x_channel;
}

/* Weight of tap (ky, kx) from input channel i to output channel c, from the packed form; WINOGRAD: as in the model. */
static float conv_w(const struct kernel *k, const struct nnrt_conv *p, const float *w, int c, int i, int ky, int kx)
{
	const int n = k->columns;
	const bool planes = p->x_channel != 1;
	const int ic = kernel_is_depthwise(k->kind) ? 1 : p->ic;
	if (winograd_tile(k))
		return w[(((ptrdiff_t)c * ic + i) * 3 + ky) * 3 + kx];
	const int tap = planes ? (i * p->kernel_h + ky) * p->kernel_w + kx : (ky * p->kernel_w + kx) * ic + i;

	return w[((ptrdiff_t)(c / n) * p->kernel_h * p->kernel_w * ic + tap) * n + c % n];
}

static struct sum conv_sum(const struct kernel *k, const struct nnrt_conv *p, const float *x, const float *w,
	const float *bias, int oy, int ox, int c)
{
	const int begin = kernel_is_depthwise(k->kind) ? c : 0, end = kernel_is_depthwise(k->kind) ? c + 1 : p->ic;
	struct sum s = {0};

	if (bias)
		sum_add(&s, (double)bias[c], 1.0);
	for (int ky = 0; ky < p->kernel_h; ky++) {
		for (int kx = 0; kx < p->kernel_w; kx++) {
			const int iy = oy * p->stride_h - p->pad_top + ky * p->dilation_h;
			const int ix = ox * p->stride_w - p->pad_left + kx * p->dilation_w;

			for (int i = begin; i < end && iy >= 0 && iy < p->in_h && ix >= 0 && ix < p->in_w; i++)
				sum_add(&s, (double)x[conv_x(p, iy, ix, i)],
					(double)conv_w(k, p, w, c, kernel_is_depthwise(k->kind) ? 0 : i, ky, kx));
		}
	}
	return s;
}

/* v[channel][point]: magnitudes of the transformed inputs of the tile that output (oy, ox) lies in. */
static void winograd_tile_inputs(const struct winograd_matrices *m, const struct nnrt_conv *p, const float *x, int oy,
				 int ox, double v[WINOGRAD_CHANNELS][WINOGRAD_MOST * WINOGRAD_MOST])
{
	const int y = oy - (oy - p->row_begin) % m->tile - p->pad_top, left = ox - ox % m->tile - p->pad_left;
	const int limit = p->row_end - p->pad_top + 2 < p->in_h ? p->row_end - p->pad_top + 2 : p->in_h;
	double d[WINOGRAD_MOST * WINOGRAD_MOST];

	for (int i = 0; i < p->ic; i++) {
		for (int at = 0; at < m->edge * m->edge; at++) {
			const int iy = y + at / m->edge, ix = left + at % m->edge;
			const bool inside = iy >= 0 && iy < limit && ix >= 0 && ix < p->in_w;

			d[at] = inside ? fabs((double)x[conv_x(p, iy, ix, i)]) : 0.0;
		}
		winograd_inputs(m, d, v[i]);
	}
}

/* The sum s with the rounding bound that a Winograd kernel has: see winograd_sums.h. u: weights [point][oc][ic]. */
static struct sum winograd_sum(const struct winograd_matrices *m, const struct nnrt_conv *p,
			       double v[WINOGRAD_CHANNELS][WINOGRAD_MOST * WINOGRAD_MOST], const float *u, struct sum s,
			       float bias, int oy, int ox, int c)
{
	s.magnitude = fabs((double)bias);
	for (int i = 0; i < p->ic; i++)
		s.magnitude += winograd_magnitude(m, v[i], u + (ptrdiff_t)c * p->ic + i, (ptrdiff_t)p->oc * p->ic,
			(oy - p->row_begin) % m->tile, ox % m->tile);
	s.terms = (int)ceil(winograd_roundings(p->ic) / 2.0);
	return s;
}

/* Compares what was computed, turning it back to canary; then nothing else may be left. */
static void conv_compare(const struct kernel *k, const struct conv_case *c, const float *x, const float *w,
	const float *u, const float *bias, const float *residual, struct guarded *y)
{
	const struct nnrt_conv *p = &c->p;
	const struct winograd_matrices m = winograd_matrices(winograd_tile(k));
	double v[WINOGRAD_CHANNELS][WINOGRAD_MOST * WINOGRAD_MOST];

	for (int oy = p->row_begin; oy < p->row_end; oy++) {
		for (int ox = 0; ox < p->out_w; ox++) {
			if (u)
				winograd_tile_inputs(&m, p, x, oy, ox, v);
			for (int o = 0; o < p->oc; o++) {
				struct sum s = conv_sum(k, p, x, w, bias, oy, ox, o);
				const ptrdiff_t at = (p->y_ring ? oy % p->y_ring : oy) * p->y_row + ox * p->y_pixel + o;
				const float r = residual[((ptrdiff_t)oy * p->out_w + ox) * p->oc + o];

				if (u)
					s = winograd_sum(&m, p, v, u, s, bias ? bias[o] : 0.0f, oy, ox, o);
				if (c->with_epilogue ? !holds(s, r, y->at[at]) : !sum_holds(&s, y->at[at]))
					fail(k, p, 15, "wrong sum", at);
				y->at[at] = canary;
			}
		}
	}
	for (ptrdiff_t i = 0; i < y->n; i++) {
		if (y->at[i] != canary)
			fail(k, p, 15, "written outside of the result", i);
	}
}

/* A Winograd kernel over blocks of one to all tiles. w: as in the model; u: room for the transformed weights. */
static void winograd_run(const struct kernel *k, const struct conv_case *c, const float *x, const float *w, float *u,
	const float *bias, const float *zero, float *y, const void *const *ctx)
{
	const struct nnrt_conv *p = &c->p;
	const int tile = winograd_tile(k), tiles = 1 + pick(40);
	const int64_t pairs = (int64_t)p->oc * p->ic, points = (int64_t)(tile + 2) * (tile + 2);
	const struct pack pack = {.n = p->oc, .n_stride = p->ic, .depth = {1, points, p->ic},
		.stride = {0, pairs, 1}};
	const int64_t panels = (p->oc + k->columns - 1) / k->columns;
	struct guarded packed = guarded_alloc((ptrdiff_t)(panels * k->columns * points * p->ic), false);
	struct guarded scratch = guarded_alloc(nnrt_winograd_scratch(p->ic, tiles, k->columns, tile), false);

	winograd_weights_f32(tile, p->oc, p->ic, w, u);
	pack_f32(&pack, k->columns, u, packed.at);
	k->run.winograd(p, x, packed.at, bias, zero, y, scratch.at, tiles,
		c->with_epilogue ? add_residual : nnrt_epilogue_none, ctx);
	guarded_free(&packed);
	guarded_free(&scratch);
}

/* Input rows that no wanted output row sees are no numbers: a kernel that read them would spread that. */
static void conv_spoil(const struct conv_case *c, float *x)
{
	const struct nnrt_conv *p = &c->p;
	const int first = p->row_begin * p->stride_h - p->pad_top;
	const int last = (p->row_end - 1) * p->stride_h - p->pad_top + (p->kernel_h - 1) * p->dilation_h;

	for (int iy = 0; iy < p->in_h && !p->x_ring; iy++) {
		for (int at = 0; (iy < first || iy > last) && at < p->in_w * p->ic; at++)
			x[conv_x(p, iy, at / p->ic, at % p->ic)] = NAN;
	}
}

static void conv_check(const struct kernel *k)
{
	const struct conv_case c = conv_pick(k);
	const struct nnrt_conv *p = &c.p;
	const ptrdiff_t depth = (ptrdiff_t)p->kernel_h * p->kernel_w * (kernel_is_depthwise(k->kind) ? 1 : p->ic);
	const ptrdiff_t last_x = p->in_w < 1 || c.stored_rows < 1 ? -1 :
		(c.stored_rows - 1) * p->x_row + (p->in_w - 1) * p->x_pixel + (p->ic - 1) * p->x_channel;
	const int y_rows = p->y_ring ? p->y_ring : p->out_h;
	struct guarded x = guarded_alloc(last_x + 1, true);
	struct guarded w = guarded_alloc((p->oc + k->columns - 1) / k->columns * k->columns * depth, true);
	struct guarded bias = guarded_alloc(p->oc, true), zero = guarded_alloc(p->ic, true);
	struct guarded residual = guarded_alloc((ptrdiff_t)p->out_h * p->out_w * p->oc, true);
	struct guarded y = guarded_alloc(y_rows * p->y_row + 5, false);
	struct guarded u = guarded_alloc(winograd_tile(k) ? (ptrdiff_t)36 * p->oc * p->ic : 0, false);
	const struct residual r = {residual.at, (ptrdiff_t)p->out_w * p->oc, p->oc};
	const void *const ctx[] = {&r};
	const nnrt_epilogue epilogue = c.with_epilogue ? add_residual : nnrt_epilogue_none;
	const float *b = c.with_bias ? bias.at : NULL;

	memset(zero.at, 0, (size_t)p->ic * sizeof(float));
	conv_spoil(&c, x.at);
	if (winograd_tile(k))
		winograd_run(k, &c, x.at, w.at, u.at, b, zero.at, y.at, ctx);
	else if (kernel_is_depthwise(k->kind))
		k->run.depthwise(p, x.at, w.at, b, y.at, epilogue, ctx);
	else
		k->run.conv(p, x.at, w.at, b, zero.at, y.at, epilogue, ctx);
	conv_compare(k, &c, x.at, w.at, winograd_tile(k) ? u.at : NULL, b, residual.at, &y);
	guarded_free(&u);
	guarded_free(&x);
	guarded_free(&w);
	guarded_free(&bias);
	guarded_free(&zero);
	guarded_free(&residual);
	guarded_free(&y);
}

/* ---- matrix products ---- */

static struct nnrt_gemm gemm_pick(const struct kernel *k)
{
	const int ms[] = {0, 1, k->rows - 1, k->rows, k->rows + 1, 2 * k->rows + 3, 3 * k->rows};
	const int ns[] = {0, 1, k->columns - 1, k->columns, k->columns + 1, 2 * k->columns + 5, 3};
	const int ks[] = {0, 1, 2, 3, 4, 5, 9, 32, 67}, extra[] = {0, 0, 3};
	struct nnrt_gemm p = {0};

	p.m = pick_of(ms, 7);
	p.n = pick_of(ns, 7);
	p.k = pick_of(ks, 9);
	p.m_begin = p.m > 1 && pick(3) == 0 ? pick((int)p.m) : 0;
	p.a_row = p.k + pick_of(extra, 3);
	p.b_row = (k->kind == GEMM_TRANSPOSED ? p.k : p.n) + pick_of(extra, 3);
	p.y_row = p.n + pick_of(extra, 3);
	return p;
}

static float gemm_b(const struct kernel *k, const struct nnrt_gemm *p, const float *b, ptrdiff_t l, ptrdiff_t j)
{
	if (k->kind == GEMM_UNPACKED)
		return b[l * p->b_row + j];
	if (k->kind == GEMM_TRANSPOSED)
		return b[j * p->b_row + l];
	return b[(j / k->columns * p->k + l) * k->columns + j % k->columns];
}

static ptrdiff_t gemm_b_size(const struct kernel *k, const struct nnrt_gemm *p)
{
	if (k->kind == GEMM_UNPACKED)
		return p->k ? (p->k - 1) * p->b_row + p->n : 0;
	if (k->kind == GEMM_TRANSPOSED)
		return p->n ? (p->n - 1) * p->b_row + p->k : 0;
	return (p->n + k->columns - 1) / k->columns * k->columns * p->k;
}

static void gemm_compare(const struct kernel *k, const struct nnrt_gemm *p, const float *a, const float *b,
	const float *bias, const float *residual, struct guarded *y)
{
	const int shape[] = {(int)p->m_begin, (int)p->m, (int)p->n, (int)p->k, (int)p->a_row, (int)p->b_row};

	for (ptrdiff_t i = p->m_begin; i < p->m; i++) {
		for (ptrdiff_t j = 0; j < p->n; j++) {
			const ptrdiff_t at = i * p->y_row + j;
			struct sum s = {0};

			if (bias)
				sum_add(&s, (double)bias[j], 1.0);
			for (ptrdiff_t l = 0; l < p->k; l++)
				sum_add(&s, (double)a[i * p->a_row + l], (double)gemm_b(k, p, b, l, j));
			if (!holds(s, residual[i * p->n + j], y->at[at]))
				fail(k, shape, 6, "wrong sum", at);
			y->at[at] = canary;
		}
	}
	for (ptrdiff_t i = 0; i < y->n; i++) {
		if (y->at[i] != canary)
			fail(k, shape, 6, "written outside of the result", i);
	}
}

static void gemm_check(const struct kernel *k)
{
	const struct nnrt_gemm p = gemm_pick(k);
	struct guarded a = guarded_alloc(p.m ? (p.m - 1) * p.a_row + p.k : 0, true);
	struct guarded b = guarded_alloc(gemm_b_size(k, &p), true), bias = guarded_alloc(p.n, true);
	struct guarded residual = guarded_alloc(p.m * p.n, true), y = guarded_alloc(p.m * p.y_row + 5, false);
	struct guarded scratch = guarded_alloc(nnrt_gemm_f32_transposed_scratch(p.k, k->columns), false);
	const struct residual r = {residual.at, 0, p.n};
	const void *const ctx[] = {&r};
	const float *with = pick(4) ? bias.at : NULL;

	if (k->kind == GEMM_TRANSPOSED)
		k->run.transposed(&p, a.at, b.at, with, y.at, scratch.at, add_residual, ctx);
	else
		k->run.gemm(&p, a.at, b.at, with, y.at, add_residual, ctx);
	gemm_compare(k, &p, a.at, b.at, with, residual.at, &y);
	guarded_free(&a);
	guarded_free(&b);
	guarded_free(&bias);
	guarded_free(&residual);
	guarded_free(&y);
	guarded_free(&scratch);
}

int main(int argc, char **argv)
{
	const int cases = turns_of(argc, argv);
	int rows = 0;

	skip_unless_supported();
	for (int i = 0; i < n_kernels; i++) {
		if (kernels[i].a != TYPES_F32)
			continue;
		const int before = failures;

		for (int c = 0; c < cases; c++) {
			if (kernels[i].kind <= DEPTHWISE)
				conv_check(&kernels[i]);
			else
				gemm_check(&kernels[i]);
		}
		printf("%s %s\n", failures > before ? "not ok" : "ok", kernels[i].name);
		rows++;
	}
	return rows ? failures > 0 : STATUS_SKIPPED;
}
