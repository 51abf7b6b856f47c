/* Gathering of taps for kernels of cores without products of pairs: bytes, of which int8 gets 128 added, so that they
 * are loaded as unsigned ones (Armv6-M has no other loads of bytes with an offset). The bias makes it good. */
#ifndef NNRT_INT8_THUMB_H
#define NNRT_INT8_THUMB_H

#include "runtime_min/kernels/int8_panels.h"

/** Four bytes as they are, or with 128 added to each. */
NNRT_INLINE void nnrt_thumb_put(void *to, uint32_t v, int is_signed)
{
	v ^= is_signed ? 0x80808080u : 0;
	memcpy(__builtin_assume_aligned(to, 4), &v, sizeof v);
}

/** What an output pixel sees where all rows lie inside the image, `row` bytes apart, and each is so many whole words in
 *  a piece, which begin at multiples of four. */
NNRT_SHARED void nnrt_thumb_gather_words(const unsigned char *x, ptrdiff_t row, int rows, int words, unsigned char *to,
	ptrdiff_t step, int is_signed)
{
	const uint32_t flip = is_signed ? 0x80808080u : 0;

	for (; rows > 0; rows--, x += row) {
		const uint32_t *from = (const uint32_t *)__builtin_assume_aligned(x, 4), *const end = from + words;

		for (; from < end; to += step)
			*(uint32_t *)__builtin_assume_aligned(to, 4) = *from++ ^ flip;
	}
}

/** What any output pixel sees, for all nodes of a model. */
NNRT_SHARED void nnrt_thumb_gather(const struct nnrt_conv *p, const unsigned char *x, const unsigned char *zero,
	void *to, ptrdiff_t step, int iy, int ix, int is_signed)
{
	const int run = p->kernel_w * p->ic;
	const int inside = iy >= 0 && iy + (p->kernel_h - 1) * p->dilation_h < p->in_h && ix >= 0 &&
			   ix + p->kernel_w <= p->in_w && p->x_pixel == p->ic && p->dilation_w == 1 && p->x_ring == 0;
	const ptrdiff_t row = p->x_row * p->dilation_h;
	const unsigned char *const from = x + iy * p->x_row + ix * p->x_pixel;

	if (inside && run % 4 == 0 && (((uintptr_t)from | (uintptr_t)row) & 3) == 0)
		nnrt_thumb_gather_words(from, row, p->kernel_h, run / 4, (unsigned char *)to, step, is_signed);
	else if (inside && run >= 4)
		nnrt_taps_inside(from, row, p->kernel_h, run, (unsigned char *)to, step, is_signed, nnrt_thumb_put);
	else
		nnrt_taps_gather(p, x, zero, to, step, iy, ix, is_signed, nnrt_thumb_put);
}

#endif
