/* Inputs whose elements are positions in another tensor, lengths or counts: the rows `.positions` of operators. */
#ifndef NNC_POSITIONS_H
#define NNC_POSITIONS_H

#include "ops/arguments.h"

/* A cell of an operator's row: .positions = POSITIONS(POSITION(input, range), …). */
#define POSITIONS(...) ((const struct position_def[]){ __VA_ARGS__, { .range = NULL } })
#define POSITION(i, fn) { .input = i, .range = fn }
#define POSITION_EXCEPT(i, fn, attr) { .input = i, .range = fn, .except = attr }

/** False (reported): an input of the node has a known element outside of its range, or elements although no position
 *  exists. */
bool positions_check(struct module *m, int node);

/** Range of indexes along the axis of input 0 that attribute "axis" (default 0) names: -size … size-1. */
void range_axis(struct module *m, int node, int64_t c, struct num *lo, struct num *hi);
/** Range of indexes in an axis of `size` elements: -size … size-1. */
void range_indexes(struct module *m, struct num size, struct num *lo, struct num *hi);

/** Element `at` of input `input`, whose row in .positions must exist, as a position in an axis of `dim` elements:
 *  negative ones count from the end, and what may be outside is clamped into the axis. int64. */
int nest_position(struct nest *n, int node, int input, const struct num *at, struct num dim);
/** The same of a value that was computed from elements of that input. */
int nest_position_of(struct nest *n, int node, int input, int value, struct num dim);

#endif
