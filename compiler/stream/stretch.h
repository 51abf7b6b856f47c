/* A stretch: steps next to each other that are worth computing turn by turn, and the memory that takes. */
#ifndef NNC_STRETCH_H
#define NNC_STRETCH_H

#include "stream/turns.h"

enum { MAX_STRETCH = 64 };      /* steps */

/* Steps of one block, and who touches what. */
struct stream {
	struct module *m;
	const struct block *block;
	struct row_step *row;           /* by step; step NULL: it is none of rows */
	int *first, *last;              /* by base: first and last step that touches it; -1: none does */
	int *writers;                   /* by base: steps that write it */
	bool *fixed;                    /* by base: an input or output of the model, or some tensor is a part of it */
};

struct stretch {
	int first, n;                   /* steps first … first+n-1 of the block */
	struct turns turns;
	int64_t bytes;                  /* of tensors and scratch that live inside it alone */
};

/** Memory is m->scratch's, here and below. */
void stream_read(struct stream *s, struct module *m, const struct block *b);

/** Steps first … first+n-1 with `block` of the finest rows a turn, in the form that takes less memory. False: these
 *  steps cannot be computed together. */
bool stretch_find(const struct stream *s, int first, int n, int64_t block, struct stretch *x);

/* A tensor that lives inside a stretch alone: a result that other steps of it read, a mean's sums, a call's scratch. */
struct inside {
	int tensor, first, last;        /* steps of the stretch in which it lives */
	int64_t bytes, rows;            /* rows that it keeps along `axis`; 0: all */
	int axis;
};

enum { MAX_INSIDE = 4 * MAX_STRETCH };

/** All of them, at most MAX_INSIDE; their number. */
int stretch_inside(const struct stream *s, const struct stretch *x, struct inside *v);

#endif
