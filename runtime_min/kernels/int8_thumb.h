/* Gathering of taps for kernels of cores without products of pairs: bytes, of which int8 gets 128 added, so that they
 * are loaded as unsigned ones (Armv6-M has no other loads of bytes with an offset). The bias makes it good. */
#ifndef NNRT_INT8_THUMB_H
#define NNRT_INT8_THUMB_H

#include "runtime_min/kernels/int8_panels.h"

/** Four bytes as they are, or with 128 added to each. */
NNRT_INLINE void nnrt_thumb_put(void *to, uint32_t v, int is_signed)
{
	v ^= is_signed ? 0x80808080u : 0;
	(void)memcpy(__builtin_assume_aligned(to, 4), &v, sizeof v);
}

/** Taps where each row is so many whole words, which begin at multiples of four. */
NNRT_SHARED void nnrt_thumb_words(const unsigned char *x, ptrdiff_t row, int rows, int run, unsigned char *to,
	ptrdiff_t step, int is_signed)
{
	const uint32_t flip = is_signed ? 0x80808080u : 0;

	for (; rows > 0; rows--, x += row) {
		const uint32_t *from = (const uint32_t *)__builtin_assume_aligned(x, 4), *const end = from + run / 4;

		for (; from < end; to += step)
			*(uint32_t *)__builtin_assume_aligned(to, 4) = *from++ ^ flip;
	}
}

/** Taps of rows of at least four bytes. */
NNRT_SHARED void nnrt_thumb_bytes(const unsigned char *x, ptrdiff_t row, int rows, int run, unsigned char *to,
	ptrdiff_t step, int is_signed)
{
	const unsigned char flip = is_signed ? 0x80 : 0;
	int place = 0;

	if (NNRT_HAS_UNALIGNED) {
		nnrt_taps_inside(x, row, rows, run, to, step, is_signed, nnrt_thumb_put);
		return;
	}
	for (; rows > 0; rows--, x += row)
		for (int i = 0; i < run; i++) {
			to[place] = x[i] ^ flip;
			place++;
			to += place & 4 ? step : 0;
			place &= 3;
		}
}

/** Taps of a 3x3 kernel over three channels, `step` bytes apart. */
NNRT_INLINE void nnrt_thumb_rgb(const unsigned char *x, ptrdiff_t row, unsigned char *to, ptrdiff_t step, int is_signed)
{
	const unsigned char flip = is_signed ? 0x80 : 0;

	if (NNRT_HAS_UNALIGNED) {
		nnrt_taps_rgb(x, row, to, step, is_signed, nnrt_thumb_put);
		return;
	}
	NNRT_UNROLL(27)
	for (int i = 0; i < 27; i++) {
		to[i / 4 * step + i % 4] = x[i % 9] ^ flip;
		x += i % 9 == 8 ? row : 0;
	}
}

/** The same for all nodes of a model, for tiles of two and of four pixels. */
NNRT_SHARED void nnrt_thumb_rgb2(const unsigned char *x, ptrdiff_t row, unsigned char *to, int is_signed)
{
	nnrt_thumb_rgb(x, row, to, 8, is_signed);
}

NNRT_SHARED void nnrt_thumb_rgb4(const unsigned char *x, ptrdiff_t row, unsigned char *to, int is_signed)
{
	nnrt_thumb_rgb(x, row, to, 16, is_signed);
}

/** Taps in a form. */
NNRT_INLINE void nnrt_thumb_inside(const unsigned char *x, ptrdiff_t row, int rows, int run, unsigned char *to,
	ptrdiff_t step, int is_signed, enum nnrt_panels_form form)
{
	if (form == NNRT_PANELS_WORDS)
		nnrt_thumb_words(x, row, rows, run, to, step, is_signed);
	else if (form == NNRT_PANELS_RGB && step == 8)
		nnrt_thumb_rgb2(x, row, to, is_signed);
	else if (form == NNRT_PANELS_RGB && step == 16)
		nnrt_thumb_rgb4(x, row, to, is_signed);
	else
		nnrt_thumb_bytes(x, row, rows, run, to, step, is_signed);
}

/** nnrt_panels_take of so many pixels. */
NNRT_INLINE void nnrt_thumb_pixels(const unsigned char *x, ptrdiff_t pixel, ptrdiff_t row, int kernel_h, int run,
	unsigned char *to, int is_signed, enum nnrt_panels_form form, int pixels)
{
	for (int i = 0; i < pixels; i++, x += pixel, to += 4)
		nnrt_thumb_inside(x, row, kernel_h, run, to, 4 * (ptrdiff_t)pixels, is_signed, form);
}

NNRT_INLINE void nnrt_thumb_take2(const unsigned char *x, ptrdiff_t pixel, ptrdiff_t row, int kernel_h, int run,
	unsigned char *to, int is_signed, enum nnrt_panels_form form)
{
	nnrt_thumb_pixels(x, pixel, row, kernel_h, run, to, is_signed, form, 2);
}

NNRT_INLINE void nnrt_thumb_take4(const unsigned char *x, ptrdiff_t pixel, ptrdiff_t row, int kernel_h, int run,
	unsigned char *to, int is_signed, enum nnrt_panels_form form)
{
	nnrt_thumb_pixels(x, pixel, row, kernel_h, run, to, is_signed, form, 4);
}

/** Taps of any pixel. */
NNRT_SHARED void nnrt_thumb_any(const struct nnrt_conv *p, const unsigned char *x, const unsigned char *zero, void *to,
	ptrdiff_t step, int iy, int ix, int is_signed)
{
	nnrt_taps_gather(p, x, zero, to, step, iy, ix, is_signed, nnrt_thumb_put);
}

/** nnrt_panels_conv() by what computes a tile. */
NNRT_INLINE void nnrt_thumb_conv(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const void *scale, const void *zero, void *y, void *scratch, const struct nnrt_int8 *q,
	const struct nnrt_panels_kind *kind)
{
	const int run = p->kernel_w * p->ic;
	const uintptr_t beginnings = (uintptr_t)x | (uintptr_t)p->x_row | (uintptr_t)p->x_pixel | (uintptr_t)run;
	const enum nnrt_panels_form form = beginnings % 4 == 0		    ? NNRT_PANELS_WORDS
					   : run < 4			    ? NNRT_PANELS_ANY
					   : run == 9 && p->kernel_h == 3 ? NNRT_PANELS_RGB
									    : NNRT_PANELS_BYTES;

	nnrt_panels_conv(p, x, w, bias, scale, zero, y, scratch, q, kind, 1, 4, form, nnrt_thumb_any, nnrt_thumb_inside,
		kind->rows == 4 ? nnrt_thumb_take4 : nnrt_thumb_take2, 0);
}

#endif
