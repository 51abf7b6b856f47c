#include "kernels/choose.h"

#include <string.h>

#include "targets/target.h"

static const struct kernel kernels[] = {
#define KERNEL(function, kind, isa, rows, columns) { #function, KERNEL_##kind, #isa, rows, columns },
#include "runtime_min/kernels/kernels.def"
#undef KERNEL
};

enum { N_KERNELS = sizeof kernels / sizeof *kernels };

/* Cycles of a core that issues two vector FMAs and two loads a cycle: a tile of r rows and v vectors takes, for each
 * term, r * v FMAs and r + v loads, and at least the FMA latency of four cycles. Ends of a panel run fewer vectors. */
static double kernel_cycles(const struct module *m, const struct kernel *k, int64_t rows, int64_t columns,
			    int64_t depth)
{
	const int lanes = m->target->vector_bytes / 4;
	const int64_t tiles = (rows + k->rows - 1) / k->rows;
	const int64_t whole = columns / k->columns, rest = (columns % k->columns + lanes - 1) / lanes;
	const int v = k->columns / lanes ? k->columns / lanes : 1;
	double cycles = 0;

	for (int pass = 0; pass < 2; pass++) {
		double vectors = pass ? (double)rest : v, turns = pass ? 1 : (double)whole, term;
		if (!vectors || !turns)
			continue;
		term = k->rows * vectors / 2;
		if (term < (k->rows + vectors) / 2)
			term = (k->rows + vectors) / 2;
		if (term < 4)
			term = 4;
		cycles += (double)tiles * turns * (term * (double)depth + 3 * k->rows * vectors + 10);
	}
	return cycles;
}

const struct kernel *kernel_choose(const struct module *m, enum kernel_kind kind, int64_t rows, int64_t columns,
				   int64_t depth, double *cycles)
{
	const struct kernel *best = NULL;

	for (int i = 0; i < N_KERNELS; i++) {
		double c;
		if (kernels[i].kind != kind || strcmp(kernels[i].isa, m->target->isa) != 0)
			continue;
		c = kernel_cycles(m, &kernels[i], rows, columns, depth);
		if (!best || c < *cycles) {
			best = &kernels[i];
			*cycles = c;
		}
	}
	return best;
}
