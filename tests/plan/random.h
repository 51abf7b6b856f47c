/* Repeatable random numbers for the planner's tests (xorshift64*). */
#ifndef NNC_TESTS_PLAN_RANDOM_H
#define NNC_TESTS_PLAN_RANDOM_H

#include <stdint.h>

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
