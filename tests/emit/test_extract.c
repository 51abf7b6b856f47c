/* What is cut out of the runtime compiles alone, for every target, as C99 and as C++. */
#include "compile.h"

#include "emit/extract.h"
#include "targets/target.h"

extern const struct rt_library runtime_whole;

TestSuite(extract, .init = setup, .fini = teardown, .timeout = 600);

/* --- marking, over an index made by hand ------------------------------------------------------------------------- */

static const uint16_t uses_f[] = { 0, 3 }, uses_g[] = { 1, 4 }, uses_h[] = { 3 };
static const struct rt_item hand_items[] = {
	{ "M", "#define M 1\n", NULL, 0, 0, RT_MACRO, 0 },
	{ "t", "typedef int t;\n", NULL, 0, 0, RT_TYPE, 1 },
	{ "unused", "/** Nobody. */\nstatic int unused;\n", NULL, 0, 0, RT_CONSTANT, 2 },
	{ "h", "static int h(void) { return g(); }\n", uses_g, 2, 1, RT_FUNCTION, 0 },
	{ "g", "static int g(void) { return h(); }\n", uses_h, 1, 1, RT_FUNCTION, 4 },
	{ "f", "static int f(void) { return h() + M; }\n", uses_f, 2, 1, RT_FUNCTION, 0 },
	{ "g_alias", "", uses_h, 1, 1, RT_FUNCTION, 0 },
};
static const struct rt_file hand_files[] = { { "a.h", "L1" }, { "b.h", "L2" } };
static const char *const hand_headers[] = { "<a.h>", "<b.h>", "<c.h>" };
static const struct rt_index hand_index = { "generic", hand_items, 7 };
static const struct rt_library hand = { &hand_index, 1, hand_files, 2, hand_headers, 3, false };

Test(extract, marks_what_is_reached_once_in_source_order_even_in_circles)
{
	struct extract x;

	extract_init(&x, &a, &hand, target_find(&a, "generic", NULL));
	cr_expect(extract_mark(&x, "f"));
	cr_expect(extract_mark(&x, "f"));
	cr_expect_not(extract_mark(&x, "nothing"));
	extract_print_headers(&x, &e);
	extract_print(&x, &e);
	cr_expect_str_eq(strbuf_text(&out), "#include <a.h>\n#include <c.h>\n"
		"\n/* ---- a.h ---- L1 */\n#define M 1\ntypedef int t;\n"
		"\n/* ---- b.h ---- L2 */\n\nstatic int h(void) { return g(); }\n\nstatic int g(void) { return h(); }\n"
		"\nstatic int f(void) { return h() + M; }\n");
}

Test(extract, an_inner_name_brings_the_item_that_holds_it)
{
	struct extract x;

	extract_init(&x, &a, &hand, target_find(&a, "generic", NULL));
	cr_expect(extract_mark(&x, "g_alias"));
	extract_print(&x, &e);
	cr_expect(strstr(strbuf_text(&out), "static int h(void)"));
	cr_expect_not(strstr(strbuf_text(&out), "static int f(void)"));
}

Test(extract, headers_can_be_asked_for)
{
	struct extract x;

	extract_init(&x, &a, &hand, target_find(&a, "generic", NULL));
	cr_expect(extract_need_header(&x, "<b.h>"));
	cr_expect_not(extract_need_header(&x, "<z.h>"));
	extract_print_headers(&x, &e);
	cr_expect_str_eq(strbuf_text(&out), "#include <b.h>\n");
}

/* --- the real runtime -------------------------------------------------------------------------------------------- */

/* A file with everything that items begin..begin+n of the index need. */
static void write_closure(const struct rt_library *library, const struct target *t, int begin, int n)
{
	struct extract x;

	extract_init(&x, &a, library, t);
	for (int i = begin; i < begin + n; i++)
		cr_assert(library->is_whole || extract_mark(&x, x.index->items[i].symbol));
	if (library->is_whole)
		cr_assert(extract_mark(&x, "nnrt_min"));
	extract_need_header(&x, "<stdint.h>");
	out.size = 0;
	extract_print_headers(&x, &e);
	extract_print(&x, &e);
	/* ISO C wants something in every file, also where only macros were asked for. */
	emit_line(&e, "extern int something;");
	write_file("r.c", strbuf_text(&out), out.size);
}

static const struct rt_index *index_of(const struct target *t)
{
	struct extract x;

	extract_init(&x, &a, NULL, t);
	return x.index;
}

/* Sanitizers watch the text being put together; that it compiles is seen without them. */
static void expect_compiles(const char *command)
{
#if defined(__SANITIZE_ADDRESS__)
	(void)command;
#else
	expect_ok(command);
#endif
}

static void compile_for(const struct target *t, const char *cc, const char *more)
{
	/* The C library's headers are those that the linker's flags choose. */
	const char *flags = t->link_flags;
	const int specs = strncmp(flags, "--specs=", 8) ? 0 : (int)strcspn(flags, " ");

	/* A C++ compiler for every cross target is more than a tester must have: clang stands in. */
	if (has_program(cc))
		expect_compiles(arena_printf(&a, "%s %.*s %s %s " WARNINGS " -O1 -c r.c -o r.o", cc, specs, flags, more,
					     t->cflags));
	else
		cr_log_info("%s: no %s\n", t->name, cc);
}

/* gcc where the target has one, and clang, as C and as C++. */
static void compile_everywhere(const struct target *t)
{
	bool is_clang = !strncmp(t->cc, "clang", 5);
	const char *cxx = is_clang ? t->cc : !strcmp(t->cc, "cc") ? "g++" :
		arena_printf(&a, "%.*sg++", (int)strlen(t->cc) - 3, t->cc);

	compile_for(t, t->cc, "-std=c99 -Wno-unused-macros");
	compile_for(t, cxx, is_clang ? "-x c++ -std=c++11 -nostdinc++" : "-x c++ -std=c++11");
	if (!*t->triple || !strcmp(t->triple, "x86_64-linux-gnu")) {
		compile_for(t, "clang", "-std=c99");
		compile_for(t, "clang++", "-x c++ -std=c++11");
	} else if (t->is_hosted && !is_clang && !t->is_big_endian) {
		compile_for(t, "clang", arena_printf(&a, "-std=c99 --target=%s", t->triple));
		compile_for(t, "clang", arena_printf(&a, "-x c++ -std=c++11 -nostdinc++ --target=%s", t->triple));
	}
}

/* A base with all features that add functions. */
static const struct target *widest(const struct target *base)
{
	struct strbuf name;

	strbuf_init(&name, &a);
	strbuf_puts(&name, base->name);
	for (int k = 0; k < N_FEATURES; k++)
		if (base->may_add >> k & 1 && !feature_rows[k].takes)
			strbuf_printf(&name, "+%s", feature_rows[k].name);
	return target_find(&a, strbuf_text(&name), NULL);
}

Test(extract, the_whole_of_every_target_compiles)
{
	for (size_t i = 0; i < n_target_bases; i++) {
		const struct target *t = widest(target_bases[i]);
		const struct rt_index *x = index_of(t);
		write_closure(&runtime_library, t, 0, runtime_library.is_whole ? 1 : x->n_items);
		compile_everywhere(t);
	}
}

/* Item by item for one target: a root that is missing something shows only when nothing else brings it along. */
Test(extract, every_single_item_compiles_alone)
{
	const struct target *t = target_find(&a, "generic", NULL);
	const struct rt_index *x = index_of(t);

	if (runtime_library.is_whole)
		cr_skip_test("built without libclang");
	for (int i = 0; i < x->n_items; i++) {
		write_closure(&runtime_library, t, i, 1);
		expect_compiles("gcc -std=c99 " WARNINGS " -fsyntax-only r.c");
	}
}

Test(extract, single_items_of_simd_targets_compile_alone)
{
	static const char *const names[] = { "x86-64-v3", "x86-64-v4", "armv8" };

	for (size_t k = 0; !runtime_library.is_whole && k < 3; k++) {
		const struct target *t = target_find(&a, names[k], NULL);
		const struct rt_index *x = index_of(t);
		if (!has_program(t->cc))
			continue;
		for (int i = (int)k; i < x->n_items; i += 9) {
			write_closure(&runtime_library, t, i, 1);
			expect_compiles(arena_printf(&a, "%s %s -std=c99 " WARNINGS " -fsyntax-only r.c", t->cc,
						     t->cflags));
		}
	}
}

Test(extract, headers_embedded_whole_behave_the_same)
{
	for (size_t i = 0; i < n_target_bases; i++) {
		const struct target *t = target_find(&a, target_bases[i]->name, NULL);
		write_closure(&runtime_whole, t, 0, 1);
		compile_everywhere(t);
	}
}

Test(extract, an_integer_function_needs_no_maths)
{
	struct extract x;

	extract_init(&x, &a, NULL, target_find(&a, "generic", NULL));
	cr_assert(extract_mark(&x, "nnrt_min"));
	extract_print_headers(&x, &e);
	if (!runtime_library.is_whole)
		cr_expect_str_eq(strbuf_text(&out), "#include <stddef.h>\n");
	cr_expect_not(extract_mark(&x, "nnrt_no_such_function"));
}
