/* Products of bytes by AVX-512 VNNI's vpdpbusd: images unsigned, weights signed, four terms a lane. */
#ifndef NNRT_DOT_VNNI512_H
#define NNRT_DOT_VNNI512_H

#include <immintrin.h>

#include "runtime_min/kernels/bytes_avx512.h"
#include "runtime_min/kernels/dot.h"

enum {
	NNRT_VNNI_LANES = 16,           /* channels of a vector of sums */
	NNRT_VNNI_TERMS = 4,            /* products that a lane adds in one step */
	NNRT_VNNI_SUMS = 28             /* vectors of sums that a tile has at most */
};

/** sum + four products a lane. gcc 12 spills every sum at every step unless its value is made opaque. */
NNRT_INLINE __m512i nnrt_vnni_add(__m512i sum, const unsigned char *x, __m512i w)
{
	int32_t four;

	(void)memcpy(&four, x, sizeof(four));
	sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi32(four), w);
	__asm__("" : "+v"(sum));
	return sum;
}

/** Stores n bytes of a row. The intrinsics here and below have masks where those without make g++ warn of what they
 *  leave undefined. */
NNRT_INLINE void nnrt_vnni_store(unsigned char *y, __m512i bytes, int n)
{
	if (n == 32)
		_mm256_storeu_si256((__m256i *)(void *)y, _mm512_maskz_extracti64x4_epi64((__mmask8)-1, bytes, 0));
	else if (n == 16)
		_mm_storeu_si128((__m128i *)(void *)y, _mm512_maskz_extracti32x4_epi32((__mmask8)-1, bytes, 0));
	else
		_mm512_mask_storeu_epi8(y, ~(__mmask64)0 >> (64 - n), bytes);
}

/** Quarter 1 to 3 of the bytes, as the first. */
#define NNRT_VNNI_QUARTER(bytes, i) \
	_mm512_castsi128_si512(_mm512_maskz_extracti32x4_epi32((__mmask8)-1, bytes, i))

/** Bytes of one step of a tile: rows i.. of it, as many as a vector of bytes holds. */
NNRT_INLINE void nnrt_vnni_finish(const struct nnrt_dot *d, const __m512i *sum, const float *scale, unsigned char *y,
	int n, int i, int rows, int vectors)
{
	const int each = vectors == 1 ? 4 : vectors == 2 ? 2 : 1;
	const float *scales[4];
	__m512i four[4], bytes;

	NNRT_UNROLL(4)
	for (int v = 0; v < 4; v++) {
		const int row = (int)nnrt_min(i + v / vectors, each == 1 ? i : rows - 1);
		const int j = each == 1 ? (int)nnrt_min(v, vectors - 1) : v % vectors;

		four[v] = sum[row * vectors + j];
		scales[v] = scale + j * NNRT_VNNI_LANES;
	}
	bytes = nnrt_bytes_avx512(four, scales, 0, d->low, d->high, d->zero);
	nnrt_vnni_store(y + i * d->y_pixel, bytes, n);
	if (each == 2 && i + 1 < rows)
		nnrt_vnni_store(y + (i + 1) * d->y_pixel,
			_mm512_castsi256_si512(_mm512_maskz_extracti64x4_epi64((__mmask8)-1, bytes, 1)), n);
	if (each == 4 && i + 1 < rows)
		nnrt_vnni_store(y + (i + 1) * d->y_pixel, NNRT_VNNI_QUARTER(bytes, 1), n);
	if (each == 4 && i + 2 < rows)
		nnrt_vnni_store(y + (i + 2) * d->y_pixel, NNRT_VNNI_QUARTER(bytes, 2), n);
	if (each == 4 && i + 3 < rows)
		nnrt_vnni_store(y + (i + 3) * d->y_pixel, NNRT_VNNI_QUARTER(bytes, 3), n);
}

/** Adds all products of a tile to its sums. */
NNRT_INLINE void nnrt_vnni_products(const struct nnrt_dot *d, const unsigned char *x, const int8_t *w, __m512i *sum,
	int rows, int vectors)
{
	for (int ky = 0; ky < d->runs_h; ky++) {
		for (int kx = 0; kx < d->runs_w; kx++) {
			const unsigned char *from = x + ky * d->step_h + kx * d->step_w;

			for (int k = 0; k < d->run; k += NNRT_VNNI_TERMS) {
				__m512i b[4];

				__asm__ volatile("" : "+r"(from));
				NNRT_UNROLL(4)
				for (int j = 0; j < vectors; j++)
					b[j] = _mm512_loadu_si512(w + (ptrdiff_t)j * NNRT_VNNI_LANES * NNRT_VNNI_TERMS);
				NNRT_UNROLL(28)
				for (int i = 0; i < rows; i++) {
					NNRT_UNROLL(4)
					for (int j = 0; j < vectors; j++)
						sum[i * vectors + j] = nnrt_vnni_add(
							sum[i * vectors + j], from + i * d->x_pixel, b[j]);
				}
				from += NNRT_VNNI_TERMS;
				w += (ptrdiff_t)d->columns * NNRT_VNNI_TERMS;
			}
		}
	}
}

/** See nnrt_dot_tile. */
NNRT_INLINE void nnrt_vnni_tile(const struct nnrt_dot *d, const unsigned char *x, const int8_t *w, const int32_t *bias,
	const float *scale, unsigned char *y, int n, int rows, int wide)
{
	const int vectors = (wide + NNRT_VNNI_LANES - 1) / NNRT_VNNI_LANES;
	const int each = vectors == 1 ? 4 : vectors == 2 ? 2 : 1;
	__m512i sum[NNRT_VNNI_SUMS];

	NNRT_UNROLL(28)
	for (int i = 0; i < rows * vectors; i++)
		sum[i] = _mm512_loadu_si512(bias + i % vectors * NNRT_VNNI_LANES);
	nnrt_vnni_products(d, x, w, sum, rows, vectors);
	NNRT_UNROLL(28)
	for (int i = 0; i < rows; i += each)
		nnrt_vnni_finish(d, sum, scale, y, n, i, rows, vectors);
}

/** See nnrt_dot_tile, for results of int32: the sums less d->zero times what `bias` has, those of the weights. */
NNRT_INLINE void nnrt_vnni_sums_tile(const struct nnrt_dot *d, const unsigned char *x, const int8_t *w,
	const int32_t *bias, const float *scale, unsigned char *y, int n, int rows, int wide)
{
	const int vectors = (wide + NNRT_VNNI_LANES - 1) / NNRT_VNNI_LANES;
	const __m512i less = _mm512_set1_epi32(-d->zero);
	__m512i sum[NNRT_VNNI_SUMS];

	(void)scale;
	NNRT_UNROLL(28)
	for (int i = 0; i < rows * vectors; i++)
		sum[i] = _mm512_mullo_epi32(less, _mm512_loadu_si512(bias + i % vectors * NNRT_VNNI_LANES));
	nnrt_vnni_products(d, x, w, sum, rows, vectors);
	NNRT_UNROLL(28)
	for (int i = 0; i < rows; i++) {
		NNRT_UNROLL(4)
		for (int j = 0; j < vectors; j++) {
			const int left = n - j * NNRT_VNNI_LANES;

			if (left > 0)
				_mm512_mask_storeu_epi32(y + i * d->y_pixel + j * 64,
					(__mmask16)(left >= NNRT_VNNI_LANES ? 0xffff : (1u << left) - 1u),
					sum[i * vectors + j]);
		}
	}
}

/** See nnrt_conv_dot; x, y: uint8. */
NNRT_INLINE void nnrt_conv_vnni(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, void *y, void *scratch, int zero, int low, int high, int y_zero, int band, int rows,
	int columns)
{
	nnrt_conv_dot(p, x, w, bias, scale, y, scratch, zero, low, high, y_zero, band, nnrt_vnni_tile,
		nnrt_dot_even, nnrt_dot_bytes, 1, NNRT_VNNI_TERMS, rows, columns);
}

/** See nnrt_gemm_dot; a, y: uint8. */
NNRT_INLINE void nnrt_gemm_vnni(const struct nnrt_gemm *p, const void *a, const int8_t *b, const int32_t *bias,
	const float *scale, void *y, void *scratch, int low, int high, int y_zero, int band, int rows, int columns)
{
	nnrt_gemm_dot(p, a, b, bias, scale, y, scratch, low, high, y_zero, band, nnrt_vnni_tile,
		nnrt_dot_even, nnrt_dot_bytes, 1, NNRT_VNNI_TERMS, rows, columns);
}

/** See nnrt_conv_sums; x: uint8. */
NNRT_INLINE void nnrt_conv_sums_vnni(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *sums,
	const void *zero, void *y, void *scratch, int band, int rows, int columns)
{
	nnrt_conv_sums(p, x, w, sums, zero, y, scratch, band, nnrt_vnni_sums_tile, nnrt_dot_bytes, 1, NNRT_VNNI_TERMS,
		rows, columns);
}

/** See nnrt_gemm_sums; a: uint8. */
NNRT_INLINE void nnrt_gemm_sums_vnni(const struct nnrt_gemm *p, const void *a, const int8_t *b, const int32_t *sums,
	const void *zero, void *y, void *scratch, int band, int rows, int columns)
{
	nnrt_gemm_sums(p, a, b, sums, zero, y, scratch, band, nnrt_vnni_sums_tile, nnrt_dot_bytes, 1, NNRT_VNNI_TERMS,
		rows, columns);
}

#endif
