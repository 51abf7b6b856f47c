/* What the tiles of 256 bits of dot.h do with their sums. */
#ifndef NNRT_DOT_BYTES_AVX2_H
#define NNRT_DOT_BYTES_AVX2_H

#include <immintrin.h>

#include "runtime_min/kernels/bytes_avx2.h"
#include "runtime_min/kernels/dot.h"

enum { NNRT_SUM_LANES = 8 }; /* channels of a vector of sums */

/** Stores n of the bytes that four vectors of sums became. */
NNRT_INLINE void nnrt_dot_avx2_store(unsigned char *y, __m256i bytes, int n)
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
		(void)memcpy(y, t, (size_t)n);
	}
}

/** A tile's sums, sum[i * vectors + j] those of row i, as n bytes of each row. rows, vectors: constants. */
NNRT_INLINE void nnrt_dot_avx2_finish(const struct nnrt_dot *d, const __m256i *sum, const float *scale,
	unsigned char *y, int n, int rows, int vectors)
{
	/* A vector of bytes has one vector of four rows, two of two rows, or four of one. */
	const int width = vectors == 1 ? 1 : vectors == 2 ? 2 : 4, each = 4 / width;

	NNRT_UNROLL(12)
	for (int i = 0; i < rows; i += each) {
		NNRT_UNROLL(8)
		for (int j = 0; j < vectors; j += width) {
			const int left = n - j * NNRT_SUM_LANES, most = width * NNRT_SUM_LANES;
			const int here = left < most ? left : most;
			__m256i four[4], bytes;
			const float *scales[4];

			NNRT_UNROLL(4)
			for (int v = 0; v < 4; v++) {
				const int row = i + v / width < rows ? i + v / width : rows - 1;
				const int at = j + v % width < vectors ? j + v % width : vectors - 1;

				four[v] = sum[row * vectors + at];
				scales[v] = scale + at * NNRT_SUM_LANES;
			}
			if (here <= 0)
				continue;
			bytes = nnrt_bytes_avx2(four, scales, 0, d->low, d->high, d->zero);
			NNRT_UNROLL(4)
			for (int e = 0; e < each; e++) {
				if (i + e < rows)
					nnrt_dot_avx2_store(y + (i + e) * d->y_pixel + j * NNRT_SUM_LANES, bytes,
						here);
				bytes = width == 1 ? _mm256_permute4x64_epi64(bytes, 0x39)
						   : _mm256_permute4x64_epi64(bytes, 0x4e);
			}
		}
	}
}

/** What a tile's sums of int32 begin with: less d->zero times the sums of the weights. */
NNRT_INLINE void nnrt_dot_avx2_begin(const struct nnrt_dot *d, const int32_t *sums, __m256i *sum, int rows, int vectors)
{
	const __m256i less = _mm256_set1_epi32(-d->zero);

	NNRT_UNROLL(12)
	for (int i = 0; i < rows * vectors; i++)
		sum[i] = _mm256_mullo_epi32(
			less, _mm256_loadu_si256((const __m256i *)(const void *)(sums + i % vectors * NNRT_SUM_LANES)));
}

/** Stores a tile's sums as int32, n of each row. */
NNRT_INLINE void nnrt_dot_avx2_sums(const struct nnrt_dot *d, const __m256i *sum, unsigned char *y, int n, int rows,
	int vectors)
{
	NNRT_UNROLL(12)
	for (int i = 0; i < rows; i++) {
		NNRT_UNROLL(8)
		for (int j = 0; j < vectors; j++) {
			const int left = n - j * NNRT_SUM_LANES;
			unsigned char *const to = y + i * d->y_pixel + j * 32;

			if (left >= NNRT_SUM_LANES)
				_mm256_storeu_si256((__m256i *)(void *)to, sum[i * vectors + j]);
			else if (left > 0)
				memcpy(to, &sum[i * vectors + j], (size_t)left * sizeof(int32_t));
		}
	}
}

#endif
