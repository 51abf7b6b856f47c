/* A channels-last tensor that is flattened for a matrix product keeps its layout: the rows of the constant weights
 * are put into its order at compile time, instead of the elements into the order of the rows at each run. The new
 * Transpose and the Reshape behind it then only name elements that lie in this order already: views.
 *
 *     y[n][j] = sum over c, s of x[n][c][s] * w[c S + s][j] = sum over s, c of x[n][s][c] * w'[s C + c][j]
 *
 * Requires layouts. Ensures layouts of what it adds. Legal: the terms of a sum change places; close, not bit-exact. */
#include <string.h>

#include "graph/infer.h"
#include "ops/arguments.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

/* Channels-last with more than one channel and pixel, all constants. */
static bool is_scattered(const struct module *m, int t, int64_t *channels, int64_t *pixels)
{
	const struct tensor *x = &m->tensor[t];

	if (x->rank < 3 || x->order[x->rank - 1] != 1 || x->base != t)
		return false;
	*pixels = 1;
	for (int k = 1; k < x->rank; k++) {
		if (!num_is_const(x->dim[k]))
			return false;
		*pixels *= k > 1 ? x->dim[k].n : 1;
	}
	*channels = x->dim[1].n;
	return *channels > 1 && *pixels > 1;
}

static bool is_flattening(const struct module *m, int node)
{
	const struct tensor *x, *y;

	if (!node_is(m, node, "Reshape") && !node_is(m, node, "Flatten"))
		return false;
	x = node_in_tensor(m, node, 0);
	y = node_out_tensor(m, node, 0);
	return y->rank == 2 && x->rank > 1 && num_same(x->dim[0], y->dim[0]);
}

/* The weights with row c * pixels + s moved to s * channels + c. */
static int permuted(struct module *m, int weights, bool transposed, int64_t channels, int64_t pixels)
{
	const struct tensor w = m->tensor[weights];
	const size_t bytes = (size_t)dtypes[w.type].bytes;
	const int64_t dim[2] = { w.dim[0].n, w.dim[1].n }, rows = channels * pixels, columns = dim[!transposed];
	const int64_t row_step = transposed ? 1 : columns, column_step = transposed ? rows : 1;
	char *to = arena_array(m->arena, (size_t)(dim[0] * dim[1]), bytes);
	const char *from = w.data;

	for (int64_t j = 0; j < columns; j++)
		for (int64_t c = 0; c < channels; c++)
			for (int64_t s = 0; s < pixels; s++)
				memcpy(to + (size_t)((s * channels + c) * row_step + j * column_step) * bytes,
				       from + (size_t)((c * pixels + s) * row_step + j * column_step) * bytes, bytes);
	return tensor_const(m, w.name, w.type, 2, dim, to);
}

static void set_plain(struct module *m, int t)
{
	static const uint8_t plain[MAX_RANK] = { 0, 1, 2, 3, 4, 5, 6, 7 };

	tensor_set_order(m, t, plain);
}

/* x with its axes named in the order in which they lie: N, spatial axes, C. */
static int add_transpose(struct rewriter *r, int like, int x)
{
	struct module *m = r->m;
	const int rank = m->tensor[x].rank, out = tensor_add(m, m->tensor[x].name);
	const int node = rewrite_add(r, like, "Transpose", 1, &x, out);
	int64_t perm[MAX_RANK];

	for (int k = 0; k < rank; k++)
		perm[k] = k == 0 ? 0 : k == rank - 1 ? 1 : k + 1;
	rewrite_attr_ints(m, node, "perm", perm, rank);
	return infer_node(m, node) ? out : -1;
}

static bool flatten_rows(struct rewriter *r, int node)
{
	struct module *m = r->m;
	const bool gemm = node_is(m, node, "Gemm");
	int64_t channels, pixels;
	int reshape, w, x, named;

	if ((!gemm && !node_is(m, node, "MatMul")) || node_attr_int(m, node, "transA", 0))
		return true;
	w = node_in(m, node, 1);
	reshape = rewrite_producer(r, node, node_in(m, node, 0));
	if (!tensor_is_const(m, w) || m->tensor[w].rank != 2 || reshape < 0 || !is_flattening(m, reshape))
		return true;
	x = node_in(m, reshape, 0);
	if (!is_scattered(m, x, &channels, &pixels))
		return true;
	named = add_transpose(r, reshape, x);
	if (named < 0)
		return false;
	set_plain(m, named);
	m->node[reshape].in[0] = named;
	m->node[node].in[1] = permuted(m, w, node_attr_int(m, node, "transB", 0), channels, pixels);
	set_plain(m, m->node[node].in[1]);
	return true;
}

bool pass_flatten_rows(struct module *m)
{
	return rewrite_module(m, flatten_rows, NULL);
}
