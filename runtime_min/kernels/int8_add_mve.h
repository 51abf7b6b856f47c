/* Sum of two tensors of int8 by Helium, four elements at a time. */
#ifndef NNRT_INT8_ADD_MVE_H
#define NNRT_INT8_ADD_MVE_H

#include "runtime_min/kernels/int8_add.h"

/** nnrt_add_int8() of int8. Helium's floats are 0 where they would be denormal: the factors and the offset may not be
 *  so small that a sum of theirs is, as compiler/lower/fused_add.h says. */
NNRT_SHARED void nnrt_add_mve(const struct nnrt_int8_add *p, const void *a, const void *b, void *y)
{
	uint32_t number, offset;

	__asm__ volatile("ldr %[number], [%[p], #16]\n"
			 "vdup.32 q3, %[number]\n"
			 "ldr %[number], [%[p], #24]\n"
			 "vdup.32 q2, %[number]\n"
			 "ldr %[number], [%[p], #28]\n"
			 "vdup.32 q4, %[number]\n"
			 "ldr %[offset], [%[p], #20]\n"
			 "ldr %[number], [%[p]]\n"
			 "wlstp.32 lr, %[number], 2f\n"
			 "ldr %[number], [%[p], #12]\n"
			 "1:\n"
			 "vldrb.s32 q0, [%[b]], #4\n"
			 "vldrb.s32 q1, [%[a]], #4\n"
			 "vcvt.f32.s32 q0, q0\n"
			 "vcvt.f32.s32 q1, q1\n"
			 "vfmas.f32 q0, q3, %[offset]\n"
			 "vfma.f32 q0, q1, %[number]\n"
			 "vcvtn.s32.f32 q0, q0\n"
			 "vmax.s32 q0, q0, q2\n"
			 "vmin.s32 q0, q0, q4\n"
			 "vstrb.32 q0, [%[y]], #4\n"
			 "letp lr, 1b\n"
			 "2:\n"
			 : [a] "+l"(a), [b] "+l"(b), [y] "+l"(y), [number] "=&r"(number), [offset] "=&r"(offset)
			 : [p] "r"(p)
			 : "q0", "q1", "q2", "q3", "q4", "lr", "memory");
}

#endif
