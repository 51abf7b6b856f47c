/* Delay lines: what stays for the next frame moves to their beginning. */
#ifndef NNRT_SHIFT_H
#define NNRT_SHIFT_H

#include "runtime_min/nnrt.h"

/** y[i] = x[i] for n bytes, where y is x or lies before it: they may overlap. */
NNRT_INLINE void nnrt_shift(const void *x, void *y, ptrdiff_t n)
{
	const unsigned char *from = (const unsigned char *)x;
	unsigned char *to = (unsigned char *)y;
	ptrdiff_t i = 0;
	uint32_t w[4];

	for (; i + 16 <= n; i += 16) {
		(void)memcpy(w, from + i, 16);
		(void)memcpy(to + i, w, 16);
	}
	for (; i < n; i++)
		to[i] = from[i];
}

#endif
