/* What kernels whose vectors have one lane take in place of a channel's multiplier. */
#ifndef KERNELS_LINES_H
#define KERNELS_LINES_H

#include <stdlib.h>

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

/* Channels' slopes as nnrt_line_of_slope() reads them, and behind them lines: n words, of room for three a channel. */
struct slopes {
	int32_t *v;
	int n;
};

static inline struct slopes slopes_new(int channels)
{
	return (struct slopes){calloc((size_t)channels * 3, sizeof(int32_t)), channels};
}

static inline void slopes_set_line(struct slopes *s, int at, struct nnrt_line line)
{
	s->v[at] = at - s->n;
	s->v[s->n++] = line.slope;
	s->v[s->n++] = line.offset;
}

/* Channel `at`, as line_of(); is_whole: by a line where a slope would do. */
static inline void slopes_set(struct slopes *s, int at, const struct requantise *r, bool is_whole, int32_t *bias)
{
	struct requantise_line found;

	if (is_whole || !requantise_slope_find(r, NNRT_LINE_SHIFT, NNRT_LINE_OFFSET(r->zero), &found)) {
		slopes_set_line(s, at, line_of(r, bias));
		return;
	}
	s->v[at] = found.slope;
	*bias += found.bias;
}

#endif
