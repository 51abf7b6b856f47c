/* Data of floats at an edge that takes or gives bytes (passes/edges.c). */
#ifndef NNC_QUANTISED_H
#define NNC_QUANTISED_H

#include "host/built.h"

/** v, which are floats, as QuantizeLinear makes bytes of them: round_half_even(x / scale) + zero, saturated; NaN is the
 *  least. */
void value_quantise(struct value *v, enum dtype type, const struct quant *q, struct arena *a);

/** *v, which is output k of the compiled model: floats as DequantizeLinear makes them, (x - zero) * scale, where it is
 *  bytes with a scale and `wanted` are floats. */
void value_as(struct value *v, const struct built *b, int k, const struct value *wanted, struct arena *a);

/** What neighbouring values of output k are apart: the scale of the bytes that it is, or that its floats are made of by
 *  DequantizeLinear; 1 where bytes are expected. 0: it is not quantised, or has a scale for each channel. */
double output_step(const struct built *b, int k, const struct value *wanted);

#endif
