/* Kernels over bytes, and which of them computes something fastest. */
#ifndef NNC_INTEGER_KERNEL_H
#define NNC_INTEGER_KERNEL_H

#include "graph/ir.h"

enum int8_kind { INT8_CONV, INT8_DEPTHWISE };

/* A row of runtime_min/kernels/kernels_int8.def. */
struct kernel_int8 {
	const char *function;
	enum int8_kind kind;
	const char *isa;
	int rows, columns, lanes;
	bool beside;
};

/** The kernel of the target that computes `pixels` x `channels` sums of `depth` terms fastest, and its estimated
 * cycles; NULL: none. */
const struct kernel_int8 *int8_choose(const struct module *m, enum int8_kind kind, int64_t pixels, int64_t channels,
				      int64_t depth, double *cycles);

#endif
