/* DFT and STFT over tensors whose last axis holds the real and, if it has two elements, the imaginary part.
 *
 * DFT: y[k] = sum over i of x[i] exp(-2 pi j k i / n) along one axis, the inverse with +2 pi and 1 / n; a one-sided
 * inverse takes x for the first half of a spectrum with the symmetry of real signals. STFT: the DFT of each frame
 * x[f * step + i] w[i]. Here they are loop nests over one table of the n roots of unity, summed in float64 (16-bit
 * floats: float32); the pass `fourier` makes matrix products of those that take long. */
#include "ops/fourier.h"

#include <math.h>

/* The one integer that input i gives, or `missing`; false: not known, or outside 1 … most. */
static bool read_length(struct module *m, int node, int i, const char *what, int64_t most, int64_t missing, int64_t *v)
{
	const int64_t *given;
	int n;

	*v = missing;
	if (!node_constants(m, node, NULL, i, &given, &n))
		return false;
	if (n > 1)
		return node_bad(m, node, "%s has %d elements, allowed: 1", what, n);
	if (n == 1)
		*v = given[0];
	if (*v < 1)
		return node_bad(m, node, "%s is %lld, allowed: 1 or more", what, (long long)*v);
	if (*v > most)
		return node_unsupported(m, node, "%s is %lld, allowed: up to %lld", what, (long long)*v,
					(long long)most);
	return true;
}

/* The number of parts, which the last axis says. */
static bool read_parts(struct module *m, int node, struct fourier *s)
{
	const struct tensor *x = node_in_tensor(m, node, 0);
	const struct num parts = x->dim[x->rank - 1];

	if (!num_is(parts, 1) && !num_is(parts, 2))
		return node_bad(m, node, "the last axis of the input has %lld elements, allowed: 1 or 2 (complex)",
				(long long)parts.n);
	s->parts = (int)parts.n;
	return true;
}

static bool read_dft(struct module *m, int node, struct fourier *s)
{
	const struct tensor *x = node_in_tensor(m, node, 0);
	const bool one_sided = node_attr_int(m, node, "onesided", 0), by_input = m->node[node].op->since >= 20;
	struct num length;
	const int64_t *axis;
	int64_t whole;
	int n;

	if (!node_rank(m, node, 0, 2, MAX_RANK) || !read_parts(m, node, s) ||
	    !node_constants(m, node, NULL, by_input ? 2 : -1, &axis, &n) ||
	    !node_axis(m, node, n > 0 ? axis[0] : node_attr_int(m, node, "axis", -2), x->rank, &s->axis))
		return false;
	if (s->axis == x->rank - 1)
		return node_bad(m, node, "axis is the last one, which holds real and imaginary parts");
	s->inverse = node_attr_int(m, node, "inverse", 0);
	s->real = s->inverse && one_sided;
	length = x->dim[s->axis];
	whole = s->real ? 2 * (length.n - 1) : length.n;
	if (node_in(m, node, 1) < 0 && !num_is_const(length))
		return node_unsupported(m, node, "dft_length is absent and axis %d is not a constant", s->axis);
	if (!read_length(m, node, 1, "dft_length", MAX_DFT_POINTS, whole, &s->n))
		return false;
	s->results = one_sided && !s->inverse ? s->n / 2 + 1 : s->n;
	s->most = s->real ? s->n / 2 + 1 : s->n;
	s->count = num_min(&m->nums, length, num_const(s->most));
	return true;
}

static bool read_stft(struct module *m, int node, struct fourier *s)
{
	const struct tensor *x = node_in_tensor(m, node, 0), *window = node_in_tensor(m, node, 2);
	struct num whole;

	s->parts = 1;
	if (!node_rank(m, node, 0, 2, 3) || (x->rank == 3 && !read_parts(m, node, s)) ||
	    (window && !node_rank(m, node, 2, 1, 1)))
		return false;
	whole = window ? window->dim[0] : x->dim[1];
	if (node_in(m, node, 3) < 0 && !num_is_const(whole))
		return node_unsupported(m, node, "the length of a frame must be a constant");
	if (!read_length(m, node, 3, "frame_length", MAX_DFT_POINTS, whole.n, &s->n) ||
	    !read_length(m, node, 1, "frame_step", MAX_ELEMENTS, 0, &s->step))
		return false;
	if (window && !num_is(window->dim[0], s->n))
		return node_bad(m, node, "the window has %lld elements, allowed: %lld as a frame",
				(long long)whole.n, (long long)s->n);
	s->results = node_attr_int(m, node, "onesided", 1) ? s->n / 2 + 1 : s->n;
	s->most = s->n;
	s->count = num_const(s->n);
	if (num_is_const(x->dim[1]) && x->dim[1].n < s->n)
		return node_bad(m, node, "frames have %lld elements, allowed: up to %lld as the signal",
				(long long)s->n, (long long)x->dim[1].n);
	s->frames = num_div(&m->nums, num_sub(&m->nums, x->dim[1], num_const(s->n)), num_const(s->step));
	s->frames = num_add(&m->nums, s->frames, num_const(1));
	if (num_lo(&m->nums, s->frames) < 1 && num_at_least(&m->nums, s->frames, NULL) < 1)
		return node_bad(m, node, "frames have %lld elements, allowed: up to %lld, the least of the signal",
				(long long)s->n, (long long)num_lo(&m->nums, x->dim[1]));
	return true;
}

bool fourier_get(struct module *m, int node, struct fourier *s)
{
	*s = (struct fourier){ 0 };
	return m->node[node].op->name[0] == 'D' ? read_dft(m, node, s) : read_stft(m, node, s);
}

double fourier_weight(const struct fourier *s, int64_t k, int64_t i, int in, int out)
{
	const double angle = 2 * 3.14159265358979323846 * (double)(k * i % s->n) / (double)s->n;
	const double sine = s->inverse ? -sin(angle) : sin(angle);
	const double root = in == out ? cos(angle) : in ? sine : -sine;

	/* Every element of half a spectrum stands for two, but those that are their own mirror images. */
	return s->real && i && 2 * i != s->n ? 2 * root : root;
}

static bool infer_dft(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct num dim[MAX_RANK];
	struct fourier s;

	if (!fourier_get(m, node, &s))
		return false;
	for (int k = 0; k < x.rank - 1; k++)
		dim[k] = k == s.axis ? num_const(s.results) : x.dim[k];
	dim[x.rank - 1] = num_const(fourier_parts_out(&s));
	return tensor_set(m, node, node_out(m, node, 0), x.type, x.rank, dim);
}

static bool infer_stft(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct fourier s;

	if (!fourier_get(m, node, &s))
		return false;
	return tensor_set(m, node, node_out(m, node, 0), x.type, 4,
			  (struct num[]){ x.dim[0], s.frames, num_const(s.results), num_const(2) });
}

static enum dtype sum_type(const struct nest *n)
{
	const enum dtype type = n->m->tensor[n->out].type;

	return type == DT_F32 ? DT_F64 : compute_type(type);
}

/* fourier_weight of result k, element i: from a table of the roots, for k * i counts modulo n alone. */
static int load_weight(struct nest *n, const struct fourier *s, struct num k, struct num i, struct num in,
		       struct num out)
{
	struct nums *nums = &n->m->nums;
	const enum dtype type = sum_type(n);
	const int parts_out = fourier_parts_out(s);
	const struct num root = num_mod(nums, num_mul(nums, k, i), num_const(s->n));
	double *v = ARENA_ARRAY(n->m->arena, s->n * s->parts * parts_out, double), *w = v;
	struct fourier plain = *s;
	int weight;

	plain.real = false;
	for (int64_t r = 0; r < s->n; r++)
		for (int a = 0; a < s->parts; a++)
			for (int b = 0; b < parts_out; b++)
				*w++ = fourier_weight(&plain, 1, r, a, b);
	weight = nest_load(n, tensor_const_doubles(n->m, type, 3, (int64_t[]){ s->n, s->parts, parts_out }, v),
			   (struct num[]){ root, in, out });
	if (!s->real)
		return weight;
	v = ARENA_ARRAY(n->m->arena, s->most, double);
	for (int64_t e = 0; e < s->most; e++)
		v[e] = e && 2 * e != s->n ? 2 : 1;
	return nest_binary(n, E_MUL, weight, nest_load(n, tensor_const_doubles(n->m, type, 1, &s->most, v), &i));
}

static bool lower_dft(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	const int last = m->tensor[n->out].rank - 1;
	struct num at[MAX_RANK];
	struct fourier s;
	int v;

	if (!fourier_get(m, node, &s))
		return false;
	for (int k = 0; k < last; k++)
		at[k] = n->axis[k];
	at[s.axis] = nest_reduce_axis(n, s.count);
	at[last] = nest_reduce_axis(n, num_const(s.parts));
	v = nest_cast(n, sum_type(n), nest_load(n, node_in(m, node, 0), at));
	v = nest_binary(n, E_MUL, v, load_weight(n, &s, n->axis[s.axis], at[s.axis], at[last], n->axis[last]));
	v = nest_reduce(n, REDUCE_SUM, v);
	if (s.inverse)
		v = nest_binary(n, E_DIV, v, nest_const_float(n, (enum dtype)n->e[v].type, (double)s.n));
	nest_store_narrow(n, v);
	lower_nest(l, n);
	return true;
}

static bool lower_stft(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	const int window = node_in(m, node, 2);
	struct num at[3], i;
	struct fourier s;
	int v;

	if (!fourier_get(m, node, &s))
		return false;
	i = nest_reduce_axis(n, s.count);
	at[0] = n->axis[0];
	at[1] = num_add(&m->nums, num_mul(&m->nums, n->axis[1], num_const(s.step)), i);
	at[2] = nest_reduce_axis(n, num_const(s.parts));
	v = nest_cast(n, sum_type(n), nest_load(n, node_in(m, node, 0), at));
	if (window >= 0)
		v = nest_binary(n, E_MUL, v, nest_cast(n, sum_type(n), nest_load(n, window, &i)));
	v = nest_binary(n, E_MUL, v, load_weight(n, &s, n->axis[2], i, at[2], n->axis[3]));
	nest_store_narrow(n, nest_reduce(n, REDUCE_SUM, v));
	lower_nest(l, n);
	return true;
}

/* --- Frames of domain "nnc": y[b][f][i][part] = x[b][f * step + i][part] * window[i] ---------------------------- */

static bool infer_frames(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	const struct num length = num_const(node_attr_int(m, node, "length", 1));
	struct num frames = num_sub(&m->nums, x.dim[1], length);

	frames = num_div(&m->nums, frames, num_const(node_attr_int(m, node, "step", 1)));
	frames = num_add(&m->nums, frames, num_const(1));
	return tensor_set(m, node, node_out(m, node, 0), x.type, 4,
			  (struct num[]){ x.dim[0], frames, length, x.rank == 3 ? x.dim[2] : num_const(1) });
}

static bool lower_frames(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	const struct num step = num_const(node_attr_int(m, node, "step", 1));
	const struct num i = num_add(&m->nums, num_mul(&m->nums, n->axis[1], step), n->axis[2]);
	int v = nest_load(n, node_in(m, node, 0), (const struct num[]){ n->axis[0], i, n->axis[3] });

	if (node_in(m, node, 1) >= 0)
		v = nest_binary(n, E_MUL, v, nest_load(n, node_in(m, node, 1), &n->axis[2]));
	nest_store(n, v);
	lower_nest(l, n);
	return true;
}

const struct op_def op_nnc_Frames = {
	.domain = "nnc", .name = "Frames", .since = 1, .min_in = 1, .max_in = 2, .min_out = 1, .max_out = 1,
	.attrs = ATTRS(INT_REQUIRED("length"), INT_REQUIRED("step")), .types = TYPES("f", "T"),
	.infer = infer_frames, .lower = lower_frames,
};
const struct op_def op_DFT_17 = {
	ONNX("DFT", 17, 1, 2, 1, 1), .types = TYPES("fh", "i"),
	.attrs = ATTRS(INT("axis", 1), FLAG("inverse", 0), FLAG("onesided", 0)),
	.infer = infer_dft, .lower = lower_dft,
};
const struct op_def op_DFT_20 = {
	ONNX("DFT", 20, 1, 3, 1, 1), .types = TYPES("fh", "i", "i"),
	.attrs = ATTRS(FLAG("inverse", 0), FLAG("onesided", 0)),
	.infer = infer_dft, .lower = lower_dft,
};
const struct op_def op_STFT_17 = {
	ONNX("STFT", 17, 2, 4, 1, 1), .types = TYPES("fh", "i", "T", "i"), .attrs = ATTRS(FLAG("onesided", 1)),
	.infer = infer_stft, .lower = lower_stft,
};
