/* Sum of two tensors of bytes by integers, where constants found when compiling give the bits of the literal formula
 * (int8_pair.h) for all 65,536 pairs of bytes: for cores whose floats are subroutines. */
#ifndef NNRT_INT8_ADD_PLAIN_H
#define NNRT_INT8_ADD_PLAIN_H

#include "runtime_min/nnrt.h"

/** The zero points and scales of the inputs and the result as three constants, times 2^NNRT_SUM_SHIFT. */
struct nnrt_int8_sum {
	int n;                          /* elements, >= 0 */
	int a_signed, b_signed;         /* 1: int8, 0: uint8 */
	int32_t a_factor, b_factor;
	int64_t offset;
	int low, high;                  /* of the result */
};

enum { NNRT_SUM_SHIFT = 28 };

/** Bits that each product loses in nnrt_add_smlaw(). */
enum { NNRT_HALVES_LOST = 8 };

/** nnrt_add_plain() of bytes with or without signs, as constants say. */
NNRT_INLINE void nnrt_add_plain_bytes(const struct nnrt_int8_sum *p, const unsigned char *a, const unsigned char *b,
	unsigned char *y, int a_signed, int b_signed, int low, int high)
{
	const int32_t a_factor = p->a_factor, b_factor = p->b_factor;
	const int64_t offset = p->offset;

	for (int left = p->n; left > 0; left--, a++, b++) {
		const int32_t va = a_signed ? (int8_t)*a : *a, vb = b_signed ? (int8_t)*b : *b;
		const int64_t sum = offset + (int64_t)va * a_factor + (int64_t)vb * b_factor;
		const int32_t v = (int32_t)(sum >> NNRT_SUM_SHIFT);

		*y++ = (unsigned char)(v < low ? low : v > high ? high : v);
	}
}

/** y[i] = min(max((a[i] * a_factor + b[i] * b_factor + offset) / 2^NNRT_SUM_SHIFT, low), high), rounded downwards. y
 * may be a or b.   ONNX Add-7 between DequantizeLinear and QuantizeLinear. */
NNRT_SHARED void nnrt_add_plain(const struct nnrt_int8_sum *p, const void *a, const void *b, void *y)
{
	const unsigned char *const x0 = (const unsigned char *)a, *const x1 = (const unsigned char *)b;

	if (p->a_signed && p->b_signed && p->low == INT8_MIN && p->high == INT8_MAX)
		nnrt_add_plain_bytes(p, x0, x1, (unsigned char *)y, 1, 1, INT8_MIN, INT8_MAX);
	else
		nnrt_add_plain_bytes(p, x0, x1, (unsigned char *)y, p->a_signed, p->b_signed, p->low, p->high);
}

#endif
