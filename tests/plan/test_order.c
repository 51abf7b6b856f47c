/* Orders against all topological orders of small flows, known networks, and the clock. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "plan/order.h"
#include "tests/plan/fixture.h"

/* A flow under construction: value i in storage i, unless moved. */
struct build {
	struct flow f;
	struct flow_step *steps;
	struct storage *storages;
	int *storage_of;
};

static struct build build_new(int max_steps, int max_values)
{
	struct build b = { .steps = ARENA_ARRAY(&a, max_steps, struct flow_step),
			   .storages = ARENA_ARRAY(&a, max_values, struct storage),
			   .storage_of = ARENA_ARRAY(&a, max_values, int) };

	b.f = (struct flow){ .steps = b.steps, .storages = b.storages, .storage_of = b.storage_of };
	return b;
}

static int value_new(struct build *b, int64_t bytes)
{
	b->storages[b->f.n_storages].size_bytes = bytes;
	b->storage_of[b->f.n_values] = b->f.n_storages++;
	return b->f.n_values++;
}

static int step_new(struct build *b, const int *reads, int n_reads, int64_t out_bytes)
{
	const int out = value_new(b, out_bytes);
	int *io = ARENA_ARRAY(&a, n_reads + 1, int);

	memcpy(io, reads, (size_t)n_reads * sizeof *io);
	io[n_reads] = out;
	b->steps[b->f.n_steps++] = (struct flow_step){ .reads = io, .n_reads = n_reads, .writes = io + n_reads,
						       .n_writes = 1, .over = -1 };
	return out;
}

static bool is_topological(const struct flow *f, const int *order)
{
	bool *done = ARENA_ARRAY(&a, f->n_steps, bool);
	int *writer = ARENA_ARRAY(&a, f->n_values, int);

	memset(writer, -1, (size_t)f->n_values * sizeof *writer);
	for (int i = 0; i < f->n_steps; i++)
		for (int k = 0; k < f->steps[i].n_writes; k++)
			writer[f->steps[i].writes[k]] = i;
	for (int i = 0; i < f->n_steps; i++) {
		const struct flow_step *s = &f->steps[order[i]];

		for (int k = 0; k < s->n_reads; k++)
			if (writer[s->reads[k]] >= 0 && !done[writer[s->reads[k]]])
				return false;
		for (int k = 0; k < f->n_edges; k++)
			if (f->edges[k].after == order[i] && !done[f->edges[k].before])
				return false;
		if (done[order[i]])
			return false;
		done[order[i]] = true;
	}
	return true;
}

/* The peak of an order, from the definition: for every step, what has been used so far (or was
 * there) and is still to be used (or stays). */
static int64_t peak_slowly(const struct flow *f, const int *order)
{
	int64_t peak = 0;

	for (int t = 0; t < f->n_steps; t++) {
		int64_t live = f->steps[order[t]].scratch_bytes;

		for (int g = 0; g < f->n_storages; g++) {
			bool before = f->storages[g].live_in, after = f->storages[g].live_out, dies = true,
			     over = false;

			for (int v = 0; v < f->n_values; v++) {
				bool written = false;

				if (f->storage_of[v] != g)
					continue;
				for (int u = 0; u < f->n_steps; u++) {
					const struct flow_step *s = &f->steps[order[u]];
					bool reads = false, writes = false;

					for (int k = 0; k < s->n_reads; k++)
						reads |= s->reads[k] == v;
					for (int k = 0; k < s->n_writes; k++)
						writes |= s->writes[k] == v;
					written |= writes;
					before |= (reads || writes) && u <= t;
					after |= (reads || writes) && u >= t;
					dies &= !((reads || writes) && u > t);
				}
				if (!written)
					before = true;
				over |= f->steps[order[t]].over == v;
			}
			if (before && after)
				live += f->storages[g].size_bytes;
			if (over && dies && !f->storages[g].live_out)
				live -= f->steps[order[t]].over_bytes;
		}
		if (live > peak)
			peak = live;
	}
	return peak;
}

static int64_t best_of_all(const struct flow *f, int *order, int n, int64_t best)
{
	if (n == f->n_steps) {
		const int64_t peak = is_topological(f, order) ? peak_slowly(f, order) : best;

		return peak < best ? peak : best;
	}
	for (int i = n; i < f->n_steps; i++) {
		const int x = order[i];

		order[i] = order[n];
		order[n] = x;
		best = best_of_all(f, order, n + 1, best);
		order[n] = order[i];
		order[i] = x;
	}
	return best;
}

static struct build random_flow(struct random *r, int n, int spread)
{
	struct build b = build_new(n, n + 2);
	int inputs[2] = { value_new(&b, random_between(r, 1, 20)), value_new(&b, random_between(r, 1, 20)) };

	for (int i = 0; i < n; i++) {
		int reads[3], n_reads = random_between(r, 1, 3);

		for (int k = 0; k < n_reads; k++) {
			const int known = b.f.n_values;

			reads[k] = known <= spread ? random_below(r, known) : known - 1 - random_below(r, spread);
		}
		if (!random_below(r, 9))
			reads[0] = inputs[random_below(r, 2)];
		step_new(&b, reads, n_reads, random_between(r, 1, 30));
		if (!random_below(r, 4))
			b.steps[i].scratch_bytes = random_between(r, 1, 20);
		if (!random_below(r, 4)) {
			b.steps[i].over = reads[0];
			b.steps[i].over_bytes = 1;
		}
	}
	for (int g = 0; g < b.f.n_storages; g++)
		b.storages[g].live_out = !random_below(r, 8);
	return b;
}

Test(order, equals_the_best_of_all_orders, .init = setup, .fini = teardown)
{
	struct random r = { 31 };

	for (int round = 0; round < 60; round++) {
		struct build b = random_flow(&r, 7, 5);
		struct order_result result;
		int order[7], all[7] = { 0, 1, 2, 3, 4, 5, 6 };

		if (round % 2) {
			b.storages[b.f.n_storages - 1].live_out = false;
			b.storage_of[b.f.n_values - 1] = b.storage_of[b.f.n_values - 3];
		}
		cr_assert(order_steps(&b.f, order, &result, &a, &d), "%s", diag_text(&d));
		cr_assert(is_topological(&b.f, order));
		cr_assert_eq(result.peak_bytes, peak_slowly(&b.f, order), "round %d: %d, not %d", round,
			     (int)result.peak_bytes, (int)peak_slowly(&b.f, order));
		cr_assert_eq(result.given_peak_bytes, peak_slowly(&b.f, all));
		cr_assert_eq(result.peak_bytes, best_of_all(&b.f, all, 0, INT64_MAX), "round %d", round);
		cr_assert(result.optimal);
	}
}

/* k branches of two steps each, wide in the middle, given breadth first. */
static struct build branches(int k)
{
	struct build b = build_new(2 * k + 2, 2 * k + 3);
	const int in = value_new(&b, 10);
	int wide[32], narrow[32];

	for (int i = 0; i < k; i++)
		wide[i] = step_new(&b, &in, 1, 100);
	for (int i = 0; i < k; i++)
		narrow[i] = step_new(&b, &wide[i], 1, 5);
	step_new(&b, narrow, k, 10);
	return b;
}

Test(order, branches_run_one_after_the_other, .init = setup, .fini = teardown)
{
	const struct build b = branches(10);
	struct order_result result;
	int order[64];

	cr_assert(order_steps(&b.f, order, &result, &a, &d));
	cr_assert_eq(result.given_peak_bytes, 10 + 10 * 100);
	/* The last branch: the input, nine narrow ends and a wide middle. */
	cr_assert_eq(result.peak_bytes, 10 + 9 * 5 + 100);
	cr_assert(result.optimal);
}

Test(order, long_chains_of_cells_are_exact, .init = setup, .fini = teardown)
{
	enum { CELLS = 2000, BRANCHES = 4 };
	struct build b = build_new(CELLS * (2 * BRANCHES + 1), CELLS * (2 * BRANCHES + 1) + 1);
	int *order = ARENA_ARRAY(&a, CELLS * (2 * BRANCHES + 1), int);
	int at = value_new(&b, 10);
	struct order_result result;

	for (int c = 0; c < CELLS; c++) {
		int wide[BRANCHES], narrow[BRANCHES];

		for (int i = 0; i < BRANCHES; i++)
			wide[i] = step_new(&b, &at, 1, 100 + c % 7);
		for (int i = 0; i < BRANCHES; i++)
			narrow[i] = step_new(&b, &wide[i], 1, 5);
		at = step_new(&b, narrow, BRANCHES, 10);
	}
	cr_assert(order_steps(&b.f, order, &result, &a, &d));
	cr_assert(is_topological(&b.f, order));
	cr_assert(result.optimal);
	cr_assert_eq(result.peak_bytes, 15 + 10 + 106);
}

Test(order, never_worse_than_given, .init = setup, .fini = teardown)
{
	struct random r = { 1234 };
	int exact = 0;

	for (int round = 0; round < 40; round++) {
		const int n = random_between(&r, 10, 150);
		const struct build b = random_flow(&r, n, random_between(&r, 2, 12));
		int *order = ARENA_ARRAY(&a, n, int);
		struct order_result result;

		cr_assert(order_steps(&b.f, order, &result, &a, &d));
		cr_assert(is_topological(&b.f, order));
		cr_assert_leq(result.peak_bytes, result.given_peak_bytes);
		cr_assert_eq(result.peak_bytes, peak_slowly(&b.f, order));
		exact += result.optimal;
	}
	cr_log_info("%d of 40 proved\n", exact);
	cr_assert_geq(exact, 20);
}

Test(order, a_hundred_thousand_steps_take_two_seconds_at_most, .init = setup, .fini = teardown)
{
	enum { N = 100000 };
	struct random r = { 77 };

	for (int spread = 3; spread <= 3000; spread *= 10) {
		const struct build b = random_flow(&r, N, spread);
		int *order = ARENA_ARRAY(&a, N, int);
		struct timespec start, end;
		struct order_result result;
		double took;

		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
		cr_assert(order_steps(&b.f, order, &result, &a, &d));
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
		took = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) * 1e-9;
		cr_log_info("spread %d: %lld -> %lld%s, work %lld, %.3f s\n", spread,
			    (long long)result.given_peak_bytes, (long long)result.peak_bytes,
			    result.optimal ? " proved" : "", (long long)result.work, took);
		cr_expect_lt(took, 2.0 * SLOWER);
		cr_expect(is_topological(&b.f, order));
	}
}

Test(order, extra_edges_are_kept, .init = setup, .fini = teardown)
{
	struct build b = branches(3);
	const struct flow_edge edges[] = { { 0, 2 }, { 1, 3 } };
	struct order_result result;
	int order[8];

	b.f.edges = edges;
	b.f.n_edges = 2;
	cr_assert(order_steps(&b.f, order, &result, &a, &d));
	cr_assert(is_topological(&b.f, order));
}

Test(order, malformed_flows_are_refused, .init = setup, .fini = teardown)
{
	struct order_result result;
	int order[8];

	for (int i = 0; i < 7; i++) {
		struct build b = branches(2);
		struct flow_edge edge = { 1, 0 };
		int bad[1] = { 99 }, later[1] = { b.f.n_values - 1 };

		switch (i) {
		case 0: b.steps[2].reads = bad; break;
		case 1: b.steps[1].writes = b.steps[0].writes; break;
		case 2: b.steps[0].reads = later; break;
		case 3: b.storages[1].size_bytes = -1; break;
		case 4: b.storages[1].size_bytes = INT64_MAX; break;
		case 5: b.f.edges = &edge, b.f.n_edges = 1; break;
		default: b.storage_of[0] = 99; break;
		}
		cr_expect_not(order_steps(&b.f, order, &result, &a, &d), "case %d", i);
		cr_expect_eq(d.status, STATUS_MODEL);
	}
}

Test(order, nothing_to_order, .init = setup, .fini = teardown)
{
	const struct flow f = { 0 };
	struct order_result result;

	cr_assert(order_steps(&f, NULL, &result, &a, &d));
	cr_assert_eq(result.peak_bytes, 0);
}
