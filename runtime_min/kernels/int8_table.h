/* Tables of bytes by vectors. */
#ifndef NNRT_INT8_TABLE_H
#define NNRT_INT8_TABLE_H

#include "runtime_min/kernels/int8.h"

/** Where the bytes lie. */
struct nnrt_int8_table {
	int rows, n;                    /* rows of n bytes beside each other */
	ptrdiff_t x_row, y_row;         /* bytes to the next */
	int x_signed;                   /* 1: int8, 0: uint8 */
};

/** y[i] = table[x[i] - the least that x's type has] for every byte of every row. y may be x.   ONNX element-wise
 * operators between DequantizeLinear and QuantizeLinear. */
NNRT_INLINE void nnrt_table_int8(const struct nnrt_int8_table *p, const void *x, const void *table, void *y)
{
	const unsigned char *bytes = (const unsigned char *)table;
	const struct nnrt_b8_table vectors = nnrt_b8_table_load(bytes);
	const int flip = p->x_signed ? 128 : 0;
	const nnrt_b8 flips = nnrt_b8_set(flip);
	const unsigned char *from = (const unsigned char *)x;
	unsigned char *to = (unsigned char *)y;

	for (int row = 0; row < p->rows; row++, from += p->x_row, to += p->y_row) {
		int i = 0;

		for (; i + NNRT_B8_LANES <= p->n; i += NNRT_B8_LANES)
			nnrt_b8_store(to + i, nnrt_b8_lookup(&vectors, nnrt_b8_xor(nnrt_b8_load(from + i), flips)));
		for (; i < p->n; i++)
			to[i] = bytes[from[i] ^ flip];
	}
}

#endif
