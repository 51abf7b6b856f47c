/* Which results of a step may take the place of an operand. */
#ifndef NNC_IN_PLACE_H
#define NNC_IN_PLACE_H

#include "plan/timeline.h"

enum { MAX_IN_PLACE = MAX_NEST_LOADS };

/** Storages (from, to) such that the step reads each element of `from` no later than it writes the element of `to` at
 *  the same address, and nowhere else: a nest, or the epilogue of a call, that reads a tensor only at the element that
 *  it writes. Returns their number. */
int in_place_pairs(const struct timeline *l, const struct step *s, int pairs[MAX_IN_PLACE][2]);

#endif
