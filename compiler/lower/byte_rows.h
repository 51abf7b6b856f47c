/* Tensors of bytes that lie alike but for one step: rows of a run each, as a part of a concatenation has them. */
#ifndef NNC_BYTE_ROWS_H
#define NNC_BYTE_ROWS_H

#include "graph/ir.h"

enum { BYTE_ROWS_TENSORS = 3 };

/* Elements from one index of each axis of the result to the next; 0 where all of the axis is the same element. */
struct byte_steps {
	int64_t axis[MAX_RANK];
};

struct byte_rows {
	int64_t rows, n;                        /* rows of n elements */
	int64_t row[BYTE_ROWS_TENSORS];         /* elements from row to row, of each tensor */
};

/** The steps of tensor t as the result y walks it, by the rules of broadcasting; t is static and broadcasts to y. */
struct byte_steps byte_steps_of(const struct module *m, int t, int y);

/** The steps of elements that lie beside each other along one axis and are the same along all others. */
struct byte_steps byte_steps_along(int axis);

/** Reads n tensors, the last of which is the result y, as rows whose elements lie beside each other in all of them.
 *  Axes are taken from the nearest of y on. False: they do not lie so, or there are too many. */
bool byte_rows_read(const struct module *m, int y, const struct byte_steps *of, int n, struct byte_rows *r);

#endif
