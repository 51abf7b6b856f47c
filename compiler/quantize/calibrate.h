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

/** Calls visit() with the first `samples` samples in batches, as programs for the model take them; `bytes`: what a
 *  sample's answers take, which bounds a batch. False: reported, by visit() or here. */
bool calibrate_first(struct calibration *c, int samples, int64_t bytes,
		     bool (*visit)(void *ctx, const struct value *const *values, int n, struct arena *a), void *ctx);

#endif
