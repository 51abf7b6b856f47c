/* The machine that nnc runs on as a target. */
#include "target.h"

#include "support/arena.h"
#include "targets/machine.h"

/* The features that rows of kernels.def need: one that none does would only narrow where the program runs. */
enum {
	USED = 0
#define KERNEL(function, body, kind, needs, a, b, y, rows, columns, terms, pack, inner) | HAS_##needs
#include "runtime_min/kernels/kernels.def"
#undef KERNEL
};

#define TARGET(id) extern const struct target target_##id;
#include "targets.def"
#undef TARGET

/* Bases, the best first. */
struct candidate {
	const struct target *base;
	bool with_features;     /* it is worth a name of its own only with some */
};

static const struct candidate bases[] = {
#if defined(__x86_64__)
	{ &target_x86_64_v4, false }, { &target_x86_64_v3, false }, { &target_generic, false }
#elif defined(__aarch64__) && defined(__linux__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	{ &target_armv8_2, true }, { &target_armv8, false }
#elif defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA)
	{ &target_armv7, false }
#elif __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	{ &target_generic_be, false }
#elif defined(__aarch64__)
	{ &target_armv8, false }
#else
	{ &target_generic, false }
#endif
};

feature_set target_lacks(const struct target *t)
{
	return t->features & ~machine_features();
}

const char *target_host_name(struct arena *a)
{
	const feature_set has = machine_features();
	const char *name = NULL;

	for (size_t i = 0; !name && i < sizeof bases / sizeof *bases; i++) {
		const struct target *t = bases[i].base;
		const feature_set more = t->may_add & has & USED;

		if ((features_closed(t->features) & ~has) || (bases[i].with_features && !more))
			continue;
		name = t->name;
		for (int k = 0; k < N_FEATURES; k++)
			if (more >> k & 1 && !feature_rows[k].takes)
				name = arena_printf(a, "%s+%s", name, feature_rows[k].name);
	}
	return name ? name : "generic";
}
