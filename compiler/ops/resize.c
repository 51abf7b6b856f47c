/* Resize and Upsample. Every resized axis is a table of sample positions and weights (resize_table.c), and the result
 * y[o…] = sum over k… of x[index[o][k]…] * weight[o][k]…, one reduction over the taps of all resized axes. */
#include "ops/resize.h"

#include <math.h>
#include <string.h>

/* Present and not empty. */
static bool constants_given(struct module *m, int t)
{
	return t >= 0 && !num_is(tensor_elements(m, t), 0);
}

/* scales, sizes, region of interest: where the operator's version has them. */
struct resize_inputs {
	int scales, sizes, roi;         /* tensors or -1 */
	const struct attr *attr;        /* Upsample-7 */
};

static struct resize_inputs resize_inputs(struct module *m, int node)
{
	bool new = m->node[node].op->since >= 11;
	struct resize_inputs in = { -1, -1, -1, node_attr(m, node, "scales") };

	if (in.attr)
		return in;
	in.scales = node_in(m, node, new ? 2 : 1);
	if (new) {
		in.roi = node_in(m, node, 1);
		in.sizes = node_in(m, node, 3);
	}
	if (!constants_given(m, in.scales))
		in.scales = -1;
	if (!constants_given(m, in.sizes))
		in.sizes = -1;
	if (!constants_given(m, in.roi))
		in.roi = -1;
	return in;
}

/* Input i, if it is there, has `want` elements. */
static bool check_list(struct module *m, int node, const char *what, int t, int64_t want)
{
	const struct num n = t < 0 ? num_const(want) : tensor_elements(m, t);

	return num_is(n, want) || node_bad(m, node, "%s has %lld elements, allowed: %lld", what, (long long)n.n,
					   (long long)want);
}

/* Where tensor t is in the node's inputs. */
static bool not_known(struct module *m, int node, int t)
{
	int i = 0;

	while (node_in(m, node, i) != t)
		i++;
	return node_unknown(m, node, i);
}

/* sizes -> scales and extents, with keep_aspect_ratio_policy. */
static bool resize_by_sizes(struct module *m, int node, struct resize *r, int sizes, const int *axis, int n)
{
	bool stretch = !resize_keeps_aspect(m, node);
	bool larger = node_attr_is(m, node, "keep_aspect_ratio_policy", "not_smaller");
	double common = 0;
	const struct num *v;
	int count;

	v = tensor_value(m, sizes, &count);
	if (!v)
		return not_known(m, node, sizes);
	for (int i = 0; i < n; i++) {
		struct resize_axis *x = &r->axis[axis[i]];

		if (!num_is_const(v[i]))
			return node_unsupported(m, node, "size %d must be a constant", i);
		if (v[i].n < 0 || v[i].n > MAX_ELEMENTS)
			return node_bad(m, node, "size %d is %lld, allowed: 0 to %lld", i, (long long)v[i].n,
					(long long)MAX_ELEMENTS);
		x->out = v[i].n;
		x->scale = (double)x->out / (double)x->in;
		if (i == 0 || (larger ? x->scale > common : x->scale < common))
			common = x->scale;
	}
	for (int i = 0; i < n && !stretch; i++) {
		struct resize_axis *x = &r->axis[axis[i]];

		x->scale = common;
		x->out = (int64_t)floor(common * (double)x->in + 0.5);
	}
	return true;
}

static bool resize_by_scales(struct module *m, int node, struct resize *r, const struct resize_inputs *in,
			     const int *axis, int n)
{
	const int64_t *found = in->attr ? NULL : resize_sizes_found(m, in->scales);

	if (!in->attr && !found && !tensor_is_const(m, in->scales))
		return not_known(m, node, in->scales);
	r->scales = found ? in->scales : -1;
	for (int i = 0; i < n; i++) {
		struct resize_axis *x = &r->axis[axis[i]];

		if (found) {
			x->out = found[axis[i]];
			continue;
		}
		x->scale = in->attr ? (double)in->attr->floats[i] : const_double(m, in->scales, i);
		if (!(x->scale > 0) || x->scale * (double)x->in > (double)MAX_ELEMENTS)
			return node_bad(m, node, "scale %d is %g, allowed: above 0, for at most %lld elements", i,
					x->scale, (long long)MAX_ELEMENTS);
		x->out = (int64_t)floor((double)x->in * x->scale);
	}
	return true;
}

bool resize_read(struct module *m, int node, struct resize *r)
{
	const struct tensor *x = node_in_tensor(m, node, 0);
	struct resize_inputs in = resize_inputs(m, node);
	bool crop = node_attr_is(m, node, "coordinate_transformation_mode", "tf_crop_and_resize"), old;
	const struct attr *a;
	int axis[MAX_RANK], n;

	*r = (struct resize){ .rank = x->rank, .scales = -1, .roi = -1, .coordinates = "asymmetric",
			      .nearest = "floor" };
	r->mode = node_attr_is(m, node, "mode", "nearest") ? RESIZE_NEAREST :
		node_attr_is(m, node, "mode", "cubic") ? RESIZE_CUBIC : RESIZE_LINEAR;
	old = !(a = node_attr(m, node, "coordinate_transformation_mode"));
	if (!old) {
		r->coordinates = a->s;
		r->nearest = node_attr(m, node, "nearest_mode")->s;
	}
	r->antialias = node_attr_int(m, node, "antialias", 0);
	r->exclude_outside = node_attr_int(m, node, "exclude_outside", 0);
	r->a = node_attr_float(m, node, "cubic_coeff_a", -0.75);
	r->extrapolation = node_attr_float(m, node, "extrapolation_value", 0);
	if (!node_axes(m, node, "axes", -1, x->rank, axis, &n))
		return false;
	if (n < 0)
		for (n = 0; n < x->rank; n++)
			axis[n] = n;
	if ((in.scales >= 0 || in.attr) + (in.sizes >= 0) != 1)
		return node_bad(m, node, "exactly one of scales and sizes must be given");
	if (in.attr && in.attr->n != n)
		return node_bad(m, node, "scales has %d elements, allowed: %d", in.attr->n, n);
	if (crop && in.roi < 0)
		return node_bad(m, node, "roi is absent, required by tf_crop_and_resize");
	if (!check_list(m, node, "scales", in.scales, n) || !check_list(m, node, "sizes", in.sizes, n) ||
	    !check_list(m, node, "roi", crop ? in.roi : -1, 2 * (int64_t)n))
		return false;
	r->n_elements = n;
	r->roi = crop && !tensor_is_const(m, in.roi) ? in.roi : -1;
	for (int i = 0; i < n; i++) {
		struct resize_axis *y = &r->axis[axis[i]];

		y->element = i;
		y->in = x->dim[axis[i]].n;
		if (y->in < 1)
			return node_unsupported(m, node, "axis %d has no elements", axis[i]);
		y->start = crop && r->roi < 0 ? const_double(m, in.roi, i) : 0;
		y->end = crop && r->roi < 0 ? const_double(m, in.roi, n + i) : 1;
	}
	if (!(in.sizes >= 0 ? resize_by_sizes(m, node, r, in.sizes, axis, n) :
			      resize_by_scales(m, node, r, &in, axis, n)))
		return false;
	for (int i = 0; i < n; i++) {
		struct resize_axis *y = &r->axis[axis[i]];

		y->resized = r->roi >= 0 || r->scales >= 0 || y->scale != 1 || (crop && (y->start != 0 || y->end != 1));
		/* An axis of run-time extent may be carried along. */
		if (!num_is_const(x->dim[axis[i]]) && (in.sizes >= 0 || y->resized || crop))
			return node_unsupported(m, node, "axis %d is resized and not a constant", axis[i]);
	}
	return true;
}

static bool infer_resize(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct num dim[MAX_RANK];
	struct resize r;

	if (!resize_read(m, node, &r))
		return false;
	for (int k = 0; k < x.rank; k++)
		dim[k] = r.axis[k].resized ? num_const(r.axis[k].out) : x.dim[k];
	return tensor_set(m, node, node_out(m, node, 0), x.type, x.rank, dim);
}

/* Whether the table is o -> o / by. */
static bool table_is_division(const struct resize_table *t, const struct resize_axis *axis, int64_t *by)
{
	*by = axis->out / axis->in;
	if (t->weight || t->outside || axis->out % axis->in)
		return false;
	for (int64_t o = 0; o < axis->out; o++)
		if (t->index[o] != o / *by)
			return false;
	return true;
}

/* The type that weights are multiplied in. */
static enum dtype resize_weights(const struct module *m, int node)
{
	return node_in_type(m, node, 0) == DT_F64 ? DT_F64 : DT_F32;
}

/* The table of an axis as tensors, or by what the index is divided; false: reported. */
static bool table_tensors(struct lowering *l, int node, const struct resize *r, int k, struct resize_tensors *made,
			  int64_t *division)
{
	struct module *m = l->m;
	struct resize_table t;
	int64_t dim[2];

	*division = 0;
	if (resize_by_data(r))
		return resize_lower_table(l, node, r, k, made);
	if (!resize_table(m, node, r, k, &t))
		return false;
	dim[0] = r->axis[k].out;
	dim[1] = t.taps;
	*made = (struct resize_tensors){ t.taps, -1, -1, -1 };
	if (table_is_division(&t, &r->axis[k], division))
		return true;
	*division = 0;
	made->index = tensor_const(m, NULL, DT_I64, 2, dim, t.index);
	if (t.weight)
		made->weight = tensor_const_doubles(m, resize_weights(m, node), 2, dim, t.weight);
	if (t.outside)
		made->outside = tensor_const(m, NULL, DT_BOOL, 1, dim, t.outside);
	return true;
}

/* Index of axis k for the nest's element and tap; multiplies *weight (-1: 1), of the given type, and joins *outside
 * (-1: never). */
static struct index resize_index(struct nest *n, const struct resize_tensors *t, int k, enum dtype type, int *weight,
				 int *outside)
{
	struct num at[2] = { n->axis[k], num_const(0) };
	int v;

	if (t->taps > 1)
		at[1] = nest_reduce_axis(n, num_const(t->taps));
	if (t->weight >= 0) {
		v = nest_cast(n, type, nest_load(n, t->weight, at));
		*weight = *weight < 0 ? v : nest_binary(n, E_MUL, *weight, v);
	}
	if (t->outside >= 0) {
		v = nest_load(n, t->outside, at);
		*outside = *outside < 0 ? v : nest_binary(n, E_OR, *outside, v);
	}
	return (struct index){ num_const(0), nest_load(n, t->index, at) };
}

static bool lower_resize(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	enum dtype type = m->tensor[n->out].type, compute = resize_weights(m, node);
	int weight = -1, outside = -1, v;
	struct index at[MAX_RANK];
	struct resize_tensors t;
	struct resize r;
	int64_t by;

	if (!resize_read(m, node, &r))
		return false;
	for (int k = 0; k < r.rank; k++) {
		at[k] = (struct index){ n->axis[k], -1 };
		if (!r.axis[k].resized)
			continue;
		if (!table_tensors(l, node, &r, k, &t, &by))
			return false;
		at[k] = by ? (struct index){ num_div(&m->nums, n->axis[k], num_const(by)), -1 } :
			     resize_index(n, &t, k, compute, &weight, &outside);
	}
	v = nest_load_at(n, node_in(m, node, 0), at);
	if (weight >= 0) {
		v = nest_binary(n, E_MUL, nest_cast(n, compute, v), weight);
		v = nest_reduce(n, REDUCE_SUM, v);
	}
	v = nest_cast(n, type, v);
	if (outside >= 0)
		v = nest_select(n, outside, nest_cast(n, type, nest_const_float(n, compute, r.extrapolation)), v);
	nest_store(n, v);
	lower_nest(l, n);
	return true;
}

#define MODE_2 STRING("mode", "nearest", "nearest|linear")
#define MODES STRING("mode", "nearest", "nearest|linear|cubic")
#define NEAREST_MODE STRING("nearest_mode", "round_prefer_floor", "round_prefer_floor|round_prefer_ceil|floor|ceil")
#define CUBIC FLOAT("cubic_coeff_a", -0.75), FLAG("exclude_outside", 0), FLOAT("extrapolation_value", 0.0)

const struct op_def op_Upsample_7 = {
	ONNX("Upsample", 7, 1, 1, 1, 1), .attrs = ATTRS(MODE_2, FLOATS_REQUIRED("scales")), .types = TYPES("fhiub"),
	.infer = infer_resize, .lower = lower_resize,
};
const struct op_def op_Upsample_9 = {
	ONNX("Upsample", 9, 2, 2, 1, 1), .attrs = ATTRS(MODE_2), .types = TYPES("fhiub", "f"),
	.infer = infer_resize, .lower = lower_resize,
};
const struct op_def op_Resize_10 = {
	ONNX("Resize", 10, 2, 2, 1, 1), .attrs = ATTRS(MODE_2), .types = TYPES("fhiub", "f"),
	.infer = infer_resize, .lower = lower_resize,
};
const struct op_def op_Resize_11 = {
	ONNX("Resize", 11, 1, 4, 1, 1), .types = TYPES("fhiub", "fh", "f", "i"),
	.attrs = ATTRS(MODES, NEAREST_MODE, CUBIC, STRING("coordinate_transformation_mode", "half_pixel",
		"half_pixel|pytorch_half_pixel|align_corners|asymmetric|tf_half_pixel_for_nn|tf_crop_and_resize")),
	.infer = infer_resize, .lower = lower_resize,
};
const struct op_def op_Resize_13 = {
	ONNX("Resize", 13, 1, 4, 1, 1), .types = TYPES("fhiub", "fh", "f", "i"),
	.attrs = ATTRS(MODES, NEAREST_MODE, CUBIC, STRING("coordinate_transformation_mode", "half_pixel",
		"half_pixel|pytorch_half_pixel|align_corners|asymmetric|tf_crop_and_resize")),
	.infer = infer_resize, .lower = lower_resize,
};
const struct op_def op_Resize_18 = {
	ONNX("Resize", 18, 1, 4, 1, 1), .types = TYPES("fhiub", "fh", "f", "i"),
	.attrs = ATTRS(MODES, NEAREST_MODE, CUBIC, FLAG("antialias", 0), INTS_OPTIONAL("axes"),
		       STRING("keep_aspect_ratio_policy", "stretch", "stretch|not_larger|not_smaller"),
		       STRING("coordinate_transformation_mode", "half_pixel", "half_pixel|half_pixel_symmetric|"
			      "pytorch_half_pixel|align_corners|asymmetric|tf_crop_and_resize")),
	.infer = infer_resize, .lower = lower_resize,
};
