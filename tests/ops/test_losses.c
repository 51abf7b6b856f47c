/* NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss: values worked out by hand. */
#include <math.h>

#include "fixture.h"

/* Log-probabilities of 2 samples in 3 classes at 2 places: p[n][c][d]. */
static const float p[] = { 1, 2, 2, 2, 3, 2, 0, 1, 2, 2, 1, 2 };
static const int64_t dims[] = { 2, 3, 2 }, place_dims[] = { 2, 2 };

static int loss_of(const int64_t *class, const float *weight, const char *reduction)
{
	int in[] = { constant(DT_F32, 3, dims, p), constant(DT_I64, 2, place_dims, class), -1 }, node;

	if (weight)
		in[2] = constant(DT_F32, 1, (int64_t[]){ 3 }, weight);
	node = node_of("NegativeLogLikelihoodLoss", 13, 3, in, 1);
	set_string(node, "reduction", reduction);
	return node;
}

static const int64_t class[] = { 2, 1, 0, 2 };
static const float weight[] = { 0.2f, 0.3f, 0.1f };

Test(nll_loss, of_every_sample, .init = setup, .fini = teardown)
{
	expect_floats(infer(loss_of(class, NULL, "none")), (float[]){ -3, -2, 0, -2 }, 4);
	expect_floats(infer(loss_of(class, weight, "none")), (float[]){ -0.3f, -0.6f, 0, -0.2f }, 4);
}

Test(nll_loss, sum_and_weighted_mean, .init = setup, .fini = teardown)
{
	expect_floats(infer(loss_of(class, weight, "sum")), (float[]){ -1.1f }, 1);
	expect_floats(infer(loss_of(class, NULL, "mean")), (float[]){ -1.75f }, 1);
	/* -1.1 / (0.1 + 0.3 + 0.2 + 0.1) */
	expect_floats(infer(loss_of(class, weight, "mean")), (float[]){ -1.1f / 0.7f }, 1);
}

Test(nll_loss, ignored_samples_count_for_nothing, .init = setup, .fini = teardown)
{
	int node = loss_of((int64_t[]){ 2, -7, 0, -7 }, NULL, "mean");

	set_int(node, "ignore_index", -7);
	expect_floats(infer(node), (float[]){ -1.5f }, 1);
	node = loss_of((int64_t[]){ 2, 1, 0, 2 }, weight, "mean");
	set_int(node, "ignore_index", 2);
	/* (-2 * 0.3 - 0 * 0.2) / (0.3 + 0.2) */
	expect_floats(infer(node), (float[]){ -1.2f }, 1);
}

Test(nll_loss, without_samples_that_count_is_nan, .init = setup, .fini = teardown)
{
	int node = loss_of((int64_t[]){ 9, 9, 9, 9 }, NULL, "mean");

	set_int(node, "ignore_index", 9);
	cr_assert(isnan(float_at(infer(node), 0)));
}

Test(nll_loss, keeps_a_run_time_batch, .init = setup, .fini = teardown)
{
	struct num n = num_var(&module.nums, "n", 1, 64), dim[] = { n, num_const(3), num_const(5) };
	int x = tensor_like(&module, "x", DT_F32, 3, dim);
	int c = tensor_like(&module, "c", DT_I32, 2, (struct num[]){ n, num_const(5) });
	int node = node_of("NegativeLogLikelihoodLoss", 22, 2, (int[]){ x, c }, 1);

	set_string(node, "reduction", "none");
	expect_dims(infer(node), 2, (struct num[]){ n, num_const(5) });
}

Test(nll_loss, classes_of_another_shape_are_refused, .init = setup, .fini = teardown)
{
	int in[] = { variable(DT_F32, 3, dims), variable(DT_I64, 2, (int64_t[]){ 2, 3 }) };

	expect_refused(node_of("NegativeLogLikelihoodLoss", 13, 2, in, 1), STATUS_MODEL,
		       "input 1 has 3 elements along axis 1, allowed: 2");
}

Test(nll_loss, a_weight_too_few_is_refused, .init = setup, .fini = teardown)
{
	int in[] = { variable(DT_F32, 3, dims), variable(DT_I64, 2, place_dims),
		     variable(DT_F32, 1, (int64_t[]){ 2 }) };

	expect_refused(node_of("NegativeLogLikelihoodLoss", 13, 3, in, 1), STATUS_MODEL,
		       "input 2 has 2 elements along axis 0, allowed: 3");
}

Test(softmax_cross_entropy, shows_its_log_probabilities, .init = setup, .fini = teardown)
{
	const float half = logf(0.5f), third = logf(1.0f / 3);
	int x = constant(DT_F32, 2, (int64_t[]){ 2, 2 }, (float[]){ 4, 4, 0, logf(2) });
	int c = constant(DT_I64, 1, (int64_t[]){ 2 }, (int64_t[]){ 1, 0 });
	int node = node_of("SoftmaxCrossEntropyLoss", 13, 2, (int[]){ x, c }, 2);

	expect_floats(infer(node), (float[]){ (-half - third) / 2 }, 1);
	expect_floats(module.node[node].out[1], (float[]){ half, half, third, logf(2.0f / 3) }, 4);
}

Test(softmax_cross_entropy, a_vector_has_no_classes, .init = setup, .fini = teardown)
{
	int in[] = { variable(DT_F32, 1, dims), variable(DT_I64, 1, dims) };

	expect_refused(node_of("SoftmaxCrossEntropyLoss", 13, 2, in, 1), STATUS_MODEL,
		       "input 0 is of rank 1, allowed: 2 to 8");
}
