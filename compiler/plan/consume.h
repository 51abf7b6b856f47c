/* A result that takes the place of the argument it consumes: row after row of the result overwrites what no later row
 * reads. */
#ifndef NNC_CONSUME_H
#define NNC_CONSUME_H

#include "plan/timeline.h"

/** Where the result of a step may lie in relation to the argument that its pieces consume (call.consumed_arg): the
 *  permissions for pieces in ascending and in descending order, between storages. Returns their number, 0 to 2. Sizes
 *  that are known at run time only, and an argument that is read in another way as well, have none. */
enum { MAX_CONSUME = 2 };
int consume_overlaps(const struct timeline *l, const struct step *s, struct overlap v[MAX_CONSUME]);

/** Sets the order of pieces of every step whose result shares bytes with its argument in the plan; others are computed
 *  at once. */
void consume_order(const struct timeline *l, const struct buffer *buffers);

#endif
