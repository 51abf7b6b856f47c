/* AffineGrid, Col2Im, RotaryEmbedding, TensorScatter, Det: values worked out by hand, and what is refused. */
#include "fixture.h"

/* --- AffineGrid -----------------------------------------------------------------------------------------------------
 * */

static const float identity[] = { 1, 0, 0, 0, 1, 0 };

static int grid_of(const float *theta, const int64_t *size, int n_size, int corners)
{
	int in[] = { constant(DT_F32, 3, (int64_t[]){ 1, 2, 3 }, theta), tensor_const_ints(&module, size, n_size) };
	int node = node_of("AffineGrid", 20, 2, in, 1);

	set_int(node, "align_corners", corners);
	return node;
}

Test(affine_grid, corners_are_centres_or_edges, .init = setup, .fini = teardown)
{
	const int64_t size[] = { 1, 1, 2, 2 };

	expect_floats(infer(grid_of(identity, size, 4, 1)), (float[]){ -1, -1, 1, -1, -1, 1, 1, 1 }, 8);
	expect_floats(infer(grid_of(identity, size, 4, 0)),
		      (float[]){ -0.5f, -0.5f, 0.5f, -0.5f, -0.5f, 0.5f, 0.5f, 0.5f }, 8);
}

Test(affine_grid, places_are_mapped, .init = setup, .fini = teardown)
{
	/* x' = 2x + 3y + 1, y' = -x + 5: at y = 0, x = -1, 0, 1 */
	expect_floats(infer(grid_of((float[]){ 2, 3, 1, -1, 0, 5 }, (int64_t[]){ 1, 1, 1, 3 }, 4, 0)),
		      (float[]){ 2.0f * -2 / 3 + 1, 5 + 2 / 3.0f, 1, 5, 2.0f * 2 / 3 + 1, 5 - 2 / 3.0f }, 6);
}

Test(affine_grid, a_single_pixel_lies_at_the_first_corner, .init = setup, .fini = teardown)
{
	expect_floats(infer(grid_of(identity, (int64_t[]){ 1, 1, 1, 2 }, 4, 1)), (float[]){ -1, -1, 1, -1 }, 4);
}

Test(affine_grid, a_map_of_another_size_is_refused, .init = setup, .fini = teardown)
{
	expect_refused(grid_of(identity, (int64_t[]){ 1, 1, 2, 2, 2 }, 5, 0), STATUS_MODEL,
		       "input 0 has 2 elements along axis 1, allowed: 3");
}

Test(affine_grid, a_plane_has_four_sizes, .init = setup, .fini = teardown)
{
	expect_refused(grid_of(identity, (int64_t[]){ 1, 1, 2 }, 3, 0), STATUS_MODEL,
		       "size has 3 elements, allowed: 4 or 5");
}

/* --- Col2Im ------------------------------------------------------------------------------------------------------- */

static int image_of(int x, const int64_t *image, const int64_t *block, int n)
{
	int in[] = { x, tensor_const_ints(&module, image, n), tensor_const_ints(&module, block, n) };

	return node_of("Col2Im", 18, 3, in, 1);
}

Test(col2im, adds_where_blocks_overlap, .init = setup, .fini = teardown)
{
	/* Two blocks of 1 x 2 in an image of 1 x 3: positions (1, 2), blocks (1, 3) and (2, 4). */
	int x = constant(DT_F32, 3, (int64_t[]){ 1, 2, 2 }, (float[]){ 1, 2, 3, 4 });

	expect_floats(infer(image_of(x, (int64_t[]){ 1, 3 }, (int64_t[]){ 1, 2 }, 2)), (float[]){ 1, 5, 4 }, 3);
}

Test(col2im, steps_over_and_pads, .init = setup, .fini = teardown)
{
	/* One axis of 4 pixels, padded by 1 on the left; blocks of 2 pixels 2 apart, 2 pixels between the blocks:
	 * pixels -1, 1 and 1, 3. */
	int x = constant(DT_I32, 3, (int64_t[]){ 1, 2, 2 }, (int32_t[]){ 10, 20, 30, 40 });
	int node = image_of(x, (int64_t[]){ 4 }, (int64_t[]){ 2 }, 1);
	static const int64_t two = 2, pads[] = { 1, 0 };

	set_ints(node, "strides", &two, 1);
	set_ints(node, "dilations", &two, 1);
	set_ints(node, "pads", pads, 2);
	expect_ints(infer(node), (int64_t[]){ 0, 50, 0, 40 }, 4);
}

Test(col2im, another_number_of_blocks_is_refused, .init = setup, .fini = teardown)
{
	int x = variable(DT_F32, 3, (int64_t[]){ 1, 4, 5 });

	expect_refused(image_of(x, (int64_t[]){ 3, 3 }, (int64_t[]){ 2, 2 }, 2), STATUS_MODEL,
		       "input 0 has 5 elements along axis 2, allowed: 4");
}

Test(col2im, a_part_of_a_channel_is_refused, .init = setup, .fini = teardown)
{
	int x = variable(DT_F32, 3, (int64_t[]){ 1, 6, 4 });

	expect_refused(image_of(x, (int64_t[]){ 3, 3 }, (int64_t[]){ 2, 2 }, 2), STATUS_MODEL,
		       "input 0 has 6 elements along axis 1, allowed: a multiple of 4");
}

Test(col2im, blocks_of_absurd_size_are_refused, .init = setup, .fini = teardown)
{
	const int64_t huge[] = { INT64_C(1) << 40, INT64_C(1) << 40 };

	expect_refused(image_of(variable(DT_F32, 3, (int64_t[]){ 1, 6, 4 }), huge, huge, 2), STATUS_MODEL,
		       "the block has 1099511627776 pixels along axis 1");
}

/* --- RotaryEmbedding ---------------------------------------------------------------------------------------------- */

static int rotated(const int64_t *position, int interleaved)
{
	/* One head of 5 elements of which 4 are turned, by 90 degrees at place 0 of the tables, not at all at place 1.
	 * */
	int in[] = { constant(DT_F32, 4, (int64_t[]){ 1, 1, 1, 5 }, (float[]){ 1, 2, 3, 4, 5 }),
		     constant(DT_F32, 2, (int64_t[]){ 2, 2 }, (float[]){ 0, 0, 1, 1 }),
		     constant(DT_F32, 2, (int64_t[]){ 2, 2 }, (float[]){ 1, 1, 0, 0 }),
		     constant(DT_I64, 2, (int64_t[]){ 1, 1 }, position) };
	int node = node_of("RotaryEmbedding", 23, 4, in, 1);

	set_int(node, "interleaved", interleaved);
	set_int(node, "rotary_embedding_dim", 4);
	return infer(node);
}

Test(rotary, turns_halves_or_neighbours, .init = setup, .fini = teardown)
{
	const int64_t first = 0, second = 1;

	expect_floats(rotated(&first, 0), (float[]){ -3, -4, 1, 2, 5 }, 5);
	expect_floats(rotated(&first, 1), (float[]){ -2, 1, -4, 3, 5 }, 5);
	expect_floats(rotated(&second, 0), (float[]){ 1, 2, 3, 4, 5 }, 5);
}

static int rotary_of(int x, int64_t heads, int64_t half)
{
	int table = variable(DT_F32, 3, (int64_t[]){ 2, 7, half }), node;

	node = node_of("RotaryEmbedding", 23, 3, (int[]){ x, table, table }, 1);
	if (heads)
		set_int(node, "num_heads", heads);
	return node;
}

Test(rotary, heads_must_be_known_in_three_axes, .init = setup, .fini = teardown)
{
	expect_refused(rotary_of(variable(DT_F32, 3, (int64_t[]){ 2, 7, 12 }), 0, 2), STATUS_MODEL,
		       "num_heads is 0 for 12");
}

Test(rotary, heads_must_divide, .init = setup, .fini = teardown)
{
	expect_refused(rotary_of(variable(DT_F32, 3, (int64_t[]){ 2, 7, 12 }), 5, 2), STATUS_MODEL,
		       "num_heads is 5 for 12");
}

Test(rotary, odd_heads_are_refused, .init = setup, .fini = teardown)
{
	expect_refused(rotary_of(variable(DT_F32, 3, (int64_t[]){ 2, 7, 9 }), 3, 1), STATUS_MODEL,
		       "3 elements of a head of 3");
}

Test(rotary, tables_of_another_length_are_refused, .init = setup, .fini = teardown)
{
	expect_refused(rotary_of(variable(DT_F32, 4, (int64_t[]){ 2, 3, 6, 4 }), 0, 2), STATUS_MODEL,
		       "input 1 has 7 elements along axis 1, allowed: 6");
}

/* --- TensorScatter ------------------------------------------------------------------------------------------------ */

static int written(const int64_t *begin, const char *mode)
{
	int in[] = { constant(DT_F32, 3, (int64_t[]){ 2, 3, 1 }, (float[]){ 1, 2, 3, 4, 5, 6 }),
		     constant(DT_F32, 3, (int64_t[]){ 2, 2, 1 }, (float[]){ 10, 20, 30, 40 }),
		     begin ? constant(DT_I64, 1, (int64_t[]){ 2 }, begin) : -1 };
	int node = node_of("TensorScatter", 24, 3, in, 1);

	set_string(node, "mode", mode);
	return node;
}

Test(tensor_scatter, every_sample_begins_where_it_says, .init = setup, .fini = teardown)
{
	expect_floats(infer(written((int64_t[]){ 1, 0 }, "linear")), (float[]){ 1, 10, 20, 30, 40, 6 }, 6);
	expect_floats(infer(written((int64_t[]){ 2, 4 }, "circular")), (float[]){ 20, 2, 10, 4, 30, 40 }, 6);
	expect_floats(infer(written(NULL, "linear")), (float[]){ 10, 20, 3, 30, 40, 6 }, 6);
}

Test(tensor_scatter, the_batch_is_no_sequence, .init = setup, .fini = teardown)
{
	int node = written(NULL, "linear");

	set_int(node, "axis", -3);
	expect_refused(node, STATUS_MODEL, "axis is 0, the batch");
}

Test(tensor_scatter, more_than_there_is_room_for_is_refused, .init = setup, .fini = teardown)
{
	int in[] = { variable(DT_F32, 3, (int64_t[]){ 2, 3, 1 }), variable(DT_F32, 3, (int64_t[]){ 2, 4, 1 }) };

	expect_refused(node_of("TensorScatter", 24, 2, in, 1), STATUS_MODEL,
		       "4 elements along axis 1, allowed: at most 3");
}

/* --- Det ---------------------------------------------------------------------------------------------------------- */

Test(det, keeps_a_run_time_batch, .init = setup, .fini = teardown)
{
	struct num n = num_var(&module.nums, "n", 1, 64);
	int x = tensor_like(&module, "x", DT_F32, 3, (struct num[]){ n, num_const(3), num_const(3) });

	expect_dims(infer(node_of("Det", 22, 1, &x, 1)), 1, &n);
}

Test(det, only_square_matrices_have_one, .init = setup, .fini = teardown)
{
	int x = variable(DT_F32, 2, (int64_t[]){ 2, 3 });

	expect_refused(node_of("Det", 11, 1, &x, 1), STATUS_MODEL, "matrices of 2 x 3, allowed: square ones");
}
