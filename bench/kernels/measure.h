/* What kernel benches share: the clock, buffers of numbers, the least of many single runs (others use the machine
 * too). */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Seconds. */
static inline double measure_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The lesser of `best` and the time since `start`. */
static inline double measure_least(double best, double start)
{
	const double took = measure_now() - start;

	return took < best ? took : best;
}

/* n numbers from -0.5 to 0.5, aligned to 64 bytes. */
static inline float *measure_numbers(size_t n)
{
	float *p = aligned_alloc(64, (n * sizeof(float) + 127) / 64 * 64);

	if (!p)
		exit(2);
	for (size_t i = 0; i < n; i++)
		p[i] = (float)(rand() % 1000) / 1000.0f - 0.5f;
	return p;
}

#endif
