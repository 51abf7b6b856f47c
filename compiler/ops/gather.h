/* Indexes that come from data. */
#ifndef NNC_GATHER_H
#define NNC_GATHER_H

#include "ops/arguments.h"

/** The integer expression `index` of an axis of `dim` elements: negative ones count from the end, and what is not a
 *  constant is clamped into the axis. int64. */
int nest_wrapped_index(struct nest *n, int index, struct num dim);

#endif
