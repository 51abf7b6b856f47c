/* Mean over the pixels of an image of int8 by Helium, four channels at a time, by integers. */
#ifndef NNRT_INT8_MEAN_MVE_H
#define NNRT_INT8_MEAN_MVE_H

#include "runtime_min/kernels/int8_mean.h"

/** nnrt_mean_int8() of int8 for n channels, 1 to 4, as nnrt_mean_integers(). 0: one is too near to a middle. */
NNRT_INLINE int nnrt_mean_four(const struct nnrt_int8_mean *p, const unsigned char *x, unsigned char *y, int n)
{
	const uint32_t half = 0x80000000u;
	int far;

	/* q0: sums, then bytes; q1: pixels, then how far the values are behind a middle. */
	__asm__ volatile("vdup.32 q0, %[first]\n"
			 "vctp.32 %[n]\n"
			 "ldr %[far], [%[p]]\n"
			 "dls lr, %[far]\n"
			 "ldr %[far], [%[p], #8]\n"
			 "1:\n"
			 "vpst\n"
			 "vldrbt.s32 q1, [%[x]]\n"
			 "add %[x], %[far]\n"
			 "vadd.i32 q0, q0, q1\n"
			 "le lr, 1b\n"
			 "ldr %[far], [%[p], #40]\n"
			 "vdup.32 q2, %[far]\n"
			 "vmul.i32 q1, q0, q2\n"
			 "vadd.i32 q1, q1, %[near]\n"
			 "vrmulh.s32 q0, q0, q2\n"
			 "ldr %[far], [%[p], #32]\n"
			 "vdup.32 q2, %[far]\n"
			 "vmax.s32 q0, q0, q2\n"
			 "ldr %[far], [%[p], #36]\n"
			 "vdup.32 q2, %[far]\n"
			 "vmin.s32 q0, q0, q2\n"
			 "ldr %[far], [%[p], #20]\n"
			 "vadd.i32 q0, q0, %[far]\n"
			 "vpstt\n"
			 "vstrbt.32 q0, [%[y]]\n"
			 "vcmpt.u32 cs, q1, %[margin]\n"
			 "vmrs %[far], p0\n"
			 : [x] "+l"(x), [far] "=&r"(far)
			 : [p] "r"(p), [y] "l"(y), [n] "r"(n), [first] "r"(-p->pixels * p->x_zero),
			   [near] "r"(half + p->margin), [margin] "r"(2 * p->margin)
			 : "q0", "q1", "q2", "lr", "cc", "memory");
	return (far & 0xffff) == (1 << 4 * n) - 1;
}

/** nnrt_mean_int8() of int8 where p->factor is not 0. */
NNRT_SHARED void nnrt_mean_mve(const struct nnrt_int8_mean *p, const void *x, void *y)
{
	const unsigned char *const from = (const unsigned char *)x;
	unsigned char *const to = (unsigned char *)y;

	for (int c = 0; c < p->channels; c += 4) {
		const int n = (int)nnrt_min(4, p->channels - c);

		if (!nnrt_mean_four(p, from + c, to + c, n))
			for (int i = c; i < c + n; i++)
				nnrt_mean_channels(p, from + i, to + i, 1, 1);
	}
}

#endif
