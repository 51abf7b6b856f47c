/* winograd_bytes.h by AArch64's smlal with a lane: one channel of x a step, panels of eight channels of y. */
#ifndef NNRT_WINOGRAD_NEON_H
#define NNRT_WINOGRAD_NEON_H

#include "runtime_min/kernels/dot_neon.h"
#include "runtime_min/kernels/winograd_bytes.h"

enum {
	NNRT_WINOGRAD_ROWS = 8          /* tiles of one point that are multiplied at a time at most */
};

/** d B, of 16 bits. */
NNRT_INLINE void nnrt_winograd_mlal_columns(const int16x8_t d[4], int16_t *v, ptrdiff_t v_point)
{
	vst1q_s16(v, vsubq_s16(d[0], d[2]));
	vst1q_s16(v + v_point, vaddq_s16(d[1], d[2]));
	vst1q_s16(v + 2 * v_point, vsubq_s16(d[2], d[1]));
	vst1q_s16(v + 3 * v_point, vsubq_s16(d[1], d[3]));
}

/** See nnrt_winograd_image. */
NNRT_INLINE void nnrt_winograd_mlal_images(const struct nnrt_winograd_block *b, const unsigned char *x, int16_t *v,
	int ic)
{
	for (int c = 0; c < ic; c += 8, x += 8, v += 8) {
		int16x8_t half[4][4];

		NNRT_UNROLL(4)
		for (int j = 0; j < 4; j++) {
			int8x8_t d[4];

			NNRT_UNROLL(4)
			for (int i = 0; i < 4; i++)
				d[i] = vld1_s8((const int8_t *)x + i * b->row + j * b->pixel);
			half[0][j] = vsubl_s8(d[0], d[2]);
			half[1][j] = vaddl_s8(d[1], d[2]);
			half[2][j] = vsubl_s8(d[2], d[1]);
			half[3][j] = vsubl_s8(d[1], d[3]);
		}
		NNRT_UNROLL(4)
		for (int i = 0; i < 4; i++)
			nnrt_winograd_mlal_columns(half[i], v + 4 * i * b->v_point, b->v_point);
	}
}

/** Adds b times lane `lane` of a, in an order that stays. Of intrinsics gcc 12 copies and spills sums. */
NNRT_INLINE void nnrt_winograd_mlal_add(int32x4_t sum[2], int16x8_t b, int16x8_t a, int lane)
{
	switch (lane) {
	case 0:
		__asm__ volatile("smlal %0.4s, %2.4h, %3.h[0]\n\tsmlal2 %1.4s, %2.8h, %3.h[0]"
				 : "+&w"(sum[0]), "+&w"(sum[1])
				 : "w"(b), "x"(a));
		break;
	case 1:
		__asm__ volatile("smlal %0.4s, %2.4h, %3.h[1]\n\tsmlal2 %1.4s, %2.8h, %3.h[1]"
				 : "+&w"(sum[0]), "+&w"(sum[1])
				 : "w"(b), "x"(a));
		break;
	case 2:
		__asm__ volatile("smlal %0.4s, %2.4h, %3.h[2]\n\tsmlal2 %1.4s, %2.8h, %3.h[2]"
				 : "+&w"(sum[0]), "+&w"(sum[1])
				 : "w"(b), "x"(a));
		break;
	case 3:
		__asm__ volatile("smlal %0.4s, %2.4h, %3.h[3]\n\tsmlal2 %1.4s, %2.8h, %3.h[3]"
				 : "+&w"(sum[0]), "+&w"(sum[1])
				 : "w"(b), "x"(a));
		break;
	case 4:
		__asm__ volatile("smlal %0.4s, %2.4h, %3.h[4]\n\tsmlal2 %1.4s, %2.8h, %3.h[4]"
				 : "+&w"(sum[0]), "+&w"(sum[1])
				 : "w"(b), "x"(a));
		break;
	case 5:
		__asm__ volatile("smlal %0.4s, %2.4h, %3.h[5]\n\tsmlal2 %1.4s, %2.8h, %3.h[5]"
				 : "+&w"(sum[0]), "+&w"(sum[1])
				 : "w"(b), "x"(a));
		break;
	case 6:
		__asm__ volatile("smlal %0.4s, %2.4h, %3.h[6]\n\tsmlal2 %1.4s, %2.8h, %3.h[6]"
				 : "+&w"(sum[0]), "+&w"(sum[1])
				 : "w"(b), "x"(a));
		break;
	default:
		__asm__ volatile("smlal %0.4s, %2.4h, %3.h[7]\n\tsmlal2 %1.4s, %2.8h, %3.h[7]"
				 : "+&w"(sum[0]), "+&w"(sum[1])
				 : "w"(b), "x"(a));
	}
}

/** The products of one channel: b, those of eight channels of y, times lane `lane` of each row's a. */
NNRT_INLINE void nnrt_winograd_mlal_step(int32x4_t *sum, const int16x8_t *a, int16x8_t b, int lane, int rows)
{
	NNRT_UNROLL(8)
	for (int i = 0; i < rows; i++)
		nnrt_winograd_mlal_add(sum + 2 * i, b, a[i], lane);
}

/** See nnrt_winograd_product. */
NNRT_INLINE void nnrt_winograd_mlal_products(const int16_t *v, ptrdiff_t v_tile, const int8_t *w, int ic, int32_t *m,
	int rows)
{
	const int16_t *weights = (const int16_t *)(const void *)w;
	int32x4_t sum[2 * NNRT_WINOGRAD_ROWS];
	int16x8_t a[NNRT_WINOGRAD_ROWS];

	NNRT_UNROLL(16)
	for (int i = 0; i < 2 * rows; i++)
		sum[i] = vdupq_n_s32(0);
	for (int k = ic; k >= 8; k -= 8, v += 8, weights += 64) {
		NNRT_UNROLL(8)
		for (int i = 0; i < rows; i++)
			a[i] = vld1q_s16(v + i * v_tile);
		NNRT_UNROLL(8)
		for (int l = 0; l < 8; l++)
			nnrt_winograd_mlal_step(sum, a, vld1q_s16(weights + l * 8), l, rows);
	}
	for (int k = ic % 8; k > 0; k--, v++, weights += 8) {
		NNRT_UNROLL(8)
		for (int i = 0; i < rows; i++)
			a[i] = vld1q_dup_s16(v + i * v_tile);
		nnrt_winograd_mlal_step(sum, a, vld1q_s16(weights), 0, rows);
	}
	NNRT_UNROLL(16)
	for (int i = 0; i < 2 * rows; i++)
		vst1q_s32(m + i * NNRT_NEON_CHANNELS, sum[i]);
}

/** AT m A / 4 + bias of four channels: sums of four pixels, y_step apart. */
NNRT_INLINE void nnrt_winograd_mlal_sums(const int32_t *m, ptrdiff_t m_point, const int32_t *bias, int32x4_t *y,
	ptrdiff_t y_step)
{
	const int32x4_t more = vld1q_s32(bias);
	int32x4_t half[2][4];

	NNRT_UNROLL(4)
	for (int j = 0; j < 4; j++) {
		const int32x4_t m1 = vld1q_s32(m + (4 + j) * m_point), m2 = vld1q_s32(m + (8 + j) * m_point);

		half[0][j] = vaddq_s32(vld1q_s32(m + j * m_point), vaddq_s32(m1, m2));
		half[1][j] = vsubq_s32(vsubq_s32(m1, m2), vld1q_s32(m + (12 + j) * m_point));
	}
	NNRT_UNROLL(2)
	for (int i = 0; i < 2; i++) {
		const int32x4_t *h = half[i];

		y[2 * i * y_step] = vsraq_n_s32(more, vaddq_s32(h[0], vaddq_s32(h[1], h[2])), 2);
		y[(2 * i + 1) * y_step] = vsraq_n_s32(more, vsubq_s32(vsubq_s32(h[1], h[2]), h[3]), 2);
	}
}

/** See nnrt_winograd_pixel. */
NNRT_INLINE void nnrt_winograd_mlal_finish(const struct nnrt_dot *d, const int32_t *m, ptrdiff_t m_point,
	const int32_t *bias, const float *scale, unsigned char *const rows[2], int n, int n_rows, int n_columns)
{
	const float32x4_t low = vld1q_f32(scale), high = vld1q_f32(scale + NNRT_NEON_CHANNELS);
	const float32x4_t scales[4] = {low, high, low, high};
	int32x4_t y[8];

	nnrt_winograd_mlal_sums(m, m_point, bias, y, 2);
	nnrt_winograd_mlal_sums(m + NNRT_NEON_CHANNELS, m_point, bias + NNRT_NEON_CHANNELS, y + 1, 2);
	NNRT_UNROLL(2)
	for (int i = 0; i < 2; i++) {
		const int8x16_t bytes = nnrt_neon_bytes(y + i * 4, scales, d);

		if (i >= n_rows)
			continue;
		nnrt_neon_store8(rows[i], vget_low_s8(bytes), n);
		if (n_columns > 1)
			nnrt_neon_store8(rows[i] + d->y_pixel, vget_high_s8(bytes), n);
	}
}

/** See nnrt_winograd_conv; x, y: int8. columns: 8. */
NNRT_INLINE void nnrt_winograd_mlal(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, void *y, void *scratch, int zero, int low, int high, int y_zero, int band, int rows,
	int columns)
{
	nnrt_winograd_conv(p, x, w, bias, scale, y, scratch, zero, low, high, y_zero, band, nnrt_winograd_mlal_images,
		nnrt_winograd_mlal_products, nnrt_winograd_mlal_finish, 1, rows, columns);
}

#endif
