/* Products of bytes by AVX2's vpmaddwd, which multiplies 16 bits and adds two products: the image is widened once, when
 * it is put into scratch. For short sums, where weights give dot_maddubs.h too little to chain. */
#ifndef NNRT_DOT_MADD_H
#define NNRT_DOT_MADD_H

#include "runtime_min/kernels/dot_bytes_avx2.h"
#include "runtime_min/kernels/int8_x86.h"

enum {
	NNRT_DOT_MADD_TERMS = 2,        /* products that a lane adds in one step */
	NNRT_DOT_MADD_SUMS = 12         /* vectors of sums that a tile has at most */
};

/** See nnrt_dot_put: 16 bits an element. */
NNRT_INLINE void nnrt_dot_madd_put(unsigned char *to, const unsigned char *from, int zero, ptrdiff_t n)
{
	int16_t *words = (int16_t *)(void *)to;

	if (from)
		nnrt_int8_widen(words, from, (int)n, 0);
	for (ptrdiff_t i = 0; !from && i < n; i++)
		words[i] = (int16_t)zero;
}

/** Adds all products of a tile to its sums. */
NNRT_INLINE void nnrt_dot_madd_products(const struct nnrt_dot *d, const unsigned char *x, const int8_t *w, __m256i *sum,
	int rows, int vectors)
{
	for (int ky = 0; ky < d->runs_h; ky++) {
		for (int kx = 0; kx < d->runs_w; kx++) {
			const unsigned char *from = x + ky * d->step_h + kx * d->step_w;

			for (int k = 0; k < d->run; k += NNRT_DOT_MADD_TERMS) {
				__m256i b[2];

				NNRT_UNROLL(2)
				for (int j = 0; j < vectors; j++)
					b[j] = _mm256_cvtepi8_epi16(
						_mm_loadu_si128((const __m128i *)(const void *)(w + j * 16)));
				NNRT_UNROLL(12)
				for (int i = 0; i < rows * vectors; i++) {
					__m256i a;
					int32_t two;

					(void)memcpy(&two, from + i / vectors * d->x_pixel, sizeof(two));
					a = _mm256_set1_epi32(two);
					sum[i] = _mm256_add_epi32(sum[i], _mm256_madd_epi16(a, b[i % vectors]));
					__asm__("" : "+x"(sum[i]));     /* else gcc 12 spills them all */
				}
				from += NNRT_DOT_MADD_TERMS * sizeof(int16_t);
				w += d->columns * (ptrdiff_t)NNRT_DOT_MADD_TERMS;
			}
		}
	}
}

/** See nnrt_dot_tile. */
NNRT_INLINE void nnrt_dot_madd_tile(const struct nnrt_dot *d, const unsigned char *x, const int8_t *w,
	const int32_t *bias, const float *scale, unsigned char *y, int n, int rows, int wide)
{
	const int vectors = (wide + NNRT_SUM_LANES - 1) / NNRT_SUM_LANES;
	__m256i sum[NNRT_DOT_MADD_SUMS];

	NNRT_UNROLL(12)
	for (int i = 0; i < rows * vectors; i++)
		sum[i] = _mm256_loadu_si256((const __m256i *)(const void *)(bias + i % vectors * NNRT_SUM_LANES));
	nnrt_dot_madd_products(d, x, w, sum, rows, vectors);
	nnrt_dot_avx2_finish(d, sum, scale, y, n, rows, vectors);
}

/** See nnrt_dot_tile, for results of int32: the sums less d->zero times what `bias` has, those of the weights. */
NNRT_INLINE void nnrt_dot_madd_sums_tile(const struct nnrt_dot *d, const unsigned char *x, const int8_t *w,
	const int32_t *bias, const float *scale, unsigned char *y, int n, int rows, int wide)
{
	const int vectors = (wide + NNRT_SUM_LANES - 1) / NNRT_SUM_LANES;
	__m256i sum[NNRT_DOT_MADD_SUMS];

	(void)scale;
	nnrt_dot_avx2_begin(d, bias, sum, rows, vectors);
	nnrt_dot_madd_products(d, x, w, sum, rows, vectors);
	nnrt_dot_avx2_sums(d, sum, y, n, rows, vectors);
}

/** See nnrt_conv_dot, always with scratch; x, y: uint8. */
NNRT_INLINE void nnrt_conv_madd(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, void *y, void *scratch, int zero, int low, int high, int y_zero, int band, int rows,
	int columns)
{
	nnrt_conv_dot(p, x, w, bias, scale, y, scratch, zero, low, high, y_zero, band, nnrt_dot_madd_tile,
		nnrt_dot_even, nnrt_dot_madd_put, 2, NNRT_DOT_MADD_TERMS, rows, columns);
}

/** See nnrt_gemm_dot, always with scratch; a, y: uint8. */
NNRT_INLINE void nnrt_gemm_madd(const struct nnrt_gemm *p, const void *a, const int8_t *b, const int32_t *bias,
	const float *scale, void *y, void *scratch, int low, int high, int y_zero, int band, int rows, int columns)
{
	nnrt_gemm_dot(p, a, b, bias, scale, y, scratch, low, high, y_zero, band, nnrt_dot_madd_tile, nnrt_dot_even,
		nnrt_dot_madd_put, 2, NNRT_DOT_MADD_TERMS, rows, columns);
}

/** See nnrt_conv_sums, always with scratch; x: uint8. */
NNRT_INLINE void nnrt_conv_sums_madd(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *sums,
	const void *zero, void *y, void *scratch, int band, int rows, int columns)
{
	nnrt_conv_sums(p, x, w, sums, zero, y, scratch, band, nnrt_dot_madd_sums_tile, nnrt_dot_madd_put, 2,
		NNRT_DOT_MADD_TERMS, rows, columns);
}

/** See nnrt_gemm_sums, always with scratch; a: uint8. */
NNRT_INLINE void nnrt_gemm_sums_madd(const struct nnrt_gemm *p, const void *a, const int8_t *b, const int32_t *sums,
	const void *zero, void *y, void *scratch, int band, int rows, int columns)
{
	nnrt_gemm_sums(p, a, b, sums, zero, y, scratch, band, nnrt_dot_madd_sums_tile, nnrt_dot_madd_put, 2,
		NNRT_DOT_MADD_TERMS, rows, columns);
}

#endif
