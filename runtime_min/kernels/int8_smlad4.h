/* Convolution of bytes by SMLAD over weights of 16 bits: four pixels by two channels. Such weights need no widening,
 * and so leave registers for eight sums; they take twice the flash. Of four terms, bytes 0 and 2 come first, then 1 and
 * 3, in the order that SXTB16 gives taps. */
#ifndef NNRT_INT8_SMLAD4_H
#define NNRT_INT8_SMLAD4_H

#include "runtime_min/kernels/int8_smlad.h"

/** Two terms of four pixels and two channels. r0: taps, r1: weights; r4 to r7 and r8 to r11: sums of a channel each. */
#define NNRT_SMLAD_4X2 \
	"ldrd r2, r3, [r1], #8\n" \
	"ldrd r12, lr, [r0], #16\n" \
	"smlad r4, r2, r12, r4\n" \
	"smlad r8, r3, r12, r8\n" \
	"smlad r5, r2, lr, r5\n" \
	"smlad r9, r3, lr, r9\n" \
	"ldrd r12, lr, [r0, #-8]\n" \
	"smlad r6, r2, r12, r6\n" \
	"smlad r10, r3, r12, r10\n" \
	"smlad r7, r2, lr, r7\n" \
	"smlad r11, r3, lr, r11\n"

/** The bytes of a channel of four pixels. r2: its slope, and then the next; lr: the offset; r3: the tile. One whose
 *  slope is not above 0 is sent on to `other`, and comes back to `back`. */
#define NNRT_SMLAD_FOUR(a, b, c, d, other, back) \
	"ldr r12, [r2], #4\n" \
	"cmp r12, #0\n" \
	"ble " other "f\n" NNRT_SMLAD_LINE(a, "r12", "lr") NNRT_SMLAD_LINE(b, "r12", "lr") \
		NNRT_SMLAD_LINE(c, "r12", "lr") NNRT_SMLAD_LINE(d, "r12", "lr") back ":\n"

/** Such channels. To label 7 where the tile stops at one without a line. */
#define NNRT_SMLAD_FOUR_OTHER(a, b, c, d, other, back) \
	other ":\n" \
	"beq 7b\n" \
	"subs r0, r2, #4\n" NNRT_SMLAD_OTHER_LINE("r0", "r12", "lr") \
	"bgt 10f\n" \
	"str r2, [r3, #12]\n" \
	"bne 15f\n" NNRT_SMLAD_SCALE("lr") NNRT_SMLAD_FLOAT(a) NNRT_SMLAD_FLOAT(b) \
		NNRT_SMLAD_FLOAT(c) NNRT_SMLAD_FLOAT(d) \
	"b 11f\n" \
	"10:\n" NNRT_SMLAD_LINE(a, "r12", "lr") NNRT_SMLAD_LINE(b, "r12", "lr") \
		NNRT_SMLAD_LINE(c, "r12", "lr") NNRT_SMLAD_LINE(d, "r12", "lr") \
	"ldr lr, [r3, #16]\n" \
	"b " back "b\n" \
	"15:\n" \
	"rsb r12, r12, #0\n" \
	"asr r2, lr, #16\n" \
	"sxth lr, lr\n" \
	NNRT_SMLAD_LATE(a, "r12", "lr") \
	NNRT_SMLAD_LATE(b, "r12", "lr") \
	NNRT_SMLAD_LATE(c, "r12", "lr") \
	NNRT_SMLAD_LATE(d, "r12", "lr") \
	"11:\n" \
	"ldrd r2, lr, [r3, #12]\n" \
	"b " back "b\n"

/** y[pixel][channel] for panels of two channels, as nnrt_smlad_3x2(): taps [step][2][4], w [step][2][2] of words. */
NNRT_NAKED void nnrt_smlad_4x2(struct nnrt_panels *t __attribute__((unused)))
{
	__asm__ volatile(NNRT_SMLAD_BEGIN("lsr r2, r2, #1\n", "44") "9:\n"
			 "ldr r2, [r3, #8]\n"
			 "ldrd r4, r8, [r2], #8\n"
			 "str r2, [r3, #8]\n"
			 "ldr r0, [r3]\n"
			 "mov r5, r4\n"
			 "mov r6, r4\n"
			 "mov r7, r4\n"
			 "mov r9, r8\n"
			 "mov r10, r8\n"
			 "mov r11, r8\n" NNRT_SMLAD_TURNS(NNRT_SMLAD_4X2)
			 NNRT_SMLAD_FOUR("r4", "r5", "r6", "r7", "12", "13")
			 NNRT_SMLAD_FOUR("r8", "r9", "r10", "r11", "16", "17")
			 "str r2, [r3, #12]\n"
			 "adds r3, #24\n"
			 "ldm r3, {r0, r2, r12, lr}\n"
			 "strb r4, [r0], #1\n"
			 "strb r8, [r0], #1\n"
			 "strb r5, [r2], #1\n"
			 "strb r9, [r2], #1\n"
			 "strb r6, [r12], #1\n"
			 "strb r10, [r12], #1\n"
			 "strb r7, [lr], #1\n"
			 "strb r11, [lr], #1\n"
			 "stm r3, {r0, r2, r12, lr}\n"
			 "subs r3, #24\n" NNRT_SMLAD_END("{r4-r11}")
			 NNRT_SMLAD_FOUR_OTHER("r4", "r5", "r6", "r7", "12", "13")
			 NNRT_SMLAD_FOUR_OTHER("r8", "r9", "r10", "r11", "16", "17") NNRT_SMLAD_CALL);
}

/** Bytes 0 and 2 of v as 16 bits each, and 1 and 3, of one of four pixels. */
NNRT_INLINE void nnrt_smlad_put4(void *to, uint32_t v, int is_signed)
{
	nnrt_smlad_put_at(to, v, is_signed, 16);
}

/** Widens r8 to r11, a word of each of four pixels, and stores it. */
#define NNRT_SMLAD_STORE4 \
	"sxtb16 r4, r8\n" \
	"sxtb16 r5, r9\n" \
	"sxtb16 r6, r10\n" \
	"sxtb16 r7, r11\n" \
	"sxtb16 r8, r8, ror #8\n" \
	"sxtb16 r9, r9, ror #8\n" \
	"sxtb16 r10, r10, ror #8\n" \
	"sxtb16 r11, r11, ror #8\n" \
	"stm r12!, {r4-r11}\n"

/** Taps of int8 of four pixels where each row is so many whole words, as nnrt_smlad_words3(). */
NNRT_NAKED void nnrt_smlad_words4(const unsigned char *x __attribute__((unused)),
				  ptrdiff_t pixel __attribute__((unused)), ptrdiff_t row __attribute__((unused)),
				  int rows __attribute__((unused)), int run __attribute__((unused)),
				  unsigned char *to __attribute__((unused)))
{
	__asm__ volatile("push {r0-r11, lr}\n"
			 "ldr r12, [sp, #56]\n"
			 "2:\n"
			 "ldr r4, [sp, #4]\n"
			 "ldr lr, [sp, #52]\n"
			 "add r1, r0, r4\n"
			 "add r2, r1, r4\n"
			 "add r3, r2, r4\n"
			 "add lr, r0\n"
			 "1:\n"
			 "ldr r8, [r0], #4\n"
			 "ldr r9, [r1], #4\n"
			 "ldr r10, [r2], #4\n"
			 "ldr r11, [r3], #4\n"
			 NNRT_SMLAD_STORE4
			 "cmp r0, lr\n"
			 "bne 1b\n"
			 "ldrd r1, r3, [sp, #8]\n"
			 "ldr r0, [sp]\n"
			 "add r0, r1\n"
			 "subs r3, #1\n"
			 "str r0, [sp]\n"
			 "str r3, [sp, #12]\n"
			 "bne 2b\n"
			 "add sp, #16\n"
			 "pop {r4-r11, pc}\n");
}

/** Words of four pixels at `at` of their row. */
#define NNRT_SMLAD_LOAD4(load, at) \
	load " r8, [r0, #" at "]\n" \
	load " r9, [r1, #" at "]\n" \
	load " r10, [r2, #" at "]\n" \
	load " r11, [r3, #" at "]\n"

/** On to the next row, whose first bytes fill the words from a bit on. */
#define NNRT_SMLAD_NEXT4(bit) \
	"ldr lr, [sp]\n" \
	"add r0, lr\n" \
	"add r1, lr\n" \
	"add r2, lr\n" \
	"add r3, lr\n" \
	"ldr r4, [r0]\n" \
	"ldr r5, [r1]\n" \
	"ldr r6, [r2]\n" \
	"ldr r7, [r3]\n" \
	"orr r8, r8, r4, lsl #" bit "\n" \
	"orr r9, r9, r5, lsl #" bit "\n" \
	"orr r10, r10, r6, lsl #" bit "\n" \
	"orr r11, r11, r7, lsl #" bit "\n"

/** Taps of int8 of four pixels of a 3x3 kernel over three channels, nnrt_taps_rgb() of each. What widens them is
 *  there once: seven times would be 200 bytes more of flash for 14 instructions of 150. */
NNRT_NAKED void nnrt_smlad_rgb4(const unsigned char *x __attribute__((unused)),
				ptrdiff_t pixel __attribute__((unused)), ptrdiff_t row __attribute__((unused)),
				unsigned char *to __attribute__((unused)))
{
	__asm__ volatile("push {r2, r4-r11, lr}\n"
			 "mov r4, r1\n"
			 "mov r12, r3\n"
			 "add r1, r0, r4\n"
			 "add r2, r1, r4\n"
			 "add r3, r2, r4\n"
			 NNRT_SMLAD_LOAD4("ldr", "0") "bl 1f\n"
			 NNRT_SMLAD_LOAD4("ldr", "4") "bl 1f\n"
			 NNRT_SMLAD_LOAD4("ldrb", "8") NNRT_SMLAD_NEXT4("8") "bl 1f\n"
			 NNRT_SMLAD_LOAD4("ldr", "3") "bl 1f\n"
			 NNRT_SMLAD_LOAD4("ldrh", "7") NNRT_SMLAD_NEXT4("16") "bl 1f\n"
			 NNRT_SMLAD_LOAD4("ldr", "2") "bl 1f\n"
			 NNRT_SMLAD_LOAD4("ldr", "5")
			 "lsr r8, r8, #8\n"
			 "lsr r9, r9, #8\n"
			 "lsr r10, r10, #8\n"
			 "lsr r11, r11, #8\n"
			 "bl 1f\n"
			 "pop {r2, r4-r11, pc}\n"
			 "1:\n" NNRT_SMLAD_STORE4
			 "bx lr\n");
}

/** Taps of int8 of one of four pixels where each row is so many whole words. */
NNRT_SHARED void nnrt_smlad_words_of4(const unsigned char *x, ptrdiff_t row, int rows, int run, unsigned char *to,
				      ptrdiff_t step)
{
	for (; rows > 0; rows--, x += row)
		for (const unsigned char *from = x; from < x + run; from += 4, to += step)
			nnrt_smlad_put4(to, nnrt_taps_word(from), 1);
}

/** nnrt_panels_inside, nnrt_panels_take, nnrt_panels_any for four pixels. */
NNRT_SHARED void nnrt_smlad_inside4(const unsigned char *x, ptrdiff_t row, int rows, int run, unsigned char *to,
				    ptrdiff_t step, int is_signed, enum nnrt_panels_form form)
{
	(void)is_signed;
	if (form == NNRT_PANELS_RGB)
		nnrt_taps_rgb(x, row, to, 32, 1, nnrt_smlad_put4);
	else if (form == NNRT_PANELS_WORDS)
		nnrt_smlad_words_of4(x, row, rows, run, to, step);
	else
		nnrt_taps_inside(x, row, rows, run, to, step, 1, nnrt_smlad_put4);
}

NNRT_INLINE void nnrt_smlad_take4(const unsigned char *x, ptrdiff_t pixel, ptrdiff_t row, int kernel_h, int run,
				  unsigned char *to, int is_signed, enum nnrt_panels_form form)
{
	if (form == NNRT_PANELS_WORDS)
		nnrt_smlad_words4(x, pixel, row, kernel_h, run, to);
	else if (form == NNRT_PANELS_RGB)
		nnrt_smlad_rgb4(x, pixel, row, to);
	else
		for (int i = 0; i < 4; i++)
			nnrt_smlad_inside4(x + i * pixel, row, kernel_h, run, to + i * 4, 32, is_signed, form);
}

NNRT_SHARED void nnrt_smlad_any4(const struct nnrt_conv *p, const unsigned char *x, const unsigned char *zero, void *to,
				 ptrdiff_t step, int iy, int ix, int is_signed)
{
	if (nnrt_smlad_has_words(p, is_signed))
		nnrt_smlad_border(p, x, zero, (unsigned char *)to, step, iy, ix, nnrt_smlad_put4, nnrt_smlad_words_of4);
	else
		nnrt_taps_gather(p, x, zero, to, step, iy, ix, 1, nnrt_smlad_put4);
}

/** nnrt_panels_tile() for four pixels by two channels. */
static NNRT_LITERAL void nnrt_smlad_panels_4x2(struct nnrt_panels *t, const int32_t *line, int oc,
					       const struct nnrt_int8 *q, int is_begun)
{
	nnrt_panels_tile(t, line, oc, q, is_begun, nnrt_smlad_4x2, NNRT_HAS_FPU ? NULL : nnrt_panels_any_byte, 4, 2,
			 NNRT_PANELS_SLOPES);
}

NNRT_CONST struct nnrt_panels_kind nnrt_smlad_kind_4x2 = {
	nnrt_smlad_4x2, NNRT_HAS_FPU ? NULL : nnrt_panels_any_byte, nnrt_smlad_panels_4x2, 4, 2};

/** nnrt_conv_int8() by SMLAD, for 4 rows and 2 columns; x: int8. w: int16, whole words, as scratch. */
NNRT_INLINE void nnrt_conv_smlad4(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
				  const void *scale, const void *zero, void *y, void *scratch, int is_signed, int low,
				  int high, int y_zero, int rows, int columns)
{
	const struct nnrt_int8 q = { 1, low, high, y_zero };
	const int run = p->kernel_w * p->ic;
	const enum nnrt_panels_form form = run < 4			   ? NNRT_PANELS_ANY
					   : run % 4 == 0		   ? NNRT_PANELS_WORDS
					   : run == 9 && p->kernel_h == 3 ? NNRT_PANELS_RGB
									   : NNRT_PANELS_BYTES;

	(void)is_signed;
	(void)rows;
	(void)columns;
	nnrt_panels_conv(p, x, w, bias, scale, zero, y, scratch, &q, &nnrt_smlad_kind_4x2, 2, 4, form,
			 nnrt_smlad_any4, nnrt_smlad_inside4, nnrt_smlad_take4, 0);
}

/** nnrt_panels_inside of whole words. */
NNRT_INLINE void nnrt_smlad_point4(const unsigned char *x, ptrdiff_t row, int rows, int run, unsigned char *to,
				   ptrdiff_t step, int is_signed, enum nnrt_panels_form form)
{
	(void)is_signed;
	(void)form;
	nnrt_smlad_words_of4(x, row, rows, run, to, step);
}

/** The same of a convolution as nnrt_panels_point() takes. */
NNRT_INLINE void nnrt_point_smlad4(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
				  const void *scale, const void *zero, void *y, void *scratch, int is_signed, int low,
				  int high, int y_zero, int rows, int columns)
{
	const struct nnrt_int8 q = { is_signed, low, high, y_zero };

	(void)zero;
	(void)rows;
	(void)columns;
	nnrt_panels_point(p, x, w, bias, scale, y, scratch, &q, &nnrt_smlad_kind_4x2, 2, 4, nnrt_smlad_point4,
			  nnrt_smlad_take4, 0);
}

#endif
