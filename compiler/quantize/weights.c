#include "quantize/weights.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

enum { GREATEST = 127 };

void weights_scales(float *scale, const float *w, const struct weight_form *f, const float *least)
{
	for (int64_t c = 0; c < f->channels; c++) {
		float greatest = 0;
		for (int64_t o = 0; o < f->outer; o++)
			for (int64_t i = 0; i < f->inner; i++)
				greatest = fmaxf(greatest, fabsf(w[(o * f->channels + c) * f->inner + i]));
		scale[c] = (float)((double)greatest / GREATEST);
		if (least)
			scale[c] = fmaxf(scale[c], least[c]);
		if (!(scale[c] >= FLT_MIN))
			scale[c] = 1;
	}
}

void weights_round(int8_t *q, const float *w, const struct weight_form *f, const float *scale)
{
	for (int64_t k = 0; k < f->outer * f->channels * f->inner; k++) {
		const float x = rintf(w[k] / scale[k / f->inner % f->channels]);
		q[k] = (int8_t)fminf(fmaxf(x, -GREATEST), GREATEST);
	}
}
