/* Depthwise convolution of bytes, channels last: vectors run along the channels. */
#ifndef NNRT_INT8_DEPTHWISE_H
#define NNRT_INT8_DEPTHWISE_H

#include "runtime_min/kernels/int8_conv.h"

/** y[oy][ox][c] = bounded(round_half_even(float(bias[c] + sum over ky, kx of x[iy][ix][c] * w[ky][kx][c]) * scale[c]),
 * low, high) + zero, for the output rows that p says; oc channels. As nnrt_conv_int8(), but w: rows of channels, one a
 * tap, bias, scale and zero (oc bytes of x's zero point) all going on to a multiple of NNRT_INT8_LANES. */
NNRT_INLINE void nnrt_depthwise_int8(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, const void *zero, void *y, struct nnrt_int8 q)
{
	const int width = (p->oc + NNRT_INT8_LANES - 1) / NNRT_INT8_LANES * NNRT_INT8_LANES;

	for (int oy = p->row_begin; oy < p->row_end; oy++) {
		for (int ox = 0; ox < p->out_w; ox++) {
			const int iy = oy * p->stride_h - p->pad_top, ix = ox * p->stride_w - p->pad_left;
			unsigned char *const to =
				(unsigned char *)y + (p->y_ring > 0 ? oy % p->y_ring : oy) * p->y_row + ox * p->y_pixel;

			for (int c = 0; c < p->oc; c += NNRT_INT8_LANES) {
				const int left = p->oc - c, n = left < NNRT_INT8_LANES ? left : NNRT_INT8_LANES;
				const int8_t *tap = w + c;
				nnrt_i8v sum = nnrt_i8v_load(bias + c);

				for (int ky = 0; ky < p->kernel_h; ky++) {
					const int sy = iy + ky * p->dilation_h;
					const unsigned char *row = (const unsigned char *)x +
						(p->x_ring > 0 ? sy % p->x_ring : sy) * p->x_row + c;

					for (int kx = 0; kx < p->kernel_w; kx++, tap += width) {
						const int sx = ix + kx * p->dilation_w;
						const int inside = sy >= 0 && sy < p->in_h && sx >= 0 && sx < p->in_w;
						const unsigned char *from = inside ? row + sx * p->x_pixel
										   : (const unsigned char *)zero + c;
						unsigned char rest[NNRT_INT8_LANES];

						if (n < NNRT_INT8_LANES) {
							memset(rest, 0, sizeof(rest));
							memcpy(rest, from, (size_t)n);
							from = rest;
						}
						sum = nnrt_i8v_mac(sum, nnrt_i8v_bytes(from, q.is_signed),
							nnrt_i8v_bytes((const unsigned char *)tap, 1));
					}
				}
				nnrt_i8v_finish(to + c, sum, scale + c, q.low, q.high, q.zero, n);
			}
		}
	}
}

#endif
