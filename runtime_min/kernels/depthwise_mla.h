/* Depthwise convolution of int8 by MLA for kernels of 3x3: five of a channel's weights stay in registers, the others
 * and all that an output takes once lie on the stack. Assembly: gcc 12 keeps sums and pointers there as well. */
#ifndef NNRT_DEPTHWISE_MLA_H
#define NNRT_DEPTHWISE_MLA_H

#include "runtime_min/kernels/depthwise_thumb.h"

/* On the stack: slope, offset; x_step, y_step; where the columns end (16), bias (20), weights 2, 5, 7 and 8 (24 to
 * 36), the channel's line (40), and behind 48 bytes the struct. In registers: r0: a column of the middle row, r1 and
 * r2: from there to the top and bottom rows, r7 to r11: weights 0, 1, 3, 4, 6, r12: y. r3 and lr are free. */

/** Begins a function and, at label 9, a channel: r3: the struct, r4: its zero, r6: bias, lr: what a column outside on
 *  the left would have as weight. */
#define NNRT_DEPTH_BEGIN \
	"push {r0, r4-r11, lr}\n" \
	"sub sp, #48\n" \
	"ldrd r1, r2, [r0, #60]\n" \
	"strd r1, r2, [sp, #8]\n" \
	"9:\n" \
	"ldr r3, [sp, #48]\n" \
	"ldm r3, {r0, r1, r2, r4, r5}\n" \
	"mov r12, r1\n" \
	"ldr r6, [r4], #4\n" \
	"str r5, [sp, #40]\n" \
	"ldrd r7, r8, [r5], #8\n" \
	"strd r7, r8, [sp]\n" \
	"ldrsb r7, [r2, #2]\n" \
	"ldrsb r8, [r2, #5]\n" \
	"strd r7, r8, [sp, #24]\n" \
	"ldrsb r7, [r2, #7]\n" \
	"ldrsb r8, [r2, #8]\n" \
	"strd r7, r8, [sp, #32]\n" \
	"ldrsb r8, [r2, #1]\n" \
	"ldrsb r9, [r2, #3]\n" \
	"ldrsb r10, [r2, #4]\n" \
	"ldrsb r11, [r2, #6]\n" \
	"ldrsb r7, [r2], #9\n" \
	"ldr lr, [r3, #28]\n" \
	"add lr, r0\n" \
	"str lr, [sp, #16]\n" \
	"add r0, #1\n" \
	"add r1, #1\n" \
	"stm r3, {r0, r1, r2, r4, r5}\n" \
	"sub r0, #1\n" \
	"ldrd r1, r2, [r3, #20]\n" \
	"ldrd lr, r4, [r3, #36]\n" \
	"cmp lr, #0\n" \
	"bne 20f\n" \
	"21:\n" \
	"str r6, [sp, #20]\n" \
	"add lr, r7, r9\n" \
	"add lr, r11\n"

/** To label 5 where there is no column to come, to 6 where a sum's byte is not one of a plain line; r3, lr: used. */
#define NNRT_DEPTH_WHICH \
	"ldr lr, [sp, #16]\n" \
	"cmp r0, lr\n" \
	"beq 5f\n" NNRT_DEPTH_IF_PLAIN "ble 6f\n"

/** Flags: greater where a sum's byte is one of a plain line. */
#define NNRT_DEPTH_IF_PLAIN \
	"ldr r3, [sp, #48]\n" \
	"ldr r3, [r3, #52]\n" \
	"ldr lr, [sp]\n" \
	"cmp r3, #0\n" \
	"it gt\n" \
	"cmpgt lr, #0\n"

/** Stores the byte of the sum in r6 by a plain line. */
#define NNRT_DEPTH_PLAIN \
	"ldrd r3, lr, [sp]\n" \
	"smull r3, r6, r6, r3\n" \
	"add r6, lr\n" \
	"ssat r6, #8, r6, asr #3\n" \
	"strb r6, [r12]\n"

/** The same by any line. */
#define NNRT_DEPTH_ANY \
	"push {r0-r2, r12}\n" \
	"mov r0, r6\n" \
	"ldr r1, [sp, #56]\n" \
	"ldr r2, [sp, #64]\n" \
	"ldr r3, [r2, #56]\n" \
	"add r2, #68\n" \
	"blx r3\n" \
	"mov r6, r0\n" \
	"pop {r0-r2, r12}\n" \
	"strb r6, [r12]\n"

/** On by a column and a pixel; flags: equal at the end. */
#define NNRT_DEPTH_STEP \
	"ldrd r3, lr, [sp, #8]\n" \
	"add r0, r3\n" \
	"add r12, lr\n" \
	"ldr lr, [sp, #16]\n" \
	"cmp r0, lr\n"

/** Label 5: `last` and a column outside end the last sum, which is in r4; 7: the next channel; 20: a row outside. */
#define NNRT_DEPTH_END(last) \
	"5:\n" \
	"ldr r3, [sp, #48]\n" \
	"ldr lr, [r3, #48]\n" \
	"cmp lr, #0\n" \
	"beq 7f\n" last \
	"ldr r3, [sp, #48]\n" \
	"ldrd r5, lr, [sp, #24]\n" \
	"add r5, lr\n" \
	"ldr lr, [sp, #36]\n" \
	"add r5, lr\n" \
	"ldr lr, [r3, #40]\n" \
	"mla r6, r5, lr, r4\n" NNRT_DEPTH_IF_PLAIN \
	"ble 8f\n" NNRT_DEPTH_PLAIN \
	"7:\n" \
	"ldr r3, [sp, #48]\n" \
	"ldr lr, [r3, #32]\n" \
	"subs lr, #1\n" \
	"str lr, [r3, #32]\n" \
	"bne 9b\n" \
	"add sp, #48\n" \
	"pop {r0, r4-r11, pc}\n" \
	"8:\n" NNRT_DEPTH_ANY \
	"b 7b\n" \
	"20:\n" \
	"tst lr, #1\n" \
	"beq 22f\n" \
	"ldr r5, [sp, #24]\n" \
	"add r5, r7\n" \
	"add r5, r8\n" \
	"mla r6, r4, r5, r6\n" \
	"mov r7, #0\n" \
	"mov r8, #0\n" \
	"str r7, [sp, #24]\n" \
	"22:\n" \
	"tst lr, #2\n" \
	"beq 21b\n" \
	"ldrd r5, lr, [sp, #32]\n" \
	"add r5, lr\n" \
	"add r5, r11\n" \
	"mla r6, r4, r5, r6\n" \
	"mov r11, #0\n" \
	"str r11, [sp, #32]\n" \
	"str r11, [sp, #36]\n" \
	"b 21b\n"

/** A column at stride 1: sums that it ends in r6, that it continues in r4, that it begins in r5. */
#define NNRT_DEPTH_COLUMN \
	"ldrsb r3, [r0]\n" \
	"ldr lr, [sp, #28]\n" \
	"mla r6, r3, lr, r4\n" \
	"mla r4, r3, r10, r5\n" \
	"ldr lr, [sp, #20]\n" \
	"mla r5, r3, r9, lr\n" \
	"ldrsb r3, [r0, r1]\n" \
	"ldr lr, [sp, #24]\n" \
	"mla r6, r3, lr, r6\n" \
	"mla r4, r3, r8, r4\n" \
	"mla r5, r3, r7, r5\n" \
	"ldrsb r3, [r0, r2]\n" \
	"ldr lr, [sp, #36]\n" \
	"mla r6, r3, lr, r6\n" \
	"ldr lr, [sp, #32]\n" \
	"mla r4, r3, lr, r4\n" \
	"mla r5, r3, r11, r5\n"

/** Output pixels of a row at stride 1. */
NNRT_NAKED void nnrt_depth_mla1(struct nnrt_depth *d __attribute__((unused)))
{
	__asm__ volatile(NNRT_DEPTH_BEGIN "mla r5, r4, lr, r6\n"
			 "ldr r6, [r3, #44]\n"
			 "3:\n"
			 "ldrsb r3, [r0]\n"
			 "ldr lr, [sp, #20]\n"
			 "mla r4, r3, r10, r5\n"
			 "mla r5, r3, r9, lr\n"
			 "ldrsb r3, [r0, r1]\n"
			 "mla r4, r3, r8, r4\n"
			 "mla r5, r3, r7, r5\n"
			 "ldrsb r3, [r0, r2]\n"
			 "ldr lr, [sp, #32]\n"
			 "mla r4, r3, lr, r4\n"
			 "mla r5, r3, r11, r5\n"
			 "ldr r3, [sp, #8]\n"
			 "add r0, r3\n"
			 "subs r6, #1\n"
			 "bne 3b\n" NNRT_DEPTH_WHICH
			 "4:\n" NNRT_DEPTH_COLUMN NNRT_DEPTH_PLAIN NNRT_DEPTH_STEP
			 "bne 4b\n"
			 "b 5f\n"
			 "6:\n" NNRT_DEPTH_COLUMN NNRT_DEPTH_ANY NNRT_DEPTH_STEP
			 "bne 6b\n" NNRT_DEPTH_END(""));
}

/** The second column of a pixel at stride 2, whose sum is in r4; r5: weight 7. */
#define NNRT_DEPTH_SECOND \
	"ldrsb r3, [r0]\n" \
	"mla r4, r3, r10, r4\n" \
	"ldrsb r3, [r0, r1]\n" \
	"mla r4, r3, r8, r4\n" \
	"ldrsb r3, [r0, r2]\n" \
	"mla r4, r3, r5, r4\n"

/** The two last columns of a pixel, whose sum goes from r4 to r6; in r4 then that of the next one. */
#define NNRT_DEPTH_COLUMNS \
	NNRT_DEPTH_SECOND "ldr r3, [sp, #8]\n" \
	"add r0, r3\n" \
	"ldrsb r3, [r0]\n" \
	"ldr lr, [sp, #28]\n" \
	"mla r6, r3, lr, r4\n" \
	"ldr lr, [sp, #20]\n" \
	"mla r4, r3, r9, lr\n" \
	"ldrsb r3, [r0, r1]\n" \
	"ldr lr, [sp, #24]\n" \
	"mla r6, r3, lr, r6\n" \
	"mla r4, r3, r7, r4\n" \
	"ldrsb r3, [r0, r2]\n" \
	"ldr lr, [sp, #36]\n" \
	"mla r6, r3, lr, r6\n" \
	"mla r4, r3, r11, r4\n"

/** Output pixels of a row at stride 2. */
NNRT_NAKED void nnrt_depth_mla2(struct nnrt_depth *d __attribute__((unused)))
{
	__asm__ volatile(NNRT_DEPTH_BEGIN "mla r4, r4, lr, r6\n"
			 "ldr r5, [sp, #32]\n"
			 "ldr lr, [r3, #44]\n"
			 "cmp lr, #1\n"
			 "beq 3f\n"
			 "ldrsb r3, [r0]\n"
			 "mla r4, r3, r9, r6\n"
			 "ldrsb r3, [r0, r1]\n"
			 "mla r4, r3, r7, r4\n"
			 "ldrsb r3, [r0, r2]\n"
			 "mla r4, r3, r11, r4\n"
			 "ldr r3, [sp, #8]\n"
			 "add r0, r3\n"
			 "3:\n" NNRT_DEPTH_WHICH
			 "4:\n" NNRT_DEPTH_COLUMNS NNRT_DEPTH_PLAIN NNRT_DEPTH_STEP
			 "bne 4b\n"
			 "b 5f\n"
			 "6:\n" NNRT_DEPTH_COLUMNS NNRT_DEPTH_ANY NNRT_DEPTH_STEP
			 "bne 6b\n" NNRT_DEPTH_END(NNRT_DEPTH_SECOND));
}

/** nnrt_depth_rows() by MLA, for all nodes of a model; stride: where all calls have one, the compiler sees it. */
NNRT_SHARED void nnrt_depthwise_mla_by(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const void *scale, const void *zero, void *y, int is_signed, int low, int high, int y_zero,
	int stride)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	nnrt_depth_rows(p, x, w, bias, scale, zero, y, &q, stride, nnrt_depth_mla1, nnrt_depth_mla2);
}

/** nnrt_depthwise_int8(): see there. */
NNRT_INLINE void nnrt_depthwise_mla(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const void *scale, const void *zero, void *y, int is_signed, int low, int high, int y_zero)
{
	nnrt_depthwise_mla_by(p, x, w, bias, scale, zero, y, is_signed, low, high, y_zero, p->stride_w);
}

#endif
