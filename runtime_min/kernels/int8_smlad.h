/* Convolution of bytes by SMLAD, two products of 16 bits and their sum: three pixels by two channels, or one pixel by
 * four. SXTB16 widens bytes 0 and 2 of a word, and of the word turned by eight bits 1 and 3: the taps are gathered in
 * this order, so weights need no other than their own. The inner loops are assembly, for they use all 14 registers:
 * of C gcc 12 makes 1.5 times the instructions, for it spills. */
#ifndef NNRT_INT8_SMLAD_H
#define NNRT_INT8_SMLAD_H

#include "runtime_min/kernels/int8_conv.h"

/** A function whose body is one basic assembly statement: its arguments come as the procedure call standard says, and
 *  `used` keeps the compiler from changing them. */
#define NNRT_NAKED static __attribute__((naked, noinline, used))

/** Four terms of three pixels and two channels. r0: taps, r1: weights; r4 to r6 and r7 to r9: sums of a channel each.
 *  Weights are read in steps of two words, pixels in three of two. */
#define NNRT_SMLAD_3X2 \
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
	"smlad r8, lr, r11, r8\n" \
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

/** A tile of pixels on its way through panels of weights: all but `taps` and `end` move on from panel to panel. */
struct nnrt_smlad_tile {
	const int16_t *taps;
	const int8_t *w;
	const int32_t *bias;
	const struct nnrt_line *line;
	const int16_t *end; /* of the taps */
	int panels; /* still to compute; where some are left, the sums of the first of them are known */
	unsigned char *y[3];
	int32_t sum[6]; /* [channel][pixel] */
};

/** Saves registers, and leaves on the stack: where the taps' loop begins, their end, the tile. The loop takes turns of
 *  four steps; r0 moves by 8 or 24 bytes a step. clear, set: where an odd number of steps begins whose bytes have bit 4
 *  clear or set: three of them, or one, are left over. */
#define NNRT_SMLAD_BEGIN(clear, set) \
	"push {r0, r4-r11, lr}\n" \
	"ldr r1, [r0, #4]\n" \
	"ldr r2, [r0]\n" \
	"ldr lr, [r0, #16]\n" \
	"sub r2, lr, r2\n" \
	"tst r2, #8\n" \
	"bne 5f\n" \
	"tst r2, #16\n" \
	"ite eq\n" \
	"adreq.w r12, 1f\n" \
	"adrne.w r12, 3f\n" \
	"b 6f\n" \
	"5:\n" \
	"tst r2, #16\n" \
	"ite eq\n" \
	"adreq.w r12, " clear "\n" \
	"adrne.w r12, " set "\n" \
	"6:\n" \
	"add r12, #1\n" \
	"push {r12, lr}\n"

/** The taps' loop, from where the stack says. An assembler's macro, for C allows no longer strings. */
#define NNRT_SMLAD_TURNS(step) \
	".macro nnrt_step\n" step ".endm\n" \
	"ldr pc, [sp]\n" \
	"1:\n" \
	"nnrt_step\n" \
	"2:\n" \
	"nnrt_step\n" \
	"3:\n" \
	"nnrt_step\n" \
	"4:\n" \
	"nnrt_step\n" \
	".purgem nnrt_step\n" \
	"ldr r12, [sp, #4]\n" \
	"cmp r0, r12\n" \
	"bne 1b\n" \
	"ldr r3, [sp, #8]\n" \
	"ldr r2, [r3, #12]\n"

/** One panel less: to label 9 for the next one. r3: the tile, of which r2 counts the panels. Label 7, with the sums in
 *  `sums`, leaves the panel as it is. */
#define NNRT_SMLAD_END(sums) \
	"ldr r2, [r3, #20]\n" \
	"subs r2, #1\n" \
	"str r2, [r3, #20]\n" \
	"bne 9b\n" \
	"b 8f\n" \
	"7:\n" \
	"add r2, r3, #36\n" \
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

/** A channel of three pixels, by a line with a late step or without. */
#define NNRT_SMLAD_CHANNEL(a, b, c, slope, offset) \
	"cmp " slope ", #0\n" \
	"bgt 10f\n" \
	"rsb " slope ", " slope ", #0\n" \
	"asr r2, " offset ", #16\n" \
	"sxth " offset ", " offset "\n" \
	NNRT_SMLAD_LATE(a, slope, offset) \
	NNRT_SMLAD_LATE(b, slope, offset) \
	NNRT_SMLAD_LATE(c, slope, offset) \
	"b 11f\n" \
	"10:\n" \
	NNRT_SMLAD_LINE(a, slope, offset) \
	NNRT_SMLAD_LINE(b, slope, offset) \
	NNRT_SMLAD_LINE(c, slope, offset) \
	"11:\n"

/** y[pixel][channel] for panels of two channels from sums, bias + four terms a step: taps [step][3][4] as
 *  nnrt_smlad_put() leaves them, w [step][2][4]. Stops at a panel with a slope of 0, whose sums it
 *  leaves. */
NNRT_NAKED void nnrt_smlad_3x2(struct nnrt_smlad_tile *t __attribute__((unused)))
{
	__asm__ volatile(NNRT_SMLAD_BEGIN("2f", "4f") "9:\n"
			 "ldr r3, [sp, #8]\n"
			 "ldr r2, [r3, #8]\n"
			 "ldrd r4, r7, [r2], #8\n"
			 "str r2, [r3, #8]\n"
			 "ldr r0, [r3]\n"
			 "mov r5, r4\n"
			 "mov r6, r4\n"
			 "mov r8, r7\n"
			 "mov r9, r7\n" NNRT_SMLAD_TURNS(NNRT_SMLAD_3X2) "ldm r2!, {r10, r11, r12, lr}\n"
			 "str r2, [r3, #12]\n"
			 "cmp r10, #0\n"
			 "it gt\n"
			 "cmpgt r12, #0\n"
			 "ble 12f\n" NNRT_SMLAD_LINE("r4", "r10", "r11") NNRT_SMLAD_LINE("r5", "r10", "r11")
				 NNRT_SMLAD_LINE("r6", "r10", "r11") NNRT_SMLAD_LINE("r7", "r12", "lr")
				 NNRT_SMLAD_LINE("r8", "r12", "lr") NNRT_SMLAD_LINE("r9", "r12", "lr")
			 "13:\n"
			 "add r12, r3, #24\n"
			 "ldm r12, {r2, r10, r11}\n"
			 "strb r4, [r2], #1\n"
			 "strb r7, [r2], #1\n"
			 "strb r5, [r10], #1\n"
			 "strb r8, [r10], #1\n"
			 "strb r6, [r11], #1\n"
			 "strb r9, [r11], #1\n"
			 "stm r12, {r2, r10, r11}\n" NNRT_SMLAD_END("{r4-r9}")
			 "12:\n"
			 "cmp r10, #0\n"
			 "it ne\n"
			 "cmpne r12, #0\n"
			 "beq 7b\n" NNRT_SMLAD_CHANNEL("r4", "r5", "r6", "r10", "r11")
				 NNRT_SMLAD_CHANNEL("r7", "r8", "r9", "r12", "lr") "b 13b\n");
}

/** The same of one pixel and panels of four channels: taps [step][4], w [step][4][4]. */
NNRT_NAKED void nnrt_smlad_1x4(struct nnrt_smlad_tile *t __attribute__((unused)))
{
	__asm__ volatile(NNRT_SMLAD_BEGIN("4f", "2f") "9:\n"
			 "ldr r3, [sp, #8]\n"
			 "ldr r2, [r3, #8]\n"
			 "ldm r2!, {r4-r7}\n"
			 "str r2, [r3, #8]\n"
			 "ldr r0, [r3]\n" NNRT_SMLAD_TURNS(NNRT_SMLAD_1X4) "ldm r2!, {r8-r12, lr}\n"
			 "ldr r0, [r2]\n"
			 "cmp r8, #0\n"
			 "ittt gt\n"
			 "cmpgt r10, #0\n"
			 "cmpgt r12, #0\n"
			 "cmpgt r0, #0\n"
			 "ble 7f\n" NNRT_SMLAD_LINE("r4", "r8", "r9") NNRT_SMLAD_LINE("r5", "r10", "r11")
				 NNRT_SMLAD_LINE("r6", "r12", "lr")
			 "ldm r2!, {r8, r9}\n" NNRT_SMLAD_LINE("r7", "r8", "r9")
			 "str r2, [r3, #12]\n"
			 "ldr r12, [r3, #24]\n"
			 "strb r4, [r12], #1\n"
			 "strb r5, [r12], #1\n"
			 "strb r6, [r12], #1\n"
			 "strb r7, [r12], #1\n"
			 "str r12, [r3, #24]\n" NNRT_SMLAD_END("{r4-r7}"));
}

/** Bytes 0 and 2 of v as 16 bits each, then 1 and 3. */
NNRT_INLINE void nnrt_smlad_put(int16_t *to, uint32_t v, int is_signed)
{
	uint32_t even, odd;

	if (is_signed)
		__asm__("sxtb16 %0, %2\n\tsxtb16 %1, %2, ror #8" : "=&r"(even), "=r"(odd) : "r"(v));
	else
		__asm__("uxtb16 %0, %2\n\tuxtb16 %1, %2, ror #8" : "=&r"(even), "=r"(odd) : "r"(v));
	memcpy(to, &even, sizeof even);
	memcpy(to + 2, &odd, sizeof odd);
}

/** The same of four bytes. */
NNRT_INLINE void nnrt_smlad_put_bytes(int16_t *to, const unsigned char *from, int is_signed)
{
	uint32_t v;

	memcpy(&v, from, sizeof v);
	nnrt_smlad_put(to, v, is_signed);
}

/** Taps of a pixel on their way to 16 bits: `to` is where the next four go, `step` elements on those after them. */
struct nnrt_smlad_taps {
	int16_t *to;
	int step;
	int have; /* bytes that wait in word for the next ones, 0 to 3 */
	uint32_t word;
};

/** One byte more. */
NNRT_INLINE void nnrt_smlad_take_byte(struct nnrt_smlad_taps *t, unsigned char byte, int is_signed)
{
	t->word |= (uint32_t)byte << 8 * t->have;
	if (++t->have < 4)
		return;
	nnrt_smlad_put(t->to, t->word, is_signed);
	t->to += t->step;
	t->word = 0;
	t->have = 0;
}

/** n bytes more. */
NNRT_INLINE void nnrt_smlad_take(struct nnrt_smlad_taps *t, const unsigned char *from, int n, int is_signed)
{
	const unsigned char *const end = from + n;

	while (t->have > 0 && from < end)
		nnrt_smlad_take_byte(t, *from++, is_signed);
	for (; end - from >= 4; from += 4) {
		nnrt_smlad_put_bytes(t->to, from, is_signed);
		t->to += t->step;
	}
	while (from < end)
		nnrt_smlad_take_byte(t, *from++, is_signed);
}

/** Gathers what the output pixel sees whose first tap is at (iy, ix), (ky, kx, channel) inside, rounded up to a
 *  multiple of four. */
NNRT_INLINE void nnrt_smlad_gather(const struct nnrt_conv *p, const unsigned char *x, const unsigned char *zero,
				   int16_t *to, int step, int iy, int ix, int is_signed)
{
	const int run = p->kernel_w * p->ic;
	const int row_inside = ix >= 0 && ix + p->kernel_w <= p->in_w && p->x_pixel == p->ic && p->dilation_w == 1;
	struct nnrt_smlad_taps t = { to, step, 0, 0 };

	for (int ky = 0; ky < p->kernel_h; ky++) {
		const int sy = iy + ky * p->dilation_h;
		const unsigned char *row = x + nnrt_ring(sy, p->x_ring) * p->x_row;

		if (row_inside && sy >= 0 && sy < p->in_h) {
			nnrt_smlad_take(&t, row + ix * p->x_pixel, run, is_signed);
			continue;
		}
		for (int kx = 0; kx < p->kernel_w; kx++) {
			const int sx = ix + kx * p->dilation_w;
			const int inside = sy >= 0 && sy < p->in_h && sx >= 0 && sx < p->in_w;

			nnrt_smlad_take(&t, inside ? row + sx * p->x_pixel : zero, p->ic, is_signed);
		}
	}
	if (t.have > 0)
		nnrt_smlad_put(t.to, t.word, is_signed);
}

/** The same of int8 where all rows lie inside the image and each is so many whole words in a piece. */
NNRT_SHARED void nnrt_smlad_gather_words(const struct nnrt_conv *p, const unsigned char *x, int16_t *to, int step,
					 int iy, int words)
{
	for (int ky = p->kernel_h; ky > 0; ky--, iy += p->dilation_h) {
		const unsigned char *from = x + nnrt_ring(iy, p->x_ring) * p->x_row;
		int left = words;

		for (; left >= 4; left -= 4, from += 16) {
			NNRT_UNROLL(4)
			for (int i = 0; i < 4; i++, to += step) {
				NNRT_OPAQUE(to); /* one pointer, or gcc spills four */
				nnrt_smlad_put_bytes(to, from + 4 * i, 1);
			}
		}
		for (; left > 0; left--, from += 4, to += step)
			nnrt_smlad_put_bytes(to, from, 1);
	}
}

/** Both for all nodes of a model. */
NNRT_SHARED void nnrt_smlad_gather_any(const struct nnrt_conv *p, const unsigned char *x, const unsigned char *zero,
				       int16_t *to, int step, int iy, int ix, int is_signed)
{
	const int run = p->kernel_w * p->ic;
	const int inside = iy >= 0 && iy + (p->kernel_h - 1) * p->dilation_h < p->in_h && ix >= 0 &&
			   ix + p->kernel_w <= p->in_w && p->x_pixel == p->ic && p->dilation_w == 1;

	if (inside && run % 4 == 0 && is_signed)
		nnrt_smlad_gather_words(p, x + ix * p->x_pixel, to, step, iy, run / 4);
	else if (is_signed)
		nnrt_smlad_gather(p, x, zero, to, step, iy, ix, 1);
	else
		nnrt_smlad_gather(p, x, zero, to, step, iy, ix, 0);
}

/** oc channels of a tile of pixels, a panel of weights after the other. */
NNRT_INLINE void nnrt_smlad_panels(struct nnrt_smlad_tile *t, const struct nnrt_line *line, int oc, struct nnrt_int8 q,
				   int rows, int columns)
{
	/* Stops at every panel: its bounds are not those of int8, or it has fewer channels. */
	static const struct nnrt_line stop[4] = { { 0, 0 }, { 0, 0 }, { 0, 0 }, { 0, 0 } };
	const int is_whole = q.low + q.zero == INT8_MIN && q.high + q.zero == INT8_MAX;

	while (oc > 0) {
		const int panels = is_whole ? oc / columns : 0;

		t->panels = panels > 0 ? panels : 1;
		t->line = panels > 0 ? line : stop;
		if (rows == 1)
			nnrt_smlad_1x4(t);
		else
			nnrt_smlad_3x2(t);
		if (panels > 0) {
			line += (panels - t->panels) * columns;
			oc -= (panels - t->panels) * columns;
			if (t->panels == 0)
				continue;
		}
		for (int j = 0; j < columns && j < oc; j++)
			for (int i = 0; i < rows; i++)
				*t->y[i]++ = (unsigned char)nnrt_line_value(t->sum[j * rows + i], line + j, q.low,
									    q.high, q.zero);
		line += columns;
		oc -= columns;
	}
}

/** nnrt_smlad_panels() for three pixels by two channels. */
static NNRT_LITERAL void nnrt_smlad_panels_3x2(struct nnrt_smlad_tile *t, const struct nnrt_line *line, int oc,
					       const struct nnrt_int8 *q)
{
	nnrt_smlad_panels(t, line, oc, *q, 3, 2);
}

/** nnrt_smlad_panels() for one pixel by four channels. */
static NNRT_LITERAL void nnrt_smlad_panels_1x4(struct nnrt_smlad_tile *t, const struct nnrt_line *line, int oc,
					       const struct nnrt_int8 *q)
{
	nnrt_smlad_panels(t, line, oc, *q, 1, 4);
}

/** nnrt_conv_int8() by SMLAD, for 3 rows and 2 columns, or 1 and 4. w and scratch: whole words. */
NNRT_INLINE void nnrt_conv_smlad(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
				 const void *scale, const void *zero, void *y, void *scratch, int is_signed, int low,
				 int high, int y_zero, int rows, int columns)
{
	const struct nnrt_int8 q = { is_signed, low, high, y_zero };
	const int steps = (p->kernel_h * p->kernel_w * p->ic + 3) / 4, out_w = p->out_w;
	const ptrdiff_t pixels = (ptrdiff_t)(p->row_end - p->row_begin) * out_w;
	const struct nnrt_line *const lines = (const struct nnrt_line *)scale;
	int16_t *const taps = (int16_t *)scratch;
	int oy = p->row_begin, ox = 0;

	(void)columns;
	for (ptrdiff_t m = 0; m < pixels; m += rows) {
		struct nnrt_smlad_tile tile;

		tile.taps = taps;
		tile.w = w;
		tile.bias = bias;
		tile.end = taps + steps * rows * 4;
		for (int i = 0; i < rows; i++) {
			tile.y[i] = (unsigned char *)y + nnrt_ring(oy, p->y_ring) * p->y_row + ox * p->y_pixel;
			nnrt_smlad_gather_any(p, (const unsigned char *)x, (const unsigned char *)zero,
					      taps + i * 4, rows * 4, oy * p->stride_h - p->pad_top,
					      ox * p->stride_w - p->pad_left, is_signed);
			if (m + i + 1 >= pixels) /* the last pixel once more */
				continue;
			if (++ox == out_w) {
				ox = 0;
				oy++;
			}
		}
		if (rows == 1)
			nnrt_smlad_panels_1x4(&tile, lines, p->oc, &q);
		else
			nnrt_smlad_panels_3x2(&tile, lines, p->oc, &q);
	}
}

#endif
