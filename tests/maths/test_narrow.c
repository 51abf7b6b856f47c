/* Narrow floats of runtime_min/maths/narrow.h against their definitions.
 *
 *     test_narrow [STRIDE]
 *
 * Decoding is checked for every code against sign * 2^e * m in double. Encoding is checked on every STRIDE-th float,
 * on every value of the format, on every midpoint of two and on the floats beside these, against a search for the
 * nearest of all values, the even code when two are as near. */
#include <math.h>
#include <stdlib.h>

#include "runtime_min/maths/narrow.h"
#include "runtime_min/simd/half.h"
#include "tests/machine.h"
#include "tests/maths/check.h"

enum special { SPECIAL_IEEE, SPECIAL_FN, SPECIAL_FNUZ };

struct format {
	const char *name;
	int bits, fraction, bias;
	enum special special;
	float (*decode)(uint32_t code);
	uint32_t (*encode)(float x, int saturate);
	bool can_saturate;
};

static float f16_decode(uint32_t v) { return nnrt_f32_f16((uint16_t)v); }
static float bf16_decode(uint32_t v) { return nnrt_f32_bf16((uint16_t)v); }
static float e4m3fn_decode(uint32_t v) { return nnrt_f32_f8e4m3fn((uint8_t)v); }
static float e4m3fnuz_decode(uint32_t v) { return nnrt_f32_f8e4m3fnuz((uint8_t)v); }
static float e5m2_decode(uint32_t v) { return nnrt_f32_f8e5m2((uint8_t)v); }
static float e5m2fnuz_decode(uint32_t v) { return nnrt_f32_f8e5m2fnuz((uint8_t)v); }
static uint32_t f16_encode(float x, int saturate) { return (void)saturate, nnrt_f16_f32(x); }
static uint32_t bf16_encode(float x, int saturate) { return (void)saturate, nnrt_bf16_f32(x); }
static uint32_t e4m3fn_encode(float x, int saturate) { return nnrt_f8e4m3fn_f32(x, saturate); }
static uint32_t e4m3fnuz_encode(float x, int saturate) { return nnrt_f8e4m3fnuz_f32(x, saturate); }
static uint32_t e5m2_encode(float x, int saturate) { return nnrt_f8e5m2_f32(x, saturate); }
static uint32_t e5m2fnuz_encode(float x, int saturate) { return nnrt_f8e5m2fnuz_f32(x, saturate); }

/* The last lane, whole vectors and one of few lanes by turns. */
static float f16_decode_vector(uint32_t v)
{
	const int n = v & 1 ? NNRT_LANES : (NNRT_LANES + 1) / 2;
	uint16_t code[NNRT_LANES] = {0};
	float x[NNRT_LANES];

	code[n - 1] = (uint16_t)v;
	nnrt_vf_store(x, n == NNRT_LANES ? nnrt_vf_load_f16(code) : nnrt_vf_load_f16_n(code, n));
	return x[n - 1];
}

static uint32_t f16_encode_vector(float x, int saturate)
{
	const int n = bits_of(x) & 1 ? NNRT_LANES : (NNRT_LANES + 1) / 2;
	uint16_t code[NNRT_LANES] = {0};

	if (n == NNRT_LANES)
		nnrt_vf_store_f16(code, nnrt_vf_set1(x));
	else
		nnrt_vf_store_f16_n(code, nnrt_vf_set1(x), n);
	return (void)saturate, code[n - 1];
}

static const struct format formats[] = {
	{"float16", 16, 10, 15, SPECIAL_IEEE, f16_decode, f16_encode, false},
	{"float16 in vectors", 16, 10, 15, SPECIAL_IEEE, f16_decode_vector, f16_encode_vector, false},
	{"bfloat16", 16, 7, 127, SPECIAL_IEEE, bf16_decode, bf16_encode, false},
	{"float8e4m3fn", 8, 3, 7, SPECIAL_FN, e4m3fn_decode, e4m3fn_encode, true},
	{"float8e4m3fnuz", 8, 3, 8, SPECIAL_FNUZ, e4m3fnuz_decode, e4m3fnuz_encode, true},
	{"float8e5m2", 8, 2, 15, SPECIAL_IEEE, e5m2_decode, e5m2_encode, true},
	{"float8e5m2fnuz", 8, 2, 16, SPECIAL_FNUZ, e5m2fnuz_decode, e5m2fnuz_encode, true},
};

/* Greatest finite code without sign. */
static uint32_t greatest_code(const struct format *f)
{
	const uint32_t all = (UINT32_C(1) << (f->bits - 1)) - 1;

	if (f->special == SPECIAL_FNUZ)
		return all;
	return f->special == SPECIAL_FN ? all - 1 : all - (UINT32_C(1) << f->fraction);
}

/* Value of a code without sign as if the format had no infinities. */
static double value_of(const struct format *f, uint32_t code)
{
	const uint32_t exponent = code >> f->fraction;
	const uint32_t m = code & ((UINT32_C(1) << f->fraction) - 1);

	if (exponent == 0)
		return ldexp((double)m, 1 - f->bias - f->fraction);
	return ldexp((double)(m + (UINT32_C(1) << f->fraction)), (int)exponent - f->bias - f->fraction);
}

/* The nearest code to x >= 0, greatest_code() + 1 when that would be the next beyond. */
static uint32_t nearest_code(const struct format *f, double x)
{
	uint32_t low = 0, high = greatest_code(f) + 1;

	if (x >= value_of(f, high))
		return high;
	while (high - low > 1) {
		const uint32_t middle = (low + high) / 2;

		if (value_of(f, middle) <= x)
			low = middle;
		else
			high = middle;
	}
	const double below = x - value_of(f, low), above = value_of(f, high) - x;

	if (below < above || (below == above && low % 2 == 0))
		return low;
	return high;
}

/* What ONNX's table for Cast says. Any NaN code is as good as another: nan is returned for them. */
static uint32_t wanted_code(const struct format *f, float x, int saturate, uint32_t nan)
{
	const uint32_t sign = signbit(x) ? UINT32_C(1) << (f->bits - 1) : 0;
	const uint32_t most = greatest_code(f);
	uint32_t code;

	if (isnan(x) || (isinf(x) && f->special == SPECIAL_FNUZ))
		return nan;
	code = isinf(x) ? most + 1 : nearest_code(f, fabs((double)x));
	if (code > most) {
		if (f->can_saturate && saturate)
			return sign | most;
		return f->special == SPECIAL_IEEE ? sign | (most + 1) : nan;
	}
	return code == 0 && f->special == SPECIAL_FNUZ ? 0 : sign | code;
}

static bool code_is_nan(const struct format *f, uint32_t code)
{
	const uint32_t sign = UINT32_C(1) << (f->bits - 1);
	const uint32_t most = greatest_code(f);

	if (f->special == SPECIAL_FNUZ)
		return code == sign;
	return (code & (sign - 1)) > most + (f->special == SPECIAL_IEEE);
}

static void check_encode(struct checks *c, const struct format *f, uint32_t bits)
{
	const uint32_t nan = UINT32_MAX;

	for (int saturate = 0; saturate <= (int)f->can_saturate; saturate++) {
		const uint32_t code = f->encode(float_of(bits), saturate);
		const uint32_t wanted = wanted_code(f, float_of(bits), saturate, nan);

		check_equal(c, f->name, bits, code_is_nan(f, code) ? nan : code, wanted);
	}
}

static void check_decode(struct checks *c, const struct format *f, uint32_t code)
{
	const uint32_t sign = UINT32_C(1) << (f->bits - 1);
	const float x = f->decode(code);
	double wanted = value_of(f, code & (sign - 1));

	if (code_is_nan(f, code)) {
		check_equal(c, f->name, code, isnan(x) != 0, 1);
		return;
	}
	if ((code & (sign - 1)) > greatest_code(f))
		wanted = HUGE_VAL;
	check_equal(c, f->name, code, bits_of(x), bits_of((float)(code & sign ? -wanted : wanted)));
}

int main(int argc, char **argv)
{
	const uint64_t stride = argc > 1 ? strtoull(argv[1], NULL, 10) : 4093;
	struct checks c = {0, 0};

	skip_unless_supported();
	for (size_t k = 0; k < sizeof(formats) / sizeof(formats[0]) && stride; k++) {
		const struct format *f = &formats[k];
		const uint32_t codes = UINT32_C(1) << f->bits;

		for (uint32_t code = 0; code < codes; code++)
			check_decode(&c, f, code);
		for (uint32_t code = 0; code <= greatest_code(f); code++) {
			const float middle = (float)((value_of(f, code) + value_of(f, code + 1)) / 2.0);
			const uint32_t near[2] = {bits_of((float)value_of(f, code)), bits_of(middle)};

			for (uint32_t i = 0; i < 12; i++)
				check_encode(&c, f, (near[i & 1] + i % 3 - 1) ^ (i / 6) << 31);
		}
		for (uint64_t bits = 0; bits < UINT64_C(1) << 32; bits += stride)
			check_encode(&c, f, (uint32_t)bits);
		check_encode(&c, f, 0x7f800000);
		check_encode(&c, f, 0xff800000);
		check_encode(&c, f, 0x7f800001);
		check_encode(&c, f, 0xffffffff);
		check_encode(&c, f, 0x7f7fffff);
	}
	return check_report(&c);
}
