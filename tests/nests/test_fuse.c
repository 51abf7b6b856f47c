/* Fusion: what may merge merges, what may not stays, and the numbers are the same before and after. */
#include "fixture.h"

#include <math.h>

#include "options.h"
#include "steps/fuse.h"
#include "steps/step.h"
#include "targets/target.h"

static struct block block;
static struct lowering l;

static void setup_block(void)
{
	static const struct options options = { .optimize = OPTIMIZE_SPEED };

	setup();
	module.options = &options;
	module.target = target_find(&arena, "x86-64-v3", NULL);         /* some passes are for machines with vectors */
	block = (struct block){ 0 };
	l = (struct lowering){ .m = &module, .block = &block, .node = -1 };
	graph_add(&module, "", -1);
}

TestSuite(fuse, .init = setup_block, .fini = teardown);

static const int64_t shape[2] = { 4, 6 };

static void set_graph(int in, int out)
{
	int *v = ARENA_ARRAY(&arena, 2, int);

	v[0] = in;
	v[1] = out;
	module.graph[0].in = v;
	module.graph[0].n_in = 1;
	module.graph[0].out = v + 1;
	module.graph[0].n_out = 1;
}

static int unary(enum eop op, int x)
{
	int y = tensor_like(&module, "", module.tensor[x].type, module.tensor[x].rank, module.tensor[x].dim);
	struct nest *n = nest_new(&module, y);

	nest_store(n, nest_unary(n, op, nest_load(n, x, n->axis)));
	lower_nest(&l, n);
	return y;
}

static int binary(enum eop op, int a, int b)
{
	int y = tensor_like(&module, "", module.tensor[a].type, module.tensor[a].rank, module.tensor[a].dim);
	struct nest *n = nest_new(&module, y);

	nest_store(n, nest_binary(n, op, nest_load(n, a, n->axis), nest_load_broadcast(n, b)));
	lower_nest(&l, n);
	return y;
}

static int row_sum(int x)
{
	int y = tensor_like(&module, "", DT_F32, 1, module.tensor[x].dim);
	struct nest *n = nest_new(&module, y);
	struct num at[2] = { n->axis[0], nest_reduce_axis(n, module.tensor[x].dim[1]) };

	nest_store(n, nest_reduce(n, REDUCE_SUM, nest_load(n, x, at)));
	lower_nest(&l, n);
	return y;
}

/* y[i][j] = max(x[i][j], sum of row i): a reduction and a broadcast, both of which read x. */
static int with_row_sum(int x)
{
	int s = row_sum(x), y = tensor_like(&module, "", DT_F32, 2, module.tensor[x].dim);
	struct nest *n = nest_new(&module, y);

	nest_store(n, nest_binary(n, E_MAX, nest_load(n, x, n->axis), nest_load(n, s, n->axis)));
	lower_nest(&l, n);
	return y;
}

static struct call *kernel(int x, int y)
{
	struct call *c = lower_call(&l, "nnrt_kernel", GEOMETRY_NONE);

	call_arg(&l, c, ARG_READ, x);
	call_arg(&l, c, ARG_WRITE, y);
	c->takes_epilogue = true;
	c->out = y;
	return c;
}

Test(fuse, chains_become_one_nest)
{
	int x = variable(DT_F32, 2, shape), y = unary(E_ABS, unary(E_EXP, unary(E_NEG, x)));

	set_graph(x, y);
	fuse_nests(&module, &block);
	cr_assert_eq(block.n, 1);
	cr_assert_str_eq(nest_text(block.step[0].nest), "%3[i0, i1] = abs(exp(neg(%0[i0, i1])))  for i0 < 4, i1 < 6\n");
}

/* A link that copies the chain before it would take memory for 250 expressions each time. */
Test(fuse, long_chains_take_memory_for_their_links_alone)
{
	enum { LINKS = 2000, BYTES_A_LINK = 2000 };
	static const enum eop ops[] = { E_NEG, E_ABS, E_TANH };
	int x = variable(DT_F32, 2, shape), y = x;
	size_t before;

	for (int i = 0; i < LINKS; i++)
		y = unary(ops[i % 3], y);
	set_graph(x, y);
	before = arena.total_bytes;
	fuse_nests(&module, &block);
	cr_assert_leq(block.n, LINKS / 100);
	cr_assert_leq(arena.total_bytes - before, (size_t)LINKS * BYTES_A_LINK);
}

Test(fuse, outputs_of_the_model_stay)
{
	int x = variable(DT_F32, 2, shape), y = unary(E_NEG, x);

	unary(E_EXP, y);
	set_graph(x, y);
	fuse_nests(&module, &block);
	cr_assert_eq(block.n, 2);
	drop_dead_steps(&module, &block);
	cr_assert_eq(block.n, 1);
	cr_assert_eq(block.step[0].nest->out, y);
}

Test(fuse, expensive_values_are_not_computed_twice)
{
	int x = variable(DT_F32, 2, shape), e = unary(E_EXP, x);

	set_graph(x, with_row_sum(e));
	fuse_nests(&module, &block);
	fuse_last_nests(&module, &block);
	cr_assert_eq(block.n, 3);
	cr_assert_eq(block.step[0].nest->out, e);
}

Test(fuse, cheap_values_are)
{
	int x = variable(DT_F32, 2, shape), e = unary(E_NEG, x), a = unary(E_EXP, e), b = unary(E_ABS, e);

	set_graph(x, binary(E_ADD, a, b));
	fuse_last_nests(&module, &block);
	cr_assert_eq(block.n, 1);
}

Test(fuse, a_reduction_takes_in_both_neighbours)
{
	int x = variable(DT_F32, 2, shape), s = row_sum(unary(E_ABS, x)), y = unary(E_SQRT, s);

	set_graph(x, y);
	fuse_nests(&module, &block);
	fuse_last_nests(&module, &block);
	cr_assert_eq(block.n, 1);
	cr_assert_str_eq(nest_text(block.step[0].nest),
			 "%3[i0] = sqrt(sum(abs(%0[i0, i1])))  for i0 < 4 reducing i1 < 6\n");
}

Test(fuse, a_view_keeps_its_storage)
{
	int x = variable(DT_F32, 2, shape), e = unary(E_NEG, x), view = variable(DT_F32, 2, shape);

	module.tensor[view].base = e;
	set_graph(x, binary(E_ADD, unary(E_ABS, e), view));
	fuse_nests(&module, &block);
	cr_assert_eq(block.n, 2);
}

Test(fuse, state_that_changes_in_between_is_read_in_time)
{
	int x = variable(DT_F32, 2, shape), state = unary(E_ABS, x), old = unary(E_NEG, state);
	struct nest *n = nest_new(&module, state);

	nest_store(n, nest_unary(n, E_EXP, nest_load(n, x, n->axis)));
	lower_nest(&l, n);
	set_graph(x, binary(E_ADD, old, state));
	fuse_nests(&module, &block);
	cr_assert_eq(block.n, 4);
}

Test(fuse, a_kernel_takes_in_what_follows)
{
	const int64_t six = 6;
	int x = variable(DT_F32, 2, shape), sum = variable(DT_F32, 2, shape), bias = variable(DT_F32, 1, &six), y;
	struct call *c = kernel(x, sum);

	y = binary(E_ADD, unary(E_TANH, binary(E_ADD, sum, bias)), x);
	set_graph(x, y);
	fuse_epilogues(&module, &block);
	cr_assert_eq(block.n, 1);
	cr_assert_eq(c->out, y);
	cr_assert_eq(c->arg[1].tensor, y);
	cr_assert_str_eq(nest_text(c->epilogue),
			 "%5[i0, i1] = add(tanh(add(acc, %2[i1])), %0[i0, i1])  for i0 < 4, i1 < 6\n");
}

Test(fuse, a_kernel_waits_for_its_residual)
{
	int x = variable(DT_F32, 2, shape), sum = variable(DT_F32, 2, shape), other = variable(DT_F32, 2, shape);
	struct call *c = kernel(x, sum);

	kernel(x, other)->takes_epilogue = false;
	set_graph(x, binary(E_ADD, sum, other));
	fuse_epilogues(&module, &block);
	cr_assert_eq(block.n, 2);
	cr_assert_eq(block.step[1].call, c);
}

Test(fuse, a_kernel_declines_what_its_tail_cannot_do)
{
	int x = variable(DT_F32, 2, shape), sum = variable(DT_F32, 2, shape), y = variable(DT_F32, 2, shape);
	struct nest *n;

	kernel(x, sum);
	n = nest_new(&module, y);
	{
		const struct num mirrored[2] = { n->axis[0], num_sub(&module.nums, num_const(5), n->axis[1]) };
		nest_store(n, nest_load(n, sum, mirrored));
	}
	lower_nest(&l, n);
	set_graph(x, y);
	fuse_epilogues(&module, &block);
	cr_assert_eq(block.n, 2);
}

Test(fuse, steps_inside_branches_move_with_their_branch)
{
	int x = variable(DT_F32, 2, shape), y = variable(DT_F32, 2, shape), cond = variable(DT_BOOL, 0, NULL), a, b;
	struct lowering inner;
	struct nest *n;
	struct step *s;

	a = unary(E_NEG, x);
	b = unary(E_EXP, a);
	s = lower_control(&l, STEP_IF);
	s->cond = cond;
	inner = (struct lowering){ .m = &module, .block = &s->body[0], .node = -1 };
	l.block = inner.block;
	a = unary(E_ABS, b);
	n = nest_new(&module, y);
	nest_store(n, nest_unary(n, E_SQRT, nest_load(n, a, n->axis)));
	lower_nest(&inner, n);
	set_graph(x, y);
	fuse_nests(&module, &block);
	cr_assert_eq(block.n, 2);
	cr_assert_eq(block.step[1].kind, STEP_IF);
	cr_assert_eq(block.step[1].body[0].n, 1);
	cr_assert_eq(block.step[1].body[0].step[0].nest->out, y);
}

/* --- random graphs ------------------------------------------------------------------------------------------------ */

enum { N_STEPS = 12 };

static int transposed_twice(int x)
{
	const struct num dim[2] = { module.tensor[x].dim[1], module.tensor[x].dim[0] };
	int t = tensor_like(&module, "", DT_F32, 2, dim), y = tensor_like(&module, "", DT_F32, 2, module.tensor[x].dim);

	for (int k = 0; k < 2; k++) {
		struct nest *n = nest_new(&module, k ? y : t);
		const struct num at[2] = { n->axis[1], n->axis[0] };
		nest_store(n, nest_load(n, k ? t : x, at));
		lower_nest(&l, n);
	}
	return y;
}

/* Through row-major numbers of another shape and back. */
static int reshaped(int x)
{
	const struct num dim[3] = { num_const(2), num_const(3), num_const(4) };
	int t = tensor_like(&module, "", DT_F32, 3, dim), y = tensor_like(&module, "", DT_F32, 2, module.tensor[x].dim);
	struct nums *s = &module.nums;
	struct nest *n = nest_new(&module, t);

	nest_store(n, nest_load_flat(n, x, num_add(s, num_add(s, num_mul(s, n->axis[0], num_const(12)),
		num_mul(s, n->axis[1], num_const(4))), n->axis[2])));
	lower_nest(&l, n);
	n = nest_new(&module, y);
	nest_store(n, nest_unary(n, E_NEG,
				 nest_load_flat(n, t, num_add(s, num_mul(s, n->axis[0], num_const(6)), n->axis[1]))));
	lower_nest(&l, n);
	return y;
}

static int random_graph(int x)
{
	int pool[N_STEPS + 1] = { x };

	for (int i = 0; i < N_STEPS; i++) {
		int a = pool[pick(i + 1)], b = pool[pick(i + 1)], *y = &pool[i + 1];
		switch (pick(6)) {
		case 0: *y = unary(E_NEG, a); break;
		case 1: *y = unary(E_TANH, a); break;
		case 2: *y = transposed_twice(a); break;
		case 3: *y = with_row_sum(a); break;
		case 4: *y = reshaped(a); break;
		default: *y = binary(E_SUB, a, b); break;
		}
	}
	return pool[N_STEPS];
}

static void evaluate(float *result, int y)
{
	for (int i = 0; i < block.n; i++)
		cr_assert(nest_eval(block.step[i].nest), "%s", nest_text(block.step[i].nest));
	for (int i = 0; i < 24; i++)
		result[i] = float_at(y, i);
}

Test(fuse, random_graphs_keep_their_values)
{
	int fused = 0;

	for (int round = 0; round < 200; round++) {
		float data[24], before[24], after[24];
		int x = variable(DT_F32, 2, shape), first = module.n_tensors, y, n;
		for (int i = 0; i < 24; i++)
			data[i] = (float)(pick(400) - 200) / 100;
		block = (struct block){ 0 };
		y = random_graph(x);
		set_graph(x, y);
		n = block.n;
		module.tensor[x].data = data;
		evaluate(before, y);
		module.tensor[x].data = NULL;
		for (int t = first; t < module.n_tensors; t++)
			module.tensor[t].data = NULL;
		for (int k = 0; k < n_step_passes; k++) {
			cr_assert(step_passes[k].run(&module, &block));
			block_check(&module, &block);
		}
		fused += n - block.n;
		module.tensor[x].data = data;
		evaluate(after, y);
		for (int i = 0; i < 24; i++)
			cr_assert(before[i] == after[i] || (isnan(before[i]) && isnan(after[i])));
	}
	cr_assert_gt(fused, 500);
}
