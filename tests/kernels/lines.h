/* What kernels whose vectors have one lane take in place of a channel's multiplier. */
#ifndef KERNELS_LINES_H
#define KERNELS_LINES_H

#include "lower/requantise.h"
#include "runtime_min/maths/requantise.h"

/* The line of a channel whose sums begin with *bias, and *bias as it goes with it; where there is none, what computes
 * the formula. */
static inline struct nnrt_line line_of(const struct requantise *r, int32_t *bias)
{
	struct nnrt_line line = {0, (int32_t)nnrt_bits_f32(r->scale)};
	struct requantise_line found;

	if (requantise_line_find(r, NNRT_LINE_SHIFT, &found)) {
		line = (struct nnrt_line){found.slope, found.offset};
		if (found.is_late)
			line = (struct nnrt_line){-found.slope, found.late * 65536 + (found.offset & 0xffff)};
		*bias += found.bias;
	}
	return line;
}

#endif
