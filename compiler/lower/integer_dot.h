/* Convolutions of bytes by the kernels of runtime_min/kernels/dot.h and winograd_bytes.h, which take the
 * same arguments. */
#ifndef NNC_INTEGER_DOT_H
#define NNC_INTEGER_DOT_H

#include "lower/conv_shape.h"
#include "lower/integer_constants.h"
#include "lower/packed.h"

struct integer_dot_plan {
	struct node_plan plan;
	struct conv_shape c;
	const struct kernel *kernel;
	int64_t band, scratch; /* output rows at a time, bytes for them; 0: as the weights' size suggests */
	struct num pixels; /* of a 1x1 convolution: rows of the matrix ... */
	bool flat; /* ... of a whole batch, not of an image alone */
};

/** Lowers the plan of a convolution. */
void integer_dot_lower(struct lowering *l, const struct node_plan *plan);

#endif
