/* Which results of a step may take the place of an operand. */
#ifndef NNC_IN_PLACE_H
#define NNC_IN_PLACE_H

#include "plan/consume.h"
#include "plan/timeline.h"

/** Permissions between storages that a step gives: to an operand that it reads element for element, at the element that
 *  it writes and nowhere else (a nest, or the epilogue of a call), and to an argument that it consumes row by row.
 *  Returns their number; those of a pair follow one another. */
enum { MAX_STEP_OVERLAPS = MAX_NEST_LOADS + MAX_CONSUME };
int step_overlaps(const struct timeline *l, const struct step *s, struct overlap v[MAX_STEP_OVERLAPS]);

#endif
