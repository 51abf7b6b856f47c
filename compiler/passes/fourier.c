/* Fourier: DFT and STFT of float32 become matrix products with constant tables, for which there are kernels.
 *
 * A DFT is the product of rows, which are its axis with both parts of each element, and a table of the weights; an STFT
 * is a convolution of the signal with one such table, whose kernel is a frame and whose stride is the step.
 *
 * Requires types and shapes. Ensures the same results, close: sums are in float32. What is left to loop nests: other
 * types, tables beyond MAX_TABLE_ELEMENTS, and what takes less than LEAST_WORK, where exact sums cost nothing. */
#include "infer.h"
#include "ops/fourier.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

enum {
	MAX_TABLE_ELEMENTS = 1 << 22,
	LEAST_WORK = 1 << 16,           /* multiply-accumulates */
};

/* A node like `like` that writes tensor `out`, or a new one (-1), which is returned; -1: reported. */
static int add(struct rewriter *r, int like, const char *op, int n_in, const int *in, int out)
{
	const int y = out < 0 ? tensor_add(r->m, NULL) : out;

	return infer_node(r->m, rewrite_add(r, like, op, n_in, in, y)) ? y : -1;
}

static int add_reshape(struct rewriter *r, int like, int x, const int64_t *shape, int n, int out)
{
	return x < 0 ? -1 : add(r, like, "Reshape", 2, (int[]){ x, tensor_const_ints(r->m, shape, n) }, out);
}

static int add_transpose(struct rewriter *r, int like, int x, const int64_t *perm, int n, int out)
{
	const int y = out < 0 ? tensor_add(r->m, NULL) : out;
	int node;

	if (x < 0)
		return -1;
	node = rewrite_add(r, like, "Transpose", 1, &x, y);
	rewrite_attr_ints(r->m, node, "perm", perm, n);
	return infer_node(r->m, node) ? y : -1;
}

/* --- DFT: the axis goes next to the parts, both become one, of the product both are made again ------------------- */

/* [element, part][result, part] */
static int dft_table(struct module *m, const struct fourier *s)
{
	const int out = fourier_parts_out(s);
	const int64_t dim[] = { s->count.n * s->parts, s->results * out };
	double *v = ARENA_ARRAY(m->scratch, dim[0] * dim[1], double), *w = v;

	for (int64_t i = 0; i < dim[0]; i++)
		for (int64_t k = 0; k < dim[1]; k++)
			*w++ = fourier_weight(s, k / out, i / s->parts, (int)(i % s->parts), (int)(k % out));
	return tensor_const_doubles(m, DT_F32, 2, dim, v);
}

/* The first s->count elements along the axis. */
static int crop(struct rewriter *r, int node, const struct fourier *s, int x)
{
	struct module *m = r->m;
	int in[4] = { x, tensor_const_ints(m, (int64_t[]){ 0 }, 1), tensor_const_ints(m, &s->count.n, 1) };

	if (num_same(m->tensor[x].dim[s->axis], s->count))
		return x;
	in[3] = tensor_const_ints(m, (int64_t[]){ s->axis }, 1);
	return add(r, node, "Slice", 4, in, -1);
}

static bool dft(struct rewriter *r, int node, const struct fourier *s)
{
	struct module *m = r->m;
	const int rank = node_in_tensor(m, node, 0)->rank, y = node_out(m, node, 0);
	const bool moved = s->axis != rank - 2;
	int64_t perm[MAX_RANK], shape[MAX_RANK] = { 0 };        /* 0: as it was */
	int x = crop(r, node, s, node_in(m, node, 0));

	for (int k = 0; k < rank; k++)
		perm[k] = k;
	perm[s->axis] = rank - 2;
	perm[rank - 2] = s->axis;
	if (moved)
		x = add_transpose(r, node, x, perm, rank, -1);
	shape[rank - 2] = s->count.n * s->parts;
	x = add_reshape(r, node, x, shape, rank - 1, -1);
	if (x < 0 || (x = add(r, node, "MatMul", 2, (int[]){ x, dft_table(m, s) }, -1)) < 0)
		return false;
	if (s->inverse && (x = add(r, node, "Div", 2, (int[]){ x, tensor_const_float(m, (float)s->n) }, -1)) < 0)
		return false;
	shape[rank - 2] = s->results;
	shape[rank - 1] = fourier_parts_out(s);
	rewrite_drop(r, node);
	x = add_reshape(r, node, x, shape, rank, moved ? -1 : y);
	if (moved)
		x = add_transpose(r, node, x, perm, rank, y);
	return x >= 0;
}

/* --- STFT: batch x parts x signal, convolved to batch x (result, part) x frames ------------------------------------ */

/* [result, part][part][element], times the window when it is known. */
static int stft_table(struct module *m, const struct fourier *s, int window)
{
	const int64_t dim[] = { s->results * 2, s->parts, s->n };
	double *v = ARENA_ARRAY(m->scratch, dim[0] * dim[1] * dim[2], double), *w = v;

	for (int64_t k = 0; k < dim[0]; k++)
		for (int part = 0; part < s->parts; part++)
			for (int64_t i = 0; i < s->n; i++)
				*w++ = fourier_weight(s, k / 2, i, part, (int)(k % 2)) *
				       (window < 0 ? 1 : const_double(m, window, i));
	return tensor_const_doubles(m, DT_F32, 3, dim, v);
}

static bool stft(struct rewriter *r, int node, const struct fourier *s)
{
	struct module *m = r->m;
	const int y = node_out(m, node, 0), window = node_in(m, node, 2);
	const bool known = window < 0 || m->tensor[window].data;
	int x = node_in(m, node, 0), w, conv;

	w = stft_table(m, s, known ? window : -1);
	if (!known && (w = add(r, node, "Mul", 2, (int[]){ w, window }, -1)) < 0)
		return false;
	if (s->parts == 2)
		x = add_transpose(r, node, x, (int64_t[]){ 0, 2, 1 }, 3, -1);
	else
		x = add_reshape(r, node, x, (int64_t[]){ 0, 1, -1 }, 3, -1);
	if (x < 0)
		return false;
	conv = rewrite_add(r, node, "Conv", 2, (int[]){ x, w }, tensor_add(m, NULL));
	rewrite_attr_ints(m, conv, "strides", &s->step, 1);
	if (!infer_node(m, conv))
		return false;
	x = add_transpose(r, node, m->node[conv].out[0], (int64_t[]){ 0, 2, 1 }, 3, -1);
	rewrite_drop(r, node);
	return add_reshape(r, node, x, (int64_t[]){ 0, 0, s->results, 2 }, 4, y) >= 0;
}

static bool worth_it(struct module *m, int node, const struct fourier *s)
{
	const int64_t inputs = s->count.n * s->parts, outputs = s->results * fourier_parts_out(s);

	return node_in_type(m, node, 0) == DT_F32 && num_is_const(s->count) && inputs > 0 &&
	       inputs <= MAX_TABLE_ELEMENTS / outputs &&
	       tensor_elements(m, node_out(m, node, 0)).n >= LEAST_WORK / inputs;
}

static bool rewrite_fourier(struct rewriter *r, int node)
{
	const bool is_dft = node_is(r->m, node, "DFT");
	struct fourier s;

	if ((!is_dft && !node_is(r->m, node, "STFT")) || tensor_is_const(r->m, node_out(r->m, node, 0)))
		return true;
	if (!fourier_get(r->m, node, &s))
		return false;
	if (!worth_it(r->m, node, &s))
		return true;
	return is_dft ? dft(r, node, &s) : stft(r, node, &s);
}

bool pass_fourier(struct module *m)
{
	return rewrite_module(m, rewrite_fourier, NULL);
}
