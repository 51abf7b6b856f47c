/* The build-time tool, on headers that hold every shape it has to cut up. */
#include "compile.h"

#include "emit/extract.h"
#include "targets/target.h"

extern const struct rt_library fixture_index;

static struct extract x;

TestSuite(index, .init = setup, .fini = teardown, .timeout = 60);

/* Headers and text that one root brings. */
static const char *closure(const char *target, const char *root)
{
	extract_init(&x, &a, &fixture_index, target_find(&a, target, NULL));
	cr_assert(extract_mark(&x, root), "%s", root);
	out.size = 0;
	extract_print_headers(&x, &e);
	extract_print(&x, &e);
	return strbuf_text(&out);
}

#define SHAPES "\n/* ---- tests/emit/fixture/shapes.h ---- SPDX-License-Identifier: MIT */\n"
#define ISA "\n/* ---- tests/emit/fixture/isa.h ---- SPDX-License-Identifier: Apache-2.0 */\n"
#define INLINE "#define FX_INLINE static inline __attribute__((unused))\n"
#define PAIR "\n/** A struct and its typedef are one item. */\ntypedef struct fx_pair {\n" \
	"\tint32_t a;              /* first; with a semicolon */\n\tstruct fx_inner {\n" \
	"\t\tfloat b;\n\t} inner;\n} fx_pair;\n"
#define ONE "#define FX_ONE 1 /* one,\n                  * on two lines */\n"

Test(index, a_struct_comes_with_its_typedef)
{
	cr_expect_str_eq(closure("generic", "fx_pair"), "#include <stdint.h>\n" SHAPES PAIR);
}

Test(index, an_inner_struct_brings_the_outer)
{
	cr_expect_str_eq(closure("generic", "fx_uses_struct"), "#include <stdint.h>\n" SHAPES INLINE PAIR
		"\n/** A table. */\nstatic const float fx_table[] __attribute__((unused)) = { 1.0f, 2.0f };\n"
		"\nFX_INLINE float fx_uses_struct(const struct fx_inner *i)\n{\n\treturn i->b * fx_table[0];\n}\n");
}

Test(index, an_enumeration_is_known_by_its_members)
{
	cr_expect_str_eq(closure("generic", "fx_uses_enum"), SHAPES INLINE ONE
		"enum { FX_A = 3, FX_B = FX_ONE };       /**< known by its members */\n"
		"\nFX_INLINE int fx_uses_enum(void)\n{\n\treturn FX_A;\n}\n");
}

Test(index, macros_inside_macros_are_found)
{
	cr_expect_str_eq(
		closure("generic", "fx_uses_macros"), SHAPES INLINE
		"#define FX_PASTE_(x) #x\n#define FX_TEXT(x) FX_PASTE_(x)\n"
		"#define FX_LONG(a, b) \\\n\t((a) + /* in the middle */ \\\n\t (b) + FX_ONE) /* at the end */\n" ONE
		"\nFX_INLINE const char *fx_uses_macros(int x)\n{\n"
		"\treturn FX_LONG(x, 1) > 2 ? FX_TEXT(y) : \"\";\n}\n");
}

Test(index, system_headers_are_those_that_are_used)
{
	const char *text = closure("generic", "fx_uses_system");

	cr_expect_eq(strstr(text, "#include <math.h>\n#include <stdbool.h>\n" SHAPES INLINE), text);
}

Test(index, attributes_above_a_function_belong_to_it)
{
	cr_expect_str_eq(closure("generic", "fx_attribute"), SHAPES
		"\n/** Attributes on a line of their own. */\n__attribute__((unused))\nstatic int\n"
		"fx_attribute(int x)\n{\n\treturn x;\n}\n");
}

Test(index, what_a_macro_makes_is_cut_out_as_its_use)
{
	cr_expect_str_eq(closure("generic", "fx_add"), SHAPES
		"#define FX_MAKE(name, op) \\\n\tstatic inline int name(int a, int b) \\\n\t{ \\\n"
		"\t\treturn a op b; \\\n\t}\n"
		"\n/** Made by a macro. */\nFX_MAKE(fx_add, +)\n");
}

Test(index, definitions_stand_for_their_declarations)
{
	const char *text = closure("generic", "fx_prototype");

	cr_expect(strstr(text, "struct fx_late {\n"));
	cr_expect(strstr(text, "enum fx_kind { FX_C, FX_D };\n"));
	cr_expect(strstr(text, "FX_MAKE(fx_add, +)\n"));
	cr_expect_not(strstr(text, "struct fx_late;\n"));
	cr_expect_not(strstr(text, "fx_prototype(const struct fx_late *l);"));
}

Test(index, each_target_has_its_own_items)
{
	cr_expect_str_eq(closure("generic", "fx_vector"), ISA "\n/** Narrow. */\ntypedef float fx_vector;\n");
	cr_expect_str_eq(closure("x86-64-v3", "fx_vector"),
		"#include <immintrin.h>\n" ISA "\n/** Wide. */\ntypedef __m256 fx_vector;\n");
}

Test(index, what_the_users_compiler_chooses_is_left_to_it)
{
	cr_expect(strstr(closure("generic", "fx_compiler"),
		"#if defined(__clang__)\n#define FX_COMPILER \"clang\"\n#else\n"
		"#define FX_COMPILER \"other\"\n#endif\n"));
}

Test(index, texts_that_targets_share_are_stored_once)
{
	const struct rt_index *first = &fixture_index.indexes[0],
			      *last = &fixture_index.indexes[fixture_index.n_indexes - 1];

	cr_assert_eq((size_t)fixture_index.n_indexes, n_target_bases);
	for (int i = 0; i < first->n_items; i++)
		for (int k = 0; k < last->n_items; k++)
			if (!strcmp(first->items[i].text, last->items[k].text))
				cr_expect_eq(first->items[i].text, last->items[k].text);
}

Test(index, every_item_compiles_alone)
{
	extract_init(&x, &a, &fixture_index, target_find(&a, "generic", NULL));
	for (int i = 0; i < x.index->n_items; i++) {
		closure("generic", x.index->items[i].symbol);
		emit_line(&e, "extern int something;");
		write_file("f.c", strbuf_text(&out), out.size);
		expect_ok("gcc -std=c99 " WARNINGS
			  " -Wno-unused-function -Wno-unused-const-variable -fsyntax-only f.c");
	}
}
