/* Calibration: a float model over the samples of a folder. */
#ifndef NNC_CALIBRATE_H
#define NNC_CALIBRATE_H

#include "quantize/probe.h"
#include "quantize/samples.h"
#include "quantize/statistics.h"

/* What a run over all samples needs. */
struct calibration {
	const struct options *options; /* with the dimensions of the first sample */
	struct samples samples;
	struct onnx_file *file;
	const struct folder *folder;
	struct arena *arena, *scratch;
	struct diag *diag;
	struct probe probe; /* of the tensors of the statistics */
	int jobs; /* processes */
	struct calibration_progress *progress;
};

/** Opens o->calibrate and builds the program that shows the tensors of *s. False: reported. */
bool calibrate_begin(struct calibration *c, const struct statistics *s);

/** Adds what all samples show to *s: ranges, or, where s->bins are set, histograms. False: reported. */
bool calibrate_run(struct calibration *c, struct statistics *s);

/** Reads up to `most` of the next samples, as the program takes them; *n: how many, fewer after the last one. False:
 *  reported. */
bool calibrate_batch(struct calibration *c, const struct value **values, int most, int *n, struct arena *a);

#endif
