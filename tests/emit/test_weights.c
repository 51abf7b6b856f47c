/* Constants: what the C compiler makes of them, byte for byte. */
#include "graph/ir.h" /* first: compile.h has a variable whose name its parameters have */

#include "compile.h"

#include <math.h>
#include <stdint.h>
#include <time.h>

#include "emit/emit_weights.h"
#include "emit/octal.h"
#include "graph/recipe.h"
#include "targets/target.h"

static struct weights w;

static void setup_weights(void)
{
	setup();
	weights_init(&w, &a, "model", "model", target_find(&a, "generic", NULL), WEIGHTS_TEXT);
}

TestSuite(weights, .init = setup_weights, .fini = teardown, .timeout = 120);
TestSuite(octal, .init = setup_weights, .fini = teardown);

static const char *octal(const void *bytes, size_t n, size_t swap)
{
	out.size = 0;
	if (out.text)
		out.text[0] = 0;
	emit_octal(&e, bytes, n, swap);
	return strbuf_text(&out);
}

Test(octal, escapes_are_as_short_as_what_follows_allows)
{
	cr_expect_str_eq(octal("", 0, 1), "\"\"");
	cr_expect_str_eq(octal("a", 1, 1), "\"a\"");
	cr_expect_str_eq(octal("\0", 1, 1), "\"\\0\"");
	cr_expect_str_eq(octal("\0a", 2, 1), "\"\\0a\"");
	cr_expect_str_eq(octal("\0" "7", 2, 1), "\"\\0007\"");
	cr_expect_str_eq(octal("\0" "8", 2, 1), "\"\\08\"");
	cr_expect_str_eq(octal("\n1", 2, 1), "\"\\0121\"");
	cr_expect_str_eq(octal("\377", 1, 1), "\"\\377\"");
	cr_expect_str_eq(octal("?\?/\"\\", 5, 1), "\"\\77\\77/\\42\\134\"");
}

Test(octal, groups_are_reversed)
{
	cr_expect_str_eq(octal("abcdefgh", 8, 4), "\"dcbahgfe\"");
	cr_expect_str_eq(octal("abcdefgh", 8, 8), "\"hgfedcba\"");
	cr_expect_str_eq(octal("abcd", 4, 2), "\"badc\"");
}

/* A program that writes constants 0..n-1 to stdout, seen as bytes. */
static void print_main(int n)
{
	emit_puts(&e, "#include <stdio.h>\nint main(void)\n{\n");
	for (int i = 0; i < n; i++)
		if (w.v[i].size_bytes)
			emit_puts(&e, arena_printf(&a, "\tif (fwrite(%s, %zu, 1, stdout) != 1)\n\t\treturn 1;\n",
				weights_ref(&w, i, w.v[i].type), w.v[i].size_bytes));
	emit_puts(&e, "\treturn 0;\n}\n");
}

static void write_model(void)
{
	weights_finish(&w);
	out.size = 0;
	emit_puts(&e, "#include <stdint.h>\n");
	weights_print(&w, &e);
	print_main(w.n);
	write_file("model.c", strbuf_text(&out), out.size);
	out.size = 0;
	for (int i = 0; i < w.n; i++)
		strbuf_add(&out, (const char *)w.v[i].bytes, w.v[i].size_bytes);
	write_file("wanted", strbuf_text(&out), out.size);
}

/* Everything that has gone wrong with string literals, and every size around a line. */
static void add_awkward(void)
{
	static const char *const texts[] = { "", "\0", "?\?=?\?/?\?'", "\0017\0018\0000",
					     "\"\\\n\r\t%d%s", "\x7f\x80\xff" };
	static const size_t sizes[] = { 0, 1, 4, 3, 6, 3 };
	unsigned char *all = arena_alloc(&a, 256 * 257);

	for (int i = 0; i < 6; i++)
		weights_add(&w, texts[i], sizes[i], DT_U8, 1, texts[i]);
	for (int i = 0; i < 256 * 257; i++)
		all[i] = (unsigned char)(i / 257 + i % 257);
	weights_add(&w, all, 256 * 257, DT_U8, 64, "every byte before every other");
	for (size_t n = 60; n < 70; n++)
		weights_add(&w, all + n, n, DT_I8, 1, NULL);
}

Test(weights, come_back_byte_for_byte)
{
	static const float f[] = { 1.5f, -0.0f, 3e-45f }, special[] = { NAN, INFINITY, 1.0f, 2.0f };
	static const double d[] = { 0.1, 1e300 };
	static const int32_t b[] = { INT32_MIN, 7, -1 };

	add_awkward();
	weights_add(&w, f, 3, DT_F32, 4, "bias");
	weights_add(&w, special, 4, DT_F32, 4, "nan */ and trigraph ?\?/");
	weights_add(&w, d, 2, DT_F64, 64, NULL);
	weights_add(&w, b, 3, DT_I32, 4, "int32");
	write_model();
	expect_ok("gcc -std=c99 " WARNINGS " model.c -o m && ./m >got && cmp got wanted");
	expect_ok("gcc -std=c11 -O2 -trigraphs -Wno-trigraphs " WARNINGS " model.c -o m && ./m >got && cmp got wanted");
	expect_ok("clang -std=c99 " WARNINGS " model.c -o m && ./m >got && cmp got wanted");
	expect_ok("g++ -x c++ -std=c++11 " WARNINGS " model.c -o m && ./m >got && cmp got wanted");
	expect_ok("clang++ -x c++ -std=c++11 " WARNINGS " model.c -o m && ./m >got && cmp got wanted");
}

Test(weights, small_ones_are_numbers)
{
	static const float f[] = { 1.5f, 2.0f };

	weights_add(&w, f, 2, DT_F32, 16, "k");
	weights_finish(&w);
	weights_print(&w, &e);
	cr_expect(strstr(strbuf_text(&out), "/* 0: \"k\", 2 float32 */\nstatic const union {\n\tfloat f32[2];\n"
		"} model_w0 __attribute__((aligned(16))) = { { 1.5f, 2.0f } };\n"));
}

Test(weights, equal_ones_are_one)
{
	static const int32_t x[40] = { 1, 2 }, y[40] = { 1, 2 }, z[40] = { 1, 3 };
	int id = weights_add(&w, x, 40, DT_I32, 4, "x");

	cr_expect_eq(weights_add(&w, y, 40, DT_I32, 64, "y"), id);
	cr_expect_eq(weights_add(&w, y, 40, DT_F32, 4, "as float"), id);
	cr_expect_neq(weights_add(&w, z, 40, DT_I32, 4, "z"), id);
	cr_expect_neq(weights_add(&w, y, 39, DT_I32, 4, "shorter"), id);
	cr_expect_neq(weights_add(&w, y, 160, DT_I8, 4, "reversed differently on a big-endian target"), id);
	cr_expect_eq(w.v[id].align, 64);
	cr_expect_str_eq(weights_ref(&w, id, DT_F32), "model_w0.f32");
	cr_expect_str_eq(weights_ref(&w, id, DT_I32), "model_w0.i32");
	write_model();
	expect_ok("gcc -std=c99 " WARNINGS " model.c -o m && ./m >got && cmp got wanted");
}

struct counting {
	struct recipe recipe;
	int32_t first;
};

static void count_40(const struct recipe *r, void *elements, struct arena *scratch)
{
	int32_t *v = elements, *taken = arena_array(scratch, 1, sizeof *v);

	*taken = ((const struct counting *)r)->first;
	for (int i = 0; i < 40; i++)
		v[i] = *taken + i;
}

static int add_counting(int32_t first)
{
	struct counting *c = arena_alloc(&a, sizeof *c);
	const struct tensor t = { .name = "", .type = DT_I32, .rank = 1, .data = c, .recipe = &c->recipe };

	*c = (struct counting){ { count_40 }, first };
	return weights_add_constant(&w, &t, 40, 4);
}

Test(weights, recipes_are_followed)
{
	int32_t plain[80];
	const int id = add_counting(7), other = add_counting(47);

	for (int i = 0; i < 80; i++)
		plain[i] = 7 + i;
	cr_expect_neq(other, id);
	cr_expect_eq(add_counting(7), id, "found among the made ones");
	cr_expect_eq(weights_add(&w, plain, 40, DT_I32, 4, "plain"), id);
	cr_expect_eq(weights_add(&w, plain + 40, 40, DT_I32, 4, "plain"), other);
	cr_expect_neq(weights_add(&w, plain + 1, 40, DT_I32, 4, "another"), id);
	w.n = 2;
	weights_finish(&w);
	emit_puts(&e, "#include <stdint.h>\n");
	weights_print(&w, &e);
	print_main(2);
	write_file("model.c", strbuf_text(&out), out.size);
	write_file("wanted", (const char *)plain, sizeof plain);
	expect_ok("gcc -std=c99 " WARNINGS " model.c -o m && ./m >got && cmp got wanted");
}

Test(weights, empty_ones_are_null)
{
	int id = weights_add(&w, NULL, 0, DT_F32, 4, "none");

	weights_finish(&w);
	weights_print(&w, &e);
	cr_expect_str_eq(weights_ref(&w, id, DT_F32), "(const float *)0");
	cr_expect_eq(out.size, 0u);
}

static unsigned char *random_bytes(size_t n)
{
	unsigned char *bytes = arena_alloc(&a, n);
	uint64_t state = 88172645463325252u;

	for (size_t i = 0; i < n; i++) {
		state ^= state << 13, state ^= state >> 7, state ^= state << 17;
		bytes[i] = (unsigned char)(state >> 32);
	}
	return bytes;
}

static void write_further_files(void)
{
	const char *name;

	for (int k = 0; (name = weights_file(&w, k)); k++) {
		out.size = 0;
		weights_print_file(&w, &e, k);
		write_file(arena_printf(&a, "model%s", name), strbuf_text(&out), out.size);
	}
}

Test(weights, huge_ones_are_split_in_files_of_bounded_size)
{
	unsigned char *bytes = random_bytes(10000);

	w.file_bytes = 3000;
	for (int i = 0; i < 9; i++)
		weights_add(&w, bytes + 1000 * i, 1000, DT_I8, 64, "part");
	weights_add(&w, bytes, 2, DT_I32, 4, "stays with model.c");
	write_model();
	write_further_files();
	cr_expect_eq(w.n_files, 3);
	expect_ok("gcc -std=c99 " WARNINGS " model*.c -o m && ./m >got && cmp got wanted");
	expect_ok("g++ -x c++ -std=c++11 " WARNINGS " model*.c -o m && ./m >got && cmp got wanted");
	expect_ok("! nm -g --defined-only m | grep ' [RrDdBb] ' | "
		  "grep -v -e ' model_' -e ' _' -e ' data_start' -e ' stdout'");
}

static void write_bin(void)
{
	FILE *f = fopen(in_folder("model.bin"), "w");
	struct emit bin;

	cr_assert(f);
	emit_to_file(&bin, &a, f);
	weights_print_file(&w, &bin, 0);
	cr_assert_eq(fclose(f), 0);
	cr_expect_eq(bin.bytes, (int64_t)w.total_bytes);
}

Test(weights, incbin_reads_the_file_beside)
{
	static const double d[] = { 0.1, 1e300 };

	weights_init(&w, &a, "model", "model", target_find(&a, "generic", NULL), WEIGHTS_INCBIN);
	add_awkward();
	weights_add(&w, d, 2, DT_F64, 32, "after odd sizes");
	write_model();
	write_bin();
	expect_ok("gcc -std=c99 " WARNINGS " model.c -o m && ./m >got && cmp got wanted");
	expect_ok("clang -O2 -std=c99 " WARNINGS " model.c -o m && ./m >got && cmp got wanted");
	expect_ok("g++ -x c++ -std=c++11 " WARNINGS " model.c -o m && ./m >got && cmp got wanted");
}

Test(weights, incbin_assembles_for_every_cross_target)
{
	for (size_t i = 0; i < n_target_bases; i++) {
		const struct target *t = target_find(&a, target_bases[i]->name, NULL);
		if (!strcmp(t->name, "wasm32") || !has_program(t->cc))
			continue;
		weights_init(&w, &a, "model", "model", t, WEIGHTS_INCBIN);
		add_awkward();
		weights_finish(&w);
		out.size = 0;
		emit_puts(&e, "#include <stdint.h>\n");
		weights_print(&w, &e);
		emit_puts(&e, "const int8_t *model_get(void);\nconst int8_t *model_get(void)\n{\n");
		emit_puts(&e, arena_printf(&a, "\treturn %s;\n}\n", weights_ref(&w, w.n - 1, DT_I8)));
		write_file("model.c", strbuf_text(&out), out.size);
		write_bin();
		expect_ok(arena_printf(&a, "%s -std=c99 -ffreestanding %s " WARNINGS " -c model.c -o m.o", t->cc,
				       t->cflags));
	}
}

/* Elements are printed as numbers: the text is then the same on every machine. */
static void print_values_main(int f, int s, int l)
{
	emit_puts(&e, "#include <stdio.h>\nint main(void)\n{\n\tint i;\n\tfor (i = 0; i < 40; i++)\n");
	emit_puts(&e, arena_printf(&a, "\t\tprintf(\"%%.9g %%d %%.17g\\n\", (double)(%s)[i], (%s)[i], (%s)[i]);\n",
		weights_ref(&w, f, DT_F32), weights_ref(&w, s, DT_I16), weights_ref(&w, l, DT_F64)));
	emit_puts(&e, "\treturn 0;\n}\n");
}

static void check_big_endian(enum weights_form_id form)
{
	float f[40];
	int16_t s[40];
	double d[40];
	int ids[3];

	weights_init(&w, &a, "model", "model", target_find(&a, "generic-be", NULL), form);
	out.size = 0;
	for (int i = 0; i < 40; i++) {
		f[i] = (float)i / 3;
		s[i] = (int16_t)(i * 777 - 9000);
		d[i] = i / 7.0;
		strbuf_printf(&out, "%.9g %d %.17g\n", (double)f[i], s[i], d[i]);
	}
	write_file("wanted", strbuf_text(&out), out.size);
	ids[0] = weights_add(&w, f, 40, DT_F32, 4, NULL);
	ids[1] = weights_add(&w, s, 40, DT_I16, 2, NULL);
	ids[2] = weights_add(&w, d, 40, DT_F64, 8, NULL);
	weights_finish(&w);
	out.size = 0;
	emit_puts(&e, "#include <stdint.h>\n");
	weights_print(&w, &e);
	print_values_main(ids[0], ids[1], ids[2]);
	write_file("model.c", strbuf_text(&out), out.size);
	if (form == WEIGHTS_INCBIN)
		write_bin();
	expect_ok("s390x-linux-gnu-gcc -static -std=c99 " WARNINGS
		  " model.c -o m && qemu-s390x ./m >got && cmp got wanted");
}

Test(weights, big_endian_target_bases_get_their_own_order)
{
	if (!has_program("s390x-linux-gnu-gcc") || !has_program("qemu-s390x"))
		cr_skip_test("no s390x compiler or emulator");
	check_big_endian(WEIGHTS_TEXT);
	check_big_endian(WEIGHTS_INCBIN);
}

Test(weights, a_hundred_megabytes_take_under_a_second_and_no_second_copy)
{
	const size_t n = 100 << 20;
	unsigned char *bytes = random_bytes(n);
	FILE *f = fopen("/dev/null", "w");
	struct timespec start, end;
	size_t before;
	double seconds;

	cr_assert(f);
	emit_to_file(&e, &a, f);
	before = a.total_bytes;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	weights_add(&w, bytes, n / 4, DT_F32, 64, "large");
	weights_finish(&w);
	for (int k = 0; weights_file(&w, k); k++)
		weights_print_file(&w, &e, k);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
	cr_log_info("100 MB of constants: %.2f s, %zu bytes of text, %zu of memory\n", seconds, (size_t)e.bytes,
		a.total_bytes - before);
#if !defined(__SANITIZE_ADDRESS__)
	cr_expect_lt(seconds, 1.0);
#endif
	cr_expect_lt(a.total_bytes - before, 1u << 20);
	cr_expect_lt(e.bytes, (int64_t)(3 * n));
	fclose(f);
}
