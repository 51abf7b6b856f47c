/* The machine that nnc runs on as a target. */
#include "target.h"

#include "support/arena.h"

/* The features that rows of kernels.def need: one that none does would only narrow where the program runs. */
enum {
	USED = 0
#define KERNEL(function, kind, needs, a, b, y, rows, columns, terms, pack, inner) | HAS_##needs
#include "runtime_min/kernels/kernels.def"
#undef KERNEL
};

/* Bases, the best first. */
struct candidate {
	const char *name;
	bool with_features;     /* it is worth a name of its own only with some */
};

#if defined(__x86_64__)
#include <cpuid.h>

static const struct candidate bases[] = { { "x86-64-v4", false }, { "x86-64-v3", false }, { "generic", false } };

/* Whether leaf 7 of cpuid, with this sub-leaf, has a bit of register 0 to 3 (eax to edx). */
static bool has_bit(unsigned sub_leaf, int reg, int bit)
{
	unsigned r[4];

	return __get_cpuid_count(7, sub_leaf, &r[0], &r[1], &r[2], &r[3]) && r[reg] >> bit & 1;
}

static feature_set machine_features(void)
{
	feature_set s = 0;

	/* __builtin_cpu_supports() also asks whether the system saves the registers, which features of cpuid follow. */
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		s |= HAS_AVX2 | (has_bit(1, 0, 4) ? HAS_AVX_VNNI : HAS_NONE);
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512vl"))
		s |= HAS_AVX512 | (has_bit(0, 2, 11) ? HAS_AVX512_VNNI : HAS_NONE) |
		     (has_bit(0, 3, 23) ? HAS_AVX512_FP16 : HAS_NONE);
	return s;
}
#elif defined(__aarch64__) && defined(__linux__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#include <sys/auxv.h>

static const struct candidate bases[] = { { "armv8.2", true }, { "armv8", false } };

/* Bits of AT_HWCAP and AT_HWCAP2 as Linux numbers them. Half precision comes with ARMv8.2 alone. */
static feature_set machine_features(void)
{
	const unsigned long hwcap = getauxval(AT_HWCAP), hwcap2 = getauxval(AT_HWCAP2);

	return HAS_NEON | (hwcap >> 20 & 1 ? HAS_DOTPROD : HAS_NONE) | (hwcap2 >> 13 & 1 ? HAS_I8MM : HAS_NONE) |
	       (hwcap >> 10 & 1 ? HAS_FP16 : HAS_NONE);
}
#else
static const struct candidate bases[] = {
#if defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA)
	{ "armv7", false }
#elif __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	{ "generic-be", false }
#elif defined(__aarch64__)
	{ "armv8", false }
#else
	{ "generic", false }
#endif
};

static feature_set machine_features(void)
{
	return ~HAS_NONE;
}
#endif

feature_set target_lacks(const struct target *t)
{
	return t->features & ~machine_features();
}

const char *target_host_name(struct arena *a)
{
	const feature_set has = machine_features();
	const char *name = NULL;

	for (size_t i = 0; !name && i < sizeof bases / sizeof *bases; i++) {
		const struct target *t = target_find(a, bases[i].name, NULL);
		const feature_set more = t->may_add & has & USED;

		if (target_lacks(t) || (bases[i].with_features && !more))
			continue;
		name = t->name;
		for (int k = 0; k < N_FEATURES; k++)
			if (more >> k & 1 && !feature_rows[k].takes)
				name = arena_printf(a, "%s+%s", name, feature_rows[k].name);
	}
	return name ? name : "generic";
}
