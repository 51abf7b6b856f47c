/* 3x3 convolution with stride 1 by Winograd's minimal filtering F(m x m, 3x3): a tile of m x m outputs costs (m + 2)^2
 * products a channel pair instead of 9 m^2: 2.25 times fewer for m = 2, 4 times fewer for m = 4.
 *
 *     Y = AT [ (G g GT) * (BT d B) ] A        * element by element, summed over input channels
 *
 * d: the (m + 2)^2 inputs under a tile, g: the 3x3 weights, transformed when the model is compiled (pack_winograd.h).
 * The sums over channels are one matrix product for each of the (m + 2)^2 points. Interpolation points 0, 1, -1,
 * infinity for m = 2 and 0, 3/4, -3/4, 3/2, -3/2, infinity for m = 4: with these all factors of BT and AT are exact,
 * and the error of m = 4 is 1.1 to 3 times that of plain sums for 16 to 256 channels (with 1 and 2: 3 to 6 times;
 * larger m: 10 times).     A. Lavin, S. Gray, Fast Algorithms for Convolutional Neural Networks, 2015;
 * B. Barabasz et al., Error Analysis and Improving the Accuracy of Winograd Convolution, 2020. */
#ifndef NNRT_WINOGRAD_H
#define NNRT_WINOGRAD_H

#include "runtime_min/kernels/conv.h"
#include "runtime_min/kernels/gemm.h"

/** Edge of the greatest transformed tile, m + 2; its points. */
enum { NNRT_WINOGRAD_EDGE = 6, NNRT_WINOGRAD_POINTS = 36 };

/** Where scratch holds the transformed inputs v[point][tile][channel] and the sums s[point][tile][column]. */
struct nnrt_winograd {
	float *v, *s;
	ptrdiff_t v_point, v_tile;      /* strides, floats */
	ptrdiff_t s_point;
	int row_limit;                  /* input rows from here on belong to no output that is asked for */
};

/** Floats of scratch for blocks of `tiles` tiles. A cache line between points keeps them out of one cache set. */
NNRT_INLINE ptrdiff_t nnrt_winograd_scratch(ptrdiff_t ic, ptrdiff_t tiles, int columns, int tile)
{
	const ptrdiff_t channels = (ic + NNRT_LANES - 1) / NNRT_LANES * NNRT_LANES;

	return (ptrdiff_t)(tile + 2) * (tile + 2) * (tiles * (channels + columns) + 16);
}

/** v = BT d along one axis. */
NNRT_INLINE void nnrt_winograd_in(const nnrt_vf *d, nnrt_vf *v, int tile)
{
	if (tile == 2) {
		v[0] = nnrt_vf_sub(d[2], d[0]);
		v[1] = nnrt_vf_add(d[2], d[1]);
		v[2] = nnrt_vf_sub(d[2], d[1]);
		v[3] = nnrt_vf_sub(d[3], d[1]);
	} else {
		const nnrt_vf a2 = nnrt_vf_set1(0.5625f), b2 = nnrt_vf_set1(2.25f);
		const nnrt_vf product = nnrt_vf_set1(1.265625f), sum = nnrt_vf_set1(2.8125f);
		const nnrt_vf a = nnrt_vf_set1(0.75f), b = nnrt_vf_set1(1.5f);
		const nnrt_vf even_a = nnrt_vf_fnma(b2, d[2], d[4]), odd_a = nnrt_vf_fnma(b2, d[1], d[3]);
		const nnrt_vf even_b = nnrt_vf_fnma(a2, d[2], d[4]), odd_b = nnrt_vf_fnma(a2, d[1], d[3]);

		v[0] = nnrt_vf_fma(product, d[0], nnrt_vf_fnma(sum, d[2], d[4]));
		v[1] = nnrt_vf_fma(a, odd_a, even_a);
		v[2] = nnrt_vf_fnma(a, odd_a, even_a);
		v[3] = nnrt_vf_fma(b, odd_b, even_b);
		v[4] = nnrt_vf_fnma(b, odd_b, even_b);
		v[5] = nnrt_vf_fma(product, d[1], nnrt_vf_fnma(sum, d[3], d[5]));
	}
}

/** y = AT s along one axis. */
NNRT_INLINE void nnrt_winograd_out(const nnrt_vf *s, nnrt_vf *y, int tile)
{
	const nnrt_vf even = nnrt_vf_add(s[1], s[2]), odd = nnrt_vf_sub(s[1], s[2]);

	if (tile == 2) {
		y[0] = nnrt_vf_add(s[0], even);
		y[1] = nnrt_vf_add(odd, s[3]);
	} else {
		const nnrt_vf even_b = nnrt_vf_add(s[3], s[4]), odd_b = nnrt_vf_sub(s[3], s[4]);

		y[0] = nnrt_vf_add(s[0], nnrt_vf_add(even, even_b));
		y[1] = nnrt_vf_fma(nnrt_vf_set1(1.5f), odd_b, nnrt_vf_mul(nnrt_vf_set1(0.75f), odd));
		y[2] = nnrt_vf_fma(nnrt_vf_set1(2.25f), even_b, nnrt_vf_mul(nnrt_vf_set1(0.5625f), even));
		y[3] = nnrt_vf_fma(nnrt_vf_set1(3.375f), odd_b, nnrt_vf_fma(nnrt_vf_set1(0.421875f), odd, s[5]));
	}
}

/** v[point] = BT d B for n channels from c on. d: `at` one pointer for each of the inputs, or, when at is NULL, x with
 *  its strides. */
NNRT_INLINE void nnrt_winograd_channels(const struct nnrt_conv *p, const float *x, const float *const *at, ptrdiff_t c,
	int n, float *v, ptrdiff_t v_point, int tile)
{
	const int edge = tile + 2;
	nnrt_vf half[NNRT_WINOGRAD_POINTS];

	NNRT_UNROLL(6)
	for (int col = 0; col < edge; col++) {
		nnrt_vf d[NNRT_WINOGRAD_EDGE], out[NNRT_WINOGRAD_EDGE];

		NNRT_UNROLL(6)
		for (int row = 0; row < edge; row++)
			d[row] = nnrt_tile_load((at ? at[row * edge + col] : x + row * p->x_row + col * p->x_pixel) + c,
						n);
		nnrt_winograd_in(d, out, tile);
		NNRT_UNROLL(6)
		for (int row = 0; row < edge; row++)
			half[row * edge + col] = out[row];
	}
	NNRT_UNROLL(6)
	for (int row = 0; row < edge; row++) {
		nnrt_vf out[NNRT_WINOGRAD_EDGE];

		nnrt_winograd_in(half + row * edge, out, tile);
		NNRT_UNROLL(6)
		for (int col = 0; col < edge; col++)
			nnrt_vf_store(v + (row * edge + col) * v_point + c, out[col]);
	}
}

/** All channels of one tile; see nnrt_winograd_channels. */
NNRT_INLINE void nnrt_winograd_input(const struct nnrt_conv *p, const float *x, const float *const *at, float *v,
	ptrdiff_t v_point, int tile)
{
	const ptrdiff_t whole = p->ic / NNRT_LANES * NNRT_LANES;

	for (ptrdiff_t c = 0; c < whole; c += NNRT_LANES)
		nnrt_winograd_channels(p, x, at, c, NNRT_LANES, v, v_point, tile);
	if (whole < p->ic)
		nnrt_winograd_channels(p, x, at, whole, (int)(p->ic - whole), v, v_point, tile);
}

/** Transforms the inputs of the tile whose first output is (oy, ox). */
NNRT_INLINE void nnrt_winograd_tile(const struct nnrt_conv *p, const struct nnrt_winograd *b, const float *x,
	const float *zero, int oy, int ox, float *v, int tile)
{
	const int edge = tile + 2, iy = oy - p->pad_top, ix = ox - p->pad_left;

	if (p->x_ring == 0 && iy >= 0 && iy + edge <= b->row_limit && ix >= 0 && ix + edge <= p->in_w) {
		nnrt_winograd_input(p, x + iy * p->x_row + ix * p->x_pixel, NULL, v, b->v_point, tile);
	} else {
		const float *at[NNRT_WINOGRAD_POINTS];

		for (int row = 0; row < edge; row++) {
			const int y = iy + row, row_inside = y >= 0 && y < b->row_limit;
			const float *line = x + (row_inside ? nnrt_ring(y, p->x_ring) * p->x_row : 0);

			for (int col = 0; col < edge; col++)
				at[row * edge + col] = row_inside && ix + col >= 0 && ix + col < p->in_w
					? line + (ix + col) * p->x_pixel : zero;
		}
		nnrt_winograd_input(p, x, at, v, b->v_point, tile);
	}
}

/** Finishes n channels from c on of the tile whose first output is (oy, ox): s are its sums. */
NNRT_INLINE void nnrt_winograd_output(const struct nnrt_conv *p, const struct nnrt_winograd *b, const float *s,
	const float *bias, float *y, int oy, int ox, int c, int n, nnrt_epilogue epilogue, const void *const *ctx,
	int tile)
{
	const int edge = tile + 2, rows = p->row_end - oy, cols = p->out_w - ox;
	const nnrt_vf start = bias ? nnrt_tile_load(bias + c, n) : nnrt_vf_set1(0.0f);
	nnrt_vf half[NNRT_WINOGRAD_POINTS];

	NNRT_UNROLL(6)
	for (int col = 0; col < edge; col++) {
		nnrt_vf line[NNRT_WINOGRAD_EDGE], sum[NNRT_WINOGRAD_EDGE];

		NNRT_UNROLL(6)
		for (int row = 0; row < edge; row++)
			line[row] = nnrt_vf_load(s + (row * edge + col) * b->s_point);
		nnrt_winograd_out(line, sum, tile);
		NNRT_UNROLL(4)
		for (int row = 0; row < tile; row++)
			half[row * edge + col] = sum[row];
	}
	if (p->tail) {
		float sums[4 * 4 * NNRT_LANES];

		NNRT_UNROLL(4)
		for (int row = 0; row < tile; row++) {
			nnrt_vf out[NNRT_WINOGRAD_EDGE];

			nnrt_winograd_out(half + row * edge, out, tile);
			NNRT_UNROLL(4)
			for (int col = 0; col < tile; col++)
				nnrt_vf_store(sums + (row * tile + col) * NNRT_LANES, nnrt_vf_add(start, out[col]));
		}
		for (int row = 0; row < tile && row < rows; row++) {
			const ptrdiff_t line = nnrt_ring(oy + row, p->y_ring) * p->y_row + ox * p->y_pixel + c;
			const struct nnrt_at at = {line, oy + row, ox, c, 0};

			nnrt_tile_finish_long(p->tail, sums + row * tile * NNRT_LANES, y, at, p->y_pixel,
				(int)nnrt_min(tile, cols), n, 1, ctx);
		}
		return;
	}
	NNRT_UNROLL(4)
	for (int row = 0; row < tile; row++) {
		const ptrdiff_t line = nnrt_ring(oy + row, p->y_ring) * p->y_row + ox * p->y_pixel + c;
		nnrt_vf out[NNRT_WINOGRAD_EDGE];

		if (row >= rows)
			break;
		nnrt_winograd_out(half + row * edge, out, tile);
		NNRT_UNROLL(4)
		for (int col = 0; col < tile; col++) {
			const struct nnrt_at at = {line + col * p->y_pixel, oy + row, ox + col, c, n};

			if (col < cols)
				nnrt_store_at(y, epilogue(nnrt_vf_add(start, out[col]), at, ctx), at);
		}
	}
}

/** y as nnrt_conv_f32 computes it, for 3x3 kernels with strides and dilations 1 and adjacent channels, within the error
 *  above: tiles of tile x tile outputs (2 or 4), counted from row_begin on, `tiles` of them at a time.
 *  w: panels of `columns` output channels, in each (tile + 2)^2 points of ic rows, from winograd_weights_f32(). bias:
 *  oc values or NULL. zero: ic zeros. scratch: nnrt_winograd_scratch() floats. y may not overlap x. Reads no input row
 *  that the wanted output rows do not see. rows, columns: constants, the register tile of the products (kernels.def).
 *  ONNX Conv-11; a group is a call with x, w, bias and y moved to its channels. */
NNRT_INLINE void nnrt_winograd_f32(const struct nnrt_conv *p, const float *x, const float *w, const float *bias,
	const float *zero, float *y, float *scratch, ptrdiff_t tiles, nnrt_epilogue epilogue, const void *const *ctx,
	int rows, int columns, int tile)
{
	const int points = (tile + 2) * (tile + 2), across = (p->out_w + tile - 1) / tile;
	const int down = (p->row_end - p->row_begin + tile - 1) / tile;
	const int whole = p->oc / columns * columns;
	const ptrdiff_t total = (ptrdiff_t)down * across;
	struct nnrt_winograd b;

	b.v_tile = (p->ic + NNRT_LANES - 1) / NNRT_LANES * NNRT_LANES;
	b.v_point = tiles * b.v_tile + 16;
	b.s_point = tiles * columns;
	b.v = scratch;
	b.s = scratch + points * b.v_point;
	b.row_limit = (int)nnrt_min(p->in_h, (ptrdiff_t)p->row_end - p->pad_top + 2);
	for (ptrdiff_t first = 0; first < total; first += tiles) {
		const ptrdiff_t count = nnrt_min(tiles, total - first);

		for (ptrdiff_t t = 0; t < count; t++)
			nnrt_winograd_tile(p, &b, x, zero, p->row_begin + (int)((first + t) / across) * tile,
				(int)((first + t) % across) * tile, b.v + t * b.v_tile, tile);
		for (int c = 0; c < p->oc; c += columns) {
			const float *panel = w + (ptrdiff_t)c * points * p->ic;
			const int n = c < whole ? columns : p->oc - c;
			const struct nnrt_gemm product = {0, count, n, p->ic, b.v_tile, 0, columns, NULL};

			for (int point = 0; point < points; point++) {
				const float *weights = panel + (ptrdiff_t)point * p->ic * columns;
				const float *v = b.v + point * b.v_point;
				float *s = b.s + point * b.s_point;

				if (c < whole)
					nnrt_gemm_f32_panel(&product, v, weights, columns, NULL, s, 0, columns,
						nnrt_epilogue_none, NULL, NNRT_LANES, nnrt_tile_f32, rows,
						columns / NNRT_LANES);
				else if (whole < p->oc)
					nnrt_gemm_f32_rest(&product, v, weights, columns, NULL, s, 0,
						(n + NNRT_LANES - 1) / NNRT_LANES * NNRT_LANES, nnrt_epilogue_none,
						NULL, 0, nnrt_tile_f32, rows);
			}
			for (ptrdiff_t t = 0; t < count; t++) {
				const int oy = p->row_begin + (int)((first + t) / across) * tile;
				const int ox = (int)((first + t) % across) * tile;

				for (int j = 0; j < n; j += NNRT_LANES)
					nnrt_winograd_output(p, &b, b.s + t * columns + j, bias, y, oy, ox, c + j,
						(int)nnrt_min(NNRT_LANES, n - j), epilogue, ctx, tile);
			}
		}
	}
}

/** nnrt_winograd_f32 with tiles of 2 x 2 outputs. */
NNRT_INLINE void nnrt_winograd2_f32(const struct nnrt_conv *p, const float *x, const float *w, const float *bias,
	const float *zero, float *y, float *scratch, ptrdiff_t tiles, nnrt_epilogue epilogue, const void *const *ctx,
	int rows, int columns)
{
	nnrt_winograd_f32(p, x, w, bias, zero, y, scratch, tiles, epilogue, ctx, rows, columns, 2);
}

/** nnrt_winograd_f32 with tiles of 4 x 4 outputs. */
NNRT_INLINE void nnrt_winograd4_f32(const struct nnrt_conv *p, const float *x, const float *w, const float *bias,
	const float *zero, float *y, float *scratch, ptrdiff_t tiles, nnrt_epilogue epilogue, const void *const *ctx,
	int rows, int columns)
{
	nnrt_winograd_f32(p, x, w, bias, zero, y, scratch, tiles, epilogue, ctx, rows, columns, 4);
}

#endif
