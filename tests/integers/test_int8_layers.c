/* The layers over bytes against slow loops from the definition: sums, products, means, max pooling. Inputs end at
 * pages that nobody may touch. Exact: the first difference fails. */
#include "targets/runtime_headers.h"

#include "guarded.h"
#include "lower/mean_line.h"

/* Sums and products of two tensors, or of rows of which the second may be the same again and again. Products and sums
 * are rounded through volatile variables, one by one; between rows nothing may change. */
static void run_pair(void)
{
	const int rows = pick(2) ? 1 : 1 + pick(4), n_row = pick(70), gap = rows > 1 ? pick(5) : 0;
	const struct nnrt_int8_pair p = {.rows = rows,
		.n = n_row,
		.a_row = n_row + gap,
		.b_row = rows > 1 && pick(2) ? 0 : n_row + gap,
		.y_row = n_row + gap,
		.a_signed = pick(2),
		.b_signed = pick(2),
		.a_zero = pick(200) - 100,
		.b_zero = pick(200) - 100,
		.y_zero = pick(128),
		.a_scale = (float)(1 + pick(9999)) / 7e5f,
		.b_scale = (float)(1 + pick(9999)) / 7e5f,
		.y_scale = (float)(1 + pick(9999)) / 5e4f,
		.low = -pick(128),
		.high = pick(127),
		.product = pick(2)};
	const size_t n = (size_t)((rows - 1) * (n_row + gap) + n_row);
	unsigned char *a = guarded_bytes(n), *b = guarded_bytes(n), *y = guarded_bytes(n);
	const int over = rows > 1 ? 2 : pick(3);        /* y is a, b, or neither */

	for (size_t i = 0; i < n; i++) {
		a[i] = (unsigned char)pick(256);
		b[i] = (unsigned char)pick(256);
		y[i] = over < 2 ? (over ? b[i] : a[i]) : 0xa5;
	}
	nnrt_pair_int8(&p, over == 0 ? y : a, over == 1 ? y : b, y);
	for (size_t i = 0; i < n && failures < 10; i++) {
		const size_t row = i / (size_t)(n_row + gap), column = i - row * (size_t)(n_row + gap);
		const unsigned char xb = b[row * (size_t)p.b_row + column];
		const int qa = p.a_signed && a[i] > 127 ? a[i] - 256 : a[i],
			  qb = p.b_signed && xb > 127 ? xb - 256 : xb;
		volatile float va = (float)(qa - p.a_zero), vb = (float)(qb - p.b_zero), v;
		double r;

		va *= p.a_scale;
		vb *= p.b_scale;
		v = p.product ? va * vb : va + vb;
		v /= p.y_scale;
		r = rint((double)v);
		r = (r > p.low ? r < p.high ? r : p.high : p.low) + p.y_zero;
		if (y[i] != (column < (size_t)n_row ? (unsigned char)(int)r : 0xa5)) {
			printf("nnrt_pair_int8: element %zu of %zu is %d, expected %d\n", i, n, y[i], (int)r);
			failures++;
		}
	}
	release_bytes(a, n);
	release_bytes(b, n);
	release_bytes(y, n);
}

/* Three rows in two pieces, the last of them where a ring of two rows has the first. */
static void mean_in_pieces(const struct nnrt_int8_mean *p, const unsigned char *x, unsigned char *y)
{
	const ptrdiff_t row = p->pixels / 3 * p->x_pixel;
	const size_t sums_n = (size_t)(p->channels + NNRT_INT8_LANES);
	float *sums = malloc(sums_n * sizeof *sums);
	unsigned char *ring = guarded_bytes((size_t)(2 * row));
	const int first = 1 + pick(2);

	if (!sums)
		exit(1);
	memcpy(ring, x, (size_t)(2 * row));
	nnrt_mean_rows_int8(p, ring, sums, y, row, 2, 0, first, 3);
	if (first == 1)
		nnrt_mean_rows_int8(p, ring, sums, y, row, 2, 1, 2, 3);
	memcpy(ring, x + 2 * row, (size_t)(row - p->x_pixel + p->channels));
	nnrt_mean_rows_int8(p, ring, sums, y, row, 2, 2, 3, 3);
	free(sums);
	release_bytes(ring, (size_t)(2 * row));
}

/* Means over pixels, x ending at a guarded page. Sums are rounded through volatile variables, one by one. */
static void run_mean(void)
{
	const int channels[] = {1, 3, NNRT_INT8_LANES, 4 * NNRT_INT8_LANES, 5 * NNRT_INT8_LANES + 1};
	struct nnrt_int8_mean p = {.pixels = 1 + pick(60),
		.channels = pick_of(channels, 5),
		.x_signed = pick(2),
		.x_zero = pick(200) - 100,
		.y_zero = pick(128),
		.x_scale = (float)(1 + pick(9999)) / 7e5f,
		.y_scale = (float)(1 + pick(9999)) / 7e5f,
		.low = -pick(128),
		.high = pick(127)};
	if (!pick(3))   /* many ties */
		p.y_scale = p.x_scale;
	const struct mean_line line = mean_line_of(p.pixels, p.x_scale, p.y_scale);

	p.factor = pick(4) ? line.factor : 0;
	p.margin = line.margin;
	p.x_pixel = p.channels + pick(3);
	const size_t n = (size_t)((p.pixels - 1) * p.x_pixel + p.channels);
	unsigned char *x = guarded_bytes(n), *y = guarded_bytes((size_t)p.channels);

	for (size_t i = 0; i < n; i++)
		x[i] = (unsigned char)pick(256);
	if (p.pixels % 3 || pick(2))
		nnrt_mean_int8(&p, x, y);
	else
		mean_in_pieces(&p, x, y);
	for (int c = 0; c < p.channels && failures < 10; c++) {
		volatile float sum = 0.0f, v;
		double r;

		for (int i = 0; i < p.pixels; i++) {
			const int q = x[i * p.x_pixel + c];

			v = (float)((p.x_signed && q > 127 ? q - 256 : q) - p.x_zero);
			v *= p.x_scale;
			sum += v;
		}
		sum /= (float)p.pixels;
		sum /= p.y_scale;
		r = rint((double)sum);
		r = (r > p.low ? r < p.high ? r : p.high : p.low) + p.y_zero;
		if (y[c] != (unsigned char)(int)r) {
			printf("nnrt_mean_int8: channel %d of %d is %d, expected %d\n", c, p.channels, y[c], (int)r);
			failures++;
		}
	}
	release_bytes(x, n);
	release_bytes(y, (size_t)p.channels);
}

/* Of one channel of a window. */
static unsigned char greatest(const struct nnrt_conv *p, const unsigned char *x, int oy, int ox, int is_signed)
{
	int most = is_signed ? -128 : 0;

	for (int tap = 0; tap < p->kernel_h * p->kernel_w; tap++) {
		const int iy = oy * p->stride_h - p->pad_top + tap / p->kernel_w * p->dilation_h;
		const int ix = ox * p->stride_w - p->pad_left + tap % p->kernel_w * p->dilation_w;
		const int inside = iy >= 0 && iy < p->in_h && ix >= 0 && ix < p->in_w;
		const int q = inside ? x[iy * p->x_row + ix * p->x_pixel] : most & 0xff;
		const int v = is_signed && q > 127 ? q - 256 : q;

		most = v > most ? v : most;
	}
	return (unsigned char)most;
}

/* Max pooling, x ending at a guarded page, y in a field of canaries. */
static void run_max_pool(void)
{
	const int channels[] = {1, 3, NNRT_B8_LANES, NNRT_B8_LANES + 1, 2 * NNRT_B8_LANES + 5}, is_signed = pick(2);
	struct nnrt_conv p = {.in_h = 1 + pick(7), .in_w = 1 + pick(7), .out_h = 1 + pick(5), .out_w = 1 + pick(5),
		.kernel_h = 1 + pick(3), .kernel_w = 1 + pick(3), .stride_h = 1 + pick(2), .stride_w = 1 + pick(2),
		.dilation_h = 1 + pick(2), .dilation_w = 1 + pick(2), .pad_top = pick(3), .pad_left = pick(3)};
	p.ic = p.oc = pick_of(channels, 5);
	p.x_pixel = p.ic + pick(2);
	p.x_row = p.in_w * p.x_pixel + pick(2);
	p.y_pixel = p.oc + pick(2);
	p.y_row = p.out_w * p.y_pixel + pick(2);
	p.row_begin = pick(p.out_h);
	p.row_end = p.row_begin + 1 + pick(p.out_h - p.row_begin);
	const size_t n = (size_t)((p.in_h - 1) * p.x_row + (p.in_w - 1) * p.x_pixel + p.ic);
	const size_t y_bytes = (size_t)((p.out_h - 1) * p.y_row + (p.out_w - 1) * p.y_pixel + p.oc);
	unsigned char *x = guarded_bytes(n), *y = guarded_bytes(y_bytes), *expected = malloc(y_bytes);

	for (size_t i = 0; i < n; i++)
		x[i] = (unsigned char)pick(256);
	memset(y, 0xa5, y_bytes);
	memset(expected, 0xa5, y_bytes);
	for (int oy = p.row_begin; oy < p.row_end; oy++)
		for (int ox = 0; ox < p.out_w; ox++)
			for (int c = 0; c < p.oc; c++)
				expected[oy * p.y_row + ox * p.y_pixel + c] = greatest(&p, x + c, oy, ox, is_signed);
	if (is_signed)
		nnrt_max_pool_int8(&p, x, y, 1);
	else
		nnrt_max_pool_int8(&p, x, y, 0);
	if (memcmp(y, expected, y_bytes) && failures++ < 10)
		printf("nnrt_max_pool_int8: in %dx%dx%d out %dx%d kernel %dx%d differs\n", p.in_h, p.in_w, p.ic,
			p.out_h, p.out_w, p.kernel_h, p.kernel_w);
	free(expected);
	release_bytes(x, n);
	release_bytes(y, y_bytes);
}

int main(int argc, char **argv)
{
	const int turns = argc > 1 ? atoi(argv[1]) : 2000;

	skip_unless_supported();
	for (int turn = 0; turn < turns; turn++)
		run_pair();
	printf("nnrt_pair_int8: %d problems\n", turns);
	for (int turn = 0; turn < turns; turn++)
		run_mean();
	printf("nnrt_mean_int8: %d problems\n", turns);
	for (int turn = 0; turn < turns; turn++)
		run_max_pool();
	printf("nnrt_max_pool_int8: %d problems\n", turns);
	return failures > 0;
}
