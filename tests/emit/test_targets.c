/* The table of targets: what a row says must be true of the compiler that it names. */
#include "compile.h"

#include "targets/target.h"

TestSuite(targets, .init = setup, .fini = teardown, .timeout = 120);

Test(targets, are_found_by_name)
{
	for (size_t i = 0; i < n_targets; i++)
		cr_expect_eq(target_find(targets[i]->name), targets[i]);
	cr_expect_null(target_find("pdp-11"));
	cr_expect_null(target_find(""));
	cr_expect_eq(target_find("host"), target_host());
}

Test(targets, rows_are_complete)
{
	for (size_t i = 0; i < n_targets; i++) {
		const struct target *t = targets[i];
		cr_expect(t->name && t->description && t->triple && t->cc && t->cflags && t->link_flags && t->runner,
			  "%s", t->name);
		cr_expect(t->check && t->check_message && t->index_flags[0], "%s", t->name);
		cr_expect_null(t->index_flags[TARGET_MAX_FLAGS - 1]);
		cr_expect(t->arena_align >= 8 && !(t->arena_align & (t->arena_align - 1)), "%s", t->name);
		cr_expect(t->vector_bytes >= 4, "%s", t->name);
	}
}

/* Preprocesses the row's check with some flags: does it hold? */
static bool holds(const struct target *t, const char *flags)
{
	const char *text = arena_printf(&a, "#if !(%s)\n#error\n#endif\nint x;\n", t->check);

	write_file("check.c", text, strlen(text));
	return run(arena_printf(&a, "%s %s -Wundef -Werror -fsyntax-only check.c", t->cc, flags));
}

Test(targets, the_check_holds_with_the_rows_flags)
{
	for (size_t i = 0; i < n_targets; i++)
		if (has_program(targets[i]->cc))
			cr_expect(holds(targets[i], targets[i]->cflags), "%s", targets[i]->name);
}

Test(targets, the_check_fails_without_them)
{
	cr_expect_not(holds(target_find("x86-64-v3"), "-march=x86-64"));
	cr_expect_not(holds(target_find("x86-64-v4"), "-march=x86-64-v3"));
	if (has_program("arm-linux-gnueabihf-gcc"))
		cr_expect_not(holds(target_find("armv7"), ""));
	if (has_program("arm-none-eabi-gcc"))
		cr_expect_not(holds(target_find("cortex-m4"), "-mcpu=cortex-m3 -mthumb"));
}

/* A flag that the user's compiler takes and the index did not would pick other functions: compare what both
 * predefine. */
Test(targets, the_index_sees_what_the_users_compiler_sees)
{
	static const char macros[] =
		"__AVX2__ __FMA__ __AVX512F__ __AVX512VL__ __ARM_NEON __ARM_FEATURE_FMA __ARM_FEATURE_DSP "
		"__aarch64__ __wasm_simd128__ __riscv_vector __BYTE_ORDER__";

	for (size_t i = 0; i < n_targets; i++) {
		const struct target *t = targets[i];
		struct strbuf flags;
		strbuf_init(&flags, &a);
		for (int k = 0; t->index_flags[k]; k++)
			strbuf_printf(&flags, " %s", t->index_flags[k]);
		if (!has_program(t->cc) || !has_program("clang") || !strncmp(t->name, "generic", 7))
			continue;
		/* A macro's name in quotes is not expanded. */
		expect_ok(arena_printf(&a,
			"for m in %s; do echo \"#ifdef $m\"; echo \"\\\"$m\\\"\"; echo \"#endif\"; done >p.c; "
			"%s %s -E -P p.c | grep _ >user; clang %s -ffreestanding -E -P p.c | grep _ >index; "
			"test -s user && diff user index", macros, t->cc, t->cflags, strbuf_text(&flags)));
	}
}
