/* What this core reaches at most, with the instructions that it is compiled for: called by compare.py. */
#include <time.h>

#include "runtime_min/simd/simd.h"

enum { SUMS = 12, STEPS = 4096, ROUNDS = 400 };

double nnc_peak(void);

/** Multiply-accumulates a second of independent sums in registers, the best of many rounds. */
double nnc_peak(void)
{
	static volatile float seed = 1e-9f, sink;
	double best = 0;

	for (int round = 0; round < ROUNDS; round++) {
		const nnrt_vf a = nnrt_vf_set1(seed), b = nnrt_vf_set1(1.0f - seed);
		struct timespec begin, end;
		nnrt_vf sum[SUMS];
		double seconds;

		NNRT_UNROLL(16)
		for (int i = 0; i < SUMS; i++)
			sum[i] = nnrt_vf_set1(seed);
		clock_gettime(CLOCK_MONOTONIC, &begin);
		for (int step = 0; step < STEPS; step++) {
			NNRT_UNROLL(16)
			for (int i = 0; i < SUMS; i++)
				sum[i] = nnrt_vf_fma(sum[i], b, a);
		}
		clock_gettime(CLOCK_MONOTONIC, &end);
		NNRT_UNROLL(16)
		for (int i = 1; i < SUMS; i++)
			sum[0] = nnrt_vf_add(sum[0], sum[i]);
		sink = nnrt_vf_reduce_add(sum[0]);
		seconds = (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
		if ((double)SUMS * STEPS * NNRT_LANES > best * seconds)
			best = (double)SUMS * STEPS * NNRT_LANES / seconds;
	}
	(void)sink;
	return best;
}
