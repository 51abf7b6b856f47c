/* Products of bytes by AVX-VNNI's vpdpbusd of 256 bits: images unsigned, weights signed, four terms a lane. */
#ifndef NNRT_DOT_VNNI256_H
#define NNRT_DOT_VNNI256_H

#include <immintrin.h>

#include "runtime_min/kernels/bytes_avx2.h"
#include "runtime_min/kernels/dot.h"

enum {
	NNRT_VNNI256_LANES = 8,         /* channels of a vector of sums */
	NNRT_VNNI256_TERMS = 4,         /* products that a lane adds in one step */
	NNRT_VNNI256_SUMS = 12          /* vectors of sums that a tile has at most */
};

/** Stores n of the bytes that four vectors of sums became. */
NNRT_INLINE void nnrt_vnni256_store(unsigned char *y, __m256i bytes, int n)
{
	unsigned char t[32];

	if (n == 32) {
		_mm256_storeu_si256((__m256i *)(void *)y, bytes);
	} else if (n == 16) {
		_mm_storeu_si128((__m128i *)(void *)y, _mm256_castsi256_si128(bytes));
	} else if (n == 8) {
		_mm_storel_epi64((__m128i *)(void *)y, _mm256_castsi256_si128(bytes));
	} else {
		_mm256_storeu_si256((__m256i *)(void *)t, bytes);
		memcpy(y, t, (size_t)n);
	}
}

/** A tile's sums, sum[i * vectors + j] those of row i, as n bytes of each row. rows, vectors: constants. */
NNRT_INLINE void nnrt_vnni256_finish(const struct nnrt_dot *d, const __m256i *sum, const float *scale, unsigned char *y,
	int n, int rows, int vectors)
{
	/* A vector of bytes has one vector of four rows, two of two rows, or four of one. */
	const int width = vectors == 1 ? 1 : vectors == 2 ? 2 : 4, each = 4 / width;

	NNRT_UNROLL(12)
	for (int i = 0; i < rows; i += each) {
		NNRT_UNROLL(8)
		for (int j = 0; j < vectors; j += width) {
			const int left = n - j * NNRT_VNNI256_LANES, most = width * NNRT_VNNI256_LANES;
			const int here = left < most ? left : most;
			__m256i four[4], bytes;
			const float *scales[4];

			NNRT_UNROLL(4)
			for (int v = 0; v < 4; v++) {
				const int row = i + v / width < rows ? i + v / width : rows - 1;
				const int at = j + v % width < vectors ? j + v % width : vectors - 1;

				four[v] = sum[row * vectors + at];
				scales[v] = scale + at * NNRT_VNNI256_LANES;
			}
			if (here <= 0)
				continue;
			bytes = nnrt_bytes_avx2(four, scales, 0, d->low, d->high, d->zero);
			NNRT_UNROLL(4)
			for (int e = 0; e < each; e++) {
				if (i + e < rows)
					nnrt_vnni256_store(y + (i + e) * d->y_pixel + j * NNRT_VNNI256_LANES, bytes,
						here);
				bytes = width == 1 ? _mm256_permute4x64_epi64(bytes, 0x39)
						   : _mm256_permute4x64_epi64(bytes, 0x4e);
			}
		}
	}
}

/** sum + four products a lane. gcc 12 spills every sum at every step unless its value is made opaque. */
NNRT_INLINE __m256i nnrt_vnni256_add(__m256i sum, __m256i x, __m256i w)
{
	sum = _mm256_dpbusd_avx_epi32(sum, x, w);
	__asm__("" : "+x"(sum));
	return sum;
}

/** See nnrt_dot_tile. */
NNRT_INLINE void nnrt_vnni256_tile(const struct nnrt_dot *d, const unsigned char *x, const int8_t *w,
	const int32_t *bias, const float *scale, unsigned char *y, int n, int rows, int wide)
{
	const int vectors = (wide + NNRT_VNNI256_LANES - 1) / NNRT_VNNI256_LANES;
	__m256i sum[NNRT_VNNI256_SUMS];

	NNRT_UNROLL(12)
	for (int i = 0; i < rows * vectors; i++)
		sum[i] = _mm256_loadu_si256((const __m256i *)(const void *)(bias + i % vectors * NNRT_VNNI256_LANES));
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

					memcpy(&four, from + i * d->x_pixel, sizeof(four));
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
	nnrt_vnni256_finish(d, sum, scale, y, n, rows, vectors);
}

/** See nnrt_conv_dot; x, y: uint8. */
NNRT_INLINE void nnrt_conv_vnni256(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, void *y, void *scratch, int zero, int low, int high, int y_zero, int band, int rows,
	int columns)
{
	nnrt_conv_dot(p, x, w, bias, scale, y, scratch, zero, low, high, y_zero, band, nnrt_vnni256_tile,
		NNRT_VNNI256_TERMS, rows, columns);
}

/** See nnrt_gemm_dot; a, y: uint8. */
NNRT_INLINE void nnrt_gemm_vnni256(const struct nnrt_gemm *p, const void *a, const int8_t *b, const int32_t *bias,
	const float *scale, void *y, void *scratch, int low, int high, int y_zero, int band, int rows, int columns)
{
	nnrt_gemm_dot(p, a, b, bias, scale, y, scratch, low, high, y_zero, band, nnrt_vnni256_tile, NNRT_VNNI256_TERMS,
		rows, columns);
}

#endif
