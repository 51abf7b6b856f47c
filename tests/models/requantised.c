/* Lines that stand for the float32 formula of requantisation, held to it at every sum that a model's channels reach.
 *
 * Reads channels from the standard input, one a line: scale, least sum, most sum, zero point, least and greatest byte;
 * prints one line: channels, channels with a slope alone, with no line, sums, differences. */
#include <math.h>
#include <stdio.h>

#include "tests/kernels/lines.h"

/* The formula by doubles that are rounded to float32 after each operation: a product of two is exact in them. */
static inline int wanted(const struct requantise *r, int32_t sum)
{
	const double v = rint((double)(float)((double)(float)sum * (double)r->scale)) + r->zero;

	return (int)(v < r->low ? r->low : v > r->high ? r->high : v);
}

/* The literal line below is what lets the compiler vectorise the loop of nearly all channels. */
static int64_t differences(const struct requantise *r, struct nnrt_line line, int32_t bias)
{
	const int32_t least = (int32_t)r->least, most = (int32_t)r->most;
	const int low = r->low - r->zero, high = r->high - r->zero;
	int n = 0;

	if (line.slope > 0)
		for (int32_t sum = least; sum <= most; sum++) {
			const struct nnrt_line rising = {line.slope & INT32_MAX, line.offset};
			n += nnrt_line_value(sum + bias, &rising, low, high, r->zero) != wanted(r, sum);
		}
	else
		for (int32_t sum = least; sum <= most; sum++)
			n += nnrt_line_value(sum + bias, &line, low, high, r->zero) != wanted(r, sum);
	return n;
}

/* What cores without an FPU compute where there is no line. */
static int64_t differences_by_integers(const struct requantise *r)
{
	int64_t n = 0;

	for (int64_t sum = r->least; sum <= r->most; sum++) {
		const int32_t v = nnrt_rint_product((int32_t)sum, nnrt_bits_f32(r->scale)) + r->zero;
		n += (v < r->low ? r->low : v > r->high ? r->high : v) != wanted(r, (int32_t)sum);
	}
	return n;
}

int main(void)
{
	long long least, most, n = 0, n_slopes = 0, n_without = 0, n_sums = 0, n_wrong = 0;
	struct requantise r = {0};

	while (scanf("%f %lld %lld %d %d %d", &r.scale, &least, &most, &r.zero, &r.low, &r.high) == 6) {
		struct requantise_line slope;
		struct nnrt_line line;
		int32_t bias = 0;

		r.least = least;
		r.most = most;
		line = line_of(&r, &bias);
		n_wrong += differences(&r, line, bias);
		if (line.slope == 0)
			n_wrong += differences_by_integers(&r);
		n_without += line.slope == 0;
		if (requantise_slope_find(&r, NNRT_LINE_SHIFT, NNRT_LINE_OFFSET(r.zero), &slope)) {
			n_wrong += differences(&r, (struct nnrt_line){slope.slope, slope.offset}, slope.bias);
			n_slopes++;
		}
		n_sums += most - least + 1;
		n++;
	}
	printf("%lld %lld %lld %lld %lld\n", n, n_slopes, n_without, n_sums, n_wrong);
	return 0;
}
