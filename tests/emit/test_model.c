/* model.c and model.h as a whole: the frame round a body written by hand. */
#include "compile.h"

#include "emit/emit_header.h"
#include "emit/emit_weights.h"
#include "emit/extract.h"
#include "support/ident.h"
#include "targets/target.h"

static struct weights w;
static struct extract x;
static const int64_t image_dims[] = { 1, 3, 4 }, logits_dims[] = { 1, 4 };

TestSuite(model, .init = setup, .fini = teardown, .timeout = 120);

static const struct emit_param params[] = {
	{ .kind = PARAM_INPUT, .name = "image", .original = "in put */", .type = DT_F32, .rank = 3, .dims = image_dims,
		.layout = "NCW" },
	{ .kind = PARAM_OUTPUT, .name = "logits", .original = "logits", .type = DT_I8, .rank = 2, .dims = logits_dims,
		.is_quantised = true, .scale = 0.25f, .zero_point = -3 },
};
static const struct emit_arena_row rows[] = {
	{ "conv1 */ ?\?/", 48, 0, 0, 1, 0 },
	{ "pool", 16, 48, 1, 2, 0 },
};

static const struct emit_pool pool = { "arena", 64, 64, NULL };
static const struct emit_stack stack = { .bytes = 312, .compiler = "gcc -O2", .besides = "memset" };

static struct emit_model make(const char *prefix, const struct target *t)
{
	static const float k[40] = { 1, 2, 3 };
	static const float scale[] = { 4.0f };

	weights_init(&w, &a, prefix, prefix, t, WEIGHTS_TEXT);
	weights_add(&w, k, 40, DT_F32, 64, "kernel");
	weights_add(&w, scale, 1, DT_F32, 4, "scale");
	weights_finish(&w);
	extract_init(&x, &a, NULL, t);
	cr_assert(extract_mark(&x, "nnrt_min"));
	return (struct emit_model){ .prefix = prefix, .file = prefix, .model_file = "mo del */.onnx", .sha256 = "0123",
		.version = "0.1.0", .options = "--optimize=size", .target = t, .n_macs = 115600000, .n_steps = 2,
		.weight_bytes = 164, .pool = &pool, .n_pools = 1, .stack = &stack, .arena_rows = rows,
		.n_arena_rows = 2, .params = params, .n_params = 2, .runtime = &x, .weights = &w };
}

/* logits[i] = image[i] * k[i] * scale, through the arena. */
static void make_body(struct emit_model *m)
{
	struct strbuf body;
	struct emit b;

	strbuf_init(&body, &a);
	emit_to_text(&b, &a, &body);
	emit_open(&b, "%s", emit_signature(&a, m));
	if (m->is_caller_arena)
		emit_line(&b, "float *t = (float *)arena;");
	else
		emit_line(&b, "float *t = (float *)(void *)%s_arena;", m->prefix);
	emit_line(&b, "int i;");
	emit_blank(&b);
	emit_open(&b, "for (i = 0; i < (int)nnrt_min(4, 12); i++)");
	emit_line(&b, "t[i] = image[i] * %s[i] * %s[0];", weights_ref(&w, 0, DT_F32), weights_ref(&w, 1, DT_F32));
	emit_line(&b, "logits[i] = (int8_t)t[i];");
	emit_close(&b, "");
	emit_line(&b, "return 0;");
	emit_close(&b, "");
	m->body = strbuf_text(&body);
}

static void write_files(const struct emit_model *m)
{
	out.size = 0;
	emit_model_h(&e, &a, m);
	write_file(arena_printf(&a, "%s.h", m->file), strbuf_text(&out), out.size);
	out.size = 0;
	emit_model_c(&e, &a, m);
	write_file(arena_printf(&a, "%s.c", m->file), strbuf_text(&out), out.size);
}

static const char main_text[] =
	"#include \"one.h\"\n#include \"two.h\"\n"
	"int main(void)\n{\n"
	"	static const float image[12] = { 1, 1, 1, 1 };\n"
	"	static union { double align; unsigned char bytes[TWO_ARENA_BYTES]; } memory;\n"
	"	signed char a[4], b[4];\n"
	"	if (one_run(image, a) || two_run(&memory, image, b))\n		return 1;\n"
	"	return !(a[0] == 4 && a[1] == 8 && a[2] == 12 && a[3] == 0 && b[2] == 12);\n}\n";

static void write_pair(const struct target *t)
{
	struct emit_model m = make("one", t);

	make_body(&m);
	write_files(&m);
	m = make("two", t);
	m.is_caller_arena = true;
	make_body(&m);
	write_files(&m);
	write_file("main.c", main_text, sizeof main_text - 1);
}

Test(model, two_models_in_one_program_as_c_and_cxx)
{
	static const char *const compilers[] = { "gcc -std=c99", "clang -std=c99", "gcc -std=c11 -O2",
		"g++ -x c++ -std=c++11", "clang++ -x c++ -std=c++11" };

	write_pair(target_find(&a, "generic", NULL));
	for (size_t i = 0; i < 5; i++)
		expect_ok(arena_printf(&a, "%s " WARNINGS " one.c two.c main.c -o m && ./m", compilers[i]));
	expect_ok("gcc -c one.c && ! nm -g --defined-only one.o | grep -v -e ' one_'");
}

Test(model, every_hosted_target_runs_it)
{
	for (size_t i = 0; i < n_target_bases; i++) {
		const struct target *t = target_find(&a, target_bases[i]->name, NULL);
		const char *runner = arena_strndup(&a, t->runner, strcspn(t->runner, " "));
		if (!has_program(t->cc) || (*runner && !has_program(runner)) || !strcmp(t->name, "wasm32") ||
		    (!strcmp(t->name, "x86-64-v4") && strncmp(target_host_name(&a), t->name, strlen(t->name)) != 0)) {
			cr_log_info("%s is not run\n", t->name);
			continue;
		}
		write_pair(t);
		expect_ok(arena_printf(
			&a, "%s -std=c99 -O1 %s " WARNINGS " one.c two.c main.c -o m %s && %s ./m </dev/null", t->cc,
			t->cflags, t->link_flags, t->runner));
	}
}

Test(model, the_wrong_instruction_set_is_an_error)
{
	struct emit_model m = make("one", target_find(&a, "x86-64-v3", NULL));

	make_body(&m);
	write_files(&m);
	expect_ok("! gcc -c one.c 2>err; grep -q 'add -march=x86-64-v3' err");
}

Test(model, the_same_input_gives_the_same_bytes)
{
	struct emit_model m = make("one", target_find(&a, "generic", NULL));
	const char *first;

	make_body(&m);
	write_files(&m);
	first = arena_strndup(&a, out.text, out.size);
	m = make("one", target_find(&a, "generic", NULL));
	make_body(&m);
	write_files(&m);
	cr_expect_str_eq(strbuf_text(&out), first);
	cr_expect_not(strstr(first, folder));
}

Test(model, the_header_says_what_is_passed)
{
	struct emit_model m = make("one", target_find(&a, "generic", NULL));

	emit_model_h(&e, &a, &m);
	cr_expect_str_eq(strbuf_text(&out),
		"/* one.h, by nnc 0.1.0 from mo del * /.onnx\n * sha256 0123\n"
		" * target generic, --optimize=size; do not edit\n */\n"
		"#ifndef ONE_H\n#define ONE_H\n\n#include <stdint.h>\n\n"
		"#define ONE_ARENA_BYTES 64 /* static, in the C file */\n"
		"/* Worst case below one_run(), as gcc -O2 compiles it, besides what these take: memset. */\n"
		"#define ONE_STACK_BYTES 312\n\n"
		"/* A stored integer means SCALE * (stored - ZERO_POINT); for a value, store round(value / SCALE) +\n"
		" * ZERO_POINT within the type, halves to even. */\n"
		"#define ONE_OUTPUT_LOGITS_SCALE 0.25f\n"
		"#define ONE_OUTPUT_LOGITS_ZERO_POINT (-3)\n\n"
		"/* What exports a function from a library, where one is wanted: an attribute. */\n"
		"#ifndef ONE_API\n#define ONE_API\n#endif\n\n"
		"#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
		"/* Runs the model once. Uses one static arena: one call at a time.\n"
		" *   image float32 [1, 3, 4] NCW, in the model \"in put * /\"\n"
		" *   logits int8 [1, 4], value = 0.25 * (stored + 3)\n"
		" * Returns 0, or 1 when a size given is out of its range: nothing is written then. */\n"
		"ONE_API int one_run(const float image[1*3*4], int8_t logits[1*4]);\n\n"
		"#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
}

Test(model, sizes_beyond_int_are_no_overflow)
{
	static const int64_t dims[] = { 3, 100000, 100000 };
	static const struct emit_param huge = { .kind = PARAM_OUTPUT, .name = "y", .type = DT_F32, .rank = 3,
						.dims = dims };
	struct emit_model m = make("one", target_find(&a, "generic", NULL));

	m.params = &huge;
	m.n_params = 1;
	cr_expect_str_eq(emit_signature(&a, &m), "int one_run(float y[3LL*100000*100000])");
	emit_model_h(&e, &a, &m);
	write_file("one.h", strbuf_text(&out), out.size);
	expect_ok("gcc -std=c99 " WARNINGS " -fsyntax-only one.h");
	expect_ok("g++ -x c++ -std=c++11 " WARNINGS " -fsyntax-only one.h");
}

Test(model, the_source_begins_with_totals_and_the_arena)
{
	struct emit_model m = make("one", target_find(&a, "generic", NULL));

	make_body(&m);
	emit_model_c(&e, &a, &m);
	cr_expect(strstr(strbuf_text(&out), " *   multiply-accumulates       115,600,000 in 2 steps\n"));
	cr_expect(strstr(strbuf_text(&out), " *            0           48      0      1  conv1 * / ? ?/\n"
		" *           48           16      1      2  pool\n */\n#include \"one.h\"\n"));
}

Test(model, signatures_spell_bounded_empty_and_scalar_shapes)
{
	static const int64_t dims[] = { 16, 3 }, empty[] = { 0, 3 };
	static const char *const names[] = { "n", NULL };
	static const struct emit_param p[] = {
		{ .kind = PARAM_DIM, .name = "n", .low = 1, .high = 16 },
		{ .kind = PARAM_INPUT, .name = "x", .type = DT_F32, .rank = 2, .dims = dims, .dim_names = names },
		{ .kind = PARAM_INPUT, .name = "none", .type = DT_I64, .rank = 2, .dims = empty },
		{ .kind = PARAM_INPUT, .name = "scalar", .type = DT_BOOL, .rank = 0 },
		{ .kind = PARAM_OUTPUT, .name = "y_with_a_name_that_is_rather_long", .type = DT_F64, .rank = 2,
		  .dims = dims },
		{ .kind = PARAM_DIM_OUT, .name = "count", .high = 48 },
	};
	struct emit_model m = make("one", target_find(&a, "generic", NULL));

	m.params = p;
	m.n_params = 6;
	m.is_caller_arena = true;
	cr_expect_str_eq(emit_signature(&a, &m),
		"int one_run(void *arena, int n, const float *x, const int64_t *none, const uint8_t scalar[1],\n"
		"\tdouble y_with_a_name_that_is_rather_long[16*3], int *count)");
	m.n_params = 0;
	m.is_caller_arena = false;
	cr_expect_str_eq(emit_signature(&a, &m), "int one_run(void)");
}
