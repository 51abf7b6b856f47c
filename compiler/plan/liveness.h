/* From steps and what they read and write to the life of every storage. */
#ifndef NNC_PLAN_LIVENESS_H
#define NNC_PLAN_LIVENESS_H

#include "plan/buffer.h"
#include "plan/flow.h"

struct arena;
struct diag;

/* Steps first..last of the timeline (both included) that belong together: a branch of an If or
 * the body of a Loop. Regions nest properly. A branch needs no rule of its own: the branches lie
 * one after the other on the timeline, so what only one of them uses may share memory with what
 * only the other uses. */
struct region {
	int first, last;
	bool loop;
};

/** Sets first and last of buffers[s] for every storage s, for steps run in `order` (NULL: 0, 1, 2 …;
 *  regions count positions in it). Other fields are left alone.
 *
 *  A storage lives from the first write of one of its values to the last read (or write); live_in
 *  and live_out reach to the ends of the timeline, and so does, backwards, a value nobody writes.
 *  Round a loop: what is written before it and used inside lives to its end, since the next
 *  iteration uses it again; what is read inside before it is written there is carried from one
 *  iteration to the next and lives over the whole loop; so does what is used behind the loop, which each
 *  iteration may have written a part of. A storage nobody touches lives in step 0.
 *
 *  Errors (false, STATUS_MODEL): an index out of range, regions that cross. */
bool liveness_find(const struct flow *f, const int *order, const struct region *regions, int n_regions,
		   struct buffer *buffers, struct arena *scratch, struct diag *d);

#endif
