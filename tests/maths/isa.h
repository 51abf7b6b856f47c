/* Whether this machine has the instructions that this file was compiled for; says what it lacks. Status 77 tells meson
 * to skip. */
#ifndef TESTS_MATHS_ISA_H
#define TESTS_MATHS_ISA_H

#include <stdbool.h>
#include <stdio.h>

enum { STATUS_SKIPPED = 77 };

static inline bool isa_is_here(void)
{
#if defined(__AVX512F__)
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
	    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
		return true;
	puts("this machine has no AVX-512");
	return false;
#elif defined(__AVX2__)
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		return true;
	puts("this machine has no AVX2 and FMA");
	return false;
#else
	return true;
#endif
}

#endif
