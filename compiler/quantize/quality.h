/* How near the quantised model stays to the float one, tensor by tensor. */
#ifndef NNC_QUALITY_H
#define NNC_QUALITY_H

#include "quantize/calibrate.h"
#include "quantize/select.h"

enum { QUALITY_SAMPLES = 32 }; /* of the first samples are compared */

struct quality {
	double signal, noise; /* sums of squares: of the float model's elements, of the differences */
};

/** Runs the calibrated float model and q, which qdq_write() made of it, over the first samples: seen[t] for each tensor
 *  of the selection, as its readers get it, output[i] for each output of the graph. False: reported. */
bool quality_measure(struct calibration *c, struct onnx_file *q, const struct statistics *s,
		     const struct selection *chosen, struct quality *seen, struct quality *output);

/** 10 log10(signal / noise); infinite without noise. */
double quality_db(const struct quality *q);

#endif
