/* The two ways of evaluating a nest at compile time. Both set the output's data or value and return true, or return
 * false when something on the way is not known. */
#ifndef NNC_NEST_EVAL_H
#define NNC_NEST_EVAL_H

#include "nest/nest.h"

/** All loads are of constants: any type, fast. */
bool nest_eval_lanes(struct nest *n);
/** Integers, some of which are expressions over run-time variables; small tensors. */
bool nest_eval_nums(struct nest *n);

/** Turns of n_axes loops, or -1 when an extent is not constant or there are more than `most`. */
int64_t nest_points(const struct num *extent, int n_axes, int64_t most);
/** The nest stores every element of its output (as often as it turns). */
bool nest_stores_all(const struct nest *n);

#endif
