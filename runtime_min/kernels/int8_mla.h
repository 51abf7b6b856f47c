/* Convolution of bytes by MLA, one product and its sum: two pixels by four channels, or one pixel by eight. The loops
 * are assembly, for they use all 14 registers: gcc 12 takes 1.3 times the instructions, and stores every sum before it
 * makes a byte of it. */
#ifndef NNRT_INT8_MLA_H
#define NNRT_INT8_MLA_H

#include "runtime_min/kernels/int8_thumb.h"

/** A weight at r1 + `at` in r12, and its products with the taps of two pixels in r2 and r3. */
#define NNRT_MLA_PAIR(at, a, b) \
	"ldrsb r12, [r1" at "\n" \
	"mla " a ", r2, r12, " a "\n" \
	"mla " b ", r3, r12, " b "\n"

/** A term of two pixels and four channels: tap and weights begin at these bytes. */
#define NNRT_MLA_2X4(x0, x1, w0, w1, w2, w3) \
	"ldrb r3, [r0" x1 "\n" \
	"ldrb r2, [r0" x0 "\n" NNRT_MLA_PAIR(w3, "r10", "r11") NNRT_MLA_PAIR(w2, "r8", "r9") \
		NNRT_MLA_PAIR(w1, "r6", "r7") NNRT_MLA_PAIR(w0, "r4", "r5")

/** A weight at r1 + `at` in r12, and its product with the tap in r2. */
#define NNRT_MLA_ONE(at, sum) \
	"ldrsb r12, [r1" at "\n" \
	"mla " sum ", r2, r12, " sum "\n"

/** A term of one pixel and eight channels. */
#define NNRT_MLA_1X8(x, w0, w1, w2, w3, w4, w5, w6, w7) \
	"ldrb r2, [r0" x "\n" NNRT_MLA_ONE(w7, "r11") NNRT_MLA_ONE(w6, "r10") NNRT_MLA_ONE(w5, "r9") \
		NNRT_MLA_ONE(w4, "r8") NNRT_MLA_ONE(w3, "r7") NNRT_MLA_ONE(w2, "r6") NNRT_MLA_ONE(w1, "r5") \
			NNRT_MLA_ONE(w0, "r4")

/** Saves registers; begins a panel at label 9: r0: taps, r1: weights, r2: bias, r3: the tile, lr: the taps' end. */
#define NNRT_MLA_BEGIN \
	"push {r0, r4-r11, lr}\n" \
	"ldr r1, [r0, #4]\n" \
	"9:\n" \
	"ldr r3, [sp]\n" \
	"ldr r0, [r3]\n" \
	"ldr r2, [r3, #8]\n" \
	"ldr lr, [r3, #84]\n"

/** Ends the loop over taps and keeps the sums; r0: the channels' lines, r3: the tile. */
#define NNRT_MLA_SUMS \
	"cmp r0, lr\n" \
	"bne 1b\n" \
	"ldr r3, [sp]\n" \
	"ldr r0, [r3, #12]\n" \
	"add r2, r3, #40\n" \
	"stm r2, {r4-r11}\n"

/** Slope and offset of the next channel in r12 and lr; to a label where the slope is not above 0. */
#define NNRT_MLA_CHANNEL(other) \
	"ldrd r12, lr, [r0], #8\n" \
	"cmp r12, #0\n" \
	"ble " other "f\n"

/** At a channel's label: it is left, with its panel, or its bytes are made by label 7. */
#define NNRT_MLA_OTHER(other) \
	other ":\n" \
	"ldr r2, [r3, #72]\n" \
	"cmp r2, #0\n" \
	"beq 8b\n"

/** The byte of a sum by label 7. */
#define NNRT_MLA_ANY(sum) \
	"str " sum ", [sp, #-8]!\n" \
	"bl 7f\n" \
	"ldr " sum ", [sp], #8\n"

/** Makes a byte of the sum at sp by the line in front of r0. */
#define NNRT_MLA_CALL \
	"7:\n" \
	"push {r0, r1, r3, lr}\n" \
	"sub r1, r0, #8\n" \
	"ldr r0, [sp, #16]\n" \
	"ldrd r12, r2, [r3, #72]\n" \
	"blx r12\n" \
	"str r0, [sp, #16]\n" \
	"pop {r0, r1, r3, pc}\n"

/** The byte of a sum by a line. */
#define NNRT_MLA_LINE(sum) \
	"smull r2, " sum ", r12, " sum "\n" \
	"add " sum ", lr\n" \
	"ssat " sum ", #8, " sum ", asr #3\n"

/** One panel less: to label 9 for the next one. Label 8 leaves the panel as it is. */
#define NNRT_MLA_END \
	"str r0, [r3, #12]\n" \
	"ldr r2, [r3, #20]\n" \
	"subs r2, #1\n" \
	"str r2, [r3, #20]\n" \
	"bne 9b\n" \
	"8:\n" \
	"str r1, [r3, #4]\n" \
	"pop {r0, r4-r11, pc}\n"

/** y[pixel][channel] for panels of four channels from sums, bias + four terms a turn: taps [turn][2][4],
 *  w [turn][4][4]. A channel whose slope is not above 0 goes to t->any, or ends it all, its panel's sums
 *  being left. */
NNRT_NAKED void nnrt_mla_2x4(struct nnrt_panels *t __attribute__((unused)))
{
	__asm__ volatile(NNRT_MLA_BEGIN "ldm r2!, {r4, r6, r8, r10}\n"
			 "str r2, [r3, #8]\n"
			 "mov r5, r4\n"
			 "mov r7, r6\n"
			 "mov r9, r8\n"
			 "mov r11, r10\n"
			 "1:\n" NNRT_MLA_2X4(", #3]", ", #7]", ", #3]", ", #7]", ", #11]", ", #15]")
				 NNRT_MLA_2X4(", #2]", ", #6]", ", #2]", ", #6]", ", #10]", ", #14]")
					 NNRT_MLA_2X4(", #1]", ", #5]", ", #1]", ", #5]", ", #9]", ", #13]")
						 NNRT_MLA_2X4("], #8", ", #4]", "], #16", ", #4]", ", #8]", ", #12]")
			 NNRT_MLA_SUMS
			 NNRT_MLA_CHANNEL("20") NNRT_MLA_LINE("r4") NNRT_MLA_LINE("r5") "30:\n"
			 NNRT_MLA_CHANNEL("21") NNRT_MLA_LINE("r6") NNRT_MLA_LINE("r7") "31:\n"
			 NNRT_MLA_CHANNEL("22") NNRT_MLA_LINE("r8") NNRT_MLA_LINE("r9") "32:\n"
			 NNRT_MLA_CHANNEL("23") NNRT_MLA_LINE("r10") NNRT_MLA_LINE("r11") "33:\n"
			 "ldrd r2, r12, [r3, #24]\n"
			 "strb r4, [r2], #1\n"
			 "strb r6, [r2], #1\n"
			 "strb r8, [r2], #1\n"
			 "strb r10, [r2], #1\n"
			 "strb r5, [r12], #1\n"
			 "strb r7, [r12], #1\n"
			 "strb r9, [r12], #1\n"
			 "strb r11, [r12], #1\n"
			 "strd r2, r12, [r3, #24]\n" NNRT_MLA_END
			 NNRT_MLA_OTHER("20") NNRT_MLA_ANY("r4") NNRT_MLA_ANY("r5") "b 30b\n"
			 NNRT_MLA_OTHER("21") NNRT_MLA_ANY("r6") NNRT_MLA_ANY("r7") "b 31b\n"
			 NNRT_MLA_OTHER("22") NNRT_MLA_ANY("r8") NNRT_MLA_ANY("r9") "b 32b\n"
			 NNRT_MLA_OTHER("23") NNRT_MLA_ANY("r10") NNRT_MLA_ANY("r11") "b 33b\n" NNRT_MLA_CALL);
}

/** The same of one pixel and panels of eight channels, two turns at a time: taps [turn][4], w [turn][8][4]. An
 *  assembler's macro, for C allows no longer strings. */
NNRT_NAKED void nnrt_mla_1x8(struct nnrt_panels *t __attribute__((unused)))
{
	__asm__ volatile(NNRT_MLA_BEGIN
			 "ldm r2!, {r4-r11}\n"
			 "str r2, [r3, #8]\n"
			 "sub r12, lr, r0\n"
			 "tst r12, #4\n"
			 ".macro nnrt_turn\n"
			 NNRT_MLA_1X8(", #3]", ", #3]", ", #7]", ", #11]", ", #15]",
				", #19]", ", #23]", ", #27]", ", #31]")
			 NNRT_MLA_1X8(", #2]", ", #2]", ", #6]", ", #10]", ", #14]",
				", #18]", ", #22]", ", #26]", ", #30]")
			 NNRT_MLA_1X8(", #1]", ", #1]", ", #5]", ", #9]", ", #13]",
				", #17]", ", #21]", ", #25]", ", #29]")
			 NNRT_MLA_1X8("], #4", "], #32", ", #4]", ", #8]", ", #12]",
				", #16]", ", #20]", ", #24]", ", #28]")
			 ".endm\n"
			 "bne 2f\n"
			 "1:\n"
			 "nnrt_turn\n"
			 "2:\n"
			 "nnrt_turn\n"
			 ".purgem nnrt_turn\n"
			 NNRT_MLA_SUMS
			 NNRT_MLA_CHANNEL("20") NNRT_MLA_LINE("r4") "30:\n"
			 NNRT_MLA_CHANNEL("21") NNRT_MLA_LINE("r5") "31:\n"
			 NNRT_MLA_CHANNEL("22") NNRT_MLA_LINE("r6") "32:\n"
			 NNRT_MLA_CHANNEL("23") NNRT_MLA_LINE("r7") "33:\n"
			 NNRT_MLA_CHANNEL("24") NNRT_MLA_LINE("r8") "34:\n"
			 NNRT_MLA_CHANNEL("25") NNRT_MLA_LINE("r9") "35:\n"
			 NNRT_MLA_CHANNEL("26") NNRT_MLA_LINE("r10") "36:\n"
			 NNRT_MLA_CHANNEL("27") NNRT_MLA_LINE("r11") "37:\n"
			 "ldr r2, [r3, #24]\n"
			 "strb r4, [r2], #1\n"
			 "strb r5, [r2], #1\n"
			 "strb r6, [r2], #1\n"
			 "strb r7, [r2], #1\n"
			 "strb r8, [r2], #1\n"
			 "strb r9, [r2], #1\n"
			 "strb r10, [r2], #1\n"
			 "strb r11, [r2], #1\n"
			 "str r2, [r3, #24]\n" NNRT_MLA_END
			 NNRT_MLA_OTHER("20") NNRT_MLA_ANY("r4") "b 30b\n"
			 NNRT_MLA_OTHER("21") NNRT_MLA_ANY("r5") "b 31b\n"
			 NNRT_MLA_OTHER("22") NNRT_MLA_ANY("r6") "b 32b\n"
			 NNRT_MLA_OTHER("23") NNRT_MLA_ANY("r7") "b 33b\n"
			 NNRT_MLA_OTHER("24") NNRT_MLA_ANY("r8") "b 34b\n"
			 NNRT_MLA_OTHER("25") NNRT_MLA_ANY("r9") "b 35b\n"
			 NNRT_MLA_OTHER("26") NNRT_MLA_ANY("r10") "b 36b\n"
			 NNRT_MLA_OTHER("27") NNRT_MLA_ANY("r11") "b 37b\n" NNRT_MLA_CALL);
}

/** nnrt_panels_tile() for two pixels by four channels. */
static NNRT_LITERAL void nnrt_mla_panels_2x4(struct nnrt_panels *t, const int32_t *line, int oc,
	const struct nnrt_int8 *q, int is_begun)
{
	nnrt_panels_tile(t, line, oc, q, is_begun, nnrt_mla_2x4, nnrt_panels_any_byte, 2, 4, NNRT_PANELS_LINES);
}

NNRT_CONST struct nnrt_panels_kind nnrt_mla_kind_2x4 = {
	nnrt_mla_2x4, nnrt_panels_any_byte, nnrt_mla_panels_2x4, 2, 4};

/** nnrt_panels_tile() for one pixel by eight channels. */
static NNRT_LITERAL void nnrt_mla_panels_1x8(struct nnrt_panels *t, const int32_t *line, int oc,
	const struct nnrt_int8 *q, int is_begun)
{
	nnrt_panels_tile(t, line, oc, q, is_begun, nnrt_mla_1x8, nnrt_panels_any_byte, 1, 8, NNRT_PANELS_LINES);
}

NNRT_CONST struct nnrt_panels_kind nnrt_mla_kind_1x8 = {
	nnrt_mla_1x8, nnrt_panels_any_byte, nnrt_mla_panels_1x8, 1, 8};

/** nnrt_conv_int8() by MLA, for 2 rows and 4 columns, or 1 and 8. w and scratch: whole words. Where x is int8, bias
 *  has 128 times the sum of w taken off. */
NNRT_INLINE void nnrt_conv_mla(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const void *scale, const void *zero, void *y, void *scratch, int is_signed, int low, int high, int y_zero,
	int rows, int columns)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	(void)columns;
	nnrt_thumb_conv(p, x, w, bias, scale, zero, y, scratch, &q,
		rows == 1 ? &nnrt_mla_kind_1x8 : &nnrt_mla_kind_2x4);
}

#endif
