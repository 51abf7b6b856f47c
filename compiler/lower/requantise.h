/* From sums to bytes by integers alone, proved equal to the float32 formula of runtime_min/INTEGERS.md. */
#ifndef NNC_REQUANTISE_H
#define NNC_REQUANTISE_H

#include <stdbool.h>
#include <stdint.h>

/* A channel: y = min(max(rint(float32(sum) * scale) + zero, low), high) for least <= sum <= most, both int32. */
struct requantise {
	float scale;
	int64_t least, most;
	int zero, low, high; /* of a type of bytes; low <= high */
};

/* y = min(max(v(sum), low), high), v(sum) = (((sum + bias) * slope >> 32) + offset) >> shift, shifts towards less; with
 * `is_late` v(sum + 1) in place of v(sum) = late: rounding to float32 has one step come a sum earlier than a line can
 * have it. Every term but the product fits int32. slope > 0; |bias| <= REQUANTISE_MOST_BIAS; |offset| < 2^15. */
struct requantise_line {
	int32_t slope, bias, offset;
	int late;
	bool is_late;
};

enum { REQUANTISE_MOST_BIAS = 1 << 13 };

/** The formula for one sum. */
int requantise_literal(const struct requantise *r, int64_t sum);

/** Constants with which the line gives what the formula gives for every sum; false: there are none. */
bool requantise_line_find(const struct requantise *r, int shift, struct requantise_line *line);

/** The same with an offset that is given and a bias of a few at most. */
bool requantise_slope_find(const struct requantise *r, int shift, int offset, struct requantise_line *line);

#endif
