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
#include <sys/mman.h>
#include <unistd.h>

#include "tests/machine.h"

static int failures;

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
	void *base;
	size_t bytes;
	ptrdiff_t n;
};

static inline struct guarded guarded_alloc(ptrdiff_t n, bool random)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t data = ((size_t)n * sizeof(float) + page - 1) / page * page;
	struct guarded g = {NULL, NULL, data + 2 * page, n};

	g.base = mmap(NULL, g.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (g.base == MAP_FAILED || mprotect((char *)g.base + page + data, page, PROT_NONE) ||
	    mprotect(g.base, page, PROT_NONE)) {
		perror("mmap");
		exit(2);
	}
	g.at = (float *)(void *)((char *)g.base + page + data - (size_t)n * sizeof(float));
	for (ptrdiff_t i = 0; i < n; i++)
		g.at[i] = random ? pick_float() : canary;
	return g;
}

static inline void guarded_free(struct guarded *g)
{
	munmap(g->base, g->bytes);
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
