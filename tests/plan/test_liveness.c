/* Lives of storages, also round loops, and the drawing of the plan. */
#include <string.h>

#include "plan/draw.h"
#include "plan/liveness.h"
#include "tests/plan/fixture.h"

enum { MAX = 16 };

/* Steps given as "read read > write": one letter a value, one storage each. */
static struct buffer *lives(const char *const *text, int n, const struct region *regions, int n_regions)
{
	struct flow_step *steps = ARENA_ARRAY(&a, n, struct flow_step);
	struct storage *storages = ARENA_ARRAY(&a, MAX, struct storage);
	int *storage_of = ARENA_ARRAY(&a, MAX, int);
	struct buffer *b = ARENA_ARRAY(&a, MAX, struct buffer);
	const struct flow f = { .steps = steps, .n_steps = n, .storage_of = storage_of, .n_values = MAX,
				.storages = storages, .n_storages = MAX };

	for (int i = 0; i < MAX; i++)
		storage_of[i] = i;
	for (int i = 0; i < n; i++) {
		int *io = ARENA_ARRAY(&a, 32, int);

		steps[i] = (struct flow_step){ .reads = io, .writes = io + 16, .over = -1 };
		for (const char *c = text[i]; *c && *c != '>'; c++)
			io[steps[i].n_reads++] = *c - 'a';
		for (const char *c = strchr(text[i], '>') + 1; *c; c++)
			io[16 + steps[i].n_writes++] = *c - 'a';
	}
	cr_assert(liveness_find(&f, NULL, regions, n_regions, b, &a, &d), "%s", diag_text(&d));
	return b;
}

static void expect_life(const struct buffer *b, char name, int first, int last)
{
	cr_expect_eq(b[name - 'a'].first, first, "%c starts at %d", name, b[name - 'a'].first);
	cr_expect_eq(b[name - 'a'].last, last, "%c ends at %d", name, b[name - 'a'].last);
}

Test(liveness, from_write_to_last_read, .init = setup, .fini = teardown)
{
	static const char *const text[] = { "a>b", "b>c", "b>d", "cd>e" };
	const struct buffer *b = lives(text, 4, NULL, 0);

	expect_life(b, 'a', 0, 0);
	expect_life(b, 'b', 0, 2);
	expect_life(b, 'c', 1, 3);
	expect_life(b, 'e', 3, 3);
	expect_life(b, 'p', 0, 0);
}

Test(liveness, what_a_loop_uses_lives_to_its_end, .init = setup, .fini = teardown)
{
	static const char *const text[] = { ">a", ">b", "a>c", "c>d", "d>e", "b>f" };
	const struct region loop = { 2, 4, true };
	const struct buffer *b = lives(text, 6, &loop, 1);

	expect_life(b, 'a', 0, 4);
	expect_life(b, 'b', 1, 5);
	expect_life(b, 'c', 2, 3);
	expect_life(b, 'd', 3, 4);
}

Test(liveness, what_is_carried_lives_over_the_loop, .init = setup, .fini = teardown)
{
	static const char *const text[] = { ">a", "a>b", "e>c", "c>d", "d>e", "b>f" };
	const struct region loop = { 1, 5, true };
	const struct buffer *b = lives(text, 6, &loop, 1);

	expect_life(b, 'e', 1, 5);
	expect_life(b, 'd', 3, 4);
	expect_life(b, 'a', 0, 5);
}

Test(liveness, nested_loops_extend_to_the_outer_end, .init = setup, .fini = teardown)
{
	static const char *const text[] = { ">a", ">b", "ab>c", "c>d", "d>e", "e>f" };
	const struct region loops[] = { { 2, 3, true }, { 1, 4, true }, { 0, 5, false } };
	const struct buffer *b = lives(text, 6, loops, 3);

	expect_life(b, 'a', 0, 4);
	expect_life(b, 'b', 1, 3);
	expect_life(b, 'c', 2, 3);
}

Test(liveness, what_a_loop_leaves_lives_over_it, .init = setup, .fini = teardown)
{
	static const char *const text[] = { ">a", "a>b", "b>c", ">d", "c>e" };
	const struct region loop = { 1, 3, true };
	const struct buffer *b = lives(text, 5, &loop, 1);

	expect_life(b, 'c', 1, 4);
	expect_life(b, 'b', 1, 2);
	expect_life(b, 'd', 3, 3);
}

Test(liveness, branches_extend_nothing, .init = setup, .fini = teardown)
{
	static const char *const text[] = { ">a", "a>b", "b>c", "a>d", "d>e" };
	const struct region branches[] = { { 1, 2, false }, { 3, 4, false } };
	const struct buffer *b = lives(text, 5, branches, 2);

	expect_life(b, 'b', 1, 2);
	expect_life(b, 'd', 3, 4);
}

Test(liveness, crossing_regions_are_refused, .init = setup, .fini = teardown)
{
	static const struct region bad[][2] = {
		{ { 0, 2, true }, { 1, 3, true } },
		{ { 0, 4, true }, { 0, 1, false } },
		{ { -1, 2, true }, { 0, 1, true } },
	};
	const struct flow_step steps[4] = { { .over = -1 }, { .over = -1 }, { .over = -1 }, { .over = -1 } };
	const struct flow f = { .steps = steps, .n_steps = 4 };

	for (int i = 0; i < 3; i++)
		cr_expect_not(liveness_find(&f, NULL, bad[i], 2, NULL, &a, &d), "row %d", i);
}

Test(draw, map, .init = setup, .fini = teardown)
{
	const struct buffer b[] = { { .size_bytes = 64, .first = 0, .last = 1 },
				    { .size_bytes = 64, .first = 1, .last = 2, .offset = 64 },
				    { .size_bytes = 32, .first = 2, .last = 3 } };
	const struct pool_plan plan = { .arena_bytes = 128, .bound_bytes = 128 };
	struct strbuf out;

	strbuf_init(&out, &a);
	plan_draw_map(&out, b, 3, 0, &plan, 80, 4, " * ");
	cr_assert_str_eq(strbuf_text(&out),
			 " *          112 |.BB.|\n"
			 " *           80 |.BB.|\n"
			 " *           48 |AA..|\n"
			 " *           16 |AACC|\n"
			 " *       offset  step 0 to 3\n");
}
