/* Pad: pads as attribute (opset 2) or input (11), axes as input (18), mode wrap (19). Negative pads crop. */
#include <string.h>

#include "ops/arguments.h"

struct pad {
	struct num begin[MAX_RANK], end[MAX_RANK];
};

static bool pad_get(struct module *m, int node, struct pad *p)
{
	const struct tensor *x = node_in_tensor(m, node, 0);
	int n_axes, n, axis[MAX_RANK], rank = x->rank;
	const struct num *v;

	if (!node_axes(m, node, NULL, 3, rank, axis, &n_axes) || !node_numbers(m, node, "pads", 1, &v, &n))
		return false;
	if (n_axes < 0)
		for (n_axes = 0; n_axes < rank; n_axes++)
			axis[n_axes] = n_axes;
	if (n != 2 * n_axes)
		return node_bad(m, node, "pads has %d elements, allowed: %d", n, 2 * n_axes);
	*p = (struct pad){ 0 };
	for (int i = 0; i < n_axes; i++) {
		p->begin[axis[i]] = v[i];
		p->end[axis[i]] = v[n_axes + i];
	}
	return true;
}

static bool infer_pad(struct module *m, int node)
{
	struct nums *s = &m->nums;
	const struct tensor x = *node_in_tensor(m, node, 0);
	const struct tensor *value = node_in_tensor(m, node, 2);
	bool constant = node_attr_is(m, node, "mode", "constant");
	struct num dim[MAX_RANK];
	struct pad p;

	if (!pad_get(m, node, &p))
		return false;
	if (value && (value->type != x.type || !num_is(tensor_elements(m, node_in(m, node, 2)), 1)))
		return node_bad(m, node, "the value must be one element of type %s", dtypes[x.type].name);
	for (int k = 0; k < x.rank; k++) {
		dim[k] = num_add(s, x.dim[k], num_add(s, p.begin[k], p.end[k]));
		if (!constant && num_is(x.dim[k], 0) && !num_is(dim[k], 0))
			return node_bad(m, node, "axis %d has 0 elements to repeat, allowed: 1 or more", k);
	}
	return tensor_set(m, node, node_out(m, node, 0), x.type, x.rank, dim);
}

/* Index i (which may be outside 0 … n-1) as the mode maps it inside. */
static struct num pad_map(struct nums *s, struct num i, struct num n, char mode)
{
	struct num zero = num_const(0), one = num_const(1), last = num_sub(s, n, one), period;

	if (num_lo(s, i) >= 0 && num_hi(s, num_sub(s, i, n)) < 0)
		return i;
	if (mode == 'e')
		return num_max(s, num_min(s, i, last), zero);
	if (mode == 'w')
		return num_mod(s, i, n);
	/* Reflection has period 2(n - 1); where n is 1, all is element 0. */
	if (num_is(n, 1))
		return zero;
	period = num_max(s, num_mul(s, num_const(2), last), one);
	i = num_mod(s, i, period);
	return num_min(s, i, num_sub(s, period, i));
}

static bool lower_pad(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nums *s = &m->nums;
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct nest *n = nest_new(m, node_out(m, node, 0));
	char mode = node_attr(m, node, "mode")->s[0];   /* constant, edge, reflect, wrap */
	int inside = -1, v, value = node_in(m, node, 2);
	struct num at[MAX_RANK];
	struct pad p;

	if (!pad_get(m, node, &p))
		return false;
	for (int k = 0; k < x.rank; k++) {
		at[k] = num_sub(s, n->axis[k], p.begin[k]);
		if (num_is(p.begin[k], 0) && num_is(p.end[k], 0))
			continue;       /* a run-time size of 1 has no period to reflect by */
		if (mode != 'c') {
			at[k] = pad_map(s, at[k], x.dim[k], mode);
		} else if (num_lo(s, at[k]) < 0 || num_hi(s, num_sub(s, at[k], x.dim[k])) >= 0) {
			int c = nest_in_range(n, at[k], num_const(0), x.dim[k]);

			inside = inside < 0 ? c : nest_binary(n, E_AND, inside, c);
		}
	}
	v = nest_load(n, node_in(m, node, 0), at);
	if (inside >= 0) {
		if (value >= 0)
			value = nest_load_flat(n, value, num_const(0));
		else
			value = nest_cast(n, x.type,
					  nest_const_float(n, is_float(x.type) ? compute_type(x.type) : DT_F32,
							   node_attr_float(m, node, "value", 0)));
		v = nest_select(n, inside, v, value);
	}
	nest_store(n, v);
	lower_nest(l, n);
	return true;
}

#define MODES STRING("mode", "constant", "constant|reflect|edge")

const struct op_def op_Pad_2 = {
	ONNX("Pad", 2, 1, 1, 1, 1), .attrs = ATTRS(MODES, INTS_REQUIRED("pads"), FLOAT("value", 0.0)),
	.types = TYPES("fhiub"), .infer = infer_pad, .lower = lower_pad,
};
const struct op_def op_Pad_11 = {
	ONNX("Pad", 11, 2, 3, 1, 1), .attrs = ATTRS(MODES), .types = TYPES("fhiub", "i", "fhiub"),
	.infer = infer_pad, .lower = lower_pad,
};
const struct op_def op_Pad_18 = {
	ONNX("Pad", 18, 2, 4, 1, 1), .attrs = ATTRS(MODES), .types = TYPES("fhiub", "i", "fhiub", "i"),
	.infer = infer_pad, .lower = lower_pad,
};
const struct op_def op_Pad_19 = {
	ONNX("Pad", 19, 2, 4, 1, 1), .attrs = ATTRS(STRING("mode", "constant", "constant|reflect|edge|wrap")),
	.types = TYPES("fhiub", "i", "fhiub", "i"), .infer = infer_pad, .lower = lower_pad,
};

/* --- CenterCropPad: crop or pad with 0 to a shape, equally on both sides, the odd element at the end -------------- */

static bool center_axes(struct module *m, int node, struct num *dim)
{
	const struct tensor *x = node_in_tensor(m, node, 0);
	int axis[MAX_RANK], n_axes, n, rank = x->rank;
	const struct num *shape;

	memcpy(dim, x->dim, (size_t)rank * sizeof *dim);
	if (!node_axes(m, node, "axes", -1, rank, axis, &n_axes) || !node_numbers(m, node, NULL, 1, &shape, &n))
		return false;
	if (n_axes < 0)
		for (n_axes = 0; n_axes < rank; n_axes++)
			axis[n_axes] = n_axes;
	if (n != n_axes)
		return node_bad(m, node, "the shape has %d elements, allowed: %d", n, n_axes);
	for (int i = 0; i < n; i++)
		dim[axis[i]] = shape[i];
	return true;
}

static bool infer_center(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct num dim[MAX_RANK];

	return center_axes(m, node, dim) && tensor_set(m, node, node_out(m, node, 0), x.type, x.rank, dim);
}

static bool lower_center(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nums *s = &m->nums;
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct nest *n = nest_new(m, node_out(m, node, 0));
	int inside = nest_const_int(n, DT_BOOL, 1), v;
	struct num at[MAX_RANK];

	for (int k = 0; k < x.rank; k++) {
		struct num more = num_sub(s, n->extent[k], x.dim[k]), half = num_div(s, more, num_const(2));

		/* Cropping takes floor((in - out) / 2) from the front, padding adds floor((out - in) / 2). */
		if (num_hi(s, more) <= 0)
			half = num_sub(s, num_const(0), num_div(s, num_sub(s, num_const(0), more), num_const(2)));
		at[k] = num_sub(s, n->axis[k], half);
		inside = nest_binary(n, E_AND, inside, nest_in_range(n, at[k], num_const(0), x.dim[k]));
	}
	v = nest_load(n, node_in(m, node, 0), at);
	nest_store(n, nest_select(n, inside, v, nest_cast(n, x.type, nest_const_float(n, DT_F32, 0))));
	lower_nest(l, n);
	return true;
}

const struct op_def op_CenterCropPad_18 = {
	ONNX("CenterCropPad", 18, 2, 2, 1, 1), .attrs = ATTRS(INTS_OPTIONAL("axes")), .types = TYPES("fhiub", "i"),
	.infer = infer_center, .lower = lower_center,
};
