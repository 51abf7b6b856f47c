/* From what calibration saw to scales and zero points. */
#ifndef NNC_RANGES_H
#define NNC_RANGES_H

#include "quantize/select.h"
#include "quantize/statistics.h"

struct options;

enum range_method { METHOD_MINMAX, METHOD_PERCENTILE, METHOD_ENTROPY, METHOD_MSE };

/** Whether the method needs histograms. */
bool range_needs_bins(const struct options *o);

/** Range, scale and zero point of every tensor of the selection. */
void ranges_find(struct selection *s, const struct statistics *known, const struct options *o);

/** The scale and zero point of 8 bits for low … high, which is widened to hold 0: with dq steps from `least` on,
 *  scale = (high - low) / dq and zero = round_half_even(least - low / scale), as onnxruntime's compute_scale_zp().
 *  A range of nothing has scale 1. */
void range_to_scale(float low, float high, const struct options *o, float *scale, int *zero);

/** The least and the greatest byte under these options. */
int range_least(const struct options *o);
int range_greatest(const struct options *o);

#endif
