/* Depthwise convolution of bytes by SMLAD: 3x3 at stride 1. Four channels at a time, some image rows are widened, each
 * channel a plane of its own with its padding round it, so that the inner loops know no borders: of every two columns
 * a word for each row. With the words (x0 x1), (x2 x3) of three rows and their weights as (w0 w1), (w1 w2), twelve
 * instructions give two neighbours' sums. One call of assembly computes all rows of a channel. */
#ifndef NNRT_DEPTHWISE_BANDS_H
#define NNRT_DEPTHWISE_BANDS_H

#include "runtime_min/kernels/int8_smlad.h"

enum {
	NNRT_PLANES = 4, /* channels at a time */
	NNRT_BAND_ROWS = 8, /* image rows of a band, two more than output rows; the assembly knows it */
	NNRT_BAND_WEIGHTS = 6 /* words of a channel */
};

/** A channel's rows. The assembly knows the order. */
struct nnrt_band {
	const uint32_t *x; /* the first row's first word */
	unsigned char *y;
	const uint32_t *w;
	int32_t bias;
	struct nnrt_line line;
	ptrdiff_t y_pixel;
	ptrdiff_t y_pairs; /* bytes of an output row's pairs of pixels */
	ptrdiff_t y_row;
	ptrdiff_t y_next, x_next; /* from behind the pairs to the next row */
	int rows; /* of the result, >= 1 */
	int is_odd; /* a pixel is left behind the pairs */
	int32_t *sum; /* of a row's pixels, and of one more where they are odd */
	int pixels;
};

/** Two neighbours' sums at stride 1, in r10 and r11. r0: columns, r4 to r9: weights, lr: bias. first: loads three rows
 *  of a column into r2, r3 and r12; next: takes r0 to the next column, where `first` does not. */
#define NNRT_PLANES_PAIR(first, next) \
	first \
	"smlad r10, r2, r4, lr\n" \
	"smlatb r11, r2, r4, lr\n" \
	"smlad r10, r3, r6, r10\n" \
	"smlatb r11, r3, r6, r11\n" \
	"smlad r10, r12, r8, r10\n" \
	"smlatb r11, r12, r8, r11\n" \
	next \
	"ldm r0, {r2, r3, r12}\n" \
	"smlabt r10, r2, r5, r10\n" \
	"smlad r11, r2, r5, r11\n" \
	"smlabt r10, r3, r7, r10\n" \
	"smlad r11, r3, r7, r11\n" \
	"smlabt r10, r12, r9, r10\n" \
	"smlad r11, r12, r9, r11\n"

/** Those of a band. */
#define NNRT_BAND_PAIR NNRT_PLANES_PAIR("ldm r0, {r2, r3, r12}\n", "add r0, #32\n")

/** The byte of a pixel behind the pairs. */
#define NNRT_BAND_LAST \
	"ldm r0, {r2, r3, r12}\n" \
	"smlad r10, r2, r4, lr\n" \
	"smlad r10, r3, r6, r10\n" \
	"smlad r10, r12, r8, r10\n" \
	"add r12, r0, #32\n" \
	"ldm r12, {r2, r3, r12}\n" \
	"smlabt r10, r2, r5, r10\n" \
	"smlabt r10, r3, r7, r10\n" \
	"smlabt r10, r12, r9, r10\n" \
	"ldrd r2, r3, [sp]\n" NNRT_SMLAD_LINE("r10", "r2", "r3") \
	"strb r10, [r1]\n"

/** Rows of at least two pixels of a channel with a line. On the stack: slope and offset, y_pixel and where a row's
 *  pairs end, y_next and x_next, y_row and rows, is_odd. */
NNRT_NAKED void nnrt_band_rows(const struct nnrt_band *b __attribute__((unused)))
{
	__asm__ volatile("push {r4-r11, lr}\n"
			"sub sp, #36\n"
			"ldrd r2, r3, [r0, #16]\n"
			"strd r2, r3, [sp]\n"
			"ldrd r2, r3, [r0, #24]\n"
			"ldr r1, [r0, #4]\n"
			"add r3, r1\n"
			"strd r2, r3, [sp, #8]\n"
			"ldrd r2, r3, [r0, #36]\n"
			"strd r2, r3, [sp, #16]\n"
			"ldr r2, [r0, #32]\n"
			"ldr r3, [r0, #44]\n"
			"strd r2, r3, [sp, #24]\n"
			"ldrd r12, lr, [r0, #8]\n"
			"ldm r12, {r4-r9}\n"
			"ldr r2, [r0, #48]\n"
			"str r2, [sp, #32]\n"
			"ldr r0, [r0]\n"
			"1:\n" NNRT_BAND_PAIR
			"ldrd r2, r3, [sp]\n" NNRT_SMLAD_LINE("r10", "r2", "r3") NNRT_SMLAD_LINE("r11", "r2", "r3")
			"ldrd r2, r3, [sp, #8]\n"
			"strb r10, [r1]\n"
			"strb r11, [r1, r2]\n"
			"add r1, r1, r2, lsl #1\n"
			"cmp r1, r3\n"
			"bne 1b\n"
			"ldr r2, [sp, #32]\n"
			"cbz r2, 2f\n" NNRT_BAND_LAST
			"2:\n"
			"ldrd r2, r3, [sp, #16]\n"
			"add r1, r2\n"
			"add r0, r3\n"
			"ldrd r2, r3, [sp, #24]\n"
			"ldr r12, [sp, #12]\n"
			"subs r3, #1\n"
			"add r12, r2\n"
			"str r12, [sp, #12]\n"
			"str r3, [sp, #28]\n"
			"bne 1b\n"
			"add sp, #36\n"
			"pop {r4-r11, pc}\n");
}

/** The sums of a row. */
NNRT_NAKED void nnrt_band_sums(const struct nnrt_band *b __attribute__((unused)))
{
	__asm__ volatile("push {r4-r11, lr}\n"
			"sub sp, #4\n"
			"ldr r1, [r0, #52]\n"
			"ldrd r12, lr, [r0, #8]\n"
			"ldm r12, {r4-r9}\n"
			"ldr r2, [r0, #56]\n"
			"str r2, [sp]\n"
			"ldr r0, [r0]\n"
			"1:\n" NNRT_BAND_PAIR
			"strd r10, r11, [r1], #8\n"
			"ldr r2, [sp]\n"
			"subs r2, #2\n"
			"str r2, [sp]\n"
			"bgt 1b\n"
			"add sp, #4\n"
			"pop {r4-r11, pc}\n");
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
		(void)memcpy(&v, p, sizeof v);
	else
		(void)memcpy(&v, p, (size_t)n);
	return v;
}

/** Weights [row][column][channel] of four channels as words (w0 w1), (w1 w2) of each row, channel after channel. */
NNRT_SHARED void nnrt_band_weights(const int8_t *w, uint32_t *to)
{
	for (int row = 0; row < 3; row++, w += 3 * NNRT_PLANES)
		for (int i = 0; i < 2; i++, to++)
			nnrt_planes_pair(to, NNRT_BAND_WEIGHTS, nnrt_planes_bytes((const unsigned char *)w + i * 4, 4),
					 nnrt_planes_bytes((const unsigned char *)w + i * 4 + 4, 4), 1);
}

/** nnrt_planes_row() of n > 0 words of a band that lie inside, of int8; returns where the next one goes. Of C gcc 12
 *  makes twice the instructions. */
NNRT_INLINE uint32_t *nnrt_band_inside(const unsigned char *x, ptrdiff_t pixel, uint32_t *to, ptrdiff_t plane,
				       ptrdiff_t n)
{
	const ptrdiff_t size = sizeof *to;
	uint32_t a, b, even, even_b, v;

	__asm__ volatile("1:\n"
			 "ldr %[a], [%[x]]\n"
			 "ldr %[b], [%[x], %[pixel]]\n"
			 "add %[x], %[x], %[pixel], lsl #1\n"
			 "sxtb16 %[even], %[a]\n"
			 "sxtb16 %[even_b], %[b]\n"
			 "sxtb16 %[a], %[a], ror #8\n"
			 "sxtb16 %[b], %[b], ror #8\n"
			 "pkhbt %[v], %[a], %[b], lsl #16\n"
			 "str %[v], [%[to], %[plane]]\n"
			 "pkhtb %[b], %[b], %[a], asr #16\n"
			 "pkhtb %[v], %[even_b], %[even], asr #16\n"
			 "pkhbt %[even], %[even], %[even_b], lsl #16\n"
			 "str %[v], [%[to], %[plane], lsl #1]\n"
			 "add %[a], %[to], %[plane], lsl #1\n"
			 "str %[b], [%[a], %[plane]]\n"
			 "str %[even], [%[to]], #32\n"
			 "subs %[n], #1\n"
			 "bne 1b\n"
			 : [x] "+r"(x), [to] "+r"(to), [n] "+r"(n), [a] "=&r"(a), [b] "=&r"(b), [even] "=&r"(even),
			   [even_b] "=&r"(even_b), [v] "=&r"(v)
			 : [pixel] "r"(pixel), [plane] "r"(plane * size)
			 : "cc", "memory");
	return to;
}

/** Which words of a row see the image: behind `lead` ones, `left` (0 or 1) the second column alone, `inside` both,
 *  `right` (0 or 1) the first one alone; first: the column that the first of these sees. */
struct nnrt_band_form {
	ptrdiff_t words, plane; /* words of a row, from channel to channel */
	ptrdiff_t lead, left, inside, right;
	int first;
	uint32_t padding; /* four bytes of it */
};

NNRT_INLINE struct nnrt_band_form nnrt_band_form_of(const struct nnrt_conv *p, int zero)
{
	const ptrdiff_t words = (p->out_w + 1) / 2 + 1, pad = p->pad_left > 0 ? p->pad_left : 0;
	struct nnrt_band_form f = { words, words * NNRT_BAND_ROWS, nnrt_min(pad / 2, words), 0, 0, 0, 0, 0 };
	ptrdiff_t left;

	f.first = p->pad_left < 0 ? -p->pad_left : 0;
	left = p->in_w > f.first ? p->in_w - f.first : 0;
	f.left = pad % 2 && f.lead < words && left > 0;
	left -= f.left;
	f.inside = nnrt_min(left / 2, words - f.lead - f.left);
	f.right = left % 2 && f.lead + f.left + f.inside < words;
	f.padding = (uint32_t)(zero & 0xff) * 0x01010101u;
	return f;
}

/** An image row of four channels of int8 to its place; all but the words that see the image hold padding. x: the row,
 *  NULL for one outside. */
NNRT_SHARED void nnrt_band_row(const struct nnrt_band_form *f, const unsigned char *x, ptrdiff_t pixel, uint32_t *to)
{
	to += f->lead * NNRT_BAND_ROWS;
	if (!x) {
		for (ptrdiff_t n = f->left + f->inside + f->right; n > 0; n--, to += NNRT_BAND_ROWS)
			nnrt_planes_pair(to, f->plane, f->padding, f->padding, 1);
		return;
	}
	x += f->first * pixel;
	if (f->left) {
		nnrt_planes_pair(to, f->plane, f->padding, nnrt_taps_word(x), 1);
		to += NNRT_BAND_ROWS;
		x += pixel;
	}
	if (f->inside > 0)
		to = nnrt_band_inside(x, pixel, to, f->plane, f->inside);
	if (f->right)
		nnrt_planes_pair(to, f->plane, nnrt_taps_word(x + 2 * f->inside * pixel), f->padding, 1);
}

/** The same of n channels, of uint8 or few. */
NNRT_SHARED void nnrt_band_row_any(const struct nnrt_band_form *f, const unsigned char *x, ptrdiff_t pixel,
				   uint32_t *to, int n, int is_signed)
{
	const ptrdiff_t words = f->left + f->inside + f->right;

	to += f->lead * NNRT_BAND_ROWS;
	for (ptrdiff_t i = 0; i < words; i++, to += NNRT_BAND_ROWS) {
		const unsigned char *const from = x ? x + (f->first + 2 * i - f->left) * pixel : NULL;
		const int has_a = from && i >= f->left, has_b = from && (i + 1 < words || !f->right);

		nnrt_planes_pair(to, f->plane, has_a ? nnrt_planes_bytes(from, n) : f->padding,
				 has_b ? nnrt_planes_bytes(from + pixel, n) : f->padding, is_signed);
	}
}

/** Rows of a channel: by its line, or one by one by its sums. */
NNRT_SHARED void nnrt_band_channel(struct nnrt_band *b, const int32_t *slope, const struct nnrt_int8 *q)
{
	b->line = nnrt_line_of_slope(slope, q->zero);
	if (nnrt_int8_is_whole(q) && b->line.slope > 0) {
		nnrt_band_rows(b);
		return;
	}
	for (int row = 0; row < b->rows; row++, b->x++, b->y += b->y_row) {
		nnrt_band_sums(b);
		for (int i = 0; i < b->pixels; i++)
			b->y[i * b->y_pixel] =
				(unsigned char)nnrt_line_value(b->sum[i], &b->line, q->low, q->high, q->zero);
	}
}

/** nnrt_depthwise_smlad() at stride 1, for at least two columns. is_plain: channels are of int8 and a multiple of four;
 *  where all calls say so the compiler sees it. */
NNRT_SHARED void nnrt_bands_depthwise(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
				      const void *scale, void *y, void *scratch, int zero, const struct nnrt_int8 *q,
				      int is_plain)
{
	const int32_t *const slopes = (const int32_t *)scale;
	const struct nnrt_band_form f = nnrt_band_form_of(p, zero);
	const ptrdiff_t plane = f.plane;
	uint32_t *const weights = (uint32_t *)scratch, *const rows = weights + NNRT_PLANES * NNRT_BAND_WEIGHTS;
	const int height = p->row_end - p->row_begin, full = NNRT_BAND_ROWS - 2, bands = (height + full - 1) / full;
	const int most = bands > 0 ? (height + bands - 1) / bands : 1;
	struct nnrt_band b;

	b.y_pixel = p->y_pixel;
	b.y_pairs = (p->out_w & ~1) * p->y_pixel;
	b.y_row = p->y_row;
	b.y_next = p->y_row - b.y_pairs;
	b.x_next = (1 - p->out_w / 2 * NNRT_BAND_ROWS) * (ptrdiff_t)sizeof *rows;
	b.is_odd = p->out_w & 1;
	b.pixels = p->out_w;
	b.sum = (int32_t *)(rows + NNRT_PLANES * plane);
	for (ptrdiff_t i = 0; i < plane; i++)
		nnrt_planes_pair(rows + i, plane, f.padding, f.padding, is_plain || q->is_signed);
	for (int c = 0; c < p->oc; c += NNRT_PLANES) {
		const unsigned char *const from = (const unsigned char *)x + c;
		const int n = is_plain ? NNRT_PLANES : (int)nnrt_min(NNRT_PLANES, p->oc - c);
		int have = 0, outputs; /* rows that the next band sees too; output rows of a band */

		nnrt_band_weights(w + c * 9, weights);
		for (int oy = p->row_begin; oy < p->row_end; oy += outputs) {
			const int iy = oy - p->pad_top;
			/* Of a ring of output rows, those that lie behind each other. */
			const ptrdiff_t rest = p->y_ring > 0 ? p->y_ring - nnrt_ring(oy, p->y_ring) : most;

			outputs = (int)nnrt_min(nnrt_min(most, p->row_end - oy), rest);
			for (int i = have; i < outputs + 2; i++) {
				const int sy = iy + i;
				const unsigned char *const row =
					sy >= 0 && sy < p->in_h ? from + nnrt_ring(sy, p->x_ring) * p->x_row : NULL;

				if (is_plain || (n == NNRT_PLANES && q->is_signed))
					nnrt_band_row(&f, row, p->x_pixel, rows + i);
				else
					nnrt_band_row_any(&f, row, p->x_pixel, rows + i, n, q->is_signed);
			}
			for (int i = 0; i < n; i++) {
				b.x = rows + i * plane;
				b.y = (unsigned char *)y + nnrt_ring(oy, p->y_ring) * p->y_row + c + i;
				b.w = weights + i * NNRT_BAND_WEIGHTS;
				b.bias = bias[c + i];
				b.rows = outputs;
				nnrt_band_channel(&b, slopes + c + i, q);
			}
			have = oy + outputs < p->row_end ? 2 : 0;
			for (ptrdiff_t i = 0; have && i < NNRT_PLANES * plane; i += NNRT_BAND_ROWS) {
				rows[i] = rows[i + outputs];
				rows[i + 1] = rows[i + outputs + 1];
			}
		}
	}
}

#endif
