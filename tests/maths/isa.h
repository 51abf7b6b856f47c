/* Whether this machine has the instructions that this file was compiled for. Status 77 tells meson to skip. */
#ifndef TESTS_MATHS_ISA_H
#define TESTS_MATHS_ISA_H

#include <stdbool.h>

enum { STATUS_SKIPPED = 77 };

static inline bool isa_is_here(void)
{
#if defined(__AVX512F__)
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
		__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
#elif defined(__AVX2__)
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
	return true;
#endif
}

#endif
