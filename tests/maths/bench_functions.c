/* Nanoseconds per element of the functions in runtime_min/maths/, as vectors, one by one, and of libm's in plain C.
 * Median of 15 runs over 4096 floats between -8 and 8 (0 and 8 for logarithms), which stay in the first cache. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "runtime_min/maths/arc.h"
#include "runtime_min/maths/erf.h"
#include "runtime_min/maths/exp.h"
#include "runtime_min/maths/log.h"
#include "runtime_min/maths/sigmoid.h"
#include "runtime_min/maths/tanh.h"
#include "runtime_min/maths/trig.h"
#include "tests/machine.h"
#include "tests/maths/oracle.h"

enum { COUNT = 4096, RUNS = 15, REPEATS = 50 };

static float input[COUNT], output[COUNT];

/* Read results, or the compiler leaves the work out. */
static volatile float seen;

struct candidate {
	const char *name;
	void (*vector)(void), (*scalar)(void), (*plain)(void);
};

#define FUNCTION(name, oracle, plain, ulps, ulps_fma, least) \
	static __attribute__((noinline)) void name##_vector(void) \
	{ \
		for (int i = 0; i < COUNT; i += NNRT_LANES) \
			nnrt_vf_store(output + i, nnrt_##name##_vf(nnrt_vf_load(input + i))); \
	} \
	static __attribute__((noinline)) void name##_scalar(void) \
	{ \
		for (int i = 0; i < COUNT; i++) \
			output[i] = nnrt_##name##_f32(input[i]); \
	} \
	static __attribute__((noinline)) void name##_plain(void) \
	{ \
		for (int i = 0; i < COUNT; i++) \
			output[i] = plain(input[i]); \
	}
#include "functions.def"
#undef FUNCTION

static const struct candidate candidates[] = {
#define FUNCTION(name, oracle, plain, ulps, ulps_fma, least) {#name, name##_vector, name##_scalar, name##_plain},
#include "functions.def"
#undef FUNCTION
};

static double seconds(void)
{
	struct timespec t;

	timespec_get(&t, TIME_UTC);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double nanoseconds(void (*f)(void))
{
	double run[RUNS];

	for (int r = 0; r < RUNS; r++) {
		const double start = seconds();

		for (int k = 0; k < REPEATS; k++) {
			f();
			seen = output[k];
		}
		run[r] = (seconds() - start) * 1e9 / ((double)COUNT * REPEATS);
	}
	qsort(run, RUNS, sizeof(run[0]), compare);
	return run[RUNS / 2];
}

int main(void)
{
	skip_unless_supported();
	printf("%-9s %8s %8s %8s   ns per element, %d lanes\n", "", "vector", "scalar", "libm", (int)NNRT_LANES);
	for (size_t k = 0; k < sizeof(candidates) / sizeof(candidates[0]); k++) {
		const struct candidate *c = &candidates[k];
		const float low = c->name[0] == 'l' ? 0.0f : -8.0f;

		for (int i = 0; i < COUNT; i++)
			input[i] = low + (8.0f - low) * ((float)(i * 1031 % COUNT) + 0.5f) / (float)COUNT;
		printf("%-9s %8.3f %8.3f %8.3f\n", c->name, nanoseconds(c->vector), nanoseconds(c->scalar),
			nanoseconds(c->plain));
	}
	return 0;
}
