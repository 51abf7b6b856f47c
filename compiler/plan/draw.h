/* The plan as text for the head of the generated file. */
#ifndef NNC_PLAN_DRAW_H
#define NNC_PLAN_DRAW_H

#include "plan/buffer.h"

struct strbuf;

/** Adds a table of the buffers of one pool, by first step and offset: name, bytes, from step, to
 *  step, offset; `names` may hold NULL. Every line starts with `prefix`. At most max_rows rows
 *  (0: all), the largest ones, and a line that says how many were left out.
 *  Names are cut and made harmless inside a C comment. */
void plan_draw_table(struct strbuf *out, const struct buffer *buffers, const char *const *names, int n, int pool,
		     int max_rows, const char *prefix);

/** Adds a map of one pool: offsets upwards, steps to the right, at most `columns` by `rows`
 *  characters. Each buffer is drawn with a letter of its own while they last (A-Z a-z 0-9, again
 *  from the start for later buffers), '.' is free; a cell shows the buffer that holds its middle. */
void plan_draw_map(struct strbuf *out, const struct buffer *buffers, int n, int pool, const struct pool_plan *plan,
		   int columns, int rows, const char *prefix);

#endif
