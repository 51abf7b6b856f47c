/* Coordinates and weights of Resize, by the formulas of the standard (Resize-19), in double. */
#include "ops/resize.h"

#include <math.h>
#include <string.h>

/* Where output element o lies in the input, in elements. */
static double coordinate(const struct resize *r, const struct resize_axis *x, int64_t o)
{
	/* The resized length before it was rounded down to whole elements. */
	double length = x->scale * (double)x->in, last = (double)(x->in - 1);

	if (!strcmp(r->coordinates, "asymmetric"))
		return (double)o / x->scale;
	if (!strcmp(r->coordinates, "tf_half_pixel_for_nn"))
		return ((double)o + 0.5) / x->scale;
	if (!strcmp(r->coordinates, "align_corners"))
		return x->out == 1 ? 0 : (double)o * last / (length - 1);
	if (!strcmp(r->coordinates, "pytorch_half_pixel") && x->out == 1)
		return 0;
	if (!strcmp(r->coordinates, "half_pixel_symmetric")) {
		double adjust = (double)x->out / length, center = (double)x->in / 2;

		return center * (1 - adjust) + ((double)o + 0.5) / x->scale - 0.5;
	}
	if (!strcmp(r->coordinates, "tf_crop_and_resize")) {
		if (!(length > 1))
			return 0.5 * (x->start + x->end) * last;
		return x->start * last + (double)o * (x->end - x->start) * last / (length - 1);
	}
	return ((double)o + 0.5) / x->scale - 0.5;
}

static double nearest(const struct resize *r, double x)
{
	if (!strcmp(r->nearest, "floor"))
		return floor(x);
	if (!strcmp(r->nearest, "ceil"))
		return ceil(x);
	return !strcmp(r->nearest, "round_prefer_ceil") ? floor(x + 0.5) : ceil(x - 0.5);
}

/* The interpolation kernel at distance d. */
static double kernel(const struct resize *r, double d)
{
	d = fabs(d);
	if (r->mode == RESIZE_LINEAR)
		return d < 1 ? 1 - d : 0;
	if (d <= 1)
		return ((r->a + 2) * d - (r->a + 3)) * d * d + 1;
	return d < 2 ? ((d - 5) * d + 8) * d * r->a - 4 * r->a : 0;
}

static int64_t clamp(double v, int64_t last)
{
	return !(v > 0) ? 0 : v >= (double)last ? last : (int64_t)v;
}

/* One output element: taps around coordinate x. A kernel stretched by antialiasing is normalised. */
static void sample(const struct resize *r, const struct resize_axis *axis, double x, int64_t taps, double stretch,
		   int64_t *index, double *weight)
{
	double base = floor(x), sum = 0;
	const int64_t last = axis->in - 1, first = 1 - taps / 2;

	for (int64_t k = 0; k < taps; k++) {
		double i = base + (double)(first + k);
		bool outside = i < 0 || i > (double)last;
		double w = outside && r->exclude_outside ? 0 : kernel(r, (i - x) * stretch);

		index[k] = clamp(i, last);
		weight[k] = w;
		sum += w;
	}
	if ((r->exclude_outside || stretch < 1) && sum != 0)
		for (int64_t k = 0; k < taps; k++)
			weight[k] /= sum;
}

bool resize_table(struct module *m, int node, const struct resize *r, int k, struct resize_table *t)
{
	const struct resize_axis *axis = &r->axis[k];
	double stretch = r->antialias && axis->scale < 1 ? axis->scale : 1, reach = r->mode == RESIZE_CUBIC ? 2 : 1;
	bool crop = !strcmp(r->coordinates, "tf_crop_and_resize"), any = false;
	size_t elements;

	*t = (struct resize_table){ .taps = 1 };
	if (r->mode != RESIZE_NEAREST) {
		if (reach / stretch > 1 << 20)
			return node_unsupported(m, node, "scale %g of axis %d", axis->scale, k);
		t->taps = 2 * (int64_t)ceil(reach / stretch);
	}
	if (axis->out * t->taps > MAX_FOLD_ELEMENTS)
		return node_unsupported(m, node, "axis %d has %lld elements of %lld samples each", k,
					(long long)axis->out, (long long)t->taps);
	elements = (size_t)(axis->out * t->taps);
	t->index = ARENA_ARRAY(m->arena, elements, int64_t);
	t->weight = r->mode == RESIZE_NEAREST ? NULL : ARENA_ARRAY(m->arena, elements, double);
	t->outside = crop ? ARENA_ARRAY(m->arena, axis->out, bool) : NULL;
	for (int64_t o = 0; o < axis->out; o++) {
		double x = coordinate(r, axis, o);

		if (crop)
			any |= t->outside[o] = x < 0 || x > (double)(axis->in - 1);
		if (r->mode == RESIZE_NEAREST)
			t->index[o] = clamp(nearest(r, x), axis->in - 1);
		else
			sample(r, axis, x, t->taps, stretch, t->index + o * t->taps, t->weight + o * t->taps);
	}
	if (!any)
		t->outside = NULL;
	return true;
}
