/* Programs compiled for one instruction set end as skipped, with the reason, on machines that lack it. */
#ifndef TESTS_MACHINE_H
#define TESTS_MACHINE_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "targets/machine.h"

/* What meson takes for skipped. */
enum { STATUS_SKIPPED = 77 };

/* HAS_<id> and "<id>" of a macro that is an id of features.def. */
#define SET_OF(feature) SET_OF_(feature)
#define SET_OF_(feature) HAS_##feature
#define NAME_OF(feature) NAME_OF_(feature)
#define NAME_OF_(feature) #feature

/* What this file was compiled for and this machine lacks; NULL: nothing. Through SIMDe it was compiled for any
 * machine. TEST_NEEDS is a feature beside those of the instruction set. */
static inline const char *machine_lacks(void)
{
#if defined(TEST_NEEDS)
	return (SET_OF(TEST_NEEDS) & ~machine_features()) ? NAME_OF(TEST_NEEDS) : NULL;
#elif defined(SIMDE_NO_NATIVE)
	return NULL;
#elif defined(__AVX512F__)
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
			       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
		       ? NULL
		       : "AVX-512";
#elif defined(__AVX2__)
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? NULL : "AVX2 and FMA";
#else
	return NULL;
#endif
}

static inline void skip_unless_supported(void)
{
	const char *lacking = machine_lacks();

	if (lacking) {
		printf("skip: this machine has no %s\n", lacking);
		exit(STATUS_SKIPPED);
	}
}

#endif
