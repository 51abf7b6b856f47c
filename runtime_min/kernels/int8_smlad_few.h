/* Convolution of bytes by SMLAD as int8_smlad.h has it, for rows one by one: the last pixels of each, where three do
 * not go into it, come in tiles of two. */
#ifndef NNRT_INT8_SMLAD_FEW_H
#define NNRT_INT8_SMLAD_FEW_H

#include "runtime_min/kernels/int8_smlad.h"

/** nnrt_smlad_3x2(), or where t->sum[7] is 2 the same of two pixels, whose taps lie as those of three. Channels without
 *  a plain line go the way of three pixels, whose third one is the second again. */
NNRT_NAKED void nnrt_smlad_few(struct nnrt_panels *t __attribute__((unused)))
{
	__asm__ volatile(NNRT_SMLAD_BEGIN("add r2, r2, r2, lsl #1\n", "80")
			 "ldr lr, [r3, #68]\n"
			 "cmp lr, #2\n"
			 "bne 9f\n"
			 "adr.w r12, 21f\n"
			 "mov lr, #60\n"
			 "mla r12, r2, lr, r12\n"
			 "add r12, #1\n"
			 "str r12, [sp]\n"
			 "b 20f\n" NNRT_SMLAD_3X2_BEGIN NNRT_SMLAD_TURNS(NNRT_SMLAD_3X2)
			 "ldrd r10, r12, [r2], #8\n"
			 "22:\n");
	__asm__ volatile(NNRT_SMLAD_3X2_END);
	__asm__ volatile("20:\n"
			 "ldr r2, [r3, #8]\n"
			 "ldrd r4, r7, [r2], #8\n"
			 "str r2, [r3, #8]\n"
			 "ldr r0, [r3]\n"
			 "mov r5, r4\n"
			 "mov r8, r7\n"
			 "ldr pc, [sp]\n"
			 ".macro nnrt_step\n" NNRT_SMLAD_2X2 ".endm\n"
			 ".balign 4\n"
			 "21:\n"
			 ".rept 8\n"
			 "nnrt_step\n"
			 ".endr\n"
			 ".purgem nnrt_step\n"
			 "ldr r12, [sp, #4]\n"
			 "cmp r0, r12\n"
			 "bne 21b\n"
			 "ldr r3, [sp, #8]\n"
			 "ldrd r2, lr, [r3, #12]\n"
			 "ldrd r10, r12, [r2], #8\n"
			 "cmp r10, #0\n"
			 "it gt\n"
			 "cmpgt r12, #0\n"
			 "ble 23f\n"
			 "str r2, [r3, #12]\n" NNRT_SMLAD_LINE("r4", "r10", "lr") NNRT_SMLAD_LINE("r5", "r10", "lr")
				 NNRT_SMLAD_LINE("r7", "r12", "lr") NNRT_SMLAD_LINE("r8", "r12", "lr")
			 "ldrd r2, r10, [r3, #24]\n"
			 "strb r4, [r2], #1\n"
			 "strb r7, [r2], #1\n"
			 "strb r5, [r10], #1\n"
			 "strb r8, [r10], #1\n"
			 "strd r2, r10, [r3, #24]\n"
			 "ldr r2, [r3, #20]\n"
			 "subs r2, #1\n"
			 "str r2, [r3, #20]\n"
			 "bne 20b\n"
			 "b 8b\n"
			 "23:\n"
			 "mov r6, r5\n"
			 "mov r9, r8\n"
			 "ldr r0, [r3, #28]\n"
			 "str r0, [r3, #32]\n"
			 "b 22b\n");
}

/** nnrt_panels_tile() for three pixels by two channels, or two. */
static NNRT_LITERAL void nnrt_smlad_panels_few(struct nnrt_panels *t, const int32_t *line, int oc,
					       const struct nnrt_int8 *q, int is_begun)
{
	nnrt_panels_tile(t, line, oc, q, is_begun, nnrt_smlad_few, NNRT_HAS_FPU ? NULL : nnrt_panels_any_byte, 3, 2,
			 NNRT_PANELS_SLOPES);
}

NNRT_CONST struct nnrt_panels_kind nnrt_smlad_kind_few = {
	nnrt_smlad_few, NNRT_HAS_FPU ? NULL : nnrt_panels_any_byte, nnrt_smlad_panels_few, 3, 2};

/** nnrt_conv_smlad() for 3 rows and 2 columns. */
NNRT_INLINE void nnrt_conv_smlad_few(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
				     const void *scale, const void *zero, void *y, void *scratch, int is_signed,
				     int low, int high, int y_zero, int rows, int columns)
{
	const struct nnrt_int8 q = { is_signed, low, high, y_zero };

	(void)columns;
	nnrt_panels_conv(p, x, w, bias, scale, zero, y, scratch, &q, &nnrt_smlad_kind_few, 2, 8,
			 nnrt_smlad_form(p, is_signed, rows), nnrt_smlad_any, nnrt_smlad_inside, nnrt_smlad_take, 2);
}

/** nnrt_point_smlad() for 3 rows and 2 columns. */
NNRT_INLINE void nnrt_point_smlad_few(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
				      const void *scale, const void *zero, void *y, void *scratch, int is_signed,
				      int low, int high, int y_zero, int rows, int columns)
{
	const struct nnrt_int8 q = { is_signed, low, high, y_zero };

	(void)zero;
	(void)rows;
	(void)columns;
	nnrt_panels_point(p, x, w, bias, scale, y, scratch, &q, &nnrt_smlad_kind_few, 2, 8, nnrt_smlad_inside,
			  nnrt_smlad_take, 2);
}

#endif
