/* Depthwise convolution of bytes by SMLAD, four channels at a time. Image rows are widened once, each channel a plane
 * of its own with its padding round it, so that the inner loops know no borders: words of two columns. The rows that an
 * output row sees are a ring: a new one takes the place of the oldest, and weights turn along. With the columns
 * (x0 x1), (x2 x3) of a row and its weights as (w0 w1), (w1 w2), four instructions give two neighbours' three terms
 * each, and two those of one at stride 2. This header is for kernels of 3x3, whose three rows lie side by side, word by
 * word; depthwise_smlad_wide.h for wider ones. */
#ifndef NNRT_DEPTHWISE_SMLAD_H
#define NNRT_DEPTHWISE_SMLAD_H

#include "runtime_min/kernels/depthwise_bands.h"

enum {
	NNRT_PLANES_STRIP = 6, /* output columns at a time at stride 2 */
	NNRT_PLANES_ROWS = 3 /* of the ring of a 3x3 kernel */
};

/** An output row on its way through channels: the first five move on with each. The assembly knows the order. */
struct nnrt_planes {
	const uint32_t *x; /* a channel's plane */
	unsigned char *y;
	const uint32_t *w; /* of the ring's first row */
	const int32_t *bias;
	const int32_t *slope;
	ptrdiff_t plane, w_step; /* bytes from channel to channel of x and w */
	ptrdiff_t y_pixel;
	int pixels; /* >= 1 */
	int channels; /* still to compute, >= 1; where some are left, the sums of the first of them are known */
	int32_t *sum; /* of a channel's pixels, and of one more where they are odd */
	int rows; /* of the kernel */
	ptrdiff_t pitch; /* bytes from row to row of the ring */
	int offset; /* NNRT_LINE_OFFSET() */
};

/** Begins a function: room on the stack for a channel's slope and offset, y_pixel, pixels left, `more` bytes, and then
 *  the struct's address. Begins a channel: r0: x, r1: y, r2: w, r3: the struct, lr: bias; flags: slope against 0. */
#define NNRT_PLANES_BEGIN(more) \
	"push {r0, r4-r11, lr}\n" \
	"sub sp, #16+" more "\n" \
	"ldr r2, [r0, #28]\n" \
	"str r2, [sp, #8]\n" \
	"9:\n" \
	"ldr r3, [sp, #16+" more "]\n" \
	"ldm r3, {r0, r1, r2, r10, r12}\n" \
	"ldr lr, [r10], #4\n" \
	"ldr r4, [r12], #4\n" \
	"ldr r5, [r3, #52]\n" \
	"strd r4, r5, [sp]\n" \
	"ldrd r8, r9, [r3, #20]\n" \
	"add r6, r0, r8\n" \
	"add r7, r1, #1\n" \
	"add r8, r2, r9\n" \
	"stm r3, {r6, r7, r8, r10, r12}\n" \
	"ldr r12, [r3, #32]\n" \
	"str r12, [sp, #12]\n" \
	"cmp r4, #0\n"

/** Goes on to the next channel; or, at label 8, back with the channel undone. */
#define NNRT_PLANES_END(more) \
	"ldr r3, [sp, #16+" more "]\n" \
	"ldr r2, [r3, #36]\n" \
	"subs r2, #1\n" \
	"str r2, [r3, #36]\n" \
	"bne 9b\n" \
	"8:\n" \
	"add sp, #20+" more "\n" \
	"pop {r4-r11, pc}\n"

/** Those of columns one after the other. */
#define NNRT_PLANES_NEXT NNRT_PLANES_PAIR("ldm r0!, {r2, r3, r12}\n", "")

/** One sum at stride 2, in r10. */
#define NNRT_PLANES_ONE \
	"ldm r0!, {r2, r3, r12}\n" \
	"smlad r10, r2, r4, lr\n" \
	"smlad r10, r3, r6, r10\n" \
	"smlad r10, r12, r8, r10\n" \
	"ldm r0, {r2, r3, r12}\n" \
	"smlabt r10, r2, r5, r10\n" \
	"smlabt r10, r3, r7, r10\n" \
	"smlabt r10, r12, r9, r10\n"

/** Output pixels of some channels at stride 1. Stops at a channel whose slope is not above 0, with its sums. */
NNRT_NAKED void nnrt_planes_stride1(struct nnrt_planes *s __attribute__((unused)))
{
	__asm__ volatile(NNRT_PLANES_BEGIN("0") "ldm r2, {r4-r9}\n"
			 "ble 2f\n"
			 "1:\n" NNRT_PLANES_NEXT "ldrd r2, r3, [sp]\n" NNRT_SMLAD_LINE("r10", "r2", "r3")
				 NNRT_SMLAD_LINE("r11", "r2", "r3") "ldrd r2, r3, [sp, #8]\n"
			 "strb r10, [r1]\n"
			 "subs r3, #2\n"
			 "it pl\n"
			 "strbpl r11, [r1, r2]\n"
			 "add r1, r1, r2, lsl #1\n"
			 "str r3, [sp, #12]\n"
			 "bgt 1b\n" NNRT_PLANES_END("0") "2:\n"
			 "ldr r1, [r3, #40]\n"
			 "3:\n" NNRT_PLANES_NEXT "strd r10, r11, [r1], #8\n"
			 "ldr r3, [sp, #12]\n"
			 "subs r3, #2\n"
			 "str r3, [sp, #12]\n"
			 "bgt 3b\n"
			 "b 8b\n");
}

/** The same at stride 2. */
NNRT_NAKED void nnrt_planes_stride2(struct nnrt_planes *s __attribute__((unused)))
{
	__asm__ volatile(NNRT_PLANES_BEGIN("0") "ldm r2, {r4-r9}\n"
			 "ble 2f\n"
			 "1:\n" NNRT_PLANES_ONE "ldrd r2, r3, [sp]\n" NNRT_SMLAD_LINE("r10", "r2", "r3")
			 "ldrd r2, r3, [sp, #8]\n"
			 "strb r10, [r1]\n"
			 "add r1, r1, r2\n"
			 "subs r3, #1\n"
			 "str r3, [sp, #12]\n"
			 "bgt 1b\n" NNRT_PLANES_END("0") "2:\n"
			 "ldr r1, [r3, #40]\n"
			 "3:\n" NNRT_PLANES_ONE "str r10, [r1], #4\n"
			 "ldr r3, [sp, #12]\n"
			 "subs r3, #1\n"
			 "str r3, [sp, #12]\n"
			 "bgt 3b\n"
			 "b 8b\n");
}

/** An image row of n channels to its place in the ring: `words` words of two columns each plane, `step` from one to the
 *  next, the first at column ix; plane: words from plane to plane. x: the row's first column, NULL for padding; zero:
 *  four bytes of padding. */
NNRT_INLINE void nnrt_planes_row(const struct nnrt_conv *p, const unsigned char *x, uint32_t zero, uint32_t *to,
				 ptrdiff_t words, ptrdiff_t step, ptrdiff_t plane, int ix, int n, int is_signed)
{
	const ptrdiff_t pixel = p->x_pixel;
	const int last = x ? p->in_w : 0;

	for (; words > 0; words--, ix += 2, to += step) {
		uint32_t a = zero, b = zero;

		/* Words that lie inside are most of them. */
		for (; words > 0 && ix >= 0 && ix + 1 < last; words--, ix += 2, to += step)
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
				     ptrdiff_t words, ptrdiff_t step, ptrdiff_t plane, int ix, int n, int is_signed)
{
	if (is_signed && n >= NNRT_PLANES)
		nnrt_planes_row(p, x, zero, to, words, step, plane, ix, NNRT_PLANES, 1);
	else if (is_signed)
		nnrt_planes_row(p, x, zero, to, words, step, plane, ix, n, 1);
	else
		nnrt_planes_row(p, x, zero, to, words, step, plane, ix, n, 0);
}

/** Weights [row][column][channel] of four channels as words (w0 w1), (w1 w2) ... of each row, channel after channel,
 *  the rows but the last once more. */
NNRT_SHARED void nnrt_planes_weights(const int8_t *w, uint32_t *to, int kernel_h, int kernel_w)
{
	const int words = kernel_w - 1, rows = 2 * kernel_h - 1;

	for (int row = 0; row < rows; row++) {
		const int8_t *from = w + row % kernel_h * kernel_w * NNRT_PLANES;

		for (int i = 0; i < words; i++, from += NNRT_PLANES, to++) {
			uint32_t tap[2];

			(void)memcpy(tap, from, sizeof tap);
			nnrt_planes_pair(to, (ptrdiff_t)rows * words, tap[0], tap[1], 1);
		}
	}
}

/** n channels of output pixels by `run`; s: but for slope, offset and channels as at the first of them. */
static NNRT_LITERAL void nnrt_planes_output(struct nnrt_planes *s, const int32_t *slope, int n,
					    const struct nnrt_int8 *q, void (*run)(struct nnrt_planes *))
{
	/* Stops at every channel, for its bounds are not those of int8. */
	static const int32_t stop = 0;
	const int is_whole = q->low + q->zero == INT8_MIN && q->high + q->zero == INT8_MAX;
	unsigned char *const y = s->y;
	const int32_t *const sum = s->sum;
	struct nnrt_line line;
	int c = 0;

	s->slope = slope;
	s->offset = NNRT_LINE_OFFSET(q->zero);
	while (c < n) {
		s->channels = is_whole ? n - c : 1;
		if (!is_whole)
			s->slope = &stop;
		run(s);
		c = is_whole ? n - s->channels : c;
		if (c == n)
			return;
		line = nnrt_line_of_slope(slope + c, q->zero);
		for (int i = 0; i < s->pixels; i++)
			y[c + i * s->y_pixel] =
				(unsigned char)nnrt_line_value(sum[i], &line, q->low, q->high, q->zero);
		c++;
	}
}

/** What a depthwise convolution's strips share: of four channels, n of them in use. */
struct nnrt_planes_strip {
	const unsigned char *x;
	unsigned char *y;
	const int32_t *bias;
	const int32_t *slope;
	uint32_t *weights, *ring;
	uint32_t padding;
	int n;
};

/** Pixels from ox on of the output rows that p says. */
NNRT_INLINE void nnrt_planes_rows(const struct nnrt_conv *p, const struct nnrt_planes_strip *t, int32_t *sum, int ox,
				  int pixels, const struct nnrt_int8 *q, void (*run)(struct nnrt_planes *))
{
	const int rows = p->kernel_h, beside = p->kernel_w == NNRT_PLANES_ROWS, per_row = p->kernel_w - 1;
	const ptrdiff_t words = (p->stride_w == 1 ? (pixels + 1) / 2 : pixels) + p->kernel_w / 2;
	const ptrdiff_t row = beside ? 1 : words, step = beside ? NNRT_PLANES_ROWS : 1, plane = words * rows;
	const ptrdiff_t ix = ox * p->stride_w - p->pad_left;
	int iy = p->row_begin * p->stride_h - p->pad_top, next = iy, first = 0, newest = 0;
	struct nnrt_planes s;

	s.plane = plane * (ptrdiff_t)sizeof *t->ring;
	s.w_step = (ptrdiff_t)(2 * rows - 1) * per_row * (ptrdiff_t)sizeof *t->weights;
	s.y_pixel = p->y_pixel;
	s.pixels = pixels;
	s.sum = sum;
	s.rows = rows;
	s.pitch = words * (ptrdiff_t)sizeof *t->ring;
	for (int oy = p->row_begin; oy < p->row_end; oy++, iy += p->stride_h) {
		next = next < iy ? iy : next; /* strides may pass over rows */
		for (; next < iy + rows; next++) {
			const int inside = next >= 0 && next < p->in_h;

			nnrt_planes_row_any(p, inside ? t->x + nnrt_ring(next, p->x_ring) * p->x_row : NULL, t->padding,
					    t->ring + newest * row, words, step, plane,
					    (int)ix, t->n, q->is_signed);
			newest = newest == rows - 1 ? 0 : newest + 1;
		}
		s.x = t->ring;
		s.y = t->y + nnrt_ring(oy, p->y_ring) * p->y_row + ox * p->y_pixel;
		s.w = t->weights + (first ? rows - first : 0) * per_row;
		s.bias = t->bias;
		nnrt_planes_output(&s, t->slope, t->n, q, run);
		first = p->stride_h < rows ? (first + p->stride_h) % rows : first;
	}
}

/** nnrt_depthwise_smlad() by a function for its width and stride. */
NNRT_SHARED void nnrt_planes_depthwise(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
				       const void *scale, void *y, void *scratch, int zero, const struct nnrt_int8 *q,
				       void (*run)(struct nnrt_planes *))
{
	const int strip = p->stride_w == 1 ? p->out_w : (int)nnrt_min(p->out_w, NNRT_PLANES_STRIP);
	const ptrdiff_t words = (p->stride_w == 1 ? (strip + 1) / 2 : strip) + p->kernel_w / 2;
	const int taps = p->kernel_h * p->kernel_w, weights = (2 * p->kernel_h - 1) * (p->kernel_w - 1) * NNRT_PLANES;
	struct nnrt_planes_strip t;
	int32_t *sum;

	t.weights = (uint32_t *)scratch;
	t.ring = t.weights + weights;
	t.padding = (uint32_t)(zero & 0xff) * 0x01010101u;
	sum = (int32_t *)(t.ring + words * p->kernel_h * NNRT_PLANES);
	for (int c = 0; c < p->oc; c += NNRT_PLANES) {
		nnrt_planes_weights(w + c * taps, t.weights, p->kernel_h, p->kernel_w);
		t.x = (const unsigned char *)x + c;
		t.y = (unsigned char *)y + c;
		t.bias = bias + c;
		t.slope = (const int32_t *)scale + c;
		t.n = (int)nnrt_min(NNRT_PLANES, p->oc - c);
		for (int ox = 0; ox < p->out_w; ox += strip)
			nnrt_planes_rows(p, &t, sum, ox, (int)nnrt_min(strip, p->out_w - ox), q, run);
	}
}

/** y[oy][ox][c] = bounded(round_half_even(float(bias[c] + sum over ky, kx of x[iy][ix][c] * w[ky][kx][c]) * scale[c]),
 *  low, high) + y_zero for the output rows that p says, kernels of 3x3 without dilation, stride_w 1 or 2; oc channels.
 *  As nnrt_conv_int8(), but zero is the number that padding reads, and w [oc / 4][ky][kx][4]; w, bias and scale go on
 *  to a multiple of four channels. scratch: compiler/kernels/pack_planes.h, whole words. Four channels follow the other
 *  ones, at stride 2 in strips of columns: y may be x, where both strides are 1 and pad_top is less than the kernel's
 *  height. ONNX QLinearConv-10. */
NNRT_INLINE void nnrt_depthwise_smlad(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
				      const void *scale, void *y, void *scratch, int zero, int is_signed, int low,
				      int high, int y_zero)
{
	const struct nnrt_int8 q = { is_signed, low, high, y_zero };

	if (p->stride_h == 1 && p->stride_w == 1 && p->out_w > 1)
		nnrt_bands_depthwise(p, x, w, bias, scale, y, scratch, zero, &q,
				     is_signed && p->oc % NNRT_PLANES == 0);
	else
		nnrt_planes_depthwise(p, x, w, bias, scale, y, scratch, zero, &q,
				      p->stride_w == 1 ? nnrt_planes_stride1 : nnrt_planes_stride2);
}

#endif
