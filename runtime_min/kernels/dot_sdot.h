/* Products of bytes by AArch64's sdot: images and weights signed, four terms a lane. */
#ifndef NNRT_DOT_SDOT_H
#define NNRT_DOT_SDOT_H

#include "runtime_min/kernels/dot_neon.h"

enum {
	NNRT_SDOT_TERMS = 4,            /* products that a lane adds in one step */
	NNRT_SDOT_LOADED = 16           /* terms of a row that one load brings */
};

/** sum + four products a lane, x's terms those of one of its lanes: vdotq_laneq_s32(), in an order that stays. Of the
 *  intrinsic gcc 12 copies and spills sums. */
NNRT_INLINE int32x4_t nnrt_sdot_add(int32x4_t sum, int8x16_t w, int8x16_t x, int lane)
{
	switch (lane) {
	case 0:
		__asm__ volatile("sdot %0.4s, %1.16b, %2.4b[0]" : "+w"(sum) : "w"(w), "w"(x));
		break;
	case 1:
		__asm__ volatile("sdot %0.4s, %1.16b, %2.4b[1]" : "+w"(sum) : "w"(w), "w"(x));
		break;
	case 2:
		__asm__ volatile("sdot %0.4s, %1.16b, %2.4b[2]" : "+w"(sum) : "w"(w), "w"(x));
		break;
	default:
		__asm__ volatile("sdot %0.4s, %1.16b, %2.4b[3]" : "+w"(sum) : "w"(w), "w"(x));
	}
	return sum;
}

/** Four bytes. */
struct nnrt_sdot_four {
	unsigned char byte[4];
};

/** `bytes` bytes from x: 16, 8 or 4, the rest anything. */
NNRT_INLINE int8x16_t nnrt_sdot_load(const unsigned char *x, int bytes)
{
	int8x16_t v;

	if (bytes == 16)
		return vld1q_s8((const int8_t *)x);
	if (bytes == 8)
		return vcombine_s8(vld1_s8((const int8_t *)x), vdup_n_s8(0));
	/* gcc 12 takes a way through the other registers. */
	__asm__("ldr %s0, %1" : "=w"(v) : "m"(*(const struct nnrt_sdot_four *)(const void *)x));
	return v;
}

/** Adds the products of `bytes` bytes of each row; the weights that follow. */
NNRT_INLINE const int8_t *nnrt_sdot_step(const struct nnrt_dot *d, int32x4_t *sum, const unsigned char *x,
	const int8_t *w, int bytes, int rows, int vectors)
{
	/* Vectors of weights at a time: no more than find registers. Their loads stay where they are used. */
	const int left = 31 - rows * vectors - rows, ahead = left < 2 ? 1 : 2;
	int8x16_t a[NNRT_SDOT_LOADED], b[2];

	NNRT_UNROLL(16)
	for (int i = 0; i < rows; i++)
		a[i] = nnrt_sdot_load(x + i * d->x_pixel, bytes);
	NNRT_UNROLL(4)
	for (int lane = 0; lane < bytes / NNRT_SDOT_TERMS; lane++) {
		NNRT_UNROLL(8)
		for (int j = 0; j < vectors; j++) {
			if (j % ahead == 0) {
				__asm__ volatile("" : "+r"(w));
				NNRT_UNROLL(2)
				for (int e = 0; e < ahead; e++)
					b[e] = vld1q_s8(w + lane * d->columns * NNRT_SDOT_TERMS +
							(j + e < vectors ? j + e : j) * 16);
				if (ahead == 2)
					__asm__ volatile("" : "+w"(b[0]), "+w"(b[1]));
			}
			NNRT_UNROLL(16)
			for (int i = 0; i < rows; i++)
				sum[i * vectors + j] = nnrt_sdot_add(sum[i * vectors + j], b[j % ahead], a[i], lane);
		}
	}
	return w + (ptrdiff_t)bytes * d->columns;
}

/** See nnrt_dot_tile. */
NNRT_INLINE void nnrt_sdot_tile(const struct nnrt_dot *d, const unsigned char *x, const int8_t *w, const int32_t *bias,
	const float *scale, unsigned char *y, int n, int rows, int wide)
{
	const int vectors = (wide + NNRT_NEON_CHANNELS - 1) / NNRT_NEON_CHANNELS;
	int32x4_t sum[NNRT_NEON_SUMS];

	NNRT_UNROLL(24)
	for (int i = 0; i < rows * vectors; i++)
		sum[i] = vld1q_s32(bias + i % vectors * NNRT_NEON_CHANNELS);
	for (int ky = 0; ky < d->runs_h; ky++) {
		for (int kx = 0; kx < d->runs_w; kx++) {
			const unsigned char *from = x + ky * d->step_h + kx * d->step_w;
			int left = d->run;

			for (; left >= 16; left -= 16) {
				w = nnrt_sdot_step(d, sum, from, w, 16, rows, vectors);
				from += 16;
			}
			if (left > 4) {
				w = nnrt_sdot_step(d, sum, from, w, 8, rows, vectors);
				from += 8;
				left -= 8;
			}
			for (; left > 0; left -= 4) {
				w = nnrt_sdot_step(d, sum, from, w, 4, rows, vectors);
				from += 4;
			}
		}
	}
	nnrt_neon_finish(d, sum, scale, y, n, rows, vectors);
}

/** See nnrt_conv_dot; x, y: int8. */
NNRT_INLINE void nnrt_conv_sdot(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, void *y, void *scratch, int zero, int low, int high, int y_zero, int band, int rows,
	int columns)
{
	nnrt_conv_dot(p, x, w, bias, scale, y, scratch, zero, low, high, y_zero, band, nnrt_sdot_tile,
		nnrt_dot_even, nnrt_dot_bytes, 1, NNRT_SDOT_TERMS, rows, columns);
}

/** See nnrt_gemm_dot; a, y: int8. */
NNRT_INLINE void nnrt_gemm_sdot(const struct nnrt_gemm *p, const void *a, const int8_t *b, const int32_t *bias,
	const float *scale, void *y, void *scratch, int low, int high, int y_zero, int band, int rows, int columns)
{
	nnrt_gemm_dot(p, a, b, bias, scale, y, scratch, low, high, y_zero, band, nnrt_sdot_tile,
		nnrt_dot_even, nnrt_dot_bytes, 1, NNRT_SDOT_TERMS, rows, columns);
}

#endif
