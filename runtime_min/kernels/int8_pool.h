/* Max pooling of bytes; lanes are channels, borders take fewer taps. */
#ifndef NNRT_INT8_POOL_H
#define NNRT_INT8_POOL_H

#include "runtime_min/kernels/int8.h"
#include "runtime_min/kernels/pool.h"

/** y[0..n-1] = greatest of a window for n channels, n at most a vector. is_signed is a constant. */
NNRT_INLINE void nnrt_window_max_int8(const struct nnrt_conv *p, const struct nnrt_window *t, const unsigned char *x,
	unsigned char *y, int n, int is_signed)
{
	nnrt_b8 most = nnrt_b8_set(is_signed ? -128 : 0);
	unsigned char part[NNRT_B8_LANES] = {0};

	for (int ky = t->ky0; ky < t->ky1; ky++) {
		const unsigned char *row = x + nnrt_window_row(p, t, ky);

		for (int kx = t->kx0; kx < t->kx1; kx++) {
			const unsigned char *from = row + kx * p->dilation_w * p->x_pixel;

			if (n < NNRT_B8_LANES)
				from = (const unsigned char *)memcpy(part, from, (size_t)n);
			most = nnrt_b8_max(most, nnrt_b8_load(from), is_signed);
		}
	}
	if (n == NNRT_B8_LANES) {
		nnrt_b8_store(y, most);
		return;
	}
	nnrt_b8_store(part, most);
	memcpy(y, part, (size_t)n);
}

/** y[oy][ox][c] = greatest of x's pixels in the window of (oy, ox), padding absent; the least byte when there are none.
 *  See struct nnrt_conv, strides in bytes, ic == oc. is_signed: a constant, 1 for int8. ONNX MaxPool-12. */
NNRT_INLINE void nnrt_max_pool_int8(const struct nnrt_conv *p, const void *x, void *y, int is_signed)
{
	const int whole = p->oc / NNRT_B8_LANES * NNRT_B8_LANES, rest = p->oc - whole;
	const unsigned char *const from = (const unsigned char *)x;

	for (int oy = p->row_begin; oy < p->row_end; oy++) {
		unsigned char *to = (unsigned char *)y + nnrt_ring(oy, p->y_ring) * p->y_row;

		for (int ox = 0; ox < p->out_w; ox++, to += p->y_pixel) {
			const struct nnrt_window t = nnrt_window_at(p, oy, ox);

			for (int c = 0; c < whole; c += NNRT_B8_LANES)
				nnrt_window_max_int8(p, &t, from + c, to + c, NNRT_B8_LANES, is_signed);
			if (rest > 0)
				nnrt_window_max_int8(p, &t, from + whole, to + whole, rest, is_signed);
		}
	}
}

#endif
