/* Convolution of bytes by the instructions of Armv6-M: four pixels by two channels, or one pixel by four. The loops are
 * assembly, for of the eight registers that products take gcc 12 finds none for sums, and takes 1.8 times the
 * instructions: here sums lie in the other seven, which can be added to. */
#ifndef NNRT_INT8_MULS_H
#define NNRT_INT8_MULS_H

#include "runtime_min/kernels/int8_thumb.h"

/** The tap of a pixel at r0 + `at`, times the weight in r3, to a sum. */
#define NNRT_MULS_TAP(at, add) \
	"ldrb r2, [r0, #" at "]\n" \
	"muls r2, r3\n" add ", r2\n"

/** A term of four pixels and a channel, its weight being what `weight` leaves in r3 of the four in r4. */
#define NNRT_MULS_TERM(weight, x0, x1, x2, x3, s0, s1, s2, s3) \
	weight NNRT_MULS_TAP(x0, s0) NNRT_MULS_TAP(x1, s1) NNRT_MULS_TAP(x2, s2) NNRT_MULS_TAP(x3, s3)

/** Byte 0 to 3 of a word as a number. */
#define NNRT_MULS_BYTE0(to, from) "sxtb " to ", " from "\n"
#define NNRT_MULS_BYTE1(to, from) \
	"lsls " to ", " from ", #16\n" \
	"asrs " to ", #24\n"
#define NNRT_MULS_BYTE2(to, from) \
	"lsls " to ", " from ", #8\n" \
	"asrs " to ", #24\n"
#define NNRT_MULS_BYTE3(to, from) "asrs " to ", " from ", #24\n"

/** Four terms of four pixels and a channel, whose weights lie at r1 + `at`. */
#define NNRT_MULS_4X1(at, s0, s1, s2, s3) \
	"ldr r4, [r1, #" at "]\n" NNRT_MULS_TERM(NNRT_MULS_BYTE0("r3", "r4"), "0", "4", "8", "12", s0, s1, s2, s3) \
		NNRT_MULS_TERM(NNRT_MULS_BYTE1("r3", "r4"), "1", "5", "9", "13", s0, s1, s2, s3) \
			NNRT_MULS_TERM(NNRT_MULS_BYTE2("r3", "r4"), "2", "6", "10", "14", s0, s1, s2, s3) \
				NNRT_MULS_TERM(NNRT_MULS_BYTE3("r3", "r4"), "3", "7", "11", "15", s0, s1, s2, s3)

/** Four terms of one pixel, in r2 to r5, and a channel, whose weights lie at r1 + `at`. */
#define NNRT_MULS_1X1(at, sum) \
	"ldr r6, [r1, #" at "]\n" NNRT_MULS_BYTE0("r7", "r6") "muls r7, r2\n" \
	"add " sum ", r7\n" NNRT_MULS_BYTE1("r7", "r6") "muls r7, r3\n" \
	"add " sum ", r7\n" NNRT_MULS_BYTE2("r7", "r6") "muls r7, r4\n" \
	"add " sum ", r7\n" NNRT_MULS_BYTE3("r7", "r6") "muls r7, r5\n" \
	"add " sum ", r7\n"

/** Saves registers, the tile at [sp, #16]; begins a panel at label 9: r0: the tile, r2: bias, lr: the taps' end. */
#define NNRT_MULS_BEGIN \
	NNRT_THUMB_PUSH \
	"9:\n" \
	"ldr r1, [r0, #84]\n" \
	"mov lr, r1\n" \
	"ldr r2, [r0, #8]\n"

/** Of a panel's sums: `first` of them from r5 to r7, the others from r8 on, to the tile's; r0: the tile, r7: sums. */
#define NNRT_MULS_SUMS(first, others, words) \
	"ldr r0, [sp, #16]\n" \
	"str r1, [r0, #4]\n" \
	"adds r0, #40\n" first \
	"mov r1, r8\n" \
	"mov r2, r9\n" \
	"mov r3, r10\n" \
	"mov r4, r11\n" others "stm r0!, " words "\n" \
	"ldr r0, [sp, #16]\n" \
	"movs r7, #40\n" \
	"adds r7, r0\n"

/** The line that lies `at` bytes on: halves of the slope in r4 and r5, offset in r8. Then `plain`, or, with the line's
 *  address in r8 and where the tile has what to call, `any`; else to label 8. */
#define NNRT_MULS_CHANNEL(at, plain, any) \
	"ldr r2, [r0, #12]\n" \
	"adds r2, #" at "\n" \
	"ldm r2!, {r4, r5}\n" \
	"cmp r4, #0\n" \
	"bgt 1f\n" \
	"subs r2, #8\n" \
	"mov r8, r2\n" \
	"ldr r2, [r0, #72]\n" \
	"cmp r2, #0\n" \
	"bne 2f\n" \
	"b 8f\n" \
	"2:\n" any "b 2f\n" \
	"1:\n" \
	"mov r8, r5\n" \
	"lsrs r5, r4, #16\n" \
	"uxth r4, r4\n" plain "2:\n"

/** The next sum's byte by the code at a label, to channel `channel` of the pixel whose pointer lies in the tile at
 *  `pixel`. */
#define NNRT_MULS_STORE(by, pixel, channel) \
	"bl " by "f\n" \
	"ldr r2, [r0, #" pixel "]\n" \
	"strb r1, [r2, #" channel "]\n"

/** The same of four pixels, or of one. */
#define NNRT_MULS_STORE4(by, channel) \
	NNRT_MULS_STORE(by, "24", channel) NNRT_MULS_STORE(by, "28", channel) NNRT_MULS_STORE(by, "32", channel) \
		NNRT_MULS_STORE(by, "36", channel)
#define NNRT_MULS_STORE1(by, channel) NNRT_MULS_STORE(by, "24", channel)

/** A pixel's pointer goes on by so many channels. */
#define NNRT_MULS_NEXT(pixel, channels) \
	"ldr r2, [r0, #" pixel "]\n" \
	"adds r2, #" channels "\n" \
	"str r2, [r0, #" pixel "]\n"

/** One panel less, and on by its lines: to label 9 for the next one. Label 8 leaves the panel as it is; 7 makes a byte
 *  of the sum at r7 by the line in r4, r5 and r8, in r1: nnrt_high_by_halves(); 17 calls what does so by any line. */
#define NNRT_MULS_END(lines) \
	"ldr r2, [r0, #12]\n" \
	"adds r2, #" lines "\n" \
	"str r2, [r0, #12]\n" \
	"ldr r2, [r0, #20]\n" \
	"subs r2, #1\n" \
	"str r2, [r0, #20]\n" \
	"beq 8f\n" \
	"b 9b\n" \
	"8:\n" \
	NNRT_THUMB_POP \
	"7:\n" \
	"ldm r7!, {r1}\n" \
	"uxth r2, r1\n" \
	"asrs r1, #16\n" \
	"movs r3, r4\n" \
	"muls r3, r2\n" \
	"lsrs r3, #16\n" \
	"movs r6, r4\n" \
	"muls r6, r1\n" \
	"adds r6, r3\n" \
	"muls r2, r5\n" \
	"uxth r3, r6\n" \
	"adds r2, r3\n" \
	"asrs r2, #16\n" \
	"asrs r6, #16\n" \
	"muls r1, r5\n" \
	"adds r1, r6\n" \
	"adds r1, r2\n" \
	"add r1, r8\n" \
	"asrs r1, #3\n" \
	"sxtb r3, r1\n" \
	"cmp r3, r1\n" \
	"bne 6f\n" \
	"bx lr\n" \
	"6:\n" \
	"asrs r1, #31\n" \
	"movs r3, #127\n" \
	"eors r1, r3\n" \
	"bx lr\n" \
	"17:\n" \
	"push {r0, lr}\n" \
	"ldr r2, [r0, #76]\n" \
	"ldr r3, [r0, #72]\n" \
	"ldm r7!, {r0}\n" \
	"mov r1, r8\n" \
	"blx r3\n" \
	"mov r1, r0\n" \
	"pop {r0, pc}\n"

/** y[pixel][channel] for panels of two channels from sums, bias + four terms a turn: taps [turn][4][4], w [turn][2][4].
 *  A channel whose slope is not above 0 goes to t->any, or ends it all, its panel's sums being left. */
NNRT_NAKED void nnrt_muls_4x2(struct nnrt_panels *t __attribute__((unused)))
{
	__asm__ volatile(".syntax unified\n" NNRT_MULS_BEGIN "ldm r2!, {r3, r4}\n"
			 "str r2, [r0, #8]\n"
			 "ldr r1, [r0, #4]\n"
			 "ldr r0, [r0]\n"
			 "mov r5, r3\n"
			 "mov r6, r3\n"
			 "mov r7, r3\n"
			 "mov r8, r3\n"
			 "mov r9, r4\n"
			 "mov r10, r4\n"
			 "mov r11, r4\n"
			 "mov r12, r4\n"
			 "1:\n" NNRT_MULS_4X1("0", "adds r5", "adds r6", "adds r7", "add r8")
				 NNRT_MULS_4X1("4", "add r9", "add r10", "add r11", "add r12")
			 "adds r1, #8\n"
			 "adds r0, #16\n"
			 "cmp r0, lr\n"
			 "bne 1b\n"
			 NNRT_MULS_SUMS("stm r0!, {r5-r7}\n", "mov r5, r12\n", "{r1-r5}")
			 NNRT_MULS_CHANNEL("0", NNRT_MULS_STORE4("7", "0"), NNRT_MULS_STORE4("17", "0"))
			 NNRT_MULS_CHANNEL("8", NNRT_MULS_STORE4("7", "1"), NNRT_MULS_STORE4("17", "1"))
			 NNRT_MULS_NEXT("24", "2") NNRT_MULS_NEXT("28", "2") NNRT_MULS_NEXT("32", "2")
			 NNRT_MULS_NEXT("36", "2") NNRT_MULS_END("16"));
}

/** The same of one pixel and panels of four channels: taps [turn][4], w [turn][4][4]. */
NNRT_NAKED void nnrt_muls_1x4(struct nnrt_panels *t __attribute__((unused)))
{
	__asm__ volatile(".syntax unified\n" NNRT_MULS_BEGIN "ldm r2!, {r3-r6}\n"
			 "str r2, [r0, #8]\n"
			 "ldr r1, [r0, #4]\n"
			 "ldr r0, [r0]\n"
			 "mov r8, r3\n"
			 "mov r9, r4\n"
			 "mov r10, r5\n"
			 "mov r11, r6\n"
			 "1:\n"
			 "ldrb r2, [r0]\n"
			 "ldrb r3, [r0, #1]\n"
			 "ldrb r4, [r0, #2]\n"
			 "ldrb r5, [r0, #3]\n" NNRT_MULS_1X1("0", "r8") NNRT_MULS_1X1("4", "r9")
				 NNRT_MULS_1X1("8", "r10") NNRT_MULS_1X1("12", "r11")
			 "adds r1, #16\n"
			 "adds r0, #4\n"
			 "cmp r0, lr\n"
			 "bne 1b\n"
			 NNRT_MULS_SUMS("", "", "{r1-r4}")
			 NNRT_MULS_CHANNEL("0", NNRT_MULS_STORE1("7", "0"), NNRT_MULS_STORE1("17", "0"))
			 NNRT_MULS_CHANNEL("8", NNRT_MULS_STORE1("7", "1"), NNRT_MULS_STORE1("17", "1"))
			 NNRT_MULS_CHANNEL("16", NNRT_MULS_STORE1("7", "2"), NNRT_MULS_STORE1("17", "2"))
			 NNRT_MULS_CHANNEL("24", NNRT_MULS_STORE1("7", "3"), NNRT_MULS_STORE1("17", "3"))
			 NNRT_MULS_NEXT("24", "4") NNRT_MULS_END("32"));
}

/** nnrt_panels_tile() for four pixels by two channels. */
static NNRT_LITERAL void nnrt_muls_panels_4x2(struct nnrt_panels *t, const int32_t *line, int oc,
	const struct nnrt_int8 *q, int is_begun)
{
	nnrt_panels_tile(t, line, oc, q, is_begun, nnrt_muls_4x2, nnrt_panels_any_byte, 4, 2, NNRT_PANELS_LINES);
}

NNRT_CONST struct nnrt_panels_kind nnrt_muls_kind_4x2 = {
	nnrt_muls_4x2, nnrt_panels_any_byte, nnrt_muls_panels_4x2, 4, 2};

/** nnrt_panels_tile() for one pixel by four channels. */
static NNRT_LITERAL void nnrt_muls_panels_1x4(struct nnrt_panels *t, const int32_t *line, int oc,
	const struct nnrt_int8 *q, int is_begun)
{
	nnrt_panels_tile(t, line, oc, q, is_begun, nnrt_muls_1x4, nnrt_panels_any_byte, 1, 4, NNRT_PANELS_LINES);
}

NNRT_CONST struct nnrt_panels_kind nnrt_muls_kind_1x4 = {
	nnrt_muls_1x4, nnrt_panels_any_byte, nnrt_muls_panels_1x4, 1, 4};

/** nnrt_conv_int8() by MULS, for 4 rows and 2 columns, or 1 and 4. w and scratch: whole words. Where x is int8, bias
 *  has 128 times the sum of w taken off. */
NNRT_INLINE void nnrt_conv_muls(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const void *scale, const void *zero, void *y, void *scratch, int is_signed, int low, int high, int y_zero,
	int rows, int columns)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	(void)columns;
	nnrt_thumb_conv(p, x, w, bias, scale, zero, y, scratch, &q,
		rows == 1 ? &nnrt_muls_kind_1x4 : &nnrt_muls_kind_4x2);
}

#endif
