/* ScatterND of blocks becomes Concat, and only that of blocks; what reads the result reads its parts. */
#include "tests/passes/fixture.h"

TestSuite(blocks, .init = setup, .fini = teardown);

/* Indices of all places of x[first … first + n - 1], two axes, each tuple `step` on from the last one's place. */
static int places(const int64_t first[2], const int64_t n[2], int64_t less)
{
	int64_t *v = ARENA_ARRAY(&arena, n[0] * n[1] * 2, int64_t);

	for (int64_t i = 0; i < n[0] * n[1]; i++) {
		v[2 * i] = first[0] + i / n[1] - less;
		v[2 * i + 1] = first[1] + i % n[1];
	}
	return tensor_const(&m, "places", DT_I64, 3, (int64_t[]){ n[0], n[1], 2 }, v);
}

static int slice(int x, int64_t axis, int64_t begin, int64_t end)
{
	return OP("Slice", x, ints(1, &begin), ints(1, &end), ints(1, &axis));
}

Test(blocks, of_rows_and_of_columns_are_concatenations)
{
	for (int is_column = 0; is_column < 2; is_column++)
		for (int64_t first = 0; first < 4; first++) {
			const int64_t from[2] = { is_column ? 0 : first, is_column ? first : 0 };
			const int64_t n[2] = { is_column ? 5 : 2, is_column ? 2 : 5 };
			int x;

			teardown();
			setup();
			x = input(DT_F32, DIMS(5, 5, 2));
			/* Places from the end, too. */
			output(OP("ScatterND", x, places(from, n, is_column ? 0 : 5), weights(DIMS(n[0], n[1], 2))));
			run_and_compare(pass_blocks, 0);
			cr_expect_eq(count_nodes("ScatterND"), 0);
			cr_expect_eq(count_nodes("Slice"), first > 0 && first < 3 ? 2 : 1);
		}
}

Test(blocks, along_an_axis_by_whole_rows)
{
	const int64_t row = 2;
	const int x = input(DT_F32, DIMS(4, 3)), at = tensor_const(&m, "at", DT_I64, 2, (int64_t[]){ 1, 1 }, &row);

	output(OP("ScatterND", x, at, weights(DIMS(1, 3))));
	run_and_compare(pass_blocks, 0);
	cr_expect_eq(count_nodes("Concat"), 1);
	cr_expect_eq(count_nodes("ScatterND"), 0);
}

/* A cache of six rows is renewed two rows at a time, and read in between. */
Test(blocks, of_a_chain_are_one_concatenation)
{
	int x = input(DT_F32, DIMS(6, 4)), read[3], y;

	y = OP("Relu", x);
	for (int i = 0; i < 3; i++) {
		read[i] = slice(y, 0, 2 * i, 2 * i + 2);
		y = OP("ScatterND", y, places((int64_t[]){ 2 * i, 0 }, (int64_t[]){ 2, 4 }, 0), OP("Neg", read[i]));
	}
	output(OP("Concat", y, read[0], read[1], read[2]));
	run_and_compare(pass_blocks, 0);
	cr_expect_eq(count_nodes("ScatterND"), 0);
	cr_expect_eq(count_nodes("Concat"), 2);
}

Test(blocks, a_gather_of_one_index_reads_its_part)
{
	const int64_t row = 0, last = -1;
	const int x = input(DT_F32, DIMS(3, 4)), at = tensor_const(&m, "at", DT_I64, 2, (int64_t[]){ 1, 1 }, &row);
	const int y = OP("ScatterND", x, at, weights(DIMS(1, 4)));

	output(OP("Gather", y, tensor_const(&m, "last", DT_I64, 0, NULL, &last)));
	run_and_compare(pass_blocks, 0);
	cr_expect_eq(count_nodes("Concat"), 0);
	cr_expect_eq(count_nodes("Gather"), 1);
}

/* In another order, twice, with holes, of two axes in part, added. */
Test(blocks, nothing_else_is)
{
	static const int64_t lists[][3] = { { 0, 2, 1 }, { 1, 1, 2 }, { 0, 1, 3 }, { 2, 1, 0 } };
	int x;

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		teardown();
		setup();
		x = input(DT_F32, DIMS(4, 3));
		output(OP("ScatterND", x, tensor_const(&m, "at", DT_I64, 2, (int64_t[]){ 3, 1 }, lists[i]),
			  weights(DIMS(3, 3))));
		run_and_compare(pass_blocks, 0);
		cr_expect_eq(count_nodes("ScatterND"), 1, "%zu", i);
	}
	teardown();
	setup();
	x = input(DT_F32, DIMS(4, 4));
	output(OP("ScatterND", x, places((int64_t[]){ 1, 1 }, (int64_t[]){ 2, 2 }, 0), weights(DIMS(2, 2))));
	run_and_compare(pass_blocks, 0);
	cr_expect_eq(count_nodes("ScatterND"), 1);
}
