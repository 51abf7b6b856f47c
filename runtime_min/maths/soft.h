/* Float32 by integers, for cores without an FPU: the operations of the literal formulas over bytes, each rounded to the
 * nearest, halves to even, with the bits of IEEE 754 arithmetic; of NaN some NaN comes. What the compiler can prove to
 * be a line of integers (requantise.h) does not come here: the rare sum next to a middle does, softmax, and layers too
 * small for a proof. So a model over bytes links no floating-point subroutines, of which one brings two kilobytes. */
#ifndef NNRT_MATHS_SOFT_H
#define NNRT_MATHS_SOFT_H

#include "runtime_min/maths/requantise.h"

enum { NNRT_SOFT_MOST = 255 };          /* the exponent of infinities and NaN */

/** The significand of a finite number other than 0, 2^23 <= . < 2^24; the number is it * 2^(*exponent - 150). */
NNRT_INLINE uint32_t nnrt_soft_unpack(uint32_t bits, int *exponent)
{
	const uint32_t size = bits % NNRT_SIGNIFICAND;
	const int e = (int)(bits >> 23 & NNRT_SOFT_MOST), up = e ? 0 : __builtin_clz(size) - 8;

	*exponent = e ? e : 1 - up;
	return e ? size + NNRT_SIGNIFICAND : size << up;
}

/** v / 2^n, its last bit set where bits are lost; v < 2^32, n >= 0. */
NNRT_INLINE uint32_t nnrt_soft_shift(uint32_t v, int n)
{
	const uint32_t whole = n < 32 ? v >> n : 0;

	return whole | (n < 32 ? whole << n != v : v != 0);
}

/** The number of size * 2^(exponent - 158) with this sign bit; size != 0, its last bit set where bits below it are
 *  lost, if it has more than 25 bits. */
NNRT_SHARED float nnrt_soft_pack(uint32_t sign, int exponent, uint32_t size)
{
	const int up = __builtin_clz(size);
	uint32_t bits;

	size <<= up;
	exponent -= up;
	if (exponent < 1) {
		size = nnrt_soft_shift(size, 1 - exponent);
		exponent = 1;
	}
	/* Rounded up to 2^24 it becomes the next exponent's, and of the greatest infinity. */
	bits = ((uint32_t)exponent << 23) - NNRT_SIGNIFICAND + (size >> 8);
	bits += (size & 255) + (size >> 8 & 1) > 128;
	return nnrt_f32_bits(sign | (exponent < NNRT_SOFT_MOST ? bits : 0x7f800000u));
}

/** v as float32. */
NNRT_SHARED float nnrt_soft_whole(int32_t v)
{
	const uint32_t sign = (uint32_t)v & 0x80000000u;

	return v ? nnrt_soft_pack(sign, 158, sign ? UINT32_C(0) - (uint32_t)v : (uint32_t)v) : 0.0f;
}

/** a + b */
NNRT_SHARED float nnrt_soft_add(float a, float b)
{
	uint32_t more = nnrt_bits_f32(a), less = nnrt_bits_f32(b), size, other;
	int exponent, less_exponent;

	if (more << 1 < less << 1) {
		const uint32_t swapped = more;

		more = less;
		less = swapped;
	}
	if (more << 1 >= 0xff000000u) /* infinity less infinity is none */
		return nnrt_f32_bits(more << 1 == less << 1 && more != less ? 0x7fc00000u : more);
	if (less << 1 == 0)
		return nnrt_f32_bits(more << 1 == 0 ? more & less : more);
	size = nnrt_soft_unpack(more, &exponent) << 7;
	other = nnrt_soft_unpack(less, &less_exponent) << 7;
	other = nnrt_soft_shift(other, exponent - less_exponent);
	size = (more ^ less) >> 31 ? size - other : size + other;
	return size ? nnrt_soft_pack(more & 0x80000000u, exponent + 1, size) : 0.0f;
}

/** Whether a product or quotient has no significand of its own; *special is then the value. inverse: of 1 / b. */
NNRT_INLINE int nnrt_soft_is_special(uint32_t a, uint32_t b, int inverse, float *special)
{
	const uint32_t sign = (a ^ b) & 0x80000000u, size_a = a << 1, size_b = b << 1;
	const int zero = size_a == 0 || (inverse ? size_b == 0xff000000u : size_b == 0);
	const int infinite = size_a == 0xff000000u || (inverse ? size_b == 0 : size_b == 0xff000000u);

	if (!zero && !infinite && size_a < 0xff000000u && size_b < 0xff000000u)
		return 0;
	if (size_a > 0xff000000u || size_b > 0xff000000u || (zero && infinite))
		*special = nnrt_f32_bits(0x7fc00000u);
	else
		*special = nnrt_f32_bits(sign | (zero ? 0 : 0x7f800000u));
	return 1;
}

/** a * b */
NNRT_SHARED float nnrt_soft_mul(float a, float b)
{
	const uint32_t bits_a = nnrt_bits_f32(a), bits_b = nnrt_bits_f32(b);
	uint32_t size_a, size_b, low, middle;
	int exponent_a, exponent_b;
	float special;

	if (nnrt_soft_is_special(bits_a, bits_b, 0, &special))
		return special;
	size_a = nnrt_soft_unpack(bits_a, &exponent_a);
	size_b = nnrt_soft_unpack(bits_b, &exponent_b);
	/* The upper 32 of 48 bits by products of 8 and 16: no core needs more. */
	low = (size_a & 0xffff) * (size_b & 0xffff);
	middle = (size_a >> 16) * (size_b & 0xffff) + (size_a & 0xffff) * (size_b >> 16) + (low >> 16);
	middle += (size_a >> 16) * (size_b >> 16) << 16;
	return nnrt_soft_pack((bits_a ^ bits_b) & 0x80000000u, exponent_a + exponent_b - 126,
		middle | ((low & 0xffff) != 0));
}

/** n more bits of a quotient: *rest * 2^n / by, what is left in *rest; *rest < 2^(32 - n). */
NNRT_INLINE uint32_t nnrt_soft_digit(uint32_t *rest, uint32_t by, int n)
{
	const uint32_t from = *rest << n, digit = from / by;

	*rest = from - digit * by;
	return digit;
}

/** size / by * 2^29, its last bit set where there is a rest; both of 24 bits. */
NNRT_INLINE uint32_t nnrt_soft_quotient(uint32_t size, uint32_t by)
{
	uint32_t quotient = 0;

	if (by == NNRT_SIGNIFICAND) /* 1 / 256, the scale of a softmax, is the most frequent of all */
		return size << 6;
	if (NNRT_HAS_DIVISION) {
		quotient = nnrt_soft_digit(&size, by, 8);
		for (int i = 0; i < 3; i++)
			quotient = quotient << 7 | nnrt_soft_digit(&size, by, 7);
		return quotient | (size != 0);
	}
	/* 25 bits or 26, one more than the significand's, decide how it is rounded. */
	for (int i = 0; i < 26; i++, size <<= 1) {
		quotient <<= 1;
		if (size >= by) {
			quotient++;
			size -= by;
		}
	}
	return quotient << 4 | (size != 0);
}

/** a / b */
NNRT_SHARED float nnrt_soft_div(float a, float b)
{
	const uint32_t bits_a = nnrt_bits_f32(a), bits_b = nnrt_bits_f32(b);
	uint32_t size_a, size_b;
	int exponent_a, exponent_b;
	float special;

	if (nnrt_soft_is_special(bits_a, bits_b, 1, &special))
		return special;
	size_a = nnrt_soft_unpack(bits_a, &exponent_a);
	size_b = nnrt_soft_unpack(bits_b, &exponent_b);
	return nnrt_soft_pack((bits_a ^ bits_b) & 0x80000000u, exponent_a - exponent_b + 129,
		nnrt_soft_quotient(size_a, size_b));
}

/** x as nearest integer, halves to even, bounded by lo <= hi, within 2^23; NaN gives 0, bounded. */
NNRT_SHARED int32_t nnrt_soft_nearest(float x, int32_t lo, int32_t hi)
{
	const uint32_t bits = nnrt_bits_f32(x);
	const int down = 150 - (int)(bits >> 23 & NNRT_SOFT_MOST);
	int32_t v = 0;

	if (down <= 24 && bits << 1 <= 0xff000000u) {
		v = down < 1 ? 1 << 23 : (int32_t)nnrt_shr_even(bits % NNRT_SIGNIFICAND + NNRT_SIGNIFICAND, down);
		v = bits >> 31 ? -v : v;
	}
	return v < lo ? lo : v > hi ? hi : v;
}

/** Whether x is NaN. */
NNRT_INLINE int nnrt_soft_is_nan(float x)
{
	return nnrt_bits_f32(x) << 1 > 0xff000000u;
}

/** The place of x among numbers: 0 and -0 have the same. */
NNRT_INLINE int32_t nnrt_soft_order(float x)
{
	const uint32_t bits = nnrt_bits_f32(x);
	const int32_t size = (int32_t)(bits & 0x7fffffffu);

	return bits >> 31 ? -size : size;
}

/** a < b */
NNRT_INLINE int nnrt_soft_less(float a, float b)
{
	return !nnrt_soft_is_nan(a) && !nnrt_soft_is_nan(b) && nnrt_soft_order(a) < nnrt_soft_order(b);
}

/** Lesser of a and b, as nnrt_min_f32(). */
NNRT_INLINE float nnrt_soft_min(float a, float b)
{
	return nnrt_soft_less(a, b) || nnrt_soft_is_nan(a) ? a : b;
}

/** Greater of a and b, as nnrt_max_f32(). */
NNRT_INLINE float nnrt_soft_max(float a, float b)
{
	return nnrt_soft_less(b, a) || nnrt_soft_is_nan(a) ? a : b;
}

/** Nearest integer, halves to even, as nnrt_round_f32(). */
NNRT_INLINE float nnrt_soft_round(float x)
{
	const uint32_t bits = nnrt_bits_f32(x), sign = bits & 0x80000000u;

	/* From 2^23 on there are no fractions. */
	if ((bits ^ sign) >= 0x4b000000u)
		return x;
	return nnrt_f32_bits(
		nnrt_bits_f32(nnrt_soft_whole(nnrt_soft_nearest(nnrt_f32_bits(bits ^ sign), 0, 1 << 23))) | sign);
}

#endif
