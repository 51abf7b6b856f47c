/* Weights that leave int8 without their zero points, as those of uint8 that an exporter spreads over the whole range,
 * for kernels that take int8. What is taken off all weights of a channel is made good by the sum of what they met,
 * which one more channel makes:
 *
 *     sum (x - zx) * (w - zw[c]) = sum (x - zx) * (w - 128) + (128 - zw[c]) * sum (x - zx) * 1
 *
 * Integers throughout: exact. */
#include <math.h>

#include "graph/infer.h"
#include "kernels/choose.h"
#include "ops/integer.h"
#include "ops/ops.h"
#include "passes/sums.h"

enum {
	LEAST_CHANNELS = 8,     /* fewer of a group are no matter of panels of channels */
	/* So many times faster must bytes be: what is done with sums of float32 is part of their kernel. */
	WORTH_IT = 2
};

int64_t sums_weight_zero(const struct module *m, const struct sums *s, int64_t channel)
{
	const struct tensor *zero = s->w_zero < 0 ? NULL : &m->tensor[s->w_zero];

	return zero ? const_int(m, s->w_zero, zero->rank && zero->dim[0].n > 1 ? channel : 0) : 0;
}

/* Of each group: sums of `depth` terms, pixels x columns. */
struct extent {
	int64_t pixels, columns, depth;
};

/* False where kernels do not take such a node. */
static bool extent_of(struct module *m, int node, const struct sums *s, struct extent *e)
{
	const int64_t groups = s->is_conv ? node_attr_int(m, node, "group", 1) : 1;
	const int y = node_out(m, node, 0);

	if (!tensor_is_static(m, s->x) || !tensor_is_static(m, y) || !tensor_elements(m, y).n || groups < 1 ||
	    (s->is_conv && m->tensor[s->x].rank > 4))
		return false;
	*e = (struct extent){ tensor_elements(m, y).n / s->channels, s->channels / groups,
			      tensor_elements(m, s->w).n / s->channels };
	return groups == 1 || e->columns >= LEAST_CHANNELS;
}

/* HUGE_VAL: there is no kernel. */
static double cycles_of(const struct module *m, enum kernel_kind kind, enum dtype x, enum dtype w, enum dtype y,
			const struct extent *e)
{
	double cycles = HUGE_VAL;

	return kernel_choose_types(m, kind, x, w, y, e->pixels, e->columns, e->depth, &cycles) ? cycles : HUGE_VAL;
}

static double float_cycles(const struct module *m, const struct sums *s, const struct extent *e)
{
	return cycles_of(m, s->is_conv ? KERNEL_CONV : KERNEL_GEMM, DT_F32, DT_F32, DT_F32, e);
}

bool sums_have_kernel(struct module *m, int node, const struct sums *s, bool *pays)
{
	struct extent e;
	double bytes;

	*pays = false;
	if (!extent_of(m, node, s, &e))
		return false;
	bytes = cycles_of(m, s->is_conv ? KERNEL_CONV_SUMS : KERNEL_GEMM_SUMS, m->tensor[s->x].type, DT_I8, DT_I32, &e);
	*pays = WORTH_IT * bytes < float_cycles(m, s, &e);
	return bytes < HUGE_VAL;
}

bool sums_have_wide_kernel(struct module *m, int node, const struct sums *s)
{
	struct extent e;

	return s->is_scaled && extent_of(m, node, s, &e) &&
	       cycles_of(m, s->is_conv ? KERNEL_CONV_DOT : KERNEL_GEMM_DOT, m->tensor[s->x].type, DT_I16,
			 m->tensor[node_out(m, node, 0)].type, &e) < float_cycles(m, s, &e);
}

static int64_t weight(const struct sums *s, int64_t i)
{
	return s->is_signed ? (signed char)s->weights[i] : s->weights[i];
}

/* int8 without zero points, or with those of 0 alone. */
static bool as_they_lie(const struct module *m, const struct sums *s)
{
	for (int64_t c = 0; c < s->channels; c++)
		if (sums_weight_zero(m, s, c) != 0)
			return false;
	return s->is_signed;
}

bool sums_fit_bytes(struct module *m, const struct sums *s)
{
	const int64_t n = tensor_elements(m, s->w).n;

	if (as_they_lie(m, s))
		return true;
	for (int64_t i = 0; i < n; i++) {
		const int64_t e = weight(s, i) - sums_weight_zero(m, s, i / s->inner % s->channels);
		if (e < INT8_MIN || e > INT8_MAX)
			return false;
	}
	return true;
}

/* The weights less what takes them to int8, and a channel of ones. */
static int mended_weights(struct module *m, const struct sums *s, int64_t less)
{
	const struct tensor w = m->tensor[s->w];
	const int axis = s->is_conv ? 0 : 1;
	const int64_t n = tensor_elements(m, s->w).n, row = s->inner * s->channels;
	signed char *v = arena_array(m->arena, (size_t)(n + n / s->channels), 1), *to = v;
	int64_t dim[MAX_RANK];

	for (int k = 0; k < w.rank; k++)
		dim[k] = w.dim[k].n + (k == axis);
	for (int64_t at = 0; at < n; at += row) {
		for (int64_t i = 0; i < row; i++)
			*to++ = (signed char)(weight(s, at + i) - less);
		for (int64_t i = 0; i < s->inner; i++)
			*to++ = 1;
	}
	return tensor_const(m, w.name, DT_I8, w.rank, dim, v);
}

static int more_of(struct module *m, const struct sums *s, int64_t less)
{
	int32_t *v = ARENA_ARRAY(m->arena, s->channels, int32_t);

	for (int64_t c = 0; c < s->channels; c++)
		v[c] = (int32_t)(less - sums_weight_zero(m, s, c));
	return tensor_const(m, "more", DT_I32, 1, &s->channels, v);
}

bool sums_mend(struct rewriter *r, int node, const struct sums *s)
{
	struct module *m = r->m;
	const struct op_def *op = s->is_conv ? &op_ConvInteger_10 : &op_MatMulInteger_10;
	const int64_t less = s->is_signed ? 0 : 128;
	const int y = node_out(m, node, 0), sums = tensor_add(m, NULL);
	const int in[] = { s->x, mended_weights(m, s, less), s->x_zero };
	const int more[] = { sums, more_of(m, s, less), s->bias, node_in(m, node, INTEGER_MULTIPLIER),
			     node_in(m, node, INTEGER_Y_ZERO) };
	const int product = rewrite_own(r, node, op, 3, in, sums);
	int mended;

	if (!infer_node(m, product))
		return false;
	rewrite_drop(r, node);
	mended = rewrite_own(r, node, s->is_scaled ? &op_nnc_IntegerRescale : &op_nnc_IntegerMend, s->is_scaled ? 5 : 2,
			     more, y);
	rewrite_attr(m, mended, "axis")->i = s->is_conv ? 1 : m->tensor[y].rank - 1;
	return infer_node(m, mended);
}
