/* Channels to space and back, and rows of columns: DepthToSpace, SpaceToDepth, Col2Im, ReverseSequence. */
#include "ops/positions.h"

#include <string.h>

/* --- DepthToSpace, SpaceToDepth: blocks of b x b ------------------------------------------------------------------ */

enum { MAX_BLOCK = 1 << 15 };     /* pixels along a side: its square is computed in 64 bits */

static bool blocks_get(struct module *m, int node, int64_t *b)
{
	*b = node_attr_int(m, node, "blocksize", 0);
	if (*b < 1 || *b > MAX_BLOCK)
		return node_bad(m, node, "blocksize is %lld, allowed: 1 to %d", (long long)*b, MAX_BLOCK);
	return node_rank(m, node, 0, 4, 4);
}

static bool infer_depth_to_space(struct module *m, int node)
{
	struct nums *s = &m->nums;
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct num dim[4];
	int64_t b;

	if (!blocks_get(m, node, &b))
		return false;
	if (num_is_const(x.dim[1]) && x.dim[1].n % (b * b))
		return node_bad(m, node, "%lld channels, allowed: a multiple of %lld", (long long)x.dim[1].n,
				(long long)(b * b));
	dim[0] = x.dim[0];
	dim[1] = num_div(s, x.dim[1], num_const(b * b));
	dim[2] = num_mul(s, x.dim[2], num_const(b));
	dim[3] = num_mul(s, x.dim[3], num_const(b));
	return tensor_set(m, node, node_out(m, node, 0), x.type, 4, dim);
}

/* DCR: channel (p * b + q) * C + c; CRD: channel c * b * b + p * b + q, for output row h * b + p and column w * b +
 * q. */
static bool lower_depth_to_space(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nums *s = &m->nums;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	bool crd = node_attr_is(m, node, "mode", "CRD");
	struct num b = num_const(node_attr_int(m, node, "blocksize", 1)), at[4], inner;

	inner = num_add(s, num_mul(s, num_mod(s, n->axis[2], b), b), num_mod(s, n->axis[3], b));
	at[0] = n->axis[0];
	at[1] = crd ? num_add(s, num_mul(s, n->axis[1], num_mul(s, b, b)), inner) :
		num_add(s, num_mul(s, inner, n->extent[1]), n->axis[1]);
	at[2] = num_div(s, n->axis[2], b);
	at[3] = num_div(s, n->axis[3], b);
	nest_store(n, nest_load(n, node_in(m, node, 0), at));
	lower_nest(l, n);
	return true;
}

static bool infer_space_to_depth(struct module *m, int node)
{
	struct nums *s = &m->nums;
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct num dim[4];
	int64_t b;

	if (!blocks_get(m, node, &b))
		return false;
	for (int k = 2; k < 4; k++)
		if (num_is_const(x.dim[k]) && x.dim[k].n % b)
			return node_bad(m, node, "%lld elements along axis %d, allowed: a multiple of %lld",
					(long long)x.dim[k].n, k, (long long)b);
	dim[0] = x.dim[0];
	dim[1] = num_mul(s, x.dim[1], num_const(b * b));
	dim[2] = num_div(s, x.dim[2], num_const(b));
	dim[3] = num_div(s, x.dim[3], num_const(b));
	return tensor_set(m, node, node_out(m, node, 0), x.type, 4, dim);
}

static bool lower_space_to_depth(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nums *s = &m->nums;
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct nest *n = nest_new(m, node_out(m, node, 0));
	struct num b = num_const(node_attr_int(m, node, "blocksize", 1)), at[4], inner;

	/* DCR: channel block * C + c; CRD (from opset 28): c * b * b + block. */
	if (node_attr_is(m, node, "mode", "CRD")) {
		inner = num_mod(s, n->axis[1], num_mul(s, b, b));
		at[1] = num_div(s, n->axis[1], num_mul(s, b, b));
	} else {
		inner = num_div(s, n->axis[1], x.dim[1]);
		at[1] = num_mod(s, n->axis[1], x.dim[1]);
	}
	at[0] = n->axis[0];
	at[2] = num_add(s, num_mul(s, n->axis[2], b), num_div(s, inner, b));
	at[3] = num_add(s, num_mul(s, n->axis[3], b), num_mod(s, inner, b));
	nest_store(n, nest_load(n, node_in(m, node, 0), at));
	lower_nest(l, n);
	return true;
}

const struct op_def op_DepthToSpace_1 = {
	ONNX("DepthToSpace", 1, 1, 1, 1, 1), .attrs = ATTRS(INT_REQUIRED("blocksize")), .types = TYPES("fhiubne"),
	.infer = infer_depth_to_space, .lower = lower_depth_to_space,
};
const struct op_def op_DepthToSpace_11 = {
	ONNX("DepthToSpace", 11, 1, 1, 1, 1),
	.attrs = ATTRS(INT_REQUIRED("blocksize"), STRING("mode", "DCR", "DCR|CRD")),
	.types = TYPES("fhiubne"), .infer = infer_depth_to_space, .lower = lower_depth_to_space,
};
const struct op_def op_SpaceToDepth_1 = {
	ONNX("SpaceToDepth", 1, 1, 1, 1, 1), .attrs = ATTRS(INT_REQUIRED("blocksize")), .types = TYPES("fhiubne"),
	.infer = infer_space_to_depth, .lower = lower_space_to_depth,
};
const struct op_def op_SpaceToDepth_28 = {
	ONNX("SpaceToDepth", 28, 1, 1, 1, 1),
	.attrs = ATTRS(INT_REQUIRED("blocksize"), STRING("mode", "DCR", "DCR|CRD")),
	.types = TYPES("fhiubne"), .infer = infer_space_to_depth, .lower = lower_space_to_depth,
};

/* --- ReverseSequence: the first lens[b] elements along the time axis in reverse ----------------------------------- */

static bool infer_reverse_sequence(struct module *m, int node)
{
	int time, batch, rank = node_in_tensor(m, node, 0)->rank;

	if (!node_axis_attr(m, node, "time_axis", 0, rank, &time) ||
	    !node_axis_attr(m, node, "batch_axis", 1, rank, &batch))
		return false;
	if (time > 1 || batch > 1 || time == batch)
		return node_bad(m, node, "time_axis is %d and batch_axis %d, allowed: 0 and 1 or 1 and 0", time, batch);
	return node_rank(m, node, 1, 1, 1) && infer_same(m, node);
}

/* A length; its last element is a position of the time axis. */
static void range_lengths(struct module *m, int node, int64_t c, struct num *lo, struct num *hi)
{
	const struct tensor *x = node_in_tensor(m, node, 0);
	const int64_t time = node_attr_int(m, node, "time_axis", 0);

	(void)c;
	*lo = num_const(0);
	*hi = x->dim[time < 0 ? time + x->rank : time];
}

static bool lower_reverse_sequence(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nums *s = &m->nums;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	int time = (int)node_attr_int(m, node, "time_axis", 0), batch = (int)node_attr_int(m, node, "batch_axis", 1);
	struct index at[MAX_RANK];
	int i, t, length;

	time = time < 0 ? time + n->n_axes : time;
	batch = batch < 0 ? batch + n->n_axes : batch;
	length = nest_cast(n, DT_I64, nest_load(n, node_in(m, node, 1), &n->axis[batch]));
	t = nest_index(n, n->axis[time]);
	i = nest_binary(n, E_SUB, nest_binary(n, E_SUB, length, nest_const_int(n, DT_I64, 1)), t);
	i = nest_select(n, nest_binary(n, E_LT, t, length), i, t);
	/* A length beyond the axis is an error in the data. */
	i = nest_binary(n, E_MIN, i, nest_index(n, num_sub(s, n->extent[time], num_const(1))));
	for (int k = 0; k < n->n_axes; k++)
		at[k] = (struct index){ k == time ? num_const(0) : n->axis[k], k == time ? i : -1 };
	nest_store(n, nest_load_at(n, node_in(m, node, 0), at));
	lower_nest(l, n);
	return true;
}

const struct op_def op_ReverseSequence_10 = {
	ONNX("ReverseSequence", 10, 2, 2, 1, 1), .attrs = ATTRS(INT("batch_axis", 1), INT("time_axis", 0)),
	.types = TYPES("fhiubne", "i"), .positions = POSITIONS(POSITION(1, range_lengths)),
	.infer = infer_reverse_sequence, .lower = lower_reverse_sequence,
};
