/* Bytes of channels, each channel along a line of its own, where one multiply-add with constants found when compiling
 * gives the bits of the literal formula for all 256 bytes. */
#ifndef NNRT_INT8_LINES_H
#define NNRT_INT8_LINES_H

#include "runtime_min/kernels/int8.h"

/** Where the bytes lie. */
struct nnrt_int8_lines {
	int rows, n;                    /* rows of n channels beside each other */
	ptrdiff_t x_row, y_row;         /* bytes to the next */
	int x_signed;                   /* 1: int8, 0: uint8 */
	int low, high;                  /* of the result */
};

/** A vector of channels: y[c] = round_half_even(min(max(fma(x[c], factor[c], offset[c]), low), high)). */
NNRT_INLINE void nnrt_lines_vector(const struct nnrt_int8_lines *p, const unsigned char *x, const float *factor,
	const float *offset, unsigned char *y)
{
	const nnrt_i8f v = nnrt_i8f_fma(nnrt_i8v_bytes(x, p->x_signed), nnrt_i8f_load(factor), nnrt_i8f_load(offset));

	nnrt_i8f_store(y, v, p->low, p->high);
}

/** The same of every row, fma rounded once. factor, offset: n elements, and readable up to a multiple of a vector's
 * lanes. y may be x where rows lie alike.   ONNX BatchNormalization-9, and Add-7, Div-7, Mul-7 and Sub-7 with a
 * constant, between DequantizeLinear and QuantizeLinear. */
NNRT_INLINE void nnrt_lines_int8(const struct nnrt_int8_lines *p, const void *x, const float *factor,
	const float *offset, void *y)
{
	const unsigned char *from = (const unsigned char *)x;
	unsigned char *to = (unsigned char *)y;
	const int whole = p->n - p->n % NNRT_INT8_LANES;
	const size_t left = (size_t)(p->n - whole);

	for (int row = 0; row < p->rows; row++, from += p->x_row, to += p->y_row) {
		for (int i = 0; i < whole; i += NNRT_INT8_LANES)
			nnrt_lines_vector(p, from + i, factor + i, offset + i, to + i);
		if (left) {
			unsigned char rest[NNRT_INT8_LANES] = {0};

			(void)memcpy(rest, from + whole, left);
			nnrt_lines_vector(p, rest, factor + whole, offset + whole, rest);
			(void)memcpy(to + whole, rest, left);
		}
	}
}

#endif
