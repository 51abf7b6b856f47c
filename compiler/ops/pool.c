/* MaxPool, AveragePool, LpPool and their Global forms over N x C x spatial. Padding never counts, but for AveragePool
 * with count_include_pad, where it counts as 0 (cells beyond the padding that ceil_mode adds do not count). */
#include <string.h>

#include "ops/window.h"

/* A pool of padding alone has no greatest element and no mean: padding is narrower than the window. */
static bool pool_window(struct module *m, int node, struct window *w)
{
	const struct tensor *x = node_in_tensor(m, node, 0);

	if (!node_rank(m, node, 0, 3, MAX_RANK) || !window_get(m, node, x->rank - 2, x->dim + 2, NULL, w))
		return false;
	for (int k = 0; k < w->n; k++) {
		const int64_t reach = (w->kernel[k].n - 1) * w->dilation[k] + 1;
		const struct num pad = num_max(&m->nums, w->begin[k], w->end[k]);

		if (num_is_const(pad) && pad.n >= reach)
			return node_bad(m, node, "pads of spatial axis %d are %lld and %lld, allowed: less than the "
					"%lld elements that the kernel covers", k, (long long)w->begin[k].n,
					(long long)w->end[k].n, (long long)reach);
	}
	return true;
}

static bool infer_pool(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	int index = node_out(m, node, 1);
	struct num dim[MAX_RANK];
	struct window w;

	if (!pool_window(m, node, &w))
		return false;
	dim[0] = x.dim[0];
	dim[1] = x.dim[1];
	memcpy(dim + 2, w.out, (size_t)w.n * sizeof *dim);
	return tensor_set(m, node, node_out(m, node, 0), x.type, x.rank, dim) &&
	       (index < 0 || tensor_set(m, node, index, DT_I64, x.rank, dim));
}

/* Reduction axes over the kernel and the input's indexes: the condition that these are inside, or -1. */
static int pool_indexes(struct nest *n, const struct window *w, struct num *at, struct num *r)
{
	for (int k = 0; k < w->n; k++)
		r[k] = nest_reduce_axis(n, w->kernel[k]);
	at[0] = n->axis[0];
	at[1] = n->axis[1];
	return window_at(n, w, n->axis + 2, r, at + 2);
}

/* The row-major number of index at[from … to-1] in those dimensions of x; column-major when `columns`. */
static struct num flat_index(struct nest *n, const struct tensor *x, const struct num *at, int from, int to,
			     bool columns)
{
	struct nums *s = &n->m->nums;
	struct num flat = num_const(0);

	for (int i = from; i < to; i++) {
		int k = columns ? to - 1 - (i - from) : i;

		flat = num_add(s, num_mul(s, flat, x->dim[k]), at[k]);
	}
	return flat;
}

/* The first kernel position along axis k that lies inside, for output o: a window whose elements are all -infinity, or
 * none a number, has its greatest there. */
static struct num first_inside(struct nums *s, const struct window *w, int k, struct num o)
{
	struct num before = num_sub(s, w->begin[k], num_mul(s, o, num_const(w->stride[k])));

	return num_ceildiv(s, num_max(s, before, num_const(0)), num_const(w->dilation[k]));
}

/* Where the greatest element is: the first position in the window that holds it, found over one flattened kernel
 * axis. */
static void lower_max_index(struct lowering *l, int node, const struct window *w)
{
	struct module *m = l->m;
	struct nums *s = &m->nums;
	const struct tensor x = *node_in_tensor(m, node, 0);
	const struct tensor out = *node_out_tensor(m, node, 1);
	int best = lower_temp(l, DT_I64, out.rank, out.dim), inside, v;
	struct nest *n = nest_new(m, best);
	struct num flat, at[MAX_RANK], r[MAX_RANK], stride = num_const(1), image;

	/* 1: the winning kernel position, as a flat number. */
	flat = nest_reduce_axis(n, dims_product(m, w->kernel, w->n));
	for (int k = w->n - 1; k >= 0; k--) {
		r[k] = num_div(s, flat, stride);
		if (k > 0)
			r[k] = num_mod(s, r[k], w->kernel[k]);
		stride = num_mul(s, stride, w->kernel[k]);
	}
	at[0] = n->axis[0];
	at[1] = n->axis[1];
	inside = window_at(n, w, n->axis + 2, r, at + 2);
	v = nest_load_wide(n, node_in(m, node, 0), at);
	/* Below the smallest element that an image of bytes can have: padding is never the place. */
	if (inside >= 0 && dtypes[x.type].bytes == 1)
		v = nest_cast(n, DT_I32, v);
	if (inside >= 0)
		v = nest_select(n, inside, v, nest_const_value(n, (enum dtype)n->e[v].type, TYPE_LOWEST));
	nest_store(n, nest_reduce(n, REDUCE_ARGMAX, v));
	lower_nest(l, n);

	/* 2: its index in the input, through a table of the kernel's offsets. */
	n = nest_new(m, node_out(m, node, 1));
	image = num_const(1);
	v = nest_index(n, flat_index(n, &x, n->axis, 0, 2, false));
	for (int k = 0; k < w->n; k++)
		image = num_mul(s, image, w->in[k]);
	v = nest_binary(n, E_MUL, v, nest_index(n, image));
	stride = num_const(1);
	for (int k = w->n - 1; k >= 0; k--) {
		bool columns = node_attr_int(m, node, "storage_order", 0);
		struct num step = num_const(1), first,
			   o = num_sub(s, num_mul(s, n->axis[k + 2], num_const(w->stride[k])), w->begin[k]);
		int p = nest_load(n, best, n->axis);

		p = nest_binary(n, E_DIV, p, nest_index(n, stride));
		p = nest_binary(n, E_MOD, p, nest_index(n, w->kernel[k]));
		first = first_inside(s, w, k, n->axis[k + 2]);
		if (!num_is(first, 0))
			p = nest_binary(n, E_MAX, p, nest_index(n, first));
		p = nest_binary(n, E_MUL, p, nest_const_int(n, DT_I64, w->dilation[k]));
		p = nest_binary(n, E_ADD, p, nest_index(n, o));
		for (int j = columns ? 0 : k + 1; j < (columns ? k : w->n); j++)
			step = num_mul(s, step, w->in[j]);
		v = nest_binary(n, E_ADD, v, nest_binary(n, E_MUL, p, nest_index(n, step)));
		stride = num_mul(s, stride, w->kernel[k]);
	}
	nest_store(n, v);
	lower_nest(l, n);
}

static bool lower_max_pool(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	enum dtype type = compute_type(node_in_type(m, node, 0));
	struct num at[MAX_RANK], r[MAX_RANK];
	struct window w;
	int inside, v;

	if (!pool_window(m, node, &w))
		return false;
	inside = pool_indexes(n, &w, at, r);
	v = nest_load_wide(n, node_in(m, node, 0), at);
	if (inside >= 0)
		v = nest_select(n, inside, v, nest_const_value(n, type, TYPE_LOWEST));
	nest_store_narrow(n, nest_reduce(n, REDUCE_MAX, v));
	lower_nest(l, n);
	if (node_out(m, node, 1) >= 0)
		lower_max_index(l, node, &w);
	return true;
}

/* How many kernel positions lie in low <= o*stride - begin + r*dilation < high. */
static struct num window_count(struct nums *s, const struct window *w, int k, struct num o, struct num low,
			       struct num high)
{
	struct num first = num_sub(s, num_mul(s, o, num_const(w->stride[k])), w->begin[k]),
		   d = num_const(w->dilation[k]);
	struct num from = num_ceildiv(s, num_sub(s, low, first), d), to = num_ceildiv(s, num_sub(s, high, first), d);

	return num_sub(s, num_min(s, to, w->kernel[k]), num_max(s, from, num_const(0)));
}

static bool lower_average_pool(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nums *s = &m->nums;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	enum dtype type = compute_type(node_in_type(m, node, 0));
	bool padded = node_attr_int(m, node, "count_include_pad", 0);
	struct num at[MAX_RANK], r[MAX_RANK], count = num_const(1);
	struct window w;
	int inside, v;

	if (!pool_window(m, node, &w))
		return false;
	inside = pool_indexes(n, &w, at, r);
	for (int k = 0; k < w.n; k++) {
		struct num low = padded ? num_sub(s, num_const(0), w.begin[k]) : num_const(0);
		struct num high = padded ? num_add(s, w.in[k], w.end[k]) : w.in[k];

		struct num taps = window_count(s, &w, k, n->axis[k + 2], low, high);

		if (w.dilation[k] > 1)  /* all of them may lie in the padding: the mean is 0, as onnxruntime has it */
			taps = num_max(s, taps, num_const(1));
		count = num_mul(s, count, taps);
	}
	v = nest_load_wide(n, node_in(m, node, 0), at);
	if (inside >= 0)
		v = nest_select(n, inside, v, nest_const_value(n, type, TYPE_ZERO));
	v = nest_reduce(n, REDUCE_SUM, v);
	nest_store_narrow(n, nest_binary(n, E_DIV, v, nest_cast(n, type, nest_index(n, count))));
	lower_nest(l, n);
	return true;
}

/* |v|^p for an integer p. */
static int power(struct nest *n, int v, int64_t p)
{
	v = nest_unary(n, E_ABS, v);
	if (p == 1)
		return v;
	if (p == 2)
		return nest_binary(n, E_MUL, v, v);
	return nest_binary(n, E_POW, v, nest_const_float(n, (enum dtype)n->e[v].type, (double)p));
}

static int root(struct nest *n, int v, int64_t p)
{
	if (p == 1)
		return v;
	if (p == 2)
		return nest_unary(n, E_SQRT, v);
	return nest_binary(n, E_POW, v, nest_const_float(n, (enum dtype)n->e[v].type, 1.0 / (double)p));
}

static bool lower_lp_pool(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	int64_t p = node_attr_int(m, node, "p", 2);
	struct num at[MAX_RANK], r[MAX_RANK];
	struct window w;
	int inside, v;

	if (!pool_window(m, node, &w))
		return false;
	inside = pool_indexes(n, &w, at, r);
	v = power(n, nest_load_wide(n, node_in(m, node, 0), at), p);
	if (inside >= 0)
		v = nest_select(n, inside, v, nest_const_value(n, (enum dtype)n->e[v].type, TYPE_ZERO));
	nest_store_narrow(n, root(n, nest_reduce(n, REDUCE_SUM, v), p));
	lower_nest(l, n);
	return true;
}

#define KERNEL INTS_REQUIRED("kernel_shape")
#define CEIL FLAG("ceil_mode", 0)
#define STORAGE FLAG("storage_order", 0)
#define INCLUDE_PAD FLAG("count_include_pad", 0)
#define NORM INT_IN("p", 2, 1, 1 << 20)
#define POOL(op_name, version, most_out, type_list, fn, ...) \
	const struct op_def op_##op_name##_##version = { \
		ONNX(#op_name, version, 1, 1, 1, most_out), .attrs = ATTRS(WINDOW_ATTRS, KERNEL, __VA_ARGS__), \
		.types = TYPES(type_list), .infer = infer_pool, .lower = fn, \
	};

const struct op_def op_MaxPool_1 = {
	ONNX("MaxPool", 1, 1, 1, 1, 1), .attrs = ATTRS(WINDOW_ATTRS, KERNEL), .types = TYPES("fh"),
	.infer = infer_pool, .lower = lower_max_pool,
};
POOL(MaxPool, 8, 2, "fh", lower_max_pool, STORAGE)
POOL(MaxPool, 10, 2, "fhiu", lower_max_pool, STORAGE, CEIL, WINDOW_DILATIONS)
POOL(AveragePool, 7, 1, "fh", lower_average_pool, INCLUDE_PAD)
POOL(AveragePool, 10, 1, "fh", lower_average_pool, INCLUDE_PAD, CEIL)
POOL(AveragePool, 19, 1, "fh", lower_average_pool, INCLUDE_PAD, CEIL, WINDOW_DILATIONS)
POOL(LpPool, 2, 1, "fh", lower_lp_pool, NORM)
POOL(LpPool, 18, 1, "fh", lower_lp_pool, NORM, CEIL, WINDOW_DILATIONS)

/* --- Global pools: all spatial axes become 1 ---------------------------------------------------------------------- */

static bool infer_global(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct num dim[MAX_RANK];

	if (!node_rank(m, node, 0, 2, MAX_RANK))
		return false;
	for (int k = 0; k < x.rank; k++)
		dim[k] = k < 2 ? x.dim[k] : num_const(1);
	return tensor_set(m, node, node_out(m, node, 0), x.type, x.rank, dim);
}

static bool lower_global(struct lowering *l, int node)
{
	struct module *m = l->m;
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct nest *n = nest_new(m, node_out(m, node, 0));
	enum dtype type = compute_type(x.type);
	char kind = m->node[node].op->name[6];          /* GlobalAveragePool, GlobalLpPool, GlobalMaxPool */
	int64_t p = node_attr_int(m, node, "p", 2);
	struct num at[MAX_RANK] = { n->axis[0], n->axis[1] };
	int v;

	for (int k = 2; k < x.rank; k++)
		at[k] = nest_reduce_axis(n, x.dim[k]);
	v = nest_load_wide(n, node_in(m, node, 0), at);
	if (kind == 'L')
		v = power(n, v, p);
	if (x.rank > 2)
		v = nest_reduce(n, kind == 'M' ? REDUCE_MAX : REDUCE_SUM, v);
	if (kind == 'L')
		v = root(n, v, p);
	else if (kind == 'A')
		v = nest_binary(n, E_DIV, v, nest_cast(n, type, nest_index(n, dims_product(m, x.dim + 2, x.rank - 2))));
	nest_store_narrow(n, v);
	lower_nest(l, n);
	return true;
}

const struct op_def op_GlobalAveragePool_1 = {
	ONNX("GlobalAveragePool", 1, 1, 1, 1, 1), .types = TYPES("fh"), .infer = infer_global, .lower = lower_global,
};
const struct op_def op_GlobalMaxPool_1 = {
	ONNX("GlobalMaxPool", 1, 1, 1, 1, 1), .types = TYPES("fh"), .infer = infer_global, .lower = lower_global,
};
const struct op_def op_GlobalLpPool_2 = {
	ONNX("GlobalLpPool", 2, 1, 1, 1, 1), .attrs = ATTRS(NORM), .types = TYPES("fh"),
	.infer = infer_global, .lower = lower_global,
};
