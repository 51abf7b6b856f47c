/* 3x3 convolution of bytes at stride 1 by Winograd's F(2x2, 3x3), exact: 16 products a tile of four outputs instead of
 * 36, by AVX2's vpmaddwd.
 *
 *     4 Y = AT [ (2G g 2GT) * (BT d B) ] A
 *
 * With the points 0, 1, -1 and infinity BT, A and 2G are of integers. BT d B of bytes lies within 1020 and
 * 2G g 2GT within 1152, so 16 bits hold them; sums over channels may wrap at 32 bits, for 4 Y, which comes out of them,
 * does not: |Y| < 2^29. See winograd.h. */
#ifndef NNRT_WINOGRAD_AVX2_H
#define NNRT_WINOGRAD_AVX2_H

#include "runtime_min/kernels/dot_bytes_avx2.h"

enum {
	NNRT_WINOGRAD_TAPS = 16,        /* points of a tile */
	NNRT_WINOGRAD_LANES = 16,       /* channels that are transformed at a time; of a panel */
	NNRT_WINOGRAD_SUMS = 12         /* vectors of sums that a tile of products has at most */
};

/** A block of tiles. */
struct nnrt_winograd_block {
	const unsigned char *x;         /* the image's first row and pixel, padding included */
	ptrdiff_t row, pixel;           /* bytes to the next */
	int16_t *v;                     /* v[point][tile][channel]: BT d B */
	int32_t *m;                     /* m[point][tile][16 channels of y] */
	ptrdiff_t v_point, v_tile, m_point;     /* elements to the next */
	int tiles_h, tiles_w;
};

/** BT d, or d B. */
NNRT_INLINE void nnrt_winograd_image(const __m256i *d, ptrdiff_t d_step, __m256i *v, ptrdiff_t v_step)
{
	v[0] = _mm256_sub_epi16(d[0], d[2 * d_step]);
	v[v_step] = _mm256_add_epi16(d[d_step], d[2 * d_step]);
	v[2 * v_step] = _mm256_sub_epi16(d[2 * d_step], d[d_step]);
	v[3 * v_step] = _mm256_sub_epi16(d[d_step], d[3 * d_step]);
}

/** BT d B of the tile at x, for all channels; those that fill the last 16 are anything. */
NNRT_INLINE void nnrt_winograd_images(const struct nnrt_winograd_block *b, const unsigned char *x, int16_t *v, int ic)
{
	for (ptrdiff_t c = 0; c < ic; c += NNRT_WINOGRAD_LANES) {
		__m256i half[16];

		NNRT_UNROLL(4)
		for (int j = 0; j < 4; j++) {
			__m256i d[4];

			NNRT_UNROLL(4)
			for (int i = 0; i < 4; i++)
				d[i] = _mm256_cvtepu8_epi16(_mm_loadu_si128(
					(const __m128i *)(const void *)(x + i * b->row + j * b->pixel + c)));
			nnrt_winograd_image(d, 1, half + j, 4);
		}
		NNRT_UNROLL(4)
		for (int i = 0; i < 4; i++) {
			__m256i out[4];

			nnrt_winograd_image(half + i * 4, 1, out, 1);
			NNRT_UNROLL(4)
			for (int j = 0; j < 4; j++)
				_mm256_storeu_si256((__m256i *)(void *)(v + (i * 4 + j) * b->v_point + c), out[j]);
		}
	}
}

/** m = v w for `rows` tiles and 16 channels; w: pairs * 16 pairs of weights. */
NNRT_INLINE void nnrt_winograd_products(const int16_t *v, ptrdiff_t v_tile, const int8_t *w, int pairs, int32_t *m,
	int rows)
{
	__m256i sum[NNRT_WINOGRAD_SUMS];

	NNRT_UNROLL(12)
	for (int i = 0; i < 2 * rows; i++)
		sum[i] = _mm256_setzero_si256();
	for (int k = 0; k < pairs; k++, v += 2, w += 64) {
		const __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)w);
		const __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(w + 32));

		NNRT_UNROLL(6)
		for (int i = 0; i < rows; i++) {
			int32_t two;
			__m256i a;

			(void)memcpy(&two, v + i * v_tile, sizeof(two));
			a = _mm256_set1_epi32(two);
			sum[2 * i] = _mm256_add_epi32(sum[2 * i], _mm256_madd_epi16(a, low));
			sum[2 * i + 1] = _mm256_add_epi32(sum[2 * i + 1], _mm256_madd_epi16(a, high));
			__asm__("" : "+x"(sum[2 * i]), "+x"(sum[2 * i + 1]));   /* else gcc 12 spills them all */
		}
	}
	NNRT_UNROLL(12)
	for (int i = 0; i < 2 * rows; i++)
		_mm256_storeu_si256((__m256i *)(void *)(m + i * 8), sum[i]);
}

/** AT m along one axis. */
NNRT_INLINE void nnrt_winograd_sums(const __m256i *m, ptrdiff_t step, __m256i *y, ptrdiff_t y_step)
{
	y[0] = _mm256_add_epi32(m[0], _mm256_add_epi32(m[step], m[2 * step]));
	y[y_step] = _mm256_sub_epi32(_mm256_sub_epi32(m[step], m[2 * step]), m[3 * step]);
}

/** AT m A / 4 + bias of eight channels: sums of four pixels, y_step apart. */
NNRT_INLINE void nnrt_winograd_pixels(const int32_t *m, ptrdiff_t m_point, const int32_t *bias, __m256i *y,
	ptrdiff_t y_step)
{
	const __m256i more = _mm256_loadu_si256((const __m256i *)(const void *)bias);
	__m256i half[8];

	NNRT_UNROLL(4)
	for (int j = 0; j < 4; j++) {
		__m256i s[4];

		NNRT_UNROLL(4)
		for (int i = 0; i < 4; i++)
			s[i] = _mm256_loadu_si256((const __m256i *)(const void *)(m + (i * 4 + j) * m_point));
		nnrt_winograd_sums(s, 1, half + j, 4);
	}
	NNRT_UNROLL(2)
	for (int i = 0; i < 2; i++)
		nnrt_winograd_sums(half + i * 4, 1, y + i * 2 * y_step, y_step);
	NNRT_UNROLL(4)
	for (int i = 0; i < 4; i++)
		y[i * y_step] = _mm256_add_epi32(_mm256_srai_epi32(y[i * y_step], 2), more);
}

/** The four pixels of a tile, those that are within rows and columns, of n channels. */
NNRT_INLINE void nnrt_winograd_finish(const struct nnrt_dot *d, const int32_t *m, ptrdiff_t m_point,
	const int32_t *bias, const float *scale, unsigned char *const rows[2], int n, int n_rows, int n_columns)
{
	const float *const scales[4] = {scale, scale + 8, scale, scale + 8};
	__m256i y[8];

	nnrt_winograd_pixels(m, m_point, bias, y, 2);
	nnrt_winograd_pixels(m + 8, m_point, bias + 8, y + 1, 2);
	NNRT_UNROLL(2)
	for (int i = 0; i < 2; i++) {
		const __m256i bytes = nnrt_bytes_avx2(y + i * 4, scales, 0, d->low, d->high, d->zero);

		if (i >= n_rows)
			continue;
		nnrt_dot_avx2_store(rows[i], bytes, n);
		if (n_columns > 1)
			nnrt_dot_avx2_store(rows[i] + d->y_pixel, _mm256_permute4x64_epi64(bytes, 0x4e), n);
	}
}

/** All points of a block's tiles for one panel of weights. The last turn begins early enough to be full. */
NNRT_INLINE void nnrt_winograd_panel(const struct nnrt_winograd_block *b, const int8_t *w, int pairs, int rows)
{
	const ptrdiff_t tiles = (ptrdiff_t)b->tiles_h * b->tiles_w;

	for (int e = 0; e < NNRT_WINOGRAD_TAPS; e++, w += pairs * (ptrdiff_t)64) {
		const int16_t *v = b->v + e * b->v_point;
		int32_t *m = b->m + e * b->m_point;

		for (ptrdiff_t t = 0; tiles < rows && t < tiles; t++)
			nnrt_winograd_products(v + t * b->v_tile, b->v_tile, w, pairs, m + t * NNRT_WINOGRAD_LANES, 1);
		for (ptrdiff_t t = 0; tiles >= rows && t < tiles; t += rows) {
			const ptrdiff_t at = nnrt_min(t, tiles - rows);

			nnrt_winograd_products(v + at * b->v_tile, b->v_tile, w, pairs, m + at * NNRT_WINOGRAD_LANES,
				rows);
		}
	}
}

/** The output rows begin to end - 1 that a block is, channels c to c + n - 1 of y. */
NNRT_INLINE void nnrt_winograd_rows(const struct nnrt_conv *p, const struct nnrt_winograd_block *b,
	const struct nnrt_dot *d, const int32_t *bias, const float *scale, unsigned char *y, int begin, int end, int n)
{
	const int32_t *m = b->m;

	for (int oy = begin; oy < end; oy += 2) {
		unsigned char *rows[2] = {y + nnrt_ring(oy, p->y_ring) * p->y_row,
			y + nnrt_ring(oy + 1, p->y_ring) * p->y_row};

		for (int ox = 0; ox < p->out_w; ox += 2, m += NNRT_WINOGRAD_LANES) {
			nnrt_winograd_finish(d, m, b->m_point, bias, scale, rows, n, end - oy, p->out_w - ox);
			rows[0] += 2 * p->y_pixel;
			rows[1] += 2 * p->y_pixel;
		}
	}
}

/** See nnrt_conv_dot, of which this is the 3x3 kernel with strides and dilations 1; |sum| < 2^29. x, y: uint8. w:
 * PACK_WINOGRAD of compiler/kernels/pack_winograd.h, which says how large scratch is too. columns: 16. */
NNRT_INLINE void nnrt_winograd_madd(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, void *y, void *scratch, int zero, int low, int high, int y_zero, int band, int rows,
	int columns)
{
	const int tiles_w = (p->out_w + 1) / 2, most_h = (band + 1) / 2, pairs = (p->ic + 1) / 2;
	const ptrdiff_t v_tile = (p->ic + NNRT_WINOGRAD_LANES - 1) / NNRT_WINOGRAD_LANES * NNRT_WINOGRAD_LANES;
	const ptrdiff_t tiles = (ptrdiff_t)most_h * tiles_w;
	const ptrdiff_t copied = ((2 * most_h + 2) * (2 * tiles_w + 2) * (ptrdiff_t)p->ic + 16 + 63) / 64 * 64;
	const struct nnrt_dot d = {0, 0, 0, 0, 0, 0, columns, p->y_pixel, low, high, y_zero};
	struct nnrt_conv even = *p;     /* with whole tiles */

	even.out_w = 2 * tiles_w;
	for (int begin = p->row_begin; begin < p->row_end; begin += band) {
		const int end = (int)nnrt_min(begin + band, p->row_end), tiles_h = (end - begin + 1) / 2;
		const struct nnrt_dot_image image = nnrt_dot_copy(&even, (const unsigned char *)x,
			(unsigned char *)scratch, zero, begin, begin + 2 * tiles_h, nnrt_dot_bytes, 1);
		int16_t *v = (int16_t *)(void *)((unsigned char *)scratch + copied);
		const struct nnrt_winograd_block b = {image.x, image.row, image.pixel, v,
			(int32_t *)(void *)(v + NNRT_WINOGRAD_TAPS * (tiles * v_tile + 32)), tiles * v_tile + 32,
			v_tile, tiles * NNRT_WINOGRAD_LANES + 16, tiles_h, tiles_w};

		for (int i = 0; i < tiles_h; i++)
			for (int j = 0; j < tiles_w; j++)
				nnrt_winograd_images(&b, b.x + 2 * (i * b.row + j * b.pixel),
					b.v + ((ptrdiff_t)i * tiles_w + j) * v_tile, p->ic);
		for (int c = 0; c < p->oc; c += columns) {
			nnrt_winograd_panel(&b, w + (ptrdiff_t)c * NNRT_WINOGRAD_TAPS * pairs * 4, pairs, rows);
			nnrt_winograd_rows(p, &b, &d, bias + c, scale + c, (unsigned char *)y + c, begin, end,
				(int)nnrt_min(columns, p->oc - c));
		}
	}
}

#endif
