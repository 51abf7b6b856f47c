/* Coordinates and weights of Resize, by the formulas of the standard (Resize-19), in float64: loop nests that are
 * evaluated at once where all is known, and lowered where scales or the region of interest are data. */
#include "ops/resize.h"

#include <math.h>
#include <string.h>

/* What makes the tables of one axis. */
struct making {
	struct module *m;
	struct lowering *l;             /* NULL: at once */
	const struct resize *r;
	const struct resize_axis *axis;
	int64_t taps;
	double least_scale;
};

static int temp(const struct making *w, enum dtype type, int64_t taps)
{
	const struct num dim[] = { num_const(w->axis->out), num_const(taps) };
	const int rank = taps ? 2 : 1;

	return w->l ? lower_temp(w->l, type, rank, dim) : tensor_like(w->m, NULL, type, rank, dim);
}

static void finish(const struct making *w, struct nest *n, int value)
{
	nest_store(n, value);
	if (w->l)
		lower_nest(w->l, n);
	else if (!nest_eval(n))
		die("a table of Resize is not known");
}

/* --- One element of a table --------------------------------------------------------------------------------------- */

/* Element i of a list that is data, or its value. */
static int number(struct nest *n, int list, int i, double value)
{
	return list >= 0 ? nest_cast(n, DT_F64, nest_load_flat(n, list, num_const(i))) :
			   nest_const_float(n, DT_F64, value);
}

/* Text over x and y with the axis' numbers by name. */
static int formula(const struct making *w, struct nest *n, const char *text, int x, int y)
{
	const struct resize *r = w->r;
	const struct resize_axis *a = w->axis;
	const int operand[] = { x, y };
	const struct nest_param param[] = {
		{ "scale", number(n, r->scales, a->element, a->scale) },
		{ "start", number(n, r->roi, a->element, a->start) },
		{ "end", number(n, r->roi, r->n_elements + a->element, a->end) },
		{ "in", nest_const_float(n, DT_F64, (double)a->in) },
		{ "out", nest_const_float(n, DT_F64, (double)a->out) },
		{ "last", nest_const_float(n, DT_F64, (double)(a->in - 1)) },
		{ "a", nest_const_float(n, DT_F64, r->a) },
		{ "stretch", r->antialias ? nest_binary(n, E_MIN, number(n, r->scales, a->element, a->scale),
							nest_const_float(n, DT_F64, 1)) :
					    nest_const_float(n, DT_F64, 1) },
	};

	return nest_parse(n, text, operand, y < 0 ? 1 : 2, param, sizeof param / sizeof *param);
}

/* Where an output element lies in the input, in elements; scale * in is the resized length before it was rounded down
 * to whole elements. */
static const char *coordinate(const struct making *w)
{
	const char *name = w->r->coordinates;

	if (!strcmp(name, "asymmetric"))
		return "x / scale";
	if (!strcmp(name, "tf_half_pixel_for_nn"))
		return "(x + 0.5) / scale";
	if (!strcmp(name, "align_corners"))
		return w->axis->out == 1 ? "0 * x" : "x * last / (scale * in - 1)";
	if (!strcmp(name, "pytorch_half_pixel") && w->axis->out == 1)
		return "0 * x";
	if (!strcmp(name, "half_pixel_symmetric"))
		return "in / 2 * (1 - out / (scale * in)) + (x + 0.5) / scale - 0.5";
	if (!strcmp(name, "tf_crop_and_resize"))
		return "scale * in > 1 ? start * last + x * (end - start) * last / (scale * in - 1) : "
		       "0.5 * (start + end) * last";
	return "(x + 0.5) / scale - 0.5";
}

static const char *nearest(const struct resize *r)
{
	if (!strcmp(r->nearest, "floor"))
		return "floor(x)";
	if (!strcmp(r->nearest, "ceil"))
		return "ceil(x)";
	return !strcmp(r->nearest, "round_prefer_ceil") ? "floor(x + 0.5)" : "ceil(x - 0.5)";
}

/* The interpolation kernel at distance x. */
static const char *kernel(const struct resize *r)
{
	if (r->mode == RESIZE_LINEAR)
		return "x < 1 ? 1 - x : 0";
	return "x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? ((x - 5) * x + 8) * x * a - 4 * a : 0";
}

/* A place in the input kept inside of it; what is no number becomes 0. */
static int inside(const struct making *w, struct nest *n, int v)
{
	return nest_cast(n, DT_I64, formula(w, n, "x > 0 ? min(x, last) : 0", v, -1));
}

/* --- The tables --------------------------------------------------------------------------------------------------- */

static int make_places(const struct making *w)
{
	struct nest *n = nest_new(w->m, temp(w, DT_F64, 0));

	finish(w, n, formula(w, n, coordinate(w), nest_cast(n, DT_F64, nest_index(n, n->axis[0])), -1));
	return n->out;
}

static int make_outside(const struct making *w, int places)
{
	struct nest *n = nest_new(w->m, temp(w, DT_BOOL, 0));
	const int x = nest_load(n, places, n->axis);

	finish(w, n, nest_binary(n, E_OR, formula(w, n, "x < 0", x, -1), formula(w, n, "x > last", x, -1)));
	return n->out;
}

static int make_nearest(const struct making *w, int places)
{
	struct nest *n = nest_new(w->m, temp(w, DT_I64, 1));

	finish(w, n, inside(w, n, formula(w, n, nearest(w->r), nest_load(n, places, n->axis), -1)));
	return n->out;
}

/* The place of tap k of output element o, which may lie outside. */
static int tap(const struct making *w, struct nest *n, int x)
{
	const struct num first = num_const(1 - w->taps / 2);
	const int k = nest_cast(n, DT_F64, nest_index(n, num_add(&w->m->nums, n->axis[1], first)));

	return nest_binary(n, E_ADD, nest_unary(n, E_FLOOR, x), k);
}

static int make_indexes(const struct making *w, int places)
{
	struct nest *n = nest_new(w->m, temp(w, DT_I64, w->taps));

	finish(w, n, inside(w, n, tap(w, n, nest_load(n, places, n->axis))));
	return n->out;
}

static int make_weights(const struct making *w, int places)
{
	struct nest *n = nest_new(w->m, temp(w, DT_F64, w->taps));
	const int x = nest_load(n, places, n->axis), i = tap(w, n, x);
	int v = formula(w, n, kernel(w->r), nest_unary(n, E_ABS, formula(w, n, "(x - y) * stretch", i, x)), -1);

	if (w->r->exclude_outside)
		v = nest_select(n, nest_binary(n, E_OR, formula(w, n, "x < 0", i, -1),
					       formula(w, n, "x > last", i, -1)), nest_const_float(n, DT_F64, 0), v);
	finish(w, n, v);
	return n->out;
}

/* A kernel that antialiasing stretches, or that leaves taps out, is normalised. */
static int normalise(const struct making *w, int weights)
{
	struct nest *n = nest_new(w->m, temp(w, DT_F64, 0));
	const int sums = n->out;
	int v, sum;

	finish(w, n, nest_reduce(n, REDUCE_SUM, nest_load(n, weights, (struct num[]){
		n->axis[0], nest_reduce_axis(n, num_const(w->taps)) })));
	n = nest_new(w->m, temp(w, DT_F64, w->taps));
	v = nest_load(n, weights, n->axis);
	sum = nest_load(n, sums, n->axis);
	finish(w, n, formula(w, n, w->r->exclude_outside ? "y == 0 ? x : x / y" :
				   "stretch < 1 ? (y == 0 ? x : x / y) : x", v, sum));
	return n->out;
}

static void make(const struct making *w, struct resize_tensors *t)
{
	const struct resize *r = w->r;
	const int places = make_places(w);

	*t = (struct resize_tensors){ .taps = w->taps, .weight = -1, .outside = -1 };
	if (!strcmp(r->coordinates, "tf_crop_and_resize"))
		t->outside = make_outside(w, places);
	if (r->mode == RESIZE_NEAREST) {
		t->index = make_nearest(w, places);
		return;
	}
	t->index = make_indexes(w, places);
	t->weight = make_weights(w, places);
	if (r->exclude_outside || (r->antialias && w->least_scale < 1))
		t->weight = normalise(w, t->weight);
}

/* The number of taps; false: the table would be too large. */
static bool count_taps(struct module *m, int node, int k, struct making *w)
{
	const double reach = w->r->mode == RESIZE_CUBIC ? 2 : 1;
	double stretch = 1;

	if (w->r->antialias && w->least_scale < 1 && w->axis->out)
		stretch = w->least_scale;
	w->taps = 1;
	if (w->r->mode != RESIZE_NEAREST) {
		if (reach / stretch > 1 << 20)
			return node_unsupported(m, node, "scale %g of axis %d", w->least_scale, k);
		w->taps = 2 * (int64_t)ceil(reach / stretch);
	}
	return w->axis->out * w->taps <= MAX_FOLD_ELEMENTS ||
	       node_unsupported(m, node, "axis %d has %lld elements of %lld samples each", k,
				(long long)w->axis->out, (long long)w->taps);
}

bool resize_table(struct module *m, int node, const struct resize *r, int k, struct resize_table *t)
{
	struct making w = { .m = m, .r = r, .axis = &r->axis[k], .least_scale = r->axis[k].scale };
	struct resize_tensors made;
	bool any = false;

	if (!count_taps(m, node, k, &w))
		return false;
	make(&w, &made);
	*t = (struct resize_table){ .taps = made.taps, .index = m->tensor[made.index].data };
	if (made.weight >= 0)
		t->weight = m->tensor[made.weight].data;
	if (made.outside >= 0)
		t->outside = m->tensor[made.outside].data;
	for (int64_t o = 0; t->outside && o < w.axis->out; o++)
		any |= t->outside[o];
	if (!any)
		t->outside = NULL;
	return true;
}

bool resize_lower_table(struct lowering *l, int node, const struct resize *r, int k, struct resize_tensors *t)
{
	const struct resize_axis *axis = &r->axis[k];
	struct making w = { .m = l->m, .l = l, .r = r, .axis = axis };

	w.least_scale = r->scales < 0 ? axis->scale : ((double)axis->out - 0.5) / (double)axis->in;
	if (!count_taps(l->m, node, k, &w))
		return false;
	make(&w, t);
	return true;
}
