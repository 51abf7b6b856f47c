/* Fourier: DFT and STFT of float32 become matrix products with constant tables, for which there are kernels.
 *
 * A DFT is the product of rows, which are its axis with both parts of each element, and a table of the weights; where n
 * is n1 n2, two such products of n1 and n2 points are far less. An STFT is either the DFT of its frames, or a
 * convolution of the signal with one table, whose kernel is a frame and whose stride is the step.
 *
 * Requires types and shapes. Ensures the same results, close: sums are in float32. What is left to loop nests: other
 * types, tables beyond MAX_TABLE_ELEMENTS, and what takes less than LEAST_WORK, where exact sums cost nothing. */
#include "graph/infer.h"
#include "ops/fourier.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

enum {
	MAX_TABLE_ELEMENTS = 1 << 22,
	LEAST_WORK = 1 << 16,           /* multiply-accumulates */
	LEAST_STAGE = 8,                /* points of the first of two stages */
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

/* The first `count` elements along the axis. */
static int crop(struct rewriter *r, int node, int x, int axis, struct num count)
{
	struct module *m = r->m;
	int in[4] = { x, tensor_const_ints(m, (int64_t[]){ 0 }, 1), tensor_const_ints(m, &count.n, 1) };

	if (num_same(m->tensor[x].dim[axis], count))
		return x;
	in[3] = tensor_const_ints(m, (int64_t[]){ axis }, 1);
	return add(r, node, "Slice", 4, in, -1);
}

/* [..., element, part] x table, as [..., result, part]. */
static int one_product(struct rewriter *r, int node, const struct fourier *s, int x)
{
	const int rank = r->m->tensor[x].rank;
	int64_t shape[MAX_RANK] = { 0 };        /* 0: as it was */

	shape[rank - 2] = s->count.n * s->parts;
	x = add_reshape(r, node, x, shape, rank - 1, -1);
	if (x < 0 || (x = add(r, node, "MatMul", 2, (int[]){ x, dft_table(r->m, s) }, -1)) < 0)
		return -1;
	shape[rank - 2] = s->results;
	shape[rank - 1] = fourier_parts_out(s);
	return add_reshape(r, node, x, shape, rank, -1);
}

/* --- In two stages (Cooley and Tukey 1965): n = n1 n2, elements n2 i1 + i2, results k1 + n1 k2 ----------------- */

/* n1, the greatest divisor of n up to its root; 0 when two stages are not worth it, or when some of the n elements are
 * not there or have to be made up. */
static int64_t first_stage(const struct fourier *s)
{
	int64_t n1 = 1;

	for (int64_t d = 2; d * d <= s->n; d++)
		if (s->n % d == 0)
			n1 = d;
	return n1 < LEAST_STAGE || s->real || !num_is(s->count, s->n) ? 0 : n1;
}

/* [k1, part][part, i1] of the transforms of n1 points. */
static int first_table(struct module *m, const struct fourier *s, int64_t n1)
{
	const struct fourier of = { .n = n1, .inverse = s->inverse };
	const int64_t dim[] = { 2 * n1, s->parts * n1 };
	double *v = ARENA_ARRAY(m->scratch, dim[0] * dim[1], double), *w = v;

	for (int64_t k = 0; k < dim[0]; k++)
		for (int64_t i = 0; i < dim[1]; i++)
			*w++ = fourier_weight(&of, k / 2, i % n1, (int)(i / n1), (int)(k % 2));
	return tensor_const_doubles(m, DT_F32, 2, dim, v);
}

/* [k1][part, i2][k2, part], with the weights of all n points. */
static int second_table(struct module *m, const struct fourier *s, int64_t n1, int64_t k2)
{
	const int64_t n2 = s->n / n1, dim[] = { n1, 2 * n2, 2 * k2 };
	double *v = ARENA_ARRAY(m->scratch, dim[0] * dim[1] * dim[2], double), *w = v;

	for (int64_t k1 = 0; k1 < n1; k1++)
		for (int64_t i = 0; i < dim[1]; i++)
			for (int64_t k = 0; k < dim[2]; k++)
				*w++ = fourier_weight(s, k1 + n1 * (k / 2), i % n2, (int)(i / n2), (int)(k % 2));
	return tensor_const_doubles(m, DT_F32, 3, dim, v);
}

static int two_products(struct rewriter *r, int node, const struct fourier *s, int x, int64_t n1)
{
	struct module *m = r->m;
	const struct tensor of = m->tensor[x];
	const int64_t n2 = s->n / n1, k2 = (s->results + n1 - 1) / n1;
	int64_t shape[MAX_RANK];

	x = add_reshape(r, node, x, (int64_t[]){ -1, n1, n2, s->parts }, 4, -1);
	x = add_transpose(r, node, x, (int64_t[]){ 0, 3, 1, 2 }, 4, -1);
	x = add_reshape(r, node, x, (int64_t[]){ -1, s->parts * n1, n2 }, 3, -1);
	if (x < 0 || (x = add(r, node, "MatMul", 2, (int[]){ first_table(m, s, n1), x }, -1)) < 0)
		return -1;
	x = add_reshape(r, node, x, (int64_t[]){ -1, n1, 2 * n2 }, 3, -1);
	x = add_transpose(r, node, x, (int64_t[]){ 1, 0, 2 }, 3, -1);
	if (x < 0 || (x = add(r, node, "MatMul", 2, (int[]){ x, second_table(m, s, n1, k2) }, -1)) < 0)
		return -1;
	x = add_reshape(r, node, x, (int64_t[]){ n1, -1, k2, 2 }, 4, -1);
	x = add_transpose(r, node, x, (int64_t[]){ 1, 2, 0, 3 }, 4, -1);
	x = add_reshape(r, node, x, (int64_t[]){ -1, k2 * n1, 2 }, 3, -1);
	x = x < 0 ? -1 : crop(r, node, x, 1, num_const(s->results));
	for (int k = 0; k < of.rank - 2; k++)
		shape[k] = num_is_const(of.dim[k]) ? of.dim[k].n : -1;
	shape[of.rank - 2] = s->results;
	shape[of.rank - 1] = 2;
	return add_reshape(r, node, x, shape, of.rank, -1);
}

/* So that the shape can be restored: at most one of the axes before the last two is no constant. */
static bool one_unknown(const struct tensor *x)
{
	int unknown = 0;

	for (int k = 0; k < x->rank - 2; k++)
		unknown += !num_is_const(x->dim[k]);
	return unknown <= 1;
}

/* The transform of x, whose axes are those of the node's output y. */
static bool dft(struct rewriter *r, int node, const struct fourier *s, int x)
{
	struct module *m = r->m;
	const int rank = m->tensor[x].rank, y = node_out(m, node, 0);
	const int64_t n1 = one_unknown(&m->tensor[x]) ? first_stage(s) : 0;
	int64_t perm[MAX_RANK];

	for (int k = 0; k < rank; k++)
		perm[k] = k;
	perm[s->axis] = rank - 2;
	perm[rank - 2] = s->axis;
	x = crop(r, node, x, s->axis, s->count);
	if (s->axis != rank - 2)
		x = add_transpose(r, node, x, perm, rank, -1);
	if (x >= 0)
		x = n1 ? two_products(r, node, s, x, n1) : one_product(r, node, s, x);
	if (x >= 0 && s->inverse)
		x = add(r, node, "Div", 2, (int[]){ x, tensor_const_float(m, (float)s->n) }, -1);
	rewrite_drop(r, node);
	return add_transpose(r, node, x, perm, rank, y) >= 0;
}

/* --- STFT: frames and their transforms, or a convolution --------------------------------------------------- */

/* From batch x parts x signal to batch x (result, part) x frames: [result, part][part][element], times the window when
 * it is known. */
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

/* The frames times the window, batch x frames x elements x parts, transformed. */
static bool framed(struct rewriter *r, int node, struct fourier *s)
{
	struct module *m = r->m;
	const struct node of = m->node[node];
	const int in[] = { of.in[0], node_in(m, node, 2) }, x = tensor_add(m, NULL);
	const int frames = node_add(m, of.graph, &op_nnc_Frames, of.name, 2, in, 1, &x);

	m->node[frames].opset = of.opset;
	rewrite_attr(m, frames, "length")->i = s->n;
	rewrite_attr(m, frames, "step")->i = s->step;
	s->axis = 2;
	return infer_node(m, frames) && dft(r, node, s, x);
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
	if (is_dft)
		return dft(r, node, &s, node_in(r->m, node, 0));
	return first_stage(&s) && num_is_const(r->m->tensor[node_in(r->m, node, 0)].dim[0]) ? framed(r, node, &s) :
											      stft(r, node, &s);
}

bool pass_fourier(struct module *m)
{
	return rewrite_module(m, rewrite_fourier, NULL);
}
