/* From a sum of products to its byte on cores without vectors: by a product of integers where the compiler has proved
 * (compiler/lower/requantise.h) that it steps where the float32 formula does, else by that formula; cores without an
 * FPU compute it by integers. */
#ifndef NNRT_MATHS_REQUANTISE_H
#define NNRT_MATHS_REQUANTISE_H

#include "runtime_min/maths/round.h"

/** Shift of all lines: slopes fit int32 up to a scale of 1/16, and keep 25 bits down to 1/1024. */
enum { NNRT_LINE_SHIFT = 3 };

/** A channel: sum -> (sum * slope / 2^32 + offset) / 2^NNRT_LINE_SHIFT, both rounded downwards, with y's zero point.
 *  slope below 0: the line is that of -slope and the lower half of offset; where it gives what the upper half says,
 *  the next sum's value stands. slope 0: round_half_even(float(sum) * scale), `offset` being scale's bits; without the
 *  zero point. */
struct nnrt_line {
	int32_t slope, offset;
};

/** The offset of most lines: y's zero point, and what rounds. */
#define NNRT_LINE_OFFSET(zero) ((zero) * (1 << NNRT_LINE_SHIFT) + (1 << (NNRT_LINE_SHIFT - 1)))

/** The 24 bits of a float32's significand; leading bit of it. */
#define NNRT_SIGNIFICAND 0x800000u

/** v / 2^n as nearest integer, halves to even; 0 <= n < 64. */
NNRT_INLINE uint64_t nnrt_halve_even(uint64_t v, int n)
{
	const uint64_t half = n > 0 ? UINT64_C(1) << (n - 1) : 0;

	return n > 0 ? (v + half - 1 + (v >> n & 1)) >> n : v;
}

/** n with 2^23 <= v / 2^n < 2^24, 0 for v below 2^24; v < 2^48. */
NNRT_INLINE int nnrt_excess_bits(uint64_t v)
{
	const uint32_t high = (uint32_t)(v >> 16);

	return v < 2 * NNRT_SIGNIFICAND ? 0 : 24 - __builtin_clz(high);
}

/** round_half_even(float(sum) * scale), where scale > 0 has these bits; 2^22 and -2^22 stand for all that is as far
 *  off. All roundings are those of float32. */
NNRT_SHARED int32_t nnrt_rint_product(int32_t sum, uint32_t scale)
{
	uint32_t size = sum < 0 ? UINT32_C(0) - (uint32_t)sum : (uint32_t)sum;
	const int excess = nnrt_excess_bits(size);
	/* value = whole * 2^-down */
	int down = 150 - (int)(scale >> 23) - excess;
	uint64_t whole;
	int rest;

	/* Of a value below 2^10 the first rounding moves no more than 2^-15: where it is 2^-10 away from a middle, the
	 * second one alone gives the same. */
	if (excess == 0 && down > 16 && down < 48) {
		whole = (uint64_t)size * (scale % NNRT_SIGNIFICAND + NNRT_SIGNIFICAND);
		whole = down > 32 ? whole >> (down - 32) : whole << (32 - down);
		if (whole >> 42 == 0 && (uint32_t)whole - 0x7fc00000u > 0x800000u) {
			const int32_t near = (int32_t)((whole + 0x80000000u) >> 32);

			return sum < 0 ? -near : near;
		}
	}
	size = (uint32_t)nnrt_halve_even(size, excess);
	whole = (uint64_t)size * (scale % NNRT_SIGNIFICAND + NNRT_SIGNIFICAND);
	rest = nnrt_excess_bits(whole);
	whole = nnrt_halve_even(whole, rest);
	down -= rest;
	if (whole == 0 || down > 40 || scale < NNRT_SIGNIFICAND)
		return 0;
	whole = down < 2 ? UINT64_C(1) << 22 : nnrt_halve_even(whole, down);
	return sum < 0 ? -(int32_t)whole : (int32_t)whole;
}

/** a * b / 2^32, rounded downwards, for b >= 0: by four products of 32 bits, none of whose sums overflows. */
NNRT_INLINE int32_t nnrt_high_by_halves(int32_t a, int32_t b)
{
	const int32_t a_high = a >> 16, a_low = a & 0xffff, b_high = b >> 16, b_low = b & 0xffff;
	const int32_t cross = a_high * b_low + (int32_t)((uint32_t)a_low * (uint32_t)b_low >> 16);
	const int32_t other = a_low * b_high + (cross & 0xffff);

	return a_high * b_high + (cross >> 16) + (other >> 16);
}

/** The value of a line at a sum. */
NNRT_INLINE int32_t nnrt_line_at(int32_t sum, int32_t slope, int32_t offset)
{
	const int32_t high = NNRT_HAS_LONG_PRODUCT ? (int32_t)(((int64_t)sum * slope) >> 32)
						   : nnrt_high_by_halves(sum, slope);

	return (high + offset) >> NNRT_LINE_SHIFT;
}

/** The line of a channel of which a slope alone is kept: the offset is NNRT_LINE_OFFSET() of y's zero point; or, where
 *  it is another, -*slope words behind the slope lies the line, *slope being below 0. */
NNRT_INLINE struct nnrt_line nnrt_line_of_slope(const int32_t *slope, int zero)
{
	struct nnrt_line line = {*slope, NNRT_LINE_OFFSET(zero)};

	if (*slope <= 0)
		(void)memcpy(&line, slope - *slope, sizeof line);
	return line;
}

/** The byte's number of a sum: low..high has zero taken off. */
NNRT_INLINE_IF_ROOM int32_t nnrt_line_value(int32_t sum, const struct nnrt_line *line, int low, int high, int zero)
{
	int32_t v;

	if (line->slope > 0) {
		v = nnrt_line_at(sum, line->slope, line->offset) - zero;
	} else if (line->slope < 0) {
		const int32_t slope = -line->slope, offset = (int16_t)line->offset;

		v = nnrt_line_at(sum, slope, offset);
		v = (v == line->offset >> 16 ? nnrt_line_at(sum + 1, slope, offset) : v) - zero;
	} else if (NNRT_HAS_FPU) {
		const float scale = nnrt_f32_bits((uint32_t)line->offset);

		v = nnrt_nearest_near(nnrt_bounded((float)sum * scale, (float)low, (float)high));
	} else {
		v = nnrt_rint_product(sum, (uint32_t)line->offset);
	}
	return (v < low ? low : v > high ? high : v) + zero;
}

#endif
