/* The plan as text for the head of the generated file. */
#ifndef NNC_PLAN_DRAW_H
#define NNC_PLAN_DRAW_H

#include "plan/buffer.h"

struct strbuf;

/** Adds a map of one pool: offsets upwards, steps to the right, at most `columns` by `rows`
 *  characters. Each buffer is drawn with a letter of its own while they last (A-Z a-z 0-9, again
 *  from the start for later buffers), '.' is free; a cell shows the buffer that holds its middle. */
void plan_draw_map(struct strbuf *out, const struct buffer *buffers, int n, int pool, const struct pool_plan *plan,
		   int columns, int rows, const char *prefix);

#endif
