/* Reading an image between its elements: the taps round a coordinate that the data says, their places and weights. */
#ifndef NNC_SAMPLE_H
#define NNC_SAMPLE_H

#include "ops/arguments.h"

enum sample_mode { SAMPLE_NEAREST, SAMPLE_LINEAR, SAMPLE_CUBIC };

/* What lies outside: nothing, for each tap the nearest element (as PyTorch and onnxruntime read it: the coordinate
 * stays where it is), or the image mirrored at its border, and the coordinate with it. */
enum sample_outside { OUTSIDE_ZEROS, OUTSIDE_BORDER, OUTSIDE_REFLECTION };

struct sampler {
	enum sample_mode mode;
	enum sample_outside outside;
	bool corners;           /* mirrored at the outermost elements' centres, not at their outer edges */
	enum dtype type;        /* of coordinates and weights: float32 or float64 */
};

/* One tap of one axis. */
struct sample {
	int index;              /* an expression: a place within the axis, or, with `inside`, a place anywhere */
	int weight;             /* -1: 1 */
	int inside;             /* a condition on the index, or -1: it is inside */
};

/** Taps that an axis has. */
static inline int64_t sampler_taps(const struct sampler *s)
{
	return s->mode == SAMPLE_NEAREST ? 1 : s->mode == SAMPLE_LINEAR ? 2 : 4;
}

/** Tap number `tap` (0 … sampler_taps - 1) round `coordinate` (an expression of s->type, in elements: 0 is the centre
 *  of the first) along an axis of `size` elements. Weights are those of linear interpolation or of cubic convolution
 *  with -0.75 (Keys 1981); nearest rounds half to even. A coordinate that is no number counts as far outside. */
struct sample sample_tap(struct nest *n, const struct sampler *s, int coordinate, struct num size, struct num tap);

/** Element of tensor t at the taps' places times their weights, in s->type; 0 outside. at: an index for each axis of t,
 *  of which those `first` and on are the taps'. */
int sample_load(struct nest *n, const struct sampler *s, int t, const struct num *at, int first, int taps,
		const struct sample *tap);

#endif
