/* Depthwise convolution of bytes by AVX-512 VNNI's vpdpbusd: images unsigned, weights signed, planes of four rows. */
#ifndef NNRT_DEPTHWISE_VNNI512_H
#define NNRT_DEPTHWISE_VNNI512_H

#include "runtime_min/kernels/depthwise_avx512.h"
#include "runtime_min/kernels/dot_vnni512.h"

enum { NNRT_VNNI_COLUMNS = 64 };

/** 64 bytes so that unpacking within 128 bits leaves them in order: double words 0, 4, 8, 12, then 1, 5 ... */
NNRT_INLINE __m512i nnrt_vnni_apart(const unsigned char *x)
{
	const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);

	return _mm512_maskz_permutexvar_epi32((__mmask16)-1, order, _mm512_loadu_si512(x));
}

/** See nnrt_columns_plane: bytes of four rows beside each other. */
NNRT_INLINE void nnrt_vnni_plane(unsigned char *plane, const unsigned char *x, ptrdiff_t pitch, ptrdiff_t columns,
	int is_signed)
{
	(void)is_signed;
	for (ptrdiff_t i = 0; i < columns; i += NNRT_VNNI_COLUMNS, x += NNRT_VNNI_COLUMNS) {
		const __m512i a = nnrt_vnni_apart(x), b = nnrt_vnni_apart(x + pitch);
		const __m512i c = nnrt_vnni_apart(x + 2 * pitch), d = nnrt_vnni_apart(x + 3 * pitch);
		const __m512i ab_low = _mm512_unpacklo_epi8(a, b), ab_high = _mm512_unpackhi_epi8(a, b);
		const __m512i cd_low = _mm512_unpacklo_epi8(c, d), cd_high = _mm512_unpackhi_epi8(c, d);

		_mm512_storeu_si512(plane, _mm512_unpacklo_epi16(ab_low, cd_low));
		_mm512_storeu_si512(plane + 64, _mm512_unpackhi_epi16(ab_low, cd_low));
		_mm512_storeu_si512(plane + 128, _mm512_unpacklo_epi16(ab_high, cd_high));
		_mm512_storeu_si512(plane + 192, _mm512_unpackhi_epi16(ab_high, cd_high));
		plane += (ptrdiff_t)NNRT_VNNI_TERMS * NNRT_VNNI_COLUMNS;
	}
}

/** A tile of four vectors of sums at column i. Weights of few taps stay in registers. */
NNRT_INLINE void nnrt_vnni_column(const struct nnrt_columns *d, unsigned char *const *planes, const int8_t *w,
	const __m512i *held, int n_held, const int32_t *bias, __m512i sum[4], ptrdiff_t i, int n_planes, int kernel_w)
{
	NNRT_UNROLL(4)
	for (int q = 0; q < 4; q++)
		sum[q] = _mm512_loadu_si512(bias + q * NNRT_VNNI_LANES);
	NNRT_UNROLL(8)
	for (int k = 0; k < n_planes; k++) {
		NNRT_UNROLL(8)
		for (int kx = 0; kx < kernel_w; kx++) {
			const unsigned char *x = planes[k] + (i + nnrt_columns_tap(d, kx)) * NNRT_VNNI_TERMS;
			const int at = (k * kernel_w + kx) * 4;

			NNRT_UNROLL(4)
			for (int q = 0; q < 4; q++) {
				const __m512i weights = at < n_held ? held[at + q]
								    : _mm512_loadu_si512(w + (at + q) * 64);

				sum[q] = _mm512_dpbusd_epi32(sum[q], _mm512_loadu_si512(x + q * 64), weights);
				__asm__("" : "+v"(sum[q]));
			}
		}
	}
}

/** nnrt_vnni_tiles() for a kernel of n_planes * kernel_w taps of four rows, the first n_held vectors of which are
 * loaded once. */
NNRT_INLINE void nnrt_vnni_taps(const struct nnrt_columns *d, unsigned char *const *planes, const int8_t *w,
	const int32_t *bias, const float *scale, unsigned char *y, ptrdiff_t first, int n_planes, int kernel_w,
	int n_held)
{
	const float *const scales[4] = {scale, scale + 16, scale + 32, scale + 48};
	__m512i held[12];

	NNRT_UNROLL(12)
	for (int k = 0; k < n_held; k++)
		held[k] = _mm512_loadu_si512(w + k * 64);
	for (ptrdiff_t i = first; i < d->n; i += d->period) {
		__m512i sum[4];

		nnrt_vnni_column(d, planes, w, held, n_held, bias, sum, i, n_planes, kernel_w);
		nnrt_columns_store512(d, y, nnrt_bytes_avx512(sum, scales, 0, d->low, d->high, d->zero), i,
			nnrt_min(NNRT_VNNI_COLUMNS, d->n - i));
	}
}

/** See nnrt_columns_tiles. */
NNRT_INLINE void nnrt_vnni_tiles(const struct nnrt_columns *d, unsigned char *const *planes, const int8_t *w,
	const int32_t *bias, const float *scale, unsigned char *y, ptrdiff_t first)
{
	if (d->planes == 1 && d->kernel_w == 3)
		nnrt_vnni_taps(d, planes, w, bias, scale, y, first, 1, 3, 12);
	else
		nnrt_vnni_taps(d, planes, w, bias, scale, y, first, d->planes, d->kernel_w, 0);
}

/** See nnrt_depthwise_rows; x, y: uint8. */
NNRT_INLINE void nnrt_depthwise_vnni(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, void *y, void *scratch, int zero, int is_signed, int low, int high, int y_zero, int slice,
	int pixels)
{
	nnrt_depthwise_rows(p, x, w, bias, scale, y, scratch, zero, is_signed, low, high, y_zero, slice, pixels,
		nnrt_vnni_plane, nnrt_vnni_tiles, NNRT_VNNI_TERMS, 1, NNRT_VNNI_COLUMNS);
}

#endif
