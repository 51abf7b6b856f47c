/* What the machine that runs this has: the column `machine` of features.def. */
#ifndef NNC_MACHINE_H
#define NNC_MACHINE_H

#include <stdbool.h>

#include "targets/feature.h"

/* Terms of that column; one that asks another architecture says no.
 *   CPU(name)                   x86: as compilers name it; also asks whether the system saves the registers
 *   CPUID7(sub_leaf, reg, bit)  x86: a bit of register 0 to 3 (eax to edx) of cpuid's leaf 7
 *   HWCAP(bit), HWCAP2(bit)     AArch64: of AT_HWCAP, AT_HWCAP2, as Linux numbers them */
#define CPU(name) false
#define CPUID7(sub_leaf, reg, bit) false
#define HWCAP(bit) false
#define HWCAP2(bit) false

#if defined(__x86_64__)
#include <cpuid.h>

static inline bool machine_cpuid7(unsigned sub_leaf, int reg, int bit)
{
	unsigned r[4];

	return __get_cpuid_count(7, sub_leaf, &r[0], &r[1], &r[2], &r[3]) && (r[reg] >> bit & 1);
}

#undef CPU
#define CPU(name) (__builtin_cpu_supports(#name) != 0)
#undef CPUID7
#define CPUID7(sub_leaf, reg, bit) machine_cpuid7(sub_leaf, reg, bit)
#define MACHINE_SAYS
#elif defined(__aarch64__) && defined(__linux__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#include <sys/auxv.h>

#undef HWCAP
#define HWCAP(bit) ((getauxval(AT_HWCAP) >> (bit) & 1) != 0)
#undef HWCAP2
#define HWCAP2(bit) ((getauxval(AT_HWCAP2) >> (bit) & 1) != 0)
#define MACHINE_SAYS
#endif

/* Its features; all, where a machine does not say: what is compiled for it runs. */
static inline feature_set machine_features(void)
{
	feature_set s = HAS_NONE;

#if defined(MACHINE_SAYS)
#define FEATURE(id, name, implies, takes, vector_bytes, flag, check, machine, description) \
	if (!(HAS_##implies & ~s) && (machine)) \
		s |= HAS_##id;
#include "targets/features.def"
#undef FEATURE
#else
	s = ~s;
#endif
	return s;
}

#undef CPU
#undef CPUID7
#undef HWCAP
#undef HWCAP2
#undef MACHINE_SAYS

#endif
