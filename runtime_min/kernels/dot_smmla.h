/* Products of bytes by AArch64's smmla: images and weights signed, two rows by two channels a vector of sums, eight
 * terms each. */
#ifndef NNRT_DOT_SMMLA_H
#define NNRT_DOT_SMMLA_H

#include "runtime_min/kernels/dot_neon.h"

enum {
	NNRT_SMMLA_TERMS = 8,           /* products that a sum adds in one step */
	NNRT_SMMLA_PAIRS = 8            /* of rows that a tile has at most */
};

/** sum[row][channel] + eight products each, two rows and two channels: vmmlaq_s32(), in an order that stays. Of the
 *  intrinsic gcc 12 copies and spills sums. */
NNRT_INLINE int32x4_t nnrt_smmla_add(int32x4_t sum, int8x16_t x, int8x16_t w)
{
	__asm__ volatile("smmla %0.4s, %1.16b, %2.16b" : "+w"(sum) : "w"(x), "w"(w));
	return sum;
}

/** Bytes of two rows: the first eight, or those behind them. */
NNRT_INLINE int8x16_t nnrt_smmla_pair(int8x16_t a, int8x16_t b, int behind)
{
	const int64x2_t x = vreinterpretq_s64_s8(a), y = vreinterpretq_s64_s8(b);

	return vreinterpretq_s8_s64(behind ? vzip2q_s64(x, y) : vzip1q_s64(x, y));
}

/** Adds the products of `bytes` bytes, 16 or 8, of each row; the weights that follow. */
NNRT_INLINE const int8_t *nnrt_smmla_step(const struct nnrt_dot *d, int32x4_t *sum, const unsigned char *x,
	const int8_t *w, int bytes, int rows, int vectors)
{
	/* Vectors of weights at a time: no more than find registers. Their loads stay where they are used. */
	const int pairs = (rows + 1) / 2, ahead = pairs * (2 * vectors + 2) > 29 ? 1 : 2;
	int8x16_t a[NNRT_SMMLA_PAIRS], behind[NNRT_SMMLA_PAIRS], b[2];

	NNRT_UNROLL(8)
	for (int i = 0; i < pairs; i++) {
		const int8_t *first = (const int8_t *)x + 2 * i * d->x_pixel;
		const int8_t *second = 2 * i + 1 < rows ? first + d->x_pixel : first;

		if (bytes == 8) {
			a[i] = behind[i] = vcombine_s8(vld1_s8(first), vld1_s8(second));
		} else {
			const int8x16_t p = vld1q_s8(first), q = vld1q_s8(second);

			a[i] = nnrt_smmla_pair(p, q, 0);
			behind[i] = nnrt_smmla_pair(p, q, 1);
		}
	}
	NNRT_UNROLL(2)
	for (int half = 0; half < bytes / NNRT_SMMLA_TERMS; half++) {
		NNRT_UNROLL(16)
		for (int j = 0; j < 2 * vectors; j++) {
			if (j % ahead == 0) {
				__asm__ volatile("" : "+r"(w));
				NNRT_UNROLL(2)
				for (int e = 0; e < ahead; e++)
					b[e] = vld1q_s8(w + half * d->columns * NNRT_SMMLA_TERMS + (j + e) * 16);
				if (ahead == 2)
					__asm__ volatile("" : "+w"(b[0]), "+w"(b[1]));
			}
			NNRT_UNROLL(8)
			for (int i = 0; i < pairs; i++)
				sum[i * 2 * vectors + j] = nnrt_smmla_add(
					sum[i * 2 * vectors + j], half ? behind[i] : a[i], b[j % ahead]);
		}
	}
	return w + (ptrdiff_t)bytes * d->columns;
}

/** See nnrt_dot_tile. */
NNRT_INLINE void nnrt_smmla_tile(const struct nnrt_dot *d, const unsigned char *x, const int8_t *w,
	const int32_t *bias, const float *scale, unsigned char *y, int n, int rows, int wide)
{
	const int vectors = (wide + NNRT_NEON_CHANNELS - 1) / NNRT_NEON_CHANNELS, pairs = (rows + 1) / 2;
	int32x4_t sum[NNRT_NEON_SUMS], of_rows[NNRT_NEON_SUMS];

	NNRT_UNROLL(24)
	for (int i = 0; i < pairs * 2 * vectors; i++) {
		const int32x2_t two = vld1_s32(bias + i % (2 * vectors) * 2);

		sum[i] = vcombine_s32(two, two);
	}
	for (int ky = 0; ky < d->runs_h; ky++) {
		for (int kx = 0; kx < d->runs_w; kx++) {
			const unsigned char *from = x + ky * d->step_h + kx * d->step_w;
			int left = d->run;

			for (; left > 8; left -= 16) {
				w = nnrt_smmla_step(d, sum, from, w, 16, rows, vectors);
				from += 16;
			}
			if (left > 0)
				w = nnrt_smmla_step(d, sum, from, w, 8, rows, vectors);
		}
	}
	NNRT_UNROLL(24)
	for (int i = 0; i < rows * vectors; i++) {
		const int at = i / vectors / 2 * 2 * vectors + i % vectors * 2;

		of_rows[i] = vreinterpretq_s32_s8(nnrt_smmla_pair(vreinterpretq_s8_s32(sum[at]),
			vreinterpretq_s8_s32(sum[at + 1]), i / vectors % 2));
	}
	nnrt_neon_finish(d, of_rows, scale, y, n, rows, vectors);
}

/** See nnrt_conv_dot; x, y: int8. */
NNRT_INLINE void nnrt_conv_smmla(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, void *y, void *scratch, int zero, int low, int high, int y_zero, int band, int rows,
	int columns)
{
	nnrt_conv_dot(p, x, w, bias, scale, y, scratch, zero, low, high, y_zero, band, nnrt_smmla_tile, nnrt_dot_even,
		nnrt_dot_bytes, 1, NNRT_SMMLA_TERMS, rows, columns);
}

/** See nnrt_gemm_dot; a, y: int8. */
NNRT_INLINE void nnrt_gemm_smmla(const struct nnrt_gemm *p, const void *a, const int8_t *b, const int32_t *bias,
	const float *scale, void *y, void *scratch, int low, int high, int y_zero, int band, int rows, int columns)
{
	nnrt_gemm_dot(p, a, b, bias, scale, y, scratch, low, high, y_zero, band, nnrt_smmla_tile,
		nnrt_dot_even, nnrt_dot_bytes, 1, NNRT_SMMLA_TERMS, rows, columns);
}

#endif
