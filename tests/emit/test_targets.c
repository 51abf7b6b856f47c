/* The table of targets: what a row says must be true of the compiler that it names. */
#include "compile.h"

#include "targets/target.h"

TestSuite(targets, .init = setup, .fini = teardown, .timeout = 120);

Test(targets, are_found_by_name)
{
	for (size_t i = 0; i < n_target_bases; i++) {
		const struct target *t = target_find(&a, target_bases[i]->name, NULL);
		cr_expect_str_eq(t->name, target_bases[i]->name);
		cr_expect_eq(t->features & target_bases[i]->features, target_bases[i]->features);
	}
	cr_expect_null(target_find(&a, "pdp-11", NULL));
	cr_expect_null(target_find(&a, "", NULL));
	cr_expect_str_eq(target_find(&a, "host", NULL)->name, target_host_name(&a));
}

Test(targets, features_add_their_flags_and_check)
{
	const struct target *t = target_find(&a, "x86-64-v4+vnni", NULL);

	cr_expect_str_eq(t->name, "x86-64-v4+vnni");
	cr_expect_str_eq(t->cflags, "-march=x86-64-v4 -mavx512vnni");
	cr_expect(strstr(t->check, "defined(__AVX512VNNI__)"), "%s", t->check);
	cr_expect_eq(t->features, (feature_set)(HAS_AVX2 | HAS_AVX512 | HAS_AVX512_VNNI));
	t = target_find(&a, "armv8.2+i8mm+dotprod", NULL);
	cr_expect_str_eq(t->name, "armv8.2+dotprod+i8mm");
	cr_expect_str_eq(t->cflags, "-march=armv8.2-a+dotprod+i8mm");
	cr_expect_str_eq(t->check_message, "compiled by nnc for AArch64 of ARMv8.2 with dot products of bytes "
					   "with matrix products of bytes: add -march=armv8.2-a+dotprod+i8mm");
}

Test(targets, a_feature_can_take_another_away)
{
	const struct target *with = target_find(&a, "cortex-m4", NULL), *t = target_find(&a, "cortex-m4+nofp", NULL);

	cr_expect_str_eq(with->cflags, "-mcpu=cortex-m4 -mthumb -mfloat-abi=hard");
	cr_expect_str_eq(t->cflags, "-mcpu=cortex-m4 -mthumb -mfloat-abi=soft");
	cr_expect_str_eq(with->check_message,
			 "compiled by nnc for Cortex-M4: add -mcpu=cortex-m4 -mthumb -mfloat-abi=hard, or use nnc "
			 "--target=cortex-m4+nofp for floats by subroutines");
	cr_expect(with->features & HAS_FPU);
	cr_expect_not(t->features & HAS_FPU);
}

Test(targets, what_implies_a_feature_goes_with_it)
{
	const struct target *m85 = target_find(&a, "cortex-m85", NULL);

	cr_expect_str_eq(m85->cflags, "-march=armv8.1-m.main+dsp+fp.dp+mve.fp -mthumb -mfloat-abi=hard");
	cr_expect_str_eq(target_find(&a, "cortex-m7+nodp", NULL)->cflags,
			 "-mcpu=cortex-m7+nofp.dp -mthumb -mfloat-abi=hard");
	cr_expect_str_eq(target_find(&a, "cortex-m85+nomve", NULL)->cflags,
			 "-march=armv8.1-m.main+dsp+fp.dp -mthumb -mfloat-abi=hard");
	cr_expect_str_eq(target_find(&a, "cortex-m55+nomve", NULL)->cflags,
			 "-mcpu=cortex-m55+nomve -mthumb -mfloat-abi=hard");
	cr_expect_not(target_find(&a, "cortex-m55+nofp", NULL)->features & HAS_MVE);
	cr_expect_not(target_find(&a, "cortex-m85+nofp", NULL)->features & (HAS_MVE | HAS_MVE_MARCH));
}

Test(targets, an_unknown_feature_is_answered_with_those_allowed)
{
	const char *why;

	cr_expect_null(target_find(&a, "x86-64-v4+dotprod", &why));
	cr_expect_str_eq(why, "target x86-64-v4: \"+dotprod\": no such feature; allowed: +vnni, +fp16");
	cr_expect_null(target_find(&a, "generic+", &why));
	cr_expect_str_eq(why, "target generic: \"+\": no such feature; allowed: none");
	cr_expect_null(target_find(&a, "vax+vnni", &why));
	cr_expect_str_eq(why, "unknown target \"vax\"; see nnc targets");
}

Test(targets, rows_are_complete)
{
	for (size_t i = 0; i < n_target_bases; i++) {
		const struct target *t = target_find(&a, target_bases[i]->name, NULL);
		cr_expect(t->name && t->description && t->triple && t->cc && t->cflags && t->link_flags && t->runner,
			  "%s", t->name);
		cr_expect(*t->check && t->check_message && *t->index_flags, "%s", t->name);
		cr_expect(t->arena_align >= 8 && !(t->arena_align & (t->arena_align - 1)), "%s", t->name);
		cr_expect(t->vector_bytes >= 4 && t->registers > 0 && t->fma_latency > 0, "%s", t->name);
		cr_expect(t->fmas > 0 && t->int_ops > 0 && t->loads > 0, "%s", t->name);
	}
}

/* What a feature implies stands above it: features_closed() relies on it. */
Test(targets, features_stand_below_what_they_imply)
{
	for (int k = 0; k < N_FEATURES; k++)
		cr_expect_not((feature_rows[k].implies | feature_rows[k].takes) >> k, "%s", feature_rows[k].name);
}

/* Preprocesses a target's check with some flags: does it hold? */
static bool holds(const struct target *t, const char *flags)
{
	const char *text = arena_printf(&a, "#if !(%s)\n#error\n#endif\nint x;\n", t->check);

	write_file("check.c", text, strlen(text));
	return run(arena_printf(&a, "%s %s -Wundef -Werror -fsyntax-only check.c", t->cc, flags));
}

Test(targets, the_check_holds_with_the_rows_flags)
{
	for (size_t i = 0; i < n_target_bases; i++)
		if (has_program(target_bases[i]->cc)) {
			const struct target *t = target_find(&a, target_bases[i]->name, NULL);
			cr_expect(holds(t, t->cflags), "%s", t->name);
		}
}

/* A feature's check holds with its flag, and without it only where it merely takes something away. */
Test(targets, a_features_check_holds_with_its_flag_alone)
{
	for (size_t i = 0; i < n_target_bases; i++) {
		const struct target *base = target_find(&a, target_bases[i]->name, NULL);
		for (int k = 0; k < N_FEATURES && has_program(base->cc); k++) {
			const char *name = arena_printf(&a, "%s+%s", base->name, feature_rows[k].name);
			const struct target *t = base->may_add >> k & 1 ? target_find(&a, name, NULL) : NULL;
			if (!t)
				continue;
			cr_expect(holds(t, t->cflags), "%s", name);
			cr_expect_eq(holds(t, base->cflags), !feature_rows[k].check[0], "%s", name);
		}
	}
}

Test(targets, the_check_fails_without_them)
{
	cr_expect_not(holds(target_find(&a, "x86-64-v3", NULL), "-march=x86-64"));
	cr_expect_not(holds(target_find(&a, "x86-64-v4", NULL), "-march=x86-64-v3"));
	if (has_program("arm-linux-gnueabihf-gcc"))
		cr_expect_not(holds(target_find(&a, "armv7", NULL), ""));
	if (has_program("arm-none-eabi-gcc"))
		cr_expect_not(holds(target_find(&a, "cortex-m4", NULL), "-mcpu=cortex-m3 -mthumb"));
}

/* A flag that the user's compiler takes and the index did not would pick other functions: compare what both
 * predefine. */
Test(targets, the_index_sees_what_the_users_compiler_sees)
{
	static const char macros[] =
		"__AVX2__ __FMA__ __AVX512F__ __AVX512VL__ __ARM_NEON __ARM_FEATURE_FMA __ARM_FEATURE_DSP "
		"__aarch64__ __wasm_simd128__ __riscv_vector __BYTE_ORDER__";

	for (size_t i = 0; i < n_target_bases; i++) {
		const struct target *t = target_find(&a, target_bases[i]->name, NULL);
		if (!has_program(t->cc) || !has_program("clang") || !strncmp(t->name, "generic", 7))
			continue;
		/* A macro's name in quotes is not expanded. */
		expect_ok(arena_printf(&a,
			"for m in %s; do echo \"#ifdef $m\"; echo \"\\\"$m\\\"\"; echo \"#endif\"; done >p.c; "
			"%s %s -E -P p.c | grep _ >user; clang %s -ffreestanding -E -P p.c | grep _ >index; "
			"test -s user && diff user index", macros, t->cc, t->cflags, t->index_flags));
	}
}
