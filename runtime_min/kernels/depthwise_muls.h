/* Depthwise convolution of int8 by the instructions of Armv6-M for kernels of 3x3: weights lie on the stack, from where
 * they are loaded as quickly as they are moved, and are overwritten by their products. Assembly: gcc 12 takes 2.5 times
 * the instructions. */
#ifndef NNRT_DEPTHWISE_MULS_H
#define NNRT_DEPTHWISE_MULS_H

#include "runtime_min/kernels/depthwise_thumb.h"

/* On the stack: weights (0 to 32), halves of the slope (36, 40), offset (44), y_step (48), the channel's line (52), and
 * behind 56 bytes and four registers the struct. In registers: r0: a column, counted in bytes from where r1, r2 and r3
 * begin the top, middle and bottom rows; r6: the sum that ends, r7: that goes on, r8: that begins, r9: bias, r10: where
 * columns end, r11: x_step, r12: y. r4, r5 and lr are free. */

/** The struct in a register. */
#define NNRT_DMULS_STRUCT(to) "ldr " to ", [sp, #72]\n"

/** A weight times the byte in r5 in r4. */
#define NNRT_DMULS_PRODUCT(weight) \
	"ldr r4, [sp, #" weight "]\n" \
	"muls r4, r5\n"

/** The byte of a row, and its products with weights to three sums, or to two or one. */
#define NNRT_DMULS_ONE(row, weight, add) "ldrsb r5, [" row ", r0]\n" NNRT_DMULS_PRODUCT(weight) add "\n"
#define NNRT_DMULS_TWO(row, weight, add, more, add_more) \
	NNRT_DMULS_ONE(row, weight, add) NNRT_DMULS_PRODUCT(more) add_more "\n"
#define NNRT_DMULS_THREE(row, w2, w1, w0) \
	NNRT_DMULS_TWO(row, w2, "adds r6, r4", w1, "adds r7, r4") NNRT_DMULS_PRODUCT(w0) "add r8, r4\n"

/** Keeps weight k on the stack. r1: the channel's weights. */
#define NNRT_DMULS_KEEP(k, at) \
	"movs r3, #" k "\n" \
	"ldrsb r3, [r1, r3]\n" \
	"str r3, [sp, #" at "]\n"

/** Adds up weights at three places in r7. */
#define NNRT_DMULS_WEIGHTS(a, b, c) \
	"ldr r7, [sp, #" a "]\n" \
	"ldr r4, [sp, #" b "]\n" \
	"adds r7, r4\n" \
	"ldr r4, [sp, #" c "]\n" \
	"adds r7, r4\n"

/** A row outside: its products to the bias in r6, and no weights. r5: the zero point. */
#define NNRT_DMULS_OUTSIDE(a, b, c) \
	NNRT_DMULS_WEIGHTS(a, b, c) "muls r7, r5\n" \
	"adds r6, r7\n" \
	"movs r7, #0\n" \
	"str r7, [sp, #" a "]\n" \
	"str r7, [sp, #" b "]\n" \
	"str r7, [sp, #" c "]\n"

/** Begins a function and, at label 9, a channel; r4: the struct, r7: a sum whose first column is outside on the left.
 */
#define NNRT_DMULS_BEGIN \
	".syntax unified\n" \
	NNRT_THUMB_PUSH \
	"sub sp, #56\n" \
	"ldr r1, [r0, #28]\n" \
	"mov r10, r1\n" \
	"ldr r1, [r0, #60]\n" \
	"mov r11, r1\n" \
	"ldr r1, [r0, #64]\n" \
	"str r1, [sp, #48]\n" \
	"9:\n" NNRT_DMULS_STRUCT("r4") \
	"ldr r1, [r4, #8]\n" NNRT_DMULS_KEEP("0", "0") NNRT_DMULS_KEEP("1", "4") NNRT_DMULS_KEEP("2", "8") \
	NNRT_DMULS_KEEP("3", "12") NNRT_DMULS_KEEP("4", "16") NNRT_DMULS_KEEP("5", "20") \
	NNRT_DMULS_KEEP("6", "24") NNRT_DMULS_KEEP("7", "28") NNRT_DMULS_KEEP("8", "32") \
	"adds r1, #9\n" \
	"str r1, [r4, #8]\n" \
	"ldr r1, [r4, #12]\n" \
	"ldm r1!, {r6}\n" \
	"str r1, [r4, #12]\n" \
	"ldr r1, [r4, #16]\n" \
	"str r1, [sp, #52]\n" \
	"ldm r1!, {r2, r3}\n" \
	"str r1, [r4, #16]\n" \
	"str r3, [sp, #44]\n" \
	"lsrs r3, r2, #16\n" \
	"str r3, [sp, #40]\n" \
	"uxth r3, r2\n" \
	"str r3, [sp, #36]\n" \
	"ldr r1, [r4, #4]\n" \
	"mov r12, r1\n" \
	"adds r1, #1\n" \
	"str r1, [r4, #4]\n" \
	"ldr r2, [r4]\n" \
	"adds r1, r2, #1\n" \
	"str r1, [r4]\n" \
	"ldr r1, [r4, #20]\n" \
	"adds r1, r2\n" \
	"ldr r3, [r4, #24]\n" \
	"adds r3, r2\n" \
	"ldr r5, [r4, #40]\n" \
	"ldr r0, [r4, #36]\n" \
	"lsrs r0, r0, #1\n" \
	"bcc 1f\n" NNRT_DMULS_OUTSIDE("0", "4", "8") \
	"1:\n" \
	"lsrs r0, r0, #1\n" \
	"bcc 1f\n" NNRT_DMULS_OUTSIDE("24", "28", "32") \
	"1:\n" \
	"mov r9, r6\n" NNRT_DMULS_WEIGHTS("0", "12", "24") "muls r7, r5\n" \
	"adds r7, r6\n" \
	"movs r0, #0\n" NNRT_DMULS_STRUCT("r4")

/** To label 5 where there is no column to come, to 6 where a sum's byte is not one of a plain line. */
#define NNRT_DMULS_WHICH \
	"cmp r0, r10\n" \
	"bne 1f\n" \
	"b 5f\n" \
	"2:\n" \
	"b 6f\n" \
	"1:\n" NNRT_DMULS_STRUCT("r4") \
	"ldr r4, [r4, #52]\n" \
	"cmp r4, #0\n" \
	"beq 2b\n" \
	"ldr r4, [sp, #52]\n" \
	"ldr r4, [r4]\n" \
	"cmp r4, #0\n" \
	"ble 2b\n"

/** Stores the byte of the sum in r6 by a plain line: nnrt_high_by_halves(). On by a column and a pixel; flags: equal at
 *  the end. */
#define NNRT_DMULS_PLAIN \
	"uxth r4, r6\n" \
	"asrs r6, #16\n" \
	"mov lr, r7\n" \
	"ldr r7, [sp, #36]\n" \
	"movs r5, r7\n" \
	"muls r5, r4\n" \
	"lsrs r5, #16\n" \
	"muls r7, r6\n" \
	"adds r7, r5\n" \
	"ldr r5, [sp, #40]\n" \
	"muls r4, r5\n" \
	"muls r6, r5\n" \
	"uxth r5, r7\n" \
	"adds r4, r5\n" \
	"asrs r4, #16\n" \
	"asrs r7, #16\n" \
	"adds r6, r7\n" \
	"adds r6, r4\n" \
	"mov r7, lr\n" \
	"ldr r4, [sp, #44]\n" \
	"adds r6, r4\n" \
	"asrs r6, #3\n" \
	"sxtb r4, r6\n" \
	"cmp r4, r6\n" \
	"beq 1f\n" \
	"asrs r6, #31\n" \
	"movs r4, #127\n" \
	"eors r6, r4\n" \
	"1:\n" \
	"mov r4, r12\n" \
	"strb r6, [r4]\n" \
	"ldr r5, [sp, #48]\n" \
	"add r12, r5\n" \
	"add r0, r11\n" \
	"cmp r0, r10\n"

/** The same by any line. */
#define NNRT_DMULS_ANY \
	"push {r0-r3}\n" \
	"mov r4, r12\n" \
	"movs r0, r6\n" \
	"ldr r1, [sp, #68]\n" \
	"ldr r2, [sp, #88]\n" \
	"ldr r3, [r2, #56]\n" \
	"adds r2, #68\n" \
	"blx r3\n" \
	"strb r0, [r4]\n" \
	"ldr r5, [sp, #64]\n" \
	"adds r4, r5\n" \
	"mov r12, r4\n" \
	"pop {r0-r3}\n" \
	"add r0, r11\n" \
	"cmp r0, r10\n"

/** Label 5: `last` and a column outside end the last sum, which is in r7; then the next channel. */
#define NNRT_DMULS_END(last) \
	"5:\n" NNRT_DMULS_STRUCT("r4") \
	"ldr r5, [r4, #48]\n" \
	"cmp r5, #0\n" \
	"beq 7f\n" last "movs r6, r7\n" NNRT_DMULS_WEIGHTS("8", "20", "32") NNRT_DMULS_STRUCT("r4") \
	"ldr r4, [r4, #40]\n" \
	"muls r7, r4\n" \
	"adds r6, r7\n" NNRT_DMULS_ANY \
	"7:\n" NNRT_DMULS_STRUCT("r4") \
	"ldr r5, [r4, #32]\n" \
	"subs r5, #1\n" \
	"str r5, [r4, #32]\n" \
	"beq 8f\n" \
	"b 9b\n" \
	"8:\n" \
	"add sp, #56\n" \
	NNRT_THUMB_POP

/** A column at stride 1. */
#define NNRT_DMULS_COLUMN \
	NNRT_DMULS_ONE("r2", "20", "adds r6, r7, r4") NNRT_DMULS_PRODUCT("16") "mov r7, r8\n" \
	"adds r7, r4\n" NNRT_DMULS_PRODUCT("12") "add r4, r9\n" \
	"mov r8, r4\n" NNRT_DMULS_THREE("r1", "8", "4", "0") NNRT_DMULS_THREE("r3", "32", "28", "24")

/** A pixel a turn by the assembler's macro nnrt_column, of channels with a line and of any. */
#define NNRT_DMULS_LOOPS \
	"4:\n" \
	"nnrt_column\n" NNRT_DMULS_PLAIN \
	"bne 4b\n" \
	"b 5f\n" \
	"6:\n" \
	"nnrt_column\n" NNRT_DMULS_ANY \
	"bne 6b\n" \
	".purgem nnrt_column\n"

/** Output pixels of a row at stride 1. An assembler's macro, for C allows no longer strings. */
NNRT_NAKED void nnrt_depth_muls1(struct nnrt_depth *d __attribute__((unused)))
{
	__asm__ volatile(NNRT_DMULS_BEGIN "mov r8, r7\n"
			 "ldr r6, [r4, #44]\n"
			 "3:\n"
			 "mov r7, r8\n"
			 NNRT_DMULS_ONE("r2", "16", "adds r7, r4") NNRT_DMULS_PRODUCT("12")
			 "add r4, r9\n"
			 "mov r8, r4\n"
			 NNRT_DMULS_TWO("r1", "4", "adds r7, r4", "0", "add r8, r4")
			 NNRT_DMULS_TWO("r3", "28", "adds r7, r4", "24", "add r8, r4")
			 "add r0, r11\n"
			 "subs r6, #1\n"
			 "bne 3b\n" NNRT_DMULS_WHICH
			 ".macro nnrt_column\n" NNRT_DMULS_COLUMN ".endm\n"
			 NNRT_DMULS_LOOPS NNRT_DMULS_END(""));
}

/** The second column of a pixel at stride 2, whose sum is in r7. */
#define NNRT_DMULS_SECOND \
	NNRT_DMULS_ONE("r2", "16", "adds r7, r4") NNRT_DMULS_ONE("r1", "4", "adds r7, r4") \
	NNRT_DMULS_ONE("r3", "28", "adds r7, r4")

/** The two last columns of a pixel, whose sum goes from r7 to r6; in r7 then that of the next one. */
#define NNRT_DMULS_COLUMNS \
	NNRT_DMULS_SECOND "add r0, r11\n" NNRT_DMULS_ONE("r2", "20", "adds r6, r7, r4") NNRT_DMULS_PRODUCT("12") \
	"mov r7, r9\n" \
	"adds r7, r4\n" \
	NNRT_DMULS_TWO("r1", "8", "adds r6, r4", "0", "adds r7, r4") \
	NNRT_DMULS_TWO("r3", "32", "adds r6, r4", "24", "adds r7, r4")

/** Output pixels of a row at stride 2. */
NNRT_NAKED void nnrt_depth_muls2(struct nnrt_depth *d __attribute__((unused)))
{
	__asm__ volatile(NNRT_DMULS_BEGIN "ldr r4, [r4, #44]\n"
			 "cmp r4, #1\n"
			 "beq 3f\n"
			 "mov r7, r9\n"
			 NNRT_DMULS_ONE("r2", "12", "adds r7, r4") NNRT_DMULS_ONE("r1", "0", "adds r7, r4")
			 NNRT_DMULS_ONE("r3", "24", "adds r7, r4")
			 "add r0, r11\n"
			 "3:\n" NNRT_DMULS_WHICH
			 ".macro nnrt_column\n" NNRT_DMULS_COLUMNS ".endm\n"
			 NNRT_DMULS_LOOPS NNRT_DMULS_END(NNRT_DMULS_SECOND));
}

/** nnrt_depth_rows() by MULS, for all nodes of a model; stride: where all calls have one, the compiler sees it. */
NNRT_SHARED void nnrt_depthwise_muls_by(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const void *scale, const void *zero, void *y, int is_signed, int low, int high, int y_zero,
	int stride)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	nnrt_depth_rows(p, x, w, bias, scale, zero, y, &q, stride, nnrt_depth_muls1, nnrt_depth_muls2);
}

/** nnrt_depthwise_int8(): see there. */
NNRT_INLINE void nnrt_depthwise_muls(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const void *scale, const void *zero, void *y, int is_signed, int low, int high, int y_zero)
{
	nnrt_depthwise_muls_by(p, x, w, bias, scale, zero, y, is_signed, low, high, y_zero, p->stride_w);
}

#endif
