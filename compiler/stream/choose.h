/* Which stretches of a block are computed turn by turn so that its peak is lowest. */
#ifndef NNC_STREAM_CHOOSE_H
#define NNC_STREAM_CHOOSE_H

#include "stream/stretch.h"

/** Stretches that do not overlap, in their order, and the peak of the block with them: bytes[t] says what base tensor t
 *  takes in the arena (0: it is not there), saved[i] by how much step i of the block needs less because its result
 *  takes an operand's place. Their number; 0: none lowers the peak. Memory is m->scratch's. */
int stream_choose(const struct stream *s, const int64_t *bytes, const int64_t *saved, struct stretch **v,
		  int64_t *peak);

#endif
