/* The tail of a kernel: a function of the user's file that sees every sum once, in registers, just
 * before it is stored. Passed as a constant argument it is inlined; there is no call left. */
#ifndef NNRT_EPILOGUE_H
#define NNRT_EPILOGUE_H

#include "runtime_min/kernels/shape.h"
#include "runtime_min/simd/simd.h"

/** Where a vector of results goes. Offsets count floats. Convolutions and pooling give output row and column;
 *  kernels that see pixels or matrix rows as one flat list give row 0 and the index in that list as col, so
 *  that `row * ROW_STRIDE + col * PIXEL_STRIDE + c` finds the same element in another tensor with any strides
 *  (for flat kernels: with rows that follow each other without a gap). Unused fields cost nothing. */
struct nnrt_at {
	ptrdiff_t y;            /* offset of the first lane in the output */
	ptrdiff_t row, col;     /* output row and column */
	ptrdiff_t c;            /* channel or matrix column of the first lane */
	int n;                  /* lanes that count, 1..NNRT_LANES; the others hold anything */
};

/** What is stored for the sum `acc` (bias included). May load from ctx[...] at the same place (residuals), n
 *  lanes of it; must not depend on lanes from n on. */
typedef nnrt_vf (*nnrt_epilogue)(nnrt_vf acc, struct nnrt_at at, const void *const *ctx);

/** The epilogue that stores the sum as it is. */
NNRT_INLINE nnrt_vf nnrt_epilogue_none(nnrt_vf acc, struct nnrt_at at, const void *const *ctx)
{
	(void)at;
	(void)ctx;
	return acc;
}

/** Loads at.n lanes of a vector at p: whole when all count, which costs one test at most. */
NNRT_INLINE nnrt_vf nnrt_load_at(const float *p, struct nnrt_at at)
{
	return at.n == NNRT_LANES ? nnrt_vf_load(p) : nnrt_vf_load_n(p, at.n);
}

/** The n floats at p, p + stride, p + 2 * stride ... as lanes, the others 0: for operands whose channels lie apart. */
NNRT_INLINE nnrt_vf nnrt_vf_gather(const float *p, ptrdiff_t stride, int n)
{
	float lanes[NNRT_LANES] = {0};

	for (int i = 0; i < n; i++)
		lanes[i] = p[i * stride];
	return nnrt_vf_load(lanes);
}

/** Stores at.n lanes of a finished vector to y + at.y. */
NNRT_INLINE void nnrt_store_at(float *y, nnrt_vf a, struct nnrt_at at)
{
	if (at.n == NNRT_LANES)
		nnrt_vf_store(y + at.y, a);
	else
		nnrt_vf_store_n(y + at.y, a, at.n);
}

/** The epilogue over rows of sums. */
NNRT_INLINE void nnrt_tail_run(const struct nnrt_tail_rows *t, nnrt_epilogue epilogue)
{
	const float *sums = t->sums;
	struct nnrt_at at = {0, t->row, t->col, 0, 0};
	const int n = t->n;

	for (int i = 0; i < t->count; i++, at.col++, sums += t->width) {
		at.y = t->y_at + i * t->step;
		at.c = t->c;
		for (int j = 0; j < n; j += NNRT_LANES) {
			at.n = n - j < NNRT_LANES ? n - j : NNRT_LANES;
			nnrt_store_at(t->y, epilogue(nnrt_vf_load(sums + j), at, t->ctx), at);
			at.y += NNRT_LANES;
			at.c += NNRT_LANES;
		}
	}
}

/* The tail of that name. An epilogue with a dozen constants finds no registers for them beside a tile's sums, loads
 * them for every vector and is there once for each; in a function of its own they are loaded once a tile. */
#define NNRT_TAIL(name, epilogue) \
	NNRT_SHARED void name(const struct nnrt_tail_rows *rows) \
	{ \
		nnrt_tail_run(rows, epilogue); \
	}

#endif
