/* See scaled_bytes.h. */
#include "kernels/scaled_bytes.h"

#include <math.h>

int8_t scaled_byte(float w, float scale)
{
	return scale > 0 ? (int8_t)lrint((double)w / (double)scale) : 0;
}

static bool all_are(const float *w, int64_t n, float scale)
{
	for (int64_t i = 0; i < n; i++) {
		const double q = rint((double)w[i] / (double)scale);

		if (q < INT8_MIN || q > INT8_MAX || (float)q * scale != w[i])
			return false;
	}
	return true;
}

/* The greatest magnitude is some whole number of scales, up to 128, rounded: its quotient by that number is the scale
 * or a neighbour of it. Wrong ones end at the first weights. */
bool scaled_bytes_find(const float *w, int64_t n, float *scale)
{
	float most = 0;

	for (int64_t i = 0; i < n; i++) {
		if (!isfinite(w[i]))
			return false;
		most = fmaxf(most, fabsf(w[i]));
	}
	*scale = 0;
	for (int q = -INT8_MIN; q > 0 && most > 0; q--) {
		const float middle = most / (float)q;
		const float near[] = { middle, nextafterf(middle, 0), nextafterf(middle, INFINITY) };

		for (int i = 0; i < 3; i++)
			if (near[i] > 0 && (float)q * near[i] == most && all_are(w, n, near[i])) {
				*scale = near[i];
				return true;
			}
	}
	return most == 0;
}
