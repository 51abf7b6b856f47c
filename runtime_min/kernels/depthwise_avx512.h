/* Depthwise convolution of bytes by AVX-512's vpmaddwd: as depthwise_avx2.h, with twice the columns. */
#ifndef NNRT_DEPTHWISE_AVX512_H
#define NNRT_DEPTHWISE_AVX512_H

#include "runtime_min/kernels/bytes_avx512.h"
#include "runtime_min/kernels/depthwise_avx2.h"

enum { NNRT_MADD512_COLUMNS = 64 };

/** Weights of sixteen columns. */
NNRT_INLINE __m512i nnrt_madd512_weights(const int8_t *w)
{
	return _mm512_maskz_cvtepi8_epi16((__mmask32)-1, _mm256_loadu_si256((const __m256i *)(const void *)w));
}

/** Stores n of 64 bytes of columns from i on. */
NNRT_INLINE void nnrt_columns_store512(
	const struct nnrt_columns *d, unsigned char *y, __m512i q, ptrdiff_t i, ptrdiff_t n)
{
	unsigned char bytes[64];

	if (d->y_pixel == d->channels) {
		_mm512_mask_storeu_epi8(y + i, ~(__mmask64)0 >> (64 - n), q);
		return;
	}
	_mm512_storeu_si512(bytes, q);
	nnrt_columns_scatter(d, y, bytes, i, n);
}

/** nnrt_madd512_tiles() for a kernel of n_planes * kernel_w taps of two rows, the first n_held vectors of which are
 * widened once. */
NNRT_INLINE void nnrt_madd512_taps(const struct nnrt_columns *d, unsigned char *const *planes, const int8_t *w,
	const int32_t *bias, const float *scale, unsigned char *y, ptrdiff_t first, int n_planes, int kernel_w,
	int n_held)
{
	const float *const scales[4] = {scale, scale + 16, scale + 32, scale + 48};
	__m512i held[NNRT_MADD_HELD];

	NNRT_UNROLL(24)
	for (int k = 0; k < n_held; k++)
		held[k] = nnrt_madd512_weights(w + k * 32);
	for (ptrdiff_t i = first; i < d->n; i += d->period) {
		__m512i sum[4];

		NNRT_UNROLL(4)
		for (int q = 0; q < 4; q++)
			sum[q] = _mm512_loadu_si512(bias + q * 16);
		NNRT_UNROLL(8)
		for (int k = 0; k < n_planes; k++) {
			NNRT_UNROLL(8)
			for (int kx = 0; kx < kernel_w; kx++) {
				const unsigned char *x = planes[k] + (i + nnrt_columns_tap(d, kx)) * 4;
				const int at = (k * kernel_w + kx) * 4;

				NNRT_UNROLL(4)
				for (int q = 0; q < 4; q++) {
					const __m512i b = at < n_held ? held[at + q]
								      : nnrt_madd512_weights(w + (at + q) * 32);

					sum[q] = _mm512_add_epi32(
						sum[q], _mm512_madd_epi16(_mm512_loadu_si512(x + q * 64), b));
				}
			}
		}
		nnrt_columns_store512(d, y, nnrt_bytes_avx512(sum, scales, d->is_signed, d->low, d->high, d->zero), i,
			nnrt_min(NNRT_MADD512_COLUMNS, d->n - i));
	}
}

/** See nnrt_columns_tiles. */
NNRT_INLINE void nnrt_madd512_tiles(const struct nnrt_columns *d, unsigned char *const *planes, const int8_t *w,
	const int32_t *bias, const float *scale, unsigned char *y, ptrdiff_t first)
{
	if (d->planes == 2 && d->kernel_w == 3)
		nnrt_madd512_taps(d, planes, w, bias, scale, y, first, 2, 3, NNRT_MADD_HELD);
	else
		nnrt_madd512_taps(d, planes, w, bias, scale, y, first, d->planes, d->kernel_w, 0);
}

/** See nnrt_depthwise_rows. */
NNRT_INLINE void nnrt_depthwise_madd512(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, void *y, void *scratch, int zero, int is_signed, int low, int high, int y_zero, int slice,
	int pixels)
{
	nnrt_depthwise_rows(p, x, w, bias, scale, y, scratch, zero, is_signed, low, high, y_zero, slice, pixels,
		nnrt_madd_plane, nnrt_madd512_tiles, NNRT_MADD_TERMS, 2, NNRT_MADD512_COLUMNS);
}

#endif
