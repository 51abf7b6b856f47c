/* Blocks as flows: what is ordered against what, and how many words that takes. */
#include "tests/plan/copies.h"

#include "plan/step_flow.h"
#include "steps/uses.h"

TestSuite(step_flow, .init = setup, .fini = teardown);

/* The flow of block b of program p. */
static struct block_flow flow_of(struct block *p, const struct block *b)
{
	const int64_t *inside_bytes = ARENA_ARRAY(&scratch, b->n, int64_t);
	struct block_flow f;
	struct timeline l;

	if (!module.n_graphs)
		graph_add(&module, "", -1);
	timeline_build(&l, &module, p);
	block_flow(&l, b, inside_bytes, &f);
	return f;
}

static bool is_edge(const struct flow *f, int before, int after)
{
	for (int i = 0; i < f->n_edges; i++)
		if (f->edges[i].before == before && f->edges[i].after == after)
			return true;
	return false;
}

Test(step_flow, what_another_block_wrote_first_is_read_before_it_is_written_again)
{
	const int state = value(), next = value(), out = value();
	struct block block = { 0 }, body = { 0 };
	struct lowering l = { .m = &module, .block = &block, .node = -1 };
	struct block_flow f;

	copy_step(&block, state, -1);
	copy_step(&body, next, -1);
	copy_step(&body, out, state);
	copy_step(&body, state, next);
	lower_control(&l, STEP_LOOP)->body[0] = body;
	copy_step(&block, value(), out);
	f = flow_of(&block, &body);
	cr_expect(is_edge(&f.flow, 1, 2));
	cr_expect_not(is_edge(&f.flow, 0, 1));
}

Test(step_flow, parts_and_readers_add_up)
{
	enum { N = 200 };
	struct block block = { 0 };
	struct block_flow f;
	const int whole = variable(DT_F32, 1, (const int64_t[]){ 4 * N });
	int reads = 0, joins = 0;

	for (int i = 0; i < N; i++) {
		const int part = value();
		module.tensor[part].base = whole;
		copy_step(&block, part, -1);
	}
	for (int i = 0; i < N; i++)
		copy_step(&block, variable(DT_F32, 1, (const int64_t[]){ 4 * N }), whole);
	f = flow_of(&block, &block);
	for (int i = 0; i < f.flow.n_steps; i++) {
		reads += f.flow.steps[i].n_reads;
		joins += f.step[i] < 0;
	}
	cr_expect_eq(joins, 1);
	cr_expect_eq(reads, 2 * N);
	cr_expect_eq(f.flow.n_steps, 2 * N + 1);
}

Test(step_flow, what_is_written_again_is_read_once)
{
	enum { N = 200 };
	struct block block = { 0 };
	struct block_flow f;
	const int t = value();
	int reads = 0;

	for (int i = 0; i < N; i++) {
		copy_step(&block, t, -1);
		copy_step(&block, value(), t);
	}
	f = flow_of(&block, &block);
	for (int i = 0; i < f.flow.n_steps; i++)
		reads += f.flow.steps[i].n_reads;
	cr_expect_eq(reads, N);
	cr_expect(is_edge(&f.flow, 1, 2));
	cr_expect_leq(f.flow.n_edges, 2 * N);
}

/* count = …; x has as many elements as it says. */
static int found_values(struct block *block)
{
	const int count = variable(DT_I64, 1, (const int64_t[]){ 1 });
	const struct num n = num_var_of(&module.nums, "found", 0, 8, count);
	struct lowering l = { .m = &module, .block = block, .node = 0 };
	struct nest *nest = nest_new(&module, count);

	nest_store(nest, nest_const_int(nest, DT_I64, 3));
	lower_nest(&l, nest);
	copy_step(block, tensor_like(&module, "", DT_F32, 1, &n), -1);
	return count;
}

Test(step_flow, a_size_is_found_before_it_is_used)
{
	struct block block = { 0 };
	struct block_flow f;

	found_values(&block);
	f = flow_of(&block, &block);
	cr_assert_eq(f.flow.steps[1].n_reads, 1);
	cr_expect_eq(f.flow.steps[1].reads[0], f.flow.steps[0].writes[0]);
}

Test(step_flow, a_size_is_used_before_it_is_found_again)
{
	struct block block = { 0 };
	struct lowering l = { .m = &module, .block = &block, .node = 0 };
	const int count = found_values(&block);
	struct nest *nest = nest_new(&module, count);
	struct block_flow f;

	nest_store(nest, nest_const_int(nest, DT_I64, 5));
	lower_nest(&l, nest);
	f = flow_of(&block, &block);
	cr_expect(is_edge(&f.flow, 1, 2));
}

Test(step_flow, a_step_that_uses_a_size_does_not_move_behind_the_next)
{
	struct block block = { 0 };
	struct lowering l = { .m = &module, .block = &block, .node = 0 };
	const int count = found_values(&block);
	struct nest *nest = nest_new(&module, count);
	struct uses u;

	graph_add(&module, "", -1);
	uses_init(&u, &module, &block);
	cr_expect(uses_may_run_later(&u, &u.site[1]));
	nest_store(nest, nest_const_int(nest, DT_I64, 5));
	lower_nest(&l, nest);
	uses_init(&u, &module, &block);
	cr_expect_not(uses_may_run_later(&u, &u.site[1]));
}
