/* Mean over the pixels of an image of bytes, by the literal float32 formula. */
#ifndef NNRT_INT8_MEAN_H
#define NNRT_INT8_MEAN_H

#include "runtime_min/kernels/int8.h"

/** What the bytes of image and result mean: real = (byte - zero) * scale; low and high have y's zero taken off. */
struct nnrt_int8_mean {
	int pixels, channels;           /* >= 0 */
	ptrdiff_t x_pixel;              /* bytes from pixel to pixel; channels are adjacent */
	int x_signed;                   /* 1: int8, 0: uint8 */
	int x_zero, y_zero;
	float x_scale, y_scale;
	int low, high;
};

enum { NNRT_MEAN_VECTORS = 4 };

/** `vectors` vectors of channels, n channels in all. */
NNRT_INLINE void nnrt_mean_channels(const struct nnrt_int8_mean *p, const unsigned char *x, unsigned char *y, int n,
	int vectors, int is_signed)
{
	unsigned char rest[NNRT_MEAN_VECTORS * NNRT_INT8_LANES] = {0};
	const int is_whole = n == vectors * NNRT_INT8_LANES;
	nnrt_i8f sum[NNRT_MEAN_VECTORS];

	NNRT_UNROLL(4)
	for (int j = 0; j < vectors; j++)
		sum[j] = nnrt_i8f_set(0.0f);
	for (int i = 0; i < p->pixels; i++, x += p->x_pixel) {
		const unsigned char *from = is_whole ? x : rest;

		if (!is_whole)
			memcpy(rest, x, (size_t)n);
		NNRT_UNROLL(4)
		for (int j = 0; j < vectors; j++)
			sum[j] = nnrt_i8f_combine(sum[j],
				nnrt_i8f_real(from + j * NNRT_INT8_LANES, is_signed, p->x_zero, p->x_scale), 0);
	}
	NNRT_UNROLL(4)
	for (int j = 0; j < vectors; j++)
		nnrt_i8f_finish(rest + j * NNRT_INT8_LANES, nnrt_i8f_div(sum[j], (float)p->pixels), p->y_scale, p->low,
			p->high, p->y_zero);
	memcpy(y, rest, (size_t)n);
}

NNRT_INLINE void nnrt_mean_image(const struct nnrt_int8_mean *p, const unsigned char *x, unsigned char *y,
	int is_signed)
{
	const int many = NNRT_MEAN_VECTORS * NNRT_INT8_LANES;
	int c = 0;

	for (; c + many <= p->channels; c += many)
		nnrt_mean_channels(p, x + c, y + c, many, NNRT_MEAN_VECTORS, is_signed);
	for (; c < p->channels; c += NNRT_INT8_LANES)
		nnrt_mean_channels(p, x + c, y + c, (int)nnrt_min(NNRT_INT8_LANES, p->channels - c), 1, is_signed);
}

/** y[c] = min(max(round_half_even((sum over pixels of (x - x_zero) * x_scale) / pixels / y_scale), low), high) +
 * y_zero, every float32 operation rounded by itself, the sum in the order of pixels. y may not overlap x. ONNX
 * GlobalAveragePool-1 and the like between DequantizeLinear and QuantizeLinear. */
static NNRT_LITERAL void nnrt_mean_int8(const struct nnrt_int8_mean *p, const void *x, void *y)
{
	if (p->x_signed)
		nnrt_mean_image(p, (const unsigned char *)x, (unsigned char *)y, 1);
	else
		nnrt_mean_image(p, (const unsigned char *)x, (unsigned char *)y, 0);
}

#endif
