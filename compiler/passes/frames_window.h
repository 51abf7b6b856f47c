/* --window: what is known of a window's rows. Between frames_window.c, which finds what is wanted of them, and
 * frames_ends.c, which makes them. */
#ifndef NNC_FRAMES_WINDOW_H
#define NNC_FRAMES_WINDOW_H

#include "passes/frames.h"

enum { FIRST, LAST, N_ENDS };

struct sliding {
	struct frames *f;
	int input, axis;
	int64_t frames;         /* of a window */
	bool *is_closed;        /* by node: it reads all rows */
	bool *is_live;          /* by tensor: rows are kept that the stream makes of it */
	bool *is_whole;         /* by tensor: somebody reads all rows */
	int64_t *rows, *head, *tail;    /* by tensor: of a window; those at its ends that are computed anew */
	/* By tensor: copies compute rows 0 … to-1 and from … rows-1. */
	int64_t *to, *from;
	int *copy[N_ENDS];      /* by tensor; -1: there is none yet */
};

static inline bool has_rows(const struct sliding *s, int t)
{
	return t >= 0 && t < s->f->n_tensors && s->f->lane[t].axis >= 0;
}

static inline int64_t clamp(int64_t x, int64_t low, int64_t high)
{
	return x < low ? low : x > high ? high : x;
}

/** Rows of t between the ends, which the stream keeps; 0: they are not wanted, or there are none. */
int64_t sliding_kept(const struct sliding *s, int t);

/** Rows *lo … *hi-1 of a node's result become the rows of its operand `in` that they see, beyond its ends too. */
void sliding_reads(const struct sliding *s, int node, int in, int64_t *lo, int64_t *hi);

/** Makes of the model, whose input is a window, one that takes the frames of a step. False: reported. */
bool sliding_rewrite(struct sliding *s);

#endif
