/* Softmax, LogSoftmax, Hardmax: their rows. */
#ifndef NNC_SOFTMAX_H
#define NNC_SOFTMAX_H

#include "ops/arguments.h"

/** Rows are taken along axes first … last-1: one axis from opset 13 on, before it all from `axis` on. The input is no
 *  scalar. False: reported. */
bool softmax_axes(struct module *m, int node, int *first, int *last);

/** out = Softmax of tensor t, or its logarithm, over rows of axes first … last-1. out has t's shape; its type may be
 *  another float type. */
void lower_softmax_rows(struct lowering *l, int t, int out, int first, int last, bool logarithm);

#endif
