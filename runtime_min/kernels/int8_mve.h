/* Convolution of bytes by Helium: which pixels are a tile of int8_mve_tile.h, and what they see of the image. */
#ifndef NNRT_INT8_MVE_H
#define NNRT_INT8_MVE_H

#include "runtime_min/kernels/int8_mve_tile.h"

/** n bytes; n > 0. */
NNRT_INLINE void nnrt_mve_copy(unsigned char *to, const unsigned char *from, int n)
{
	__asm__ volatile("dlstp.8 lr, %[n]\n"
			 "1:\n"
			 "vldrb.8 q0, [%[from]], #16\n"
			 "vstrb.8 q0, [%[to]], #16\n"
			 "letp lr, 1b\n"
			 : [from] "+r"(from), [to] "+r"(to)
			 : [n] "r"(n)
			 : "q0", "lr", "memory");
}

/** n times the byte v; n >= 0. */
NNRT_INLINE void nnrt_mve_set(unsigned char *to, int v, ptrdiff_t n)
{
	__asm__ volatile("vdup.8 q0, %[v]\n"
			 "wlstp.8 lr, %[n], 2f\n"
			 "1:\n"
			 "vstrb.8 q0, [%[to]], #16\n"
			 "letp lr, 1b\n"
			 "2:\n"
			 : [to] "+r"(to)
			 : [v] "r"(v), [n] "r"(n)
			 : "q0", "lr", "memory");
}

/** Gathers what the output pixel sees whose first tap is at (iy, ix): tap by tap. */
NNRT_SHARED void nnrt_mve_taps(const struct nnrt_conv *p, const unsigned char *x, const unsigned char *zero,
	unsigned char *to, int iy, int ix)
{
	for (int ky = 0; ky < p->kernel_h; ky++, iy += p->dilation_h) {
		const unsigned char *const row = x + nnrt_ring(iy, p->x_ring) * p->x_row;

		for (int kx = 0, sx = ix; kx < p->kernel_w; kx++, sx += p->dilation_w, to += p->ic) {
			const int inside = iy >= 0 && iy < p->in_h && sx >= 0 && sx < p->in_w;

			nnrt_mve_copy(to, inside ? row + sx * p->x_pixel : zero, p->ic);
		}
	}
}

/** The same where what a row shows of the image lies side by side. */
NNRT_SHARED void nnrt_mve_runs(const struct nnrt_conv *p, const unsigned char *x, const unsigned char *zero,
	unsigned char *to, int iy, int ix)
{
	const int before = (int)nnrt_min(ix < 0 ? -ix : 0, p->kernel_w), run = p->kernel_w * p->ic;
	const int after = ix + p->kernel_w > p->in_w ? (int)nnrt_min(ix + p->kernel_w - p->in_w, p->kernel_w) : 0;
	const int left = before * p->ic, n = run - left - after * p->ic;
	const unsigned char *const from = x + (ix + before) * p->x_pixel;

	for (int ky = 0; ky < p->kernel_h; ky++, iy += p->dilation_h, to += run) {
		if (iy < 0 || iy >= p->in_h || n <= 0) {
			nnrt_mve_set(to, *zero, run);
			continue;
		}
		if (n < run)
			nnrt_mve_set(to, *zero, run);
		nnrt_mve_copy(to + left, from + nnrt_ring(iy, p->x_ring) * p->x_row, n);
	}
}

/** The same of any pixel. */
NNRT_INLINE void nnrt_mve_any(const struct nnrt_conv *p, const unsigned char *x, const unsigned char *zero,
	unsigned char *to, int iy, int ix)
{
	if (p->x_pixel == p->ic && p->dilation_w == 1)
		nnrt_mve_runs(p, x, zero, to, iy, ix);
	else
		nnrt_mve_taps(p, x, zero, to, iy, ix);
}

/** Bounds results of p's rows where they are not those of int8. low, high: with y's zero point. */
NNRT_SHARED void nnrt_mve_bound(const struct nnrt_conv *p, unsigned char *y, int low, int high)
{
	const int is_run = p->y_pixel == p->oc, pixels = is_run ? 1 : p->out_w, n = is_run ? p->out_w * p->oc : p->oc;

	if (low <= INT8_MIN && high >= INT8_MAX)
		return;
	for (int oy = p->row_begin; oy < p->row_end; oy++)
		for (int ox = 0; ox < pixels; ox++) {
			unsigned char *to = y + nnrt_ring(oy, p->y_ring) * p->y_row + ox * p->y_pixel;

			__asm__ volatile("vdup.8 q1, %[low]\n"
					 "vdup.8 q2, %[high]\n"
					 "wlstp.8 lr, %[n], 2f\n"
					 "1:\n"
					 "vldrb.8 q0, [%[to]]\n"
					 "vmax.s8 q0, q0, q1\n"
					 "vmin.s8 q0, q0, q2\n"
					 "vstrb.8 q0, [%[to]], #16\n"
					 "letp lr, 1b\n"
					 "2:\n"
					 : [to] "+r"(to)
					 : [low] "r"(low), [high] "r"(high), [n] "r"(n)
					 : "q0", "q1", "q2", "lr", "memory");
		}
}

/** The rows to compute of such a convolution as one. */
NNRT_INLINE struct nnrt_conv nnrt_mve_flat(const struct nnrt_conv *p)
{
	struct nnrt_conv f = *p;

	f.in_h = f.out_h = f.row_end = 1;
	f.row_begin = 0;
	f.in_w = f.out_w = (NNRT_COUNT)((p->row_end - p->row_begin) * p->out_w);
	return f;
}

/** The convolution of tile t, whose constants are set, by pairs of pixels: those that see no border, side by side in a
 *  row, at once. */
NNRT_SHARED void nnrt_mve_conv_2x4(const struct nnrt_conv *p, const unsigned char *x, const unsigned char *zero,
	unsigned char *y, struct nnrt_mve_tile *t)
{
	const int is_run = p->dilation_w == 1 && (p->kernel_w == 1 || p->x_pixel == p->ic);
	int have = 0; /* pixels of the tile */

	t->step = p->stride_w * p->x_pixel;
	t->row = p->dilation_h * p->x_row;
	t->y_move = 2 * p->y_pixel;
	for (int oy = p->row_begin; oy < p->row_end; oy++) {
		const int iy = oy * p->stride_h - p->pad_top;
		const unsigned char *const row = x + nnrt_ring(iy, p->x_ring) * p->x_row;
		const int inside = is_run && nnrt_panels_rows_of(p, iy).count == p->kernel_h;
		const int last_ix = inside ? p->in_w - p->kernel_w : -1;
		unsigned char *to = y + nnrt_ring(oy, p->y_ring) * p->y_row;
		int ix = -p->pad_left;

		for (int left = p->out_w; left > 0;) {
			int n = 1;

			t->y[have] = to;
			if (have == 0 && ix >= 0 && left > 1 && ix + p->stride_w <= last_ix) {
				t->pairs = (int)nnrt_min(left, (last_ix - ix) / p->stride_w + 1) / 2;
				n = 2 * t->pairs;
				t->y[1] = to + p->y_pixel;
				t->from = row + ix * p->x_pixel;
				t->rows = p->kernel_h;
				nnrt_mve_2x4(t);
			} else {
				nnrt_mve_any(p, x, zero, have ? t->second : t->taps, iy, ix);
				have++;
			}
			left -= n;
			ix += n * p->stride_w;
			to += n * p->y_pixel;
			if (have == 0 || (have == 1 && (left > 0 || oy + 1 < p->row_end)))
				continue;
			if (have == 1) { /* the last one once more */
				t->y[1] = t->y[0];
				nnrt_mve_copy(t->second, t->taps, (int)(t->second - t->taps));
			}
			t->pairs = 1;
			t->rows = 0;
			nnrt_mve_2x4(t);
			have = 0;
		}
	}
}

/** The same pixel by pixel. */
NNRT_SHARED void nnrt_mve_conv_1x8(const struct nnrt_conv *p, const unsigned char *x, const unsigned char *zero,
	unsigned char *y, struct nnrt_mve_tile *t)
{
	t->y_move = 0;
	for (int oy = p->row_begin; oy < p->row_end; oy++)
		for (int ox = 0; ox < p->out_w; ox++) {
			t->y[0] = y + nnrt_ring(oy, p->y_ring) * p->y_row + ox * p->y_pixel;
			t->y[1] = t->y[0];
			nnrt_mve_any(p, x, zero, t->taps, oy * p->stride_h - p->pad_top,
				ox * p->stride_w - p->pad_left);
			nnrt_mve_1x8(t);
		}
}

/** nnrt_conv_int8() by VMLADAVA, for 2 rows and 4 columns, or 1 and 8; x, y: int8, scale: the channels' multipliers.
 *  scratch: `rows` times whole steps of bytes. */
NNRT_INLINE void nnrt_conv_mve(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const void *scale, const void *zero, void *y, void *scratch, int is_signed, int low, int high, int y_zero,
	int rows, int columns)
{
	const int terms = p->kernel_h * p->kernel_w * p->ic;
	const unsigned char *const from = (const unsigned char *)x;
	unsigned char *const to = (unsigned char *)y;
	struct nnrt_mve_tile t;

	(void)is_signed;
	(void)columns;
	t.taps = (unsigned char *)scratch;
	t.second = t.taps + (terms + NNRT_MVE_TERMS - 1) / NNRT_MVE_TERMS * NNRT_MVE_TERMS;
	t.w = w;
	t.bias = bias;
	t.scale = (const float *)scale;
	t.channels = p->oc;
	t.run = p->kernel_w * p->ic;
	t.zero = y_zero;
	if (rows == 1) {
		nnrt_mve_conv_1x8(p, from, (const unsigned char *)zero, to, &t);
	} else if (nnrt_conv_is_flat(p)) {
		const struct nnrt_conv f = nnrt_mve_flat(p);

		nnrt_mve_conv_2x4(&f, from + p->row_begin * p->x_row, (const unsigned char *)zero,
			to + p->row_begin * p->y_row, &t);
	} else {
		nnrt_mve_conv_2x4(p, from, (const unsigned char *)zero, to, &t);
	}
	nnrt_mve_bound(p, to, low + y_zero, high + y_zero);
}

#endif
