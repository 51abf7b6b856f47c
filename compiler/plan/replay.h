/* Whether results that share bytes with what their steps read are computed in an order that allows it. */
#ifndef NNC_REPLAY_H
#define NNC_REPLAY_H

#include "plan/timeline.h"

/** Goes through the pixels of every call in the order in which they will be computed, and dies when a byte of an
 *  argument is written that is still to be read, or when a result shares bytes with an argument without leave.
 *  Shares no code with what gave the permissions (plan/consume.c, plan/in_place.c). */
void replay_check(const struct timeline *l, const struct buffer *buffers);

#endif
