/* Products of bytes by AVX2's vpmaddubsw: images unsigned, weights signed, four terms a lane. It adds two products in
 * 16 bits and saturates; here nothing does, for weights come in items that were chosen when compiling (PACK_CHAINS
 * of compiler/kernels/pack_chains.c): the products of up to three of them together stay within 16 bits whatever the
 * image is, and only then are widened. Half as many multiplications as by vpmaddwd are left, or fewer. */
#ifndef NNRT_DOT_MADDUBS_H
#define NNRT_DOT_MADDUBS_H

#include "runtime_min/kernels/dot_bytes_avx2.h"

enum {
	NNRT_MADDUBS_TERMS = 4, /* products that a lane adds of an item */
	NNRT_MADDUBS_ITEM = 32, /* bytes of an item's weights */
	NNRT_MADDUBS_CHAIN = 3, /* items whose products are added in 16 bits, at most */
	NNRT_MADDUBS_BLOCK = 512, /* terms of a run whose items are chained with each other */
	NNRT_MADDUBS_ROWS = 10 /* that a tile has at most */
};

/** Number i of a list of 16-bit ones. */
NNRT_INLINE ptrdiff_t nnrt_maddubs_number(const int8_t *list, int i)
{
	uint16_t v;

	(void)memcpy(&v, list + i * (ptrdiff_t)sizeof(v), sizeof(v));
	return v;
}

/** Products of an item for one pixel. */
NNRT_INLINE __m256i nnrt_maddubs_of(const unsigned char *x, __m256i w)
{
	int32_t four;

	(void)memcpy(&four, x, sizeof(four));
	return _mm256_maddubs_epi16(_mm256_set1_epi32(four), w);
}

/** Adds n chains of so many items; list: where the terms of each lie in x. What follows in both. */
NNRT_INLINE void nnrt_maddubs_chains(const struct nnrt_dot *d, __m256i *sum, const unsigned char *x, const int8_t **w,
	const int8_t **list, ptrdiff_t n, int chain, int rows)
{
	const __m256i ones = _mm256_set1_epi16(1);

	for (; n > 0; n--) {
		const unsigned char *from[NNRT_MADDUBS_CHAIN];
		__m256i b[NNRT_MADDUBS_CHAIN];

		NNRT_UNROLL(3)
		for (int e = 0; e < chain; e++) {
			from[e] = x + nnrt_maddubs_number(*list, e);
			b[e] = _mm256_loadu_si256((const __m256i *)(const void *)(*w + e * NNRT_MADDUBS_ITEM));
		}
		NNRT_UNROLL(10)
		for (int i = 0; i < rows; i++) {
			__m256i t = nnrt_maddubs_of(from[0] + i * d->x_pixel, b[0]);

			NNRT_UNROLL(3)
			for (int e = 1; e < chain; e++)
				t = _mm256_add_epi16(t, nnrt_maddubs_of(from[e] + i * d->x_pixel, b[e]));
			sum[i] = _mm256_add_epi32(sum[i], _mm256_madd_epi16(t, ones));
			__asm__("" : "+x"(sum[i])); /* else gcc 12 spills them all */
		}
		*list += chain * (ptrdiff_t)sizeof(uint16_t);
		*w += chain * (ptrdiff_t)NNRT_MADDUBS_ITEM;
	}
}

/** See nnrt_dot_tile. w: items, from the next line on, and before them the distance to their list: for each block of
 * a run how many chains there are of three items, two, and one, and where the terms of each item begin. */
NNRT_INLINE void nnrt_maddubs_tile(const struct nnrt_dot *d, const unsigned char *x, const int8_t *w,
	const int32_t *bias, const float *scale, unsigned char *y, int n, int rows, int wide)
{
	__m256i sum[NNRT_MADDUBS_ROWS];
	const int8_t *list;
	int32_t to_list;

	(void)wide;
	(void)memcpy(&to_list, w, sizeof(to_list));
	list = w + to_list;
	w += NNRT_MADDUBS_ITEM;
	NNRT_UNROLL(10)
	for (int i = 0; i < rows; i++)
		sum[i] = _mm256_loadu_si256((const __m256i *)(const void *)bias);
	for (int ky = 0; ky < d->runs_h; ky++) {
		for (int kx = 0; kx < d->runs_w; kx++) {
			const unsigned char *from = x + ky * d->step_h + kx * d->step_w;

			for (int k = 0; k < d->run; k += NNRT_MADDUBS_BLOCK) {
				const ptrdiff_t threes = nnrt_maddubs_number(list, 0);
				const ptrdiff_t twos = nnrt_maddubs_number(list, 1);
				const ptrdiff_t ones = nnrt_maddubs_number(list, 2);

				list += NNRT_MADDUBS_CHAIN * sizeof(uint16_t);
				nnrt_maddubs_chains(d, sum, from + k, &w, &list, threes, 3, rows);
				nnrt_maddubs_chains(d, sum, from + k, &w, &list, twos, 2, rows);
				nnrt_maddubs_chains(d, sum, from + k, &w, &list, ones, 1, rows);
			}
		}
	}
	nnrt_dot_avx2_finish(d, sum, scale, y, n, rows, 1);
}

/** See nnrt_dot_at: the distance to each panel stands in front of all. */
NNRT_INLINE const int8_t *nnrt_maddubs_panel(const int8_t *w, ptrdiff_t i, ptrdiff_t even)
{
	int32_t at;

	(void)even;
	(void)memcpy(&at, w + i * (ptrdiff_t)sizeof(at), sizeof(at));
	return w + at;
}

/** See nnrt_conv_dot; x, y: uint8. */
NNRT_INLINE void nnrt_conv_maddubs(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, void *y, void *scratch, int zero, int low, int high, int y_zero,
	int band, int rows, int columns)
{
	nnrt_conv_dot(p, x, w, bias, scale, y, scratch, zero, low, high, y_zero, band, nnrt_maddubs_tile,
		nnrt_maddubs_panel, nnrt_dot_bytes, 1, NNRT_MADDUBS_TERMS, rows, columns);
}

/** See nnrt_gemm_dot; a, y: uint8. */
NNRT_INLINE void nnrt_gemm_maddubs(const struct nnrt_gemm *p, const void *a, const int8_t *b, const int32_t *bias,
	const float *scale, void *y, void *scratch, int low, int high, int y_zero, int band,
	int rows, int columns)
{
	nnrt_gemm_dot(p, a, b, bias, scale, y, scratch, low, high, y_zero, band, nnrt_maddubs_tile,
		nnrt_maddubs_panel, nnrt_dot_bytes, 1, NNRT_MADDUBS_TERMS, rows, columns);
}

#endif
