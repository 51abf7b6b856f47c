/* Softmax along rows of bytes: what a row gives is a table of its own, of the distance to its greatest byte. */
#ifndef NNRT_INT8_SOFTMAX_H
#define NNRT_INT8_SOFTMAX_H

#include "runtime_min/kernels/int8.h"

/** Rows of bytes behind each other, and what bytes of the result mean: real = (byte - y_zero) * y_scale. */
struct nnrt_int8_softmax {
	int rows, n;                    /* n >= 1 */
	int x_signed;                   /* 1: int8, 0: uint8 */
	float y_scale;
	int y_zero, low, high;          /* low, high: of y's type, zero taken off */
};

enum { NNRT_SOFTMAX_ROWS = 4 };         /* whose sums wait for each other's additions */

/** The greatest byte of a row, of uint8 when `flip`, 128 or 0, has been turned. */
NNRT_INLINE int nnrt_softmax_greatest(const unsigned char *x, int n, int flip)
{
	const nnrt_b8 flips = nnrt_b8_set(flip);
	nnrt_b8 most = nnrt_b8_set(0);
	unsigned char lane[NNRT_B8_LANES];
	int i = 0, greatest = 0;

	for (; i + NNRT_B8_LANES <= n; i += NNRT_B8_LANES)
		most = nnrt_b8_max(most, nnrt_b8_xor(nnrt_b8_load(x + i), flips), 0);
	nnrt_b8_store(lane, most);
	for (int j = 0; j < NNRT_B8_LANES; j++)
		greatest = lane[j] > greatest ? lane[j] : greatest;
	for (; i < n; i++)
		greatest = (x[i] ^ flip) > greatest ? x[i] ^ flip : greatest;
	return greatest;
}

/** Sums of e over NNRT_SOFTMAX_ROWS rows, each in rising order. */
NNRT_INLINE void nnrt_softmax_sums(const unsigned char *const *x, int n, int flip, const float *e, const int *greatest,
	float *sum)
{
	float s[NNRT_SOFTMAX_ROWS] = {0};

	for (int i = 0; i < n; i++) {
		NNRT_UNROLL(4)
		for (int k = 0; k < NNRT_SOFTMAX_ROWS; k++)
			s[k] += e[greatest[k] - (x[k][i] ^ flip)];
	}
	for (int k = 0; k < NNRT_SOFTMAX_ROWS; k++)
		sum[k] = s[k];
}

/** The results of a row whose sum is known. */
NNRT_INLINE void nnrt_softmax_row(const struct nnrt_int8_softmax *p, const unsigned char *x, const float *e, int flip,
	int greatest, float sum, unsigned char *y)
{
	const nnrt_b8 first = nnrt_b8_set(greatest ^ flip);
	unsigned char table[256];
	struct nnrt_b8_table vectors;
	int i = 0;

	for (int d = 0; d < 256; d += NNRT_INT8_LANES)
		nnrt_i8f_finish(table + d, nnrt_i8f_div(nnrt_i8f_load(e + d), sum), p->y_scale, p->low, p->high,
			p->y_zero);
	vectors = nnrt_b8_table_load(table);
	for (; i + NNRT_B8_LANES <= p->n; i += NNRT_B8_LANES)
		nnrt_b8_store(y + i, nnrt_b8_lookup(&vectors, nnrt_b8_sub(first, nnrt_b8_load(x + i))));
	for (; i < p->n; i++)
		y[i] = table[greatest - (x[i] ^ flip)];
}

/** y[i] = min(max(round_half_even((e[m - x[i]] / sum of e[m - x[j]]) / y_scale), low), high) + y_zero, m the greatest x
 * of a row, the sum in rising order from 0, every float32 operation rounded by itself. e: 256 floats >= 0, e[0] 1. y
 * may be x.   ONNX Softmax-13 between DequantizeLinear and QuantizeLinear. */
static NNRT_LITERAL void nnrt_softmax_int8(const struct nnrt_int8_softmax *p, const void *x, const float *e, void *y)
{
	const unsigned char *from = (const unsigned char *)x;
	unsigned char *to = (unsigned char *)y;
	const int flip = p->x_signed ? 128 : 0;

	for (int row = 0; row < p->rows; row += NNRT_SOFTMAX_ROWS) {
		const unsigned char *at[NNRT_SOFTMAX_ROWS];
		int greatest[NNRT_SOFTMAX_ROWS];
		float sum[NNRT_SOFTMAX_ROWS];

		/* Behind the last row it is taken again; nothing is written before all sums are known. */
		for (int k = 0; k < NNRT_SOFTMAX_ROWS; k++) {
			at[k] = from + (ptrdiff_t)(row + k < p->rows ? row + k : p->rows - 1) * p->n;
			greatest[k] = nnrt_softmax_greatest(at[k], p->n, flip);
		}
		nnrt_softmax_sums(at, p->n, flip, e, greatest, sum);
		for (int k = 0; k < NNRT_SOFTMAX_ROWS && row + k < p->rows; k++)
			nnrt_softmax_row(p, at[k], e, flip, greatest[k], sum[k], to + (ptrdiff_t)(row + k) * p->n);
	}
}

#endif
