/* Softmax, LogSoftmax, Hardmax: their rows. */
#ifndef NNC_SOFTMAX_H
#define NNC_SOFTMAX_H

#include "ops/ops_common.h"

/** Rows are taken along axes first … last-1: one axis from opset 13 on, before it all from `axis` on. The input is no
 *  scalar. False: reported. */
bool softmax_axes(struct module *m, int node, int *first, int *last);

#endif
