/* What of a tensor's histogram its range should hold; one file each, chosen by ranges.c. */
#ifndef NNC_RANGE_METHODS_H
#define NNC_RANGE_METHODS_H

#include "quantize/statistics.h"

struct options;

struct range {
	float low, high;
};

/** Edge k of the histogram of values or of absolute values, as numpy.histogram gives it for that range: a range of
 *  nothing is widened by a half on both sides. */
float range_edge(const struct tensor_stats *t, int bins, bool absolute, int k);

/** All but (100 - percentile) / 2 percent at each end; of absolute values, all but 100 - percentile, with
 *  o->symmetric. As onnxruntime's PercentileCalibrater. */
struct range range_percentile(const struct tensor_stats *t, int bins, const struct options *o);

/** The range round 0 whose 128 steps keep most of the distribution: the least Kullback-Leibler divergence, Migacz,
 *  "8-bit inference with TensorRT", 2017. As onnxruntime's EntropyCalibrater with 128 quantized bins. */
struct range range_entropy(const struct tensor_stats *t, int bins, const struct options *o);

/** The range with the least mean of squared errors of the quantised values: both ends first, then each. */
struct range range_mse(const struct tensor_stats *t, int bins, const struct options *o);

#endif
