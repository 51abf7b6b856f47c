/* Sum of two tensors of bytes where one multiply-add for each, with constants found when compiling, gives the bits of
 * the literal formula (int8_pair.h) for all 65,536 pairs of bytes. */
#ifndef NNRT_INT8_ADD_H
#define NNRT_INT8_ADD_H

#include "runtime_min/kernels/int8.h"

/** The zero points and scales of the inputs and the result as three constants. */
struct nnrt_int8_add {
	int n;                          /* elements, >= 0 */
	int a_signed, b_signed;         /* 1: int8, 0: uint8 */
	float a_factor, b_factor, offset;
	int low, high;                  /* of the result */
};

/** y[i] = round_half_even(min(max(fma(a[i], a_factor, fma(b[i], b_factor, offset)), low), high)), fma rounded once. y
 * may be a or b.   ONNX Add-7 between DequantizeLinear and QuantizeLinear. */
NNRT_INLINE void nnrt_add_int8(const struct nnrt_int8_add *p, const void *a, const void *b, void *y)
{
	const unsigned char *x0 = (const unsigned char *)a, *x1 = (const unsigned char *)b;
	unsigned char *to = (unsigned char *)y;
	int i = 0;

	for (; i + NNRT_INT8_LANES <= p->n; i += NNRT_INT8_LANES) {
		nnrt_i8f v = nnrt_i8f_set(p->offset);

		v = nnrt_i8f_fma(nnrt_i8v_bytes(x1 + i, p->b_signed), nnrt_i8f_set(p->b_factor), v);
		v = nnrt_i8f_fma(nnrt_i8v_bytes(x0 + i, p->a_signed), nnrt_i8f_set(p->a_factor), v);
		nnrt_i8f_store(to + i, v, p->low, p->high);
	}
	if (i < p->n) {
		unsigned char rest[3][NNRT_INT8_LANES] = {{0}, {0}, {0}};
		const size_t left = (size_t)(p->n - i);
		nnrt_i8f v = nnrt_i8f_set(p->offset);

		(void)memcpy(rest[0], x0 + i, left);
		(void)memcpy(rest[1], x1 + i, left);
		v = nnrt_i8f_fma(nnrt_i8v_bytes(rest[1], p->b_signed), nnrt_i8f_set(p->b_factor), v);
		v = nnrt_i8f_fma(nnrt_i8v_bytes(rest[0], p->a_signed), nnrt_i8f_set(p->a_factor), v);
		nnrt_i8f_store(rest[2], v, p->low, p->high);
		(void)memcpy(to + i, rest[2], left);
	}
}

#endif
