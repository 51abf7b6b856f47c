/* GridSample: y[n][c][o…] = x[n][c] at the place that grid[n][o…] names, in -1 … 1 over each axis, the last axis first.
 * x: N x C x spatial, grid: N x out x (number of spatial axes). With align_corners -1 and 1 are the centres of the
 * outermost elements, else their outer edges. */
#include "ops/sample.h"

static bool infer_grid_sample(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0), grid = *node_in_tensor(m, node, 1);
	struct num dim[MAX_RANK] = { x.dim[0], x.dim[1] };

	if (!node_rank(m, node, 0, 3, MAX_RANK) || !node_rank(m, node, 1, x.rank, x.rank))
		return false;
	if (!num_is(grid.dim[x.rank - 1], x.rank - 2))
		return node_bad(m, node, "the grid's last axis has %lld elements, allowed: %d as the spatial axes",
				(long long)grid.dim[x.rank - 1].n, x.rank - 2);
	if (!num_same(grid.dim[0], x.dim[0]))
		return node_bad(m, node, "batches of %lld and of %lld (the grid), allowed: equal ones",
				(long long)x.dim[0].n, (long long)grid.dim[0].n);
	if (dtypes[compute_type(x.type)].class != CLASS_F && !node_attr_is(m, node, "mode", "nearest"))
		return node_unsupported(m, node, "%s between elements, allowed: floats, or mode nearest",
					dtypes[x.type].name);
	for (int k = 2; k < x.rank; k++) {
		if (num_is(x.dim[k], 0))
			return node_unsupported(m, node, "spatial axis %d has no elements", k - 2);
		dim[k] = grid.dim[k - 1];
	}
	return tensor_set(m, node, node_out(m, node, 0), x.type, x.rank, dim);
}

/* The coordinate along spatial axis k in elements. */
static int coordinate(struct nest *n, int node, const struct sampler *s, int k)
{
	struct module *m = n->m;
	const int rank = n->n_axes, grid = node_in(m, node, 1);
	const struct nest_param size[] = {
		{ "size", nest_cast(n, s->type, nest_index(n, node_in_tensor(m, node, 0)->dim[k + 2])) }
	};
	struct num at[MAX_RANK] = { n->axis[0] };
	int g;

	for (int i = 2; i < rank; i++)
		at[i - 1] = n->axis[i];
	at[rank - 1] = num_const(rank - 3 - k);
	g = nest_cast(n, s->type, nest_load(n, grid, at));
	return nest_parse(n, s->corners ? "(x + 1) / 2 * (size - 1)" : "((x + 1) * size - 1) / 2", &g, 1, size, 1);
}

static bool lower_grid_sample(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	const struct tensor x = *node_in_tensor(m, node, 0);
	const bool nearest = node_attr_is(m, node, "mode", "nearest");
	const bool cubic = node_attr_is(m, node, "mode", "cubic") || node_attr_is(m, node, "mode", "bicubic");
	const struct sampler s = {
		.mode = nearest ? SAMPLE_NEAREST : cubic ? SAMPLE_CUBIC : SAMPLE_LINEAR,
		.outside = node_attr_is(m, node, "padding_mode", "zeros") ? OUTSIDE_ZEROS :
			node_attr_is(m, node, "padding_mode", "border") ? OUTSIDE_BORDER : OUTSIDE_REFLECTION,
		.corners = node_attr_int(m, node, "align_corners", 0),
		.type = x.type == DT_F64 || node_in_type(m, node, 1) == DT_F64 ? DT_F64 : DT_F32,
	};
	struct sample tap[MAX_RANK];
	int v;

	for (int k = 0; k < x.rank - 2; k++) {
		const struct num which = nearest ? num_const(0) : nest_reduce_axis(n, num_const(sampler_taps(&s)));

		tap[k] = sample_tap(n, &s, coordinate(n, node, &s, k), x.dim[k + 2], which);
	}
	v = sample_load(n, &s, node_in(m, node, 0), n->axis, 2, x.rank - 2, tap);
	if (!nearest)
		v = nest_cast(n, x.type, nest_reduce(n, REDUCE_SUM, v));
	nest_store(n, v);
	lower_nest(l, n);
	return true;
}

#define OUTSIDE STRING("padding_mode", "zeros", "zeros|border|reflection"), FLAG("align_corners", 0)

const struct op_def op_GridSample_16 = {
	ONNX("GridSample", 16, 2, 2, 1, 1), .types = TYPES("fhiub", "fh"),
	.attrs = ATTRS(STRING("mode", "bilinear", "bilinear|nearest|bicubic"), OUTSIDE),
	.infer = infer_grid_sample, .lower = lower_grid_sample,
};
const struct op_def op_GridSample_20 = {
	ONNX("GridSample", 20, 2, 2, 1, 1), .types = TYPES("fhiub", "fh"),
	.attrs = ATTRS(STRING("mode", "linear", "linear|nearest|cubic"), OUTSIDE),
	.infer = infer_grid_sample, .lower = lower_grid_sample,
};
