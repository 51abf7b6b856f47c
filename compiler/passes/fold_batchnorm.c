/* BatchNormalization and arithmetic with constants go into the weights and the bias of the Conv, ConvTranspose, Gemm
 * or MatMul before them, or after them; a BatchNormalization that finds none becomes one Mul and one Add.
 *
 *     w * x + b scaled by s[oc] and shifted by t[oc]:      (s[oc] w) * x + (s[oc] b + t[oc])
 *     w * (s[ic] x + t[ic]) + b, without padding:          (w s[ic]) * x + (b + sum of w t[ic])
 *
 * Requires shapes, constant float32 or float64 weights, and that nothing else reads the tensor between. Ensures that
 * all such neighbours of a product are in it. Legal as real arithmetic; not bit-exact: close. Folding is done in
 * float64 and rounded once, so its result is mostly nearer to the exact one. */
#include <string.h>

#include "graph/infer.h"
#include "ops/arguments.h"
#include "passes/scale_shift.h"
#include "passes/pass.h"
#include "passes/rewrite.h"
#include "support/half.h"
#include "support/little.h"

/* A product with constant weights: w[o][i][j] of which o or i count output channels, and the other input channels. */
struct product {
	int w, bias;            /* tensors; bias -1: none */
	bool single;            /* the bias has one element for all channels */
	enum { CONV, CONV_TRANSPOSE, GEMM, MATMUL } kind;
	int64_t d[3];           /* w as d[0] x d[1] x d[2] */
	int64_t groups, n_out, n_in;
	bool transposed;        /* GEMM: w is N x K */
	double alpha, beta;
	int axis;               /* of the channels in x and y */
};

/* A bias that can be scaled by channel: a constant vector along the channels, or the same of one element. */
static bool read_bias(const struct module *m, struct product *p)
{
	const struct tensor *b;

	if (p->bias < 0)
		return true;
	b = &m->tensor[p->bias];
	if (!b->data || (b->rank > 1 && !(b->rank == 2 && num_is(b->dim[0], 1))))
		return false;
	p->single = b->rank == 0 || num_is(b->dim[b->rank - 1], 1);
	return p->single || num_is(b->dim[b->rank - 1], p->n_out);
}

static bool read_conv(struct module *m, int node, struct product *p)
{
	const struct tensor *w = &m->tensor[p->w];

	p->groups = node_attr_int(m, node, "group", 1);
	p->axis = 1;
	for (int k = 2; k < w->rank; k++)
		p->d[2] *= w->dim[k].n;
	p->d[0] = w->dim[0].n;
	p->d[1] = w->dim[1].n;
	p->n_out = p->kind == CONV ? p->d[0] : p->d[1] * p->groups;
	p->n_in = p->kind == CONV ? p->d[1] * p->groups : p->d[0];
	return true;
}

static bool read_matrix(struct module *m, int node, struct product *p)
{
	const struct tensor *w = &m->tensor[p->w];

	if (w->rank != 2 || node_in_tensor(m, node, 0)->rank < 2)
		return false;
	p->d[0] = w->dim[0].n;
	p->d[1] = w->dim[1].n;
	p->transposed = node_attr_int(m, node, "transB", 0);
	p->alpha = node_attr_float(m, node, "alpha", 1);
	p->beta = node_attr_float(m, node, "beta", 1);
	p->axis = node_out_tensor(m, node, 0)->rank - 1;
	p->n_out = p->d[!p->transposed];
	p->n_in = p->d[p->transposed];
	return !node_attr_int(m, node, "transA", 0);
}

static bool read_product(struct module *m, int node, struct product *p)
{
	static const char *const names[] = { "Conv", "ConvTranspose", "Gemm", "MatMul" };
	int kind = 0;

	while (kind < 4 && !node_is(m, node, names[kind]))
		kind++;
	if (kind == 4)
		return false;
	*p = (struct product){ .w = node_in(m, node, 1), .bias = kind == MATMUL ? -1 : node_in(m, node, 2),
			       .kind = kind, .d = { 1, 1, 1 }, .groups = 1, .alpha = 1, .beta = 1 };
	if (!tensor_is_const(m, p->w) || m->tensor[p->w].quant ||
	    (m->tensor[p->w].type != DT_F32 && m->tensor[p->w].type != DT_F64))
		return false;
	return (kind <= CONV_TRANSPOSE ? read_conv(m, node, p) : read_matrix(m, node, p)) && read_bias(m, p);
}

/* Output and input channel of weight w[i][j][…]. */
static int64_t out_channel(const struct product *p, int64_t i, int64_t j)
{
	switch (p->kind) {
	case CONV: return i;
	case CONV_TRANSPOSE: return i / (p->d[0] / p->groups) * p->d[1] + j;
	default: return p->transposed ? i : j;
	}
}

static int64_t in_channel(const struct product *p, int64_t i, int64_t j)
{
	switch (p->kind) {
	case CONV: return i / (p->d[0] / p->groups) * p->d[1] + j;
	case CONV_TRANSPOSE: return i;
	default: return p->transposed ? j : i;
	}
}

static void *new_array(struct module *m, enum dtype type, int64_t n)
{
	return arena_array(m->arena, (size_t)n, (size_t)dtypes[type].bytes);
}

/* Elements of constants are little-endian; so are new ones, made through their bits. */
static void put(void *data, enum dtype type, int64_t i, double v)
{
	unsigned char *to = (unsigned char *)data + i * dtypes[type].bytes;
	uint64_t bits = float_bits((float)v);

	if (type == DT_F64)
		memcpy(&bits, &v, sizeof v);
	store_little(to, bits, dtypes[type].bytes);
}

static double bias_at(const struct module *m, const struct product *p, int64_t c)
{
	return p->bias < 0 ? 0 : p->beta * const_double(m, p->bias, p->single ? 0 : c);
}

static int scaled_weights(struct module *m, const struct product *p, const double *by_out, const double *by_in)
{
	const struct tensor w = m->tensor[p->w];
	void *data = new_array(m, w.type, p->d[0] * p->d[1] * p->d[2]);
	int64_t dim[MAX_RANK], e = 0;

	for (int64_t i = 0; i < p->d[0]; i++)
		for (int64_t j = 0; j < p->d[1]; j++) {
			const double by = by_out ? by_out[out_channel(p, i, j)] : by_in[in_channel(p, i, j)];
			for (int64_t k = 0; k < p->d[2]; k++, e++)
				put(data, w.type, e, const_double(m, p->w, e) * by);
		}
	for (int k = 0; k < w.rank; k++)
		dim[k] = w.dim[k].n;
	return tensor_const(m, w.name, w.type, w.rank, dim, data);
}

static bool is_all(const double *v, int64_t n, double x)
{
	for (int64_t i = 0; i < n; i++)
		if (v[i] != x)
			return false;
	return true;
}

/* Gives the node its bias; a MatMul without room for one becomes a Gemm. Beta is in the values. */
static bool set_bias(struct rewriter *r, int *node, const struct product *p, const double *bias)
{
	struct module *m = r->m;
	const enum dtype type = m->tensor[p->w].type;
	void *data = new_array(m, type, p->n_out);
	const char *name = p->bias < 0 ? m->node[*node].name : m->tensor[p->bias].name;
	const int values = tensor_const(m, name, type, 1, &p->n_out, data);
	const int in[3] = { node_in(m, *node, 0), node_in(m, *node, 1), values };

	for (int64_t c = 0; c < p->n_out; c++)
		put(data, type, c, bias[c]);
	if (p->kind == MATMUL) {
		*node = rewrite_add(r, *node, "Gemm", 3, in, -1);
		return infer_node(m, *node);
	}
	m->node[*node].in = arena_grow(m->arena, in, 3, 3, sizeof *in);
	m->node[*node].n_in = 3;
	if (p->kind == GEMM)
		rewrite_attr(m, *node, "beta")->f = 1;
	return true;
}

/* A MatMul takes a bias only where Gemm says the same. */
static bool takes_bias(const struct module *m, int node, const struct product *p)
{
	return p->kind != MATMUL || (node_in_tensor(m, node, 0)->rank == 2 && m->tensor[p->w].type == DT_F32);
}

/* --- After the product -------------------------------------------------------------------------------------------- */

static bool fold_after(struct rewriter *r, int node)
{
	struct module *m = r->m;
	int product = rewrite_producer(r, node, scale_shift_operand(m, node)), x;
	struct product p;
	struct scale_shift a;
	double *bias;

	if (product < 0 || !read_product(m, product, &p) ||
	    !scale_shift_identity(m, node_out(m, product, 0), p.axis, &a) || a.n != p.n_out ||
	    !scale_shift_append(m, node, &a, &x))
		return true;
	if (!is_all(a.shift, a.n, 0) && !takes_bias(m, product, &p))
		return true;
	bias = ARENA_ARRAY(m->scratch, p.n_out, double);
	for (int64_t c = 0; c < p.n_out; c++)
		bias[c] = bias_at(m, &p, c) * a.scale[c] + a.shift[c];
	if (!is_all(a.scale, a.n, 1))
		m->node[product].in[1] = scaled_weights(m, &p, a.scale, NULL);
	rewrite_absorb(r, product, node);
	return (is_all(bias, p.n_out, 0) && p.bias < 0) || set_bias(r, &product, &p, bias);
}

/* --- Before the product ------------------------------------------------------------------------------------------- */

/* Padding is zeros, which a shift would not leave as they are. */
static bool has_padding(const struct module *m, int node)
{
	const struct attr *pads = node_attr(m, node, "pads"), *mode = node_attr(m, node, "auto_pad");

	if (mode && strcmp(mode->s, "NOTSET") != 0 && strcmp(mode->s, "VALID") != 0)
		return true;
	for (int i = 0; pads && i < pads->n; i++)
		if (pads->ints[i])
			return true;
	return false;
}

/* sum over the weights of output channel c of w * shift of their input channel. */
static void add_shift(const struct module *m, const struct product *p, const double *shift, double *bias)
{
	int64_t e = 0;

	for (int64_t i = 0; i < p->d[0]; i++)
		for (int64_t j = 0; j < p->d[1]; j++)
			for (int64_t k = 0; k < p->d[2]; k++, e++)
				bias[out_channel(p, i, j)] += p->alpha * const_double(m, p->w, e) *
							      shift[in_channel(p, i, j)];
}

/* *node: the product, by now perhaps another node. *found: one was folded. */
static bool fold_before_once(struct rewriter *r, int *node, bool *found)
{
	struct module *m = r->m;
	const int y = node_in(m, *node, 0), before = rewrite_producer(r, *node, y);
	struct product p;
	struct scale_shift a;
	double *bias;
	int x;

	*found = false;
	if (before < 0 || scale_shift_operand(m, before) < 0 || !read_product(m, *node, &p))
		return true;
	if (!scale_shift_identity(m, y, p.kind <= CONV_TRANSPOSE ? 1 : m->tensor[y].rank - 1, &a) || a.n != p.n_in ||
	    !scale_shift_append(m, before, &a, &x))
		return true;
	if (!is_all(a.shift, a.n, 0) &&
	    (p.kind == CONV_TRANSPOSE || has_padding(m, *node) || !takes_bias(m, *node, &p)))
		return true;
	*found = true;
	bias = ARENA_ARRAY(m->scratch, p.n_out, double);
	for (int64_t c = 0; c < p.n_out; c++)
		bias[c] = bias_at(m, &p, c);
	add_shift(m, &p, a.shift, bias);
	m->node[*node].in[0] = x;
	r->gone[before] = true;
	if (!is_all(a.scale, a.n, 1))
		m->node[*node].in[1] = scaled_weights(m, &p, NULL, a.scale);
	return is_all(a.shift, a.n, 0) || set_bias(r, node, &p, bias);
}

/* A few in a row; more would scale the weights once for each. */
static bool fold_before(struct rewriter *r, int node)
{
	bool found = true;

	for (int i = 0; i < 4 && found; i++)
		if (!fold_before_once(r, &node, &found))
			return false;
	return true;
}

/* --- Alone -------------------------------------------------------------------------------------------------------- */

static int channel_constant(struct module *m, const char *name, enum dtype type, int rank, int64_t n, const double *v)
{
	void *data = new_array(m, type, n);
	int64_t dim[MAX_RANK];

	for (int64_t c = 0; c < n; c++)
		put(data, type, c, v[c]);
	for (int k = 0; k < rank - 1; k++)
		dim[k] = k == 0 ? n : 1;
	return tensor_const(m, name, type, rank - 1, dim, data);
}

static bool split_norm(struct rewriter *r, int node)
{
	struct module *m = r->m;
	const struct tensor x = *node_in_tensor(m, node, 0);
	const char *name = m->node[node].name;
	struct scale_shift a;
	int from, scaled, mul, shift;

	if ((x.type != DT_F32 && x.type != DT_F64) || x.rank < 2 ||
	    !scale_shift_identity(m, node_in(m, node, 0), 1, &a) || !scale_shift_append(m, node, &a, &from))
		return true;
	scaled = tensor_like(m, name, x.type, x.rank, x.dim);
	mul = rewrite_add(r, node, "Mul", 2,
			  (int[]){ from, channel_constant(m, name, x.type, x.rank, a.n, a.scale) }, scaled);
	shift = channel_constant(m, name, x.type, x.rank, a.n, a.shift);
	return infer_node(m, mul) && infer_node(m, rewrite_add(r, node, "Add", 2, (int[]){ scaled, shift }, -1));
}

static bool fold(struct rewriter *r, int node)
{
	struct module *m = r->m;

	if (m->node[node].n_out != 1 || tensor_is_const(m, node_out(m, node, 0)))
		return true;
	return scale_shift_operand(m, node) >= 0 ? fold_after(r, node) : fold_before(r, node);
}

/* Whether its result is quantised and leaves the sub-graph, as that of an IntegerGroup's operator does, which is one
 * node and computed literally. */
static bool is_in_group(const struct module *m, int node)
{
	const struct graph *g = &m->graph[m->node[node].graph];
	const int last = m->node[node].graph && g->n_out == 1 ? m->tensor[g->out[0]].producer : -1;

	return node_is(m, last, "QuantizeLinear") && node_in(m, last, 0) == node_out(m, node, 0);
}

static bool split(struct rewriter *r, int node)
{
	return node_is(r->m, node, "BatchNormalization") && !is_in_group(r->m, node) ? split_norm(r, node) : true;
}

bool pass_fold_batchnorm(struct module *m)
{
	return rewrite_module(m, fold, NULL) && rewrite_module(m, split, NULL);
}
