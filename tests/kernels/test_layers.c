/* The rows of kernels_layer.def that pool and that work on rows, and packing, against plain double precision: sizes
 * round the vector, gaps between rows, guard pages, canaries. Recurrent layers: test_recurrent.c; bytes:
 * tests/integers. Arguments: cases. */
#include "layers.h"

#include "compiler/kernels/pack.h"

/* ---- pooling ---- */

static double pool_want(const struct nnrt_conv *p, enum name kind, const float *x, int oy, int ox, int c)
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
			count += inside || (kind == AVERAGE_POOL_PADDED && iy < p->in_h + p->pad_bottom &&
				ix < p->in_w + p->pad_right);
		}
	}
	return kind == MAX_POOL ? most : sum / (count ? count : 1);
}

static void pool_check(enum name kind, void (*run)(const struct nnrt_conv *, const float *, float *))
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
	run(&p, x.at, y.at);
	for (int i = 0; i < p.out_h * p.out_w * p.oc; i++) {
		const int c = i % p.oc, ox = i / p.oc % p.out_w, oy = i / p.oc / p.out_w;
		float *at = y.at + oy * p.y_row + ox * p.y_pixel + c;
		const double want = pool_want(&p, kind, x.at, oy, ox, c);

		if (!(isinf(want) && (double)*at == want))
			expect("pool", (const int *)&p, 15, *at, want, kind == MAX_POOL ? 0.0 : 1e-6);
		*at = canary;
	}
	expect_untouched("pool", &y);
	guarded_free(&x);
	guarded_free(&y);
}

/* ---- rows ---- */

static void row_compare(enum name kind, const struct nnrt_rows *p, const float *x, const float *scale,
	const float *bias, float *y)
{
	const int shape[] = {(int)kind, (int)p->rows, (int)p->n};
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

/* The result in place of x is that beside it, y, bit for bit. */
static void row_in_place(const struct nnrt_rows *p, const struct guarded *x, const float *scale, const float *bias,
	const float *y, void (*run)(const struct nnrt_rows *, const float *, const float *, const float *, float *))
{
	struct nnrt_rows same = *p;
	struct guarded both = guarded_alloc(x->n, true);

	same.y_row = p->x_row;
	memcpy(both.at, x->at, (size_t)x->n * sizeof *both.at);
	run(&same, both.at, scale, bias, both.at);
	for (ptrdiff_t row = 0; row < p->rows; row++) {
		if (memcmp(both.at + row * p->x_row, y + row * p->y_row, (size_t)p->n * sizeof *y) && failures++ < 10)
			printf("not ok row in place: row %ld of %ld floats\n", (long)row, (long)p->n);
	}
	guarded_free(&both);
}

static void row_check(enum name kind,
	void (*run)(const struct nnrt_rows *, const float *, const float *, const float *, float *))
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
	run(&p, x.at, s, b, y.at);
	row_in_place(&p, &x, s, b, y.at, run);
	for (ptrdiff_t row = 0; n && row < p.rows; row++)
		row_compare(kind, &p, x.at + row * p.x_row, s, b, y.at + row * p.y_row);
	expect_untouched("row", &y);
	guarded_free(&x);
	guarded_free(&y);
	guarded_free(&scale);
	guarded_free(&bias);
}

/* ---- packing ---- */

static void pack_check(void)
{
	const int columns = 1 + pick(9);
	const struct pack p = {.n = pick(20), .n_stride = 1 + pick(3), .depth = {1 + pick(4), 1 + pick(4), pick(6)},
		.stride = {60 + pick(3), 180 + pick(3), 700}};
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
	const struct pack p = {.n = INT64_MAX / 4, .n_stride = 1, .depth = {1, 1, 5}, .stride = {0, 0, 1}};
	int64_t floats;

	if ((pack_size(&p, 16, &floats) || pack_gates_size(4, INT64_MAX / 8, 3, 8, &floats)) && failures++ < 10)
		printf("not ok pack_size: overflow accepted\n");
}

/* ---- selection ---- */

/* Of few different keys: every place is the one with as many keys before it as its number says. */
static void select_check(void (*run)(const struct nnrt_select *, const uint64_t *, int64_t *))
{
	enum { MOST = 40, ROWS = 3 };
	const ptrdiff_t n = pick(MOST + 1);
	const struct nnrt_select p = {pick(ROWS + 1), n, pick((int)n + 1)};
	uint64_t keys[MOST * ROWS];
	int64_t place[MOST * ROWS + 1];

	for (ptrdiff_t i = 0; i < p.rows * n; i++)
		keys[i] = (uint64_t)pick(9) << 60;
	for (ptrdiff_t i = 0; i <= p.rows * p.k; i++)
		place[i] = -7;
	run(&p, keys, place);
	for (ptrdiff_t i = 0; i < p.rows * p.k; i++) {
		const uint64_t *row = keys + i / p.k * n;
		ptrdiff_t before = 0;

		for (ptrdiff_t j = 0; j < n; j++)
			before += row[j] > row[place[i]] || (row[j] == row[place[i]] && j < place[i]);
		if (before != i % p.k && failures++ < 10)
			printf("not ok select: %ld keys of %ld before number %ld\n", (long)before, (long)n,
			       (long)(i % p.k));
	}
	if (place[p.rows * p.k] != -7 && failures++ < 10)
		printf("not ok select: written outside of the result\n");
}

/* ---- rows of the table ---- */

/* ---- products with weights that lie as bytes ---- */

/* Bit for bit what nnrt_gemm_f32() makes of the weights as floats. */
static void product_bytes_check(void (*run)(const struct nnrt_gemm *, const float *, const int8_t *, const float *,
	const float *, float *))
{
	struct nnrt_gemm p = {.m = 1 + pick(9), .n = 1 + pick(3 * NNRT_PRODUCT_COLUMNS), .k = pick(40)};
	const ptrdiff_t padded = (p.n + NNRT_PRODUCT_COLUMNS - 1) / NNRT_PRODUCT_COLUMNS * NNRT_PRODUCT_COLUMNS;
	const bool with_bias = pick(3) > 0;
	struct guarded scale = guarded_alloc(padded, true), bias = guarded_alloc(p.n, true);
	struct guarded floats = guarded_alloc(padded * p.k, false);
	int8_t *const bytes = pages_new((size_t)(padded * p.k));
	struct guarded a, y, want;

	p.m_begin = pick((int)p.m);
	p.a_row = p.k + pick(3);
	p.y_row = p.n + pick(3);
	a = guarded_alloc((p.m - 1) * p.a_row + p.k, true);
	y = guarded_alloc(p.m * p.y_row, false);
	want = guarded_alloc(p.m * p.y_row, false);
	for (ptrdiff_t i = 0; i < padded * p.k; i++) {
		const ptrdiff_t panel = i / (p.k * NNRT_PRODUCT_COLUMNS);
		const ptrdiff_t column = panel * NNRT_PRODUCT_COLUMNS + i % NNRT_PRODUCT_COLUMNS;

		bytes[i] = (int8_t)(pick(256) - 128);
		floats.at[i] = (float)bytes[i] * scale.at[column];
	}
	run(&p, a.at, bytes, scale.at, given(with_bias, &bias), y.at);
	nnrt_gemm_f32(&p, a.at, floats.at, given(with_bias, &bias), want.at, nnrt_epilogue_none, NULL, 4,
		NNRT_PRODUCT_COLUMNS);
	for (ptrdiff_t i = 0; i < y.n; i++) {
		const int shape[] = {(int)p.m, (int)p.n, (int)p.k};

		expect("product with bytes", shape, 3, y.at[i], (double)want.at[i], 0.0);
	}
	pages_free(bytes, (size_t)(padded * p.k));
	guarded_free(&a);
	guarded_free(&y);
	guarded_free(&want);
	guarded_free(&scale);
	guarded_free(&bias);
	guarded_free(&floats);
}

/* run_<row>(): a row's function with the arguments that its check has for it. */
#define RUN_POOL(name, function) \
	static void run_##name(const struct nnrt_conv *p, const float *x, float *y) \
	{ \
		function(p, x, y, nnrt_epilogue_none, NULL); \
	}
#define ROWS_RUN(name, call) \
	static void run_##name(const struct nnrt_rows *p, const float *x, const float *scale, const float *bias, \
		float *y) \
	{ \
		(void)scale; \
		(void)bias; \
		call; \
	}
#define RUN_ROWS(name, function) ROWS_RUN(name, function(p, x, y))
#define RUN_NORM(name, function) ROWS_RUN(name, function(p, x, scale, bias, y))
#define RUN_RNN(name, function)
#define RUN_LSTM(name, function)
#define RUN_GRU(name, function)
#define RUN_GRU_LINEAR(name, function)
#define RUN_CELLS(name, function)
#define RUN_ROI_ALIGN(name, function)
#define RUN_ROI_MAX(name, function)
#define RUN_SELECT(name, function) \
	static void run_##name(const struct nnrt_select *p, const uint64_t *keys, int64_t *place) \
	{ \
		function(p, keys, place); \
	}
#define RUN_PAIR(name, function)
#define RUN_PRODUCT_BYTES(name, function) \
	static void run_##name(const struct nnrt_gemm *p, const float *a, const int8_t *b, const float *scale, \
		const float *bias, float *y) \
	{ \
		function(p, a, b, scale, bias, y); \
	}
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

#define CHECK_POOL(name) pool_check(name, run_##name);
#define CHECK_ROWS(name) row_check(name, run_##name);
#define CHECK_NORM(name) CHECK_ROWS(name)
#define CHECK_RNN(name)
#define CHECK_LSTM(name)
#define CHECK_GRU(name)
#define CHECK_GRU_LINEAR(name)
#define CHECK_CELLS(name)
#define CHECK_ROI_ALIGN(name)
#define CHECK_ROI_MAX(name)
#define CHECK_SELECT(name) select_check(run_##name);
#define CHECK_PAIR(name)
#define CHECK_PRODUCT_BYTES(name) product_bytes_check(run_##name);
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
	pack_refuses();
	for (int i = 0; i < cases; i++) {
		pack_check();
#define LAYER(name, function, params, family) CHECK_##family(name)
#include "runtime_min/kernels/kernels_layer.def"
#undef LAYER
	}
	printf("%s packing, pooling, rows, selection\n", failures ? "not ok" : "ok");
	return failures > 0;
}
