/* The integer kernels' vectors: four lanes of AArch64 NEON.
 * The contract of every operation stands in int8_plain.h and is the same in all of these headers. */
#ifndef NNRT_INT8_NEON_H
#define NNRT_INT8_NEON_H

#include <arm_neon.h>

#include "runtime_min/nnrt.h"

/** Sums. */
typedef int32x4_t nnrt_i8v;

/** The first weights of all lanes, then the second ones, as 16 bits. */
typedef int16x8_t nnrt_i8w;

/** Lanes of a vector. */
enum { NNRT_INT8_LANES = 4 };

/** Sums from p. */
NNRT_INLINE nnrt_i8v nnrt_i8v_load(const int32_t *p)
{
	return vld1q_s32(p);
}

/** Weights from p. */
NNRT_INLINE nnrt_i8w nnrt_i8w_load(const int8_t *p)
{
	return vmovl_s8(vld1_s8(p));
}

/** sum + x[0] * first weight + x[1] * second weight. */
NNRT_INLINE nnrt_i8v nnrt_i8v_dot(nnrt_i8v sum, nnrt_i8w w, const int16_t *x)
{
	return vmlal_n_s16(vmlal_n_s16(sum, vget_low_s16(w), x[0]), vget_high_s16(w), x[1]);
}

/** v in every lane. */
NNRT_INLINE nnrt_i8v nnrt_i8v_set(int32_t v)
{
	return vdupq_n_s32(v);
}

/** a + b. */
NNRT_INLINE nnrt_i8v nnrt_i8v_add(nnrt_i8v a, nnrt_i8v b)
{
	return vaddq_s32(a, b);
}

/** Bytes as numbers. */
NNRT_INLINE nnrt_i8v nnrt_i8v_bytes(const unsigned char *p, int is_signed)
{
	uint32_t four;
	uint8x8_t bytes;

	(void)memcpy(&four, p, sizeof(four));
	bytes = vcreate_u8(four);
	if (is_signed)
		return vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_u8(bytes))));
	return vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(vmovl_u8(bytes))));
}

/** sum + x * w. */
NNRT_INLINE nnrt_i8v nnrt_i8v_mac(nnrt_i8v sum, nnrt_i8v x, nnrt_i8v w)
{
	return vmlaq_s32(sum, x, w);
}

/** Bounds, rounds and stores the first n lanes. */
NNRT_INLINE void nnrt_i8v_store(unsigned char *y, float32x4_t scaled, int low, int high, int zero, int n)
{
	const float32x4_t least = vmaxq_f32(scaled, vdupq_n_f32((float)low));
	const int32x4_t q = vcvtnq_s32_f32(vminq_f32(least, vdupq_n_f32((float)high)));
	const int16x4_t half = vmovn_s32(vaddq_s32(q, vdupq_n_s32(zero)));
	unsigned char lane[8];

	vst1_u8(lane, vreinterpret_u8_s8(vmovn_s16(vcombine_s16(half, half))));
	if (n == 4) {
		(void)memcpy(y, lane, 4);
	} else {
		for (int i = 0; i < n; i++)
			y[i] = lane[i];
	}
}

/** Scales, rounds, bounds and stores the first n lanes. */
NNRT_INLINE void nnrt_i8v_finish(unsigned char *y, nnrt_i8v sum, const float *scale, int low, int high, int zero, int n)
{
	nnrt_i8v_store(y, vmulq_f32(vcvtq_f32_s32(sum), vld1q_f32(scale)), low, high, zero, n);
}

/** Bytes side by side. */
typedef uint8x16_t nnrt_b8;

/** Lanes of a vector of bytes. */
enum { NNRT_B8_LANES = 16 };

/** Bytes from p. */
NNRT_INLINE nnrt_b8 nnrt_b8_load(const unsigned char *p)
{
	return vld1q_u8(p);
}

/** Stores them. */
NNRT_INLINE void nnrt_b8_store(unsigned char *p, nnrt_b8 a)
{
	vst1q_u8(p, a);
}

/** n bytes from p: the first and the last 8, some of which may be the same. */
NNRT_INLINE nnrt_b8 nnrt_b8_load_part(const unsigned char *p, size_t n)
{
	uint64_t few = 0;

	if (n >= 8)
		return vcombine_u8(vld1_u8(p), vld1_u8(p + n - 8));
	(void)memcpy(&few, p, n);
	return vcombine_u8(vcreate_u8(few), vcreate_u8(0));
}

/** Stores them. */
NNRT_INLINE void nnrt_b8_store_part(unsigned char *p, nnrt_b8 a, size_t n)
{
	unsigned char t[16];

	vst1q_u8(t, a);
	(void)memcpy(p, t, n < 8 ? n : 8);
	if (n > 8)
		(void)memcpy(p + n - 8, t + 8, 8);
}

/** v in every lane. */
NNRT_INLINE nnrt_b8 nnrt_b8_set(int v)
{
	return vdupq_n_u8((uint8_t)v);
}

/** The greater, of int8 (is_signed 1) or uint8. */
NNRT_INLINE nnrt_b8 nnrt_b8_max(nnrt_b8 a, nnrt_b8 b, int is_signed)
{
	return is_signed ? vreinterpretq_u8_s8(vmaxq_s8(vreinterpretq_s8_u8(a), vreinterpretq_s8_u8(b)))
			 : vmaxq_u8(a, b);
}

/** Bits in which they differ. */
NNRT_INLINE nnrt_b8 nnrt_b8_xor(nnrt_b8 a, nnrt_b8 b)
{
	return veorq_u8(a, b);
}

/** a - b, the low 8 bits of it. */
NNRT_INLINE nnrt_b8 nnrt_b8_sub(nnrt_b8 a, nnrt_b8 b)
{
	return vsubq_u8(a, b);
}

/** A table of 256 bytes. */
struct nnrt_b8_table {
	uint8x16x4_t part[4];
};

/** Reads it. */
NNRT_INLINE struct nnrt_b8_table nnrt_b8_table_load(const unsigned char *table)
{
	struct nnrt_b8_table t;

	NNRT_UNROLL(4)
	for (int i = 0; i < 4; i++)
		t.part[i] = vld1q_u8_x4(table + 64 * i);
	return t;
}

/** table[x] in every lane. */
NNRT_INLINE nnrt_b8 nnrt_b8_lookup(const struct nnrt_b8_table *t, nnrt_b8 x)
{
	uint8x16_t y = vqtbl4q_u8(t->part[0], x);

	NNRT_UNROLL(3)
	for (int i = 1; i < 4; i++)
		y = vqtbx4q_u8(y, t->part[i], vsubq_u8(x, vdupq_n_u8((uint8_t)(64 * i))));
	return y;
}

/** Numbers. */
typedef float32x4_t nnrt_i8f;

/** Numbers from p. */
NNRT_INLINE nnrt_i8f nnrt_i8f_load(const float *p)
{
	return vld1q_f32(p);
}

/** v in every lane. */
NNRT_INLINE nnrt_i8f nnrt_i8f_set(float v)
{
	return vdupq_n_f32(v);
}

/** Numbers to p. */
NNRT_INLINE void nnrt_i8f_write(float *p, nnrt_i8f a)
{
	vst1q_f32(p, a);
}

/** float(v) * factor + more, rounded once. */
NNRT_INLINE nnrt_i8f nnrt_i8f_fma(nnrt_i8v v, nnrt_i8f factor, nnrt_i8f more)
{
	return vfmaq_f32(more, vcvtq_f32_s32(v), factor);
}

/** Bounds, rounds and stores. */
NNRT_INLINE void nnrt_i8f_store(unsigned char *y, nnrt_i8f a, int low, int high)
{
	nnrt_i8v_store(y, a, low, high, 0, NNRT_INT8_LANES);
}

/** (byte - zero) * scale. */
NNRT_INLINE nnrt_i8f nnrt_i8f_real(const unsigned char *p, int is_signed, int zero, float scale)
{
	return vmulq_f32(vcvtq_f32_s32(vsubq_s32(nnrt_i8v_bytes(p, is_signed), vdupq_n_s32(zero))), vdupq_n_f32(scale));
}

/** a + b, or a * b. */
NNRT_INLINE nnrt_i8f nnrt_i8f_combine(nnrt_i8f a, nnrt_i8f b, int product)
{
	return product ? vmulq_f32(a, b) : vaddq_f32(a, b);
}

/** a / v. */
NNRT_INLINE nnrt_i8f nnrt_i8f_div(nnrt_i8f a, float v)
{
	return vdivq_f32(a, vdupq_n_f32(v));
}

/** Divides, rounds, bounds and stores. */
NNRT_INLINE void nnrt_i8f_finish(unsigned char *y, nnrt_i8f a, float scale, int low, int high, int zero)
{
	nnrt_i8v_store(y, vdivq_f32(a, vdupq_n_f32(scale)), low, high, zero, NNRT_INT8_LANES);
}

/** Bytes to 16 bits. */
NNRT_INLINE void nnrt_int8_widen(int16_t *to, const unsigned char *from, int n, int is_signed)
{
	int i = 0;

	for (; i + 8 <= n; i += 8) {
		const uint8x8_t bytes = vld1_u8(from + i);

		if (is_signed)
			vst1q_s16(to + i, vmovl_s8(vreinterpret_s8_u8(bytes)));
		else
			vst1q_s16(to + i, vreinterpretq_s16_u16(vmovl_u8(bytes)));
	}
	for (; i < n; i++)
		to[i] = is_signed ? (int8_t)from[i] : from[i];
}

#endif
