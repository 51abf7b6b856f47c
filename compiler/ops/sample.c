#include "ops/sample.h"

static int real(struct nest *n, const struct sampler *s, double v)
{
	return nest_const_float(n, s->type, v);
}

static int number(struct nest *n, int64_t v)
{
	return nest_const_int(n, DT_I64, v);
}

/* Within low … high; not a number: low. */
static int clamped(struct nest *n, int v, int low, int high)
{
	v = nest_select(n, nest_binary(n, E_LT, low, v), v, low);
	return nest_select(n, nest_binary(n, E_LT, v, high), v, high);
}

/* A coordinate mirrored as often as it takes: its distance from the first border, as a triangular wave. */
static int mirrored(struct nest *n, const struct sampler *s, int x, int size)
{
	const int low = real(n, s, s->corners ? 0 : -0.5);
	const int range = s->corners ? nest_binary(n, E_SUB, size, real(n, s, 1)) : size;
	const int period = nest_binary(n, E_ADD, range, range);
	int far = nest_unary(n, E_ABS, nest_binary(n, E_SUB, x, low)), outside, wave;

	outside = nest_binary(n, E_OR, nest_binary(n, E_LT, x, low),
			      nest_binary(n, E_LT, nest_binary(n, E_ADD, low, range), x));
	far = nest_binary(n, E_FMOD, far, period);
	wave = nest_select(n, nest_binary(n, E_LT, range, far), nest_binary(n, E_SUB, period, far), far);
	return nest_select(n, outside, nest_binary(n, E_ADD, low, wave), x);
}

/* A place mirrored likewise. */
static int mirrored_place(struct nest *n, const struct sampler *s, int i, struct num size)
{
	struct nums *nums = &n->m->nums;
	const struct num last = num_sub(nums, size, num_const(1));
	const struct num range = s->corners ? last : size;      /* 0 -> range - 1 -> 0, the ends once or twice */
	const struct num period = num_max(nums, num_mul(nums, range, num_const(2)), num_const(1));

	const int back = nest_index(n, s->corners ? period : num_sub(nums, period, num_const(1)));

	i = nest_binary(n, E_MOD, i, nest_index(n, period));
	return nest_select(n, nest_binary(n, E_LT, nest_index(n, last), i), nest_binary(n, E_SUB, back, i), i);
}

/* Weight of a tap at distance d >= 0. */
static int weight_at(struct nest *n, const struct sampler *s, int d)
{
	const struct nest_param a[] = { { "a", real(n, s, -0.75) } };

	if (s->mode == SAMPLE_LINEAR)
		return nest_binary(n, E_SUB, real(n, s, 1), d);
	return nest_select(n, nest_binary(n, E_LE, d, real(n, s, 1)),
			   nest_parse(n, "((a + 2) * x - (a + 3)) * x * x + 1", &d, 1, a, 1),
			   nest_parse(n, "((x - 5) * x + 8) * x * a - 4 * a", &d, 1, a, 1));
}

struct sample sample_tap(struct nest *n, const struct sampler *s, int coordinate, struct num size, struct num tap)
{
	struct nums *nums = &n->m->nums;
	const int extent = nest_cast(n, s->type, nest_index(n, size));
	struct sample out = { .weight = -1, .inside = -1 };
	int x = coordinate, base;

	if (s->mode == SAMPLE_NEAREST)
		x = nest_unary(n, E_ROUND, x);
	if (s->outside == OUTSIDE_REFLECTION)
		x = mirrored(n, s, x, extent);
	/* Where all taps are outside it does not matter how far. */
	x = clamped(n, x, real(n, s, -4), nest_binary(n, E_ADD, extent, real(n, s, 4)));
	base = nest_unary(n, E_FLOOR, x);
	out.index = nest_binary(n, E_ADD, nest_cast(n, DT_I64, base),
				nest_index(n, num_sub(nums, tap, num_const(s->mode == SAMPLE_CUBIC))));
	if (s->mode != SAMPLE_NEAREST)
		out.weight = weight_at(n, s, nest_unary(n, E_ABS, nest_binary(n, E_SUB,
			nest_cast(n, s->type, out.index), x)));
	if (s->outside == OUTSIDE_ZEROS)
		out.inside = nest_binary(n, E_AND, nest_binary(n, E_LE, number(n, 0), out.index),
					 nest_binary(n, E_LT, out.index, nest_index(n, size)));
	else if (s->outside == OUTSIDE_REFLECTION)
		out.index = mirrored_place(n, s, out.index, size);
	else
		out.index = clamped(n, out.index, number(n, 0), nest_index(n, num_sub(nums, size, num_const(1))));
	return out;
}

int sample_load(struct nest *n, const struct sampler *s, int t, const struct num *at, int first, int taps,
		const struct sample *tap)
{
	struct index index[MAX_RANK];
	int inside = -1, v;

	for (int k = 0; k < first; k++)
		index[k] = (struct index){ at[k], -1 };
	for (int k = 0; k < taps; k++) {
		index[first + k] = (struct index){ num_const(0), tap[k].index };
		if (tap[k].inside >= 0)
			inside = inside < 0 ? tap[k].inside : nest_binary(n, E_AND, inside, tap[k].inside);
	}
	v = nest_load_at(n, t, index);
	if (tap[0].weight >= 0)
		v = nest_cast(n, s->type, v);
	for (int k = 0; k < taps && tap[k].weight >= 0; k++)
		v = nest_binary(n, E_MUL, v, tap[k].weight);
	if (inside >= 0)
		v = nest_select(n, inside, v, nest_const_value(n, (enum dtype)n->e[v].type, TYPE_ZERO));
	return v;
}
