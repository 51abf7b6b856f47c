/* Depthwise convolution of int8 by SMLAD for a row at a time: 3x3 at stride 1, with a row and a column of padding on
 * each side. Nothing is copied: bytes are read where they lie, two channels at a time, so that a row alone takes no
 * scratch and no longer than one of many. Of the three rows that a column shows, the first two meet in a word a
 * channel, (x0 x1), the third in one of both channels; each column adds to the sums of three outputs, the first of
 * which is then done. */
#ifndef NNRT_DEPTHWISE_DIRECT_H
#define NNRT_DEPTHWISE_DIRECT_H

#include "runtime_min/kernels/int8_smlad.h"

enum {
	NNRT_DIRECT_GROUP = 4, /* channels: two of even number, two of odd */
	NNRT_DIRECT_WEIGHTS = 18 /* words of a group */
};

/** An output row on its way through groups of channels: the first five move on with each. The assembly knows the
 *  order. */
struct nnrt_direct {
	const unsigned char *x; /* the first row's first column */
	unsigned char *y;
	const uint32_t *w;
	const int32_t *bias;
	const struct nnrt_line *line;
	ptrdiff_t row1, row2; /* of the other rows, from the first one */
	ptrdiff_t pixel, y_pixel;
	uint32_t padding; /* twice, 16 bits each */
	int groups; /* >= 1 */
	ptrdiff_t width; /* bytes of columns, one at least */
	void (*any)(const struct nnrt_direct *d, const uint32_t *w, int c); /* for channels without a plain line */
	const struct nnrt_int8 *q;
};

/** Three rows of the column at r0, two channels of them: r5, r3: the first two rows of either, r4: the third of both.
 *  On the stack: row1, row2, pixel. */
#define NNRT_DIRECT_COLUMN(turn) \
	"ldm sp, {r5, r6, r7}\n" \
	"ldr r3, [r0, r5]\n" \
	"ldr r4, [r0, r6]\n" \
	"ldr r2, [r0]\n" \
	"add r0, r7\n" \
	"sxtb16 r3, r3" turn "\n" \
	"sxtb16 r4, r4" turn "\n" \
	"sxtb16 r2, r2" turn "\n" \
	"pkhbt r5, r2, r3, lsl #16\n" \
	"pkhtb r3, r3, r2, asr #16\n"

/** Adds the column's products with the weights in r2, r6, r7 to both channels' sums. */
#define NNRT_DIRECT_ADD(a, b) \
	"smlad " a ", r5, r2, " a "\n" \
	"smlad " b ", r3, r6, " b "\n" \
	"smlabb " a ", r4, r7, " a "\n" \
	"smlatt " b ", r4, r7, " b "\n"

/** The same of padding, in a register of its own. */
#define NNRT_DIRECT_PAD(padding, a, b) \
	"smlad " a ", " padding ", r2, " a "\n" \
	"smlad " b ", " padding ", r6, " b "\n" \
	"smlabb " a ", " padding ", r7, " a "\n" \
	"smlabt " b ", " padding ", r7, " b "\n"

/** Stores an output of both channels. */
#define NNRT_DIRECT_STORE(a, b) \
	"ldrd r2, r3, [sp, #12]\n" \
	"ldrd r5, r6, [sp, #20]\n" NNRT_SMLAD_LINE(a, "r2", "r3") NNRT_SMLAD_LINE(b, "r5", "r6") \
	"ldrd r2, r3, [sp, #36]\n" \
	"strb " a ", [r2]\n" \
	"strb " b ", [r2, #2]\n" \
	"add r2, r3\n" \
	"str r2, [sp, #36]\n"

/** A column: the last one of output a, the middle one of b, the first one of c. Then a begins anew, and all ends at
 *  `end` behind the last column. */
#define NNRT_DIRECT_TURN(turn, a0, a1, b0, b1, c0, c1, end) \
	NNRT_DIRECT_COLUMN(turn) \
	"ldm r1!, {r2, r6, r7}\n" NNRT_DIRECT_ADD(a0, a1) \
	"ldm r1!, {r2, r6, r7}\n" NNRT_DIRECT_ADD(b0, b1) \
	"ldm r1, {r2, r6, r7}\n" NNRT_DIRECT_ADD(c0, c1) \
	"sub r1, #24\n" NNRT_DIRECT_STORE(a0, a1) \
	"ldrd " a0 ", " a1 ", [sp, #28]\n" \
	"ldr r2, [sp, #44]\n" \
	"cmp r0, r2\n" \
	"beq " end "f\n"

/** Channels c and c + 2 of a group, c their number; turn: what brings them to even places. r1: their weights, which it
 *  leaves behind them, r3: the struct. */
#define NNRT_DIRECT_PAIR(c, line2, bias, bias2, line, turn) \
	"ldr r2, [r3, #16]\n" \
	"ldrd r4, r5, [r2, #" line "]\n" \
	"ldrd r6, r7, [r2, #" line2 "]\n" \
	"strd r4, r5, [sp, #12]\n" \
	"strd r6, r7, [sp, #20]\n" \
	"ldr r2, [r3, #12]\n" \
	"cmp r4, #0\n" \
	"it gt\n" \
	"cmpgt r6, #0\n" \
	"ble 5f\n" \
	"ldr r10, [r2, #" bias "]\n" \
	"ldr r11, [r2, #" bias2 "]\n" \
	"ldrd r0, r2, [r3]\n" \
	"ldr r4, [r3, #44]\n" \
	"ldr r8, [r3, #36]\n" \
	"strd r10, r11, [sp, #28]\n" \
	"add r2, #" c "\n" \
	"add r4, r0\n" \
	"str r2, [sp, #36]\n" \
	"str r4, [sp, #44]\n" \
	"mov r12, r10\n" \
	"mov lr, r11\n" \
	"add r1, #12\n" NNRT_DIRECT_COLUMN(turn) \
	"ldm r1!, {r2, r6, r7}\n" NNRT_DIRECT_ADD("r10", "r11") \
	"ldm r1, {r2, r6, r7}\n" NNRT_DIRECT_ADD("r12", "lr") NNRT_DIRECT_PAD("r8", "r10", "r11") \
	"sub r1, #24\n" \
	"ldrd r8, r9, [sp, #28]\n" \
	"ldr r2, [sp, #44]\n" \
	"cmp r0, r2\n" \
	"beq 2f\n" \
	"1:\n" NNRT_DIRECT_TURN(turn, "r10", "r11", "r12", "lr", "r8", "r9", "3") \
		NNRT_DIRECT_TURN(turn, "r12", "lr", "r8", "r9", "r10", "r11", "4") \
		NNRT_DIRECT_TURN(turn, "r8", "r9", "r10", "r11", "r12", "lr", "2") \
	"b 1b\n" \
	"5:\n" \
	"mov r2, #" c "\n" \
	"mov r0, r3\n" \
	"ldr r4, [r3, #48]\n" \
	"mov r5, r1\n" \
	"blx r4\n" \
	"add r1, r5, #36\n" \
	"b 6f\n" \
	"3:\n" \
	"mov r10, r12\n" \
	"mov r11, lr\n" \
	"b 2f\n" \
	"4:\n" \
	"mov r10, r8\n" \
	"mov r11, r9\n" \
	"2:\n" \
	"ldr r3, [sp, #48]\n" \
	"ldr r4, [r3, #36]\n" \
	"ldm r1, {r2, r6, r7}\n" NNRT_DIRECT_PAD("r4", "r10", "r11") \
	"add r1, #36\n" NNRT_DIRECT_STORE("r10", "r11") \
	"6:\n" \
	"ldr r3, [sp, #48]\n"

/** The row. */
NNRT_NAKED void nnrt_direct_row(struct nnrt_direct *d __attribute__((unused)))
{
	/* Of assembler's macros, for C allows no longer strings. */
	__asm__ volatile("push {r4-r11, lr}\n"
			 "sub sp, #52\n"
			 "str r0, [sp, #48]\n"
			 "mov r3, r0\n"
			 "ldrd r4, r5, [r3, #20]\n"
			 "ldrd r6, r7, [r3, #28]\n"
			 "stm sp, {r4, r5, r6}\n"
			 "str r7, [sp, #40]\n"
			 "9:\n"
			 "ldr r1, [r3, #8]\n" NNRT_DIRECT_PAIR("0", "16", "0", "8", "0", "")
				 NNRT_DIRECT_PAIR("1", "24", "4", "12", "8", ", ror #8")
			 "ldm r3, {r4, r5, r6, r7, r8}\n"
			 "add r4, #4\n"
			 "add r5, #4\n"
			 "add r7, #16\n"
			 "add r8, #32\n"
			 "mov r6, r1\n"
			 "stm r3, {r4, r5, r6, r7, r8}\n"
			 "ldr r4, [r3, #40]\n"
			 "subs r4, #1\n"
			 "str r4, [r3, #40]\n"
			 "bne 9b\n"
			 "add sp, #52\n"
			 "pop {r4-r11, pc}\n");
}

/** Half `high` of a word. */
NNRT_INLINE int nnrt_direct_half(uint32_t v, int high)
{
	return (int16_t)(v >> 16 * high);
}

/** Products of a column with the weights that an output has for it. */
NNRT_INLINE int32_t nnrt_direct_products(const uint32_t *w, int high, int first, int second, int third)
{
	return nnrt_direct_half(w[high], 0) * first + nnrt_direct_half(w[high], 1) * second +
	       nnrt_direct_half(w[2], high) * third;
}

/** Channels c and c + 2 of a group, where one of them has no plain line; w: their weights. */
NNRT_SHARED void nnrt_direct_any(const struct nnrt_direct *d, const uint32_t *w, int c)
{
	const int pad = (int8_t)d->padding;

	for (int high = 0; high < 2; high++) {
		const int at = c + 2 * high;
		const int8_t *x = (const int8_t *)d->x + at;
		unsigned char *y = d->y + at;
		int32_t done = 0, sum = d->bias[at] + nnrt_direct_products(w + 6, high, pad, pad, pad);

		for (ptrdiff_t i = 0; i <= d->width; i += d->pixel, x += d->pixel) {
			const int inside = i < d->width;
			const int first = inside ? x[0] : pad, second = inside ? x[d->row1] : pad;
			const int third = inside ? x[d->row2] : pad;

			if (i > 0) {
				done += nnrt_direct_products(w, high, first, second, third);
				*y = (unsigned char)nnrt_line_value(done, d->line + at, d->q->low, d->q->high,
								    d->q->zero);
				y += d->y_pixel;
			}
			done = sum + nnrt_direct_products(w + 3, high, first, second, third);
			sum = d->bias[at] + nnrt_direct_products(w + 6, high, first, second, third);
		}
	}
}

/** A group of an output row whose first (top) or last row is padding: weights that see it become a part of the bias.
 *  Moves on to the next one. */
NNRT_SHARED void nnrt_direct_border(struct nnrt_direct *d, int top, int bottom)
{
	const uint32_t *const w = d->w;
	const int32_t *const from = d->bias;
	uint32_t words[NNRT_DIRECT_WEIGHTS];
	int32_t bias[NNRT_DIRECT_GROUP];
	const int pad = (int16_t)d->padding;

	for (int i = 0; i < NNRT_DIRECT_GROUP; i++)
		bias[i] = from[i];
	for (int i = 0; i < NNRT_DIRECT_WEIGHTS; i += 3) {
		const uint32_t low = w[i], high = w[i + 1], third = w[i + 2];
		int32_t *const sum = bias + (i >= NNRT_DIRECT_WEIGHTS / 2);

		words[i] = top ? low & 0xffff0000u : low;
		words[i + 1] = top ? high & 0xffff0000u : high;
		words[i + 2] = bottom ? 0 : third;
		if (top) {
			sum[0] += pad * nnrt_direct_half(low, 0);
			sum[2] += pad * nnrt_direct_half(high, 0);
		}
		if (bottom) {
			sum[0] += pad * nnrt_direct_half(third, 0);
			sum[2] += pad * nnrt_direct_half(third, 1);
		}
	}
	d->w = words;
	d->bias = bias;
	d->groups = 1;
	nnrt_direct_row(d);
	d->w = w + NNRT_DIRECT_WEIGHTS;
	d->bias = from + NNRT_DIRECT_GROUP;
}

/** One output row. */
NNRT_SHARED void nnrt_direct_rows(const struct nnrt_conv *p, const unsigned char *x, const int8_t *w,
				  const int32_t *bias, const void *scale, const void *zero, unsigned char *y,
				  const struct nnrt_int8 *q)
{
	struct nnrt_direct d;

	for (int oy = p->row_begin; oy < p->row_end; oy++) {
		const int top = oy == 0, bottom = oy + 1 == p->in_h;
		const ptrdiff_t middle = nnrt_ring(oy, p->x_ring) * p->x_row;
		const ptrdiff_t first = top ? middle : nnrt_ring(oy - 1, p->x_ring) * p->x_row;
		const ptrdiff_t last = bottom ? middle : nnrt_ring(oy + 1, p->x_ring) * p->x_row;

		d.x = x + first;
		d.y = y + nnrt_ring(oy, p->y_ring) * p->y_row;
		d.w = (const uint32_t *)(const void *)w;
		d.bias = bias;
		d.line = (const struct nnrt_line *)scale;
		d.row1 = middle - first;
		d.row2 = last - first;
		d.pixel = p->x_pixel;
		d.y_pixel = p->y_pixel;
		d.padding = (uint32_t)(*(const int8_t *)zero & 0xffff) * 0x10001u;
		d.groups = p->oc / NNRT_DIRECT_GROUP;
		d.width = p->in_w * p->x_pixel;
		d.any = nnrt_direct_any;
		d.q = q;
		if (!top && !bottom) {
			nnrt_direct_row(&d);
			continue;
		}
		for (int c = 0; c < p->oc; c += NNRT_DIRECT_GROUP)
			nnrt_direct_border(&d, top, bottom);
	}
}

/** y[oy][ox][c] = saturate(round_half_even(float(bias[c] + sum over ky, kx of x[iy][ix][c] * w[ky][kx][c]) * scale[c])
 *  + y_zero) of int8, for the output rows that p says; kernels of 3x3 without dilation at stride 1, pad_top, pad_left
 *  and those at the other sides 1, so that the result is as large as the image; oc a multiple of four; low and high the
 *  bounds of int8 less y_zero. As nnrt_conv_int8(); w, whole words: PAIRS of compiler/kernels/pack_forms.def. y may not
 *  overlap x. ONNX QLinearConv-10. */
NNRT_INLINE void nnrt_depthwise_direct(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
				       const void *scale, const void *zero, void *y, int is_signed, int low, int high,
				       int y_zero)
{
	const struct nnrt_int8 q = { is_signed, low, high, y_zero };

	nnrt_direct_rows(p, (const unsigned char *)x, w, bias, scale, zero, (unsigned char *)y, &q);
}

#endif
