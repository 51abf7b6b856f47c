/* runtime_min/maths/round.h and minmax.h against double arithmetic.
 *
 *     test_round [STRIDE] */
#include <math.h>
#include <stdlib.h>

#include "runtime_min/maths/minmax.h"
#include "runtime_min/maths/round.h"
#include "tests/machine.h"
#include "tests/maths/check.h"

/* x rounded to even and saturated, 0 for NaN; rounding is exact in double. */
static int64_t saturated(float x, double lo, double hi)
{
	const double r = nearbyint((double)x);

	return isnan(x) ? 0 : (int64_t)(r < lo ? lo : r > hi ? hi : r);
}

static void check_float(struct checks *c, uint32_t bits)
{
	const float x = float_of(bits);
	const double t = trunc((double)x);

	check_equal(c, "i8", bits, nnrt_saturate_i8(x), saturated(x, -128, 127));
	check_equal(c, "u8", bits, nnrt_saturate_u8(x), saturated(x, 0, 255));
	check_equal(c, "i16", bits, nnrt_saturate_i16(x), saturated(x, -32768, 32767));
	check_equal(c, "u16", bits, nnrt_saturate_u16(x), saturated(x, 0, 65535));
	check_equal(c, "i32", bits, nnrt_saturate_i32(x), saturated(x, INT32_MIN, INT32_MAX));
	if (isnan(x))
		check_equal(c, "round NaN", bits, isnan(nnrt_round_f32(x)) != 0, 1);
	else
		check_equal(c, "round", bits, bits_of(nnrt_round_f32(x)), bits_of(nearbyintf(x)));
	check_equal(c, "trunc i32", bits, nnrt_trunc_i32_f32(x), saturated((float)t, INT32_MIN, INT32_MAX));
	check_equal(c, "trunc i32 f64", bits, nnrt_trunc_i32_f64((double)x), nnrt_trunc_i32_f32(x));
	check_equal(c, "trunc u32", bits, nnrt_trunc_u32_f32(x), saturated((float)t, 0, UINT32_MAX));
	check_equal(c, "trunc u32 f64", bits, nnrt_trunc_u32_f64((double)x), nnrt_trunc_u32_f32(x));
	check_equal(c, "trunc i64 f64", bits, nnrt_trunc_i64_f64((double)x), nnrt_trunc_i64_f32(x));
	check_equal(c, "trunc u64 f64", bits, nnrt_trunc_u64_f64((double)x) == nnrt_trunc_u64_f32(x), 1);
	if (fabsf(x) < 9e18f)
		check_equal(c, "trunc i64", bits, nnrt_trunc_i64_f32(x), (int64_t)t);
}

static void check_limits(struct checks *c)
{
	check_equal(c, "u64 inf", 0, nnrt_trunc_u64_f32(HUGE_VALF) == UINT64_MAX, 1);
	check_equal(c, "u64 2^63", 0, nnrt_trunc_u64_f32(9223372036854775808.0f) == UINT64_C(1) << 63, 1);
	check_equal(c, "i64 inf", 0, nnrt_trunc_i64_f32(HUGE_VALF), INT64_MAX);
	check_equal(c, "i64 -inf", 0, nnrt_trunc_i64_f64(-HUGE_VAL), INT64_MIN);
	check_equal(c, "i32 f64", 0, nnrt_trunc_i32_f64(-2147483648.75), INT32_MIN);
	check_equal(c, "i32 f64", 0, nnrt_trunc_i32_f64(2147483647.75), INT32_MAX);
	check_equal(c, "u32 f64", 0, nnrt_trunc_u32_f64(4294967295.75), UINT32_MAX);
	check_equal(c, "round f64", 0, nnrt_round_f64(-2.5) == -2.0, 1);
	check_equal(c, "round f64", 0, nnrt_round_f64(3.5) == 4.0, 1);
}

static void check_minmax(struct checks *c)
{
	static const float v[] = {1.0f, -2.0f, 0.5f, HUGE_VALF, -HUGE_VALF, NAN};
	enum { last = NNRT_LANES - 1 };
	float y[NNRT_LANES];

	for (size_t i = 0; i < 6; i++)
		for (size_t j = 0; j < 6; j++) {
			const bool nan = i == 5 || j == 5;
			const float least = fminf(v[i], v[j]), most = fmaxf(v[i], v[j]);
			const int64_t pair = (int64_t)(i * 10 + j);
			const float a = nnrt_min_f32(v[i], v[j]), b = nnrt_max_f32(v[i], v[j]);
			const double da = nnrt_min_f64((double)v[i], (double)v[j]);
			const double db = nnrt_max_f64((double)v[i], (double)v[j]);

			check_equal(c, "min", pair, nan ? isnan(a) != 0 : a == least, 1);
			check_equal(c, "max", pair, nan ? isnan(b) != 0 : b == most, 1);
			check_equal(c, "min f64", pair, nan ? isnan(da) != 0 : da == (double)least, 1);
			check_equal(c, "max f64", pair, nan ? isnan(db) != 0 : db == (double)most, 1);
			nnrt_vf_store(y, nnrt_min_vf(nnrt_vf_set1(v[i]), nnrt_vf_set1(v[j])));
			check_equal(c, "min vf", pair, nan ? isnan(y[last]) != 0 : y[last] == least, 1);
			nnrt_vf_store(y, nnrt_max_vf(nnrt_vf_set1(v[i]), nnrt_vf_set1(v[j])));
			check_equal(c, "max vf", pair, nan ? isnan(y[last]) != 0 : y[last] == most, 1);
		}
}

int main(int argc, char **argv)
{
	const uint64_t stride = argc > 1 ? strtoull(argv[1], NULL, 10) : 4093;
	struct checks c = {0, 0};

	skip_unless_supported();
	for (uint64_t bits = 0; bits < UINT64_C(1) << 32 && stride; bits += stride)
		check_float(&c, (uint32_t)bits);
	/* Halves, and integers with their neighbours, up to where there are no fractions. */
	for (int32_t k = -70000; k <= 70000; k++)
		for (uint32_t step = 0; step < 3; step++)
			check_float(&c, bits_of((float)k * 0.5f) + step - 1);
	for (uint32_t e = 0; e < 256; e++)
		for (uint32_t step = 0; step < 10; step++)
			check_float(&c, ((e << 23) + step % 5 - 2) ^ (step / 5) << 31);
	check_limits(&c);
	check_minmax(&c);
	return check_report(&c);
}
