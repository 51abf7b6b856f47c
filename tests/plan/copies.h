/* Blocks of copies: steps whose order is all that matters. */
#ifndef NNC_TESTS_PLAN_COPIES_H
#define NNC_TESTS_PLAN_COPIES_H

#include "steps/step.h"

#include "tests/nests/fixture.h"

static inline int value(void)
{
	return variable(DT_F32, 1, (const int64_t[]){ 4 });
}

/* Appends to = from, or to = 1 where from is -1. */
static inline void copy_step(struct block *b, int to, int from)
{
	struct lowering l = { .m = &module, .block = b, .node = b->n };
	struct nest *n = nest_new(&module, to);

	nest_store(n, from < 0 ? nest_const_int(n, DT_F32, 1) : nest_load(n, from, n->axis));
	lower_nest(&l, n);
}

#endif
