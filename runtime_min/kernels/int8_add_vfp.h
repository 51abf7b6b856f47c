/* Sum of two tensors of bytes, one element after the other, by the FPU of an Arm core without vectors. */
#ifndef NNRT_INT8_ADD_VFP_H
#define NNRT_INT8_ADD_VFP_H

#include "runtime_min/kernels/int8_add.h"

/** The nearest integer, halves to even; the last one on v's side where there is none. Not for NaN. */
NNRT_INLINE int32_t nnrt_vfp_nearest(float v)
{
	float bits;

	__asm__("vcvtr.s32.f32 %0, %1" : "=t"(bits) : "t"(v));
	return (int32_t)nnrt_bits_f32(bits);
}

/** nnrt_add_int8() of bytes with or without signs, as a constant says: 1 where all three have them and the bounds are
 *  those of int8. */
NNRT_INLINE void nnrt_add_vfp_bytes(
	const struct nnrt_int8_add *p, const unsigned char *a, const unsigned char *b, unsigned char *y, int is_whole)
{
	const int a_signed = is_whole || p->a_signed, b_signed = is_whole || p->b_signed, low = p->low, high = p->high;
	const float a_factor = p->a_factor, b_factor = p->b_factor, offset = p->offset;

	for (int left = p->n; left > 0; left--) {
		float v = nnrt_i8f_fma(nnrt_i8v_bytes(b++, b_signed), b_factor, offset);
		int32_t nearest;

		v = nnrt_i8f_fma(nnrt_i8v_bytes(a++, a_signed), a_factor, v);
		nearest = nnrt_vfp_nearest(v);
		if (is_whole)
			__asm__("ssat %0, #8, %0" : "+r"(nearest));
		else
			nearest = nearest < low ? low : nearest > high ? high : nearest;
		*y++ = (unsigned char)nearest;
	}
}

/** nnrt_add_int8() by VFMA. */
NNRT_SHARED void nnrt_add_vfp(const struct nnrt_int8_add *p, const void *a, const void *b, void *y)
{
	const unsigned char *const x0 = (const unsigned char *)a, *const x1 = (const unsigned char *)b;

	if (p->a_signed && p->b_signed && p->low == INT8_MIN && p->high == INT8_MAX)
		nnrt_add_vfp_bytes(p, x0, x1, (unsigned char *)y, 1);
	else
		nnrt_add_vfp_bytes(p, x0, x1, (unsigned char *)y, 0);
}

#endif
