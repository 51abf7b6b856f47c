/* Steps seen as rows: which rows of its operands a step reads to compute some rows of its result.
 *
 * Rows are counted along one axis of a tensor. Output row r of a 3x3 convolution with stride 2 and padding 1 reads
 * input rows 2r-1, 2r and 2r+1, those of them that the image has. */
#ifndef NNC_ROW_STEP_H
#define NNC_ROW_STEP_H

#include "steps/step.h"

struct row_read {
	int tensor;
	int axis;               /* of the tensor that rows count along; -1: all of it is read for every row */
	int64_t stride, pad, taps;      /* row r reads rows r * stride - pad … r * stride - pad + taps - 1 */
};

enum { MAX_ROW_READS = 8 };

struct row_step {
	const struct step *step;
	int out, axis;          /* the result, and its axis that rows count along */
	int64_t rows;           /* of the result */
	int64_t grain;          /* a range of rows begins at a multiple of it */
	/* Of a mean over an image, whose rows are the image's: what it keeps from one to the next; else -1. */
	int sums;
	struct row_read read[MAX_ROW_READS];    /* constants are left out */
	int n_reads;
};

/** False: the step computes all of its result at once. Steps of rows are calls that compute a range of rows by their
 *  geometry (convolution, depthwise, pooling), a matrix product over the pixels of an image and a call from element to
 *  element, both as one call a row, a mean over the pixels of an image, and nests. */
bool row_step_read(struct module *m, const struct step *s, struct row_step *r);

/** The outermost axis that lies in memory with more than one index; -1: none. */
int outermost_axis(const struct tensor *t);

/** The axis of `view` along which it has the rows that tensor t, which owns its storage, has along `axis`, each at the
 *  same place: a transpose or a squeeze of all of t. -1: there is none. */
int rows_of_view(struct module *m, int view, int t, int axis);

/** The same step for rows begin … end-1 alone, of tensors that may have become rings (tensor_set_ring) since it was
 *  read. */
struct step row_step_part(struct module *m, const struct row_step *r, struct num begin, struct num end);

#endif
