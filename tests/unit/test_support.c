/* Arena, string buffer, map, checked arithmetic, diagnostics. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "support/arena.h"
#include "support/checked.h"
#include "support/diag.h"
#include "support/map.h"
#include "support/name.h"
#include "support/strbuf.h"

static struct arena a;

static void setup(void)
{
	arena_init(&a, NULL);
}

static void teardown(void)
{
	arena_free(&a);
}

Test(arena, large_blocks_leave_the_small_one_in_use, .init = setup, .fini = teardown)
{
	char *small = arena_alloc(&a, 8);
	char *large = arena_alloc(&a, 1 << 20);
	char *next = arena_alloc(&a, 8);

	cr_assert_eq(next - small, (ptrdiff_t)_Alignof(max_align_t));
	cr_assert_eq(large[(1 << 20) - 1], 0);
}

/* What is released is given out again, zeroed, and larger blocks are freed; marks nest. */
Test(arena, release_goes_back_to_the_mark, .init = setup, .fini = teardown)
{
	static const size_t sizes[] = { 8, 1 << 12, 1 << 14, 1 << 20 };

	for (int used = 0; used < 3; used++) {
		const struct arena_mark outer = arena_mark(&a);
		const size_t bytes = a.total_bytes;

		for (int round = 0; round < 2; round++) {
			const struct arena_mark mark = arena_mark(&a);

			for (int i = 0; i < 100; i++) {
				const size_t n = sizes[i % (round ? 4 : 3)];
				char *p = arena_alloc(&a, n);

				for (size_t k = 0; k < n; k += 7)
					cr_assert_eq(p[k], 0);
				memset(p, 1, n);
			}
			arena_release(&a, mark);
			memset(arena_alloc(&a, 24), 1, 24);
		}
		arena_release(&a, outer);
		cr_expect_eq(a.total_bytes, bytes);
		arena_alloc(&a, 40000);
	}
}

Test(arena, overflow_jumps_to_the_failure_point)
{
	jmp_buf failure;

	arena_init(&a, &failure);
	if (!setjmp(failure)) {
		arena_array(&a, SIZE_MAX / 2, 3);
		cr_assert_fail("an impossible size was allocated");
	}
	arena_free(&a);
}

Test(arena, push_keeps_earlier_elements, .init = setup, .fini = teardown)
{
	int *v = NULL, n = 0;

	for (int i = 0; i < 1000; i++) {
		v = ARENA_PUSH(&a, v, n, int);
		v[n++] = i;
	}
	for (int i = 0; i < 1000; i++)
		cr_assert_eq(v[i], i);
}

/* The last that was given away grows where it is; what is large leaves nothing behind; all else moves. */
Test(arena, regrown_memory_keeps_its_elements_and_is_zero_behind_them, .init = setup, .fini = teardown)
{
	static const size_t sizes[] = { 3, 5, 900, 1000, 5000, 70000, 1 << 18 };
	size_t n = 0, bytes;
	int *v = NULL;

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		v = arena_regrow(&a, v, n, sizes[i], sizeof *v);
		for (size_t k = 0; k < n; k++)
			cr_assert_eq(v[k], (int)k + 1);
		for (size_t k = n; k < sizes[i]; k++)
			cr_assert_eq(v[k], 0, "element %zu of %zu, %zu before", k, sizes[i], n);
		for (n = 0; n < sizes[i]; n++)
			v[n] = (int)n + 1;
	}
	bytes = a.total_bytes;
	arena_regrow(&a, v, n, 2 * n, sizeof *v);
	cr_expect_eq(a.total_bytes - bytes, n * sizeof *v, "the smaller block is freed");
}

Test(arena, regrowing_extends_only_what_was_given_away_last, .init = setup, .fini = teardown)
{
	char *v = arena_alloc(&a, 32), *w = arena_regrow(&a, v, 32, 64, 1), *other = arena_alloc(&a, 8);

	cr_expect_eq(v, w);
	memset(other, 'o', 8);
	w = arena_regrow(&a, v, 64, 128, 1);
	cr_expect_neq(v, w);
	memset(w, 'w', 128);
	cr_expect_eq(other[0], 'o');
	cr_expect_eq(other[7], 'o');
}

/* What lay where memory was released must not be seen in memory that grows over it. */
Test(arena, regrowing_over_released_memory_finds_zeros, .init = setup, .fini = teardown)
{
	char *v = arena_alloc(&a, 32);
	const struct arena_mark mark = arena_mark(&a);

	memset(arena_alloc(&a, 4096), 1, 4096);
	arena_release(&a, mark);
	v = arena_regrow(&a, v, 32, 4096, 1);
	for (int i = 32; i < 4096; i++)
		cr_assert_eq(v[i], 0);
}

/* A large array is freed at once, a small one with the arena. */
Test(arena, drop_frees_what_is_large, .init = setup, .fini = teardown)
{
	const size_t before = a.total_bytes;
	char *large = arena_alloc(&a, 1 << 20);

	cr_assert_geq(a.total_bytes, before + (1 << 20));
	arena_drop(&a, large, 1 << 20, 1);
	cr_assert_eq(a.total_bytes, before);
	arena_drop(&a, arena_alloc(&a, 8), 8, 1);
	arena_drop(&a, NULL, 0, 8);
}

/* It goes with a release of the arena that it was made in, however much it holds. */
Test(arena, child_goes_with_its_parent, .init = setup, .fini = teardown)
{
	const struct arena_mark mark = arena_mark(&a);
	struct arena *child = arena_child(&a);
	char *p = arena_alloc(child, 1 << 20);

	p[0] = 1;
	arena_alloc(child, 8);
	cr_assert_geq(child->total_bytes, 1 << 20);
	cr_assert_lt(a.total_bytes, 1 << 20);
	arena_release(&a, mark);
	cr_assert_null(a.owned);
}

/* Of the tables that it outgrew none is left: many of a model's names are in maps. */
Test(map, keeps_one_table, .init = setup, .fini = teardown)
{
	struct map m;

	map_init(&m, &a);
	for (int i = 0; i < 20000; i++)
		map_set(&m, &i, sizeof i, i);
	cr_assert_lt(a.total_bytes, m.capacity * sizeof *m.slots * 3 / 2);
}

Test(map, finds_what_was_set, .init = setup, .fini = teardown)
{
	struct map m;
	char name[16];

	map_init(&m, &a);
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof name, "k%d", i);
		cr_assert(map_set_name(&m, name, i));
	}
	cr_assert_not(map_set_name(&m, "k7", 700));
	cr_assert_eq(map_get_name(&m, "k7", -1), 700);
	cr_assert_eq(map_get_name(&m, "k499", -1), 499);
	cr_assert_eq(map_get_name(&m, "k500", -1), -1);
}

Test(checked, products_that_overflow_are_refused)
{
	int64_t n;

	cr_assert(checked_mul(1 << 20, 1 << 20, &n) && n == (int64_t)1 << 40);
	cr_assert_not(checked_mul(INT64_MAX, 2, &n));
	cr_assert_not(checked_align(INT64_MAX, 64, &n));
}

static void note_release(void *what)
{
	char **text = what;

	*(*text)++ = 'r';
}

Test(arena, what_is_owned_is_released_before_the_memory_goes)
{
	char text[3] = "--";
	jmp_buf failure;

	arena_init(&a, &failure);
	if (!setjmp(failure)) {
		char **at = ARENA_NEW(&a, char *);      /* in the arena itself: must still be there */
		*at = text;
		arena_own(&a, note_release, at);
		arena_own(&a, note_release, at);
		arena_array(&a, SIZE_MAX / 2, 3);
		cr_assert_fail("an impossible size was allocated");
	}
	arena_free(&a);
	cr_assert_str_eq(text, "rr");
	arena_free(&a);
	cr_assert_str_eq(text, "rr", "released twice");
}

Test(diag, names_are_made_printable, .init = setup, .fini = teardown)
{
	struct diag d;
	const struct place at = { .node = "a\nb", .op = "Conv", .opset = 11 };

	diag_init(&d, &a, "m.onnx");
	diag_error(&d, STATUS_MODEL, &at, "bad %s: %d", "pads", 3);
	cr_assert_str_eq(diag_text(&d), "m.onnx: error: node \"a\\x0ab\" (Conv-11): bad pads: 3\n");
	cr_assert_eq(d.status, STATUS_MODEL);
	diag_init(&d, &a, NULL);
	diag_error(&d, STATUS_MODEL, NULL, "%s", "red\x1b[31m\x7f");
	cr_assert_str_eq(diag_text(&d), "nnc: error: red\\x1b[31m\\x7f\n");
}

Test(diag, what_is_reported_often_is_one_line, .init = setup, .fini = teardown)
{
	const char *const names[] = { "a", "b", "a", "c" };
	struct diag d;

	diag_init(&d, &a, "m.onnx");
	for (int i = 0; i < 1000; i++) {
		const struct place at = { .node = names[i % 4], .op = "Foo", .opset = 13 };
		diag_error(&d, STATUS_UNSUPPORTED, &at, "not supported");
	}
	diag_error(&d, STATUS_MODEL, &(struct place){ .node = "a", .op = "Bar", .opset = 13 }, "not supported");
	cr_assert_str_eq(diag_text(&d), "m.onnx: error: node \"a\" (Foo-13): not supported (and 999 more like it)\n"
					"m.onnx: error: node \"a\" (Bar-13): not supported\n");
	cr_assert_eq(d.n_errors, 1001);
	cr_assert_lt(a.total_bytes, 1 << 17, "messages that are not kept take no memory");
}

Test(diag, lines_are_short, .init = setup, .fini = teardown)
{
	static char text[100001];
	struct diag d;

	memset(text, 'x', sizeof text - 1);
	diag_init(&d, &a, text);
	diag_error(&d, STATUS_MODEL, &(struct place){ .node = text, .op = text, .opset = 1 }, "%s: no such file", text);
	cr_assert_leq(strlen(diag_text(&d)), 3 * NAME_BYTES + 2100);
	cr_assert(strstr(diag_text(&d), "x: no such file\n"), "the end says what is wrong");
}

static void keep(void *to, const char *text)
{
	strbuf_puts(to, text);
}

Test(diag, remarks_leave_at_once, .init = setup, .fini = teardown)
{
	struct strbuf seen;
	struct diag d;

	strbuf_init(&seen, &a);
	diag_init(&d, &a, "m.onnx");
	d.remarks = (struct sink){ keep, &seen };
	diag_remark(&d, NULL, "without -v");
	diag_note(&d, "note");
	d.verbose = 1;
	diag_remark(&d, &(struct place){ .node = "n", .op = "Conv", .opset = 11 }, "chosen");
	cr_assert_str_eq(strbuf_text(&seen), "note\nm.onnx: node \"n\" (Conv-11): chosen\n");
}

Test(diag, a_trial_is_kept_or_dropped, .init = setup, .fini = teardown)
{
	struct diag d, before, inner;
	struct strbuf seen;

	strbuf_init(&seen, &a);
	diag_init(&d, &a, NULL);
	d.remarks = (struct sink){ keep, &seen };
	diag_error(&d, STATUS_MODEL, NULL, "first");
	before = diag_try(&d);
	cr_assert_eq(d.status, STATUS_OK);
	diag_error(&d, STATUS_UNSUPPORTED, NULL, "first");
	diag_error(&d, STATUS_UNSUPPORTED, NULL, "second");
	diag_note(&d, "dropped");
	cr_assert_eq(d.status, STATUS_UNSUPPORTED);
	diag_drop(&d, &before);
	cr_assert_str_eq(diag_text(&d), "nnc: error: first\n");
	cr_assert_eq(d.status, STATUS_MODEL);
	cr_assert_eq(d.n_errors, 1);
	before = diag_try(&d);
	diag_note(&d, "outer");
	inner = diag_try(&d);
	diag_note(&d, "inner");
	diag_error(&d, STATUS_UNSUPPORTED, NULL, "third");
	diag_keep(&d, &inner);
	cr_assert_str_eq(strbuf_text(&seen), "", "a remark of a trial waits");
	cr_assert_eq(d.status, STATUS_UNSUPPORTED);
	diag_keep(&d, &before);
	cr_assert_str_eq(strbuf_text(&seen), "outer\ninner\n");
	cr_assert_str_eq(diag_text(&d), "nnc: error: first\nnnc: error: third\n");
	cr_assert_eq(d.status, STATUS_MODEL);
	diag_note(&d, "after");
	cr_assert_str_eq(strbuf_text(&seen), "outer\ninner\nafter\n");
}

Test(name, one_line_of_any_bytes, .init = setup, .fini = teardown)
{
	static const struct {
		const char *name, *text;
	} rows[] = {
		{ "conv1/w:0", "conv1/w:0" },
		{ "gr\xc3\xb6\xc3\x9f" "e \xe5\xb0\xba", "gr\xc3\xb6\xc3\x9f" "e \xe5\xb0\xba" },
		{ "a\nb\r\t\x7f", "a\\x0ab\\x0d\\x09\\x7f" },
		{ "\xe2\x80\xa8 \xc2\x85", "\\xe2\\x80\\xa8 \\xc2\\x85" },     /* line separator, next line */
		{ "\xff\xc3 \xed\xa0\x80", "\\xff\\xc3 \\xed\\xa0\\x80" },     /* no UTF-8, half a surrogate pair */
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cr_expect_str_eq(name_text(&a, rows[i].name), rows[i].text, "%s", rows[i].text);
}

Test(name, long_ones_lose_their_middle, .init = setup, .fini = teardown)
{
	char path[4097] = "first/";
	const char *text;

	for (size_t i = 6; i + 3 < 4090; i += 3)
		memcpy(path + i, "\xe5\xb0\xba", 3);
	strcat(path, "/last");
	text = name_text(&a, path);
	cr_expect_leq(strlen(text), NAME_BYTES);
	cr_expect(!strncmp(text, "first/", 6) && strstr(text, "\xba...\xe5") && strstr(text, "/last"), "%s", text);
}
