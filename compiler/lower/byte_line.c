#include "lower/byte_line.h"

#include <math.h>

enum { BYTES = 256, SPREAD = 4 };

static bool is_exact(const short want[BYTES], int first, int low, int high, const struct byte_line *line)
{
	for (int i = 0; i < BYTES; i++) {
		const float v = fmaf((float)(first + i), line->factor, line->offset);
		const float y = rintf(v > (float)low ? v < (float)high ? v : (float)high : (float)low);
		if (y != (float)want[i])
			return false;
	}
	return true;
}

/* Puts the offset between what all bytes leave it, given the factor: less than wanted may come out where that is the
 * least result, more where it is the greatest. */
static bool offset_find(const short want[BYTES], int first, int low, int high, struct byte_line *line)
{
	double least = -1e9, most = 1e9;

	for (int i = 0; i < BYTES; i++) {
		const double middle = want[i] - (double)line->factor * (first + i);
		if (want[i] > low && middle - 0.5 > least)
			least = middle - 0.5;
		if (want[i] < high && middle + 0.5 < most)
			most = middle + 0.5;
	}
	line->offset = (float)((least + most) / 2);
	return is_exact(want, first, low, high, line);
}

bool byte_line_find(const short want[BYTES], int first, double slope, int low, int high, struct byte_line *line)
{
	bool varies = false;

	for (int i = 1; i < BYTES; i++)
		varies |= want[i] != want[0];
	if (!varies) {
		*line = (struct byte_line){ 0.0f, (float)want[0] };
		return true;
	}
	for (int k = 0; k <= 2 * SPREAD; k++) {
		line->factor = (float)slope;
		for (int step = (k + 1) / 2; step > 0; step--)
			line->factor = nextafterf(line->factor, k % 2 ? INFINITY : -INFINITY);
		if (offset_find(want, first, low, high, line))
			return true;
	}
	return false;
}
