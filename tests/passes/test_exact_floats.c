/* Exact floats: which products of bytes become float32, and that every value stays. */
#include "ops/integer.h"

#include "tests/passes/bytes.h"

static void setup_vectors(void)
{
	setup_for("armv8");
}

TestSuite(exact_floats, .init = setup_vectors, .fini = teardown);

/* Runs the pass, after `first` if that is given, and expects the values of before for every value of the input. */
static void expect_same(bool (*first)(struct module *m))
{
	float before[MAX_VALUES], after[MAX_VALUES];
	const int64_t n = evaluate_all_bytes(before);

	if (first)
		run(first);
	run(pass_exact_floats);
	cr_assert_eq(evaluate_all_bytes(after), n);
	for (int64_t i = 0; i < n; i++)
		cr_assert_eq(after[i], before[i], "value %lld is %.9g, before %.9g", (long long)i, (double)after[i],
			     (double)before[i]);
}

/* type: TensorProto's number. */
static int cast_to(int t, int64_t type)
{
	const int node = node_of(0, "Cast", 1, &t);

	rewrite_attr(&m, node, "to")->i = type;
	infer(node);
	return m.node[node].out[0];
}

static int read_as_float(int t)
{
	return cast_to(t, 1);
}

/* x times a matrix of uint8 whose zero point is not the middle, as bytes. */
static int product(int x)
{
	const int w = dequantised(bytes(DT_U8, DIMS(16, 16)), 0.01f, 100);

	return quantised(OP("MatMul", dequantised(x, 0.5f, 7), w), 0.5f, DT_U8, 7);
}

Test(exact_floats, products_read_as_floats_need_no_casts)
{
	const int x = input(DT_U8, DIMS(16, 16));

	output(read_as_float(OP("MatMulInteger", x, bytes(DT_U8, DIMS(16, 5)), byte(DT_U8, 7), byte(DT_U8, 100))));
	expect_same(NULL);
	cr_expect_eq(count_nodes("MatMul"), 1);
	cr_expect_eq(count_nodes(NULL), 2, "%d nodes", count_nodes(NULL));
}

Test(exact_floats, products_read_as_integers_stay_integers)
{
	const int x = input(DT_I8, DIMS(1, 4, 8, 8)), w = bytes(DT_I8, DIMS(3, 4, 3, 3));

	output(OP("ConvInteger", x, w, byte(DT_I8, -128), byte(DT_I8, 127)));
	expect_same(NULL);
	cr_expect_eq(count_nodes("ConvInteger"), 0);
	cr_expect_eq(m.tensor[m.graph[0].out[0]].type, DT_I32);
}

Test(exact_floats, weights_have_a_zero_point_for_each_channel)
{
	static const unsigned char zero[] = { 0, 100, 255 };
	const int x = input(DT_U8, DIMS(1, 4, 8, 8)), w = bytes(DT_U8, DIMS(3, 4, 3, 3));

	output(OP("ConvInteger", x, w, byte(DT_U8, 255), tensor_const(&m, "zeros", DT_U8, DIMS(3), zero)));
	expect_same(NULL);
	cr_expect_eq(count_nodes("ConvInteger"), 0);
}

Test(exact_floats, what_lies_between_two_products_stays_float)
{
	output(product(product(input(DT_U8, DIMS(16, 16)))));
	expect_same(pass_integers);
	cr_expect_eq(count_nodes("IntegerMatMul"), 0);
	cr_assert_eq(count_nodes("IntegerScale"), 2);
	cr_expect_eq(count_nodes(NULL), 6, "%d nodes", count_nodes(NULL));
	for (int i = 0; i < m.graph[0].n_nodes; i++) {
		const int node = m.graph[0].node[i], y = m.node[node].out[0];
		if (m.node[node].op == &op_nnc_IntegerScale)
			cr_expect_eq(m.tensor[y].type, y == m.graph[0].out[0] ? DT_U8 : DT_F32);
	}
}

Test(exact_floats, bytes_with_other_readers_stay_bytes)
{
	const int y = product(input(DT_U8, DIMS(16, 16)));

	output(product(y));
	output(y);
	expect_same(pass_integers);
	cr_expect_eq(m.tensor[m.graph[0].out[1]].type, DT_U8);
}

Test(exact_floats, sums_beyond_2_to_the_24_stay_integers)
{
	const int x = input(DT_U8, DIMS(1, 1024));

	output(OP("MatMulInteger", x, bytes(DT_U8, DIMS(1024, 1)), byte(DT_U8, 0), byte(DT_U8, 0)));
	run(pass_exact_floats);
	cr_expect_eq(count_nodes("MatMulInteger"), 1);
}

Test(exact_floats, bytes_that_kernels_take_stay)
{
	const int x = input(DT_U8, DIMS(16, 16)), w = dequantised(bytes(DT_U8, DIMS(16, 16)), 0.01f, 128);

	output(quantised(OP("MatMul", dequantised(x, 0.5f, 7), w), 0.5f, DT_U8, 7));
	run(pass_integers);
	run(pass_exact_floats);
	cr_expect_eq(count_nodes("IntegerMatMul"), 1);
}

Test(exact_floats, cores_without_vectors_keep_integers)
{
	teardown();
	setup_for("cortex-m4");
	output(OP("MatMulInteger", input(DT_U8, DIMS(16, 16)), bytes(DT_U8, DIMS(16, 5)), byte(DT_U8, 7),
		  byte(DT_U8, 100)));
	run(pass_exact_floats);
	cr_expect_eq(count_nodes("MatMulInteger"), 1);
}

static void setup_products_of_bytes(void)
{
	teardown();
	setup_for("x86-64-v4+vnni");
}

Test(exact_floats, products_of_bytes_stay_where_a_kernel_is_faster)
{
	setup_products_of_bytes();
	output(read_as_float(OP("MatMulInteger", input(DT_U8, DIMS(4, 64)), bytes(DT_U8, DIMS(64, 64)), byte(DT_U8, 7),
				byte(DT_U8, 128))));
	expect_same(NULL);
	cr_expect_eq(count_nodes("MatMulInteger"), 1);
	cr_expect_eq(count_nodes("IntegerMend"), 0);
}

Test(exact_floats, weights_beyond_int8_get_a_channel_of_ones)
{
	static const unsigned char zero[] = { 0, 100, 255 };

	setup_products_of_bytes();
	output(OP("ConvInteger", input(DT_U8, DIMS(1, 16, 4, 4)), bytes(DT_U8, DIMS(3, 16, 3, 3)), byte(DT_U8, 255),
		  tensor_const(&m, "zeros", DT_U8, DIMS(3), zero)));
	expect_same(NULL);
	cr_assert_eq(count_nodes("ConvInteger"), 1);
	cr_expect_eq(count_nodes("IntegerMend"), 1);
}

Test(exact_floats, so_do_those_of_what_becomes_bytes)
{
	int x, w;

	setup_products_of_bytes();
	x = dequantised(input(DT_U8, DIMS(4, 64)), 0.5f, 7);
	w = dequantised(bytes(DT_U8, DIMS(64, 64)), 0.01f, 100);
	output(quantised(OP("MatMul", x, w), 4.0f, DT_U8, 7));
	expect_same(pass_integers);
	cr_expect_eq(count_nodes("IntegerMatMul"), 0);
	cr_expect_eq(count_nodes("IntegerRescale"), 1);
}

Test(exact_floats, where_a_kernel_takes_nine_bits_they_stay)
{
	int x, w;

	teardown();
	setup_for("x86-64-v3");
	x = dequantised(input(DT_U8, DIMS(4, 64)), 0.5f, 7);
	w = dequantised(bytes(DT_U8, DIMS(64, 64)), 0.01f, 100);
	output(quantised(OP("MatMul", x, w), 4.0f, DT_U8, 7));
	expect_same(pass_integers);
	cr_expect_eq(count_nodes("IntegerMatMul"), 1);
}

Test(exact_floats, casts_that_lose_something_stay)
{
	const int sums = OP("MatMulInteger", input(DT_U8, DIMS(16, 16)), bytes(DT_U8, DIMS(16, 5)), byte(DT_U8, 7),
			    byte(DT_U8, 100));

	output(read_as_float(cast_to(read_as_float(sums), 3))); /* by way of int8 */
	expect_same(NULL);
}

Test(exact_floats, a_zero_point_for_each_row_stays)
{
	static const unsigned char zero[16] = { 0, 100, 255, 7 };
	const int x = input(DT_U8, DIMS(1, 16, 16));

	output(OP("MatMulInteger", x, bytes(DT_U8, DIMS(16, 5)),
		  tensor_const(&m, "zeros", DT_U8, DIMS(1, 16, 1), zero), byte(DT_U8, 100)));
	expect_same(NULL);
	cr_expect_eq(count_nodes("MatMulInteger"), 1);
}
