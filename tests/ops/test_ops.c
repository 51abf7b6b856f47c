/* Operators: shapes with run-time dimensions, and values of nodes whose inputs are constants, folded through their loop
 * nests. Expected values are worked out by hand from the standard's formulas. */
#include "fixture.h"

static struct num batch(void)
{
	return num_var(&module.nums, "n", 1, 64);
}

Test(infer_shapes, reshape_carries_a_run_time_dimension, .init = setup, .fini = teardown)
{
	struct num n = batch(), dim[] = { n, num_const(3), num_const(4) };
	int x = tensor_like(&module, "x", DT_F32, 3, dim), shape = tensor_const_ints(&module, (int64_t[]){ 0, -1 }, 2);

	expect_dims(infer(node_of("Reshape", 13, 2, (int[]){ x, shape }, 1)), 2, (struct num[]){ n, num_const(12) });
	shape = tensor_const_ints(&module, (int64_t[]){ -1, 6, 2 }, 3);
	expect_dims(infer(node_of("Reshape", 13, 2, (int[]){ x, shape }, 1)), 3,
		    (struct num[]){ n, num_const(6), num_const(2) });
}

Test(infer_shapes, reshape_refuses_other_counts, .init = setup, .fini = teardown)
{
	int x = variable(DT_F32, 2, (int64_t[]){ 2, 3 }), shape = tensor_const_ints(&module, (int64_t[]){ 4, -1 }, 2);

	cr_assert_not(infer_node(&module, node_of("Reshape", 13, 2, (int[]){ x, shape }, 1)));
	cr_assert_eq(diag.status, STATUS_MODEL);
}

Test(infer_shapes, shape_of_a_run_time_batch_is_known, .init = setup, .fini = teardown)
{
	struct num n = batch(), dim[] = { n, num_const(3) };
	int x = tensor_like(&module, "x", DT_F32, 2, dim), y = infer(node_of("Shape", 13, 1, &x, 1)), count;
	const struct num *v = tensor_value(&module, y, &count);

	cr_assert_eq(count, 2);
	cr_assert(num_same(v[0], n) && num_is(v[1], 3));
}

Test(infer_shapes, convolution_windows, .init = setup, .fini = teardown)
{
	static const struct { const char *pad; int64_t stride, dilation, begin, end, in, kernel, out; } row[] = {
		{ "NOTSET", 1, 1, 0, 0, 7, 3, 5 }, { "NOTSET", 2, 1, 1, 1, 7, 3, 4 }, { "NOTSET", 1, 2, 0, 0, 7, 3, 3 },
		{ "SAME_UPPER", 2, 1, 0, 0, 7, 4, 4 }, { "SAME_LOWER", 3, 2, 0, 0, 7, 3, 3 },
		{ "VALID", 2, 1, 0, 0, 8, 3, 3 },
	};
	struct num n = batch();

	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		struct num dim[] = { n, num_const(2), num_const(row[i].in) };
		int x = tensor_like(&module, "x", DT_F32, 3, dim);
		int w = variable(DT_F32, 3, (int64_t[]){ 5, 2, row[i].kernel });
		int node = node_of("Conv", 11, 2, (int[]){ x, w }, 1);
		const int64_t pads[] = { row[i].begin, row[i].end };

		set_string(node, "auto_pad", row[i].pad);
		set_ints(node, "strides", &row[i].stride, 1);
		set_ints(node, "dilations", &row[i].dilation, 1);
		set_ints(node, "pads", pads, 2);
		expect_dims(infer(node), 3, (struct num[]){ n, num_const(5), num_const(row[i].out) });
	}
}

Test(infer_shapes, pool_drops_the_window_that_lies_in_the_padding, .init = setup, .fini = teardown)
{
	int x = variable(DT_F32, 3, (int64_t[]){ 1, 1, 2 }), node = node_of("MaxPool", 10, 1, &x, 1);
	static const int64_t kernel = 1, stride = 2;

	set_ints(node, "kernel_shape", &kernel, 1);
	set_ints(node, "strides", &stride, 1);
	set_int(node, "ceil_mode", 1);
	expect_dims(infer(node), 3, (struct num[]){ num_const(1), num_const(1), num_const(1) });
}

Test(fold, slice_with_a_negative_step, .init = setup, .fini = teardown)
{
	int x = constant(DT_F32, 1, (int64_t[]){ 5 }, (float[]){ 0, 1, 2, 3, 4 });
	int from = tensor_const_ints(&module, (int64_t[]){ -1 }, 1),
	    to = tensor_const_ints(&module, (int64_t[]){ INT64_MIN }, 1);
	int axis = tensor_const_ints(&module, (int64_t[]){ 0 }, 1),
	    step = tensor_const_ints(&module, (int64_t[]){ -2 }, 1);

	expect_floats(infer(node_of("Slice", 13, 5, (int[]){ x, from, to, axis, step }, 1)), (float[]){ 4, 2, 0 }, 3);
}

Test(fold, softmax_flattens_before_opset_13, .init = setup, .fini = teardown)
{
	int x = constant(DT_F32, 3, (int64_t[]){ 1, 2, 2 }, (float[]){ 0, 0, 0, 0 });

	expect_floats(infer(node_of("Softmax", 11, 1, &x, 1)), (float[]){ 0.25f, 0.25f, 0.25f, 0.25f }, 4);
	expect_floats(infer(node_of("Softmax", 13, 1, &x, 1)), (float[]){ 0.5f, 0.5f, 0.5f, 0.5f }, 4);
}

Test(fold, top_k_prefers_the_first_of_equals, .init = setup, .fini = teardown)
{
	int x = constant(DT_F32, 1, (int64_t[]){ 4 }, (float[]){ 1, 3, 3, 2 }),
	    k = tensor_const_ints(&module, (int64_t[]){ 2 }, 1);
	int node = node_of("TopK", 11, 2, (int[]){ x, k }, 2);

	expect_floats(infer(node), (float[]){ 3, 3 }, 2);
	cr_assert_eq(const_int(&module, module.node[node].out[1], 0), 1);
	cr_assert_eq(const_int(&module, module.node[node].out[1], 1), 2);
}

Test(fold, average_pool_counts_padding_on_demand, .init = setup, .fini = teardown)
{
	int x = constant(DT_F32, 3, (int64_t[]){ 1, 1, 2 }, (float[]){ 2, 4 });
	static const int64_t kernel = 2, pads[] = { 1, 0 };

	for (int include = 0; include < 2; include++) {
		int node = node_of("AveragePool", 10, 1, &x, 1);

		set_ints(node, "kernel_shape", &kernel, 1);
		set_ints(node, "pads", pads, 2);
		set_int(node, "count_include_pad", include);
		expect_floats(infer(node), (float[]){ include ? 1 : 2, 3 }, 2);
	}
}

Test(fold, of_equal_scatter_indexes_the_last_wins, .init = setup, .fini = teardown)
{
	int x = constant(DT_F32, 1, (int64_t[]){ 3 }, (float[]){ 1, 1, 1 });
	int index = constant(DT_I64, 1, (int64_t[]){ 3 }, (int64_t[]){ 2, -1, 0 });
	int update = constant(DT_F32, 1, (int64_t[]){ 3 }, (float[]){ 10, 20, 30 });

	expect_floats(infer(node_of("ScatterElements", 18, 3, (int[]){ x, index, update }, 1)), (float[]){ 30, 1, 20 },
		      3);
}

Test(fold, resize_linear_half_pixel, .init = setup, .fini = teardown)
{
	int x = constant(DT_F32, 1, (int64_t[]){ 2 }, (float[]){ 0, 4 });
	int scales = constant(DT_F32, 1, (int64_t[]){ 1 }, (float[]){ 2 });
	int node = node_of("Resize", 13, 3, (int[]){ x, -1, scales }, 1);

	set_string(node, "mode", "linear");
	expect_floats(infer(node), (float[]){ 0, 1, 3, 4 }, 4);
}

Test(fold, einsum_takes_the_diagonal, .init = setup, .fini = teardown)
{
	int x = constant(DT_F32, 2, (int64_t[]){ 2, 2 }, (float[]){ 1, 2, 3, 4 }),
	    node = node_of("Einsum", 12, 1, &x, 1);

	set_string(node, "equation", "ii->i");
	expect_floats(infer(node), (float[]){ 1, 4 }, 2);
}

Test(op_table, rows_are_sound)
{
	for (const struct op_def *const *row = op_table; *row; row++) {
		const struct op_def *op = *row;

		/* One of both, or both where `expands` says which. */
		cr_assert(op->expands ? op->infer && op->expand : !op->infer != !op->expand, "%s-%d", op->name,
			op->since);
		cr_assert(op->max_in < 0 || op->min_in <= op->max_in, "%s-%d", op->name, op->since);
		for (const struct op_def *const *other = op_table; other < row; other++)
			cr_assert(op->since != (*other)->since || strcmp(op->name, (*other)->name) ||
				  strcmp(op->domain, (*other)->domain), "%s-%d has two rows", op->name, op->since);
	}
}
