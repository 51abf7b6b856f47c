/* HannWindow, HammingWindow, BlackmanWindow, MelWeightMatrix: values worked out by hand. */
#include <math.h>

#include "fixture.h"

static int window_of(const char *name, int64_t size, int periodic)
{
	int n = constant(DT_I64, 0, NULL, &size), node = node_of(name, 17, 1, &n, 1);

	set_int(node, "periodic", periodic);
	return node;
}

Test(windows, symmetric_ones_end_as_they_begin, .init = setup, .fini = teardown)
{
	expect_floats(infer(window_of("HannWindow", 5, 0)), (float[]){ 0, 0.5f, 1, 0.5f, 0 }, 5);
	expect_floats(infer(window_of("BlackmanWindow", 5, 0)), (float[]){ 0, 0.34f, 1, 0.34f, 0 }, 5);
	expect_floats(infer(window_of("HammingWindow", 3, 0)), (float[]){ 4 / 46.0f, 1, 4 / 46.0f }, 3);
}

Test(windows, periodic_ones_lack_the_last, .init = setup, .fini = teardown)
{
	expect_floats(infer(window_of("HannWindow", 4, 1)), (float[]){ 0, 0.5f, 1, 0.5f }, 4);
	expect_dims(infer(window_of("HannWindow", 0, 1)), 1, (struct num[]){ num_const(0) });
}

Test(windows, come_in_the_type_that_is_asked_for, .init = setup, .fini = teardown)
{
	int node = window_of("HannWindow", 5, 0), y;

	set_int(node, "output_datatype", dtypes[DT_U8].onnx);
	y = infer(node);
	cr_assert_eq(module.tensor[y].type, DT_U8);
	expect_ints(y, (int64_t[]){ 0, 0, 1, 0, 0 }, 5);
}

Test(windows, of_negative_size_are_refused, .init = setup, .fini = teardown)
{
	expect_refused(window_of("HannWindow", -1, 1), STATUS_MODEL, "-1");
}

Test(windows, of_unknown_size_are_refused, .init = setup, .fini = teardown)
{
	int n = tensor_like(&module, "", DT_I64, 0, NULL);

	expect_refused(node_of("HannWindow", 17, 1, &n, 1), STATUS_UNSUPPORTED,
		       "input 0 \"\" must be known at compile time");
}

Test(windows, of_bool_are_refused, .init = setup, .fini = teardown)
{
	int node = window_of("HannWindow", 5, 0);

	set_int(node, "output_datatype", dtypes[DT_BOOL].onnx);
	expect_refused(node, STATUS_MODEL, "output_datatype is bool, allowed: numbers");
}

static int mel_of(int64_t bands, int64_t length, int64_t rate, float low, float high)
{
	int in[] = { constant(DT_I64, 0, NULL, &bands), constant(DT_I64, 0, NULL, &length),
		     constant(DT_I64, 0, NULL, &rate), constant(DT_F32, 0, NULL, &low),
		     constant(DT_F32, 0, NULL, &high) };

	return node_of("MelWeightMatrix", 17, 5, in, 1);
}

Test(mel_weights, rise_and_fall_between_edges, .init = setup, .fini = teardown)
{
	/* Edges at 0, 1/3 and 2/3 of mel(7000 Hz) = 2595 log10(11): 0, 700 (11^(1/3) - 1) = 856.8 and 700 (11^(2/3) -
	 * 1) = 2762.3 Hz; times 17 / 8000 and rounded down: bins 0, 1 and 5. */
	int y = infer(mel_of(1, 16, 8000, 0, 7000));

	expect_dims(y, 2, (struct num[]){ num_const(9), num_const(1) });
	expect_floats(y, (float[]){ 0, 1, 0.75f, 0.5f, 0.25f, 0, 0, 0, 0 }, 9);
}

Test(mel_weights, of_edges_in_one_bin_are_one_there, .init = setup, .fini = teardown)
{
	expect_floats(infer(mel_of(2, 4, 8000, 0, 100)), (float[]){ 1, 1, 0, 0, 0, 0 }, 6);
}

Test(mel_weights, of_negative_length_are_refused, .init = setup, .fini = teardown)
{
	expect_refused(mel_of(2, -4, 8000, 0, 100), STATUS_MODEL, "2 bands of a transform of length -4");
}
