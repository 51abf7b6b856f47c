#include "kernels/integer_kernel.h"

#include <string.h>

#include "targets/target.h"

static const struct kernel_int8 kernels[] = {
#define KERNEL_INT8(function, kind, isa, rows, columns, lanes, beside) \
	{ #function, INT8_##kind, #isa, rows, columns, lanes, beside },
#include "runtime_min/kernels/kernels_int8.def"
#undef KERNEL_INT8
};

enum { N_KERNELS = sizeof kernels / sizeof *kernels };

/* A vector of sums takes two instructions for two terms, a vector of weights two, a tile some twenty cycles more. */
static double int8_cycles(const struct kernel_int8 *k, int64_t pixels, int64_t channels, int64_t depth)
{
	const int64_t tiles = (pixels + k->rows - 1) / k->rows;
	const int64_t panels = (channels + k->columns - 1) / k->columns, pairs = (depth + 1) / 2;
	const double vectors = (double)k->columns / k->lanes;

	if (k->kind == INT8_DEPTHWISE)
		return (double)tiles * (double)panels * ((double)depth * 2 + 10);
	return (double)tiles *
	       ((double)panels * (vectors * (k->rows + 1) * (double)pairs / 1.5 + 5 * vectors * k->rows + 20) +
		k->rows * ((double)depth / 8 + 10));
}

/* Whose kernels the target runs. */
static const char *int8_isa(const struct target *t)
{
	for (int i = 0; i < N_KERNELS; i++)
		if (!strcmp(kernels[i].isa, t->isa))
			return t->isa;
	return "GENERIC";
}

const struct kernel_int8 *int8_choose(const struct module *m, enum int8_kind kind, int64_t pixels, int64_t channels,
				      int64_t depth, double *cycles)
{
	const struct kernel_int8 *best = NULL;
	const char *isa = int8_isa(m->target);

	for (int i = 0; i < N_KERNELS; i++) {
		double c;
		if (kernels[i].kind != kind || strcmp(kernels[i].isa, isa) != 0)
			continue;
		c = int8_cycles(&kernels[i], pixels, channels, depth);
		if (!best || c < *cycles) {
			best = &kernels[i];
			*cycles = c;
		}
	}
	return best;
}
