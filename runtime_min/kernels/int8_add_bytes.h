/* nnrt_add_int8() of unsigned bytes, by vectors of bytes that are widened and narrowed in registers. */
#ifndef NNRT_INT8_ADD_BYTES_H
#define NNRT_INT8_ADD_BYTES_H

#include "runtime_min/kernels/int8_add.h"

/** See nnrt_add_int8(): a_signed, b_signed 0, low >= 0; factors > 0. */
NNRT_INLINE void nnrt_add_bytes(const struct nnrt_int8_add *p, const void *a, const void *b, void *y)
{
	const unsigned char *x0 = (const unsigned char *)a, *x1 = (const unsigned char *)b;
	const float most = 255.0f * (p->a_factor + p->b_factor) + (p->offset < 0 ? -p->offset : p->offset);
	unsigned char *to = (unsigned char *)y;
	struct nnrt_int8_add rest = *p;
	int i = 0;

	/* A sum beyond 31 bits has no integer, and is bounded as a float. */
	for (; most < 1e9f && i + NNRT_B8_LANES <= p->n; i += NNRT_B8_LANES) {
		nnrt_b8 sum = nnrt_b8_sum(nnrt_b8_load(x0 + i), nnrt_b8_load(x1 + i), p->a_factor, p->b_factor,
			p->offset);

		if (p->low > 0)
			sum = nnrt_b8_max(sum, nnrt_b8_set(p->low), 0);
		if (p->high < 255)
			sum = nnrt_b8_min(sum, nnrt_b8_set(p->high));
		nnrt_b8_store(to + i, sum);
	}
	rest.n -= i;
	nnrt_add_int8(&rest, x0 + i, x1 + i, to + i);
}

#endif
