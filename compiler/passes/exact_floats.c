/* Exact floats: products of bytes that no kernel over bytes does become products of float32 that are the same numbers.
 *
 *     ConvInteger, MatMulInteger:  y = int32(sum of float(x - zx) * float(w - zw))
 *     IntegerConv, IntegerMatMul:  IntegerScale of that sum, where w - zw leaves int8; its result stays float32 where
 *                                  such a product alone reads it, for kernels to compute it with their sums
 *
 * Every product is an integer, and so is every sum of some of them: float32 holds them all, in whatever order a kernel
 * adds up, as long as the greatest possible |x - zx| times the sum of a channel's |w - zw|, and its |bias|, are at most
 * 2^24. zx may be known at run time alone. A Cast of the sums to float32 reads them as they are.
 *
 * Where the target has a kernel for products of bytes that keeps their sums as they are, and it takes less time, they
 * stay bytes (compiler/passes/byte_sums.c), as they do where float32 does not hold them, or where a kernel takes
 * weights of nine bits.
 *
 * Requires constant weights and zero points of the weights, one for all or one a channel; a target with vectors, for
 * others compute integers faster. Not for --optimize=size: weights take four times the bytes. Runs behind
 * fold-batchnorm, which would make fractions of the weights. Bit-exact. */
#include "graph/infer.h"
#include "ops/integer.h"
#include "ops/ops.h"
#include "options.h"
#include "passes/pass.h"
#include "passes/sums.h"
#include "targets/target.h"

enum { EXACT = 1 << 24 };       /* float32 holds every integer up to it */

static bool read_sums(struct module *m, int node, struct sums *s)
{
	const struct op_def *op = m->node[node].op;
	const struct tensor *w, *zero, *x_zero;

	*s = (struct sums){ .is_conv = op == &op_nnc_IntegerConv || node_is(m, node, "ConvInteger"),
			    .is_scaled = op == &op_nnc_IntegerConv || op == &op_nnc_IntegerMatMul };
	if (!s->is_conv && !s->is_scaled && !node_is(m, node, "MatMulInteger"))
		return false;
	s->x = node_in(m, node, INTEGER_X);
	s->w = node_in(m, node, INTEGER_W);
	s->x_zero = node_in(m, node, INTEGER_X_ZERO);
	s->w_zero = node_in(m, node, INTEGER_W_ZERO);
	s->bias = node_in(m, node, INTEGER_BIAS);
	w = &m->tensor[s->w];
	zero = s->w_zero < 0 ? NULL : &m->tensor[s->w_zero];
	if (!w->data || (zero && (!zero->data || zero->rank > 1)) || m->tensor[s->x].rank < 2)
		return false;
	if ((w->type != DT_I8 && w->type != DT_U8) || (s->is_conv ? w->rank < 3 : w->rank != 2))
		return false;
	s->weights = w->data;
	s->is_signed = w->type == DT_I8;
	s->channels = w->dim[s->is_conv ? 0 : 1].n;
	s->inner = 1;
	for (int k = 1; k < w->rank && s->is_conv; k++)
		s->inner *= w->dim[k].n;
	x_zero = s->x_zero < 0 ? NULL : &m->tensor[s->x_zero];
	return !x_zero || num_is(tensor_elements(m, s->x_zero), 1);
}

/* The greatest |x - zx|. */
static int64_t most_x(const struct module *m, const struct sums *s)
{
	const int64_t low = m->tensor[s->x].type == DT_I8 ? INT8_MIN : 0, high = low + UINT8_MAX;
	int64_t zero = 0;

	if (s->x_zero >= 0 && !m->tensor[s->x_zero].data)
		return UINT8_MAX;
	if (s->x_zero >= 0)
		zero = const_int(m, s->x_zero, 0);
	return high - zero > zero - low ? high - zero : zero - low;
}

/* |bias| of a channel. */
static int64_t bias_of(const struct module *m, const struct sums *s, int64_t channel)
{
	const int64_t v = s->bias < 0 ? 0 : const_int(m, s->bias, num_is(m->tensor[s->bias].dim[0], 1) ? 0 : channel);

	return v < 0 ? -v : v;
}

/* The weights without their zero points; NULL: a sum may leave what float32 holds. */
static const float *exact_weights(struct module *m, const struct sums *s)
{
	const int64_t n = tensor_elements(m, s->w).n, most = EXACT / most_x(m, s);
	int64_t *sum = ARENA_ARRAY(m->scratch, s->channels, int64_t);
	int64_t *off = ARENA_ARRAY(m->scratch, s->channels, int64_t);
	float *v = ARENA_ARRAY(m->arena, n, float);

	for (int64_t c = 0; c < s->channels; c++) {
		off[c] = sums_weight_zero(m, s, c);
		sum[c] = (bias_of(m, s, c) + most_x(m, s) - 1) / most_x(m, s);
	}
	for (int64_t i = 0; i < n; i++) {
		const int64_t c = i / s->inner % s->channels;
		const int64_t e = (s->is_signed ? (signed char)s->weights[i] : s->weights[i]) - off[c];
		sum[c] += e < 0 ? -e : e;
		if (sum[c] > most)
			return NULL;
		v[i] = (float)e;
	}
	return v;
}

/* The result of an IntegerScale that `node` alone reads becomes float32. */
static bool keep_float(struct rewriter *r, int node, int x)
{
	struct module *m = r->m;
	const int p = rewrite_producer(r, node, x);

	if (p < 0 || m->node[p].op != &op_nnc_IntegerScale)
		return true;
	rewrite_attr(m, p, "float")->i = 1;
	m->tensor[x].type = DT_NONE;
	m->tensor[x].rank = -1;
	m->tensor[x].quant = NULL;
	m->tensor[x].name = "";
	return infer_node(m, p);
}

/* The sums as float32; -1: reported. */
static int add_sums(struct rewriter *r, int node, const struct sums *s, const float *weights)
{
	struct module *m = r->m;
	const struct tensor w = m->tensor[s->w];
	const int x = tensor_add(m, NULL), y = tensor_add(m, NULL);
	int64_t dim[MAX_RANK];
	int product, lifted;

	for (int k = 0; k < w.rank; k++)
		dim[k] = w.dim[k].n;
	lifted = rewrite_own(r, node, &op_nnc_IntegerFloat, 2, (int[]){ s->x, s->x_zero }, x);
	if (!keep_float(r, node, s->x) || !infer_node(m, lifted))
		return -1;
	product = rewrite_own(r, node, s->is_conv ? &op_nnc_ExactConv : &op_MatMul_1, 2,
			  (int[]){ x, tensor_const(m, w.name, DT_F32, w.rank, dim, weights) }, y);
	return infer_node(m, product) ? y : -1;
}

/* Constant integers that float32 holds, as float32. */
static int as_floats(struct module *m, int t)
{
	const int64_t n = t < 0 ? 0 : tensor_elements(m, t).n;
	float *v;

	if (t < 0)
		return -1;
	v = ARENA_ARRAY(m->arena, n, float);
	for (int64_t i = 0; i < n; i++)
		v[i] = (float)const_int(m, t, i);
	return tensor_const(m, "bias", DT_F32, 1, &n, v);
}

/* IntegerScale of the sums in place of the node. */
static bool add_scaled(struct rewriter *r, int node, int sums)
{
	struct module *m = r->m;
	const int y = node_out(m, node, 0);
	const int in[] = { sums, as_floats(m, node_in(m, node, INTEGER_BIAS)), node_in(m, node, INTEGER_MULTIPLIER),
			   node_in(m, node, INTEGER_Y_ZERO) };
	int scaled;

	rewrite_drop(r, node);
	scaled = rewrite_own(r, node, &op_nnc_IntegerScale, 4, in, y);
	rewrite_attr(m, scaled, "axis")->i = m->node[node].op == &op_nnc_IntegerConv ? 1 : m->tensor[y].rank - 1;
	return infer_node(m, scaled);
}

static bool makes_exact_sums(const struct module *m, int node)
{
	int p;

	if (node < 0 || m->node[node].op == &op_nnc_ExactConv)
		return node >= 0;
	p = node_is(m, node, "MatMul") ? m->tensor[node_in(m, node, 0)].producer : -1;
	return p >= 0 && m->node[p].op == &op_nnc_IntegerFloat;
}

/* A Cast to float32 of sums that were float32; one to a smaller integer in between would lose some. */
static bool skip_cast(struct rewriter *r, int node)
{
	const struct module *m = r->m;
	const int t = node_in(m, node, 0), p = m->tensor[t].producer;
	const int sums = node_is(m, p, "Cast") ? node_in(m, p, 0) : -1;
	bool is_last;

	if (sums < 0 || m->tensor[t].type != DT_I32 || !makes_exact_sums(m, m->tensor[sums].producer))
		return true;
	is_last = r->uses[t] == 1 && !r->fixed[t];
	if (rewrite_same(r, node, sums) && is_last)
		rewrite_drop(r, p);
	return true;
}

/* A zero point that IntegerFloat takes. */
static bool is_scalar(const struct module *m, int zero)
{
	return zero < 0 || m->tensor[zero].rank < 2;
}

static bool rewrite_exact(struct rewriter *r, int node)
{
	struct module *m = r->m;
	const struct arena_mark before = arena_mark(m->arena);
	const float *weights;
	bool fits, has_kernel, pays;
	struct sums s;
	int sums, cast;

	if (node_is(m, node, "Cast"))
		return skip_cast(r, node);
	if (!read_sums(m, node, &s))
		return true;
	fits = sums_fit_bytes(m, &s);
	if (fits && s.is_scaled)
		return true;
	has_kernel = sums_have_kernel(m, node, &s, &pays);
	if (!fits && !pays && sums_have_wide_kernel(m, node, &s))
		return true;
	weights = pays || !is_scalar(m, s.x_zero) ? NULL : exact_weights(m, &s);
	if (!weights) {
		arena_release(m->arena, before);
		return fits || !has_kernel || node_attr_int(m, node, "group", 1) > 1 || sums_mend(r, node, &s);
	}
	sums = add_sums(r, node, &s, weights);
	if (sums < 0)
		return false;
	if (s.is_scaled)
		return add_scaled(r, node, sums);
	cast = rewrite_add(r, node, "Cast", 1, &sums, -1);
	rewrite_attr(m, cast, "to")->i = 6; /* TensorProto.INT32 */
	return infer_node(m, cast);
}

bool pass_exact_floats(struct module *m)
{
	if (!m->target || m->target->vector_bytes <= 4 || (m->options && m->options->optimize == OPTIMIZE_SIZE))
		return true;
	return rewrite_module(m, rewrite_exact, NULL);
}
