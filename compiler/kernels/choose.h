/* The kernel table, and which of its rows computes something fastest. */
#ifndef NNC_CHOOSE_H
#define NNC_CHOOSE_H

#include "graph/ir.h"

enum kernel_kind {
	KERNEL_CONV, KERNEL_CONV_FIRST, KERNEL_WINOGRAD2, KERNEL_WINOGRAD4, KERNEL_DEPTHWISE, KERNEL_GEMM,
	KERNEL_GEMM_UNPACKED, KERNEL_GEMM_TRANSPOSED, KERNEL_GEMV,
};

/* A row of runtime_min/kernels/kernels.def. */
struct kernel {
	const char *function;
	enum kernel_kind kind;
	const char *isa;
	int rows, columns;
};

/** The kernel of the target that computes rows x columns sums of `depth` terms fastest, and its estimated cycles; NULL:
 *  the target has none of that kind. */
const struct kernel *kernel_choose(const struct module *m, enum kernel_kind kind, int64_t rows, int64_t columns,
				   int64_t depth, double *cycles);

#endif
