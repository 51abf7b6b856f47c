/* The two ways of evaluating a nest at compile time. Both set the output's data or value and return true, or return
 * false when something on the way is not known. */
#ifndef NNC_NEST_EVAL_H
#define NNC_NEST_EVAL_H

#include "nest/nest.h"

/** All loads are of constants: any type, fast. */
bool nest_eval_lanes(struct nest *n);
/** Integers, some of which are expressions over run-time variables; small tensors. */
bool nest_eval_nums(struct nest *n);

#endif
