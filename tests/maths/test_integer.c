/* runtime_min/maths/integer.h, and the product of requantise.h, against wider arithmetic and against tables of the
 * awkward cases. The optional argument that all tests here take is not needed. */
#include <math.h>

#include "runtime_min/maths/integer.h"
#include "runtime_min/maths/requantise.h"
#include "tests/machine.h"
#include "tests/maths/check.h"

static uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 32;
}

/* Quotient and remainders of 32-bit numbers in 64 bits, where nothing overflows. */
static void check_pair(struct checks *c, int32_t a, int32_t b)
{
	const int64_t q = b ? (int64_t)a / b : 0, r = b ? (int64_t)a % b : 0;
	const int64_t m = r && (r < 0) != (b < 0) ? r + b : r;
	const uint32_t ua = (uint32_t)a, ub = (uint32_t)b;
	const int64_t floor_quotient = b ? (int64_t)floor((double)a / (double)b) : 0;
	const int64_t pair = (int64_t)((uint64_t)ua << 32 | ub);

	if (b >= 0) /* 2^62 keeps the product from being negative where it is shifted */
		check_equal(c, "high by halves", pair, nnrt_high_by_halves(a, b),
			    (((int64_t)a * b + (INT64_C(1) << 62)) >> 32) - (1 << 30));
	check_equal(c, "div i64", pair, nnrt_div_i64(a, b), q);
	check_equal(c, "div u64", pair, (int64_t)nnrt_div_u64(ua, ub), ub ? ua / ub : 0);
	check_equal(c, "fmod i64", pair, nnrt_fmod_i64(a, b), r);
	check_equal(c, "mod i64", pair, nnrt_mod_i64(a, b), m);
	check_equal(c, "mod u64", pair, (int64_t)nnrt_mod_u64(ua, ub), ub ? ua % ub : 0);
	check_equal(c, "div i32", pair, nnrt_div_i32(a, b), (int32_t)(uint32_t)q);
	check_equal(c, "div u32", pair, (int64_t)nnrt_div_u32(ua, ub), ub ? ua / ub : 0);
	check_equal(c, "fmod i32", pair, nnrt_fmod_i32(a, b), r);
	check_equal(c, "mod i32", pair, nnrt_mod_i32(a, b), m);
	check_equal(c, "mod u32", pair, (int64_t)nnrt_mod_u32(ua, ub), ub ? ua % ub : 0);
	check_equal(c, "floordiv", pair, nnrt_floordiv(a, b), floor_quotient);
	check_equal(c, "floormod", pair, nnrt_floormod(a, b), m);
}

static void check_shift(struct checks *c, uint32_t a, uint32_t n)
{
	const uint64_t wide = a;

	check_equal(c, "shl u64", n, (int64_t)nnrt_shl_u64(a, n), n < 64 ? (int64_t)(wide << n) : 0);
	check_equal(c, "shr u64", n, (int64_t)nnrt_shr_u64(wide << 32, n), n < 64 ? (int64_t)((wide << 32) >> n) : 0);
}

static void check_bits(struct checks *c, uint64_t a)
{
	int count = 0, low = 0;

	for (int i = 0; i < 64; i++) {
		count += (int)(a >> i & 1);
		low += i < 32 ? (int)(a >> i & 1) : 0;
	}
	check_equal(c, "popcount u64", (int64_t)a, nnrt_popcount_u64(a), count);
	check_equal(c, "popcount u32", (int64_t)a, nnrt_popcount_u32((uint32_t)a), low);
}

static void check_power(struct checks *c, int32_t base, int32_t exponent)
{
	uint64_t y = 1;

	for (int32_t i = 0; i < exponent; i++)
		y *= (uint64_t)(int64_t)base;
	if (exponent < 0)
		y = base == 1 ? 1 : base == -1 ? (exponent % 2 ? UINT64_MAX : 1) : 0;
	check_equal(c, "pow i64", base * 1000 + exponent, nnrt_pow_i64(base, exponent), (int64_t)y);
	if (exponent >= 0)
		check_equal(c, "pow u64", base * 1000 + exponent,
			(int64_t)nnrt_pow_u64((uint64_t)(int64_t)base, (uint64_t)exponent), (int64_t)y);
}

static void check_limits(struct checks *c)
{
	check_equal(c, "div i64", -1, nnrt_div_i64(INT64_MIN, -1), INT64_MIN);
	check_equal(c, "div i32", -1, nnrt_div_i32(INT32_MIN, -1), INT32_MIN);
	check_equal(c, "fmod i32", -1, nnrt_fmod_i32(INT32_MIN, -1), 0);
	check_equal(c, "mod i32", -1, nnrt_mod_i32(INT32_MIN, -1), 0);
	check_equal(c, "mod i32", INT32_MAX, nnrt_mod_i32(INT32_MIN, INT32_MAX), INT32_MAX - 1);
	check_equal(c, "fmod i64", -1, nnrt_fmod_i64(INT64_MIN, -1), 0);
	check_equal(c, "mod i64", -1, nnrt_mod_i64(INT64_MIN, -1), 0);
	check_equal(c, "mod i64", INT64_MAX, nnrt_mod_i64(INT64_MIN, INT64_MAX), INT64_MAX - 1);
	check_equal(c, "floordiv", 2, nnrt_floordiv(INT64_MIN, 2), INT64_MIN / 2);
	check_equal(c, "floordiv", 0, nnrt_floordiv(INT64_MIN, 0), 0);
	check_equal(c, "mod f32", 0, nnrt_mod_f32(-7.5f, 2.0f) == 0.5f, 1);
	check_equal(c, "mod f32", 0, nnrt_mod_f32(7.5f, -2.0f) == -0.5f, 1);
	check_equal(c, "mod f32", 0, nnrt_mod_f32(7.5f, 2.0f) == 1.5f, 1);
	check_equal(c, "mod f32 by 0", 0, isnan(nnrt_mod_f32(7.5f, 0.0f)) != 0, 1);
	check_equal(c, "mod f64", 0, nnrt_mod_f64(-7.5, 2.0) == 0.5, 1);
	check_equal(c, "mod f64", 0, nnrt_mod_f64(6.0, -2.0) == 0.0, 1);
}

int main(void)
{
	static const int32_t edges[] = {INT32_MIN, INT32_MIN + 1, -65536, -129, -7, -2, -1, 0, 1, 2, 3, 7, 128, 65535,
		INT32_MAX - 1, INT32_MAX};
	const size_t n = sizeof(edges) / sizeof(edges[0]);
	struct checks c = {0, 0};
	uint64_t state = 1;

	skip_unless_supported();
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			check_pair(&c, edges[i], edges[j]);
	for (int i = 0; i < 100000; i++) {
		const int32_t a = (int32_t)(uint32_t)next_random(&state);

		check_pair(&c, a, (int32_t)(uint32_t)next_random(&state) >> (i % 32));
		check_bits(&c, (uint64_t)(uint32_t)a << 32 | next_random(&state));
		check_shift(&c, (uint32_t)a, (uint32_t)i % 70);
	}
	for (int32_t base = -12; base <= 12; base++)
		for (int32_t exponent = -5; exponent <= 70; exponent++)
			check_power(&c, base, exponent);
	check_limits(&c);
	return check_report(&c);
}
