/* Operators on rows: axes first … last-1 of x and y are one run of adjacent elements, all other axes count rows. */
#ifndef NNC_LOWER_ROWS_H
#define NNC_LOWER_ROWS_H

#include "lower/kernel_call.h"
#include "lower/lower.h"

struct row_axes {
	int x, y;               /* tensors of one shape */
	struct num n, rows;     /* elements of a row; rows of one call */
	int axis;               /* from row to row, -1: there is one */
	int loop[MAX_RANK], n_loops;    /* axes that loops round the call walk */
};

/** Finds rows; false with the reason when they are no runs of float32. */
bool rows_find(struct module *m, int x, int y, int first, int last, struct row_axes *r, const char **why);

/** Appends a call with struct nnrt_rows and the loops round it; epsilon as normalisations have it, else 0. */
struct call *rows_call(struct lowering *l, const struct row_axes *r, enum layer_kernel k, double epsilon);

/** Appends x or y as argument. */
void rows_argument(struct lowering *l, const struct row_axes *r, struct call *c, enum arg_kind kind, int t);

#endif
