#include "lower/fused_add.h"

#include <math.h>

enum { BYTES = 256, SPREAD = 3 };

/* volatile: each operation rounds to float32, whatever this file is compiled for. */
static float literal_real(const struct byte_input *x, int byte)
{
	const volatile float v = (float)(x->first + byte - x->zero) * x->scale;

	return v;
}

static int bounded(const struct byte_sum *s, float v)
{
	return (int)(v > (float)s->low ? v < (float)s->high ? v : (float)s->high : (float)s->low);
}

/* What the literal formula gives for every pair. */
static void literal(const struct byte_sum *s, signed short want[BYTES][BYTES])
{
	float b[BYTES];

	for (int j = 0; j < BYTES; j++)
		b[j] = literal_real(&s->b, j);
	for (int i = 0; i < BYTES; i++) {
		const float a = literal_real(&s->a, i);
		for (int j = 0; j < BYTES; j++) {
			const volatile float sum = a + b[j], steps = sum / s->scale;
			want[i][j] = (signed short)bounded(s, rintf(steps) + (float)s->zero);
		}
	}
}

/* A pair on which both differ, found first where the last try failed. */
struct pair {
	int i, j;
};

static bool is_right(const struct byte_sum *s, const struct fused_add *f, const struct pair *at, int want)
{
	const float inner = fmaf((float)(s->b.first + at->j), f->b_factor, f->offset);
	const float v = fmaf((float)(s->a.first + at->i), f->a_factor, inner);

	return rintf(v > (float)s->low ? v < (float)s->high ? v : (float)s->high : (float)s->low) == (float)want;
}

static bool is_exact(const struct byte_sum *s, const struct fused_add *f, signed short want[BYTES][BYTES],
		     struct pair *failed)
{
	if (!is_right(s, f, failed, want[failed->i][failed->j]))
		return false;
	for (int i = 0; i < BYTES; i++)
		for (int j = 0; j < BYTES; j++) {
			const struct pair at = { i, j };
			if (!is_right(s, f, &at, want[i][j])) {
				*failed = at;
				return false;
			}
		}
	return true;
}

/* v moved by so many steps of float32. */
static float moved(float v, int steps)
{
	for (; steps > 0; steps--)
		v = nextafterf(v, INFINITY);
	for (; steps < 0; steps++)
		v = nextafterf(v, -INFINITY);
	return v;
}

/* Whether v is 0 or at least 2^-100, and so a multiple of 2^-123. */
static bool is_large(float v)
{
	return v == 0 || fabsf(v) >= 0x1p-100f;
}

bool fused_add_find(const struct byte_sum *s, struct fused_add *f)
{
	const double a = (double)s->a.scale / (double)s->scale, b = (double)s->b.scale / (double)s->scale;
	const double offset = s->zero - s->a.zero * a - s->b.zero * b;
	signed short want[BYTES][BYTES];
	struct pair failed = { 0, 0 };

	literal(s, want);
	for (int all = 0; all <= 2 * SPREAD; all++)
		for (int i = -SPREAD; i <= SPREAD; i++)
			for (int j = -SPREAD; j <= SPREAD; j++) {
				const int left = all - (i < 0 ? -i : i) - (j < 0 ? -j : j);
				for (int k = -left; left >= 0 && k <= left; k += left ? 2 * left : 1) {
					*f = (struct fused_add){ moved((float)a, i), moved((float)b, j),
								 moved((float)offset, k) };
					if (is_large(f->a_factor) && is_large(f->b_factor) && is_large(f->offset) &&
					    is_exact(s, f, want, &failed))
						return true;
				}
			}
	return false;
}

/* v / 2^n, rounded downwards. */
static int64_t shifted(int64_t v, int n)
{
	const int64_t one = (int64_t)1 << n, rest = v % one;

	return v / one - (rest < 0);
}

/* Whether no sum overflows 32 bits, where it must not. */
static bool is_small(const struct integer_add *f, int lost)
{
	const int64_t a = shifted((int64_t)f->a_factor * BYTES, lost), b = shifted((int64_t)f->b_factor * BYTES, lost);
	const int64_t offset = f->offset < 0 ? -f->offset : f->offset;

	return !lost || a + b + offset < INT32_MAX;
}

bool integer_add_find(const struct byte_sum *s, int shift, int lost, struct integer_add *f)
{
	const double a = ldexp((double)s->a.scale / (double)s->scale, shift);
	const double b = ldexp((double)s->b.scale / (double)s->scale, shift);
	const int64_t one = (int64_t)1 << (shift - lost);
	/* Every pair bounds the offset: less than wanted may come out for the least result alone, more for the
	 * greatest alone. */
	int64_t least = INT64_MIN, most = INT64_MAX;
	signed short want[BYTES][BYTES];

	if (!(a < INT32_MAX && b < INT32_MAX))
		return false;
	*f = (struct integer_add){ (int32_t)rint(a), (int32_t)rint(b), 0 };
	literal(s, want);
	for (int i = 0; i < BYTES; i++)
		for (int j = 0; j < BYTES; j++) {
			const int64_t va = shifted((int64_t)f->a_factor * (s->a.first + i), lost);
			const int64_t vb = shifted((int64_t)f->b_factor * (s->b.first + j), lost);
			const int64_t from = want[i][j] * one - va - vb;

			if (want[i][j] > s->low && from > least)
				least = from;
			if (want[i][j] < s->high && from + one - 1 < most)
				most = from + one - 1;
		}
	/* Bounds of both kinds, unless all results are the same. */
	f->offset = least;
	return least > INT64_MIN && most < INT64_MAX && least <= most && is_small(f, lost);
}
