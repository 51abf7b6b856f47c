/* Depthwise convolution of bytes by AArch64's sdot: images and weights signed, planes of four rows. */
#ifndef NNRT_DEPTHWISE_SDOT_H
#define NNRT_DEPTHWISE_SDOT_H

#include "runtime_min/kernels/depthwise_neon.h"
#include "runtime_min/kernels/depthwise_rows.h"

enum { NNRT_SDOT_COLUMNS = 16 };

/** See nnrt_columns_plane: bytes of four rows beside each other. */
NNRT_INLINE void nnrt_sdot_plane(unsigned char *plane, const unsigned char *x, ptrdiff_t pitch, ptrdiff_t columns,
	int is_signed)
{
	(void)is_signed;
	for (ptrdiff_t i = 0; i < columns; i += NNRT_SDOT_COLUMNS, x += NNRT_SDOT_COLUMNS, plane += 64) {
		const uint8x16_t a = vld1q_u8(x), b = vld1q_u8(x + pitch);
		const uint8x16_t c = vld1q_u8(x + 2 * pitch), d = vld1q_u8(x + 3 * pitch);
		const uint8x16x4_t four = {{a, b, c, d}};

		vst4q_u8(plane, four);
	}
}

/** nnrt_sdot_tiles() for a kernel of n_planes * kernel_w taps of four rows, the first n_held vectors of which are
 * loaded once. */
NNRT_INLINE void nnrt_sdot_taps(const struct nnrt_columns *d, unsigned char *const *planes, const int8_t *w,
	const int32_t *bias, const float *scale, unsigned char *y, ptrdiff_t first, int n_planes, int kernel_w,
	int n_held)
{
	const float32x4_t scales[4] = {vld1q_f32(scale), vld1q_f32(scale + 4), vld1q_f32(scale + 8),
		vld1q_f32(scale + 12)};
	int8x16_t held[12];

	NNRT_UNROLL(12)
	for (int k = 0; k < n_held; k++)
		held[k] = vld1q_s8(w + k * 16);
	for (ptrdiff_t i = first; i < d->n; i += d->period) {
		const ptrdiff_t n = nnrt_min(NNRT_SDOT_COLUMNS, d->n - i);
		unsigned char bytes[NNRT_SDOT_COLUMNS];
		int32x4_t sum[4];
		uint8x8_t half[2];
		uint8x16_t q;

		NNRT_UNROLL(4)
		for (int j = 0; j < 4; j++)
			sum[j] = vld1q_s32(bias + j * 4);
		NNRT_UNROLL(8)
		for (int k = 0; k < n_planes; k++) {
			NNRT_UNROLL(8)
			for (int kx = 0; kx < kernel_w; kx++) {
				const unsigned char *x = planes[k] + (i + nnrt_columns_tap(d, kx)) * 4;
				const int at = (k * kernel_w + kx) * 4;

				NNRT_UNROLL(4)
				for (int j = 0; j < 4; j++)
					sum[j] = vdotq_s32(sum[j], vreinterpretq_s8_u8(vld1q_u8(x + j * 16)),
						at < n_held ? held[at + j] : vld1q_s8(w + (at + j) * 16));
			}
		}
		NNRT_UNROLL(2)
		for (int j = 0; j < 2; j++)
			half[j] = nnrt_neon_bytes8(
				nnrt_neon_scaled8(sum[2 * j], sum[2 * j + 1], scales + 2 * j, d->zero), d->is_signed,
				d->low, d->high);
		q = vcombine_u8(half[0], half[1]);
		if (n == NNRT_SDOT_COLUMNS && d->y_pixel == d->channels) {
			vst1q_u8(y + i, q);
			continue;
		}
		vst1q_u8(bytes, q);
		if (d->y_pixel == d->channels)
			(void)memcpy(y + i, bytes, (size_t)n);
		else
			nnrt_columns_scatter(d, y, bytes, i, n);
	}
}

/** See nnrt_columns_tiles. */
NNRT_INLINE void nnrt_sdot_tiles(const struct nnrt_columns *d, unsigned char *const *planes, const int8_t *w,
	const int32_t *bias, const float *scale, unsigned char *y, ptrdiff_t first)
{
	if (d->planes == 1 && d->kernel_w == 3)
		nnrt_sdot_taps(d, planes, w, bias, scale, y, first, 1, 3, 12);
	else
		nnrt_sdot_taps(d, planes, w, bias, scale, y, first, d->planes, d->kernel_w, 0);
}

/** See nnrt_depthwise_rows; x: int8. */
NNRT_INLINE void nnrt_depthwise_sdot(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, void *y, void *scratch, int zero, int is_signed, int low, int high, int y_zero, int slice,
	int pixels)
{
	nnrt_depthwise_rows(p, x, w, bias, scale, y, scratch, zero, is_signed, low, high, y_zero, slice, pixels,
		nnrt_sdot_plane, nnrt_sdot_tiles, 4, 1, NNRT_SDOT_COLUMNS);
}

#endif
