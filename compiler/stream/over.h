/* Where the result of a stretch may lie over what the stretch reads: rows of the one are written where rows of the
 * other are read no more. */
#ifndef NNC_STREAM_OVER_H
#define NNC_STREAM_OVER_H

#include "stream/turns.h"

enum { MAX_ROW_OVERLAPS = 16 };

/** All pairs of a storage that outlives the turns and a tensor that some of them read by rows and nobody else does in
 *  them: v[0 … n-1], n <= most. Memory is m->scratch's. */
int turns_overlaps(struct module *m, const struct turns *t, struct row_overlap *v, int most);

/** Runs the turns with the result at the greatest distance. False: a row is written over before it is read for the last
 *  time. Shares nothing with turns_overlaps(). */
bool turns_check_overlap(struct module *m, const struct turns *t, const struct row_overlap *v);

#endif
