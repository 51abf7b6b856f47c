/* Products of bytes by AVX-VNNI's vpdpbusd of 256 bits: images unsigned, weights signed, four terms a lane. */
#ifndef NNRT_DOT_VNNI256_H
#define NNRT_DOT_VNNI256_H

#include <immintrin.h>

#include "runtime_min/kernels/dot_bytes_avx2.h"

enum {
	NNRT_VNNI256_TERMS = 4,         /* products that a lane adds in one step */
	NNRT_VNNI256_SUMS = 12          /* vectors of sums that a tile has at most */
};

/** sum + four products a lane. gcc 12 spills every sum at every step unless its value is made opaque. */
NNRT_INLINE __m256i nnrt_vnni256_add(__m256i sum, __m256i x, __m256i w)
{
	sum = _mm256_dpbusd_avx_epi32(sum, x, w);
	__asm__("" : "+x"(sum));
	return sum;
}

/** Adds all products of a tile to its sums. */
NNRT_INLINE void nnrt_vnni256_products(const struct nnrt_dot *d, const unsigned char *x, const int8_t *w, __m256i *sum,
	int rows, int vectors)
{
	for (int ky = 0; ky < d->runs_h; ky++) {
		for (int kx = 0; kx < d->runs_w; kx++) {
			const unsigned char *from = x + ky * d->step_h + kx * d->step_w;

			for (int k = 0; k < d->run; k += NNRT_VNNI256_TERMS) {
				__m256i b[8];

				__asm__ volatile("" : "+r"(from));
				NNRT_UNROLL(8)
				for (int j = 0; j < vectors; j++)
					b[j] = _mm256_loadu_si256((const __m256i *)(const void *)(w + j * 32));
				NNRT_UNROLL(12)
				for (int i = 0; i < rows; i++) {
					__m256i a;
					int32_t four;

					(void)memcpy(&four, from + i * d->x_pixel, sizeof(four));
					a = _mm256_set1_epi32(four);
					NNRT_UNROLL(8)
					for (int j = 0; j < vectors; j++)
						sum[i * vectors + j] =
							nnrt_vnni256_add(sum[i * vectors + j], a, b[j]);
				}
				from += NNRT_VNNI256_TERMS;
				w += (ptrdiff_t)d->columns * NNRT_VNNI256_TERMS;
			}
		}
	}
}

/** See nnrt_dot_tile. */
NNRT_INLINE void nnrt_vnni256_tile(const struct nnrt_dot *d, const unsigned char *x, const int8_t *w,
	const int32_t *bias, const float *scale, unsigned char *y, int n, int rows, int wide)
{
	const int vectors = (wide + NNRT_SUM_LANES - 1) / NNRT_SUM_LANES;
	__m256i sum[NNRT_VNNI256_SUMS];

	NNRT_UNROLL(12)
	for (int i = 0; i < rows * vectors; i++)
		sum[i] = _mm256_loadu_si256((const __m256i *)(const void *)(bias + i % vectors * NNRT_SUM_LANES));
	nnrt_vnni256_products(d, x, w, sum, rows, vectors);
	nnrt_dot_avx2_finish(d, sum, scale, y, n, rows, vectors);
}

/** See nnrt_dot_tile, for results of int32: the sums less d->zero times what `bias` has, those of the weights. */
NNRT_INLINE void nnrt_vnni256_sums_tile(const struct nnrt_dot *d, const unsigned char *x, const int8_t *w,
	const int32_t *bias, const float *scale, unsigned char *y, int n, int rows, int wide)
{
	const int vectors = (wide + NNRT_SUM_LANES - 1) / NNRT_SUM_LANES;
	__m256i sum[NNRT_VNNI256_SUMS];

	(void)scale;
	nnrt_dot_avx2_begin(d, bias, sum, rows, vectors);
	nnrt_vnni256_products(d, x, w, sum, rows, vectors);
	nnrt_dot_avx2_sums(d, sum, y, n, rows, vectors);
}

/** See nnrt_conv_dot; x, y: uint8. */
NNRT_INLINE void nnrt_conv_vnni256(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, void *y, void *scratch, int zero, int low, int high, int y_zero, int band, int rows,
	int columns)
{
	nnrt_conv_dot(p, x, w, bias, scale, y, scratch, zero, low, high, y_zero, band, nnrt_vnni256_tile, nnrt_dot_even,
		nnrt_dot_bytes, 1, NNRT_VNNI256_TERMS, rows, columns);
}

/** See nnrt_gemm_dot; a, y: uint8. */
NNRT_INLINE void nnrt_gemm_vnni256(const struct nnrt_gemm *p, const void *a, const int8_t *b, const int32_t *bias,
	const float *scale, void *y, void *scratch, int low, int high, int y_zero, int band, int rows, int columns)
{
	nnrt_gemm_dot(p, a, b, bias, scale, y, scratch, low, high, y_zero, band, nnrt_vnni256_tile,
		nnrt_dot_even, nnrt_dot_bytes, 1, NNRT_VNNI256_TERMS, rows, columns);
}

/** See nnrt_conv_sums; x: uint8. */
NNRT_INLINE void nnrt_conv_sums_vnni256(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *sums,
	const void *zero, void *y, void *scratch, int band, int rows, int columns)
{
	nnrt_conv_sums(p, x, w, sums, zero, y, scratch, band, nnrt_vnni256_sums_tile, nnrt_dot_bytes, 1,
		NNRT_VNNI256_TERMS, rows, columns);
}

/** See nnrt_gemm_sums; a: uint8. */
NNRT_INLINE void nnrt_gemm_sums_vnni256(const struct nnrt_gemm *p, const void *a, const int8_t *b, const int32_t *sums,
	const void *zero, void *y, void *scratch, int band, int rows, int columns)
{
	nnrt_gemm_sums(p, a, b, sums, zero, y, scratch, band, nnrt_vnni256_sums_tile, nnrt_dot_bytes, 1,
		NNRT_VNNI256_TERMS, rows, columns);
}

#endif
