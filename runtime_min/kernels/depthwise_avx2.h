/* Depthwise convolution of bytes by AVX2's vpmaddwd: planes of two rows, widened to 16 bits. */
#ifndef NNRT_DEPTHWISE_AVX2_H
#define NNRT_DEPTHWISE_AVX2_H

#include <immintrin.h>

#include "runtime_min/kernels/bytes_avx2.h"
#include "runtime_min/kernels/depthwise_rows.h"

enum {
	NNRT_MADD_TERMS = 2,
	NNRT_MADD_COLUMNS = 32,
	NNRT_MADD_HELD = 24             /* vectors of weights that are widened once: those of 3x3 */
};

/** See nnrt_columns_plane: elements of two rows beside each other. */
NNRT_INLINE void nnrt_madd_plane(unsigned char *plane, const unsigned char *x, ptrdiff_t pitch, ptrdiff_t columns,
	int is_signed)
{
	for (ptrdiff_t i = 0; i < columns; i += 16, plane += 64) {
		const __m128i a = _mm_loadu_si128((const __m128i *)(const void *)(x + i));
		const __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(x + pitch + i));
		const __m128i low = _mm_unpacklo_epi8(a, b), high = _mm_unpackhi_epi8(a, b);

		_mm256_storeu_si256((__m256i *)(void *)plane,
			is_signed ? _mm256_cvtepi8_epi16(low) : _mm256_cvtepu8_epi16(low));
		_mm256_storeu_si256((__m256i *)(void *)(plane + 32),
			is_signed ? _mm256_cvtepi8_epi16(high) : _mm256_cvtepu8_epi16(high));
	}
}

/** A vector. */
NNRT_INLINE __m256i nnrt_madd_load(const void *p)
{
	return _mm256_loadu_si256((const __m256i *)p);
}

/** Weights of eight columns. */
NNRT_INLINE __m256i nnrt_madd_weights(const int8_t *w)
{
	return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)w));
}

/** bounded(round_half_even(float(sum) * scale) + zero, low, high) of 32 sums. */
NNRT_INLINE __m256i nnrt_madd_bytes(const struct nnrt_columns *d, const __m256i sum[4], const float *scale)
{
	const float *const scales[4] = {scale, scale + 8, scale + 16, scale + 24};

	return nnrt_bytes_avx2(sum, scales, d->is_signed, d->low, d->high, d->zero);
}

/** Stores n of 32 bytes of columns from i on. */
NNRT_INLINE void nnrt_madd_store(const struct nnrt_columns *d, unsigned char *y, __m256i q, ptrdiff_t i, ptrdiff_t n)
{
	unsigned char bytes[NNRT_MADD_COLUMNS];

	if (n == NNRT_MADD_COLUMNS && d->y_pixel == d->channels) {
		_mm256_storeu_si256((__m256i *)(void *)(y + i), q);
		return;
	}
	_mm256_storeu_si256((__m256i *)(void *)bytes, q);
	if (d->y_pixel == d->channels)
		(void)memcpy(y + i, bytes, (size_t)n);
	else
		nnrt_columns_scatter(d, y, bytes, i, n);
}

/** nnrt_madd_tiles() for a kernel of n_planes * kernel_w taps of two rows, the first n_held vectors of which are
 * widened once. */
NNRT_INLINE void nnrt_madd_taps(const struct nnrt_columns *d, unsigned char *const *planes, const int8_t *w,
	const int32_t *bias, const float *scale, unsigned char *y, ptrdiff_t first, int n_planes, int kernel_w,
	int n_held)
{
	__m256i held[NNRT_MADD_HELD];

	NNRT_UNROLL(24)
	for (int k = 0; k < n_held; k++)
		held[k] = nnrt_madd_weights(w + k * 16);
	for (ptrdiff_t i = first; i < d->n; i += d->period) {
		__m256i sum[4];

		NNRT_UNROLL(4)
		for (int q = 0; q < 4; q++)
			sum[q] = nnrt_madd_load(bias + q * 8);
		NNRT_UNROLL(8)
		for (int k = 0; k < n_planes; k++) {
			NNRT_UNROLL(8)
			for (int kx = 0; kx < kernel_w; kx++) {
				const unsigned char *x = planes[k] + (i + nnrt_columns_tap(d, kx)) * 4;
				const int at = (k * kernel_w + kx) * 4;

				NNRT_UNROLL(4)
				for (int q = 0; q < 4; q++) {
					const __m256i a = nnrt_madd_load(x + q * 32);
					const __m256i b = at < n_held ? held[at + q]
								      : nnrt_madd_weights(w + (at + q) * 16);

					sum[q] = _mm256_add_epi32(sum[q], _mm256_madd_epi16(a, b));
				}
			}
		}
		nnrt_madd_store(d, y, nnrt_madd_bytes(d, sum, scale), i, nnrt_min(NNRT_MADD_COLUMNS, d->n - i));
	}
}

/** See nnrt_columns_tiles. */
NNRT_INLINE void nnrt_madd_tiles(const struct nnrt_columns *d, unsigned char *const *planes, const int8_t *w,
	const int32_t *bias, const float *scale, unsigned char *y, ptrdiff_t first)
{
	if (d->planes == 2 && d->kernel_w == 3)
		nnrt_madd_taps(d, planes, w, bias, scale, y, first, 2, 3, NNRT_MADD_HELD);
	else
		nnrt_madd_taps(d, planes, w, bias, scale, y, first, d->planes, d->kernel_w, 0);
}

/** See nnrt_depthwise_rows. */
NNRT_INLINE void nnrt_depthwise_madd(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, void *y, void *scratch, int zero, int is_signed, int low, int high, int y_zero, int slice,
	int pixels)
{
	nnrt_depthwise_rows(p, x, w, bias, scale, y, scratch, zero, is_signed, low, high, y_zero, slice, pixels,
		nnrt_madd_plane, nnrt_madd_tiles, NNRT_MADD_TERMS, 2, NNRT_MADD_COLUMNS);
}

#endif
