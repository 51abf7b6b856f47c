/* runtime_min/maths/soft.h against the float32 arithmetic of the machine.
 *
 *     test_soft [STRIDE] */
#include <math.h>
#include <stdlib.h>

#include "runtime_min/maths/minmax.h"
#include "runtime_min/maths/soft.h"
#include "tests/machine.h"
#include "tests/maths/check.h"

/* Bits from one float to the next: boards, which are given turns and no arguments, are slow. */
#if defined(TURNS)
enum { STRIDE = 4000037 };
#else
enum { STRIDE = 4093 };
#endif

/* Bits of x, all NaN alike. */
static int64_t said(float x)
{
	return isnan(x) ? -1 : (int64_t)bits_of(x);
}

static void check_pair(struct checks *c, uint32_t bits_a, uint32_t bits_b)
{
	const int64_t pair = (int64_t)((uint64_t)bits_a << 32 | bits_b);
	/* Each operation rounds by itself, and at run time. */
	const volatile float a = float_of(bits_a), b = float_of(bits_b);
	const volatile float sum = a + b, product = a * b, quotient = a / b;

	check_equal(c, "add", pair, said(nnrt_soft_add(a, b)), said(sum));
	check_equal(c, "mul", pair, said(nnrt_soft_mul(a, b)), said(product));
	check_equal(c, "div", pair, said(nnrt_soft_div(a, b)), said(quotient));
	check_equal(c, "less", pair, nnrt_soft_less(a, b), a < b);
	check_equal(c, "min", pair, said(nnrt_soft_min(a, b)), said(nnrt_min_f32(a, b)));
	check_equal(c, "max", pair, said(nnrt_soft_max(a, b)), said(nnrt_max_f32(a, b)));
}

static void check_float(struct checks *c, uint32_t bits)
{
	const float x = float_of(bits), number = isnan(x) ? 0.0f : x;
	const float bounded = number < -200.0f ? -200.0f : number > 300.0f ? 300.0f : number;

	check_equal(c, "round", bits, said(nnrt_soft_round(x)), said(nnrt_round_f32(x)));
	check_equal(c, "nearest", bits, nnrt_soft_nearest(x, -200, 300), (int64_t)rintf(bounded));
	check_equal(c, "whole", bits, said(nnrt_soft_whole((int32_t)bits)), said((float)(int32_t)bits));
}

static uint32_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 32);
}

/* Another number with which a sum or quotient is awkward: of the same exponent, near -a, or not far in size. */
static uint32_t partner(uint32_t a, uint32_t random, int kind)
{
	switch (kind) {
	case 0: return random;
	case 1: return (a & 0xff800000u) | random % 0x800000u;
	case 2: return (a ^ random % 256) ^ 0x80000000u;
	default: return (a + (random >> 8) % 54 * 0x800000u - 27 * 0x800000u) ^ random % 4096;
	}
}

int main(int argc, char **argv)
{
	/* Zero, subnormal numbers, powers of two and their neighbours, the greatest, infinity, NaN. */
	static const uint32_t edges[] = {0, 1, 2, 0x7fffff, 0x800000, 0x800001, 0x33800000, 0x34000000, 0x3effffff,
		0x3f000000, 0x3f7fffff, 0x3f800000, 0x3fffffff, 0x40000000, 0x4b000000, 0x4b7fffff, 0x7f000000,
		0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fc00000};
	const uint64_t given = argc > 1 ? strtoull(argv[1], NULL, 10) : 0, stride = given ? given : STRIDE;
	const size_t n = sizeof(edges) / sizeof(edges[0]);
	struct checks c = {0, 0};
	uint64_t state = 1;

	skip_unless_supported();
	for (size_t i = 0; i < 2 * n; i++)
		for (size_t j = 0; j < 2 * n; j++)
			check_pair(&c, edges[i / 2] | (uint32_t)(i & 1) << 31, edges[j / 2] | (uint32_t)(j & 1) << 31);
	for (uint64_t bits = 0; bits < UINT64_C(1) << 32; bits += stride) {
		const uint32_t a = (uint32_t)bits;

		check_float(&c, a);
		for (int kind = 0; kind < 4; kind++)
			check_pair(&c, a, partner(a, next_random(&state), kind));
		check_pair(&c, a % 0x1000000u, next_random(&state));
		check_pair(&c, a, edges[bits % n]);
	}
	for (int32_t k = -2000; k <= 2000; k++)
		for (uint32_t step = 0; step < 3; step++)
			check_float(&c, bits_of((float)k * 0.5f) + step - 1);
	return check_report(&c);
}
