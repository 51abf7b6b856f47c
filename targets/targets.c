#include "target.h"

#include <string.h>

#define TARGET(id) extern const struct target target_##id;
#include "targets.def"
#undef TARGET

const struct target *const targets[] = {
#define TARGET(id) &target_##id,
#include "targets.def"
#undef TARGET
};
const size_t n_targets = sizeof targets / sizeof *targets;

#if defined(__x86_64__)
static const char *host_name(void)
{
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
	    __builtin_cpu_supports("avx512vl"))
		return "x86-64-v4";
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		return "x86-64-v3";
	return "generic";
}
#elif defined(__aarch64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
static const char *host_name(void)
{
	return "armv8";
}
#elif defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA)
static const char *host_name(void)
{
	return "armv7";
}
#elif __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
static const char *host_name(void)
{
	return "generic-be";
}
#else
static const char *host_name(void)
{
	return "generic";
}
#endif

const struct target *target_find(const char *name)
{
	if (!strcmp(name, "host"))
		return target_host();
	for (size_t i = 0; i < n_targets; i++)
		if (!strcmp(targets[i]->name, name))
			return targets[i];
	return NULL;
}

const struct target *target_host(void)
{
	return target_find(host_name());
}
