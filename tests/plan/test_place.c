/* Placement: every plan is validated; sizes against brute force, against instances whose optimum
 * is known by construction, and against the clock. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "plan/place.h"
#include "plan/validate.h"
#include "tests/plan/fixture.h"

/* Places in one unlimited pool and validates. */
static struct pool_plan place(struct buffer *v, int n, const struct overlap *o, int n_o)
{
	const struct memory_pool pool = { 0 };
	struct pool_plan plan;
	const char *why;

	cr_assert(place_buffers(v, n, &pool, 1, o, n_o, NULL, &plan, &a, &d), "%s", diag_text(&d));
	cr_assert(plan_validate(v, n, &pool, 1, &plan, o, n_o, &a, &why), "%s", why);
	cr_assert_leq(plan.bound_bytes, plan.arena_bytes);
	return plan;
}

/* Processor time: other work on the machine does not count. */
static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The smallest arena by trying all orders of placing each buffer as low as the earlier ones
 * allow: some order gives an optimum, since any packing can be pushed down in order of offset. */
static int64_t brute_force(const struct buffer *v, int n, unsigned left, int64_t *offset, int64_t best)
{
	int64_t end = 0;

	for (int i = 0; i < n; i++)
		if (!(left >> i & 1) && offset[i] + v[i].size_bytes > end)
			end = offset[i] + v[i].size_bytes;
	if (end >= best || !left)
		return end < best ? end : best;
	for (int i = 0; i < n; i++) {
		int64_t at = 0;

		if (!(left >> i & 1))
			continue;
		for (int k = 0; k < n; k++)
			if (!(left >> k & 1) && v[k].first <= v[i].last && v[i].first <= v[k].last &&
			    offset[k] + v[k].size_bytes > at)
				at = offset[k] + v[k].size_bytes;
		offset[i] = (at + v[i].align - 1) / v[i].align * v[i].align;
		best = brute_force(v, n, left & ~(1u << i), offset, best);
	}
	return best;
}

Test(place, equals_brute_force_on_tiny_instances, .init = setup, .fini = teardown)
{
	struct random r = { 88172645463325252u };

	for (int round = 0; round < 400; round++) {
		struct buffer v[7];
		int64_t offset[7] = { 0 };
		const int n = random_between(&r, 1, 7);
		struct pool_plan plan;
		int64_t best, least = 4;

		for (int i = 0; i < n; i++) {
			const int first = random_below(&r, 8);

			v[i] = (struct buffer){ .size_bytes = random_between(&r, 1, 9), .align = 1, .first = first,
						.last = first + random_below(&r, 5) };
			if (round % 4 == 3)
				v[i].align = 1 << random_below(&r, 3);
			if (v[i].align < least)
				least = v[i].align;
		}
		plan = place(v, n, NULL, 0);
		best = brute_force(v, n, (1u << n) - 1, offset, INT64_MAX);
		cr_assert_eq(plan.arena_bytes, (best + least - 1) / least * least, "round %d: %d for %d", round,
			     (int)plan.arena_bytes, (int)best);
		cr_assert_eq(plan.bound_bytes, plan.arena_bytes, "round %d is not proved: %d < %d", round,
			     (int)plan.bound_bytes, (int)plan.arena_bytes);
	}
}

/* Cuts the rectangle of `steps` by `bytes` into n boxes: a packing without gaps exists. */
static void guillotine(struct random *r, struct buffer *v, int n, int steps, int bytes)
{
	v[0] = (struct buffer){ .size_bytes = bytes, .last = steps - 1 };
	for (int k = 1; k < n;) {
		const int i = random_below(r, k);
		const int length = v[i].last - v[i].first + 1;

		v[k] = v[i];
		if (random_below(r, 2) && length > 1) {
			v[i].last = v[i].first + random_below(r, length - 1);
			v[k].first = v[i].last + 1;
			k++;
		} else if (v[i].size_bytes > 1) {
			v[i].size_bytes = random_between(r, 1, (int)v[i].size_bytes - 1);
			v[k].size_bytes -= v[i].size_bytes;
			k++;
		}
	}
}

Test(place, rectangles_cut_into_boxes_close_again, .init = setup, .fini = teardown)
{
	static const struct {
		int n, steps, bytes, at_most;   /* arena allowed */
	} cases[] = {
		{ 10, 10, 100, 100 }, { 20, 20, 200, 200 }, { 30, 30, 1000, 1000 }, { 60, 60, 10000, 10100 },
		{ 120, 120, 100000, 101000 },
		/* The search may end before the bound is met, by the packing that was cut. */
		{ 300, 200, 100000, 100400 },
	};
	struct random r = { 42 };

	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
		for (int round = 0; round < 5; round++) {
			struct buffer v[300];
			struct pool_plan plan;
			const double start = seconds();

			guillotine(&r, v, cases[c].n, cases[c].steps, cases[c].bytes);
			plan = place(v, cases[c].n, NULL, 0);
			cr_log_info("cut %d: arena %lld bound %lld work %lld, %.3f s\n", cases[c].n,
				    (long long)plan.arena_bytes, (long long)plan.bound_bytes, (long long)plan.work,
				    seconds() - start);
			cr_expect_eq(plan.bound_bytes, cases[c].bytes);
			cr_expect_leq(plan.arena_bytes, cases[c].at_most, "%d boxes, round %d: %lld", cases[c].n, round,
				      (long long)plan.arena_bytes);
		}
}

/* A network: a chain with skip connections over some blocks, sizes falling with depth. */
static int network(struct random *r, struct buffer *v, int n)
{
	int k = 0;

	for (int t = 0; k < n; t++) {
		const int64_t size = ((int64_t)random_between(r, 1, 64) << random_below(r, 6)) * 16;
		int life = 1;

		if (!random_below(r, 4))
			life = random_between(r, 2, 12);
		if (!random_below(r, 50))
			life = random_between(r, 20, 200);
		v[k++] = (struct buffer){ .size_bytes = size, .align = 16, .first = t, .last = t + life };
		if (k < n && !random_below(r, 3))
			v[k++] = (struct buffer){ .size_bytes = random_between(r, 1, 4096), .align = 16, .first = t,
						  .last = t };
	}
	return k;
}

Test(place, networks_have_no_gap, .init = setup, .fini = teardown)
{
	static const int counts[] = { 20, 100, 300, 1000, 5000 };
	struct random r = { 7 };

	for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
		for (int round = 0; round < 4; round++) {
			struct buffer *v = ARENA_ARRAY(&a, counts[c], struct buffer);
			const double start = seconds();
			const int n = network(&r, v, counts[c]);
			const struct pool_plan plan = place(v, n, NULL, 0);
			const double took = seconds() - start;

			cr_log_info("network %d: arena %lld gap %lld work %lld, %.3f s\n", n,
				    (long long)plan.arena_bytes, (long long)(plan.arena_bytes - plan.bound_bytes),
				    (long long)plan.work, took);
			cr_expect_eq(plan.arena_bytes, plan.bound_bytes, "%d buffers, round %d: %lld over %lld", n,
				     round, (long long)plan.arena_bytes, (long long)plan.bound_bytes);
			cr_expect_lt(took, 1.0 * SLOWER);
		}
}

Test(place, a_hundred_thousand_buffers_take_two_seconds_at_most, .init = setup, .fini = teardown)
{
	enum { N = 100000 };
	struct buffer *v = ARENA_ARRAY(&a, N, struct buffer);
	struct random r = { 11 };

	for (int shape = 0; shape < 4; shape++) {
		struct pool_plan plan;
		double start;

		if (shape == 0)
			network(&r, v, N);
		for (int i = 0; shape && i < N; i++) {
			const int first = shape == 1 ? 0 : random_below(&r, N);
			const int length = shape == 2 ? random_below(&r, N) : random_below(&r, 30);

			v[i] = (struct buffer){ .size_bytes = random_between(&r, 1, 5000), .align = 1, .first = first,
						.last = shape == 1 ? i : first + length };
		}
		start = seconds();
		plan = place(v, N, NULL, 0);
		cr_log_info("shape %d: arena %lld bound %lld work %lld, %.3f s with validation\n", shape,
			    (long long)plan.arena_bytes, (long long)plan.bound_bytes, (long long)plan.work,
			    seconds() - start);
		cr_expect_lt(seconds() - start, 2.0 * SLOWER);
		cr_expect_leq(plan.arena_bytes, plan.bound_bytes + plan.bound_bytes / 5);
	}
}

Test(place, in_place_relu_shares_offset, .init = setup, .fini = teardown)
{
	struct buffer v[] = { { .size_bytes = 100, .align = 4, .first = 0, .last = 1 },
			      { .size_bytes = 100, .align = 4, .first = 1, .last = 2 } };
	const struct overlap o = { .a = 0, .b = 1 };

	cr_assert_eq(place(v, 2, &o, 1).arena_bytes, 100);
	cr_assert_eq(v[0].offset, v[1].offset);
	cr_assert_eq(place(v, 2, NULL, 0).arena_bytes, 200);
	v[0].last = 2;
	cr_assert_eq(place(v, 2, &o, 1).arena_bytes, 200, "a lives on: the permission is void");
}

Test(place, output_starts_inside_its_input, .init = setup, .fini = teardown)
{
	/* Output rows must stay 24 bytes behind the input's: a at 24 or higher, b below. */
	struct buffer v[] = { { .size_bytes = 100, .align = 4, .first = 0, .last = 1 },
			      { .size_bytes = 96, .align = 4, .first = 1, .last = 2 },
			      { .size_bytes = 20, .align = 4, .first = 0, .last = 2 } };
	const struct overlap o = { .a = 0, .b = 1, .at_least = OVERLAP_FREE_BELOW, .at_most = -24 };
	const struct pool_plan plan = place(v, 3, &o, 1);

	cr_assert_eq(plan.arena_bytes, 144);
	cr_assert_eq(plan.bound_bytes, 144);
}

Test(place, results_move_to_and_fro, .init = setup, .fini = teardown)
{
	/* Each may start 24 bytes before or behind the one that it consumes: upwards, downwards, upwards ... */
	struct buffer v[8];
	struct overlap o[14];
	struct pool_plan plan;

	for (int i = 0; i < 8; i++)
		v[i] = (struct buffer){ .size_bytes = 100, .align = 4, .first = i, .last = i + 1 };
	for (int i = 0; i < 7; i++) {
		o[2 * i] = (struct overlap){ i, i + 1, OVERLAP_FREE_BELOW, -24 };
		o[2 * i + 1] = (struct overlap){ i, i + 1, 24, OVERLAP_FREE_ABOVE };
	}
	plan = place(v, 8, o, 14);
	cr_assert_eq(plan.bound_bytes, 124, "the better one of a pair's permissions counts, not both");
	cr_assert_eq(plan.arena_bytes, 124);
}

Test(place, random_permissions_are_kept, .init = setup, .fini = teardown)
{
	struct random r = { 99 };
	int met = 0;

	for (int round = 0; round < 60; round++) {
		struct buffer v[80];
		struct overlap o[80] = { 0 };
		struct pool_plan with, without;
		int n_o = 0;

		for (int i = 0; i < 80; i++) {
			v[i] = (struct buffer){ .size_bytes = random_between(&r, 1, 60) * 8, .align = 8, .first = i,
						.last = i + random_between(&r, 1, 4) };
			if (i && random_below(&r, 2))
				v[i].size_bytes = v[i - 1].size_bytes;
			if (i && random_below(&r, 3))
				v[i - 1].last = i;
			if (i && v[i - 1].last == i)
				o[n_o++] = (struct overlap){ i - 1, i, random_below(&r, 2) ? 0 : OVERLAP_FREE_BELOW,
							     random_below(&r, 2) ? 0 : -8 * random_below(&r, 4) };
			if (n_o && o[n_o - 1].at_least > o[n_o - 1].at_most)
				n_o--;
		}
		with = place(v, 80, o, n_o);
		without = place(v, 80, NULL, 0);
		cr_expect_leq(with.arena_bytes, without.arena_bytes, "round %d", round);
		met += with.arena_bytes == with.bound_bytes;
	}
	cr_expect_geq(met, 50, "the bound was met in %d of 60", met);
}

Test(place, fast_pool_gets_the_busy_buffers, .init = setup, .fini = teardown)
{
	struct buffer v[] = { { .size_bytes = 600, .last = 3, .pool = POOL_ANY, .traffic_bytes = 600 },
			      { .size_bytes = 600, .last = 3, .pool = POOL_ANY, .traffic_bytes = 60000 },
			      { .size_bytes = 300, .last = 3, .pool = POOL_ANY, .traffic_bytes = 300 },
			      { .size_bytes = 64, .last = 3, .pool = 1 } };
	const struct memory_pool pools[] = { { .size_bytes = 1000 }, { .size_bytes = 0 } };
	struct pool_plan plans[2];
	const char *why;

	cr_assert(place_buffers(v, 4, pools, 2, NULL, 0, NULL, plans, &a, &d));
	cr_assert(plan_validate(v, 4, pools, 2, plans, NULL, 0, &a, &why), "%s", why);
	cr_assert_eq(v[1].pool, 0);
	cr_assert_eq(v[0].pool, 1);
	cr_assert_eq(v[2].pool, 0);
	cr_assert_eq(plans[0].arena_bytes, 900);
	cr_assert_eq(plans[1].arena_bytes, 664);
}

Test(place, pools_too_small_name_the_step, .init = setup, .fini = teardown)
{
	struct buffer v[] = { { .size_bytes = 600, .last = 3 }, { .size_bytes = 600, .first = 2, .last = 4 } };
	const struct memory_pool pool = { .size_bytes = 1000 };
	struct pool_plan plan;

	cr_assert_not(place_buffers(v, 2, &pool, 1, NULL, 0, NULL, &plan, &a, &d));
	cr_assert_eq(d.status, STATUS_DIFFERS);
	cr_assert_str_eq(diag_text(&d),
			 "m.onnx: error: pool 0: 1200 bytes needed, of which 1200 live in step 2: 1000 allowed\n");
}

Test(place, hostile_input_is_refused, .init = setup, .fini = teardown)
{
	static const struct buffer bad[] = {
		{ .size_bytes = -1 }, { .size_bytes = INT64_MAX }, { .size_bytes = 1, .align = 3 },
		{ .size_bytes = 1, .align = -4 }, { .size_bytes = 1, .first = 2, .last = 1 },
		{ .size_bytes = 1, .first = -1 }, { .size_bytes = 1, .pool = 1 }, { .size_bytes = 1, .pool = -2 },
		{ .size_bytes = 1, .align = 1 << 30 },
	};
	const struct memory_pool pool = { 0 };
	struct pool_plan plan;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct buffer v = bad[i];

		cr_expect_not(place_buffers(&v, 1, &pool, 1, NULL, 0, NULL, &plan, &a, &d), "row %d", (int)i);
	}
	for (int i = 0; i < 3; i++) {
		struct buffer v[2] = { { .size_bytes = 1 }, { .size_bytes = 1 } };
		const struct overlap o[] = { { 0, 2, 0, 0 }, { 0, 1, 1, 0 }, { 0, 1, INT64_MIN, 0 } };

		cr_expect_not(place_buffers(v, 2, &pool, 1, &o[i], 1, NULL, &plan, &a, &d), "permission %d", i);
	}
}

Test(place, sums_that_overflow_are_refused, .init = setup, .fini = teardown)
{
	enum { N = 1000 };
	struct buffer *v = ARENA_ARRAY(&a, N, struct buffer);
	const struct memory_pool pool = { 0 };
	struct pool_plan plan;

	for (int i = 0; i < N; i++)
		v[i].size_bytes = MAX_BUFFER_BYTES;
	cr_assert_not(place_buffers(v, N, &pool, 1, NULL, 0, NULL, &plan, &a, &d));
	cr_assert(place_buffers(v, 100, &pool, 1, NULL, 0, NULL, &plan, &a, &d));
	cr_assert_eq(plan.arena_bytes, 100 * MAX_BUFFER_BYTES);
}

Test(place, empty_buffers_and_nothing_at_all, .init = setup, .fini = teardown)
{
	struct buffer v[3] = { { .size_bytes = 0, .last = 5 }, { .size_bytes = 7, .last = 5, .align = 4 },
			       { .size_bytes = 0, .first = 5, .last = INT32_MAX } };

	cr_assert_eq(place(v, 0, NULL, 0).arena_bytes, 0);
	cr_assert_eq(place(v, 1, NULL, 0).arena_bytes, 0);
	cr_assert_eq(place(v, 3, NULL, 0).arena_bytes, 8);
}

Test(place, one_huge_among_many_small, .init = setup, .fini = teardown)
{
	enum { N = 2000 };
	struct buffer *v = ARENA_ARRAY(&a, N, struct buffer);
	struct pool_plan plan;

	for (int i = 0; i < N; i++)
		v[i] = (struct buffer){ .size_bytes = 1 + i % 13, .first = i, .last = i + i % 7 };
	v[N / 2].size_bytes = (int64_t)1 << 45;
	v[N / 2].last = INT32_MAX;
	plan = place(v, N, NULL, 0);
	cr_assert_eq(plan.arena_bytes, plan.bound_bytes);
}

Test(place, same_input_same_plan, .init = setup, .fini = teardown)
{
	struct buffer v[200], w[200];
	struct random r = { 5 };

	network(&r, v, 200);
	memcpy(w, v, sizeof v);
	place(v, 200, NULL, 0);
	place(w, 200, NULL, 0);
	for (int i = 0; i < 200; i++)
		cr_assert_eq(v[i].offset, w[i].offset);
}

/* One buffer a row: id, first step, step after the last, size; the number of rows. */
static int published(const char *name, struct buffer *v, int room)
{
	char line[256];
	FILE *f = fopen(name, "r");
	int n = 0;

	if (!f)
		return 0;
	while (fgets(line, sizeof line, f)) {
		long long size;
		int first, end;

		if (n < room && sscanf(line, "%*d,%d,%d,%lld", &first, &end, &size) == 3)
			v[n++] = (struct buffer){ .size_bytes = size, .align = 1, .first = first, .last = end - 1 };
	}
	fclose(f);
	return n;
}

/* The challenging set of Moffitt, "MiniMalloc", ASPLOS 2023: all fit the pool. What the search finds depends on no
 * clock. */
Test(place, published_instances_fit_their_pools, .init = setup, .fini = teardown)
{
	static const char names[] = "ABCDEFGHIJK";
	const struct memory_pool pool = { .size_bytes = 1 << 20 };
	const double start = seconds();
	int found = 0;

	for (const char *c = names; *c; c++) {
		struct buffer v[500];
		struct pool_plan plan;
		char name[512];
		const char *why;
		int n;

		snprintf(name, sizeof name, "%s/../../shared/plans/%c.1048576.csv", EXAMPLES, *c);
		n = published(name, v, 500);
		if (!n)
			cr_skip_test("%s is not there", name);
		if (!place_buffers(v, n, &pool, 1, NULL, 0, NULL, &plan, &a, &d)) {
			cr_log_info("%c: %s\n", *c, diag_text(&d));
			continue;
		}
		cr_assert(plan_validate(v, n, &pool, 1, &plan, NULL, 0, &a, &why), "%c: %s", *c, why);
		cr_log_info("%c: arena %lld, work %lld\n", *c, (long long)plan.arena_bytes, (long long)plan.work);
		found++;
	}
	cr_log_info("%d of %zu published instances fit, %.1f s\n", found, sizeof names - 1, seconds() - start);
	cr_expect_eq(found, (int)sizeof names - 1);
	cr_expect_lt(seconds() - start, 10.0 * SLOWER);
}
