/* Slice: starts, ends, axes and steps as attributes (opset 1) or inputs (opset 10). */
#include "ops/arguments.h"

#include <string.h>

/* What is taken along each axis: element start + i * step for 0 <= i < count. */
struct slice {
	struct num start[MAX_RANK], count[MAX_RANK], step[MAX_RANK];
};

/* A bound as ONNX clamps it: negative values count from the end; allowed range low … high. */
static struct num slice_bound(struct module *m, struct num v, struct num dim, struct num low, struct num high)
{
	struct nums *s = &m->nums;

	if (num_hi(s, v) < 0)
		v = num_add(s, v, dim);
	else if (num_lo(s, v) < 0)
		v = num_select(s, num_lt(s, v, num_const(0)), num_add(s, v, dim), v);
	/* Ends such as INT64_MAX are common, and comparing them with a run-time size decides nothing. */
	if (num_is_const(v) && v.n >= num_hi(s, high))
		return high;
	if (num_is_const(v) && v.n <= num_lo(s, low))
		return low;
	return num_max(s, num_min(s, v, high), low);
}

/* From where and how far a step of the given sign goes. */
static void slice_range(struct module *m, struct num dim, struct num from, struct num to, bool forward,
			struct num *start, struct num *length)
{
	struct nums *s = &m->nums;
	const struct num zero = num_const(0), last = num_sub(s, dim, num_const(1));

	if (forward) {
		*start = slice_bound(m, from, dim, zero, dim);
		*length = num_sub(s, slice_bound(m, to, dim, zero, dim), *start);
	} else {
		*start = slice_bound(m, from, dim, zero, last);
		*length = num_sub(s, *start, slice_bound(m, to, dim, num_const(-1), last));
	}
}

/* A step that is no constant may be any number but 0, which the run refuses. */
static bool slice_axis(struct module *m, int node, struct num dim, struct num from, struct num to, struct num step,
		       struct num *start, struct num *count)
{
	struct nums *s = &m->nums;
	const struct num zero = num_const(0), back = num_lt(s, step, zero);
	struct num length, back_start, back_length;

	if (num_is(step, 0) || num_is(step, INT64_MIN))
		return node_bad(m, node, "a step is %lld, allowed: any but 0", (long long)step.n);
	if (num_is_const(from) && from.n < -MAX_ELEMENTS)
		from.n = -MAX_ELEMENTS;
	if (num_is_const(to) && to.n < -MAX_ELEMENTS)
		to.n = -MAX_ELEMENTS;
	slice_range(m, dim, from, to, !num_is(back, 1), start, &length);
	if (!num_is_const(back)) {
		slice_range(m, dim, from, to, false, &back_start, &back_length);
		*start = num_select(s, back, back_start, *start);
		length = num_select(s, back, back_length, length);
	}
	step = num_max(s, step, num_sub(s, zero, step));
	step = num_min(s, num_max(s, step, num_const(1)), num_const(MAX_ELEMENTS));
	*count = num_ceildiv(s, num_max(s, length, zero), step);
	return true;
}

static bool slice_get(struct module *m, int node, struct slice *p)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	const struct num *from, *to, *step;
	int n, n_to, n_axes, n_steps, axis[MAX_RANK];

	if (!node_axes(m, node, "axes", 3, x.rank, axis, &n_axes) ||
	    !node_numbers(m, node, "starts", 1, &from, &n) || !node_numbers(m, node, "ends", 2, &to, &n_to) ||
	    !node_numbers(m, node, NULL, 4, &step, &n_steps))
		return false;
	if (n < 0 || n > x.rank || n_to != n || (n_axes >= 0 && n_axes != n) || (n_steps >= 0 && n_steps != n))
		return node_bad(m, node,
				"starts, ends, axes, steps have %d, %d, %d, %d elements, allowed: as many each (-1: "
				"absent), up to %d",
				n, n_to, n_axes, n_steps, x.rank);
	*p = (struct slice){ 0 };
	for (int k = 0; k < x.rank; k++) {
		p->count[k] = x.dim[k];
		p->step[k] = num_const(1);
	}
	for (int i = 0; i < n; i++) {
		int k = n_axes < 0 ? i : axis[i];

		p->step[k] = n_steps < 0 ? num_const(1) : step[i];
		if (!slice_axis(m, node, x.dim[k], from[i], to[i], p->step[k], &p->start[k], &p->count[k]))
			return false;
	}
	return true;
}

static bool infer_slice(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct slice p;

	return slice_get(m, node, &p) && tensor_set(m, node, node_out(m, node, 0), x.type, x.rank, p.count);
}

static bool lower_slice(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	struct num at[MAX_RANK];
	struct slice p;

	if (!slice_get(m, node, &p))
		return false;
	for (int k = 0; k < n->n_axes; k++)
		at[k] = num_is(p.count[k], 1) ? p.start[k] :
			num_add(&m->nums, p.start[k], num_mul(&m->nums, n->axis[k], p.step[k]));
	nest_store(n, nest_load(n, node_in(m, node, 0), at));
	lower_nest(l, n);
	return true;
}

const struct op_def op_Slice_1 = {
	ONNX("Slice", 1, 1, 1, 1, 1), .types = TYPES("fhiubne"),
	.attrs = ATTRS(INTS_OPTIONAL("axes"), INTS_REQUIRED("ends"), INTS_REQUIRED("starts")),
	.infer = infer_slice, .lower = lower_slice,
};
const struct op_def op_Slice_10 = {
	ONNX("Slice", 10, 3, 5, 1, 1), .types = TYPES("fhiubne", "i", "i", "i", "i"), .infer = infer_slice,
	.lower = lower_slice,
};
