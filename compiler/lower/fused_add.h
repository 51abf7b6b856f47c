/* Sums of quantised tensors by multiply-adds, proved by trying every pair of bytes. */
#ifndef NNC_FUSED_ADD_H
#define NNC_FUSED_ADD_H

#include <stdbool.h>
#include <stdint.h>

/* A tensor of bytes first … first + 255 that mean (byte - zero) * scale. */
struct byte_input {
	int first, zero;
	float scale;
};

/* min(max(rint((a + b) / scale) + zero, low), high), every float32 operation rounded by itself. */
struct byte_sum {
	struct byte_input a, b;
	float scale;
	int zero, low, high;
};

/* rint(min(max(fma(a, a_factor, fma(b, b_factor, offset)), low), high)) of the bytes a and b themselves. No constant is
 * so small that a sum could be denormal: each is 0 or a multiple of 2^-123. */
struct fused_add {
	float a_factor, b_factor, offset;
};

/** Finds constants with which the second gives what the first gives for all 65,536 pairs; false: none are near. */
bool fused_add_find(const struct byte_sum *s, struct fused_add *f);

/* min(max(((a * a_factor >> lost) + (b * b_factor >> lost) + offset) >> (shift - lost), low), high) of the bytes
 * themselves, >> towards less. */
struct integer_add {
	int32_t a_factor, b_factor;
	int64_t offset;
};

/** The same of integers, the factors being the nearest to the scales' ratios; shift: at most 28. Where bits are lost,
 *  no sum overflows 32 bits. */
bool integer_add_find(const struct byte_sum *s, int shift, int lost, struct integer_add *f);

#endif
