/* How many rows a piece of a call computes, so that its result may follow what it consumes: call_in_pieces(). */
#include "lower/kernel_call.h"

#include <criterion/criterion.h>

static struct call pieces(int64_t rows, int64_t pixels, int tile, int64_t work)
{
	struct call c = { .consumed_arg = -1 };

	call_in_pieces(&c, 3, num_const(rows), num_const(pixels), tile, work);
	return c;
}

/* Tiles that a kernel runs for the whole in pieces of so many rows. */
static int64_t tiles(int64_t rows, int64_t piece, int64_t pixels, int tile)
{
	int64_t n = 0;

	for (int64_t r = 0; r < rows; r += piece) {
		const int64_t in_piece = (r + piece < rows ? piece : rows - r) * pixels;
		n += (in_piece + tile - 1) / tile;
	}
	return n;
}

static bool is_cheap(int64_t rows, int64_t piece, int64_t pixels, int tile, int64_t work)
{
	return piece * pixels * work >= 2000 &&
	       tiles(rows, piece, pixels, tile) * 100 <= tiles(rows, rows, pixels, tile) * 102;
}

Test(pieces, are_the_smallest_that_cost_little_more_than_one_call)
{
	static const int64_t works[] = { 1, 9, 576, 5000 };

	for (int64_t rows = 1; rows < 40; rows += 1 + rows / 7)
		for (int64_t pixels = 1; pixels < 60; pixels += 1 + pixels / 5)
			for (int tile = 1; tile <= 14; tile++)
				for (int w = 0; w < 4; w++) {
					const struct call c = pieces(rows, pixels, tile, works[w]);
					int64_t want = 1;
					while (want < rows && !is_cheap(rows, want, pixels, tile, works[w]))
						want++;
					cr_assert_eq(c.consumed_arg, 3);
					cr_assert_eq(c.piece_rows, want, "%lld rows of %lld, tile %d, work %lld: %lld",
						     (long long)rows, (long long)pixels, tile, (long long)works[w],
						     (long long)c.piece_rows);
				}
}

Test(pieces, dear_pixels_come_row_by_row_and_cheap_ones_together)
{
	cr_expect_eq(pieces(28, 28, 14, 576).piece_rows, 1);
	cr_expect_eq(pieces(28, 28, 14, 9).piece_rows, 8);      /* 7 rows have fewer than 2,000 multiply-accumulates */
	cr_expect_eq(pieces(28, 28, 8, 576).piece_rows, 2);     /* a row is three tiles and a half */
	cr_expect_eq(pieces(3, 2, 1, 1).piece_rows, 3);
}

Test(pieces, an_empty_result_has_one_of_no_rows)
{
	cr_expect_eq(pieces(0, 5, 4, 100).piece_rows, 1);
}

/* A loop round the call, and sizes that are known at run time alone: no such proof is made of them. */
Test(pieces, of_what_is_not_known_there_are_none)
{
	struct arena arena;
	struct nums nums;
	struct call c = { .consumed_arg = -1, .n_loops = 1 };
	struct num n;

	call_in_pieces(&c, 3, num_const(8), num_const(8), 4, 100);
	cr_expect_eq(c.consumed_arg, -1);
	arena_init(&arena, NULL);
	nums_init(&nums, &arena);
	n = num_var(&nums, "n", 1, 8);
	c = (struct call){ .consumed_arg = -1 };
	call_in_pieces(&c, 3, n, num_const(8), 4, 100);
	cr_expect_eq(c.consumed_arg, -1);
	call_in_pieces(&c, 3, num_const(8), n, 4, 100);
	cr_expect_eq(c.consumed_arg, -1);
	arena_free(&arena);
}
