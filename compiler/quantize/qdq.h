/* Writing a selection into the model: QuantizeLinear and DequantizeLinear round activations, weights as bytes. */
#ifndef NNC_QDQ_H
#define NNC_QDQ_H

#include "quantize/select.h"

struct options;

/* Opsets in which QuantizeLinear and its scales along an axis begin. */
enum { OLDEST_QDQ = 10, PER_AXIS_OPSET = 13 };

/** Changes f. A tensor t becomes t -> QuantizeLinear -> DequantizeLinear -> all readers; where t is an output of the
 *  graph its maker gets another name, so that the graph's stays. A weight W becomes int8 W_quantized ->
 *  DequantizeLinear, symmetric, with a scale for each channel where the opset has that; biases int32 of scale
 *  x * w. False: reported (a constant is damaged). */
bool qdq_write(struct onnx_file *f, struct selection *s, const struct options *o);

#endif
