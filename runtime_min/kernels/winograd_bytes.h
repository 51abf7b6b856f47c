/* 3x3 convolution of bytes at stride 1 by Winograd's F(2x2, 3x3), exact: 16 products a tile of four outputs instead of
 * 36.
 *
 *     4 Y = AT [ (2G g 2GT) * (BT d B) ] A
 *
 * With the points 0, 1, -1 and infinity BT, A and 2G are of integers. BT d B of bytes lies within 1020 and
 * 2G g 2GT within 1152, so 16 bits hold them; sums over channels may wrap at 32 bits, for 4 Y, which comes out of them,
 * does not: |Y| < 2^29. See winograd.h.
 *
 * An instruction's own header has the transforms and the tile of products, and gives them to the functions below. */
#ifndef NNRT_WINOGRAD_BYTES_H
#define NNRT_WINOGRAD_BYTES_H

#include "runtime_min/kernels/dot.h"

enum {
	NNRT_WINOGRAD_TAPS = 16,        /* points of a tile */
	NNRT_WINOGRAD_LANES = 16        /* channels of x go on to a multiple of it, with anything */
};

/** A block of tiles. */
struct nnrt_winograd_block {
	const unsigned char *x;         /* the image's first row and pixel, padding included */
	ptrdiff_t row, pixel;           /* bytes to the next */
	int16_t *v;                     /* v[point][tile][channel]: BT d B */
	int32_t *m;                     /* m[point][tile][channel of a panel of y] */
	ptrdiff_t v_point, v_tile, m_point;     /* elements to the next */
	int tiles_h, tiles_w;
};

/** BT d B of the tile at x, for ic channels at least. */
typedef void (*nnrt_winograd_image)(const struct nnrt_winograd_block *b, const unsigned char *x, int16_t *v, int ic);

/** m = v w for `rows` tiles, v_tile elements apart, and the channels of a panel; w: those of one point. */
typedef void (*nnrt_winograd_product)(const int16_t *v, ptrdiff_t v_tile, const int8_t *w, int ic, int32_t *m,
	int rows);

/** The four pixels of a tile, those that are within n_rows and n_columns, of n channels. */
typedef void (*nnrt_winograd_pixel)(const struct nnrt_dot *d, const int32_t *m, ptrdiff_t m_point, const int32_t *bias,
	const float *scale, unsigned char *const rows[2], int n, int n_rows, int n_columns);

/** All points of a block's tiles for one panel of weights, `bytes` of them a point. The last turn begins early enough
 *  to be full. */
NNRT_INLINE void nnrt_winograd_panel(const struct nnrt_winograd_block *b, const int8_t *w, ptrdiff_t bytes, int ic,
	nnrt_winograd_product product, int rows, int columns)
{
	const ptrdiff_t tiles = (ptrdiff_t)b->tiles_h * b->tiles_w;

	for (int e = 0; e < NNRT_WINOGRAD_TAPS; e++, w += bytes) {
		const int16_t *v = b->v + e * b->v_point;
		int32_t *m = b->m + e * b->m_point;

		for (ptrdiff_t t = 0; tiles < rows && t < tiles; t++)
			product(v + t * b->v_tile, b->v_tile, w, ic, m + t * columns, 1);
		for (ptrdiff_t t = 0; tiles >= rows && t < tiles; t += rows) {
			const ptrdiff_t at = nnrt_min(t, tiles - rows);

			product(v + at * b->v_tile, b->v_tile, w, ic, m + at * columns, rows);
		}
	}
}

/** The output rows begin to end - 1 that a block is, n channels of a panel, the first of which y has. */
NNRT_INLINE void nnrt_winograd_rows(const struct nnrt_conv *p, const struct nnrt_winograd_block *b,
	const struct nnrt_dot *d, const int32_t *bias, const float *scale, unsigned char *y, int begin, int end, int n,
	nnrt_winograd_pixel pixel)
{
	const int32_t *m = b->m;

	for (int oy = begin; oy < end; oy += 2) {
		unsigned char *rows[2] = {y + nnrt_ring(oy, p->y_ring) * p->y_row,
			y + nnrt_ring(oy + 1, p->y_ring) * p->y_row};

		for (int ox = 0; ox < p->out_w; ox += 2, m += d->columns) {
			pixel(d, m, b->m_point, bias, scale, rows, n, end - oy, p->out_w - ox);
			rows[0] += 2 * p->y_pixel;
			rows[1] += 2 * p->y_pixel;
		}
	}
}

/** See nnrt_conv_dot, of which this is the 3x3 kernel with strides and dilations 1; |sum| < 2^29. w: PACK_WINOGRAD of
 * compiler/kernels/pack_winograd.h, which says how large scratch is too. terms: of a product's step. */
NNRT_INLINE void nnrt_winograd_conv(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, void *y, void *scratch, int zero, int low, int high, int y_zero, int band,
	nnrt_winograd_image images, nnrt_winograd_product product, nnrt_winograd_pixel pixel, int terms, int rows,
	int columns)
{
	const int tiles_w = (p->out_w + 1) / 2, most_h = (band + 1) / 2;
	const ptrdiff_t bytes = (ptrdiff_t)nnrt_dot_whole(p->ic, terms) * columns * 2;
	const ptrdiff_t v_tile = (p->ic + NNRT_WINOGRAD_LANES - 1) / NNRT_WINOGRAD_LANES * NNRT_WINOGRAD_LANES;
	const ptrdiff_t tiles = (ptrdiff_t)most_h * tiles_w;
	const ptrdiff_t copied = ((2 * most_h + 2) * (2 * tiles_w + 2) * (ptrdiff_t)p->ic + 16 + 63) / 64 * 64;
	const struct nnrt_dot d = {0, 0, 0, 0, 0, 0, columns, p->y_pixel, low, high, y_zero};
	struct nnrt_conv even = *p;     /* with whole tiles */

	even.out_w = (NNRT_COUNT)(2 * tiles_w);
	for (int begin = p->row_begin; begin < p->row_end; begin += band) {
		const int end = (int)nnrt_min(begin + band, p->row_end), tiles_h = (end - begin + 1) / 2;
		const struct nnrt_dot_image image = nnrt_dot_copy(&even, (const unsigned char *)x,
			(unsigned char *)scratch, zero, begin, begin + 2 * tiles_h, nnrt_dot_bytes, 1);
		int16_t *v = (int16_t *)(void *)((unsigned char *)scratch + copied);
		const struct nnrt_winograd_block b = {image.x, image.row, image.pixel, v,
			(int32_t *)(void *)(v + NNRT_WINOGRAD_TAPS * (tiles * v_tile + 32)), tiles * v_tile + 32,
			v_tile, tiles * columns + 16, tiles_h, tiles_w};

		for (int i = 0; i < tiles_h; i++)
			for (int j = 0; j < tiles_w; j++)
				images(&b, b.x + 2 * (i * b.row + j * b.pixel),
					b.v + ((ptrdiff_t)i * tiles_w + j) * v_tile, p->ic);
		for (int c = 0; c < p->oc; c += columns) {
			nnrt_winograd_panel(&b, w + c / columns * NNRT_WINOGRAD_TAPS * bytes, bytes, p->ic, product,
				rows, columns);
			nnrt_winograd_rows(p, &b, &d, bias + c, scale + c, (unsigned char *)y + c, begin, end,
				(int)nnrt_min(columns, p->oc - c), pixel);
		}
	}
}

#endif
