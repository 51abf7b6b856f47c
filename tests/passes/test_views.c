/* Which tensors share storage, and which must not. */
#include "tests/passes/fixture.h"

TestSuite(views, .init = setup, .fini = teardown);

static int base(int t)
{
	return m.tensor[t].base;
}

static int64_t offset(int t)
{
	cr_assert(num_is_const(m.tensor[t].offset));
	return m.tensor[t].offset.n;
}

static int joined(int a, int b, int64_t axis)
{
	const int node = node_of(0, "Concat", 2, (const int[]){ a, b });

	rewrite_attr(&m, node, "axis")->i = axis;
	infer(node);
	return m.node[node].out[0];
}

Test(views, a_reshape_is_its_source)
{
	const int x = OP("Neg", input(DT_F32, DIMS(2, 6))), y = OP("Reshape", x, ints(2, (const int64_t[]){ 3, 4 }));

	output(OP("Exp", y));
	run(pass_views);
	cr_expect_eq(base(y), x);
	cr_expect_eq(offset(y), 0);
	cr_expect(num_is(m.tensor[y].stride[0], 4));
}

Test(views, a_transpose_is_its_source_with_other_strides)
{
	const int64_t perm[] = { 1, 0 };
	const int x = OP("Neg", input(DT_F32, DIMS(2, 6))), y = transposed(x, 2, perm);

	output(OP("Exp", y));
	run(pass_views);
	cr_expect_eq(base(y), x);
	cr_expect(num_is(m.tensor[y].stride[0], 1));
	cr_expect(num_is(m.tensor[y].stride[1], 6));
}

Test(views, parts_of_a_concatenation_are_made_in_it)
{
	const int x = input(DT_F32, DIMS(2, 3)), a = OP("Neg", x), b = OP("Exp", x), y = joined(a, b, 1);

	output(OP("Abs", y));
	run(pass_views);
	cr_expect_eq(base(a), y);
	cr_expect_eq(base(b), y);
	cr_expect_eq(offset(b), 3);
	cr_expect(num_is(m.tensor[a].stride[0], 6));
}

Test(views, a_tensor_is_in_one_concatenation_alone)
{
	const int x = input(DT_F32, DIMS(2, 3)), a = OP("Neg", x), b = OP("Exp", x);
	const int y = joined(a, b, 0), z = joined(b, a, 0);

	output(OP("Abs", y));
	output(OP("Abs", z));
	run(pass_views);
	cr_expect_eq(base(a), y);
	cr_expect_eq(base(b), y);
	cr_expect_eq(base(z), z);
}

Test(views, inputs_and_outputs_stay_where_they_are)
{
	const int x = input(DT_F32, DIMS(6)), y = OP("Reshape", x, ints(2, (const int64_t[]){ 2, 3 }));

	output(y);
	run(pass_views);
	cr_expect_eq(base(x), x);
	cr_expect_eq(base(y), y);
}

Test(views, a_tensor_without_elements_is_nobodys_view)
{
	const int x = OP("Neg", input(DT_F32, DIMS(2, 3))), e = OP("Neg", input(DT_F32, DIMS(0, 3)));
	const int y = joined(x, e, 0);

	output(OP("Exp", y));
	run(pass_views);
	cr_expect_eq(base(e), e);
	cr_expect(base(y) == x || base(x) == y);
}

/* Loop(3, -, init) whose body gives variable + 1: its output. *variable: the body's input. */
static int loop(int init, int *variable)
{
	static const int64_t three = 3;
	const int limit = tensor_const(&m, "three", DT_I64, 0, NULL, &three);
	const int n = node_of(0, "Loop", 3, (const int[]){ limit, -1, init }), g = graph_add(&m, "body", 0);
	const int one = filled(1, 0, NULL);
	int add;

	for (int i = 0; i < 3; i++)
		m.graph[g].in = append_index(m.graph[g].in, m.graph[g].n_in++, tensor_add(&m, "in"));
	*variable = m.graph[g].in[2];
	add = node_of(g, "Add", 2, (const int[]){ *variable, one });
	m.graph[g].out = append_index(NULL, 0, m.graph[g].in[1]);
	m.graph[g].out = append_index(m.graph[g].out, 1, m.node[add].out[0]);
	m.graph[g].n_out = 2;
	rewrite_attr(&m, n, "body")->i = g;
	infer(n);
	return m.node[n].out[0];
}

Test(views, a_first_value_that_only_the_loop_reads_is_made_in_its_variable)
{
	int variable;
	const int h = OP("Abs", input(DT_F32, DIMS(4))), y = loop(h, &variable);

	output(OP("Neg", y));
	run(pass_views);
	cr_expect_eq(base(h), variable);
	cr_expect_eq(base(y), variable);
}

Test(views, a_first_value_that_another_reads_is_not)
{
	int variable;
	const int h = OP("Abs", input(DT_F32, DIMS(4))), y = loop(h, &variable);

	output(OP("Add", y, h));
	run(pass_views);
	cr_expect_eq(base(h), h);
	cr_expect_eq(base(y), variable);
}

Test(views, a_first_value_of_two_loops_is_in_neither)
{
	int u, v;
	const int h = OP("Abs", input(DT_F32, DIMS(4))), y = loop(h, &u), z = loop(h, &v);

	output(OP("Add", y, z));
	run(pass_views);
	cr_expect_eq(base(h), h);
}

/* b has as many elements as `count` says, behind which c lies in the result. */
static int behind_found(bool count_first, int *c)
{
	const int x = input(DT_F32, DIMS(4)), number = input(DT_I64, 0, NULL), b = input(DT_F32, DIMS(1));
	int count;

	if (!count_first)
		*c = OP("Exp", x);
	count = OP("Abs", number);
	if (count_first)
		*c = OP("Exp", x);
	m.tensor[b].dim[0] = num_var_of(&m.nums, "found", 0, 8, count);
	tensor_dense(&m, b);
	return joined(OP("Neg", b), *c, 0);
}

Test(views, what_is_made_before_its_place_is_found_is_not_made_there)
{
	int c;

	output(OP("Abs", behind_found(false, &c)));
	run(pass_views);
	cr_expect_eq(base(c), c);
}

Test(views, what_is_made_after_its_place_is_found_is_made_there)
{
	int c;
	const int y = behind_found(true, &c);

	output(OP("Abs", y));
	run(pass_views);
	cr_expect_eq(base(c), y);
	cr_expect_not(num_is_const(m.tensor[c].offset));
}
