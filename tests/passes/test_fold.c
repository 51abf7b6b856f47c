/* Folding into weights, biases and padding: what goes, what must stay, and that values hold. */
#include "tests/passes/fixture.h"

/* Folding rounds the weights once more: a few units in the last place of sums of some 30 products. */
static const float close = 2e-6f;

TestSuite(fold_batchnorm, .init = setup, .fini = teardown);
TestSuite(fold_pad, .init = setup, .fini = teardown);

static int norm(int x, int64_t n)
{
	float *var = random_floats(n);

	for (int64_t i = 0; i < n; i++)
		var[i] = var[i] * var[i] + 0.5f;
	return OP("BatchNormalization", x, weights(DIMS(n)), weights(DIMS(n)), weights(DIMS(n)),
		  tensor_const(&m, "var", DT_F32, 1, &n, var));
}

static int conv(const char *op, int x, int w, int64_t group, const int64_t *pads, int n_pads)
{
	const int in[] = { x, w }, n = node_of(0, op, 2, in);

	rewrite_attr(&m, n, "group")->i = group;
	if (n_pads)
		rewrite_attr_ints(&m, n, "pads", pads, n_pads);
	infer(n);
	return m.node[n].out[0];
}

Test(fold_batchnorm, after_every_kind_of_product)
{
	for (int kind = 0; kind < 5; kind++) {
		int y;
		teardown();
		setup();
		if (kind < 3) {
			y = input(DT_F32, DIMS(1, 4, 5, 5));
			y = kind == 0 ? conv("Conv", y, weights(DIMS(6, 4, 3, 3)), 1, NULL, 0) :
			    kind == 1 ? conv("Conv", y, weights(DIMS(6, 2, 3, 3)), 2, (int64_t[]){ 1, 1, 1, 1 }, 4) :
					conv("ConvTranspose", y, weights(DIMS(4, 3, 2, 2)), 2, NULL, 0);
		} else {
			y = input(DT_F32, DIMS(3, 4));
			y = kind == 3 ? OP("Gemm", y, weights(DIMS(4, 6)), weights(DIMS(6))) :
					OP("MatMul", y, weights(DIMS(4, 6)));
		}
		output(OP("Relu", norm(y, 6)));
		run_and_compare(pass_fold_batchnorm, close);
		cr_expect_eq(count_nodes(NULL), 2, "kind %d: %d nodes", kind, count_nodes(NULL));
	}
}

Test(fold_batchnorm, arithmetic_by_channel_or_number)
{
	int y = conv("Conv", input(DT_F32, DIMS(2, 3, 4, 4)), weights(DIMS(5, 3, 1, 1)), 1, NULL, 0);

	y = OP("Mul", y, weights(DIMS(5, 1, 1)));
	y = OP("Add", weights(DIMS(1, 5, 1, 1)), y);
	y = OP("Sub", filled(3, 0, NULL), y);
	y = OP("Div", y, filled(0.75f, DIMS(1)));
	output(y);
	run_and_compare(pass_fold_batchnorm, close);
	cr_expect_eq(count_nodes(NULL), 1);
}

Test(fold_batchnorm, before_a_product_without_padding)
{
	const int x = input(DT_F32, DIMS(1, 4, 5, 5));

	output(conv("Conv", norm(x, 4), weights(DIMS(6, 4, 3, 3)), 1, NULL, 0));
	run_and_compare(pass_fold_batchnorm, close);
	cr_expect_eq(count_nodes(NULL), 1);
}

Test(fold_batchnorm, a_shift_before_padding_stays_and_a_scale_goes)
{
	const int x = input(DT_F32, DIMS(1, 4, 5, 5));
	int y = OP("Add", x, weights(DIMS(4, 1, 1)));

	y = OP("Mul", y, weights(DIMS(4, 1, 1)));
	output(conv("Conv", y, weights(DIMS(6, 4, 3, 3)), 1, (int64_t[]){ 1, 1, 1, 1 }, 4));
	run_and_compare(pass_fold_batchnorm, close);
	cr_expect_eq(count_nodes("Add"), 1);
	cr_expect_eq(count_nodes("Mul"), 0);
}

Test(fold_batchnorm, alone_it_is_a_product_and_a_sum)
{
	const int x = input(DT_F32, DIMS(2, 4, 3));

	output(norm(OP("Relu", x), 4));
	run_and_compare(pass_fold_batchnorm, close);
	cr_expect_eq(count_nodes("BatchNormalization"), 0);
	cr_expect_eq(count_nodes("Mul") + count_nodes("Add"), 2);
}

Test(fold_batchnorm, what_others_read_or_is_not_by_channel_stays)
{
	const int x = input(DT_F32, DIMS(1, 3, 4, 4));
	const int y = conv("Conv", x, weights(DIMS(3, 3, 1, 1)), 1, NULL, 0);
	const int z = conv("Conv", x, weights(DIMS(3, 3, 1, 1)), 1, NULL, 0);

	output(OP("Add", OP("Mul", y, weights(DIMS(3, 1, 1))), y));
	output(OP("Mul", z, weights(DIMS(4, 1))));
	run_and_compare(pass_fold_batchnorm, close);
	cr_expect_eq(count_nodes("Mul"), 2);
}

/* --- Pad ---------------------------------------------------------------------------------------------------------- */

static int pooled(const char *op, int x)
{
	const int n = node_of(0, op, 1, &x);

	rewrite_attr_ints(&m, n, "kernel_shape", (int64_t[]){ 3, 3 }, 2);
	infer(n);
	return m.node[n].out[0];
}

static int padded(int x, float value)
{
	return OP("Pad", x, ints(8, (int64_t[]){ 0, 0, 1, 0, 0, 0, 2, 1 }), filled(value, 0, NULL));
}

Test(fold_pad, zeros_go_into_conv_and_average)
{
	const int x = input(DT_F32, DIMS(1, 2, 5, 5));

	output(pooled("AveragePool", padded(conv("Conv", padded(x, 0), weights(DIMS(2, 2, 3, 3)), 1,
						 (int64_t[]){ 0, 1, 0, 0 }, 4), 0)));
	run_and_compare(pass_fold_pad, 0);
	cr_expect_eq(count_nodes("Pad"), 0);
}

Test(fold_pad, only_what_never_wins_goes_into_max)
{
	static const struct { float value; bool relu; int left; } rows[] = { { -INFINITY, false, 0 }, { 0, true, 0 },
									     { 0, false, 1 }, { -1, true, 1 } };

	for (int i = 0; i < 4; i++) {
		int x;
		teardown();
		setup();
		x = input(DT_F32, DIMS(1, 2, 5, 5));
		output(pooled("MaxPool", padded(rows[i].relu ? OP("Relu", x) : x, rows[i].value)));
		run_and_compare(pass_fold_pad, 0);
		cr_expect_eq(count_nodes("Pad"), rows[i].left, "row %d", i);
	}
}

Test(fold_pad, other_values_and_channels_stay)
{
	const int x = input(DT_F32, DIMS(1, 2, 5, 5));
	const int y = OP("Pad", x, ints(8, (int64_t[]){ 0, 1, 0, 0, 0, 0, 0, 0 }));

	output(conv("Conv", padded(y, 2), weights(DIMS(2, 3, 3, 3)), 1, NULL, 0));
	run_and_compare(pass_fold_pad, 0);
	cr_expect_eq(count_nodes("Pad"), 2);
}

/* --- Flattened tensors -------------------------------------------------------------------------------------------- */

TestSuite(flatten_rows, .init = setup, .fini = teardown);

Test(flatten_rows, weights_take_the_order_of_channels_last)
{
	for (int trans = 0; trans < 2; trans++) {
		int x, y, in[2], n;
		teardown();
		setup();
		x = conv("Conv", input(DT_F32, DIMS(2, 3, 4, 4)), weights(DIMS(5, 3, 2, 2)), 1, NULL, 0);
		y = OP("Reshape", OP("Relu", x), ints(2, (int64_t[]){ 0, -1 }));
		in[0] = y;
		in[1] = trans ? weights(DIMS(7, 45)) : weights(DIMS(45, 7));
		n = node_of(0, "Gemm", 2, in);
		rewrite_attr(&m, n, "transB")->i = trans;
		infer(n);
		output(m.node[n].out[0]);
		run(pass_layout);
		run_and_compare(pass_flatten_rows, close);
		cr_expect_eq(count_nodes("Transpose"), 1);
		run(pass_views);
		x = node_in(&m, m.tensor[y].producer, 0);
		cr_expect_eq(m.tensor[y].base, m.tensor[x].base, "the reshape is no view");
	}
}

Test(flatten_rows, what_is_plain_or_read_twice_stays)
{
	const int x = conv("Conv", input(DT_F32, DIMS(1, 3, 4, 4)), weights(DIMS(5, 3, 4, 4)), 1, NULL, 0);
	const int y = conv("Conv", m.graph[0].in[0], weights(DIMS(5, 3, 2, 2)), 1, NULL, 0);
	const int flat = OP("Flatten", y);

	output(OP("Add", OP("MatMul", OP("Flatten", x), weights(DIMS(5, 2))),
		  OP("Add", OP("MatMul", flat, weights(DIMS(45, 2))), OP("ReduceMax", flat))));
	run(pass_layout);
	run_and_compare(pass_flatten_rows, close);
	cr_expect_eq(count_nodes("Transpose"), 0);
}
