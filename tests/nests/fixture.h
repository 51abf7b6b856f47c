/* A module without a model, for tests of loop nests. */
#ifndef NNC_TESTS_NESTS_FIXTURE_H
#define NNC_TESTS_NESTS_FIXTURE_H

#include <criterion/criterion.h>
#include <string.h>

#include "graph/ir.h"
#include "nest/nest.h"
#include "support/half.h"

static struct arena arena, scratch;
static struct diag diag;
static struct module module;
static uint32_t random_state = 1;

static inline int pick(int n)
{
	random_state = random_state * 1664525 + 1013904223;
	return (int)((random_state >> 8) % (uint32_t)n);
}

static inline void setup(void)
{
	arena_init(&arena, NULL);
	arena_init(&scratch, NULL);
	diag_init(&diag, &arena, NULL);
	module_init(&module, &arena, &scratch, &diag);
}

static inline void teardown(void)
{
	arena_free(&scratch);
	arena_free(&arena);
}

/* A tensor of the test host's own bytes: little-endian hosts only, as the rest of the unit tests. */
static inline int constant(enum dtype type, int rank, const int64_t *dim, const void *data)
{
	int64_t n = 1;

	for (int k = 0; k < rank; k++)
		n *= dim[k];
	return tensor_const(&module, "", type, rank, dim,
			    arena_grow(&arena, data, (size_t)n, (size_t)n, (size_t)dtypes[type].bytes));
}

static inline int variable(enum dtype type, int rank, const int64_t *dim)
{
	struct num d[MAX_RANK];

	for (int k = 0; k < rank; k++)
		d[k] = num_const(dim[k]);
	return tensor_like(&module, "", type, rank, d);
}

static inline float float_at(int t, int64_t i)
{
	return (float)const_double(&module, t, i);
}

static inline const char *nest_text(const struct nest *n)
{
	struct strbuf b;

	strbuf_init(&b, &arena);
	nest_print(n, &b);
	return strbuf_text(&b);
}

#endif
