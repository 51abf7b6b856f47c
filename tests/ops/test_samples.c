/* GridSample, DeformConv, RoiAlign and MaxRoiPool: values between elements worked out by hand, and what is refused. */
#include <math.h>

#include "fixture.h"

/* 1 2
 * 3 4 */
static int square_image(void)
{
	return constant(DT_F32, 4, (int64_t[]){ 1, 1, 2, 2 }, (float[]){ 1, 2, 3, 4 });
}

static int sampled_at(float x, float y, const char *mode, const char *padding, int corners)
{
	int grid = constant(DT_F32, 4, (int64_t[]){ 1, 1, 1, 2 }, (float[]){ x, y });
	int node = node_of("GridSample", 20, 2, (int[]){ square_image(), grid }, 1);

	set_string(node, "mode", mode);
	set_string(node, "padding_mode", padding);
	set_int(node, "align_corners", corners);
	return infer(node);
}

Test(grid_sample, between_four_elements, .init = setup, .fini = teardown)
{
	expect_floats(sampled_at(0, 0, "linear", "zeros", 0), (float[]){ 2.5f }, 1);
	expect_floats(sampled_at(0, 0, "linear", "zeros", 1), (float[]){ 2.5f }, 1);
	/* A quarter of the way is the first centre from edge to edge, and a quarter of the way from centre to
	 * centre. */
	expect_floats(sampled_at(-0.5f, -0.5f, "linear", "zeros", 0), (float[]){ 1 }, 1);
	expect_floats(sampled_at(-0.5f, -0.5f, "linear", "zeros", 1), (float[]){ 1.75f }, 1);
}

Test(grid_sample, outside_of_the_image, .init = setup, .fini = teardown)
{
	expect_floats(sampled_at(1, -0.5f, "linear", "zeros", 0), (float[]){ 1 }, 1);
	expect_floats(sampled_at(9, 9, "linear", "zeros", 0), (float[]){ 0 }, 1);
	expect_floats(sampled_at(9, 9, "linear", "border", 0), (float[]){ 4 }, 1);
	expect_floats(sampled_at(9, -9, "nearest", "border", 1), (float[]){ 2 }, 1);
	/* Mirrored at the edge: 1.5 elements to the right of the right centre is the left one again. */
	expect_floats(sampled_at(2, -0.5f, "linear", "reflection", 0), (float[]){ 1.5f }, 1);
	expect_floats(sampled_at(3, -1, "nearest", "reflection", 1), (float[]){ 1 }, 1);
	expect_floats(sampled_at(NAN, 0, "linear", "zeros", 0), (float[]){ 0 }, 1);
	expect_floats(sampled_at(INFINITY, 0, "linear", "zeros", 0), (float[]){ 0 }, 1);
}

/* At the centre of an element cubic convolution gives it back, and half-way -A/8 of the far and 1/2 + A/8 of the near
 * ones. */
Test(grid_sample, cubic, .init = setup, .fini = teardown)
{
	expect_floats(sampled_at(-0.5f, -0.5f, "cubic", "border", 0), (float[]){ 1 }, 1);
	expect_floats(sampled_at(0, -0.5f, "cubic", "border", 0), (float[]){ 1.5f }, 1);
	expect_floats(sampled_at(0, -0.5f, "cubic", "zeros", 0), (float[]){ 3 * (0.5f + 0.75f / 8) }, 1);
}

Test(grid_sample, refuses_other_grids, .init = setup, .fini = teardown)
{
	int of_3 = variable(DT_F32, 4, (int64_t[]){ 1, 1, 1, 3 }), two = variable(DT_F32, 4, (int64_t[]){ 2, 1, 1, 2 });
	int x = square_image();

	expect_refused(node_of("GridSample", 16, 2, (int[]){ x, of_3 }, 1), STATUS_MODEL, "3 elements, allowed: 2");
	expect_refused(node_of("GridSample", 16, 2, (int[]){ x, two }, 1), STATUS_MODEL, "batches of 1 and of 2");
}

/* One tap of weight 2: the first moved down by half an element and to the right by one, the last to the left by
 * half. */
Test(deform_conv, moves_taps, .init = setup, .fini = teardown)
{
	int w = constant(DT_F32, 4, (int64_t[]){ 1, 1, 1, 1 }, (float[]){ 2 });
	int offset = constant(DT_F32, 4, (int64_t[]){ 1, 2, 2, 2 }, (float[]){ 0.5f, 0, 0, 0, 1, 0, 0, -0.5f });
	int bias = constant(DT_F32, 1, (int64_t[]){ 1 }, (float[]){ 100 });
	int mask = constant(DT_F32, 4, (int64_t[]){ 1, 1, 2, 2 }, (float[]){ 1, 0.5f, 1, 1 });
	int node = node_of("DeformConv", 19, 5, (int[]){ square_image(), w, offset, bias, mask }, 1);

	expect_floats(infer(node), (float[]){ 106, 102, 106, 107 }, 4);
}

Test(deform_conv, refuses_offsets_for_other_kernels, .init = setup, .fini = teardown)
{
	int w = variable(DT_F32, 4, (int64_t[]){ 1, 1, 1, 1 }), offset = variable(DT_F32, 4, (int64_t[]){ 1, 3, 2, 2 });

	expect_refused(node_of("DeformConv", 19, 3, (int[]){ square_image(), w, offset }, 1), STATUS_MODEL,
		       "input 2 is not of the shape batch x 2");
}

Test(roi, shapes, .init = setup, .fini = teardown)
{
	struct num n = num_var(&module.nums, "n", 1, 64), dim[] = { n, num_const(4) };
	int rois = tensor_like(&module, "rois", DT_F32, 2, dim), batch = tensor_like(&module, "batch", DT_I64, 1, dim);
	int node = node_of("RoiAlign", 16, 3, (int[]){ square_image(), rois, batch }, 1);

	set_int(node, "output_height", 3);
	expect_dims(infer(node), 4, (struct num[]){ n, num_const(1), num_const(3), num_const(1) });
}

Test(roi, refuses_regions_of_other_numbers, .init = setup, .fini = teardown)
{
	int rois = variable(DT_F32, 2, (int64_t[]){ 2, 4 }), three = variable(DT_I64, 1, (int64_t[]){ 3 });
	static const int64_t shape[] = { 2, 2 }, none[] = { 2, 0 };
	int node = node_of("MaxRoiPool", 1, 2, (int[]){ square_image(), rois }, 1);

	expect_refused(node_of("RoiAlign", 16, 3, (int[]){ square_image(), rois, three }, 1), STATUS_MODEL,
		       "2 regions in 3 images");
	set_ints(node, "pooled_shape", shape, 2);
	expect_refused(node, STATUS_MODEL, "regions of 4 numbers, allowed: 5");
	set_ints(node, "pooled_shape", none, 2);
	expect_refused(node, STATUS_MODEL, "pooled_shape");
}
