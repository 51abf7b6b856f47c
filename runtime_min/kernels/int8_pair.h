/* Sum and product of two tensors of bytes, by the literal float32 formula. */
#ifndef NNRT_INT8_PAIR_H
#define NNRT_INT8_PAIR_H

#include "runtime_min/kernels/int8.h"

/** What the bytes of two inputs and the result mean: real = (byte - zero) * scale; low and high have y's zero taken
 * off. */
struct nnrt_int8_pair {
	int rows, n;                            /* rows of n elements beside each other */
	ptrdiff_t a_row, b_row, y_row;          /* bytes to the next; 0: the same row again */
	int a_signed, b_signed;                 /* 1: int8, 0: uint8 */
	int a_zero, b_zero, y_zero;
	float a_scale, b_scale, y_scale;
	int low, high;
	int product;                            /* 0: a + b, 1: a * b */
};

/** NNRT_INT8_LANES elements of a row; see nnrt_pair_int8(). */
NNRT_INLINE void nnrt_pair_vector(const struct nnrt_int8_pair *p, const unsigned char *a, const unsigned char *b,
	unsigned char *y)
{
	const nnrt_i8f v0 = nnrt_i8f_real(a, p->a_signed, p->a_zero, p->a_scale);
	const nnrt_i8f v1 = nnrt_i8f_real(b, p->b_signed, p->b_zero, p->b_scale);

	nnrt_i8f_finish(y, nnrt_i8f_combine(v0, v1, p->product), p->y_scale, p->low, p->high, p->y_zero);
}

/** y[i] = min(max(round_half_even(((a[i] - a_zero) * a_scale op (b[i] - b_zero) * b_scale) / y_scale), low), high) +
 * y_zero of every row, every float32 operation rounded by itself. y may be a or b where there is one row.   ONNX Add-7,
 * Mul-7 between DequantizeLinear and QuantizeLinear. */
static NNRT_LITERAL void nnrt_pair_int8(const struct nnrt_int8_pair *p, const void *a, const void *b, void *y)
{
	const unsigned char *x0 = (const unsigned char *)a, *x1 = (const unsigned char *)b;
	unsigned char *to = (unsigned char *)y;
	const int whole = p->n - p->n % NNRT_INT8_LANES;
	const size_t left = (size_t)(p->n - whole);

	for (int row = 0; row < p->rows; row++, x0 += p->a_row, x1 += p->b_row, to += p->y_row) {
		for (int i = 0; i < whole; i += NNRT_INT8_LANES)
			nnrt_pair_vector(p, x0 + i, x1 + i, to + i);
		if (left) {
			unsigned char rest[3][NNRT_INT8_LANES] = {{0}, {0}, {0}};

			(void)memcpy(rest[0], x0 + whole, left);
			(void)memcpy(rest[1], x1 + whole, left);
			nnrt_pair_vector(p, rest[0], rest[1], rest[2]);
			(void)memcpy(to + whole, rest[2], left);
		}
	}
}

#endif
