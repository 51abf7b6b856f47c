/* Numbers, identifiers, comments, blocks. */
#include "compile.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>

#include "support/ident.h"
#include "emit/spell.h"

TestSuite(spell, .init = setup, .fini = teardown);
TestSuite(ident, .init = setup, .fini = teardown);
TestSuite(emit, .init = setup, .fini = teardown);

Test(spell, floats_look_like_floats)
{
	static const struct { float x; const char *text; } rows[] = {
		{ 0.0f, "0.0f" }, { -0.0f, "-0.0f" }, { 1.0f, "1.0f" }, { 0.375f, "0.375f" }, { 1e10f, "1e+10f" },
		{ 0.1f, "0.10000000149011612f" }, { 1e30f, "1.0000000150474662e+30f" },
		{ 16777216.0f, "16777216.0f" }, { INFINITY, "INFINITY" }, { -INFINITY, "-INFINITY" }, { NAN, "NAN" },
		{ FLT_MAX, "3.4028234663852886e+38f" }, { 1e-45f, "1.401298464324817e-45f" },
	};
	char buf[SPELL_BYTES];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cr_expect_str_eq(spell_f32(buf, rows[i].x), rows[i].text);
	cr_expect_str_eq(spell_f64(buf, 0.1), "0.1");
	cr_expect_str_eq(spell_f64(buf, 1.0 / 3), "0.3333333333333333");
	cr_expect_str_eq(spell_f64(buf, 2.0), "2.0");
}

Test(spell, every_float_comes_back_bit_for_bit)
{
	uint64_t state = 1;

	for (int i = 0; i < 200000; i++) {
		char buf[SPELL_BYTES];
		float x, y;
		double d, f;
		uint32_t bits, same_bits;
		uint64_t same_state;

		state = state * 6364136223846793005u + 1442695040888963407u;
		bits = (uint32_t)(state >> 32);
		memcpy(&x, &bits, 4);
		memcpy(&d, &state, 8);
		if (!isfinite(x) || !isfinite(d))
			continue;
		y = strtof(spell_f32(buf, x), NULL);
		memcpy(&same_bits, &y, 4);
		cr_assert(same_bits == bits, "%a became %s", (double)x, buf);
		f = strtod(spell_f64(buf, d), NULL);
		memcpy(&same_state, &f, 8);
		cr_assert(same_state == state, "%a became %s", d, buf);
	}
}

Test(spell, the_locale_does_not_show)
{
	static const char *const names[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "ps_AF.UTF-8" };
	char buf[SPELL_BYTES];
	bool found = false;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		found = found || setlocale(LC_ALL, names[i]);
	cr_expect_str_eq(spell_f32(buf, 0.5f), "0.5f");
	cr_expect_str_eq(spell_f64(buf, -1.25e-10), "-1.25e-10");
	if (!found)
		cr_log_info("no locale with a decimal comma is installed: the dot was checked only in C\n");
}

Test(spell, integers_have_the_types_that_hold_them)
{
	char buf[SPELL_BYTES];

	cr_expect_str_eq(spell_i64(buf, INT64_MIN), "(-INT64_C(9223372036854775807) - 1)");
	cr_expect_str_eq(spell_i64(buf, INT64_MIN + 1), "-INT64_C(9223372036854775807)");
	cr_expect_str_eq(spell_i64(buf, INT32_MIN), "(-2147483647 - 1)");
	cr_expect_str_eq(spell_i64(buf, (int64_t)INT32_MAX + 1), "INT64_C(2147483648)");
	cr_expect_str_eq(spell_i64(buf, (int64_t)INT32_MIN - 1), "-INT64_C(2147483649)");
	cr_expect_str_eq(spell_i64(buf, -7), "-7");
	cr_expect_str_eq(spell_u64(buf, UINT64_MAX), "UINT64_C(18446744073709551615)");
	cr_expect_str_eq(spell_u64(buf, 4294967295u), "4294967295u");
}

Test(ident, names_become_c_and_cxx_identifiers)
{
	static const struct { const char *raw, *name; } rows[] = {
		{ "layer1.0/conv1:out", "layer1_0_conv1_out" }, { "3x3", "x3x3" }, { "class", "class_" },
		{ "_Bool", "Bool" }, { "__init__", "init" }, { "a__b", "a_b" }, { "\xc3\xa4pfel", "pfel" },
		{ "\xe8\xbe\x93\xe5\x85\xa5", "t" }, { "", "t" }, { "*/ evil();", "evil" }, { "int8_t", "int8_t_" },
		{ "linux", "linux_" }, { "y0", "y0_" }, { "nnrt_min", "nnrt_min_" }, { "input", "input" },
		{ "NULL", "NULL_" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cr_expect_str_eq(ident_sanitise(&a, rows[i].raw, "t"), rows[i].name);
}

Test(ident, collisions_are_numbered)
{
	struct idents s;

	idents_init(&s, &a);
	idents_reserve(&s, "arena");
	cr_expect_str_eq(ident_make(&s, "x.1", "t"), "x_1");
	cr_expect_str_eq(ident_make(&s, "x/1", "t"), "x_1_2");
	cr_expect_str_eq(ident_make(&s, "x:1", "t"), "x_1_3");
	cr_expect_str_eq(ident_make(&s, "x_1_2", "t"), "x_1_2_2");
	cr_expect_str_eq(ident_make(&s, "arena", "t"), "arena_2");
	cr_expect_str_eq(ident_make(&s, "?", "t"), "t");
	cr_expect_str_eq(ident_make(&s, "!", "t"), "t_2");
}

Test(ident, long_names_stay_apart_and_short)
{
	struct idents s;
	char raw[500];

	idents_init(&s, &a);
	memset(raw, 'a', sizeof raw);
	raw[sizeof raw - 1] = 0;
	for (int i = 0; i < 1000; i++)
		cr_assert_leq(strlen(ident_make(&s, raw, "t")), IDENT_MAX + 1);
	cr_expect_eq(s.taken.n, 1000u);
}

Test(ident, prefixes_are_checked)
{
	cr_expect(ident_is_valid("model"));
	cr_expect(ident_is_valid("m_2"));
	cr_expect_not(ident_is_valid(""));
	cr_expect_not(ident_is_valid("2m"));
	cr_expect_not(ident_is_valid("_m"));
	cr_expect_not(ident_is_valid("m__n"));
	cr_expect_not(ident_is_valid("for"));
	cr_expect_not(ident_is_valid("a-b"));
}

Test(emit, blocks_indent)
{
	emit_open(&e, "for (int i = 0; i < %d; i++)", 3);
	emit_open(&e, "if (i)");
	emit_line(&e, "x = 1;");
	emit_reopen(&e, "else");
	emit_line(&e, "x = 2;");
	emit_directive(&e, "#pragma GCC unroll 4");
	emit_close(&e, "");
	emit_close(&e, "");
	cr_expect_str_eq(strbuf_text(&out),
			 "for (int i = 0; i < 3; i++) {\n\tif (i) {\n\t\tx = 1;\n\t} else {\n\t\tx = 2;\n"
			 "#pragma GCC unroll 4\n\t}\n}\n");
	cr_expect_eq(e.bytes, (int64_t)out.size);
}

Test(emit, comments_cannot_be_left)
{
	emit_comment(&e, "%s", "a */ b /* c ?\?/ d \\");
	cr_expect_str_eq(strbuf_text(&out), "/* a * / b / * c ? ?/ d \\ */\n");
	out.size = 0;
	emit_comment(&e, "%s", "one\ntwo\x01\r");
	cr_expect_str_eq(strbuf_text(&out), "/* one\n * two\\x01\\x0d */\n");
	cr_expect_str_eq(emit_comment_text(&a, "x\n**/"), "x\\x0a** /");
}

Test(emit, comments_keep_letters_and_drop_marks_that_mislead)
{
	/* NOLINTNEXTLINE(misc-misleading-bidirectional): what misleads is what is tested */
	cr_expect_str_eq(emit_comment_text(&a, "\xe8\xbe\x93 \xc3\xa4 \xe2\x80\xae \xff \xe8\xbe"),
		"\xe8\xbe\x93 \xc3\xa4 \\xe2\\x80\\xae \\xff \\xe8\\xbe");
}

Test(emit, long_comments_are_wrapped)
{
	struct strbuf text;

	strbuf_init(&text, &a);
	for (int i = 0; i < 60; i++)
		strbuf_printf(&text, "word%d ", i);
	emit_comment(&e, "%s", strbuf_text(&text));
	for (const char *at = strbuf_text(&out); *at; at += strcspn(at, "\n") + 1)
		cr_expect_leq(strcspn(at, "\n"), 106u);
	cr_expect(strstr(strbuf_text(&out), "word59"));
}

Test(emit, hostile_comments_compile)
{
	/* NOLINTNEXTLINE(misc-misleading-bidirectional): as above */
	static const char source[] = "*\\\n/ ?\?/\n*?\?/\n/ // x\\\ny */ int /* \"' \xff\xfe \xe2\x80\xae";

	emit_comment(&e, "%s", source);
	emit_line(&e, "int main(void) { return 0; }");
	write_file("c.c", strbuf_text(&out), out.size);
	expect_ok("gcc -std=c99 -Wcomment -Wtrigraphs " WARNINGS " -c c.c");
	expect_ok("gcc -x c++ -trigraphs -Wcomment " WARNINGS " -c c.c");
}

/* "static const type name[] = { numbers };" */
static void put_array(const char *name, enum dtype type, const void *values, size_t n)
{
	char number[SPELL_BYTES];

	emit_open(&e, "static const %s %s[] =", dtypes[type].ctype, name);
	for (size_t i = 0; i < n; i++)
		emit_line(&e, "%s,", spell_element(number, type, values, i));
	emit_close(&e, ";");
}

Test(emit, arrays_of_numbers_compile_to_the_same_numbers)
{
	static const float f[] = { 0.0f, -0.0f, 1.0f, 0.1f, FLT_MAX, 1e-45f, 3.14159274f };
	static const int64_t i64[] = { INT64_MIN, INT64_MAX, 0, -1, INT32_MIN, (int64_t)INT32_MIN - 1 };
	static const uint32_t u32[] = { 0, UINT32_MAX, 2147483648u };
	static const int8_t i8[] = { -128, 127, 0 };

	emit_directive(&e, "#include <stdint.h>");
	emit_directive(&e, "#include <stdio.h>");
	put_array("f", DT_F32, f, 7);
	put_array("l", DT_I64, i64, 6);
	put_array("u", DT_U32, u32, 3);
	put_array("c", DT_I8, i8, 3);
	emit_open(&e, "int main(void)");
	emit_line(&e, "return !(fwrite(f, sizeof f, 1, stdout) && fwrite(l, sizeof l, 1, stdout) && "
		"fwrite(u, sizeof u, 1, stdout) && fwrite(c, sizeof c, 1, stdout));");
	emit_close(&e, "");
	write_file("n.c", strbuf_text(&out), out.size);
	out.size = 0;
	strbuf_add(&out, (const char *)f, sizeof f);
	strbuf_add(&out, (const char *)i64, sizeof i64);
	strbuf_add(&out, (const char *)u32, sizeof u32);
	strbuf_add(&out, (const char *)i8, sizeof i8);
	write_file("wanted", strbuf_text(&out), out.size);
	expect_ok("gcc -std=c99 " WARNINGS " n.c -o n && ./n >got && cmp got wanted");
	expect_ok("g++ -x c++ -std=c++11 " WARNINGS " n.c -o n && ./n >got && cmp got wanted");
}
