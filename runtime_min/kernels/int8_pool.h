/* Max pooling of bytes; lanes are channels, borders take fewer taps. */
#ifndef NNRT_INT8_POOL_H
#define NNRT_INT8_POOL_H

#include "runtime_min/kernels/int8.h"
#include "runtime_min/kernels/pool.h"

/** Greatest of a window for a vector of channels from x on. is_signed is a constant. */
NNRT_INLINE nnrt_b8 nnrt_window_max_int8(const struct nnrt_conv *p, const struct nnrt_window *t, const unsigned char *x,
	int is_signed)
{
	nnrt_b8 most = nnrt_b8_set(is_signed ? -128 : 0);

	for (int ky = t->ky0; ky < t->ky1; ky++) {
		const unsigned char *row = x + nnrt_window_row(p, t, ky);

		for (int kx = t->kx0; kx < t->kx1; kx++)
			most = nnrt_b8_max(most, nnrt_b8_load(row + kx * p->dilation_w * p->x_pixel), is_signed);
	}
	return most;
}

/** The same in y for n channels, fewer than a vector. */
NNRT_INLINE void nnrt_window_max_rest_int8(const struct nnrt_conv *p, const struct nnrt_window *t,
	const unsigned char *x, unsigned char *y, size_t n, int is_signed)
{
	nnrt_b8 most = nnrt_b8_set(is_signed ? -128 : 0);

	for (int ky = t->ky0; ky < t->ky1; ky++) {
		const unsigned char *row = x + nnrt_window_row(p, t, ky);

		for (int kx = t->kx0; kx < t->kx1; kx++)
			most = nnrt_b8_max(
				most, nnrt_b8_load_part(row + kx * p->dilation_w * p->x_pixel, n), is_signed);
	}
	nnrt_b8_store_part(y, most, n);
}

/** y[oy][ox][c] = greatest of x's pixels in the window of (oy, ox), padding absent; the least byte when there are none.
 *  See struct nnrt_conv, strides in bytes, ic == oc. is_signed: a constant, 1 for int8. ONNX MaxPool-12. */
NNRT_INLINE void nnrt_max_pool_int8(const struct nnrt_conv *p, const void *x, void *y, int is_signed)
{
	const int whole = p->oc / NNRT_B8_LANES * NNRT_B8_LANES;
	const unsigned char *const from = (const unsigned char *)x;

	for (int oy = p->row_begin; oy < p->row_end; oy++) {
		unsigned char *to = (unsigned char *)y + nnrt_ring(oy, p->y_ring) * p->y_row;

		for (int ox = 0; ox < p->out_w; ox++, to += p->y_pixel) {
			const struct nnrt_window t = nnrt_window_at(p, oy, ox);

			for (int c = 0; c < whole; c += NNRT_B8_LANES)
				nnrt_b8_store(to + c, nnrt_window_max_int8(p, &t, from + c, is_signed));
			if (NNRT_B8_LANES > 1 && whole < p->oc)
				nnrt_window_max_rest_int8(
					p, &t, from + whole, to + whole, (size_t)(p->oc - whole), is_signed);
		}
	}
}

#endif
