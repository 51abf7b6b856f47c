/* Bytes of one sign: which tensors turn, and that the model's own bytes stay what they were. */
#include "ops/integer.h"

#include "tests/passes/bytes.h"

static void setup_unsigned(void)
{
	setup_for("x86-64-v4+vnni");
}

TestSuite(byte_signs, .init = setup_unsigned, .fini = teardown);

/* x (16x16) times a matrix, as bytes. */
static int product(int x, float scale, int zero, enum dtype type)
{
	const int w = dequantised(bytes(DT_I8, DIMS(16, 16)), 0.01f, 0);

	return quantised(OP("MatMul", dequantised(x, scale, zero), w), scale, type, zero);
}

static enum dtype type_read_by(const char *op)
{
	int i = 0;

	cr_assert_gt(count_nodes(op), 0, "no %s", op);
	while (strcmp(m.node[m.graph[0].node[i]].op->name, op) != 0)
		i++;
	return node_in_type(&m, m.graph[0].node[i], 0);
}

/* Runs both passes and expects the bytes of before for every value of the input, and so many flips. */
static void expect_same(int flips)
{
	float before[MAX_VALUES], after[MAX_VALUES];
	const int64_t n = evaluate_all_bytes(before);

	run(pass_integers);
	run(pass_byte_signs);
	cr_expect_eq(count_nodes("IntegerFlip"), flips, "%d flips, expected %d", count_nodes("IntegerFlip"), flips);
	cr_assert_eq(evaluate_all_bytes(after), n);
	for (int64_t i = 0; i < n; i++)
		cr_assert_eq(after[i], before[i], "byte %lld is %g, before %g", (long long)i, (double)after[i],
			     (double)before[i]);
}

Test(byte_signs, signed_products_become_unsigned_between_flips)
{
	output(product(product(input(DT_I8, DIMS(16, 16)), 0.5f, -3, DT_I8), 0.5f, -3, DT_I8));
	expect_same(2);
	cr_expect_eq(type_read_by("IntegerMatMul"), DT_U8);
}

Test(byte_signs, unsigned_products_stay)
{
	output(product(input(DT_U8, DIMS(16, 16)), 0.5f, 7, DT_U8));
	expect_same(0);
}

Test(byte_signs, signed_ones_stay_where_the_target_takes_signed_bytes)
{
	teardown();
	setup_for("armv8.2+dotprod");
	output(product(input(DT_I8, DIMS(16, 16)), 0.5f, 7, DT_I8));
	expect_same(0);
	cr_expect_eq(type_read_by("IntegerMatMul"), DT_I8);
}

Test(byte_signs, nothing_turns_where_every_kind_is_taken)
{
	teardown();
	setup_for("generic");
	output(product(input(DT_I8, DIMS(16, 16)), 0.5f, 7, DT_I8));
	expect_same(0);
}

Test(byte_signs, what_is_moved_turns_together_constants_included)
{
	const int x = input(DT_I8, DIMS(16, 16)), y = product(x, 0.5f, -3, DT_I8);
	const int parts[] = { dequantised(y, 0.5f, -3), dequantised(bytes(DT_I8, DIMS(16, 16)), 0.5f, -3) };
	const int joined = node_of(0, "Concat", 2, parts);

	rewrite_attr(&m, joined, "axis")->i = 0;
	infer(joined);
	output(quantised(m.node[joined].out[0], 0.5f, DT_I8, -3));
	expect_same(2);
}

Test(byte_signs, groups_and_tables_take_turned_bytes)
{
	const int x = input(DT_I8, DIMS(16, 16)), y = product(x, 0.5f, -3, DT_I8);
	const int sum = OP("Add", dequantised(x, 0.5f, -3), dequantised(y, 0.5f, -3));
	const int mixed = quantised(sum, 0.25f, DT_I8, 9);

	output(quantised(OP("Sigmoid", dequantised(mixed, 0.25f, 9)), 0.01f, DT_I8, -128));
	expect_same(1);         /* the input; what the table gives needs no product to read it */
}

Test(byte_signs, tensors_without_a_product_stay)
{
	const int x = dequantised(input(DT_I8, DIMS(16, 16)), 0.5f, 7);

	output(quantised(OP("Sigmoid", x), 0.01f, DT_I8, -128));
	expect_same(0);
}

Test(byte_signs, a_reader_without_a_rule_keeps_a_tensor)
{
	const int x = input(DT_I8, DIMS(16, 16));

	output(product(x, 0.5f, -3, DT_I8));
	output(OP("Neg", x));
	expect_same(1);         /* the product's result alone turns, and back */
	cr_expect_eq(type_read_by("IntegerMatMul"), DT_I8);
}
