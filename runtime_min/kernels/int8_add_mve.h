/* Sum of two tensors of int8 by Helium, four elements at a time. */
#ifndef NNRT_INT8_ADD_MVE_H
#define NNRT_INT8_ADD_MVE_H

#include "runtime_min/kernels/int8_add.h"

/** nnrt_add_int8() of int8. Helium's floats are 0 where they would be denormal: the factors and the offset may not be
 *  so small that a sum of theirs is, as compiler/lower/fused_add.h says. */
NNRT_SHARED void nnrt_add_mve(const struct nnrt_int8_add *p, const void *a, const void *b, void *y)
{
	const uint32_t a_factor = nnrt_bits_f32(p->a_factor), offset = nnrt_bits_f32(p->offset);

	__asm__ volatile("vdup.32 q3, %[b_factor]\n"
			 "vdup.32 q2, %[low]\n"
			 "vdup.32 q4, %[high]\n"
			 "wlstp.32 lr, %[n], 2f\n"
			 "1:\n"
			 "vldrb.s32 q0, [%[b]], #4\n"
			 "vldrb.s32 q1, [%[a]], #4\n"
			 "vcvt.f32.s32 q0, q0\n"
			 "vcvt.f32.s32 q1, q1\n"
			 "vfmas.f32 q0, q3, %[offset]\n"
			 "vfma.f32 q0, q1, %[a_factor]\n"
			 "vcvtn.s32.f32 q0, q0\n"
			 "vmax.s32 q0, q0, q2\n"
			 "vmin.s32 q0, q0, q4\n"
			 "vstrb.32 q0, [%[y]], #4\n"
			 "letp lr, 1b\n"
			 "2:\n"
			 : [a] "+l"(a), [b] "+l"(b), [y] "+l"(y)
			 : [b_factor] "r"(nnrt_bits_f32(p->b_factor)), [a_factor] "r"(a_factor), [offset] "r"(offset),
			   [low] "r"(p->low), [high] "r"(p->high), [n] "r"(p->n)
			 : "q0", "q1", "q2", "q3", "q4", "lr", "memory");
}

#endif
