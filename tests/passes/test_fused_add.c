/* Constants for sums of bytes by multiply-adds: held to the literal formula for every pair. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "lower/fused_add.h"

/* One number in 0..n-1. */
static int pick(int n)
{
	return rand() % n;
}

static struct byte_input input_pick(void)
{
	struct byte_input x = { .first = pick(2) ? -128 : 0, .scale = (float)(1 + pick(5000)) / 1e5f };

	x.zero = x.first + pick(256);
	return x;
}

static double by_floats(const void *constants, int a, int b)
{
	const struct fused_add *f = constants;

	return rint((double)fmaf((float)a, f->a_factor, fmaf((float)b, f->b_factor, f->offset)));
}

static double by_integers(const void *constants, int a, int b)
{
	const struct integer_add *f = constants;

	return floor(ldexp((double)f->a_factor * a + (double)f->b_factor * b + (double)f->offset, -28));
}

/* The same of products that lose eight bits. */
static double by_halves(const void *constants, int a, int b)
{
	const struct integer_add *f = constants;
	const double va = floor(ldexp((double)f->a_factor * a, -8)), vb = floor(ldexp((double)f->b_factor * b, -8));

	cr_assert_lt(fabs(va + vb + (double)f->offset), 0x1p31);
	return floor(ldexp(va + vb + (double)f->offset, -20));
}

/* Pairs that differ, by doubles rounded to float32 after each operation. */
static int count_differences(const struct byte_sum *s, double (*value)(const void *f, int a, int b), const void *f)
{
	int n = 0;

	for (int a = s->a.first; a < s->a.first + 256; a++)
		for (int b = s->b.first; b < s->b.first + 256; b++) {
			const float va = (float)((double)(a - s->a.zero) * (double)s->a.scale);
			const float vb = (float)((double)(b - s->b.zero) * (double)s->b.scale);
			const float sum = (float)((double)va + (double)vb);
			const double want = rint((double)(float)((double)sum / (double)s->scale)) + s->zero;
			const double got = value(f, a, b);

			n += fmin(fmax(want, s->low), s->high) != fmin(fmax(got, s->low), s->high);
		}
	return n;
}

Test(fused_add, constants_hold_for_all_pairs)
{
	int found = 0, found_integers = 0, found_halves = 0;

	srand(1);
	for (int i = 0; i < 30; i++) {
		const int first = pick(2) ? -128 : 0;
		struct byte_sum s = { .a = input_pick(), .b = input_pick(), .zero = first + pick(256),
				      .low = first + pick(30), .high = first + 255 };
		struct integer_add g;
		struct fused_add f;

		/* As in trained models: most sums fit the result's range. */
		s.scale = (s.a.scale + s.b.scale) * (float)(50 + pick(70)) / 100.0f;

		if (fused_add_find(&s, &f)) {
			found++;
			cr_expect_eq(count_differences(&s, by_floats, &f), 0, "problem %d", i);
		}
		if (integer_add_find(&s, 28, 0, &g)) {
			found_integers++;
			cr_expect_eq(count_differences(&s, by_integers, &g), 0, "integers, problem %d", i);
		}
		if (integer_add_find(&s, 28, 8, &g)) {
			found_halves++;
			cr_expect_eq(count_differences(&s, by_halves, &g), 0, "halves, problem %d", i);
		}
	}
	cr_expect_geq(found, 20, "constants were found for %d of 30", found);
	cr_expect_geq(found_integers, 20, "integers were found for %d of 30", found_integers);
	cr_expect_geq(found_halves, 20, "halves were found for %d of 30", found_halves);
}

/* A sum that is no whole number of steps half the time lies in the middle: ties to even follow no one slope with an odd
 * zero point. */
Test(fused_add, ties_to_even_about_an_odd_zero_have_no_constants)
{
	const struct byte_sum s = { .a = { 0, 0, 0.5f }, .b = { 0, 0, 0.5f }, .scale = 1.0f, .zero = 1, .low = 0,
				    .high = 255 };
	struct fused_add f;

	cr_expect_not(fused_add_find(&s, &f));
}
