/* Products of bytes by AArch64's smull, smlal and sadalp, which every core has: images and weights signed. A sum is
 * spread over the four lanes of a vector, sixteen terms a step. */
#ifndef NNRT_DOT_MULL_H
#define NNRT_DOT_MULL_H

#include "runtime_min/kernels/dot_neon.h"

enum {
	NNRT_MULL_TERMS = 16,           /* weights go on to so many */
	NNRT_MULL_ROWS = 5              /* that a tile has at most */
};

/** sum + the pairs of t: vpadalq_s16(), in an order that stays. Of the intrinsic gcc 12 copies and spills sums. */
NNRT_INLINE int32x4_t nnrt_mull_add(int32x4_t sum, int16x8_t t)
{
	__asm__ volatile("sadalp %0.4s, %1.8h" : "+w"(sum) : "w"(t));
	return sum;
}

/** Adds the products of `bytes` bytes, 16 or 8, of each row; the weights that follow. */
NNRT_INLINE const int8_t *nnrt_mull_step(const struct nnrt_dot *d, int32x4_t *sum, const unsigned char *x,
	const int8_t *w, int bytes, int rows, int wide)
{
	int8x16_t a[NNRT_MULL_ROWS], b[2];

	NNRT_UNROLL(8)
	for (int i = 0; i < rows; i++) {
		const int8_t *from = (const int8_t *)x + i * d->x_pixel;

		a[i] = bytes == 16 ? vld1q_s8(from) : vcombine_s8(vld1_s8(from), vdup_n_s8(0));
	}
	/* Weights of two channels at a time, loaded where they are used. */
	NNRT_UNROLL(8)
	for (int j = 0; j < wide; j += 2) {
		__asm__ volatile("" : "+r"(w));
		b[0] = vld1q_s8(w + j * NNRT_MULL_TERMS);
		b[1] = vld1q_s8(w + (j + 1 < wide ? j + 1 : j) * NNRT_MULL_TERMS);
		__asm__ volatile("" : "+w"(b[0]), "+w"(b[1]));
		NNRT_UNROLL(16)
		for (int i = 0; i < 2 * rows; i++) {
			const int e = i / rows, row = i % rows;
			int16x8_t t;

			if (j + e >= wide)
				continue;
			t = vmull_s8(vget_low_s8(a[row]), vget_low_s8(b[e]));
			if (bytes == 16)
				t = vmlal_high_s8(t, a[row], b[e]);
			sum[row * wide + j + e] = nnrt_mull_add(sum[row * wide + j + e], t);
		}
	}
	return w + (ptrdiff_t)NNRT_MULL_TERMS * d->columns;
}

/** See nnrt_dot_tile. Two weights of -128 that lie eight terms apart, in the first and second half of sixteen, are not
 *  allowed: their products by -128 would leave 16 bits. */
NNRT_INLINE void nnrt_mull_tile(const struct nnrt_dot *d, const unsigned char *x, const int8_t *w, const int32_t *bias,
	const float *scale, unsigned char *y, int n, int rows, int wide)
{
	const int vectors = (wide + NNRT_NEON_CHANNELS - 1) / NNRT_NEON_CHANNELS;
	int32x4_t sum[NNRT_NEON_SUMS], of_rows[NNRT_NEON_SUMS];

	NNRT_UNROLL(24)
	for (int i = 0; i < rows * wide; i++)
		sum[i] = vdupq_n_s32(0);
	for (int ky = 0; ky < d->runs_h; ky++) {
		for (int kx = 0; kx < d->runs_w; kx++) {
			const unsigned char *from = x + ky * d->step_h + kx * d->step_w;
			int left = d->run;

			for (; left > 8; left -= 16) {
				w = nnrt_mull_step(d, sum, from, w, 16, rows, wide);
				from += 16;
			}
			if (left > 0)
				w = nnrt_mull_step(d, sum, from, w, 8, rows, wide);
		}
	}
	NNRT_UNROLL(24)
	for (int i = 0; i < rows * vectors; i++) {
		const int j = i % vectors * NNRT_NEON_CHANNELS;
		int32x4_t s[NNRT_NEON_CHANNELS];

		NNRT_UNROLL(4)
		for (int e = 0; e < NNRT_NEON_CHANNELS; e++)
			s[e] = sum[i / vectors * wide + (j + e < wide ? j + e : j)];
		of_rows[i] = vaddq_s32(vpaddq_s32(vpaddq_s32(s[0], s[1]), vpaddq_s32(s[2], s[3])), vld1q_s32(bias + j));
	}
	nnrt_neon_finish(d, of_rows, scale, y, n, rows, vectors);
}

/** See nnrt_conv_dot; x, y: int8; w: see nnrt_mull_tile. */
NNRT_INLINE void nnrt_conv_mull(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, void *y, void *scratch, int zero, int low, int high, int y_zero, int band, int rows,
	int columns)
{
	nnrt_conv_dot(p, x, w, bias, scale, y, scratch, zero, low, high, y_zero, band, nnrt_mull_tile,
		nnrt_dot_even, nnrt_dot_bytes, 1, NNRT_MULL_TERMS, rows, columns);
}

/** See nnrt_gemm_dot; a, y: int8; b: see nnrt_mull_tile. */
NNRT_INLINE void nnrt_gemm_mull(const struct nnrt_gemm *p, const void *a, const int8_t *b, const int32_t *bias,
	const float *scale, void *y, void *scratch, int low, int high, int y_zero, int band, int rows, int columns)
{
	nnrt_gemm_dot(p, a, b, bias, scale, y, scratch, low, high, y_zero, band, nnrt_mull_tile,
		nnrt_dot_even, nnrt_dot_bytes, 1, NNRT_MULL_TERMS, rows, columns);
}

#endif
