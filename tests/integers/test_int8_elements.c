/* Kernels that take bytes one by one, or row by row, against slow loops, as test_int8.c does with products. */
#include "../kernels/check.h"
#include "../kernels/table.h"
#include "guarded.h"
#include "lower/mean_line.h"

/* Sums of two tensors by multiply-adds, with bytes that end at a guarded page. */
static void run_add(const struct kernel *r)
{
	const int either = r->a == TYPES_BYTE, always = r->a == TYPES_S8, is_signed = always || (either && pick(2));
	const float scale = pick(20) ? 2e-4f : 1e8f;    /* now and then too large for an integer */
	const struct nnrt_int8_add p = {.n = pick(300),
		.a_signed = always || (either && pick(2)),
		.b_signed = always || (either && pick(2)),
		.a_factor = (float)(1 + pick(9999)) * scale,
		.b_factor = (float)(1 + pick(9999)) * scale,
		.offset = (float)(pick(2000) - 1000) / (pick(2) ? 8.0f : 7.0f),
		.low = (is_signed ? -128 : 0) + pick(100),
		.high = (is_signed ? 127 : 255) - pick(100)};
	const size_t n = (size_t)p.n;
	unsigned char *a = guarded_bytes(n), *b = guarded_bytes(n), *y = guarded_bytes(n);
	const int over = pick(3);       /* y is a, b, or neither */

	for (size_t i = 0; i < n; i++) {
		a[i] = (unsigned char)pick(256);
		b[i] = (unsigned char)pick(256);
		y[i] = over ? b[i] : a[i];
	}
	r->run.add_int8(&p, over == 0 ? y : a, over == 1 ? y : b, y);
	for (size_t i = 0; i < n && failures < 10; i++) {
		const int qa = p.a_signed && a[i] > 127 ? a[i] - 256 : a[i],
			  qb = p.b_signed && b[i] > 127 ? b[i] - 256 : b[i];
		const double sum = rint((double)fmaf((float)qa, p.a_factor, fmaf((float)qb, p.b_factor, p.offset)));
		const double wanted_sum = sum > p.low ? sum < p.high ? sum : p.high : p.low;

		if (y[i] != (unsigned char)(int)wanted_sum) {
			printf("%s: element %zu of %zu is %d, expected %d\n", r->name, i, n, y[i], (int)wanted_sum);
			failures++;
		}
	}
	release_bytes(a, n);
	release_bytes(b, n);
	release_bytes(y, n);
}

/* Sums of two tensors by integers, with bytes that end at a guarded page. */
static void run_sum(const struct kernel *r)
{
	const int halves = r->kind == ADD_HALVES, is_signed = pick(2), whole = halves || pick(2);
	const int lost = halves ? 8 : 0, shift = 28 - lost;
	const struct nnrt_int8_sum p = {.n = pick(140),
		.a_signed = whole ? 1 : pick(2),
		.b_signed = whole ? 1 : pick(2),
		.a_factor = pick(1 << 30),
		.b_factor = pick(1 << 30),
		.offset = ((int64_t)pick(600) - 300) * (1 << shift) + pick(1 << shift),
		.low = whole || is_signed ? -128 : pick(100),
		.high = whole || is_signed ? 127 : 255 - pick(100)};
	const size_t n = (size_t)p.n;
	unsigned char *a = guarded_bytes(n), *b = guarded_bytes(n), *y = guarded_bytes(n);
	const int over = pick(3);       /* y is a, b, or neither */

	for (size_t i = 0; i < n; i++) {
		a[i] = (unsigned char)pick(256);
		b[i] = (unsigned char)pick(256);
		y[i] = over ? b[i] : a[i];
	}
	r->run.add_integer(&p, over == 0 ? y : a, over == 1 ? y : b, y);
	for (size_t i = 0; i < n && failures < 10; i++) {
		const int qa = p.a_signed && a[i] > 127 ? a[i] - 256 : a[i],
			  qb = p.b_signed && b[i] > 127 ? b[i] - 256 : b[i];
		const double sum = floor((double)qa * p.a_factor / (1 << lost)) +
				   floor((double)qb * p.b_factor / (1 << lost)) + (double)p.offset;
		const double wanted_sum = fmin(fmax(floor(sum / (1 << shift)), p.low), p.high);

		if (y[i] != (unsigned char)(int)wanted_sum) {
			printf("%s: element %zu of %zu is %d, expected %d\n", r->name, i, n, y[i], (int)wanted_sum);
			failures++;
		}
	}
	release_bytes(a, n);
	release_bytes(b, n);
	release_bytes(y, n);
}

/* Tables over rows, y and x ending at guarded pages; between rows nothing may change. */
static void run_table(const struct kernel *r)
{
	const int rows = 1 + pick(4), n = pick(200), over = pick(3) == 0, x_row = n + pick(9);
	const struct nnrt_int8_table p = {rows, n, x_row, over ? x_row : n + pick(9), pick(2)};
	const size_t x_bytes = (size_t)((rows - 1) * p.x_row + n), y_bytes = (size_t)((rows - 1) * p.y_row + n);
	unsigned char table[256];
	unsigned char *x = guarded_bytes(x_bytes), *y = over ? x : guarded_bytes(y_bytes);
	unsigned char *expected = malloc(y_bytes + 1);

	for (size_t i = 0; i < 256; i++)
		table[i] = (unsigned char)pick(256);
	for (size_t i = 0; i < x_bytes; i++)
		x[i] = (unsigned char)pick(256);
	if (!over)
		memset(y, 0xa5, y_bytes);
	memcpy(expected, y, y_bytes);
	for (int row = 0; row < p.rows; row++)
		for (int i = 0; i < p.n; i++)
			expected[row * p.y_row + i] = table[x[row * p.x_row + i] ^ (p.x_signed ? 128 : 0)];
	r->run.table_int8(&p, x, table, y);
	if (memcmp(y, expected, y_bytes) && failures++ < 10)
		printf("%s: %d rows of %d differ\n", r->name, p.rows, p.n);
	free(expected);
	release_bytes(x, x_bytes);
	if (!over)
		release_bytes(y, y_bytes);
}

/* Lines of channels, x and y ending at guarded pages; between rows nothing may change. */
static void run_lines(const struct kernel *r)
{
	const int rows = 1 + pick(4), n = pick(70), over = pick(3) == 0, x_row = n + pick(9), is_signed = pick(2);
	const struct nnrt_int8_lines p = {.rows = rows,
		.n = n,
		.x_row = x_row,
		.y_row = over ? x_row : n + pick(9),
		.x_signed = pick(2),
		.low = (is_signed ? -128 : 0) + pick(100),
		.high = (is_signed ? 127 : 255) - pick(100)};
	const size_t x_bytes = (size_t)((rows - 1) * p.x_row + n), y_bytes = (size_t)((rows - 1) * p.y_row + n);
	unsigned char *x = guarded_bytes(x_bytes), *y = over ? x : guarded_bytes(y_bytes);
	unsigned char *expected = malloc(y_bytes + 1);
	float factor[128], offset[128];

	for (int i = 0; i < 128; i++) {
		factor[i] = pick_float() * (pick(20) ? 3.0f : 1e8f);    /* now and then too large for an integer */
		offset[i] = (float)(pick(2000) - 1000) / (pick(2) ? 8.0f : 7.0f);
	}
	for (size_t i = 0; i < x_bytes; i++)
		x[i] = (unsigned char)pick(256);
	if (!over)
		memset(y, 0xa5, y_bytes);
	memcpy(expected, y, y_bytes);
	for (int row = 0; row < rows; row++)
		for (int i = 0; i < n; i++) {
			const int byte = x[row * p.x_row + i], q = p.x_signed && byte > 127 ? byte - 256 : byte;
			const double v = (double)fmaf((float)q, factor[i], offset[i]);

			expected[row * p.y_row + i] =
				(unsigned char)(int)rint(v > p.low ? v < p.high ? v : p.high : p.low);
		}
	r->run.lines_int8(&p, x, factor, offset, y);
	if (memcmp(y, expected, y_bytes) && failures++ < 10)
		printf("%s: %d rows of %d differ\n", r->name, rows, n);
	free(expected);
	release_bytes(x, x_bytes);
	if (!over)
		release_bytes(y, y_bytes);
}

/* What one element of an interpolated image must be: products and sums are rounded through volatile variables, one by
 * one. */
static int resized(const struct nnrt_int8_resize *p, const unsigned char *x, const int32_t *row, const float *weight_h,
	const int32_t *column, const float *weight_w, int c)
{
	volatile float sum = 0, v, w;
	double q;

	for (int i = 0; i < p->taps_h; i++)
		for (int j = 0; j < p->taps_w; j++) {
			const int byte = x[row[i] * p->x_row + column[j] / p->channels * p->x_pixel + c];

			v = (float)((p->x_signed && byte > 127 ? byte - 256 : byte) - p->x_zero);
			v *= p->x_scale;
			w = weight_h[i] * weight_w[j];
			v *= w;
			sum += v;
		}
	sum /= p->y_scale;
	q = rint((double)sum);
	return (int)(q > p->low ? q < p->high ? q : p->high : p->low) + p->y_zero;
}

/* Samples of n elements along an axis of `in`, `step` apart; as Resize gives them, but with any weights. */
static void draw_samples(int32_t *index, float *weight, int n, int taps, int in, int step)
{
	for (int o = 0; o < n; o++)
		for (int k = 0, first = pick(in + 2) - 1; k < taps; k++) {
			const int at = first + k;

			index[o * taps + k] = (at < 0 ? 0 : at >= in ? in - 1 : at) * step;
			weight[o * taps + k] = pick_float();
		}
}

/* Interpolation; x and y end at guarded pages, and between pixels and rows nothing may change. */
static void run_resize(const struct kernel *r)
{
	enum { MOST = 8 * NNRT_RESIZE_TAPS };
	const int in_h = 1 + pick(6), in_w = 1 + pick(6), out_h = 1 + pick(8), out_w = 1 + pick(8), n = 1 + pick(40);
	const int two = pick(2), gap = pick(2) ? 0 : pick(5), x_pixel = n + pick(4), y_zero = pick(256);
	const struct nnrt_int8_resize p = {.in_w = in_w,
		.out_h = out_h,
		.out_w = out_w,
		.channels = n,
		.taps_h = two ? 2 : 1 + pick(NNRT_RESIZE_TAPS),
		.taps_w = two ? 2 : 1 + pick(NNRT_RESIZE_TAPS),
		.x_pixel = x_pixel,
		.x_row = in_w * x_pixel + pick(9),
		.y_pixel = n + gap,
		.y_row = out_w * (n + gap) + pick(9),
		.x_signed = pick(2),
		.x_zero = pick(200) - 100,
		.y_zero = y_zero,
		.x_scale = (float)(1 + pick(9999)) / 7e5f,
		.y_scale = (float)(1 + pick(9999)) / 5e5f,
		.low = -y_zero,
		.high = 255 - y_zero};
	const size_t x_bytes = (size_t)((in_h - 1) * p.x_row + (in_w - 1) * p.x_pixel + n);
	const size_t y_bytes = (size_t)((out_h - 1) * p.y_row + (out_w - 1) * p.y_pixel + n);
	unsigned char *x = guarded_bytes(x_bytes), *y = guarded_bytes(y_bytes), *expected = malloc(y_bytes);
	float *scratch = malloc((size_t)(p.taps_h * (in_w * n + r->columns)) * sizeof(float));
	int32_t row[MOST], column[MOST];
	float weight_h[MOST], weight_w[MOST];

	draw_samples(row, weight_h, out_h, p.taps_h, in_h, 1);
	draw_samples(column, weight_w, out_w, p.taps_w, in_w, n);
	for (size_t i = 0; i < x_bytes; i++)
		x[i] = (unsigned char)pick(256);
	memset(y, 0xa5, y_bytes);
	memcpy(expected, y, y_bytes);
	for (int i = 0; i < out_h * out_w * n; i++) {
		const int c = i % n, q = i / n % out_w, at = i / n / out_w;

		expected[at * p.y_row + q * p.y_pixel + c] = (unsigned char)resized(&p, x, row + at * p.taps_h,
			weight_h + at * p.taps_h, column + q * p.taps_w, weight_w + q * p.taps_w, c);
	}
	r->run.resize_int8(&p, x, row, weight_h, column, weight_w, y, scratch);
	if (memcmp(y, expected, y_bytes) && failures++ < 10)
		printf("%s: %d x %d of %d channels differ\n", r->name, out_h, out_w, n);
	free(scratch);
	free(expected);
	release_bytes(x, x_bytes);
	release_bytes(y, y_bytes);
}

/* Sums of 32 bits as bytes; x and y end at guarded pages, and between rows nothing may change. */
static void run_rescale(const struct kernel *r)
{
	const int rows = 1 + pick(4), n = 1 + pick(70), zero = pick(256), x_row = n + 1 + pick(5);
	const struct nnrt_int8_rescale p = {rows, n, x_row, n + pick(9), -pick(zero + 1), pick(256 - zero), zero};
	const size_t sums = (size_t)((rows - 1) * x_row + n + 1), y_bytes = (size_t)((rows - 1) * p.y_row + n);
	int32_t *x = guarded_bytes(sums * sizeof *x), more[128], bias[128];
	unsigned char *y = guarded_bytes(y_bytes), *expected = malloc(y_bytes);
	float scale[128];

	for (size_t i = 0; i < sums; i++)
		x[i] = pick(2000000) - 1000000;
	for (int i = 0; i < 128; i++) {
		more[i] = pick(300) - 150;
		bias[i] = pick(200001) - 100000;
		scale[i] = pick(8) ? (float)(1 + pick(4000)) / 1e9f : 0.5f;
	}
	memset(y, 0xa5, y_bytes);
	memcpy(expected, y, y_bytes);
	for (int row = 0; row < rows; row++)
		for (int i = 0; i < n; i++) {
			const int32_t sum = x[row * x_row + i] + x[row * x_row + n] * more[i] + bias[i];
			const double v = rint((double)((float)sum * scale[i]));

			expected[row * p.y_row + i] =
				(unsigned char)((int)(v > p.low ? v < p.high ? v : p.high : p.low) + zero);
		}
	r->run.rescale_int8(&p, x, more, bias, (const nnrt_i8_scale *)(const void *)scale, y);
	if (memcmp(y, expected, y_bytes) && failures++ < 10)
		printf("%s: %d rows of %d differ\n", r->name, rows, n);
	free(expected);
	release_bytes(x, sums * sizeof *x);
	release_bytes(y, y_bytes);
}

/* Softmax of rows that end at a guarded page. Quotients and sums are rounded through volatile variables, one by one. */
static void run_softmax(const struct kernel *r)
{
	const int is_signed = pick(2), zero = is_signed ? pick(256) - 128 : pick(256), least = is_signed ? -128 : 0;
	const struct nnrt_int8_softmax p = {1 + pick(6), 1 + pick(200), pick(2), 1.0f / (float)(1 + pick(600)), zero,
		least - zero, least + 255 - zero};
	const size_t n = (size_t)p.rows * (size_t)p.n;
	unsigned char *x = guarded_bytes(n), *y = pick(2) ? x : guarded_bytes(n), *expected = malloc(n);
	const int flip = p.x_signed ? 128 : 0, spread = 1 + pick(256);
	float e[256];

	for (int d = 0; d < 256; d++)
		e[d] = (float)exp(-d * 0.04);
	for (size_t i = 0; i < n; i++)
		x[i] = (unsigned char)(pick(spread) ^ flip);
	for (int row = 0; row < p.rows; row++) {
		const unsigned char *from = x + row * p.n;
		volatile float sum = 0;
		int greatest = 0;

		for (int i = 0; i < p.n; i++)
			greatest = (from[i] ^ flip) > greatest ? from[i] ^ flip : greatest;
		for (int i = 0; i < p.n; i++)
			sum += e[greatest - (from[i] ^ flip)];
		for (int i = 0; i < p.n; i++) {
			volatile float v = e[greatest - (from[i] ^ flip)] / sum;
			double q;

			v /= p.y_scale;
			q = rint((double)v) + zero;
			expected[row * p.n + i] =
				(unsigned char)(int)(q > least ? q < least + 255 ? q : least + 255 : least);
		}
	}
	r->run.softmax_int8(&p, x, e, y);
	if (memcmp(y, expected, n) && failures++ < 10)
		printf("%s: %d rows of %d differ\n", r->name, p.rows, p.n);
	free(expected);
	release_bytes(x, n);
	if (y != x)
		release_bytes(y, n);
}

/* Means over pixels by integers, x ending at a guarded page. Sums are rounded through volatile variables. */
static void run_mean(const struct kernel *r)
{
	const int channels[] = {1, 3, r->columns, 4 * r->columns, 5 * r->columns + 1};
	struct nnrt_int8_mean p = {.pixels = 1 + pick(60),
		.channels = pick_of(channels, 5),
		.x_signed = 1,
		.x_zero = pick(200) - 100,
		.y_zero = pick(128) - 64,
		.x_scale = (float)(1 + pick(9999)) / 7e5f,
		.low = -pick(60),
		.high = pick(60)};
	struct mean_line line;

	p.y_scale = pick(3) ? (float)(1 + pick(9999)) / 7e5f : p.x_scale;       /* many ties */
	line = mean_line_of(p.pixels, p.x_scale, p.y_scale);
	p.factor = line.factor;
	p.margin = line.margin;
	p.x_pixel = p.channels + pick(3);
	const size_t n = (size_t)((p.pixels - 1) * p.x_pixel + p.channels), y_bytes = (size_t)p.channels;
	unsigned char *x = guarded_bytes(n), *y = guarded_bytes(y_bytes);

	for (size_t i = 0; i < n; i++)
		x[i] = (unsigned char)pick(256);
	if (p.factor)
		r->run.mean_line(&p, x, y);
	for (int c = 0; c < p.channels && p.factor && failures < 10; c++) {
		volatile float sum = 0.0f, v;
		double byte;

		for (int i = 0; i < p.pixels; i++) {
			v = (float)((int8_t)x[i * p.x_pixel + c] - p.x_zero);
			v *= p.x_scale;
			sum += v;
		}
		sum /= (float)p.pixels;
		sum /= p.y_scale;
		byte = fmin(fmax(rint((double)sum), p.low), p.high) + p.y_zero;
		if ((int8_t)y[c] != (int)byte) {
			printf("%s: channel %d of %d is %d, expected %d\n", r->name, c, p.channels, (int8_t)y[c],
				(int)byte);
			failures++;
		}
	}
	release_bytes(x, n);
	release_bytes(y, y_bytes);
}

static void (*const runs[])(const struct kernel *) = {
	[ADD_INT8] = run_add,
	[ADD_INTEGER] = run_sum,
	[ADD_HALVES] = run_sum,
	[SOFTMAX_INT8] = run_softmax,
	[TABLE_INT8] = run_table,
	[LINES_INT8] = run_lines,
	[RESIZE_INT8] = run_resize,
	[RESCALE_INT8] = run_rescale,
	[MEAN_LINE] = run_mean,
	[DEPTHWISE_COLUMNS] = NULL,
};

int main(int argc, char **argv)
{
	const int turns = turns_of(argc, argv);
	int walked = 0;

	skip_unless_supported();
	for (int i = 0; i < n_kernels; i++) {
		void (*const run)(const struct kernel *) = runs[kernels[i].kind];

		for (int turn = 0; run && turn < turns && failures < 10; turn++)
			run(&kernels[i]);
		walked += run != NULL;
		if (run)
			printf("%s: %d problems\n", kernels[i].name, turns);
	}
	if (!walked) {
		printf("skip: no such kernel is compiled here\n");
		return STATUS_SKIPPED;
	}
	return failures != 0;
}
