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
#define NNRT_SMLAD_3X2                                                                                                 \
	"ldrd r3, lr, [r1], #8\n"                                                                                      \
	"ldrd r10, r11, [r0], #24\n"                                                                                   \
	"sxtb16 r2, r3\n"                                                                                              \
	"sxtb16 r3, r3, ror #8\n"                                                                                      \
	"sxtb16 r12, lr\n"                                                                                             \
	"sxtb16 lr, lr, ror #8\n"                                                                                      \
	"smlad r4, r2, r10, r4\n"                                                                                      \
	"smlad r7, r12, r10, r7\n"                                                                                     \
	"smlad r4, r3, r11, r4\n"                                                                                      \
	"smlad r7, lr, r11, r7\n"                                                                                      \
	"ldrd r10, r11, [r0, #-16]\n"                                                                                  \
	"smlad r5, r2, r10, r5\n"                                                                                      \
	"smlad r8, r12, r10, r8\n"                                                                                     \
	"smlad r5, r3, r11, r5\n"                                                                                      \
	"smlad r8, lr, r11, r8\n"                                                                                      \
	"ldrd r10, r11, [r0, #-8]\n"                                                                                   \
	"smlad r6, r2, r10, r6\n"                                                                                      \
	"smlad r9, r12, r10, r9\n"                                                                                     \
	"smlad r6, r3, r11, r6\n"                                                                                      \
	"smlad r9, lr, r11, r9\n"

/** Four terms of one pixel and a channel: its weights in `weights`, taps in r2 and r3. */
#define NNRT_SMLAD_1X1(sum, weights)                                                                                   \
	"sxtb16 r12, " weights "\n"                                                                                    \
	"sxtb16 " weights ", " weights ", ror #8\n"                                                                    \
	"smlad " sum ", r12, r2, " sum "\n"                                                                            \
	"smlad " sum ", " weights ", r3, " sum "\n"

/** Four terms of one pixel and four channels. r0: taps, r1: weights; r4 to r7: sums. */
#define NNRT_SMLAD_1X4                                                                                                 \
	"ldrd r2, r3, [r0], #8\n"                                                                                      \
	"ldm r1!, {r8-r11}\n" NNRT_SMLAD_1X1("r4", "r8") NNRT_SMLAD_1X1("r5", "r9") NNRT_SMLAD_1X1("r6", "r10")        \
		NNRT_SMLAD_1X1("r7", "r11")

/** A tile of sums, for one panel of weights after the other. */
struct nnrt_smlad_tile {
	const int16_t *taps;
	const int8_t *w; /* of this panel; then of the next one */
	const int32_t *bias; /* likewise */
	const int16_t *end; /* of the taps */
	int32_t sum[6];
};

/** Runs `step`, at least once and by turns of four, until r0 comes to lr; r0 moves by 8 or 24 bytes a step. clear, set:
 *  where an odd number of steps begins whose bytes have bit 4 clear or set: three of them, or one, are left over. */
#define NNRT_SMLAD_TURNS(step, clear, set)                                                                             \
	"push {lr}\n"                                                                                                  \
	"sub r12, lr, r0\n"                                                                                            \
	"tst r12, #8\n"                                                                                                \
	"bne 5f\n"                                                                                                     \
	"tst r12, #16\n"                                                                                               \
	"bne 3f\n"                                                                                                     \
	"1:\n" step "2:\n" step "3:\n" step "4:\n" step "ldr r12, [sp]\n"                                              \
	"cmp r0, r12\n"                                                                                                \
	"bne 1b\n"                                                                                                     \
	"b 6f\n"                                                                                                       \
	"5:\n"                                                                                                         \
	"tst r12, #16\n"                                                                                               \
	"beq " clear "\n"                                                                                              \
	"b " set "\n"                                                                                                  \
	"6:\n"

/** sum[channel][pixel] = bias[channel] + four terms a step: taps [step][3][4] as nnrt_smlad_put() leaves them, w
 *  [step][2][4]. */
NNRT_NAKED void nnrt_smlad_3x2(struct nnrt_smlad_tile *t __attribute__((unused)))
{
	__asm__ volatile("push {r0, r4-r11, lr}\n"
			 "ldrd r1, r2, [r0, #4]\n"
			 "ldr lr, [r0, #12]\n"
			 "ldrd r4, r7, [r2], #8\n"
			 "str r2, [r0, #8]\n"
			 "ldr r0, [r0]\n"
			 "mov r5, r4\n"
			 "mov r6, r4\n"
			 "mov r8, r7\n"
			 "mov r9, r7\n" NNRT_SMLAD_TURNS(NNRT_SMLAD_3X2, "2b", "4b") "pop {r2, r3}\n"
										     "str r1, [r3, #4]\n"
										     "adds r3, #16\n"
										     "stm r3, {r4-r9}\n"
										     "pop {r4-r11, pc}\n");
}

/** sum[channel] = bias[channel] + four terms a step: taps [step][4], w [step][4][4]. */
NNRT_NAKED void nnrt_smlad_1x4(struct nnrt_smlad_tile *t __attribute__((unused)))
{
	__asm__ volatile("push {r0, r4-r11, lr}\n"
			 "ldrd r1, r2, [r0, #4]\n"
			 "ldr lr, [r0, #12]\n"
			 "ldm r2!, {r4-r7}\n"
			 "str r2, [r0, #8]\n"
			 "ldr r0, [r0]\n" NNRT_SMLAD_TURNS(NNRT_SMLAD_1X4, "4b", "2b") "pop {r2, r3}\n"
										       "str r1, [r3, #4]\n"
										       "adds r3, #16\n"
										       "stm r3, {r4-r7}\n"
										       "pop {r4-r11, pc}\n");
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

/** round_half_even(float(sum) * scale) + zero, or, where that exceeds 22 bits, a number as far off on the same side.
 *  round_zero: 0x4b400000 - zero, the first being 1.5 * 2^23, beside which a float has no room for a fraction; what is
 *  below -1.5 * 2^23 has its sign there and stops at the least number. */
NNRT_INLINE int32_t nnrt_smlad_round(int32_t sum, float scale, int32_t round_zero)
{
	const float rounded = (float)sum * scale + 12582912.0f;
	int32_t v;

	__asm__("qsub %0, %1, %2" : "=r"(v) : "r"(nnrt_bits_f32(rounded)), "r"(round_zero));
	return v;
}

/** The nearest int8. */
NNRT_INLINE unsigned char nnrt_smlad_i8(int32_t v)
{
	__asm__("ssat %0, #8, %0" : "+r"(v));
	return (unsigned char)v;
}

/** A channel of each pixel from its sums; y: where they go. is_whole: the bounds are those of int8. */
NNRT_INLINE void nnrt_smlad_finish(const int32_t *sum, float scale, unsigned char **y, struct nnrt_int8 q, int rows,
				   int is_whole)
{
	const int low = q.low + q.zero, high = q.high + q.zero;

	NNRT_UNROLL(3)
	for (int i = 0; i < rows; i++) {
		const int32_t v = nnrt_smlad_round(sum[i], scale, 0x4b400000 - q.zero);

		if (is_whole)
			*y[i]++ = nnrt_smlad_i8(v);
		else
			*y[i]++ = (unsigned char)(v < low ? low : v > high ? high : v);
	}
}

/** oc channels of a tile of pixels, a panel of weights after the other; to: where each pixel's go. */
NNRT_INLINE void nnrt_smlad_panels(struct nnrt_smlad_tile *t, const float *scale, unsigned char *const *to, int oc,
				   struct nnrt_int8 q, int rows, int columns)
{
	const int is_whole = q.low + q.zero == INT8_MIN && q.high + q.zero == INT8_MAX;
	unsigned char *y[3];

	NNRT_UNROLL(3)
	for (int i = 0; i < rows; i++)
		y[i] = to[i];
	for (; oc > 0; oc -= columns, scale += columns) {
		if (rows == 1)
			nnrt_smlad_1x4(t);
		else
			nnrt_smlad_3x2(t);
		if (is_whole && oc >= columns) {
			NNRT_UNROLL(4)
			for (int j = 0; j < columns; j++)
				nnrt_smlad_finish(t->sum + j * rows, scale[j], y, q, rows, 1);
		} else {
			for (int j = 0; j < columns && j < oc; j++)
				nnrt_smlad_finish(t->sum + j * rows, scale[j], y, q, rows, 0);
		}
	}
}

/** nnrt_smlad_panels() for three pixels by two channels. */
static NNRT_LITERAL void nnrt_smlad_panels_3x2(struct nnrt_smlad_tile *t, const float *scale, unsigned char *const *to,
					       int oc, const struct nnrt_int8 *q)
{
	nnrt_smlad_panels(t, scale, to, oc, *q, 3, 2);
}

/** nnrt_smlad_panels() for one pixel by four channels. */
static NNRT_LITERAL void nnrt_smlad_panels_1x4(struct nnrt_smlad_tile *t, const float *scale, unsigned char *const *to,
					       int oc, const struct nnrt_int8 *q)
{
	nnrt_smlad_panels(t, scale, to, oc, *q, 1, 4);
}

/** nnrt_conv_int8() by SMLAD, for 3 rows and 2 columns, or 1 and 4. w and scratch: whole words. */
NNRT_INLINE void nnrt_conv_smlad(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
				 const float *scale, const void *zero, void *y, void *scratch, int is_signed, int low,
				 int high, int y_zero, int rows, int columns)
{
	const struct nnrt_int8 q = { is_signed, low, high, y_zero };
	const int steps = (p->kernel_h * p->kernel_w * p->ic + 3) / 4, out_w = p->out_w;
	const ptrdiff_t pixels = (ptrdiff_t)(p->row_end - p->row_begin) * out_w;
	int16_t *const taps = (int16_t *)scratch;
	int oy = p->row_begin, ox = 0;

	(void)columns;
	for (ptrdiff_t m = 0; m < pixels; m += rows) {
		unsigned char *to[3];

		for (int i = 0; i < rows; i++) {
			to[i] = (unsigned char *)y + nnrt_ring(oy, p->y_ring) * p->y_row + ox * p->y_pixel;
			nnrt_smlad_gather_any(p, (const unsigned char *)x, (const unsigned char *)zero,
					      (int16_t *)scratch + i * 4, rows * 4, oy * p->stride_h - p->pad_top,
					      ox * p->stride_w - p->pad_left, is_signed);
			if (m + i + 1 >= pixels) /* the last pixel once more */
				continue;
			if (++ox == out_w) {
				ox = 0;
				oy++;
			}
		}
		struct nnrt_smlad_tile tile = { taps, w, bias, taps + steps * rows * 4, { 0 } };

		if (rows == 1)
			nnrt_smlad_panels_1x4(&tile, scale, to, p->oc, &q);
		else
			nnrt_smlad_panels_3x2(&tile, scale, to, p->oc, &q);
	}
}

#endif
