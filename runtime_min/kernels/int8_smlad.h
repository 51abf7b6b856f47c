/* Convolution of bytes by SMLAD, two products of 16 bits and their sum: three pixels by two channels, or one pixel by
 * four. SXTB16 widens bytes 0 and 2 of a word, and of the word turned by eight bits 1 and 3: the taps are gathered in
 * this order, so weights need no other than their own. The inner loops are assembly, for they use all 14 registers:
 * of C gcc 12 makes 1.5 times the instructions, for it spills. */
#ifndef NNRT_INT8_SMLAD_H
#define NNRT_INT8_SMLAD_H

#include "runtime_min/kernels/int8_smlad_gather.h"

/** Four terms of two pixels and two channels. r0: taps, r1: weights; r4 to r6 and r7 to r9: sums of a channel each.
 *  Weights are read in steps of two words, pixels in three of two. */
#define NNRT_SMLAD_2X2 \
	"ldrd r3, lr, [r1], #8\n" \
	"ldrd r10, r11, [r0], #24\n" \
	"sxtb16 r2, r3\n" \
	"sxtb16 r3, r3, ror #8\n" \
	"sxtb16 r12, lr\n" \
	"sxtb16 lr, lr, ror #8\n" \
	"smlad r4, r2, r10, r4\n" \
	"smlad r7, r12, r10, r7\n" \
	"smlad r4, r3, r11, r4\n" \
	"smlad r7, lr, r11, r7\n" \
	"ldrd r10, r11, [r0, #-16]\n" \
	"smlad r5, r2, r10, r5\n" \
	"smlad r8, r12, r10, r8\n" \
	"smlad r5, r3, r11, r5\n" \
	"smlad r8, lr, r11, r8\n"

/** Four terms of three pixels and two channels: the third's too. */
#define NNRT_SMLAD_3X2 \
	NNRT_SMLAD_2X2 \
	"ldrd r10, r11, [r0, #-8]\n" \
	"smlad r6, r2, r10, r6\n" \
	"smlad r9, r12, r10, r9\n" \
	"smlad r6, r3, r11, r6\n" \
	"smlad r9, lr, r11, r9\n"

/** Four terms of one pixel and a channel: its weights in `weights`, taps in r2 and r3. */
#define NNRT_SMLAD_1X1(sum, weights) \
	"sxtb16 r12, " weights "\n" \
	"sxtb16 " weights ", " weights ", ror #8\n" \
	"smlad " sum ", r12, r2, " sum "\n" \
	"smlad " sum ", " weights ", r3, " sum "\n"

/** Four terms of one pixel and four channels. r0: taps, r1: weights; r4 to r7: sums. */
#define NNRT_SMLAD_1X4 \
	"ldrd r2, r3, [r0], #8\n" \
	"ldm r1!, {r8-r11}\n" NNRT_SMLAD_1X1("r4", "r8") NNRT_SMLAD_1X1("r5", "r9") NNRT_SMLAD_1X1("r6", "r10") \
		NNRT_SMLAD_1X1("r7", "r11")

/** Saves registers, and leaves on the stack: where the taps' loop begins, their end, the tile, which r3 has too. The
 *  loop takes turns of eight steps; the first turn begins so many bytes on that the last one is whole. steps: makes of
 *  eighths of the taps' bytes in r2 their steps, modulo eight; size: bytes of a step's code. */
#define NNRT_SMLAD_BEGIN(steps, size) \
	"push {r0, r4-r11, lr}\n" \
	"ldr r1, [r0, #4]\n" \
	"ldr r2, [r0]\n" \
	"ldr lr, [r0, #84]\n" \
	"sub r2, lr, r2\n" \
	"lsr r2, r2, #3\n" steps \
	"rsb r2, r2, #0\n" \
	"and r2, r2, #7\n" \
	"adr.w r12, 1f\n" \
	"mov r3, #" size "\n" \
	"mla r12, r2, r3, r12\n" \
	"add r12, #1\n" \
	"push {r12, lr}\n" \
	"ldr r3, [sp, #8]\n"

/** The taps' loop, from where the stack says; then r3: the tile, r2: its slopes, lr: their offset. An assembler's
 *  macro, for C allows no longer strings. */
#define NNRT_SMLAD_TURNS(step) \
	".macro nnrt_step\n" step ".endm\n" \
	"ldr pc, [sp]\n" \
	"1:\n" \
	".rept 8\n" \
	"nnrt_step\n" \
	".endr\n" \
	".purgem nnrt_step\n" \
	"ldr r12, [sp, #4]\n" \
	"cmp r0, r12\n" \
	"bne 1b\n" \
	"ldr r3, [sp, #8]\n" \
	"ldrd r2, lr, [r3, #12]\n"

/** One panel less: to label 9 for the next one. r3: the tile, of which r2 counts the panels. Label 7, with the sums in
 *  `sums`, leaves the panel as it is. */
#define NNRT_SMLAD_END(sums) \
	"ldr r2, [r3, #20]\n" \
	"subs r2, #1\n" \
	"str r2, [r3, #20]\n" \
	"bne 9b\n" \
	"b 8f\n" \
	"7:\n" \
	"add r2, r3, #40\n" \
	"stm r2, " sums "\n" \
	"8:\n" \
	"str r1, [r3, #4]\n" \
	"add sp, #12\n" \
	"pop {r4-r11, pc}\n"

/** The byte of a sum by a line. */
#define NNRT_SMLAD_LINE(sum, slope, offset) \
	"smmla " sum ", " sum ", " slope ", " offset "\n" \
	"ssat " sum ", #8, " sum ", asr #3\n"

/** The byte of a sum by a line with a late step, at the value in r2. */
#define NNRT_SMLAD_LATE(sum, slope, offset) \
	"add r0, " sum ", #1\n" \
	"smmla " sum ", " sum ", " slope ", " offset "\n" \
	"smmla r0, r0, " slope ", " offset "\n" \
	"ssat " sum ", #8, " sum ", asr #3\n" \
	"ssat r0, #8, r0, asr #3\n" \
	"cmp " sum ", r2\n" \
	"it eq\n" \
	"moveq " sum ", r0\n"

/** The byte of a sum by label 14 and the line at lr. */
#define NNRT_SMLAD_ANY(sum) \
	"push {" sum ", lr}\n" \
	"bl 14f\n" \
	"pop {" sum ", lr}\n"

/** Makes a byte of the sum at sp, where there is no FPU. */
#define NNRT_SMLAD_CALL \
	NNRT_IF_FPU("", \
		"14:\n" \
		"push {r1, r3, r12, lr}\n" \
		"ldrd r0, r1, [sp, #16]\n" \
		"ldrd r12, r2, [r3, #72]\n" \
		"blx r12\n" \
		"str r0, [sp, #16]\n" \
		"pop {r1, r3, r12, pc}\n")

/** The line of a channel whose slope is below 0 and lies at `at`, which then is where the line lies; flags: its slope
 *  against 0. */
#define NNRT_SMLAD_OTHER_LINE(at, slope, offset) \
	"sub " at ", " at ", " slope ", lsl #2\n" \
	"ldrd " slope ", " offset ", [" at "]\n" \
	"cmp " slope ", #0\n"

/** Of a channel without a line, whose struct nnrt_line lies at r0: where there is an FPU, its scale in s0 and y's zero
 *  point in r2, else that struct at lr. */
#define NNRT_SMLAD_SCALE(offset) \
	NNRT_IF_FPU("vmov s0, " offset "\n" \
		    "ldr r2, [r3, #76]\n" \
		    "ldr r2, [r2, #12]\n", "mov lr, r0\n")

/** The byte of a sum without a line: the float32 formula, whose integer VCVTR bounds. */
#define NNRT_SMLAD_FLOAT(sum) \
	NNRT_IF_FPU("vmov s1, " sum "\n" \
		    "vcvt.f32.s32 s1, s1\n" \
		    "vmul.f32 s1, s1, s0\n" \
		    "vcvtr.s32.f32 s1, s1\n" \
		    "vmov " sum ", s1\n" \
		    "qadd " sum ", " sum ", r2\n" \
		    "ssat " sum ", #8, " sum "\n", NNRT_SMLAD_ANY(sum))

/** A channel of three pixels, whose slope lies `back` bytes in front of the next panel's: by a line with a late step,
 *  by none, or by a plain one. r11: the offset of slopes. */
#define NNRT_SMLAD_CHANNEL(a, b, c, slope, back) \
	"mov lr, r11\n" \
	"cmp " slope ", #0\n" \
	"bgt 10f\n" \
	"ldr r0, [r3, #12]\n" \
	"sub r0, #" back "\n" NNRT_SMLAD_OTHER_LINE("r0", slope, "lr") \
	"bgt 10f\n" \
	"bne 15f\n" \
	NNRT_SMLAD_SCALE("lr") \
	NNRT_SMLAD_FLOAT(a) NNRT_SMLAD_FLOAT(b) NNRT_SMLAD_FLOAT(c) \
	"b 11f\n" \
	"15:\n" \
	"rsb " slope ", " slope ", #0\n" \
	"asr r2, lr, #16\n" \
	"sxth lr, lr\n" \
	NNRT_SMLAD_LATE(a, slope, "lr") \
	NNRT_SMLAD_LATE(b, slope, "lr") \
	NNRT_SMLAD_LATE(c, slope, "lr") \
	"b 11f\n" \
	"10:\n" \
	NNRT_SMLAD_LINE(a, slope, "lr") \
	NNRT_SMLAD_LINE(b, slope, "lr") \
	NNRT_SMLAD_LINE(c, slope, "lr") \
	"11:\n"

/** Label 9, which begins a panel of three pixels by two channels. */
#define NNRT_SMLAD_3X2_BEGIN \
	"9:\n" \
	"ldr r2, [r3, #8]\n" \
	"ldrd r4, r7, [r2], #8\n" \
	"str r2, [r3, #8]\n" \
	"ldr r0, [r3]\n" \
	"mov r5, r4\n" \
	"mov r6, r4\n" \
	"mov r8, r7\n" \
	"mov r9, r7\n"

/** Makes its bytes by the slopes of both channels, in r10 and r12, which end at r2, and the offset in lr. */
#define NNRT_SMLAD_3X2_END \
	"str r2, [r3, #12]\n" \
	"cmp r10, #0\n" \
	"it gt\n" \
	"cmpgt r12, #0\n" \
	"ble 12f\n" NNRT_SMLAD_LINE("r4", "r10", "lr") NNRT_SMLAD_LINE("r5", "r10", "lr") \
		NNRT_SMLAD_LINE("r6", "r10", "lr") NNRT_SMLAD_LINE("r7", "r12", "lr") \
		NNRT_SMLAD_LINE("r8", "r12", "lr") NNRT_SMLAD_LINE("r9", "r12", "lr") \
	"13:\n" \
	"add r12, r3, #24\n" \
	"ldm r12, {r2, r10, r11}\n" \
	"strb r4, [r2], #1\n" \
	"strb r7, [r2], #1\n" \
	"strb r5, [r10], #1\n" \
	"strb r8, [r10], #1\n" \
	"strb r6, [r11], #1\n" \
	"strb r9, [r11], #1\n" \
	"stm r12, {r2, r10, r11}\n" NNRT_SMLAD_END("{r4-r9}") \
	"12:\n" \
	"cmp r10, #0\n" \
	"beq 7b\n" \
	"mov r11, lr\n" NNRT_SMLAD_CHANNEL("r4", "r5", "r6", "r10", "8") \
		NNRT_SMLAD_CHANNEL("r7", "r8", "r9", "r12", "4") "b 13b\n" NNRT_SMLAD_CALL

/** y[pixel][channel] for panels of two channels from sums, bias + four terms a step: taps [step][3][4] as
 *  nnrt_smlad_put() leaves them, w [step][2][4]. Without t->q a channel
 *  with a slope of 0 ends it all, its panel's sums being left. */
NNRT_NAKED void nnrt_smlad_3x2(struct nnrt_panels *t __attribute__((unused)))
{
	__asm__ volatile(NNRT_SMLAD_BEGIN("add r2, r2, r2, lsl #1\n", "80") NNRT_SMLAD_3X2_BEGIN
				 NNRT_SMLAD_TURNS(NNRT_SMLAD_3X2) "ldrd r10, r12, [r2], #8\n" NNRT_SMLAD_3X2_END);
}

/** The same of one pixel and panels of four channels: taps [step][4], w [step][4][4]. */
NNRT_NAKED void nnrt_smlad_1x4(struct nnrt_panels *t __attribute__((unused)))
{
	__asm__ volatile(NNRT_SMLAD_BEGIN("", "72") "9:\n"
			 "ldr r2, [r3, #8]\n"
			 "ldm r2!, {r4-r7}\n"
			 "str r2, [r3, #8]\n"
			 "ldr r0, [r3]\n" NNRT_SMLAD_TURNS(NNRT_SMLAD_1X4) "ldr r0, [r3, #80]\n"
			 "cmp r0, #0\n"
			 "bne 16f\n"
			 "ldm r2!, {r8-r11}\n"
			 "cmp r8, #0\n"
			 "ittt gt\n"
			 "cmpgt r9, #0\n"
			 "cmpgt r10, #0\n"
			 "cmpgt r11, #0\n"
			 "ble 7f\n" NNRT_SMLAD_LINE("r4", "r8", "lr") NNRT_SMLAD_LINE("r5", "r9", "lr")
				 NNRT_SMLAD_LINE("r6", "r10", "lr") NNRT_SMLAD_LINE("r7", "r11", "lr")
			 "str r2, [r3, #12]\n"
			 "17:\n"
			 "ldr r12, [r3, #24]\n"
			 "strb r4, [r12], #1\n"
			 "strb r5, [r12], #1\n"
			 "strb r6, [r12], #1\n"
			 "strb r7, [r12], #1\n"
			 "str r12, [r3, #24]\n" NNRT_SMLAD_END("{r4-r7}")
			 "16:\n"
			 "ldr r8, [r2]\n"
			 "cmp r8, #0\n"
			 "beq 7b\n"
			 "bgt 18f\n" NNRT_SMLAD_OTHER_LINE("r2", "r8", "lr")
			 "ble 7b\n"
			 "18:\n" NNRT_SMLAD_LINE("r4", "r8", "lr") NNRT_SMLAD_LINE("r5", "r8", "lr")
				 NNRT_SMLAD_LINE("r6", "r8", "lr") NNRT_SMLAD_LINE("r7", "r8", "lr") "b 17b\n");
}

/** nnrt_panels_tile() for three pixels by two channels. */
static NNRT_LITERAL void nnrt_smlad_panels_3x2(struct nnrt_panels *t, const int32_t *line, int oc,
					       const struct nnrt_int8 *q, int is_begun)
{
	nnrt_panels_tile(t, line, oc, q, is_begun, nnrt_smlad_3x2, NNRT_HAS_FPU ? NULL : nnrt_panels_any_byte, 3, 2,
			 NNRT_PANELS_SLOPES);
}

NNRT_CONST struct nnrt_panels_kind nnrt_smlad_kind_3x2 = {
	nnrt_smlad_3x2, NNRT_HAS_FPU ? NULL : nnrt_panels_any_byte, nnrt_smlad_panels_3x2, 3, 2};

/** nnrt_panels_tile() for one pixel by four channels. */
static NNRT_LITERAL void nnrt_smlad_panels_1x4(struct nnrt_panels *t, const int32_t *line, int oc,
					       const struct nnrt_int8 *q, int is_begun)
{
	nnrt_panels_tile(t, line, oc, q, is_begun, nnrt_smlad_1x4, NNRT_HAS_FPU ? NULL : nnrt_panels_any_byte, 1, 4,
			 t->one_line ? NNRT_PANELS_ONE_SLOPE : NNRT_PANELS_SLOPES);
}

NNRT_CONST struct nnrt_panels_kind nnrt_smlad_kind_1x4 = {
	nnrt_smlad_1x4, NNRT_HAS_FPU ? NULL : nnrt_panels_any_byte, nnrt_smlad_panels_1x4, 1, 4};

/** How the taps of tiles of so many rows are gathered. */
NNRT_INLINE enum nnrt_panels_form nnrt_smlad_form(const struct nnrt_conv *p, int is_signed, int rows)
{
	const int run = p->kernel_w * p->ic;

	if (!is_signed || run < 4)
		return NNRT_PANELS_ANY;
	if (run % 4 == 0)
		return NNRT_PANELS_WORDS;
	return run == 9 && p->kernel_h == 3 && rows == 3 ? NNRT_PANELS_RGB : NNRT_PANELS_BYTES;
}

/** nnrt_conv_int8() by SMLAD, for 3 rows and 2 columns, or 1 and 4. w and scratch: whole words. */
NNRT_INLINE void nnrt_conv_smlad(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
				 const void *scale, const void *zero, void *y, void *scratch, int is_signed, int low,
				 int high, int y_zero, int rows, int columns)
{
	const struct nnrt_int8 q = { is_signed, low, high, y_zero };

	(void)columns;
	nnrt_panels_conv(p, x, w, bias, scale, zero, y, scratch, &q,
			 rows == 1 ? &nnrt_smlad_kind_1x4 : &nnrt_smlad_kind_3x2, 2, 8,
			 nnrt_smlad_form(p, is_signed, rows), nnrt_smlad_any, nnrt_smlad_inside, nnrt_smlad_take, 0);
}

/** The same of a convolution as nnrt_panels_point() takes. */
NNRT_INLINE void nnrt_point_smlad(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
				 const void *scale, const void *zero, void *y, void *scratch, int is_signed, int low,
				 int high, int y_zero, int rows, int columns)
{
	const struct nnrt_int8 q = { is_signed, low, high, y_zero };

	(void)zero;
	(void)rows;
	(void)columns;
	nnrt_panels_point(p, x, w, bias, scale, y, scratch, &q, &nnrt_smlad_kind_3x2, 2, 8, nnrt_smlad_inside,
			  nnrt_smlad_take, 0);
}

#endif
