/* Speed of the rows of kernels_layer.def on typical layers: time of one call, and bytes a second that it reads (weights
 * once a step) and writes. Shapes are run-time values here, as in a copy that several nodes share.
 *
 *     bench_layers [PART OF A KERNEL'S NAME]
 *
 * Build: cc -O2 -march=x86-64-v3 -I. -Ibuild bench/kernels/bench_layers.c -lm */
#include "measure.h"

#include "targets/runtime_headers.h"
#include "tests/machine.h"

/* Buffers that every kernel gets parts of; `zeros` may be lengths, bytes or states. */
struct buffers {
	float *x, *w, *y;
	void *zeros;
};

static const struct nnrt_conv pool = {.in_h = 112, .in_w = 112, .ic = 64, .out_h = 56, .out_w = 56, .oc = 64,
	.kernel_h = 3, .kernel_w = 3, .stride_h = 2, .stride_w = 2, .dilation_h = 1, .dilation_w = 1, .pad_top = 1,
	.pad_left = 1, .x_row = 112 * 64, .x_pixel = 64, .x_channel = 1, .y_row = 56 * 64, .y_pixel = 64,
	.row_end = 56};
static const struct nnrt_rows rows = {.rows = 197, .n = 768, .x_row = 768, .y_row = 768, .epsilon = 1e-5f};
static const struct nnrt_int8_pair pair = {.rows = 1, .n = 56 * 56 * 64, .a_signed = 1, .b_signed = 1, .a_scale = 0.5f,
	.b_scale = 0.25f, .y_scale = 1.0f, .low = -128, .high = 127};
static const struct nnrt_int8_mean mean = {.pixels = 49, .channels = 1280, .x_pixel = 1280, .x_scale = 0.1f,
	.y_scale = 0.1f, .high = 255};

static const struct nnrt_select best_of_many = {.rows = 1, .n = 8400, .k = 300};

static const struct nnrt_find find = {.n = 8400, .width = 1, .sorted = 1};
static const struct nnrt_trees trees = {.rows = 1, .columns = 4, .trees = 512, .targets = 1, .bits = 2, .lanes = 8,
	.dense = 1};
static const struct nnrt_couple couple = {.rows = 1, .classes = 10};
static const struct nnrt_nms boxes = {.images = 1, .classes = 1, .boxes = 1024, .most = 100};
static const int64_t most_of_class = 100;
static const float limit = 0.5f, threshold = 0.0f;

static const struct nnrt_roi roi = {.images = 1, .channels = 64, .in_h = 56, .in_w = 56, .regions = 16, .out_h = 7,
	.out_w = 7, .x_image = 56 * 56 * 64, .x_channel = 1, .x_row = 56 * 64, .x_pixel = 64, .y_region = 49 * 64,
	.y_channel = 1, .y_row = 7 * 64, .y_pixel = 64, .scale = 1.0f, .samples = 2};

enum { STEPS = 64, UNITS = 128 };

static const struct nnrt_gemm product = {.m = 1, .n = 4 * UNITS, .k = UNITS, .a_row = UNITS, .y_row = 4 * UNITS};

/* A recurrent layer of so many gates. */
static struct nnrt_rnn layer_of(int gates)
{
	const struct nnrt_rnn p = {.steps = STEPS, .batch = 1, .hidden = UNITS, .gates_step = gates * UNITS,
		.gates_batch = gates * UNITS, .y_step = UNITS, .y_batch = UNITS, .state_batch = UNITS,
		.activation = {NNRT_SIGMOID, NNRT_TANH, NNRT_TANH}};

	return p;
}

static double recurrent_bytes(int gates, size_t element)
{
	return (double)element * STEPS * UNITS * (gates * (UNITS + 1) + 1);
}

/* run_<row>(): one call; returns the bytes that it reads and writes. */
#define RUN(name, prepare, call, bytes) \
	static double run_##name(const struct buffers *b) \
	{ \
		prepare; \
		call; \
		return bytes; \
	}
#define POOL_BYTES 4.0 * 64 * (112 * 112 + 56 * 56)
#define ROWS_BYTES 4.0 * 2 * 197 * 768
#define RUN_POOL(name, f) RUN(name, (void)0, f(&pool, b->x, b->y, nnrt_epilogue_none, NULL), POOL_BYTES)
#define RUN_ROWS(name, f) RUN(name, (void)0, f(&rows, b->x, b->y), ROWS_BYTES)
#define RUN_NORM(name, f) RUN(name, (void)0, f(&rows, b->x, b->w, b->w, b->y), ROWS_BYTES)
#define RUN_SELECT(name, f) \
	RUN(name, (void)0, f(&best_of_many, (const uint64_t *)(const void *)b->x, (int64_t *)b->zeros), \
		8.0 * 8400)
#define RUN_PRODUCT_BYTES(name, f) \
	RUN(name, (void)0, f(&product, b->x, (const int8_t *)b->zeros, b->w, NULL, b->y), 4.0 * UNITS * UNITS)
#define RUN_PAIR(name, f) RUN(name, (void)0, f(&pair, b->zeros, b->zeros, b->y), 3.0 * pair.n)
#define RUN_FIND(name, f) \
	RUN(name, (void)0, f(&find, b->zeros, (int64_t *)b->zeros + find.n, (int64_t *)b->zeros), 1.0 * find.n)
#define RUN_UNIQUE(name, f) \
	RUN(name, int64_t *const z = (int64_t *)b->zeros, \
		f(&find, (const uint64_t *)(const void *)b->x, z, z + find.n, z + 2 * find.n, z + 3 * find.n, \
			z + 4 * find.n), 8.0 * find.n)
#define RUN_TREES(name, f) \
	RUN(name, const int32_t *const z = (const int32_t *)b->zeros, \
		f(&trees, z, z, z, z, z, z, b->w, b->y), 4.0 * trees.trees)
#define RUN_COUPLE(name, f) RUN(name, (void)0, f(&couple, b->x, b->w, b->y), 4.0 * 45)
#define RUN_NMS(name, f) \
	RUN(name, int64_t *const z = (int64_t *)b->zeros, \
		f(&boxes, b->x, b->w, &most_of_class, &limit, &threshold, z, z + 4096, z + 8192), 4.0 * 5 * boxes.boxes)
#define RUN_MEAN(name, f) RUN(name, (void)0, f(&mean, b->zeros, b->y), 1.0 * mean.pixels * mean.channels)
#define RUN_MEAN_ROWS(name, f) \
	RUN(name, (void)0, f(&mean, b->zeros, (float *)(void *)b->y, b->y + 2048, 7 * mean.x_pixel, 0, 0, 7, 7), \
		1.0 * mean.pixels * mean.channels)
#define RUN_POOL_BYTES(name, f) RUN(name, (void)0, f(&pool, b->zeros, b->y, 0), POOL_BYTES / 4)
#define ROI_BYTES 4.0 * 16 * 49 * 64 * 17       /* four samples of four elements, one result */
#define RUN_ROI_ALIGN(name, f) \
	RUN(name, (void)0, f(&roi, b->x, b->w, (const int64_t *)b->zeros, b->y), ROI_BYTES)
#define RUN_ROI_MAX(name, f) RUN(name, (void)0, f(&roi, b->x, b->w, b->y), ROI_BYTES)
#define RUN_RNN(name, f) \
	RUN(name, const struct nnrt_rnn p = layer_of(1), f(&p, b->x, b->w, NULL, NULL, NULL, b->y, NULL), \
		recurrent_bytes(1, 4))
#define RUN_LSTM(name, f) \
	RUN(name, const struct nnrt_rnn p = layer_of(4), \
		f(&p, b->x, b->w, NULL, NULL, NULL, NULL, NULL, b->y, NULL, (float *)b->zeros), recurrent_bytes(4, 4))
#define RUN_GRU(name, f) \
	RUN(name, const struct nnrt_rnn p = layer_of(3), \
		f(&p, b->x, b->w, NULL, b->w, NULL, NULL, NULL, b->y, NULL, (float *)b->zeros), recurrent_bytes(3, 4))
#define RUN_GRU_LINEAR(name, f) \
	RUN(name, const struct nnrt_rnn p = layer_of(3), f(&p, b->x, b->w, NULL, b->w, NULL, NULL, b->y, NULL), \
		recurrent_bytes(3, 4))
#define RUN_CELLS(name, f) \
	RUN(name, const struct nnrt_rnn p = layer_of(4); double *const d = (double *)b->zeros, \
		f(&p, NNRT_CELL_LSTM, d, d, NULL, NULL, NULL, NULL, d + SIZE / 4, NULL, d + SIZE / 2 - UNITS, NULL), \
		recurrent_bytes(4, 8))

enum { SIZE = 1 << 20 };        /* floats of a buffer */

#define LAYER(name, function, params, family) RUN_##family(name, function)
#include "runtime_min/kernels/kernels_layer.def"
#undef LAYER

static const struct {
	const char *name;
	double (*run)(const struct buffers *);
} table[] = {
#define LAYER(name, function, params, family) {#function, run_##name},
#include "runtime_min/kernels/kernels_layer.def"
#undef LAYER
};

int main(int argc, char **argv)
{
	const struct buffers b = {measure_numbers(SIZE), measure_numbers(SIZE), measure_numbers(SIZE),
		calloc(SIZE, sizeof(float))};

	skip_unless_supported();
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		double best = 1e9, bytes = 0.0;

		if (argc > 1 && !strstr(table[i].name, argv[1]))
			continue;
		for (const double begin = measure_now(); measure_now() - begin < 0.1;) {
			const double start = measure_now();

			bytes = table[i].run(&b);
			best = measure_least(best, start);
		}
		printf("%-32s %10.1f us %8.1f GB/s\n", table[i].name, best * 1e6, bytes / best / 1e9);
	}
	return 0;
}
