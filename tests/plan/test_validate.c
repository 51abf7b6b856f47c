/* The validator must find every fault that is put into a good plan. */
#include "plan/place.h"
#include "plan/validate.h"
#include "tests/plan/fixture.h"

static bool sound(const struct buffer *v, int n, int64_t arena_bytes, const struct overlap *o, int n_o)
{
	const struct memory_pool pool = { 0 };
	const struct pool_plan plan = { .arena_bytes = arena_bytes };
	const char *why = NULL;
	const bool ok = plan_validate(v, n, &pool, 1, &plan, o, n_o, &a, &why);

	cr_assert_eq(ok, why == NULL);
	return ok;
}

static bool shares(const struct buffer *x, const struct buffer *y)
{
	return x->first <= y->last && y->first <= x->last && x->offset < y->offset + y->size_bytes &&
	       y->offset < x->offset + x->size_bytes;
}

/* Moves one buffer of a sound plan at random and expects the verdict of the definition; below and above the
 * size where the validator changes its way of looking. */
Test(validate, finds_moved_buffers, .init = setup, .fini = teardown)
{
	static const int counts[] = { 60, 5000 };
	struct random r = { 3 };

	for (int c = 0; c < 2; c++) {
		const int n = counts[c];
		struct buffer *v = ARENA_ARRAY(&a, n, struct buffer);
		const struct memory_pool pool = { 0 };
		struct pool_plan plan;
		int bad = 0;

		for (int i = 0; i < n; i++) {
			v[i] = (struct buffer){ .size_bytes = random_between(&r, 1, 100), .first = i };
			v[i].last = i + random_below(&r, 6);
		}
		cr_assert(place_buffers(v, n, &pool, 1, NULL, 0, NULL, &plan, &a, &d));
		cr_assert(sound(v, n, plan.arena_bytes, NULL, 0));
		for (int round = 0; round < 60; round++) {
			struct buffer *x = &v[random_below(&r, n)];
			const int64_t offset = x->offset;
			bool clash = false;

			x->offset = random_below(&r, (int)plan.arena_bytes);
			for (int k = 0; k < n; k++)
				clash |= &v[k] != x && shares(x, &v[k]);
			clash |= x->offset + x->size_bytes > plan.arena_bytes;
			cr_expect_eq(sound(v, n, plan.arena_bytes, NULL, 0), !clash, "%d buffers, round %d", n, round);
			bad += clash;
			x->offset = offset;
		}
		cr_assert_geq(bad, 20);
	}
}

Test(validate, permissions_hold_in_their_step_alone, .init = setup, .fini = teardown)
{
	struct buffer v[] = { { .size_bytes = 100, .first = 0, .last = 1, .offset = 24 },
			      { .size_bytes = 100, .first = 1, .last = 2 } };
	const struct overlap behind = { .a = 0, .b = 1, .at_least = OVERLAP_FREE_BELOW, .at_most = -24 };
	const struct overlap reversed = {
		.a = 1, .b = 0, .at_least = OVERLAP_FREE_BELOW, .at_most = OVERLAP_FREE_ABOVE
	};

	cr_expect(sound(v, 2, 124, &behind, 1));
	cr_expect_not(sound(v, 2, 124, NULL, 0));
	cr_expect_not(sound(v, 2, 124, &reversed, 1), "b does not die where a is born");
	v[0].offset = 23;
	cr_expect_not(sound(v, 2, 124, &behind, 1), "one byte too near");
	v[0].offset = 24;
	v[0].last = 2;
	cr_expect_not(sound(v, 2, 124, &behind, 1), "a lives on");
}

Test(validate, places_are_checked, .init = setup, .fini = teardown)
{
	const struct buffer good = { .size_bytes = 16, .align = 8, .offset = 8 };
	struct buffer v = good;

	cr_expect(sound(&v, 1, 24, NULL, 0));
	cr_expect_not(sound(&v, 1, 23, NULL, 0));
	v.offset = 4;
	cr_expect_not(sound(&v, 1, 24, NULL, 0));
	v.offset = -8;
	cr_expect_not(sound(&v, 1, 24, NULL, 0));
	v.offset = INT64_MAX - 7;
	cr_expect_not(sound(&v, 1, 24, NULL, 0));
	v = good;
	v.pool = 1;
	cr_expect_not(sound(&v, 1, 24, NULL, 0));
	v.pool = POOL_ANY;
	cr_expect_not(sound(&v, 1, 24, NULL, 0));
}
