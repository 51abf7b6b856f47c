/* Bias correction (Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction, 2019, section
 * 4.2, in the form with samples). */
#ifndef NNC_BIAS_H
#define NNC_BIAS_H

#include "quantize/calibrate.h"
#include "quantize/select.h"

enum { BIAS_SAMPLES = 256 }; /* of the first samples are looked at */

/* What the bias of a node of the float graph lacks. */
struct bias_shift {
	int64_t channels;
	double *sum; /* [channels]; NULL: nothing */
	int64_t n; /* results that were summed for each of them */
};

/** For each Conv and Gemm with a weight of bytes: shift = mean(y) - mean(y'), channel by channel, over samples and
 *  places, y its result in the float model, y' what it makes of its float input as bytes with its weight as bytes: what
 *  this node alone loses, so that all can be shifted at once without an error being made up for again behind it.
 *  f: the float model, which becomes the probe; q: its nodes as qdq_write() left them in `written`; *shift: of each of
 *  its nodes, without a sum where nothing is to be done. False: reported. */
bool bias_measure(struct calibration *c, struct onnx_file *f, Onnx__NodeProto *const *q,
		  const struct onnx_file *written, const struct selection *chosen, struct bias_shift *shift);

/** Gives the nodes of float model f biases that are shifted so, before qdq_write(). False: reported. */
bool bias_apply(struct onnx_file *f, const struct bias_shift *shift);

#endif
