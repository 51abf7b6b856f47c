/* Means of bytes by integers, where what float32 rounds away is too little to matter. */
#ifndef NNC_MEAN_LINE_H
#define NNC_MEAN_LINE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* round_half_even of the float32 mean of bytes, in y's steps, is (sum * factor + 2^31) >> 32, `sum` being that of
 * byte - zero, unless the lower 32 bits of this are less than `margin` away from 0; a margin of 0: those of no sum are.
 * factor 0: there is no such pair. */
struct mean_line {
	int32_t factor;
	uint32_t margin;
};

/* Whether some sum of that many bytes comes so near. */
static inline bool mean_comes_near(int64_t pixels, int32_t factor, uint32_t margin)
{
	for (int64_t sum = -255 * pixels; sum <= 255 * pixels; sum++)
		if ((uint32_t)(sum * factor + INT64_C(0x80000000)) + margin < 2 * margin)
			return true;
	return false;
}

/* Of so many pixels, at most 4096, that mean (byte - zero) * x_scale, for steps of y_scale. With u = 2^-24 every
 * product is off by u of it, their sum by pixels * u of the sum of their sizes, which is at most 255 * x_scale times
 * the pixels, each quotient by u of it; factor is off by a half. */
static inline struct mean_line mean_line_of(int64_t pixels, float x_scale, float y_scale)
{
	const double unit = 4294967296.0, n = (double)pixels, ratio = (double)x_scale / (double)y_scale;
	const double off = 1.01 * (n + 3) * 255 * ratio / 16777216, factor = rint(ratio / n * unit);
	const double margin = off * unit + 255 * n + 2;

	if (!(factor >= 1 && factor <= INT32_MAX && margin < unit / 8))
		return (struct mean_line){ 0, 0 };
	return (struct mean_line){ (int32_t)factor,
				   mean_comes_near(pixels, (int32_t)factor, (uint32_t)margin) ? (uint32_t)margin : 0 };
}

#endif
