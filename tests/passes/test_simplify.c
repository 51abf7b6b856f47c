/* Nodes that do nothing go, and only those; outputs keep their names. */
#include "tests/passes/fixture.h"

TestSuite(simplify, .init = setup, .fini = teardown);
TestSuite(cse, .init = setup, .fini = teardown);

Test(simplify, nodes_that_do_nothing_go)
{
	int x = input(DT_F32, DIMS(2, 3));

	x = OP("Relu", x);
	x = OP("Identity", x);
	x = OP("Dropout", x);
	x = OP("Reshape", x, ints(2, (int64_t[]){ 2, 3 }));
	x = OP("Expand", x, ints(2, (int64_t[]){ 1, 3 }));
	x = transposed(x, 2, (int64_t[]){ 0, 1 });
	x = OP("Pad", x, ints(4, (int64_t[]){ 0, 0, 0, 0 }));
	x = OP("Mul", x, filled(1, DIMS(1)));
	x = OP("Sub", x, filled(0, DIMS(3)));
	x = OP("Sum", x);
	output(OP("Neg", x));
	run_and_compare(pass_simplify, 0);
	cr_expect_eq(count_nodes(NULL), 2);
}

Test(simplify, an_output_keeps_its_tensor)
{
	const int x = input(DT_F32, DIMS(4)), y = OP("Identity", OP("Relu", x));

	output(y);
	run_and_compare(pass_simplify, 0);
	cr_expect_eq(m.graph[0].out[0], y);
	cr_expect_eq(count_nodes("Identity"), 0);
	cr_expect_eq(count_nodes("Relu"), 1);
}

Test(simplify, an_input_that_is_an_output_is_still_copied)
{
	output(OP("Identity", input(DT_F32, DIMS(4))));
	run_and_compare(pass_simplify, 0);
	cr_expect_eq(count_nodes("Identity"), 1);
}

Test(simplify, adding_zero_stays_for_it_changes_minus_zero)
{
	const int x = input(DT_F32, DIMS(2));
	const float minus[] = { -0.0f, 1 };
	float y[2];

	output(OP("Add", x, filled(0, DIMS(1))));
	run(pass_simplify);
	cr_expect_eq(count_nodes("Add"), 1);
	evaluate(minus, y);
	cr_expect(!signbit(y[0]));
}

Test(simplify, equal_shapes_are_not_enough)
{
	const int x = input(DT_F32, DIMS(1, 4));
	int y = OP("Pad", x, ints(4, (int64_t[]){ 0, 1, 0, -1 }));

	y = OP("Slice", y, ints(1, (int64_t[]){ -1 }), ints(1, (int64_t[]){ -5 }), ints(1, (int64_t[]){ 1 }),
	       ints(1, (int64_t[]){ -1 }));
	output(OP("Mul", y, filled(1, DIMS(2, 1))));
	run_and_compare(pass_simplify, 0);
	cr_expect_eq(count_nodes(NULL), 3);
}

Test(simplify, transposes_join_and_cancel)
{
	const int x = input(DT_F32, DIMS(2, 3, 4));
	int y = transposed(x, 3, (int64_t[]){ 1, 2, 0 });

	y = transposed(y, 3, (int64_t[]){ 0, 2, 1 });
	y = OP("Neg", y);
	y = transposed(y, 3, (int64_t[]){ 2, 0, 1 });
	output(transposed(y, 3, (int64_t[]){ 1, 2, 0 }));
	run_and_compare(pass_simplify, 0);
	run(pass_dce);
	cr_expect_eq(count_nodes("Transpose"), 1);
}

Test(simplify, division_by_powers_of_two_and_squares_are_products)
{
	const int x = input(DT_F32, DIMS(3, 2)), y = OP("Div", x, filled(-8, DIMS(2)));

	output(OP("Div", OP("Pow", y, filled(2, 0, NULL)), filled(3, DIMS(1))));
	run_and_compare(pass_simplify, 0);
	cr_expect_eq(count_nodes("Mul"), 2);
	cr_expect_eq(count_nodes("Div"), 1);
}

Test(cse, equal_nodes_and_constants_are_one)
{
	const int x = input(DT_F32, DIMS(3)), a = OP("Add", x, filled(2, DIMS(3)));
	const int b = OP("Add", x, filled(2, DIMS(3))), c = OP("Sub", x, filled(2, DIMS(3)));

	output(OP("Mul", OP("Mul", OP("Exp", a), OP("Exp", b)), OP("Exp", c)));
	run_and_compare(pass_cse, 0);
	cr_expect_eq(count_nodes("Add"), 1);
	cr_expect_eq(count_nodes("Exp"), 2);
}

Test(cse, attributes_and_outputs_of_the_model_keep_nodes_apart)
{
	const int x = input(DT_F32, DIMS(2, 2)), a = transposed(x, 2, (int64_t[]){ 1, 0 });
	const int b = transposed(x, 2, (int64_t[]){ 0, 1 }), c = OP("Neg", x), d = OP("Neg", x);

	output(OP("Add", a, b));
	output(c);
	output(d);
	run_and_compare(pass_cse, 0);
	cr_expect_eq(count_nodes("Transpose"), 2);
	cr_expect_eq(count_nodes("Neg"), 2);
}

TestSuite(transposes, .init = setup, .fini = teardown);

Test(transposes, cancel_round_element_wise_nodes)
{
	const int x = input(DT_F32, DIMS(2, 3, 4)), t = transposed(x, 3, (int64_t[]){ 0, 2, 1 });
	const int u = transposed(OP("Neg", x), 3, (int64_t[]){ 0, 2, 1 });
	int y = OP("Mul", OP("Relu", t), OP("Add", u, filled(3, DIMS(1))));

	y = OP("Clip", y, filled(-1, 0, NULL), filled(2, 0, NULL));
	output(transposed(y, 3, (int64_t[]){ 0, 2, 1 }));
	run_and_compare(pass_transposes, 0);
	run(pass_dce);
	cr_expect_eq(count_nodes("Transpose"), 0);
	cr_expect_eq(count_nodes(NULL), 5);
}

Test(transposes, others_stay)
{
	const int x = input(DT_F32, DIMS(2, 2, 2)), t = transposed(x, 3, (int64_t[]){ 1, 2, 0 }), y = OP("Relu", t);
	const int z = OP("Add", OP("Neg", t), weights(DIMS(2)));

	output(OP("Add", y, transposed(y, 3, (int64_t[]){ 2, 0, 1 })));
	output(transposed(OP("Relu", transposed(x, 3, (int64_t[]){ 0, 2, 1 })), 3, (int64_t[]){ 1, 0, 2 }));
	output(transposed(z, 3, (int64_t[]){ 2, 0, 1 }));
	run_and_compare(pass_transposes, 0);
	run(pass_dce);
	cr_expect_eq(count_nodes("Transpose"), 5);
}
