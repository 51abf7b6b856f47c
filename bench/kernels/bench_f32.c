/* Speed of every row of kernels.def over floats on typical layers: multiply-accumulates per second and the share of
 * what this core's multiply-add units can do, measured in the same run. Shapes are run-time values here, as in a copy
 * that several nodes share; a node with constants of its own is a little faster.
 *
 *     bench_f32 [PART OF A KERNEL'S NAME [PART OF A LAYER'S NAME]]
 *
 * Build: cc -O2 -march=x86-64-v3 -DKERNEL_EPILOGUE=nnrt_epilogue_none -I. -Icompiler -Ibuild \
 *        bench/kernels/bench_f32.c tests/kernels/table.c compiler/kernels/pack*.c -lm
 *
 * The epilogue is a constant, as in every model: a call through a pointer would keep the tile in memory. */
#include "measure.h"

#include "tests/kernels/table.h"
#include "tests/machine.h"

/* A convolution (h x w pixels in, ic to oc channels, k x k taps) or, for products, h x w matrix times w x oc. */
struct layer {
	const char *name;
	enum kernel_kind kind;
	int h, w, ic, oc, k, stride;
};

static const struct layer layers[] = {
	{"resnet 56x56x64 3x3", CONV, 56, 56, 64, 64, 3, 1},
	{"resnet 28x28x128 3x3", CONV, 28, 28, 128, 128, 3, 1},
	{"resnet 14x14x256 3x3", CONV, 14, 14, 256, 256, 3, 1},
	{"resnet 7x7x512 3x3", CONV, 7, 7, 512, 512, 3, 1},
	{"mobilenet 224x224x3 3x3/2", CONV_FIRST, 224, 224, 3, 32, 3, 2},
	{"resnet 224x224x3 7x7/2", CONV_FIRST, 224, 224, 3, 64, 7, 2},
	{"mobilenet 112x112x32", DEPTHWISE, 112, 112, 32, 32, 3, 1},
	{"mobilenet 112x112x96 /2", DEPTHWISE, 112, 112, 96, 96, 3, 2},
	{"mobilenet 56x56x144", DEPTHWISE, 56, 56, 144, 144, 3, 1},
	{"mobilenet 28x28x192", DEPTHWISE, 28, 28, 192, 192, 3, 1},
	{"mobilenet 14x14x384", DEPTHWISE, 14, 14, 384, 384, 3, 1},
	{"mobilenet 7x7x960", DEPTHWISE, 7, 7, 960, 960, 3, 1},
	{"resnet 3136 x 64 x 256", GEMM, 3136, 64, 0, 256, 0, 0},
	{"resnet 196 x 1024 x 256", GEMM, 196, 1024, 0, 256, 0, 0},
	{"resnet 49 x 2048 x 512", GEMM, 49, 2048, 0, 512, 0, 0},
	{"mobilenet 3136 x 144 x 24", GEMM, 3136, 144, 0, 24, 0, 0},
	{"mobilenet 12544 x 32 x 16", GEMM, 12544, 32, 0, 16, 0, 0},
	{"transformer 197 x 192 x 768", GEMM, 197, 192, 0, 768, 0, 0},
	{"attention 197 x 197 x 64", GEMM_UNPACKED, 197, 197, 0, 64, 0, 0},
	{"attention 197 x 64 x 197", GEMM_TRANSPOSED, 197, 64, 0, 197, 0, 0},
	{"row 1024 x 1024", GEMV, 1, 1024, 0, 1024, 0, 0},
	{"row 256 x 256", GEMV, 1, 256, 0, 256, 0, 0},
	{"row 2560 x 9600", GEMV, 1, 2560, 0, 9600, 0, 0},
};

/* Multiply-accumulates a second that independent FMAs reach. */
static double fma_peak(void)
{
	nnrt_vf a[12];
	float sum = 0.0f;
	double best = 1e9;

	for (int i = 0; i < 12; i++)
		a[i] = nnrt_vf_set1((float)i);
	for (int turn = 0; turn < 8; turn++) {
		const double begin = measure_now();

		for (int k = 0; k < 500000; k++) {
			NNRT_UNROLL(12)
			for (int i = 0; i < 12; i++)
				a[i] = nnrt_vf_fma(a[i], nnrt_vf_set1(0.999f), nnrt_vf_set1(0.1f));
		}
		best = measure_least(best, begin);
	}
	for (int i = 0; i < 12; i++)
		sum += nnrt_vf_reduce_add(a[i]);
	return sum == 1.0f ? 0.0 : 6e6 * NNRT_LANES / best;
}

struct buffers {
	float *x, *w, *bias, *zero, *y, *scratch;
};

static void run_conv(const struct kernel *k, const struct layer *l, const struct buffers *b)
{
	const int out_h = (l->h - 1) / l->stride + 1, out_w = (l->w - 1) / l->stride + 1;
	const struct nnrt_conv p = {l->h, l->w, l->ic, out_h, out_w, l->oc, l->k, l->k, l->stride, l->stride, 1, 1,
		l->k / 2, l->k / 2, 0, 0, (ptrdiff_t)l->w * l->ic, l->ic, 1, (ptrdiff_t)out_w * l->oc, l->oc, 0, 0, 0,
		out_h, NULL};

	if (k->kind == DEPTHWISE)
		k->run.depthwise(&p, b->x, b->w, b->bias, b->y, NULL, NULL);
	else if (k->kind == WINOGRAD2 || k->kind == WINOGRAD4)
		k->run.winograd(&p, b->x, b->w, b->bias, b->zero, b->y, b->scratch, 2 * k->rows, NULL, NULL);
	else
		k->run.conv(&p, b->x, b->w, b->bias, b->zero, b->y, NULL, NULL);
}

static void run_gemm(const struct kernel *k, const struct layer *l, const struct buffers *b)
{
	const struct nnrt_gemm p = {0, l->h, l->oc, l->w, l->w, k->kind == GEMM_TRANSPOSED ? l->w : l->oc, l->oc, NULL};

	if (k->kind == GEMM_TRANSPOSED)
		k->run.transposed(&p, b->x, b->w, b->bias, b->y, b->scratch, NULL, NULL);
	else
		k->run.gemm(&p, b->x, b->w, b->bias, b->y, NULL, NULL);
}

/* Bytes that a layer must touch at least once, and its multiply-accumulates. */
static double layer_macs(const struct layer *l, double *bytes)
{
	const int rows = (l->h - 1) / l->stride + 1, columns = (l->w - 1) / l->stride + 1;
	const double out = l->kind > DEPTHWISE ? l->h : (double)rows * columns;
	const double depth = l->kind > DEPTHWISE ? l->w :
		l->kind == DEPTHWISE ? (double)l->k * l->k : (double)l->k * l->k * l->ic;

	*bytes = 4.0 * (out * l->oc + depth * l->oc + (double)l->h * l->w * (l->kind > DEPTHWISE ? 1 : l->ic));
	return out * l->oc * depth;
}

static void measure(const struct kernel *k, const struct layer *l, double peak)
{
	const size_t big = (size_t)1 << 22;
	const int taps = k->kind == WINOGRAD2 ? 16 : k->kind == WINOGRAD4 ? 36 : l->k * l->k;
	const size_t weights = (size_t)(l->k > 0 ? taps * (l->kind == DEPTHWISE ? 1 : l->ic) : l->w) *
		(size_t)(l->oc + k->columns);
	struct buffers b = {measure_numbers(big), measure_numbers(weights), measure_numbers(16384),
		calloc(16384, sizeof(float)),
		measure_numbers(big * 2),
		measure_numbers(big)};
	double bytes, best = 1e9;
	const double macs = layer_macs(l, &bytes);

	for (const double begin = measure_now(); measure_now() - begin < 0.1;) {
		const double start = measure_now();

		if (k->kind <= DEPTHWISE)
			run_conv(k, l, &b);
		else
			run_gemm(k, l, &b);
		best = measure_least(best, start);
	}
	printf("%-32s %-30s %10.1f us %8.1f GMAC/s %6.1f %% %8.1f GB/s\n", k->name, l->name, best * 1e6,
		macs / best / 1e9,
		100.0 * macs / best / peak, bytes / best / 1e9);
	free(b.x);
	free(b.w);
	free(b.bias);
	free(b.zero);
	free(b.y);
	free(b.scratch);
}

int main(int argc, char **argv)
{
	double peak;

	skip_unless_supported();
	peak = fma_peak();
	printf("FMA peak %.1f GMAC/s, %d lanes\n", peak / 1e9, (int)NNRT_LANES);
	for (int i = 0; i < n_kernels; i++) {
		for (size_t j = 0; j < sizeof(layers) / sizeof(*layers); j++) {
			const bool fits = kernels[i].kind == layers[j].kind ||
					  (kernels[i].kind == CONV && layers[j].kind == CONV_FIRST) ||
					  (layers[j].kind == CONV &&
					   (kernels[i].kind == WINOGRAD2 || kernels[i].kind == WINOGRAD4));

			if (fits && (argc < 2 || strstr(kernels[i].name, argv[1])) && (argc < 3 ||
				strstr(layers[j].name, argv[2])))
				measure(&kernels[i], &layers[j], peak);
		}
	}
	return 0;
}
