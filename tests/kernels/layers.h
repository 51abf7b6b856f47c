/* What the tests of kernels_layer.def share: the names of its rows, and verdicts. */
#ifndef KERNELS_LAYERS_H
#define KERNELS_LAYERS_H

#include "check.h"
#include "targets/runtime_headers.h"

/* Rows, in the order of the table. */
enum name {
#define LAYER(name, function, params, family) name,
#include "runtime_min/kernels/kernels_layer.def"
#undef LAYER
};

/* What a kernel is given, or NULL. */
static inline const float *given(bool with, const struct guarded *g)
{
	return with ? g->at : NULL;
}

static inline void expect(const char *what, const int *shape, int n, float got, double want, double bound)
{
	if ((double)got == want || (isnan(got) && isnan(want)))
		return;
	if (!(fabs((double)got - want) <= bound) && failures++ < 10) {
		printf("not ok %s: got %.9g, want %.9g +- %g; shape", what, (double)got, want, bound);
		for (int i = 0; i < n; i++)
			printf(" %d", shape[i]);
		printf("\n");
	}
}

static inline void expect_untouched(const char *what, const struct guarded *y)
{
	for (ptrdiff_t i = 0; i < y->n; i++) {
		if (y->at[i] != canary && failures++ < 10)
			printf("not ok %s: written outside of the result at %ld\n", what, (long)i);
	}
}

#endif
