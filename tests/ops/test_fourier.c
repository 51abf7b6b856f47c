/* DFT and STFT: values of few points worked out by hand, shapes with run-time sizes, and what is refused. */
#include "fixture.h"

static int real_signal(int64_t n, const float *v)
{
	return constant(DT_F32, 3, (int64_t[]){ 1, n, 1 }, v);
}

/* 1 + w + … of the fourth roots of unity: 1, -j, -1, j. */
Test(dft, of_four_points, .init = setup, .fini = teardown)
{
	int x = real_signal(4, (float[]){ 1, 2, 3, 5 });

	expect_floats(infer(node_of("DFT", 17, 1, &x, 1)), (float[]){ 11, 0, -2, 3, -3, 0, -2, -3 }, 8);
}

Test(dft, one_sided_keeps_half_and_the_middle, .init = setup, .fini = teardown)
{
	int x = real_signal(4, (float[]){ 1, 2, 3, 5 }), node = node_of("DFT", 20, 1, &x, 1);

	set_int(node, "onesided", 1);
	expect_floats(infer(node), (float[]){ 11, 0, -2, 3, -3, 0 }, 6);
}

Test(dft, one_sided_inverse_gives_the_real_signal_back, .init = setup, .fini = teardown)
{
	int x = constant(DT_F32, 3, (int64_t[]){ 1, 3, 2 }, (float[]){ 11, 0, -2, 3, -3, 0 });
	int node = node_of("DFT", 20, 1, &x, 1);

	set_int(node, "onesided", 1);
	set_int(node, "inverse", 1);
	expect_floats(infer(node), (float[]){ 1, 2, 3, 5 }, 4);
	expect_dims(module.node[node].out[0], 3, (struct num[]){ num_const(1), num_const(4), num_const(1) });
}

Test(dft, length_pads_with_zeros_and_crops, .init = setup, .fini = teardown)
{
	int x = real_signal(2, (float[]){ 1, 2 }), length = tensor_const_ints(&module, (int64_t[]){ 4 }, 1);

	expect_floats(infer(node_of("DFT", 17, 2, (int[]){ x, length }, 1)),
		      (float[]){ 3, 0, 1, -2, -1, 0, 1, 2 }, 8);
	length = tensor_const_ints(&module, (int64_t[]){ 1 }, 1);
	expect_floats(infer(node_of("DFT", 17, 2, (int[]){ x, length }, 1)), (float[]){ 1, 0 }, 2);
}

Test(dft, refuses_lengths_axes_and_parts_that_are_none, .init = setup, .fini = teardown)
{
	int x = variable(DT_F32, 3, (int64_t[]){ 1, 4, 1 }), three = variable(DT_F32, 3, (int64_t[]){ 1, 4, 3 });
	int none = tensor_const_ints(&module, (int64_t[]){ 0 }, 1),
	    last = tensor_const_ints(&module, (int64_t[]){ -1 }, 1);
	int beyond = tensor_const_ints(&module, (int64_t[]){ 3 }, 1);
	int huge = tensor_const_ints(&module, (int64_t[]){ INT64_MAX }, 1);

	expect_refused(node_of("DFT", 17, 2, (int[]){ x, none }, 1), STATUS_MODEL, "dft_length is 0");
	expect_refused(node_of("DFT", 17, 2, (int[]){ x, last }, 1), STATUS_MODEL, "dft_length is -1");
	expect_refused(node_of("DFT", 20, 3, (int[]){ x, -1, last }, 1), STATUS_MODEL, "axis is the last one");
	expect_refused(node_of("DFT", 20, 3, (int[]){ x, -1, beyond }, 1), STATUS_MODEL, "axis is 3, allowed: -3 to 2");
	expect_refused(node_of("DFT", 20, 1, &three, 1), STATUS_MODEL, "3 elements, allowed: 1 or 2");
	diag.status = STATUS_OK;
	expect_refused(node_of("DFT", 17, 2, (int[]){ x, huge }, 1), STATUS_UNSUPPORTED, "allowed: up to 1048576");
}

/* Frames 1 2, 3 4 and their sums and differences, after a window. */
Test(stft, of_frames_of_two, .init = setup, .fini = teardown)
{
	int x = real_signal(5, (float[]){ 1, 2, 3, 4, 5 }), step = tensor_const_ints(&module, (int64_t[]){ 2 }, 1);
	int window = constant(DT_F32, 1, (int64_t[]){ 2 }, (float[]){ 1, 10 });

	expect_floats(infer(node_of("STFT", 17, 3, (int[]){ x, step, window }, 1)),
		      (float[]){ 21, 0, -19, 0, 43, 0, -37, 0 }, 8);
}

Test(stft, counts_the_frames_of_a_run_time_signal, .init = setup, .fini = teardown)
{
	struct num n = num_var(&module.nums, "n", 64, 640), dim[] = { num_const(1), n };
	int x = tensor_like(&module, "x", DT_F32, 2, dim), step = tensor_const_ints(&module, (int64_t[]){ 8 }, 1);
	int length = tensor_const_ints(&module, (int64_t[]){ 16 }, 1);
	struct num frames = num_div(&module.nums, num_sub(&module.nums, n, num_const(16)), num_const(8));

	frames = num_add(&module.nums, frames, num_const(1));
	expect_dims(infer(node_of("STFT", 17, 4, (int[]){ x, step, -1, length }, 1)), 4,
		    (struct num[]){ num_const(1), frames, num_const(9), num_const(2) });
}

Test(stft, refuses_a_window_unlike_the_frame, .init = setup, .fini = teardown)
{
	int x = variable(DT_F32, 3, (int64_t[]){ 1, 8, 1 }), step = tensor_const_ints(&module, (int64_t[]){ 2 }, 1);
	int window = variable(DT_F32, 1, (int64_t[]){ 3 }), length = tensor_const_ints(&module, (int64_t[]){ 4 }, 1);

	expect_refused(node_of("STFT", 17, 4, (int[]){ x, step, window, length }, 1), STATUS_MODEL,
		       "the window has 3 elements, allowed: 4 as a frame");
}
