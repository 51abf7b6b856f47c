/* What the planner's tests share: an arena, how much slower they may be, repeatable random numbers (xorshift64*). */
#ifndef NNC_TESTS_PLAN_FIXTURE_H
#define NNC_TESTS_PLAN_FIXTURE_H

#include <criterion/criterion.h>
#include <stdint.h>

#include "support/arena.h"
#include "support/diag.h"

/* Sanitizers cost several times the plain run. */
#ifdef __SANITIZE_ADDRESS__
enum { SLOWER = 6 };
#else
enum { SLOWER = 1 };
#endif

static struct arena a;
static struct diag d;

static inline void setup(void)
{
	arena_init(&a, NULL);
	diag_init(&d, &a, "m.onnx");
}

static inline void teardown(void)
{
	arena_free(&a);
}

struct random {
	uint64_t state;
};

/* 0 <= result < n */
static inline int random_below(struct random *r, int n)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (int)((r->state * 2685821657736338717u >> 33) % (uint64_t)n);
}

static inline int random_between(struct random *r, int low, int high)
{
	return low + random_below(r, high - low + 1);
}

#endif
