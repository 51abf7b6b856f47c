/* Kernels that sum rows and windows of ten million elements, against double precision: the error must not grow with the
 * number of terms. All terms have one sign, which is the worst case for a single accumulator (it is off by 1e-2 to 1
 * here). */
#include "layers.h"

enum { N = 10000000, SIDE = 3162 };

static float *terms(ptrdiff_t n)
{
	float *v = malloc((size_t)n * sizeof *v);

	if (!v) {
		perror("malloc");
		exit(1);
	}
	for (ptrdiff_t i = 0; i < n; i++)
		v[i] = 5.0f + pick_float();
	return v;
}

static double mean_of(const float *x, ptrdiff_t n)
{
	double sum = 0.0;

	for (ptrdiff_t i = 0; i < n; i++)
		sum += (double)x[i];
	return sum / (double)n;
}

/* The first elements of a row that was normalised: others differ by their numerators alone. */
enum { SEEN = 100 };

static void rows_check(const float *x, float *y)
{
	const struct nnrt_rows p = {1, N, N, N, 1e-5f};
	const double mean = mean_of(x, N);
	double squares = 0.0, exps = 0.0;

	for (int i = 0; i < N; i++) {
		squares += pow((double)x[i] - mean, 2.0);
		exps += exp((double)x[i] - 6.0);
	}
	nnrt_layer_norm_f32(&p, x, NULL, NULL, y);
	for (int i = 0; i < SEEN; i++)
		expect("long layer norm", &i, 1, y[i], ((double)x[i] - mean) / sqrt(squares / N + 1e-5), 1e-5);
	nnrt_log_softmax_f32(&p, x, y);
	for (int i = 0; i < SEEN; i++)
		expect("long log softmax", &i, 1, y[i], (double)x[i] - 6.0 - log(exps), 1e-5);
	nnrt_softmax_f32(&p, x, y);
	for (int i = 0; i < SEEN; i++) {
		const double want = exp((double)x[i] - 6.0) / exps;

		expect("long softmax", &i, 1, y[i], want, 2e-6 * want);
	}
}

/* A window of the given shape over one channel, and over a vector of them. */
static void pool_check(const float *x, int height, int width, int channels)
{
	const struct nnrt_conv p = {.in_h = height, .in_w = width, .out_h = 1, .out_w = 1, .kernel_h = height,
		.kernel_w = width, .stride_h = 1, .stride_w = 1, .dilation_h = 1, .dilation_w = 1, .x_channel = 1,
		.ic = channels, .oc = channels, .x_pixel = channels, .x_row = (ptrdiff_t)width * channels,
		.y_pixel = channels, .y_row = channels, .row_end = 1};
	const int shape[] = {height, width, channels};
	float y[NNRT_LANES + 1];

	nnrt_average_pool_f32(&p, x, y, nnrt_epilogue_none, NULL);
	for (int c = 0; c < channels; c++) {
		double sum = 0.0;

		for (ptrdiff_t i = c; i < (ptrdiff_t)height * width * channels; i += channels)
			sum += (double)x[i];
		expect("long pool", shape, 3, y[c], sum / ((double)height * width), 1e-5);
	}
}

static void infinity_check(float *x, float *y)
{
	const float kept = x[N / 2];

	x[N / 2] = INFINITY;
	pool_check(x, SIDE, SIDE, 1);
	x[N / 2] = -INFINITY;
	nnrt_softmax_f32(&(struct nnrt_rows){1, N, N, N, 0}, x, y);
	if (y[N / 2] != 0.0f && failures++ < 10)
		printf("not ok long softmax: -inf gives %g\n", (double)y[N / 2]);
	x[N / 2] = kept;
}

int main(void)
{
	float *x, *y;

	skip_unless_supported();
	x = terms(N);
	y = terms(N);
	rows_check(x, y);
	pool_check(x, SIDE, SIDE, 1);
	pool_check(x, 1, N, 1);
	pool_check(x, N / 17, 17, 1);
	pool_check(x, 1 + N / 16 / NNRT_LANES, 15, NNRT_LANES);
	infinity_check(x, y);
	free(x);
	free(y);
	printf("%s long sums\n", failures ? "not ok" : "ok");
	return failures > 0;
}
