/* Depthwise 3x3 convolution of bytes by SMLAD, four channels at a time. Image rows are widened once, each channel a
 * plane of its own with its padding round it, so that the inner loops know no borders: words of two columns, those of
 * three rows side by side. The three rows are a ring: a new row takes the place of the oldest, and weights turn along.
 * With the columns (x0 x1) and (x2 x3) of a row and its weights as (w0 w1) and (w1 w2), four instructions give two
 * neighbours' terms, and two those of one at stride 2. */
#ifndef NNRT_DEPTHWISE_SMLAD_H
#define NNRT_DEPTHWISE_SMLAD_H

#include "runtime_min/kernels/int8_smlad.h"

enum {
	NNRT_PLANES = 4, /* channels at a time */
	NNRT_PLANES_ROWS = 3, /* of the kernel and of the ring */
	NNRT_PLANES_STRIP = 8, /* output columns at a time at stride 2 */
	NNRT_PLANES_WEIGHTS = 10 /* words of a channel: two a row, the first two rows once more */
};

/** Two neighbours at stride 1. r0: columns, r1: where sums go, r4 to r9: weights, lr: bias. */
#define NNRT_PLANES_STRIDE1                                                                                            \
	"ldm r0!, {r2, r3, r12}\n"                                                                                     \
	"smlad r10, r2, r4, lr\n"                                                                                      \
	"smlatb r11, r2, r4, lr\n"                                                                                     \
	"smlad r10, r3, r6, r10\n"                                                                                     \
	"smlatb r11, r3, r6, r11\n"                                                                                    \
	"smlad r10, r12, r8, r10\n"                                                                                    \
	"smlatb r11, r12, r8, r11\n"                                                                                   \
	"ldm r0, {r2, r3, r12}\n"                                                                                      \
	"smlabt r10, r2, r5, r10\n"                                                                                    \
	"smlad r11, r2, r5, r11\n"                                                                                     \
	"smlabt r10, r3, r7, r10\n"                                                                                    \
	"smlad r11, r3, r7, r11\n"                                                                                     \
	"smlabt r10, r12, r9, r10\n"                                                                                   \
	"smlad r11, r12, r9, r11\n"                                                                                    \
	"strd r10, r11, [r1], #8\n"

/** The same of one sum at stride 2. */
#define NNRT_PLANES_STRIDE2                                                                                            \
	"ldm r0!, {r2, r3, r12}\n"                                                                                     \
	"smlad r10, r2, r4, lr\n"                                                                                      \
	"smlad r10, r3, r6, r10\n"                                                                                     \
	"smlad r10, r12, r8, r10\n"                                                                                    \
	"ldm r0, {r2, r3, r12}\n"                                                                                      \
	"smlabt r10, r2, r5, r10\n"                                                                                    \
	"smlabt r10, r3, r7, r10\n"                                                                                    \
	"smlabt r10, r12, r9, r10\n"                                                                                   \
	"str r10, [r1], #4\n"

/** A function's body: `step` as often as its fifth argument says for each of four channels. On the stack meanwhile:
 *  weights, biases, bytes of a plane's turns, their end, channels left. */
#define NNRT_PLANES_CHANNELS(step)                                                                                     \
	"push {r4-r11, lr}\n"                                                                                          \
	"ldr r12, [sp, #36]\n"                                                                                         \
	"sub sp, #20\n"                                                                                                \
	"add r12, r12, r12, lsl #1\n"                                                                                  \
	"lsl r12, r12, #2\n"                                                                                           \
	"movs r4, #4\n"                                                                                                \
	"strd r2, r3, [sp]\n"                                                                                          \
	"str r12, [sp, #8]\n"                                                                                          \
	"str r4, [sp, #16]\n"                                                                                          \
	"1:\n"                                                                                                         \
	"ldrd r2, r3, [sp]\n"                                                                                          \
	"ldm r2, {r4-r9}\n"                                                                                            \
	"ldr lr, [r3], #4\n"                                                                                           \
	"adds r2, #40\n"                                                                                               \
	"strd r2, r3, [sp]\n"                                                                                          \
	"ldr r12, [sp, #8]\n"                                                                                          \
	"add r12, r0\n"                                                                                                \
	"str r12, [sp, #12]\n"                                                                                         \
	"2:\n" step "ldr r2, [sp, #12]\n"                                                                              \
	"cmp r0, r2\n"                                                                                                 \
	"bne 2b\n"                                                                                                     \
	"adds r0, #12\n"                                                                                               \
	"ldr r2, [sp, #16]\n"                                                                                          \
	"subs r2, #1\n"                                                                                                \
	"str r2, [sp, #16]\n"                                                                                          \
	"bne 1b\n"                                                                                                     \
	"add sp, #20\n"                                                                                                \
	"pop {r4-r11, pc}\n"

/** sum[channel][2 * turn ...] = bias[channel] + nine terms each, four channels, two neighbours a turn at stride 1.
 *  x: [channel][turns + 1][row of the ring] words of two columns; w: the ring's first row in each channel's weights. */
NNRT_NAKED void nnrt_planes_stride1(const uint32_t *x __attribute__((unused)), int32_t *sum __attribute__((unused)),
				    const uint32_t *w __attribute__((unused)),
				    const int32_t *bias __attribute__((unused)), int turns __attribute__((unused)))
{
	__asm__ volatile(NNRT_PLANES_CHANNELS(NNRT_PLANES_STRIDE1));
}

/** sum[channel][turn] likewise at stride 2. */
NNRT_NAKED void nnrt_planes_stride2(const uint32_t *x __attribute__((unused)), int32_t *sum __attribute__((unused)),
				    const uint32_t *w __attribute__((unused)),
				    const int32_t *bias __attribute__((unused)), int turns __attribute__((unused)))
{
	__asm__ volatile(NNRT_PLANES_CHANNELS(NNRT_PLANES_STRIDE2));
}

/** Four channels of two columns, a byte each, to words of both columns, `step` words from channel to channel. */
NNRT_INLINE void nnrt_planes_pair(uint32_t *to, ptrdiff_t step, uint32_t a, uint32_t b, int is_signed)
{
	uint32_t even, odd, even_b, odd_b, v;

	if (is_signed) {
		__asm__("sxtb16 %0, %2\n\tsxtb16 %1, %2, ror #8" : "=&r"(even), "=r"(odd) : "r"(a));
		__asm__("sxtb16 %0, %2\n\tsxtb16 %1, %2, ror #8" : "=&r"(even_b), "=r"(odd_b) : "r"(b));
	} else {
		__asm__("uxtb16 %0, %2\n\tuxtb16 %1, %2, ror #8" : "=&r"(even), "=r"(odd) : "r"(a));
		__asm__("uxtb16 %0, %2\n\tuxtb16 %1, %2, ror #8" : "=&r"(even_b), "=r"(odd_b) : "r"(b));
	}
	__asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(v) : "r"(even), "r"(even_b));
	to[0] = v;
	__asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(v) : "r"(odd), "r"(odd_b));
	to[step] = v;
	__asm__("pkhtb %0, %2, %1, asr #16" : "=r"(v) : "r"(even), "r"(even_b));
	to[2 * step] = v;
	__asm__("pkhtb %0, %2, %1, asr #16" : "=r"(v) : "r"(odd), "r"(odd_b));
	to[3 * step] = v;
}

/** n bytes, four at most; the others 0. */
NNRT_INLINE uint32_t nnrt_planes_bytes(const unsigned char *p, int n)
{
	uint32_t v = 0;

	if (n >= NNRT_PLANES)
		memcpy(&v, p, sizeof v);
	else
		memcpy(&v, p, (size_t)n);
	return v;
}

/** An image row of n channels to its place in the ring: `words` words of two columns each plane, the first at column
 *  ix. x: the row's first column, NULL for padding; zero: four bytes of padding. */
NNRT_INLINE void nnrt_planes_row(const struct nnrt_conv *p, const unsigned char *x, uint32_t zero, uint32_t *to,
				 ptrdiff_t words, int ix, int n, int is_signed)
{
	const ptrdiff_t plane = words * NNRT_PLANES_ROWS, pixel = p->x_pixel;
	const int last = x ? p->in_w : 0;

	for (; words > 0; words--, ix += 2, to += NNRT_PLANES_ROWS) {
		uint32_t a = zero, b = zero;

		/* Words that lie inside are most of them. */
		for (; words > 0 && ix >= 0 && ix + 1 < last; words--, ix += 2, to += NNRT_PLANES_ROWS)
			nnrt_planes_pair(to, plane, nnrt_planes_bytes(x + ix * pixel, n),
					 nnrt_planes_bytes(x + (ix + 1) * pixel, n), is_signed);
		if (words == 0)
			break;
		if (ix >= 0 && ix < last)
			a = nnrt_planes_bytes(x + ix * pixel, n);
		if (ix + 1 >= 0 && ix + 1 < last)
			b = nnrt_planes_bytes(x + (ix + 1) * pixel, n);
		nnrt_planes_pair(to, plane, a, b, is_signed);
	}
}

/** nnrt_planes_row() for all nodes of a model. */
NNRT_SHARED void nnrt_planes_row_any(const struct nnrt_conv *p, const unsigned char *x, uint32_t zero, uint32_t *to,
				     ptrdiff_t words, int ix, int n, int is_signed)
{
	if (is_signed && n >= NNRT_PLANES)
		nnrt_planes_row(p, x, zero, to, words, ix, NNRT_PLANES, 1);
	else if (is_signed)
		nnrt_planes_row(p, x, zero, to, words, ix, n, 1);
	else
		nnrt_planes_row(p, x, zero, to, words, ix, n, 0);
}

/** Weights [row][column][channel] of four channels as words (w0 w1), (w1 w2) of each row, channel after channel. */
NNRT_SHARED void nnrt_planes_weights(const int8_t *w, uint32_t *to)
{
	for (int row = 0; row < NNRT_PLANES_ROWS + 2; row++, to += 2) {
		uint32_t tap[3];

		memcpy(tap, w + row % NNRT_PLANES_ROWS * (3 * NNRT_PLANES), sizeof tap);
		nnrt_planes_pair(to, NNRT_PLANES_WEIGHTS, tap[0], tap[1], 1);
		nnrt_planes_pair(to + 1, NNRT_PLANES_WEIGHTS, tap[1], tap[2], 1);
	}
}

/** The byte of a sum by a line whose slope is above 0, saturated to int8. */
NNRT_INLINE unsigned char nnrt_planes_line(int32_t sum, const struct nnrt_line *line)
{
	int32_t v;

	__asm__("smmla %0, %1, %2, %3\n\tssat %0, #8, %0, asr %4"
		: "=r"(v)
		: "r"(sum), "r"(line->slope), "r"(line->offset), "i"(NNRT_LINE_SHIFT));
	return (unsigned char)v;
}

/** n channels of an output row from their sums, `pitch` apart. */
static NNRT_LITERAL void nnrt_planes_finish(const int32_t *sum, int pitch, const struct nnrt_line *line,
					    unsigned char *y, ptrdiff_t y_pixel, int pixels, int n,
					    const struct nnrt_int8 *q)
{
	const int is_whole = q->low + q->zero == INT8_MIN && q->high + q->zero == INT8_MAX;

	for (int c = 0; c < n; c++, line++, sum += pitch) {
		const struct nnrt_line l = *line;
		unsigned char *to = y + c;

		if (is_whole && l.slope > 0) {
			for (int i = 0; i < pixels; i++, to += y_pixel)
				*to = nnrt_planes_line(sum[i], &l);
		} else {
			for (int i = 0; i < pixels; i++, to += y_pixel)
				*to = (unsigned char)nnrt_line_value(sum[i], &l, q->low, q->high, q->zero);
		}
	}
}

/** Four channels, n of them in use, of pixels from ox on of the output rows that p says. q: as of the whole. */
NNRT_INLINE void nnrt_planes_strip(const struct nnrt_conv *p, const unsigned char *x, const uint32_t *weights,
				   const int32_t *bias, const struct nnrt_line *scale, unsigned char *y, uint32_t *ring,
				   int32_t *sum, uint32_t padding, const struct nnrt_int8 *q, int ox, int pixels, int n)
{
	const int pair = p->stride_w == 1, turns = pair ? (pixels + 1) / 2 : pixels, pitch = pair ? 2 * turns : turns;
	int iy = p->row_begin * p->stride_h - p->pad_top, next = iy, first = 0, newest = 0;

	for (int oy = p->row_begin; oy < p->row_end; oy++, iy += p->stride_h) {
		const uint32_t *const turned = weights + (first ? NNRT_PLANES_ROWS - first : 0) * 2;

		for (; next < iy + NNRT_PLANES_ROWS; next++) {
			const int inside = next >= 0 && next < p->in_h;

			nnrt_planes_row_any(p, inside ? x + nnrt_ring(next, p->x_ring) * p->x_row : NULL, padding,
					    ring + newest, turns + 1, ox * p->stride_w - p->pad_left, n, q->is_signed);
			newest = newest == NNRT_PLANES_ROWS - 1 ? 0 : newest + 1;
		}
		if (pair)
			nnrt_planes_stride1(ring, sum, turned, bias, turns);
		else
			nnrt_planes_stride2(ring, sum, turned, bias, turns);
		nnrt_planes_finish(sum, pitch, scale, y + nnrt_ring(oy, p->y_ring) * p->y_row + ox * p->y_pixel,
				   p->y_pixel, pixels, n, q);
		first = (first + p->stride_h) % NNRT_PLANES_ROWS;
	}
}

/** y[oy][ox][c] = bounded(round_half_even(float(bias[c] + sum over ky, kx of x[iy][ix][c] * w[ky][kx][c]) * scale[c]),
 *  low, high) + y_zero for the output rows that p says, kernels of 3x3 without dilation, stride_w 1 or 2, stride_h at
 *  most 3; oc channels. As nnrt_conv_int8(), but zero is the number that padding reads, and w [oc / 4][ky][kx][4];
 *  w, bias and scale go on to a multiple of four channels. scratch: compiler/kernels/pack_planes.h, whole words.
 *  Four channels follow the other ones, at stride 2 in strips of columns: y may be x, where both strides are 1 and
 *  pad_top 0 to 2. ONNX QLinearConv-10. */
NNRT_SHARED void nnrt_depthwise_smlad(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
				      const void *scale, void *y, void *scratch, int zero, int is_signed, int low,
				      int high, int y_zero)
{
	const struct nnrt_line *const lines = (const struct nnrt_line *)scale;
	const struct nnrt_int8 q = { is_signed, low, high, y_zero };
	const int strip = p->stride_w == 1 ? p->out_w : (int)nnrt_min(p->out_w, NNRT_PLANES_STRIP);
	const ptrdiff_t words = (p->stride_w == 1 ? (strip + 1) / 2 : strip) + 1;
	uint32_t *const ring = (uint32_t *)scratch;
	int32_t *const sum = (int32_t *)(ring + words * NNRT_PLANES_ROWS * NNRT_PLANES);

	for (int c = 0; c < p->oc; c += NNRT_PLANES) {
		uint32_t weights[NNRT_PLANES * NNRT_PLANES_WEIGHTS];

		nnrt_planes_weights(w + c * NNRT_PLANES_ROWS * NNRT_PLANES_ROWS, weights);
		for (int ox = 0; ox < p->out_w; ox += strip)
			nnrt_planes_strip(p, (const unsigned char *)x + c, weights, bias + c, lines + c,
					  (unsigned char *)y + c, ring, sum, (uint32_t)(zero & 0xff) * 0x01010101u, &q,
					  ox, (int)nnrt_min(strip, p->out_w - ox),
					  (int)nnrt_min(NNRT_PLANES, p->oc - c));
	}
}

#endif
