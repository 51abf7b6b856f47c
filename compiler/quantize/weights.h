/* Constants as bytes. */
#ifndef NNC_WEIGHTS_H
#define NNC_WEIGHTS_H

#include <stdint.h>

struct arena;

/* A weight seen as [outer][channels][inner]; channels 1: one scale for all. */
struct weight_form {
	int64_t outer, channels, inner;
};

/** scale[c] = greatest |w| of channel c / 127, 1 where all are 0, at least `least[c]` when that is not NULL. */
void weights_scales(float *scale, const float *w, const struct weight_form *f, const float *least);

/** round_half_even(w / scale[c]) within -127 … 127. */
void weights_round(int8_t *q, const float *w, const struct weight_form *f, const float *scale);

#endif
