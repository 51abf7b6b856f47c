/* What kernel tests share: buffers that end at a page nobody may touch, random numbers, canaries, a row of the kernel
 * table as data, and the verdict on one sum. Plain C with mmap, for hosts and emulators. */
#ifndef KERNELS_CHECK_H
#define KERNELS_CHECK_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pages.h"
#include "tests/machine.h"

static int failures;

/* Cases of a row: as the first argument says, if any; for boards, which are given none, when they are compiled. */
static inline int turns_of(int argc, char **argv)
{
#if defined(TURNS)
	(void)argc;
	(void)argv;
	return TURNS;
#else
	return argc > 1 ? atoi(argv[1]) : 100;
#endif
}


/* Value of every float that must not be written. */
static const float canary = -12345.678f;

static uint32_t random_state = 1;

/* 0..n-1 */
static inline int pick(int n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (int)((random_state >> 8) % (uint32_t)n);
}

static inline int pick_of(const int *list, int n)
{
	return list[pick(n)];
}

/* -1..1 */
static inline float pick_float(void)
{
	return (float)(pick(2001) - 1000) / 1000.0f;
}

/* n floats that end at an inaccessible page; random ones, or all canary. */
struct guarded {
	float *at;
	ptrdiff_t n;
};

static inline struct guarded guarded_alloc(ptrdiff_t n, bool random)
{
	const struct guarded g = {pages_new((size_t)n * sizeof(float)), n};

	for (ptrdiff_t i = 0; i < n; i++)
		g.at[i] = random ? pick_float() : canary;
	return g;
}

static inline void guarded_free(struct guarded *g)
{
	pages_free(g->at, (size_t)g->n * sizeof(float));
}

/* One sum of a case: its exact value and the magnitudes that went into it. */
struct sum {
	double value, magnitude;
	int terms;
};

static inline void sum_add(struct sum *s, double a, double b)
{
	s->value += a * b;
	s->magnitude += fabs(a * b);
	s->terms++;
}

/* Each rounding errs by at most 2^-24 of a partial sum, and no partial sum exceeds the magnitude; a product rounded
 * on its own (no FMA) is a second rounding. */
static inline bool sum_holds(const struct sum *s, float got)
{
	const double bound = (2.0 * s->terms + 4.0) * ldexp(1.0, -24) * s->magnitude;

	return fabs((double)got - s->value) <= bound;
}

#endif
