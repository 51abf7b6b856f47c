/* Lines that stand for the float32 formula of requantisation: held to it for every sum that can come up. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "../kernels/lines.h"

/* One number in 0..n-1. */
static int pick(int n)
{
	return rand() % n;
}

static int bounded(double v, const struct requantise *r)
{
	return (int)fmin(fmax(v, r->low), r->high);
}

/* The formula by doubles rounded to float32 after each operation: a product of two has 48 bits, so it is exact. */
static int wanted(const struct requantise *r, int32_t sum)
{
	return bounded(rint((double)(float)((double)(float)sum * (double)r->scale)) + r->zero, r);
}

/* Sums in least..most at which the kernels' arithmetic differs. */
static int64_t count_differences(const struct requantise *r, const struct nnrt_line *line, int32_t bias)
{
	int64_t n = 0;

	for (int64_t sum = r->least; sum <= r->most; sum++)
		n += nnrt_line_value((int32_t)sum + bias, line, r->low - r->zero, r->high - r->zero, r->zero) !=
		     wanted(r, (int32_t)sum);
	return n;
}

static int n_late, n_slopes;

/* Fails where a line with the offset of most differs, if there is one. */
static void check_slope(const struct requantise *r, const char *what)
{
	struct requantise_line found;
	struct nnrt_line line;

	if (!requantise_slope_find(r, NNRT_LINE_SHIFT, NNRT_LINE_OFFSET(r->zero), &found))
		return;
	n_slopes++;
	line = (struct nnrt_line){found.slope, found.offset};
	cr_expect_eq(found.offset, NNRT_LINE_OFFSET(r->zero));
	cr_expect_eq(count_differences(r, &line, found.bias), 0, "%s: slope for scale %a, sums %lld to %lld, zero %d",
		     what, (double)r->scale, (long long)r->least, (long long)r->most, r->zero);
}

/* Fails where a line, or the formula in its place, differs; false where there is no line. */
static bool check(const struct requantise *r, const char *what)
{
	int32_t bias = 0;
	const struct nnrt_line line = line_of(r, &bias);

	n_late += line.slope < 0;
	check_slope(r, what);
	cr_expect_eq(count_differences(r, &line, bias), 0, "%s: scale %a, sums %lld to %lld, zero %d", what,
		     (double)r->scale, (long long)r->least, (long long)r->most, r->zero);
	return line.slope != 0;
}

static struct requantise problem_pick(float scale)
{
	const int first = pick(2) ? -128 : 0, reach = (int)(400 / (double)scale);
	struct requantise r = { .scale = scale, .zero = first + pick(256), .low = first, .high = first + 255 };

	r.least = -pick(reach) - (pick(4) ? 0 : reach);
	r.most = r.least + 1 + pick(2 * reach);
	if (pick(4) == 0)
		r.low += pick(100);
	if (pick(4) == 0)
		r.high -= pick(100);
	return r;
}

Test(requantise, lines_hold_for_every_sum)
{
	int found = 0;

	srand(1);
	for (int i = 0; i < 300; i++) {
		/* From 1/16 to 1/1600, as those of trained models. */
		const struct requantise r = problem_pick((float)pow(10, -1.2 - pick(2000) / 1e3));

		found += check(&r, "random");
	}
	cr_expect_geq(found, 250, "lines were found for %d of 300", found);
	cr_expect_gt(n_late, 0, "no line with a late step came up");
	cr_expect_geq(n_slopes, 200, "%d of 300 needed a slope alone", n_slopes);
}

/* Channels of the visual wake words model of MLPerf Tiny. */
Test(requantise, lines_hold_for_scales_of_a_model)
{
	static const struct requantise real[] = {
		{ 0x1.442232p-7f, -207496, 204329, -128, -128, 127 },
		{ 0x1.6839dep-8f, -248517, 250518, -128, -128, 127 },
		{ 0x1.cb5958p-9f, -227764, 230726, -128, -128, 127 },
	};

	for (size_t i = 0; i < sizeof real / sizeof *real; i++)
		cr_expect(check(&real[i], "model"));
}

/* Outputs that no sum changes, or once. */
Test(requantise, lines_hold_for_scales_near_nothing)
{
	for (int i = 0; i < 46; i++) {
		const float scale = (float)pow(7, -4 - i);
		const struct requantise r = { scale, -20000, 30000, 3, -128, 127 }, s = { scale, 5, 30000, 0, 0, 255 };

		check(&r, "small");
		check(&s, "small");
	}
}

/* Half a step is a tie for every other sum, and ties to even follow no line. */
Test(requantise, ties_have_no_line)
{
	const struct requantise r = { 0.03125f, -9000, 9000, 0, -128, 127 };

	cr_expect_not(check(&r, "ties"));
}

static int pick_sum(void)
{
	const uint32_t bits = (uint32_t)pick(1 << 16) << 16 ^ (uint32_t)pick(1 << 16);

	return (int32_t)bits >> pick(31);
}

Test(requantise, products_round_as_float32_does)
{
	srand(2);
	for (int i = 0; i < 2000000; i++) {
		/* Halves and quarters make ties. */
		const float scale = pick(3) ? (float)ldexp(1 + pick(1 << 23) / 8388608.0, pick(60) - 50)
					    : (float)ldexp(1 + pick(8), -pick(25));
		const int32_t sum = pick_sum();
		const double want = rint((double)(float)((double)(float)sum * (double)scale));
		const double got = nnrt_rint_product(sum, nnrt_bits_f32(scale));

		if (fabs(want) < 1 << 22 ? want != got : fabs(got) != 1 << 22 || (want < 0) != (got < 0))
			cr_assert_fail("%d * %a gives %g, expected %g", sum, (double)scale, got, want);
	}
}
