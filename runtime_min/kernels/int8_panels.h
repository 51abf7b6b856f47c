/* Convolution of bytes where an assembly function computes panels of channels of one tile of output pixels: its taps
 * are gathered four at a time, in the function's own form, then meet one panel of weights after the other. */
#ifndef NNRT_INT8_PANELS_H
#define NNRT_INT8_PANELS_H

#include "runtime_min/kernels/int8_conv.h"

/** Saves r0 and what a function must keep, on the Armv6-M, whose high registers go through the low ones. */
#define NNRT_THUMB_PUSH \
	"push {r0, r4-r7, lr}\n" \
	"mov r4, r8\n" \
	"mov r5, r9\n" \
	"mov r6, r10\n" \
	"mov r7, r11\n" \
	"push {r4-r7}\n"

/** Takes them back, and returns. */
#define NNRT_THUMB_POP \
	"pop {r4-r7}\n" \
	"mov r8, r4\n" \
	"mov r9, r5\n" \
	"mov r10, r6\n" \
	"mov r11, r7\n" \
	"pop {r0, r4-r7, pc}\n"

/** The byte of a sum by any line and bounds. */
typedef int nnrt_panels_byte(int32_t sum, const struct nnrt_line *line, const struct nnrt_int8 *q);

/** How channels keep their lines: as struct nnrt_line, as slopes (nnrt_line_of_slope()), or one slope for all. */
enum nnrt_panels_lines { NNRT_PANELS_ONE_SLOPE, NNRT_PANELS_SLOPES, NNRT_PANELS_LINES };

/** A tile of pixels on its way through panels of weights: all but `taps` and `end` move on from panel to panel. The
 *  assembly knows the order. */
struct nnrt_panels {
	const void *taps;
	const int8_t *w;
	const int32_t *bias;
	const int32_t *line;    /* enum nnrt_panels_lines: words of a channel */
	int offset;             /* of slopes: NNRT_LINE_OFFSET() */
	int panels;             /* still to compute; where some are left, the sums of the first of them are known */
	unsigned char *y[4];
	int32_t sum[8];         /* [channel][pixel]; the last one, where tiles may have fewer pixels: how many it has */
	nnrt_panels_byte *any;  /* for channels that the assembly has no code for; NULL: it stops at those */
	const struct nnrt_int8 *q; /* NULL: the same */
	int one_line;           /* of struct nnrt_conv; of panels of one pixel by four channels by SMLAD alone */
	const void *end;        /* of the taps */
};

/** nnrt_panels_byte. */
static NNRT_LITERAL int nnrt_panels_any_byte(int32_t sum, const struct nnrt_line *line, const struct nnrt_int8 *q)
{
	return nnrt_line_value(sum, line, q->low, q->high, q->zero);
}

/** Computes panels until none is left, or up to one that it cannot make bytes of. */
typedef void nnrt_panels_run(struct nnrt_panels *t);

/** Stores four taps, bytes of a word, as a function of panels reads them; step: of its taps, in bytes. */
typedef void nnrt_taps_put(void *to, uint32_t v, int is_signed);

/** Taps of a pixel: `to` is where the next four go, `step` bytes on those after them. */
struct nnrt_taps {
	unsigned char *to;
	ptrdiff_t step;
	int have;               /* bytes that wait in word for the next ones, 0 to 3 */
	uint32_t word;
};

/** Four bytes at p. */
NNRT_INLINE uint32_t nnrt_taps_word(const unsigned char *p)
{
	uint32_t v;

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M' && __ARM_ARCH_ISA_THUMB == 2 && \
	!defined(__ARM_FEATURE_UNALIGNED)
	/* clang 14 takes a word of unknown alignment byte by byte, which these cores need not. */
	__asm__("ldr %0, [%1]" : "=r"(v) : "r"(p), "m"(*(const unsigned char(*)[4])p));
#else
	(void)memcpy(&v, p, sizeof v);
#endif
	return v;
}

/** n bytes as a word, the others 0; n < 4. `whole`: the three bytes in front of the last may be read. */
NNRT_INLINE uint32_t nnrt_taps_last(const unsigned char *from, int n, int whole)
{
	uint32_t v = 0;

	if (whole) {
		v = nnrt_taps_word(from + n - 4);
		return v >> 8 * (4 - n);
	}
	for (int i = 0; i < n; i++)
		v |= (uint32_t)from[i] << 8 * i;
	return v;
}

/** n bytes more. */
NNRT_INLINE void nnrt_taps_take(struct nnrt_taps *t, const unsigned char *from, int n, int is_signed,
	nnrt_taps_put *put)
{
	const unsigned char *const end = from + n;
	const int left = n & 3;
	uint32_t v;

	if (t->have == 0) {
		for (; end - from >= 4; from += 4, t->to += t->step)
			put(t->to, nnrt_taps_word(from), is_signed);
	}
	for (; end - from >= 4; from += 4, t->to += t->step) {
		v = nnrt_taps_word(from);
		put(t->to, t->word | v << 8 * t->have, is_signed);
		t->word = v >> (32 - 8 * t->have);
	}
	if (left == 0)
		return;
	v = nnrt_taps_last(from, left, n >= 4);
	t->word |= v << 8 * t->have;
	t->have += left;
	if (t->have < 4)
		return;
	t->have -= 4;
	put(t->to, t->word, is_signed);
	t->to += t->step;
	t->word = v >> 8 * (left - t->have);
}

/** Gathers what the output pixel sees whose first tap is at (iy, ix), (ky, kx, channel) inside, rounded up to a
 *  multiple of four. */
NNRT_INLINE void nnrt_taps_gather(const struct nnrt_conv *p, const unsigned char *x, const unsigned char *zero,
	void *to, ptrdiff_t step, int iy, int ix, int is_signed, nnrt_taps_put *put)
{
	const int is_run = p->x_pixel == p->ic && p->dilation_w == 1;
	struct nnrt_taps t = {(unsigned char *)to, step, 0, 0};

	for (int ky = 0; ky < p->kernel_h; ky++, iy += p->dilation_h) {
		const unsigned char *row = x + nnrt_ring(iy, p->x_ring) * p->x_row;
		const int width = iy >= 0 && iy < p->in_h ? p->in_w : 0;
		int n;

		for (int kx = 0, sx = ix; kx < p->kernel_w; kx += n, sx += n * p->dilation_w) {
			const int inside = sx >= 0 && sx < width;

			n = is_run && inside ? (int)nnrt_min(p->kernel_w - kx, width - sx) : 1;
			nnrt_taps_take(&t, inside ? row + sx * p->x_pixel : zero, n * p->ic, is_signed, put);
		}
	}
	if (t.have > 0)
		put(t.to, t.word, is_signed);
}

/** The same where all rows lie inside the image in one piece each of at least four bytes, `row` bytes apart. */
NNRT_INLINE void nnrt_taps_inside(const unsigned char *x, ptrdiff_t row, int rows, int run, unsigned char *to,
	ptrdiff_t step, int is_signed, nnrt_taps_put *put)
{
	uint32_t word = 0, v;
	int have = 0;           /* bits that wait in word */

	for (; rows > 0; rows--, x += row) {
		const unsigned char *from = x;
		int left = 8 * run;

		for (; left >= 32; left -= 32, from += 4, to += step) {
			v = nnrt_taps_word(from);
			put(to, word | v << have, is_signed);
			word = v >> 1 >> (31 - have);
		}
		if (left == 0)
			continue;
		v = nnrt_taps_word(from + left / 8 - 4) >> (32 - left);
		word |= v << have;
		have += left;
		if (have < 32)
			continue;
		have -= 32;
		put(to, word, is_signed);
		to += step;
		word = v >> (left - have);
	}
	if (have > 0)
		put(to, word, is_signed);
}

/** nnrt_taps_inside() of three rows of nine bytes, a 3x3 kernel over three channels: as most networks for pictures
 *  begin. */
NNRT_INLINE void nnrt_taps_rgb(const unsigned char *x, ptrdiff_t row, unsigned char *to, ptrdiff_t step, int is_signed,
	nnrt_taps_put *put)
{
	const unsigned char *const a = x, *const b = a + row, *const c = b + row;

	put(to, nnrt_taps_word(a), is_signed);
	put(to + step, nnrt_taps_word(a + 4), is_signed);
	put(to + 2 * step, a[8] | nnrt_taps_word(b) << 8, is_signed);
	put(to + 3 * step, nnrt_taps_word(b + 3), is_signed);
	put(to + 4 * step, nnrt_taps_word(b + 5) >> 16 | nnrt_taps_word(c) << 16, is_signed);
	put(to + 5 * step, nnrt_taps_word(c + 2), is_signed);
	put(to + 6 * step, nnrt_taps_word(c + 5) >> 8, is_signed);
}

/** Whether the bounds are those of int8, which the assembly knows. */
NNRT_INLINE int nnrt_int8_is_whole(const struct nnrt_int8 *q)
{
	return q->low + q->zero == INT8_MIN && q->high + q->zero == INT8_MAX;
}

/** The bytes of a panel's first channels from its sums, whatever lines and bounds. */
static NNRT_LITERAL void nnrt_panels_store(struct nnrt_panels *t, const int32_t *line, int channels,
	const struct nnrt_int8 *q, int rows, enum nnrt_panels_lines lines)
{
	for (int j = 0; j < channels; j++, line += lines) {
		struct nnrt_line v;

		if (lines == NNRT_PANELS_LINES)
			(void)memcpy(&v, line, sizeof v);
		else
			v = nnrt_line_of_slope(line, q->zero);
		for (int i = 0; i < rows; i++)
			*t->y[i]++ = (unsigned char)nnrt_panels_any_byte(t->sum[j * rows + i], &v, q);
	}
}

/** oc channels of a tile of pixels, a panel of weights after the other. any: nnrt_panels_any_byte, or NULL where `run`
 *  has code for all channels of bytes without bounds. is_begun: `run` has been called for all whole panels.
 */
NNRT_INLINE void nnrt_panels_tile(struct nnrt_panels *t, const int32_t *line, int oc, const struct nnrt_int8 *q,
	int is_begun, nnrt_panels_run *run, nnrt_panels_byte *any, int rows, int columns, enum nnrt_panels_lines lines)
{
	/* Stops at its first channel: bounds are not those of int8, or channels fewer than a panel's. */
	static const int32_t stop[16] = {0};
	const int is_whole = nnrt_int8_is_whole(q);

	for (; oc > 0; is_begun = 0) {
		const int panels = is_whole ? oc / columns : 0;

		if (!is_begun) {
			t->any = panels > 0 ? any : NULL;
			t->q = panels > 0 ? q : NULL;
			t->panels = panels > 0 ? panels : 1;
			t->line = panels > 0 ? line : stop;
			run(t);
		}
		if (t->panels == 0 && panels * columns == oc)
			return;
		if (panels > 0) {
			line += (panels - t->panels) * columns * (int)lines;
			oc -= (panels - t->panels) * columns;
			if (t->panels == 0)
				continue;
		}
		nnrt_panels_store(t, line, (int)nnrt_min(columns, oc), q, rows, lines);
		line += columns * (int)lines;
		oc -= columns;
	}
}

/** Gathers what the output pixel sees whose first tap is at (iy, ix), in steps of four taps. */
typedef void nnrt_panels_any(const struct nnrt_conv *p, const unsigned char *x, const unsigned char *zero, void *to,
	ptrdiff_t step, int iy, int ix, int is_signed);

/** How rows that lie inside the image are gathered, each in one piece. */
enum nnrt_panels_form { NNRT_PANELS_ANY, NNRT_PANELS_WORDS, NNRT_PANELS_BYTES, NNRT_PANELS_RGB };

/** The same of such rows, of `run` bytes each, `row` bytes apart, in a form that is not NNRT_PANELS_ANY. */
typedef void nnrt_panels_inside(const unsigned char *x, ptrdiff_t row, int rows, int run, unsigned char *to,
	ptrdiff_t step, int is_signed, enum nnrt_panels_form form);

/** Computes oc channels of a tile: nnrt_panels_tile() with the rest of its arguments known. */
typedef void nnrt_panels_finish(struct nnrt_panels *t, const int32_t *line, int oc, const struct nnrt_int8 *q,
	int is_begun);

/** How a tile of pixels is computed, constants. */
struct nnrt_panels_kind {
	nnrt_panels_run *run;
	nnrt_panels_byte *any;
	nnrt_panels_finish *finish;
	int rows, columns;
};

/** A tile, of `whole` panels at once, and what is left by a call: most tiles need none. */
NNRT_INLINE void nnrt_panels_compute(struct nnrt_panels *t, const int8_t *w, const int32_t *bias,
	const int32_t *line, int oc, int whole, const struct nnrt_int8 *q, const struct nnrt_panels_kind *k)
{
	t->w = w;
	t->bias = bias;
	if (whole > 0) {
		t->any = k->any;
		t->q = q;
		t->panels = whole;
		t->line = line;
		k->run(t);
		if (t->panels == 0 && whole * k->columns == oc)
			return;
	}
	k->finish(t, line, oc, q, whole > 0);
}

/** Of the rows that an output row sees, those that pixels within the image's width take whole. */
struct nnrt_panels_rows {
	int above;              /* come before them, of padding */
	int count;              /* one after the other; 0: none is taken so */
	int wrapped;            /* after them from the beginning of a ring, where they are with a step of four taps */
	int is_padded;          /* rows above or below them are padding */
};

/** Those from row iy on. Some are taken where others are padding if that is whole steps of four taps, and no ring. */
NNRT_INLINE struct nnrt_panels_rows nnrt_panels_rows_of(const struct nnrt_conv *p, int iy)
{
	const int rows = p->kernel_h, dilation = p->dilation_h, is_words = p->kernel_w * p->ic % 4 == 0;
	struct nnrt_panels_rows v = {0, rows, 0, iy < 0 || iy + (rows - 1) * dilation >= p->in_h};

	if (v.is_padded) {
		v.above = iy < 0 ? (dilation - 1 - iy) / dilation : 0;
		v.count = is_words && p->x_ring <= 0 && iy < p->in_h
				  ? (int)nnrt_min(rows, (p->in_h - 1 - iy) / dilation + 1) - v.above
				  : 0;
	} else if (p->x_ring > 0) {
		const ptrdiff_t left = (p->x_ring - nnrt_ring(iy, p->x_ring) + dilation - 1) / dilation;

		v.wrapped = left < rows ? rows - (int)left : 0;
		v.count = v.wrapped > 0 && !is_words ? 0 : rows - v.wrapped;
	}
	return v;
}

/** Gathers a tile's pixels, `rows` of them `pixel` bytes apart, all of whose rows lie inside, one after the other. */
typedef void nnrt_panels_take(const unsigned char *x, ptrdiff_t pixel, ptrdiff_t row, int kernel_h, int run,
	unsigned char *to, int is_signed, enum nnrt_panels_form form);

/** Whether each output row of a convolution with a single tap continues the one before, in memory and image. */
NNRT_INLINE int nnrt_conv_is_flat(const struct nnrt_conv *p)
{
	return p->kernel_h == 1 && p->kernel_w == 1 && p->stride_h == 1 && p->stride_w == 1 && p->pad_top == 0 &&
	       p->pad_left == 0 && p->x_ring == 0 && p->y_ring == 0 && p->in_w == p->out_w && p->row_end <= p->in_h &&
	       p->x_row == p->in_w * p->x_pixel && p->y_row == p->out_w * p->y_pixel;
}

/** nnrt_conv_int8() in tiles of kind->rows pixels, whose taps have tap_bytes, by functions that are constants: nothing
 *  is called through a pointer. In scratch a step has four taps of each pixel, which begin `pixel` bytes apart. Where a
 *  row's next pixels see no border, they are gathered a tile at a time. few, where a tile has six sums: a row's last
 *  pixels may come in tiles of so many, one less than others have; 0: in those. w and scratch: whole words. */
NNRT_INLINE void nnrt_panels_conv(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const void *scale, const void *zero, void *y, void *scratch, const struct nnrt_int8 *q,
	const struct nnrt_panels_kind *kind, int tap_bytes, int pixel, enum nnrt_panels_form form,
	nnrt_panels_any *any, nnrt_panels_inside *inside, nnrt_panels_take *take, int few)
{
	static const struct nnrt_panels_rows none = {0, 0, 0, 0};
	const int is_signed = q->is_signed, rows = kind->rows;
	const int whole = nnrt_int8_is_whole(q) ? p->oc / kind->columns : 0;
	const int32_t *const line = (const int32_t *)scale;
	const int run = p->kernel_w * p->ic, steps = (p->kernel_h * run + 3) / 4;
	const ptrdiff_t step = 4 * tap_bytes * rows;
	const ptrdiff_t row_step = p->x_row * p->dilation_h, move = p->stride_w * p->x_pixel;
	const int is_run = form != NNRT_PANELS_ANY && p->x_pixel == p->ic && p->dilation_w == 1;
	/* All rows are one where each goes on as if it were in the one before. */
	const int is_flat = rows > 1 && is_run && nnrt_conv_is_flat(p), height = p->row_end - p->row_begin;
	const int out_w = is_flat ? height * p->out_w : p->out_w, in_w = is_flat ? out_w : p->in_w;
	const int row_end = is_flat && height > 0 ? p->row_begin + 1 : p->row_end;
	unsigned char *const taps = (unsigned char *)scratch;
	int have = 0, want = rows; /* pixels of the tile */
	struct nnrt_panels tile;

	tile.taps = taps;
	tile.end = taps + steps * step;
	tile.one_line = p->one_line;
	tile.offset = NNRT_LINE_OFFSET(q->zero);
	for (int oy = p->row_begin; oy < row_end; oy++) {
		const int iy = oy * p->stride_h - p->pad_top;
		const struct nnrt_panels_rows seen = is_run ? nnrt_panels_rows_of(p, iy) : none;
		/* The last of the first columns with all taps of these inside. */
		const int last_ix = seen.count > 0 ? in_w - p->kernel_w : -1;
		const ptrdiff_t first = nnrt_ring(iy, p->x_ring) + seen.above * p->dilation_h;
		const unsigned char *const row = (const unsigned char *)x + first * p->x_row;
		const ptrdiff_t above = seen.above * run / 4 * step;
		unsigned char *to = (unsigned char *)y + nnrt_ring(oy, p->y_ring) * p->y_row;
		const int is_last = oy + 1 == row_end;
		int ix = -p->pad_left;

		for (int left = out_w; left > 0;) {
			const unsigned char *from = row + ix * p->x_pixel;
			/* A row's padding lies in all of a tile's pixels once so many have been gathered whole. */
			const int is_laid = !seen.is_padded || out_w - left >= rows;
			const int is_inside = ix >= 0 && ix <= last_ix && is_laid;

			if (have == 0 && rows > 1 && is_inside && seen.wrapped == 0) {
				int n = (int)nnrt_min(left, (last_ix - ix) / p->stride_w + 1) / rows;

				n -= few > 0 && is_last && n > 0 && left - n * rows == few - 1;
				if (few > 0)
					tile.sum[7] = rows;
				left -= n * rows;
				ix += n * rows * p->stride_w;
				for (; n > 0; n--, from += rows * move) {
					take(from, move, row_step, seen.count, run, taps + above, is_signed, form);
					for (int i = 0; i < rows; i++, to += p->y_pixel)
						tile.y[i] = to;
					nnrt_panels_compute(&tile, w, bias, line, p->oc, whole, q, kind);
				}
				if (left == 0)
					break;
			}
			if (few > 0 && have == 0)
				want = is_last && (left <= few || left == 2 * few) ? few : rows;
			do { /* of the last pixel as often as the tile has room */
				unsigned char *const slot = taps + have * pixel;

				tile.y[have++] = to;
				if (ix < 0 || ix > last_ix || !is_laid) {
					any(p, (const unsigned char *)x, (const unsigned char *)zero, slot, step, iy,
						ix, is_signed);
					continue;
				}
				inside(from, row_step, seen.count, run, slot + above, step, is_signed, form);
				if (seen.wrapped > 0)
					inside(from + (seen.count * p->dilation_h - p->x_ring) * p->x_row, row_step,
						seen.wrapped, run, slot + run / 4 * seen.count * step, step, is_signed,
						form);
			} while (have < want && left == 1 && is_last);
			to += p->y_pixel;
			ix += p->stride_w;
			left--;
			if (have < want)
				continue;
			if (few > 0)
				tile.sum[7] = want;
			nnrt_panels_compute(&tile, w, bias, line, p->oc, whole, q, kind);
			have = 0;
		}
	}
}

#endif
