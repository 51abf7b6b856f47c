/* Sum and product of two tensors of bytes, by the literal float32 formula. */
#ifndef NNRT_INT8_PAIR_H
#define NNRT_INT8_PAIR_H

#include "runtime_min/kernels/int8.h"

/** What the bytes of two inputs and the result mean: real = (byte - zero) * scale; low and high have y's zero taken
 * off. */
struct nnrt_int8_pair {
	int n;                                  /* elements, >= 0 */
	int a_signed, b_signed;                 /* 1: int8, 0: uint8 */
	int a_zero, b_zero, y_zero;
	float a_scale, b_scale, y_scale;
	int low, high;
	int product;                            /* 0: a + b, 1: a * b */
};

/** y[i] = min(max(round_half_even(((a[i] - a_zero) * a_scale op (b[i] - b_zero) * b_scale) / y_scale), low), high) +
 * y_zero, every float32 operation rounded by itself. y may be a or b.   ONNX Add-7, Mul-7 between DequantizeLinear and
 * QuantizeLinear. */
static NNRT_LITERAL void nnrt_pair_int8(const struct nnrt_int8_pair *p, const void *a, const void *b, void *y)
{
	const unsigned char *x0 = (const unsigned char *)a, *x1 = (const unsigned char *)b;
	unsigned char *to = (unsigned char *)y;
	int i = 0;

	for (; i + NNRT_INT8_LANES <= p->n; i += NNRT_INT8_LANES) {
		const nnrt_i8f v0 = nnrt_i8f_real(x0 + i, p->a_signed, p->a_zero, p->a_scale);
		const nnrt_i8f v1 = nnrt_i8f_real(x1 + i, p->b_signed, p->b_zero, p->b_scale);

		nnrt_i8f_finish(to + i, nnrt_i8f_combine(v0, v1, p->product), p->y_scale, p->low, p->high, p->y_zero);
	}
	if (i < p->n) {
		unsigned char rest[3][NNRT_INT8_LANES] = {{0}, {0}, {0}};
		const size_t left = (size_t)(p->n - i);

		memcpy(rest[0], x0 + i, left);
		memcpy(rest[1], x1 + i, left);
		nnrt_i8f_finish(rest[2],
			nnrt_i8f_combine(nnrt_i8f_real(rest[0], p->a_signed, p->a_zero, p->a_scale),
				nnrt_i8f_real(rest[1], p->b_signed, p->b_zero, p->b_scale), p->product),
			p->y_scale, p->low, p->high, p->y_zero);
		memcpy(to + i, rest[2], left);
	}
}

#endif
