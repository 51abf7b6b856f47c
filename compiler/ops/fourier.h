/* DFT and STFT: what inference, loop nests and the pass that makes products of them need to know. */
#ifndef NNC_FOURIER_H
#define NNC_FOURIER_H

#include "ops/arguments.h"

/* Result k of a transform of n points: sum over elements i of x[i] * exp(-+2 pi i k i / n). */
struct fourier {
	int64_t n;                      /* points */
	int64_t results;                /* that are kept */
	int64_t most;                   /* elements that count at most; what is not there is 0 */
	struct num count;               /* elements that are read: of the axis, but not more than that */
	int parts;                      /* of an input element: 1: real, 2: complex */
	bool inverse;
	bool real;                      /* a one-sided inverse: the results are real */
	int axis;                       /* DFT: of the transform */
	struct num frames;              /* STFT */
	int64_t step;                   /* STFT: elements from frame to frame */
};

/** Reads and checks attributes and inputs of a DFT or an STFT; false: reported. */
bool fourier_get(struct module *m, int node, struct fourier *s);

/** What part `in` of element i contributes to part `out` of result k (0: real, 1: imaginary), before an inverse is
 *  divided by n. */
double fourier_weight(const struct fourier *s, int64_t k, int64_t i, int in, int out);

/** Parts of a result. */
static inline int fourier_parts_out(const struct fourier *s)
{
	return s->real ? 1 : 2;
}

#endif
