/* winograd_bytes.h by AVX2's vpmaddwd: two channels of x a step, panels of 16 channels of y. */
#ifndef NNRT_WINOGRAD_AVX2_H
#define NNRT_WINOGRAD_AVX2_H

#include "runtime_min/kernels/dot_bytes_avx2.h"
#include "runtime_min/kernels/winograd_bytes.h"

enum {
	NNRT_WINOGRAD_SUMS = 12         /* vectors of sums that a tile of products has at most */
};

/** BT d, or d B. */
NNRT_INLINE void nnrt_winograd_madd_image(const __m256i *d, ptrdiff_t d_step, __m256i *v, ptrdiff_t v_step)
{
	v[0] = _mm256_sub_epi16(d[0], d[2 * d_step]);
	v[v_step] = _mm256_add_epi16(d[d_step], d[2 * d_step]);
	v[2 * v_step] = _mm256_sub_epi16(d[2 * d_step], d[d_step]);
	v[3 * v_step] = _mm256_sub_epi16(d[d_step], d[3 * d_step]);
}

/** BT d B of the tile at x, for all channels; those that fill the last 16 are anything. */
NNRT_INLINE void nnrt_winograd_madd_images(const struct nnrt_winograd_block *b, const unsigned char *x, int16_t *v,
	int ic)
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
			nnrt_winograd_madd_image(d, 1, half + j, 4);
		}
		NNRT_UNROLL(4)
		for (int i = 0; i < 4; i++) {
			__m256i out[4];

			nnrt_winograd_madd_image(half + i * 4, 1, out, 1);
			NNRT_UNROLL(4)
			for (int j = 0; j < 4; j++)
				_mm256_storeu_si256((__m256i *)(void *)(v + (i * 4 + j) * b->v_point + c), out[j]);
		}
	}
}

/** m = v w for `rows` tiles and 16 channels; w: pairs * 16 pairs of weights. */
NNRT_INLINE void nnrt_winograd_madd_products(const int16_t *v, ptrdiff_t v_tile, const int8_t *w, int ic, int32_t *m,
	int rows)
{
	const int pairs = (ic + 1) / 2;
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
NNRT_INLINE void nnrt_winograd_madd_sums(const __m256i *m, ptrdiff_t step, __m256i *y, ptrdiff_t y_step)
{
	y[0] = _mm256_add_epi32(m[0], _mm256_add_epi32(m[step], m[2 * step]));
	y[y_step] = _mm256_sub_epi32(_mm256_sub_epi32(m[step], m[2 * step]), m[3 * step]);
}

/** AT m A / 4 + bias of eight channels: sums of four pixels, y_step apart. */
NNRT_INLINE void nnrt_winograd_madd_pixels(const int32_t *m, ptrdiff_t m_point, const int32_t *bias, __m256i *y,
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
		nnrt_winograd_madd_sums(s, 1, half + j, 4);
	}
	NNRT_UNROLL(2)
	for (int i = 0; i < 2; i++)
		nnrt_winograd_madd_sums(half + i * 4, 1, y + i * 2 * y_step, y_step);
	NNRT_UNROLL(4)
	for (int i = 0; i < 4; i++)
		y[i * y_step] = _mm256_add_epi32(_mm256_srai_epi32(y[i * y_step], 2), more);
}

/** The four pixels of a tile, those that are within rows and columns, of n channels. */
NNRT_INLINE void nnrt_winograd_madd_finish(const struct nnrt_dot *d, const int32_t *m, ptrdiff_t m_point,
	const int32_t *bias, const float *scale, unsigned char *const rows[2], int n, int n_rows, int n_columns)
{
	const float *const scales[4] = {scale, scale + 8, scale, scale + 8};
	__m256i y[8];

	nnrt_winograd_madd_pixels(m, m_point, bias, y, 2);
	nnrt_winograd_madd_pixels(m + 8, m_point, bias + 8, y + 1, 2);
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

/** See nnrt_winograd_conv; x, y: uint8. columns: 16. */
NNRT_INLINE void nnrt_winograd_madd(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, void *y, void *scratch, int zero, int low, int high, int y_zero, int band, int rows,
	int columns)
{
	nnrt_winograd_conv(p, x, w, bias, scale, y, scratch, zero, low, high, y_zero, band, nnrt_winograd_madd_images,
		nnrt_winograd_madd_products, nnrt_winograd_madd_finish, 2, rows, columns);
}

#endif
