/* Mean over the pixels of an image of bytes, by the literal float32 formula. */
#ifndef NNRT_INT8_MEAN_H
#define NNRT_INT8_MEAN_H

#include "runtime_min/kernels/int8.h"
#include "runtime_min/kernels/shape.h"
#include "runtime_min/maths/soft.h"

/** What the bytes of image and result mean: real = (byte - zero) * scale; low and high have y's zero taken off. */
struct nnrt_int8_mean {
	int pixels, channels;           /* >= 0 */
	ptrdiff_t x_pixel;              /* bytes from pixel to pixel; channels are adjacent */
	int x_signed;                   /* 1: int8, 0: uint8 */
	int x_zero, y_zero;
	float x_scale, y_scale;
	int low, high;
	/* The value is (sum of x - x_zero) * factor / 2^32 to the nearest, unless it is less than margin / 2^32 away
	 * from a middle (compiler/lower/mean_line.h); margin 0: no sum is; factor 0: nothing is known of it. */
	int32_t factor;
	uint32_t margin;
};

enum { NNRT_MEAN_VECTORS = 4 };

/** sum + the pixel at x, `vectors` vectors of channels. */
NNRT_INLINE void nnrt_mean_add(const struct nnrt_int8_mean *p, const unsigned char *x, nnrt_i8f *sum, int vectors,
	int is_signed)
{
	NNRT_UNROLL(4)
	for (int j = 0; j < vectors; j++)
		sum[j] = nnrt_i8f_combine(sum[j],
			nnrt_i8f_real(x + j * NNRT_INT8_LANES, is_signed, p->x_zero, p->x_scale), 0);
}

/** Divides a vector of sums, and stores it. */
NNRT_INLINE void nnrt_mean_finish(const struct nnrt_int8_mean *p, unsigned char *y, nnrt_i8f sum)
{
	const float pixels = NNRT_HAS_FPU ? (float)p->pixels : nnrt_soft_whole(p->pixels);

	nnrt_i8f_finish(y, nnrt_i8f_div(sum, pixels), p->y_scale, p->low, p->high, p->y_zero);
}

/** `vectors` vectors of channels. */
NNRT_INLINE void nnrt_mean_channels(const struct nnrt_int8_mean *p, const unsigned char *x, unsigned char *y,
	int vectors, int is_signed)
{
	nnrt_i8f sum[NNRT_MEAN_VECTORS];

	NNRT_UNROLL(4)
	for (int j = 0; j < vectors; j++)
		sum[j] = nnrt_i8f_set(0.0f);
	for (int i = 0; i < p->pixels; i++, x += p->x_pixel)
		nnrt_mean_add(p, x, sum, vectors, is_signed);
	NNRT_UNROLL(4)
	for (int j = 0; j < vectors; j++)
		nnrt_mean_finish(p, y + j * NNRT_INT8_LANES, sum[j]);
}

/** n channels, fewer than a vector. */
NNRT_INLINE void nnrt_mean_rest(const struct nnrt_int8_mean *p, const unsigned char *x, unsigned char *y, size_t n,
	int is_signed)
{
	unsigned char part[NNRT_INT8_LANES] = {0};
	nnrt_i8f sum = nnrt_i8f_set(0.0f);

	for (int i = 0; i < p->pixels; i++, x += p->x_pixel) {
		(void)memcpy(part, x, n);
		nnrt_mean_add(p, part, &sum, 1, is_signed);
	}
	nnrt_mean_finish(p, part, sum);
	(void)memcpy(y, part, n);
}

/** Adds `pixels` pixels at x to the sums of `vectors` channels. */
NNRT_INLINE void nnrt_mean_sum(const struct nnrt_int8_mean *p, const unsigned char *x, int pixels, int32_t *sum,
	int vectors, int is_signed)
{
	for (int i = 0; i < pixels; i++, x += p->x_pixel)
		NNRT_UNROLL(4)
		for (int j = 0; j < vectors; j++)
			sum[j] += is_signed ? (int8_t)x[j] : x[j];
}

/** The byte of v = sum of (x - x_zero) * factor + 2^31. */
NNRT_INLINE unsigned char nnrt_mean_byte(const struct nnrt_int8_mean *p, int64_t v)
{
	const int32_t near = (int32_t)(v >> 32);

	return (unsigned char)((near < p->low ? p->low : near > p->high ? p->high : near) + p->y_zero);
}

/** `vectors` channels of one lane by integers. */
NNRT_INLINE void nnrt_mean_integers(const struct nnrt_int8_mean *p, const unsigned char *x, unsigned char *y,
	int vectors, int is_signed)
{
	int32_t sum[NNRT_MEAN_VECTORS];

	NNRT_UNROLL(4)
	for (int j = 0; j < vectors; j++)
		sum[j] = -p->pixels * p->x_zero;
	nnrt_mean_sum(p, x, p->pixels, sum, vectors, is_signed);
	for (int j = 0; j < vectors; j++) {
		const int64_t v = (int64_t)sum[j] * p->factor + INT64_C(0x80000000);

		if ((uint32_t)v + p->margin < 2 * p->margin)
			nnrt_mean_channels(p, x + j, y + j, 1, is_signed);
		else
			y[j] = nnrt_mean_byte(p, v);
	}
}

NNRT_INLINE void nnrt_mean_image(const struct nnrt_int8_mean *p, const unsigned char *x, unsigned char *y,
	int is_signed)
{
	const int many = NNRT_MEAN_VECTORS * NNRT_INT8_LANES;
	int c = 0;

	if (NNRT_INT8_LANES == 1 && p->factor) {
		for (; c + NNRT_MEAN_VECTORS <= p->channels; c += NNRT_MEAN_VECTORS)
			nnrt_mean_integers(p, x + c, y + c, NNRT_MEAN_VECTORS, is_signed);
		for (; c < p->channels; c++)
			nnrt_mean_integers(p, x + c, y + c, 1, is_signed);
		return;
	}
	for (; c + many <= p->channels; c += many)
		nnrt_mean_channels(p, x + c, y + c, NNRT_MEAN_VECTORS, is_signed);
	for (; c + NNRT_INT8_LANES <= p->channels; c += NNRT_INT8_LANES)
		nnrt_mean_channels(p, x + c, y + c, 1, is_signed);
	if (NNRT_INT8_LANES > 1 && c < p->channels)
		nnrt_mean_rest(p, x + c, y + c, (size_t)(p->channels - c), is_signed);
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

/** Adds `pixels` pixels at x, so many vectors of channels, to their sums; the first ones begin anew. n: how many
 *  channels there are of a vector; where they are fewer than its lanes, it is the only one. */
NNRT_INLINE void nnrt_mean_add_row(const struct nnrt_int8_mean *p, const unsigned char *x, size_t n, int pixels,
	float *sums, int first, int vectors, int is_signed)
{
	unsigned char part[NNRT_INT8_LANES] = {0};
	nnrt_i8f sum[NNRT_MEAN_VECTORS];

	NNRT_UNROLL(4)
	for (int j = 0; j < vectors; j++)
		sum[j] = first ? nnrt_i8f_set(0.0f) : nnrt_i8f_load(sums + j * NNRT_INT8_LANES);
	for (int i = 0; i < pixels; i++, x += p->x_pixel) {
		const int is_part = NNRT_INT8_LANES > 1 && n < NNRT_INT8_LANES;

		if (is_part)
			(void)memcpy(part, x, n);
		nnrt_mean_add(p, is_part ? part : x, sum, vectors, is_signed);
	}
	(void)memcpy(sums, sum, (size_t)vectors * sizeof *sum);
}

/** Whether a sum of integers is all that is needed of an image. */
NNRT_INLINE int nnrt_mean_is_exact(const struct nnrt_int8_mean *p)
{
	return NNRT_INT8_LANES == 1 && p->factor && !p->margin;
}

/** nnrt_mean_add_row() by integers, which take the places of the floats. */
NNRT_INLINE void nnrt_mean_sum_row(const struct nnrt_int8_mean *p, const unsigned char *x, int pixels, float *sums,
	int first, int vectors, int is_signed)
{
	int32_t sum[NNRT_MEAN_VECTORS] = {0};

	if (!first)
		(void)memcpy(sum, sums, (size_t)vectors * sizeof *sum);
	nnrt_mean_sum(p, x, pixels, sum, vectors, is_signed);
	(void)memcpy(sums, sum, (size_t)vectors * sizeof *sum);
}

/** All channels of it. */
NNRT_INLINE void nnrt_mean_sum_channels(const struct nnrt_int8_mean *p, const unsigned char *x, int pixels,
	float *sums, int first, int is_signed)
{
	int left = p->channels;

	for (; left >= NNRT_MEAN_VECTORS; left -= NNRT_MEAN_VECTORS, x += NNRT_MEAN_VECTORS, sums += NNRT_MEAN_VECTORS)
		nnrt_mean_sum_row(p, x, pixels, sums, first, NNRT_MEAN_VECTORS, is_signed);
	for (; left > 0; left--)
		nnrt_mean_sum_row(p, x++, pixels, sums++, first, 1, is_signed);
}

/** Row after row. */
NNRT_INLINE void nnrt_mean_rows(const struct nnrt_int8_mean *p, const unsigned char *x, float *sums, ptrdiff_t x_row,
	ptrdiff_t x_ring, ptrdiff_t row_begin, ptrdiff_t row_end, int pixels, int is_signed)
{
	const int many = NNRT_MEAN_VECTORS * NNRT_INT8_LANES;

	for (ptrdiff_t row = row_begin; row < row_end; row++) {
		const unsigned char *const from = x + nnrt_ring(row, (int)x_ring) * x_row;
		int c = 0;

		if (nnrt_mean_is_exact(p)) {
			nnrt_mean_sum_channels(p, from, pixels, sums, row == 0, is_signed);
			continue;
		}
		for (; c + many <= p->channels; c += many)
			nnrt_mean_add_row(p, from + c, NNRT_INT8_LANES, pixels, sums + c, row == 0, NNRT_MEAN_VECTORS,
				is_signed);
		for (int left = p->channels - c; left > 0; left -= NNRT_INT8_LANES, c += NNRT_INT8_LANES)
			nnrt_mean_add_row(p, from + c, (size_t)left, pixels, sums + c, row == 0, 1, is_signed);
	}
}

/** nnrt_mean_int8() of an image that comes in pieces: rows row_begin … row_end - 1 of `rows`, in their order; row r
 *  starts at x + (r % x_ring) * x_row (x_ring 0: at x + r * x_row). sums: channels, rounded up to NNRT_INT8_LANES,
 *  floats that stay as they are from one piece to the next. y is written with the last row. */
static NNRT_LITERAL void nnrt_mean_rows_int8(const struct nnrt_int8_mean *p, const void *x, float *sums, void *y,
	ptrdiff_t x_row, ptrdiff_t x_ring, ptrdiff_t row_begin, ptrdiff_t row_end, ptrdiff_t rows)
{
	const int pixels = p->pixels / (int)rows;

	if (p->x_signed)
		nnrt_mean_rows(p, (const unsigned char *)x, sums, x_row, x_ring, row_begin, row_end, pixels, 1);
	else
		nnrt_mean_rows(p, (const unsigned char *)x, sums, x_row, x_ring, row_begin, row_end, pixels, 0);
	for (int c = 0; row_end == rows && c < p->channels; c += NNRT_INT8_LANES) {
		unsigned char part[NNRT_INT8_LANES];
		int32_t sum;

		(void)memcpy(&sum, sums + c, sizeof sum);
		if (nnrt_mean_is_exact(p))
			part[0] = nnrt_mean_byte(p, ((int64_t)sum - (int64_t)p->pixels * p->x_zero) * p->factor +
				INT64_C(0x80000000));
		else
			nnrt_mean_finish(p, part, nnrt_i8f_load(sums + c));
		(void)memcpy((unsigned char *)y + c, part, (size_t)nnrt_min(NNRT_INT8_LANES, p->channels - c));
	}
}

#endif
