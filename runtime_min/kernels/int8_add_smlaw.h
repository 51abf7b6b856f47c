/* Sum of two tensors of int8 by SMLAW, a product of 32 and 16 bits with its sum, four elements of a word at a time. */
#ifndef NNRT_INT8_ADD_SMLAW_H
#define NNRT_INT8_ADD_SMLAW_H

#include "runtime_min/kernels/int8_add_plain.h"

/** y[i] = (a[i] * a_factor / 2^8 + b[i] * b_factor / 2^8 + offset) / 2^(NNRT_SUM_SHIFT - 8), quotients rounded
 *  downwards, bounded as int8. No sum may overflow 32 bits. y may be a or b. ONNX Add-7 between DequantizeLinear and
 *  QuantizeLinear. */
NNRT_SHARED void nnrt_add_smlaw(const struct nnrt_int8_sum *p, const void *a, const void *b, void *y)
{
	const int32_t a_factor = p->a_factor, b_factor = p->b_factor, offset = (int32_t)p->offset;
	const int8_t *x0 = (const int8_t *)a, *x1 = (const int8_t *)b;
	const uint32_t odd = 0xff00ff00u;
	int8_t *to = (int8_t *)y;
	int left = p->n;

	/* Bytes 0 and 2 move to where 1 and 3 are, the upper ones of halves: so each is multiplied by 256. */
	for (; left >= 4; left -= 4) {
		uint32_t v0, v1, v2, v3;

		__asm__ volatile("ldr %[v0], [%[x0]], #4\n"
				 "ldr %[v1], [%[x1]], #4\n"
				 "and %[v2], %[odd], %[v0], lsl #8\n"
				 "and %[v3], %[odd], %[v1], lsl #8\n"
				 "and %[v0], %[odd]\n"
				 "and %[v1], %[odd]\n"
				 "smlawb r12, %[fa], %[v2], %[c]\n"
				 "smlawt %[v2], %[fa], %[v2], %[c]\n"
				 "smlawb r12, %[fb], %[v3], r12\n"
				 "smlawt %[v2], %[fb], %[v3], %[v2]\n"
				 "smlawb %[v3], %[fa], %[v0], %[c]\n"
				 "smlawt %[v0], %[fa], %[v0], %[c]\n"
				 "smlawb %[v3], %[fb], %[v1], %[v3]\n"
				 "smlawt %[v0], %[fb], %[v1], %[v0]\n"
				 "ssat r12, #8, r12, asr #20\n"
				 "ssat %[v3], #8, %[v3], asr #20\n"
				 "ssat %[v2], #8, %[v2], asr #20\n"
				 "ssat %[v0], #8, %[v0], asr #20\n"
				 "strb r12, [%[to]], #1\n"
				 "strb %[v3], [%[to]], #1\n"
				 "strb %[v2], [%[to]], #1\n"
				 "strb %[v0], [%[to]], #1\n"
				 : [x0] "+r"(x0), [x1] "+r"(x1), [to] "+r"(to), [v0] "=&r"(v0), [v1] "=&r"(v1),
				   [v2] "=&r"(v2), [v3] "=&r"(v3)
				 : [odd] "r"(odd), [fa] "r"(a_factor), [fb] "r"(b_factor), [c] "r"(offset)
				 : "r12", "memory");
	}
	for (; left > 0; left--) {
		const int32_t va = (int32_t)((int64_t)*x0++ * a_factor >> NNRT_HALVES_LOST);
		const int32_t vb = (int32_t)((int64_t)*x1++ * b_factor >> NNRT_HALVES_LOST);
		const int32_t v = (va + vb + offset) >> (NNRT_SUM_SHIFT - NNRT_HALVES_LOST);

		*to++ = (int8_t)(v < INT8_MIN ? INT8_MIN : v > INT8_MAX ? INT8_MAX : v);
	}
}

#endif
