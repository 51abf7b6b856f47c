/* The integer kernels' vectors: one lane of portable C. Beside it lie the same operations for instruction sets.
 * A vector is NNRT_INT8_LANES sums, of output channels that lie side by side. */
#ifndef NNRT_INT8_PLAIN_H
#define NNRT_INT8_PLAIN_H

#include <math.h>

#include "runtime_min/kernels/int8_tile.h"
#include "runtime_min/maths/soft.h"
#include "runtime_min/nnrt.h"

/** Sums. */
typedef int32_t nnrt_i8v;

/** Lanes of a vector. */
enum { NNRT_INT8_LANES = 1 };

/** NNRT_INT8_LANES sums from p. */
NNRT_INLINE nnrt_i8v nnrt_i8v_load(const int32_t *p)
{
	return *p;
}

/** Adds to sum [rows][NNRT_INT8_VECTORS] the products of taps [rows][pairs][2] and a panel of weights; returns the
 * panel after it. Term by term and channel by channel, and by NNRT_OPAQUE in this order: what lives at a time is the
 * sums, a tap of each pixel and a weight. Left to itself gcc 12 takes 16 % more instructions for a keyword network on a
 * Cortex-M0, for it spills; of one row the sums are few, and order costs. */
NNRT_INLINE const int8_t *nnrt_int8_products(nnrt_i8v *sum, const int16_t *taps, const int8_t *panel, int pairs,
	int rows, int vectors)
{
	const int8_t *const end = panel + (ptrdiff_t)pairs * 2 * vectors;
	const ptrdiff_t step = (ptrdiff_t)2 * pairs;

	for (; panel != end; panel += 2 * vectors, taps += 2) {
		NNRT_UNROLL(2)
		for (int t = 0; t < 2; t++) {
			int32_t x[NNRT_INT8_ROWS];

			NNRT_UNROLL(8)
			for (int i = 0; i < rows; i++)
				x[i] = taps[i * step + t];
			NNRT_UNROLL(4)
			for (int j = 0; j < vectors; j++) {
				const int32_t w = panel[2 * j + t];

				NNRT_UNROLL(8)
				for (int i = 0; i < rows; i++) {
					nnrt_i8v *const s = &sum[i * NNRT_INT8_VECTORS + j];

					*s += x[i] * w;
					if (rows > 1)
						NNRT_OPAQUE(*s);
				}
			}
		}
	}
	return panel;
}

/** v in every lane. */
NNRT_INLINE nnrt_i8v nnrt_i8v_set(int32_t v)
{
	return v;
}

/** a + b in every lane. */
NNRT_INLINE nnrt_i8v nnrt_i8v_add(nnrt_i8v a, nnrt_i8v b)
{
	return a + b;
}

/** NNRT_INT8_LANES bytes as numbers, of int8 (is_signed 1) or uint8. */
NNRT_INLINE nnrt_i8v nnrt_i8v_bytes(const unsigned char *p, int is_signed)
{
	return is_signed ? (int8_t)*p : *p;
}

/** sum + x * w in every lane. */
NNRT_INLINE nnrt_i8v nnrt_i8v_mac(nnrt_i8v sum, nnrt_i8v x, nnrt_i8v w)
{
	return sum + x * w;
}

/** What makes bytes of a channel's sums: the other headers have its multiplier as float. */
typedef struct nnrt_line nnrt_i8_scale;

/** y[i] = byte of round_half_even(min(max(float(sum) * scale[i], low), high)) + zero in the first n lanes; low and high
 * are whole, within -510..510, and have zero taken off. scale: NNRT_INT8_LANES elements. */
NNRT_INLINE void nnrt_i8v_finish(unsigned char *y, nnrt_i8v sum, const nnrt_i8_scale *scale, int low, int high,
	int zero, int n)
{
	(void)n;
	*y = (unsigned char)nnrt_line_value(sum, scale, low, high, zero);
}

/** Bytes side by side. */
typedef unsigned char nnrt_b8;

/** Lanes of a vector of bytes. */
enum { NNRT_B8_LANES = 1 };

/** Bytes from p. */
NNRT_INLINE nnrt_b8 nnrt_b8_load(const unsigned char *p)
{
	return *p;
}

/** Stores them. */
NNRT_INLINE void nnrt_b8_store(unsigned char *p, nnrt_b8 a)
{
	*p = a;
}

/** n bytes from p, 0 < n < NNRT_B8_LANES, in lanes of its own choice; nnrt_b8_store_part() puts them in order again. */
NNRT_INLINE nnrt_b8 nnrt_b8_load_part(const unsigned char *p, size_t n)
{
	(void)n;
	return *p;
}

/** Stores what was loaded so, or made of it lane by lane. */
NNRT_INLINE void nnrt_b8_store_part(unsigned char *p, nnrt_b8 a, size_t n)
{
	(void)n;
	*p = a;
}

/** v in every lane. */
NNRT_INLINE nnrt_b8 nnrt_b8_set(int v)
{
	return (unsigned char)v;
}

/** The greater, of int8 (is_signed 1) or uint8. */
NNRT_INLINE nnrt_b8 nnrt_b8_max(nnrt_b8 a, nnrt_b8 b, int is_signed)
{
	return (is_signed ? (int8_t)a > (int8_t)b : a > b) ? a : b;
}

/** Bits in which they differ. */
NNRT_INLINE nnrt_b8 nnrt_b8_xor(nnrt_b8 a, nnrt_b8 b)
{
	return a ^ b;
}

/** a - b, the low 8 bits of it. */
NNRT_INLINE nnrt_b8 nnrt_b8_sub(nnrt_b8 a, nnrt_b8 b)
{
	return (unsigned char)(a - b);
}

/** A table of 256 bytes. */
struct nnrt_b8_table {
	const unsigned char *byte;
};

/** Reads it. */
NNRT_INLINE struct nnrt_b8_table nnrt_b8_table_load(const unsigned char *table)
{
	const struct nnrt_b8_table t = {table};

	return t;
}

/** table[x] in every lane. */
NNRT_INLINE nnrt_b8 nnrt_b8_lookup(const struct nnrt_b8_table *t, nnrt_b8 x)
{
	return t->byte[x];
}

/** Numbers of a sum's lanes in float32. */
typedef float nnrt_i8f;

/** Numbers from p. */
NNRT_INLINE nnrt_i8f nnrt_i8f_load(const float *p)
{
	return *p;
}

/** v in every lane. */
NNRT_INLINE nnrt_i8f nnrt_i8f_set(float v)
{
	return v;
}

/** Numbers to p. */
NNRT_INLINE void nnrt_i8f_write(float *p, nnrt_i8f a)
{
	*p = a;
}

/** float(v) * factor + more in every lane, rounded once. */
NNRT_INLINE nnrt_i8f nnrt_i8f_fma(nnrt_i8v v, nnrt_i8f factor, nnrt_i8f more)
{
	return fmaf((float)v, factor, more);
}

/** y[i] = byte of round_half_even(min(max(a[i], low), high)), whole vectors. */
NNRT_INLINE void nnrt_i8f_store(unsigned char *y, nnrt_i8f a, int low, int high)
{
	*y = (unsigned char)nnrt_nearest_near(nnrt_bounded(a, (float)low, (float)high));
}

/** (byte - zero) * scale in every lane, of int8 (is_signed 1) or uint8; NNRT_INT8_LANES bytes. */
NNRT_INLINE nnrt_i8f nnrt_i8f_real(const unsigned char *p, int is_signed, int zero, float scale)
{
	const int32_t steps = nnrt_i8v_bytes(p, is_signed) - zero;

	return NNRT_HAS_FPU ? (float)steps * scale : nnrt_soft_mul(nnrt_soft_whole(steps), scale);
}

/** a + b, or with `product` 1 a * b, rounded to float32. */
NNRT_INLINE nnrt_i8f nnrt_i8f_combine(nnrt_i8f a, nnrt_i8f b, int product)
{
	if (NNRT_HAS_FPU)
		return product ? a * b : a + b;
	return product ? nnrt_soft_mul(a, b) : nnrt_soft_add(a, b);
}

/** a / v in every lane. */
NNRT_INLINE nnrt_i8f nnrt_i8f_div(nnrt_i8f a, float v)
{
	return NNRT_HAS_FPU ? a / v : nnrt_soft_div(a, v);
}

/** y[i] = byte of round_half_even(min(max(a[i] / scale, low), high)) + zero; as nnrt_i8v_finish(), whole vectors. */
NNRT_INLINE void nnrt_i8f_finish(unsigned char *y, nnrt_i8f a, float scale, int low, int high, int zero)
{
	const int32_t v = NNRT_HAS_FPU ? nnrt_nearest_near(nnrt_bounded(a / scale, (float)low, (float)high))
				       : nnrt_soft_nearest(nnrt_soft_div(a, scale), low, high);

	*y = (unsigned char)(v + zero);
}

/** to[i] = from[i] for n bytes of int8 (is_signed 1) or uint8. */
NNRT_INLINE void nnrt_int8_widen(int16_t *to, const unsigned char *from, int n, int is_signed)
{
	if (is_signed) {
		for (int i = 0; i < n; i++)
			to[i] = (int8_t)from[i];
	} else {
		for (int i = 0; i < n; i++)
			to[i] = from[i];
	}
}

#endif
