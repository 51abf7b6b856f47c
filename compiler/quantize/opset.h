/* Raising a model's opset, where a scale for each channel needs it. */
#ifndef NNC_QUANTIZE_OPSET_H
#define NNC_QUANTIZE_OPSET_H

#include "quantize/onnx_file.h"

/** Makes a model of opset 7 to 12 one of opset 13 that means the same: attributes that became inputs become inputs.
 *  NULL when that is done, else the operator (or what else) for which it is not known how, and nothing is changed. */
const char *opset_raise(struct onnx_file *f);

#endif
