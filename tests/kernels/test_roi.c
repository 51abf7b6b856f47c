/* The rows of kernels_layer.def that pool regions against sums over whole images in plain double precision, floats and
 * doubles, gaps between elements, guard pages behind all arrays. Corners are whole sixteenths and bins powers of two,
 * so that the coordinates of samples are exact where they decide something. */
#include "layers.h"

enum { MOST_REGIONS = 4 };

/* Arrays of one case: floats, and the same as doubles. */
struct arrays {
	struct guarded x, rois, y, wide_x, wide_rois, wide_y;
	int64_t batch[MOST_REGIONS];
};

/* So many doubles, equal to those floats. */
static struct guarded widened(const struct guarded *of)
{
	struct guarded g = guarded_alloc(2 * of->n, false);

	for (ptrdiff_t i = 0; i < of->n; i++)
		((double *)(void *)g.at)[i] = (double)of->at[i];
	return g;
}

/* Weight of element i at coordinate v, which is within the image. */
static double hat(double v, int i)
{
	const double d = fabs(v - i);

	return d < 1.0 ? 1.0 - d : 0.0;
}

static double within(double v, int size)
{
	return v < 0.0 ? 0.0 : v > size - 1 ? size - 1 : v;
}

/* The sample at (v, h): the sum of all elements times their weights; *best: the greatest of the four that count. */
static double sample(const struct nnrt_roi *p, const float *x, double v, double h, double *best)
{
	double sum = 0.0;
	int counted = 0;

	*best = -INFINITY;
	for (int i = 0; i < p->in_h; i++)
		for (int j = 0; j < p->in_w; j++) {
			const double w = hat(within(v, p->in_h), i) * hat(within(h, p->in_w), j);
			const double term = w * (double)x[i * p->x_row + j * p->x_pixel];

			if (v < -1.0 || v > p->in_h || h < -1.0 || h > p->in_w || w <= 0.0)
				continue;
			sum += term;
			*best = fmax(*best, term);
			counted++;
		}
	if (counted < 4)
		*best = fmax(*best, 0.0);
	return sum;
}

static double aligned(const struct nnrt_roi *p, const float *x, const float *roi, int by, int bx)
{
	const double offset = p->half_pixel ? 0.5 : 0.0, scale = (double)p->scale;
	double length[2], start[2], bin[2], sum = 0.0, best = -INFINITY;
	int samples[2];

	for (int k = 0; k < 2; k++) {   /* k 0: down, 1: across */
		start[k] = (double)roi[1 - k] * scale - offset;
		length[k] = (double)roi[3 - k] * scale - offset - start[k];
		if (!p->half_pixel)
			length[k] = fmax(length[k], 1.0);
		bin[k] = length[k] / (k ? p->out_w : p->out_h);
		samples[k] = p->samples ? p->samples : (int)ceil(bin[k]);
	}
	for (int i = 0; i < samples[0]; i++)
		for (int j = 0; j < samples[1]; j++) {
			double one;

			sum += sample(p, x, start[0] + by * bin[0] + (i + 0.5) * bin[0] / samples[0],
				start[1] + bx * bin[1] + (j + 0.5) * bin[1] / samples[1], &one);
			best = fmax(best, one);
		}
	if (samples[0] <= 0 || samples[1] <= 0)
		return 0.0;
	return p->greatest ? best : sum / (samples[0] * samples[1]);
}

/* Whether element i is in bin b. */
static bool is_in(double from, double to, double scale, int b, int bins, int i)
{
	const double start = round(from * scale), length = fmax(round(to * scale) - start + 1.0, 1.0);

	return i >= floor(b * length / bins) + start && i < ceil((b + 1) * length / bins) + start;
}

static double greatest(const struct nnrt_roi *p, const float *x, const float *roi, int by, int bx)
{
	double best = -INFINITY;

	for (int i = 0; i < p->in_h; i++)
		for (int j = 0; j < p->in_w; j++)
			if (is_in((double)roi[1], (double)roi[3], (double)p->scale, by, p->out_h, i) &&
			    is_in((double)roi[0], (double)roi[2], (double)p->scale, bx, p->out_w, j))
				best = fmax(best, (double)x[i * p->x_row + j * p->x_pixel]);
	return best == -INFINITY ? 0.0 : best;
}

/* columns: numbers of a region; the last four are its corners. */
static void compare(const char *what, const struct nnrt_roi *p, const struct arrays *a, int columns,
	double (*want)(const struct nnrt_roi *, const float *, const float *, int, int))
{
	for (int r = 0; r < p->regions; r++)
		for (int c = 0; c < p->channels; c++)
			for (int i = 0; i < p->out_h * p->out_w; i++) {
				const int by = i / p->out_w, bx = i % p->out_w;
				const float *x = a->x.at + a->batch[r] * p->x_image + c * p->x_channel;
				const double v = want(p, x, a->rois.at + r * columns + columns - 4, by, bx);
				const ptrdiff_t at = r * p->y_region + c * p->y_channel + by * p->y_row + bx;
				double *wide = (double *)(void *)a->wide_y.at + at;

				expect(what, (const int *)p, 7, a->y.at[at], v, 1e-5);
				expect(what, (const int *)p, 7, (float)(*wide - v), 0.0, 1e-12);
				a->y.at[at] = canary;
				*wide = (double)canary;
			}
	for (ptrdiff_t i = 0; i < a->y.n; i++)
		if (((double *)(void *)a->wide_y.at)[i] != (double)canary && failures++ < 10)
			printf("not ok %s: written outside of the result at double %ld\n", what, (long)i);
	expect_untouched(what, &a->y);
}

static struct nnrt_roi layer(bool greatest_only)
{
	struct nnrt_roi p = {.images = 1 + pick(2), .channels = 1 + pick(3), .in_h = 2 + pick(7), .in_w = 2 + pick(7),
		.regions = pick(MOST_REGIONS), .out_h = 1 << pick(3), .out_w = 1 << pick(3), .half_pixel = pick(2),
		.scale = pick(2) ? 1.0f : 0.5f, .greatest = pick(3) == 0,
		.samples = greatest_only || pick(2) ? 0 : 1 << pick(3)};

	p.x_channel = 1;
	p.x_pixel = p.channels + pick(2);
	p.x_row = p.in_w * p.x_pixel + pick(2);
	p.x_image = p.in_h * p.x_row;
	p.y_pixel = 1;
	p.y_row = p.out_w + pick(2);
	p.y_channel = p.out_h * p.y_row + pick(2);
	p.y_region = p.channels * p.y_channel;
	return p;
}

static struct arrays arrays_of(const struct nnrt_roi *p, int columns)
{
	struct arrays a = {.x = guarded_alloc(p->images * p->x_image, true), .rois = guarded_alloc(p->regions * columns,
		true), .y = guarded_alloc(p->regions * p->y_region, false)};

	for (int r = 0; r < p->regions; r++) {
		float *roi = a.rois.at + r * columns;

		a.batch[r] = pick(p->images);
		roi[0] = (float)a.batch[r];
		for (int k = 0; k < 4; k++)
			roi[columns - 4 + k] = (float)(pick(16 * 9) - 32 + (k > 1 ? 48 : 0)) / 16.0f;
		/* Bins of more samples than are looked at one by one. */
		if (columns == 4 && pick(60) == 0)
			roi[2 + pick(2)] += 32768.0f;
	}
	a.wide_x = widened(&a.x);
	a.wide_rois = widened(&a.rois);
	a.wide_y = widened(&a.y);
	return a;
}

static void arrays_free(struct arrays *a)
{
	for (struct guarded *g = &a->x; g <= &a->wide_y; g++)
		guarded_free(g);
}

/* Regions of corners that no image has. */
static void make_vast(const struct nnrt_roi *p, const struct arrays *a)
{
	static const float corners[] = {-1e30f, -INFINITY, NAN, 0.0f, 3e9f, 1e30f, INFINITY};

	for (int i = 0; i < p->regions * 4; i++)
		a->rois.at[i] = corners[pick(sizeof corners / sizeof *corners)];
}

#define RUN_ROI_ALIGN(name, function) \
	static void check_##name(void) \
	{ \
		struct nnrt_roi p = layer(false), wide = p; \
		struct arrays a = arrays_of(&p, 4); \
		wide.wide = 1; \
		function(&p, a.x.at, a.rois.at, a.batch, a.y.at); \
		function(&wide, a.wide_x.at, a.wide_rois.at, a.batch, a.wide_y.at); \
		compare(#function, &p, &a, 4, aligned); \
		make_vast(&p, &a); \
		function(&p, a.x.at, a.rois.at, a.batch, a.y.at); /* ends */ \
		arrays_free(&a); \
	}
#define RUN_ROI_MAX(name, function) \
	static void check_##name(void) \
	{ \
		struct nnrt_roi p = layer(true), wide = p; \
		struct arrays a = arrays_of(&p, 5); \
		wide.wide = 1; \
		function(&p, a.x.at, a.rois.at, a.y.at); \
		function(&wide, a.wide_x.at, a.wide_rois.at, a.wide_y.at); \
		compare(#function, &p, &a, 5, greatest); \
		arrays_free(&a); \
	}
#define RUN_NONE(name, function) static void check_##name(void) { }
#define RUN_POOL(name, function) RUN_NONE(name, function)
#define RUN_ROWS(name, function) RUN_NONE(name, function)
#define RUN_NORM(name, function) RUN_NONE(name, function)
#define RUN_RNN(name, function) RUN_NONE(name, function)
#define RUN_LSTM(name, function) RUN_NONE(name, function)
#define RUN_GRU(name, function) RUN_NONE(name, function)
#define RUN_GRU_LINEAR(name, function) RUN_NONE(name, function)
#define RUN_CELLS(name, function) RUN_NONE(name, function)
#define RUN_SELECT(name, function) RUN_NONE(name, function)
#define RUN_PAIR(name, function) RUN_NONE(name, function)
#define RUN_PRODUCT_BYTES(name, function) RUN_NONE(name, function)
#define RUN_FIND(name, function) RUN_NONE(name, function)
#define RUN_UNIQUE(name, function) RUN_NONE(name, function)
#define RUN_NMS(name, function) RUN_NONE(name, function)
#define RUN_TREES(name, function) RUN_NONE(name, function)
#define RUN_COUPLE(name, function) RUN_NONE(name, function)
#define RUN_MEAN(name, function) RUN_NONE(name, function)
#define RUN_MEAN_ROWS(name, function) RUN_NONE(name, function)
#define RUN_POOL_BYTES(name, function) RUN_NONE(name, function)
#define LAYER(name, function, params, family) RUN_##family(name, function)
#include "runtime_min/kernels/kernels_layer.def"
#undef LAYER

int main(int argc, char **argv)
{
	const int cases = argc > 1 ? atoi(argv[1]) : 100;

	skip_unless_supported();
	for (int i = 0; i < cases; i++) {
#define LAYER(name, function, params, family) check_##name();
#include "runtime_min/kernels/kernels_layer.def"
#undef LAYER
	}
	printf("%s regions\n", failures ? "not ok" : "ok");
	return failures > 0;
}
