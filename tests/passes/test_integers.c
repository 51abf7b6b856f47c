/* Integers: which sandwiches get an integer form, that it computes the same bytes, and what is said of those that stay.
 * That the forms are right for every value and shape is tests/integers' part. */
#include "ops/integer.h"
#include "support/strbuf.h"

#include "tests/passes/bytes.h"

static struct strbuf remarks;

static void keep(void *to, const char *text)
{
	strbuf_puts(to, text);
}

static void setup_listening(void)
{
	setup();
	strbuf_init(&remarks, &arena);
	diag.verbose = 1;
	diag.remarks = (struct sink){ keep, &remarks };
}

TestSuite(integers, .init = setup_listening, .fini = teardown);

/* All values of a byte: the input of shape 16x16 that the small sandwiches here have. */
static int byte_input(enum dtype type)
{
	return input(type, DIMS(16, 16));
}

/* Runs the pass and expects the bytes of before for every value of the input, and the float operators gone. */
static void expect_same_bytes(const char *form)
{
	float before[MAX_VALUES], after[MAX_VALUES];
	const int64_t n = evaluate_all_bytes(before);

	run(pass_integers);
	cr_assert_eq(count_nodes(form), 1, "%s: %d", form, count_nodes(form));
	cr_assert_eq(count_nodes("DequantizeLinear") + count_nodes("QuantizeLinear"), 0);
	cr_assert_eq(evaluate_all_bytes(after), n);
	for (int64_t i = 0; i < n; i++)
		cr_assert_eq(after[i], before[i], "%s: byte %lld is %g, before the pass %g", form, (long long)i,
			     (double)after[i], (double)before[i]);
}

/* Runs the pass and expects the float operators to stay, with that remark; NULL: with none. */
static void expect_declined(const char *why)
{
	const int quantize = count_nodes("QuantizeLinear");

	run(pass_integers);
	cr_expect_eq(count_nodes("QuantizeLinear"), quantize);
	for (int i = 0; i < m.graph[0].n_nodes; i++)
		cr_expect_str_neq(m.node[m.graph[0].node[i]].op->domain, "nnc");
	if (why)
		cr_expect(strstr(strbuf_text(&remarks), why), "wanted \"%s\" in \"%s\"", why, strbuf_text(&remarks));
	else
		cr_expect_str_empty(strbuf_text(&remarks));
}

/* The only node of that operator. */
static int only(const char *op)
{
	cr_assert_eq(count_nodes(op), 1, "%s: %d", op, count_nodes(op));
	for (int i = 0;; i++)
		if (!strcmp(m.node[m.graph[0].node[i]].op->name, op))
			return m.graph[0].node[i];
}

/* --- Forms -------------------------------------------------------------------------------------------------------- */

Test(integers, element_wise_trees_over_one_tensor_are_a_table)
{
	const int x = dequantised(byte_input(DT_I8), 0.05f, 3), y = OP("Mul", OP("Sigmoid", x), x);

	output(quantised(OP("Add", y, number(0.25f)), 0.02f, DT_U8, 17));
	expect_same_bytes("IntegerTable");
}

Test(integers, a_part_of_a_split_is_a_slice_of_bytes)
{
	static const int64_t parts[] = { 6, 10 };
	const int in[] = { dequantised(byte_input(DT_U8), 0.5f, 3), tensor_const_ints(&m, parts, 2) };
	const int out[] = { tensor_add(&m, "a"), tensor_add(&m, "b") };
	bool known;
	const int node = node_add(&m, 0, op_find("", "Split", OPSET, &known), "split", 2, in, 2, out);

	m.node[node].opset = OPSET;
	infer(node);
	output(quantised(out[1], 0.25f, DT_I8, -7));
	expect_same_bytes("Slice");
	cr_expect_eq(count_nodes("IntegerTable"), 1);
}

Test(integers, a_normalisation_in_a_group_stays_one_literal_node)
{
	const int x = dequantised(input(DT_U8, DIMS(4, 64)), 0.05f, 90), var = filled(0.7f, DIMS(64));
	float before[MAX_VALUES], after[MAX_VALUES];
	int y = OP("BatchNormalization", x, weights(DIMS(64)), weights(DIMS(64)), weights(DIMS(64)), var);
	int64_t n;

	output(quantised(y, 0.04f, DT_U8, 128));
	n = evaluate_all_bytes(before);
	run(pass_integers);
	run(pass_fold_batchnorm);
	cr_assert_eq(count_nodes("IntegerGroup"), 1);
	for (int i = 0; i < m.n_nodes; i++)
		cr_expect_str_neq(m.node[i].op->name, "Mul");
	cr_assert_eq(evaluate_all_bytes(after), n);
	for (int64_t i = 0; i < n; i++)
		cr_assert_eq(after[i], before[i]);
}

Test(integers, a_tensor_and_tables_of_it_are_one_table)
{
	const int bytes = byte_input(DT_U8), x = dequantised(bytes, 0.05f, 120), again = dequantised(bytes, 0.05f, 120);
	const int s = quantised(OP("Sigmoid", x), 1 / 256.0f, DT_U8, 0), t = quantised(OP("Tanh", x), 0.01f, DT_I8, 5);
	float before[MAX_VALUES], after[MAX_VALUES];
	int y = OP("Mul", again, dequantised(s, 1 / 256.0f, 0));
	int64_t n;

	y = dequantised(quantised(y, 0.03f, DT_U8, 9), 0.03f, 9);
	output(quantised(OP("Add", dequantised(t, 0.01f, 5), y), 0.04f, DT_U8, 30));
	n = evaluate_all_bytes(before);
	run(pass_integers);
	cr_expect_eq(count_nodes("IntegerTable"), 1);
	cr_expect_eq(count_nodes(NULL), 1);
	cr_assert_eq(evaluate_all_bytes(after), n);
	for (int64_t i = 0; i < n; i++)
		cr_assert_eq(after[i], before[i], "byte %lld is %g, before the pass %g", (long long)i, (double)after[i],
			     (double)before[i]);
}

Test(integers, a_change_of_scale_alone_is_a_table)
{
	output(quantised(dequantised(byte_input(DT_U8), 0.1f, 128), 0.3f, DT_I8, -5));
	expect_same_bytes("IntegerTable");
}

Test(integers, two_tensors_are_a_group)
{
	const int x = byte_input(DT_U8), a = dequantised(x, 0.05f, 3), b = dequantised(OP("Transpose", x), 0.4f, 100);

	output(quantised(OP("Relu", OP("Add", a, b)), 0.3f, DT_U8, 10));
	expect_same_bytes("IntegerGroup");
	cr_expect_eq(rewrite_attr(&m, only("IntegerGroup"), "low")->i, 10, "Relu is a limit");
}

Test(integers, movement_is_of_bytes_and_a_table_changes_the_scale)
{
	for (int same = 0; same < 2; same++) {
		int x;
		teardown();
		setup_listening();
		x = dequantised(byte_input(DT_I8), 0.5f, 7);
		x = OP("Transpose", x);
		output(quantised(x, same ? 0.5f : 0.75f, DT_I8, 7));
		expect_same_bytes("Transpose");
		cr_expect_eq(count_nodes("IntegerTable"), !same);
	}
}

Test(integers, inputs_of_a_concat_are_changed_one_by_one)
{
	const int x = byte_input(DT_U8), a = dequantised(x, 0.5f, 0), b = dequantised(x, 0.25f, 9);
	const int node = node_of(0, "Concat", 2, (const int[]){ a, b });

	rewrite_attr(&m, node, "axis")->i = 1;
	infer(node);
	output(quantised(m.node[node].out[0], 0.5f, DT_U8, 0));
	expect_same_bytes("Concat");
	cr_expect_eq(count_nodes("IntegerTable"), 1, "the first has the result's scale already");
}

/* The upper one wins: all is 2. */
Test(integers, bounds_the_wrong_way_round_are_limits)
{
	const int x = dequantised(byte_input(DT_U8), 0.5f, 3), y = OP("Clip", OP("Add", x, x), number(6), number(2));

	output(quantised(y, 0.25f, DT_U8, 1));
	expect_same_bytes("IntegerTable");
}

static int conv_sandwich(int x, int bias)
{
	const int w = dequantised(bytes(DT_I8, DIMS(2, 1, 3, 3)), 0.01f, 0);

	return bias < 0 ? OP("Conv", dequantised(x, 0.05f, 3), w) : OP("Conv", dequantised(x, 0.05f, 3), w, bias);
}

/* Attribute of the only IntegerConv or so. */
static int64_t attr_of(const char *op, const char *name)
{
	return rewrite_attr(&m, only(op), name)->i;
}

Test(integers, convolutions_take_steps_of_the_bias_and_limits)
{
	const int x = input(DT_U8, DIMS(1, 1, 6, 6));
	const int32_t *steps;
	float *bias = random_floats(2);
	int node, y;

	bias[0] = 7 * (0.05f * 0.01f);
	bias[1] = -3 * (0.05f * 0.01f);
	y = conv_sandwich(x, tensor_const(&m, "b", DT_F32, DIMS(2), bias));
	output(quantised(OP("Clip", y, number(0), number(6)), 0.1f, DT_I8, -100));
	run(pass_integers);
	cr_expect_eq(count_nodes(NULL), 1);
	node = only("IntegerConv");
	cr_expect_eq(attr_of("IntegerConv", "low"), -100);
	cr_expect_eq(attr_of("IntegerConv", "high"), -40);
	steps = m.tensor[node_in(&m, node, INTEGER_BIAS)].data;
	cr_expect(steps[0] == 7 && steps[1] == -3, "%d, %d", steps[0], steps[1]);
	cr_expect_eq(const_double(&m, node_in(&m, node, INTEGER_MULTIPLIER), 0), (double)(0.05f * 0.01f / 0.1f));
}

Test(integers, a_transposed_right_side_is_turned_round)
{
	const int x = dequantised(input(DT_U8, DIMS(4, 3)), 0.05f, 3), q = bytes(DT_I8, DIMS(2, 3));
	const int in[] = { x, dequantised(q, 0.01f, 0) }, node = node_of(0, "Gemm", 2, in);
	const int8_t *before = m.tensor[q].data, *after;

	rewrite_attr(&m, node, "transB")->i = 1;
	infer(node);
	output(quantised(m.node[node].out[0], 0.1f, DT_U8, 0));
	run(pass_integers);
	after = m.tensor[node_in(&m, only("IntegerMatMul"), INTEGER_W)].data;
	for (int i = 0; i < 6; i++)
		cr_expect_eq(after[i % 3 * 2 + i / 3], before[i]);
}

/* Both dialects say the same, so the same node with the same constants must come of them. */
Test(integers, the_operator_dialect_is_the_same_node)
{
	double constants[2][INTEGER_INPUTS] = { { 0 } };

	for (int dialect = 0; dialect < 2; dialect++) {
		int x, node;
		teardown();
		setup_listening();
		x = input(DT_U8, DIMS(1, 1, 6, 6));
		output(dialect ? OP("QLinearConv", x, number(0.05f), byte(DT_U8, 3), bytes(DT_I8, DIMS(2, 1, 3, 3)),
				    number(0.01f), byte(DT_I8, 0), number(0.1f), byte(DT_U8, 9)) :
				 quantised(conv_sandwich(x, -1), 0.1f, DT_U8, 9));
		run(pass_integers);
		cr_expect_eq(count_nodes(NULL), 1);
		node = only("IntegerConv");
		cr_expect_eq(attr_of("IntegerConv", "high"), 255);
		for (int k = INTEGER_W; k < INTEGER_INPUTS; k++)
			if (node_in(&m, node, k) >= 0)
				constants[dialect][k] = const_double(&m, node_in(&m, node, k), 0);
	}
	for (int k = 0; k < INTEGER_INPUTS; k++)
		cr_expect_eq(constants[0][k], constants[1][k], "input %d: %g and %g", k, constants[0][k],
			     constants[1][k]);
}

Test(integers, a_pad_of_the_zero_point_becomes_the_convolutions)
{
	for (int value = 0; value < 2; value++) {       /* real 0 is the zero point, 1 is not */
		int x;
		teardown();
		setup_listening();
		x = dequantised(input(DT_U8, DIMS(1, 1, 6, 6)), 0.5f, 3);
		x = OP("Pad", x, ints(8, (int64_t[]){ 0, 0, 1, 0, 0, 0, 2, 1 }), number((float)value));
		x = dequantised(quantised(x, 0.5f, DT_U8, 3), 0.5f, 3);
		output(quantised(OP("Conv", x, dequantised(bytes(DT_I8, DIMS(2, 1, 3, 3)), 0.01f, 0)), 0.1f, DT_U8, 9));
		run(pass_integers);
		cr_expect_eq(count_nodes("Pad"), value);
		cr_expect_eq(count_nodes("IntegerConv"), 1);
	}
}

/* --- What stays --------------------------------------------------------------------------------------------------- */

Test(integers, a_result_that_another_reads_before_it_is_quantised_stays)
{
	const int x = byte_input(DT_U8), y = OP("Add", dequantised(x, 0.5f, 3), dequantised(x, 0.25f, 3));

	output(quantised(y, 0.5f, DT_U8, 3));
	output(OP("Neg", y));
	expect_declined("the result before quantisation has other readers");
}

Test(integers, an_input_that_is_not_dequantised_stays)
{
	const int x = input(DT_F32, DIMS(1, 1, 6, 6));

	output(quantised(OP("Conv", x, dequantised(bytes(DT_I8, DIMS(2, 1, 3, 3)), 0.01f, 0)), 0.5f, DT_U8, 3));
	expect_declined("Conv \"Conv\": an input is not dequantised from 8 bits with one constant scale");
}

Test(integers, a_bias_between_two_steps_stays)
{
	float *bias = random_floats(2);
	int y;

	bias[0] = 7.5f * (0.05f * 0.01f);
	bias[1] = 0;
	y = conv_sandwich(input(DT_U8, DIMS(1, 1, 6, 6)), tensor_const(&m, "b", DT_F32, DIMS(2), bias));
	output(quantised(y, 0.1f, DT_U8, 0));
	expect_declined("the bias is no constant in steps of the product of both scales");
}

Test(integers, weights_that_change_stay)
{
	const int x = dequantised(input(DT_U8, DIMS(4, 3)), 0.05f, 3);
	const int w = dequantised(input(DT_I8, DIMS(3, 2)), 0.01f, 0);

	output(quantised(OP("MatMul", x, w), 0.1f, DT_U8, 0));
	expect_declined("the weights are not constants of 8 bits with constant scales of the output channels");
}

Test(integers, multipliers_beyond_float32_stay)
{
	const int x = dequantised(input(DT_U8, DIMS(4, 3)), 1e30f, 3);
	const int w = dequantised(bytes(DT_I8, DIMS(3, 2)), 1e20f, 0);

	output(quantised(OP("MatMul", x, w), 0.1f, DT_U8, 0));
	expect_declined("the scales' product leaves float32");
}

Test(integers, two_loop_nests_are_no_group)
{
	const int x = byte_input(DT_U8), n = node_of(0, "LpNormalization", 1, (const int[]){ dequantised(x, 0.5f, 3) });

	infer(n);
	output(quantised(m.node[n].out[0], 0.5f, DT_U8, 3));
	expect_declined("it is more than one loop nest");
}

Test(integers, scales_that_are_no_scales_stay)
{
	static const float scales[] = { 0, -0.5f, INFINITY, 1e-40f };

	for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
		teardown();
		setup_listening();
		output(quantised(OP("Sigmoid", dequantised(byte_input(DT_U8), 0.5f, 3)), scales[i], DT_U8, 3));
		expect_declined(NULL);
	}
}

