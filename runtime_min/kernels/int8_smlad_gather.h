/* Gathers the taps of tiles of int8_smlad.h: of bytes 0 and 2 of a word 16 bits each, then of 1 and 3, which is how
 * SXTB16 widens the weights. */
#ifndef NNRT_INT8_SMLAD_GATHER_H
#define NNRT_INT8_SMLAD_GATHER_H

#include "runtime_min/kernels/int8_points.h"

/** Bytes 0 and 2 of v as 16 bits each at `to`, and 1 and 3 so many bytes behind; both are words' places. */
NNRT_INLINE void nnrt_smlad_put_at(void *to, uint32_t v, int is_signed, ptrdiff_t behind)
{
	uint32_t even, odd;

	if (is_signed)
		__asm__("sxtb16 %0, %2\n\tsxtb16 %1, %2, ror #8" : "=&r"(even), "=r"(odd) : "r"(v));
	else
		__asm__("uxtb16 %0, %2\n\tuxtb16 %1, %2, ror #8" : "=&r"(even), "=r"(odd) : "r"(v));
	(void)memcpy(__builtin_assume_aligned(to, 4), &even, sizeof even);
	(void)memcpy(__builtin_assume_aligned((unsigned char *)to + behind, 4), &odd, sizeof odd);
}

/** The same side by side. */
NNRT_INLINE void nnrt_smlad_put(void *to, uint32_t v, int is_signed)
{
	nnrt_smlad_put_at(to, v, is_signed, 4);
}

/** Four taps of one of three pixels; of C gcc 12 makes half as many instructions again. */
#define NNRT_SMLAD_WORD \
	"ldr r3, [%0], #4\n" \
	"sxtb16 r2, r3\n" \
	"sxtb16 r3, r3, ror #8\n" \
	"strd r2, r3, [%1], #24\n"

/** Taps of int8 where each row is so many whole words. */
NNRT_SHARED void nnrt_smlad_words(const unsigned char *x, ptrdiff_t row, int rows, int run, unsigned char *to,
				  ptrdiff_t step)
{
	for (; rows > 0; rows--, x += row) {
		const unsigned char *from = x;
		int left = run;

		for (; step == 24 && left >= 16; left -= 16)
			__asm__ volatile(NNRT_SMLAD_WORD NNRT_SMLAD_WORD NNRT_SMLAD_WORD NNRT_SMLAD_WORD
					 : "+r"(from), "+r"(to)
					 :
					 : "r2", "r3", "memory");
		for (; left > 0; left -= 4, from += 4, to += step)
			nnrt_smlad_put(to, nnrt_taps_word(from), 1);
	}
}

/** Taps of int8 in rows that are no whole words. */
NNRT_SHARED void nnrt_smlad_bytes(const unsigned char *x, ptrdiff_t row, int rows, int run, unsigned char *to,
				  ptrdiff_t step)
{
	nnrt_taps_inside(x, row, rows, run, to, step, 1, nnrt_smlad_put);
}

/** Taps of int8 of a 3x3 kernel over three channels, for tiles of three pixels. */
NNRT_SHARED void nnrt_smlad_rgb(const unsigned char *x, ptrdiff_t row, unsigned char *to)
{
	nnrt_taps_rgb(x, row, to, 24, 1, nnrt_smlad_put);
}

/** Taps of int8 in a form. */
NNRT_INLINE void nnrt_smlad_inside(const unsigned char *x, ptrdiff_t row, int rows, int run, unsigned char *to,
				   ptrdiff_t step, int is_signed, enum nnrt_panels_form form)
{
	(void)is_signed;
	if (form == NNRT_PANELS_WORDS)
		nnrt_smlad_words(x, row, rows, run, to, step);
	else if (form == NNRT_PANELS_RGB)
		nnrt_smlad_rgb(x, row, to);
	else
		nnrt_smlad_bytes(x, row, rows, run, to, step);
}

/** Taps of int8 of three pixels where each row is so many whole words; `pixel`, `row`: bytes from pixel to pixel and
 *  from row to row. */
NNRT_NAKED void nnrt_smlad_words3(const unsigned char *x __attribute__((unused)),
				  ptrdiff_t pixel __attribute__((unused)), ptrdiff_t row __attribute__((unused)),
				  int rows __attribute__((unused)), int run __attribute__((unused)),
				  unsigned char *to __attribute__((unused)))
{
	__asm__ volatile("push {r1-r9, lr}\n"
			 "ldr r12, [sp, #44]\n"
			 "2:\n"
			 "ldr r1, [sp]\n"
			 "ldr r3, [sp, #40]\n"
			 "add r2, r0, r1\n"
			 "add r1, r2\n"
			 "add r3, r0\n"
			 "1:\n"
			 "ldr r5, [r0], #4\n"
			 "ldr r7, [r2], #4\n"
			 "ldr r9, [r1], #4\n"
			 "sxtb16 r4, r5\n"
			 "sxtb16 r5, r5, ror #8\n"
			 "sxtb16 r6, r7\n"
			 "sxtb16 r7, r7, ror #8\n"
			 "sxtb16 r8, r9\n"
			 "sxtb16 r9, r9, ror #8\n"
			 "cmp r0, r3\n"
			 "stm r12!, {r4-r9}\n"
			 "bne 1b\n"
			 "ldrd r1, r3, [sp, #4]\n"
			 "ldr r2, [sp, #40]\n"
			 "add r0, r1\n"
			 "sub r0, r2\n"
			 "subs r3, #1\n"
			 "str r3, [sp, #8]\n"
			 "bne 2b\n"
			 "pop {r1-r9, pc}\n");
}

/** nnrt_panels_take of three pixels. */
NNRT_INLINE void nnrt_smlad_take(const unsigned char *x, ptrdiff_t pixel, ptrdiff_t row, int kernel_h, int run,
				 unsigned char *to, int is_signed, enum nnrt_panels_form form)
{
	if (form == NNRT_PANELS_WORDS)
		nnrt_smlad_words3(x, pixel, row, kernel_h, run, to);
	else
		for (int i = 0; i < 3; i++)
			nnrt_smlad_inside(x + i * pixel, row, kernel_h, run, to + i * 8, 24, is_signed, form);
}

/** Bytes i ... i+3 of a kernel's row, of which those of left ... end-1 are the image's, from `row` on. */
NNRT_INLINE uint32_t nnrt_smlad_mixed(uint32_t padding, const unsigned char *row, int i, int left, int end)
{
	unsigned char v[4];
	uint32_t word;

	(void)memcpy(v, &padding, sizeof v);
	for (int k = 0; k < 4; k++)
		if (i + k >= left && i + k < end)
			v[k] = row[i + k - left];
	(void)memcpy(&word, v, sizeof word);
	return word;
}

/** n words of padding; returns what is behind them. */
NNRT_INLINE unsigned char *nnrt_smlad_fill(unsigned char *to, ptrdiff_t step, uint32_t padding, int n,
					   nnrt_taps_put *put)
{
	for (; n > 0; n--, to += step)
		put(to, padding, 1);
	return to;
}

/** Taps of int8 of any pixel where what a row shows of the image lies side by side, and a kernel's row is whole words;
 *  `words` gathers so many of a row. */
NNRT_INLINE void nnrt_smlad_border(const struct nnrt_conv *p, const unsigned char *x, const unsigned char *zero,
				   unsigned char *to, ptrdiff_t step, int iy, int ix, nnrt_taps_put *put,
				   void (*words)(const unsigned char *x, ptrdiff_t row, int rows, int run,
						 unsigned char *to, ptrdiff_t step))
{
	const uint32_t padding = *zero * 0x01010101u;
	const int before = (int)nnrt_min(ix < 0 ? -ix : 0, p->kernel_w), run = p->kernel_w * p->ic;
	const int after = ix + p->kernel_w > p->in_w ? (int)nnrt_min(ix + p->kernel_w - p->in_w, p->kernel_w) : 0;
	const int left = before * p->ic, end = run - after * p->ic;
	const int begin = (left + 3) / 4 * 4, n = end / 4 * 4 - begin; /* words with no padding */
	const unsigned char *const from = x + (ix + before) * p->x_pixel;

	for (int ky = 0; ky < p->kernel_h; ky++, iy += p->dilation_h) {
		const int is_inside = iy >= 0 && iy < p->in_h;
		const unsigned char *const row = from + (is_inside ? nnrt_ring(iy, p->x_ring) * p->x_row : 0);

		if (is_inside && n == run && p->x_ring <= 0) { /* and what follows it inside */
			const int rows = (int)nnrt_min((p->in_h - 1 - iy) / p->dilation_h + 1, p->kernel_h - ky);

			words(row, p->x_row * p->dilation_h, rows, run, to, step);
			to += run / 4 * rows * step;
			ky += rows - 1;
			iy += (rows - 1) * p->dilation_h;
			continue;
		}
		to = nnrt_smlad_fill(to, step, padding, is_inside ? left / 4 : run / 4, put);
		if (!is_inside)
			continue;
		if (left / 4 * 4 < begin) {
			put(to, nnrt_smlad_mixed(padding, row, left / 4 * 4, left, end), 1);
			to += step;
		}
		if (n > 0) {
			words(row + begin - left, 0, 1, n, to, step);
			to += n / 4 * step;
		}
		if (end % 4 > 0 && n >= 0) {
			put(to, nnrt_smlad_mixed(padding, row, end / 4 * 4, left, end), 1);
			to += step;
		}
		to = nnrt_smlad_fill(to, step, padding, run / 4 - (end + 3) / 4, put);
	}
}

/** Whether that is so. */
NNRT_INLINE int nnrt_smlad_has_words(const struct nnrt_conv *p, int is_signed)
{
	return is_signed && p->kernel_w * p->ic % 4 == 0 && p->x_pixel == p->ic && p->dilation_w == 1;
}

/** Taps of any pixel. */
NNRT_SHARED void nnrt_smlad_any(const struct nnrt_conv *p, const unsigned char *x, const unsigned char *zero, void *to,
				ptrdiff_t step, int iy, int ix, int is_signed)
{
	if (nnrt_smlad_has_words(p, is_signed))
		nnrt_smlad_border(p, x, zero, (unsigned char *)to, step, iy, ix, nnrt_smlad_put, nnrt_smlad_words);
	else if (is_signed)
		nnrt_taps_gather(p, x, zero, to, step, iy, ix, 1, nnrt_smlad_put);
	else
		nnrt_taps_gather(p, x, zero, to, step, iy, ix, 0, nnrt_smlad_put);
}

#endif
