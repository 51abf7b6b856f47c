/* Convolutions and matrix products of bytes by instructions that add up several products a lane. The image is read as
 * it lies, or copied once, some rows at a time, into a scratch with its padding round it: then every row of a window
 * is one run of adjacent bytes, and the inner loop knows no borders.
 *
 * An instruction's own header has the register tile and gives the functions below to it by name. */
#ifndef NNRT_DOT_H
#define NNRT_DOT_H

#include "runtime_min/kernels/shape.h"

/** Sums of a tile: all products of runs of bytes that follow each other in memory. */
struct nnrt_dot {
	ptrdiff_t x_pixel;              /* bytes from one pixel's window to the next one's */
	int runs_h, runs_w;             /* a window has runs_h * runs_w runs, */
	ptrdiff_t step_h, step_w;       /* so far apart, */
	int run;                        /* of so many bytes; weights go on with zeros to whole terms */
	int columns;                    /* of a panel of weights */
	ptrdiff_t y_pixel;
	int low, high, zero;            /* of the result */
};

/** y[i][c] = bounded(round_half_even(float(bias[c] + sum of x * w) * scale[c]) + zero, low, high) for pixels i < rows
 * and channels c < n of one panel. Sums of `wide` >= n channels may be computed. rows and wide are constants, and n
 * should be. */
typedef void (*nnrt_dot_tile)(const struct nnrt_dot *d, const unsigned char *x, const int8_t *w, const int32_t *bias,
	const float *scale, unsigned char *y, int n, int rows, int wide);

/** Where the weights of panel i begin; even: bytes of a panel where all have as many. */
typedef const int8_t *(*nnrt_dot_at)(const int8_t *w, ptrdiff_t i, ptrdiff_t even);

/** See nnrt_dot_at: one panel behind the other. */
NNRT_INLINE const int8_t *nnrt_dot_even(const int8_t *w, ptrdiff_t i, ptrdiff_t even)
{
	return w + i * even;
}

/** Puts n elements of an image into scratch, in the form that a tile reads; from NULL: n times the byte `zero`. */
typedef void (*nnrt_dot_put)(unsigned char *to, const unsigned char *from, int zero, ptrdiff_t n);

/** See nnrt_dot_put: bytes as they are. */
NNRT_INLINE void nnrt_dot_bytes(unsigned char *to, const unsigned char *from, int zero, ptrdiff_t n)
{
	if (from)
		(void)memcpy(to, from, (size_t)n);
	else
		(void)memset(to, zero, (size_t)n);
}

/** Bytes rounded up to whole terms, a power of two. */
NNRT_INLINE int nnrt_dot_whole(int bytes, int terms)
{
	return (bytes + terms - 1) & -terms;
}

/** Where the images of a convolution's windows lie: rows of pixels, the padding included. */
struct nnrt_dot_image {
	const unsigned char *x;         /* the first pixel that the first window sees */
	ptrdiff_t row, pixel;           /* bytes to the next */
};

/** Copies the rows that output rows begin to end - 1 see, with their padding, to `to`, pixels of p->ic elements of
 *  `size` bytes. */
NNRT_INLINE struct nnrt_dot_image nnrt_dot_copy(const struct nnrt_conv *p, const unsigned char *x, unsigned char *to,
	int zero, int begin, int end, nnrt_dot_put put, int size)
{
	const int height = (end - 1 - begin) * p->stride_h + (p->kernel_h - 1) * p->dilation_h + 1;
	const int width = (p->out_w - 1) * p->stride_w + (p->kernel_w - 1) * p->dilation_w + 1;
	const int first = p->pad_left > 0 ? 0 : -p->pad_left, left = (int)nnrt_min(p->pad_left + first, width);
	const int inside = (int)nnrt_min(p->in_w - first > 0 ? p->in_w - first : 0, width - left);
	const ptrdiff_t to_pixel = (ptrdiff_t)p->ic * size;
	const struct nnrt_dot_image image = {to, width * to_pixel, to_pixel};

	for (int i = 0; i < height; i++, to += image.row) {
		const int iy = begin * p->stride_h - p->pad_top + i;
		const unsigned char *from = x + nnrt_ring(iy, p->x_ring) * p->x_row + first * p->x_pixel;
		unsigned char *pixel = to + left * to_pixel;

		if (iy < 0 || iy >= p->in_h) {
			put(to, NULL, zero, (ptrdiff_t)width * p->ic);
			continue;
		}
		put(to, NULL, zero, (ptrdiff_t)left * p->ic);
		if (p->x_pixel == p->ic) {
			put(pixel, from, zero, (ptrdiff_t)inside * p->ic);
			pixel += inside * to_pixel;
		} else {
			for (int j = 0; j < inside; j++, pixel += to_pixel, from += p->x_pixel)
				put(pixel, from, zero, p->ic);
		}
		put(pixel, NULL, zero, (ptrdiff_t)(width - left - inside) * p->ic);
	}
	return image;
}

/** One panel of channels for n pixels in a row. The last tile begins early enough to be full, and computes some pixels
 *  again. Where it is known that there are fewer, one tile has as many rows. */
NNRT_INLINE void nnrt_dot_line(const struct nnrt_dot *d, const unsigned char *x, const int8_t *w, const int32_t *bias,
	const float *scale, unsigned char *y, ptrdiff_t n, int channels, nnrt_dot_tile tile, int rows,
	int wide)
{
	if (NNRT_IS_CONSTANT(n) && n < rows) {
		tile(d, x, w, bias, scale, y, channels, (int)n, wide);
		return;
	}
	if (n < rows) {
		for (ptrdiff_t i = 0; i < n; i++)
			tile(d, x + i * d->x_pixel, w, bias, scale, y + i * d->y_pixel, channels, 1, wide);
		return;
	}
	for (ptrdiff_t i = 0; i < n; i += rows) {
		const ptrdiff_t at = nnrt_min(i, n - rows);

		tile(d, x + at * d->x_pixel, w, bias, scale, y + at * d->y_pixel, channels, rows, wide);
	}
}

/** The same where `left` channels are left, and `rest` in the last panel: in code of its own where that is known. */
NNRT_INLINE void nnrt_dot_panel(const struct nnrt_dot *d, const unsigned char *x, const int8_t *w, const int32_t *bias,
	const float *scale, unsigned char *y, ptrdiff_t n, int left, int rest, nnrt_dot_tile tile, int rows)
{
	if (!NNRT_IS_CONSTANT(rest))
		nnrt_dot_line(d, x, w, bias, scale, y, n, (int)nnrt_min(left, d->columns), tile, rows,
			d->columns);
	else if (rest == 0 || left >= d->columns)
		nnrt_dot_line(d, x, w, bias, scale, y, n, d->columns, tile, rows, d->columns);
	else
		nnrt_dot_line(d, x, w, bias, scale, y, n, rest, tile, rows, rest);
}

/** As nnrt_conv_dot, of results that take y_bytes each; scale may be NULL. */
NNRT_INLINE void nnrt_conv_dot_wide(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, void *y, void *scratch, int zero, int low, int high, int y_zero, int band,
	nnrt_dot_tile tile, nnrt_dot_at panel_at, nnrt_dot_put put, int size, int terms, int rows,
	int columns, int y_bytes)
{
	const int apart = p->dilation_w > 1, run = apart ? p->ic : p->kernel_w * p->ic;
	const int runs_w = apart ? p->kernel_w : 1, rest = (p->oc - 1) % columns + 1;
	const ptrdiff_t panel = (ptrdiff_t)p->kernel_h * runs_w * nnrt_dot_whole(run, terms) * columns;

	for (int begin = p->row_begin; begin < p->row_end; begin += band) {
		const int end = (int)nnrt_min(begin + band, p->row_end);
		const struct nnrt_dot_image as_it_lies = {
			(const unsigned char *)x + nnrt_ring(begin * p->stride_h, p->x_ring) * p->x_row, p->x_row,
			p->x_pixel};
		const struct nnrt_dot_image image =
			scratch ? nnrt_dot_copy(p, (const unsigned char *)x, (unsigned char *)scratch, zero, begin, end,
					put, size)
				: as_it_lies;
		const struct nnrt_dot d = {image.pixel * p->stride_w, p->kernel_h, runs_w,
			image.row * p->dilation_h, image.pixel * p->dilation_w, run, columns, p->y_pixel * y_bytes, low,
			high, y_zero};

		for (int c = 0; c < p->oc; c += columns) {
			for (int oy = begin; oy < end; oy++) {
				const unsigned char *from = image.x + (ptrdiff_t)(oy - begin) * p->stride_h * image.row;
				unsigned char *to =
					(unsigned char *)y + (nnrt_ring(oy, p->y_ring) * p->y_row + c) * y_bytes;

				nnrt_dot_panel(&d, from, panel_at(w, c / columns, panel), bias + c,
					scale ? scale + c : NULL, to, p->out_w, p->oc - c, rest, tile, rows);
			}
		}
	}
}

/** y[oy][ox][c] = bounded(round_half_even(float(bias[c] + sum of x * w) * scale[c]) + y_zero, low, high), for the
 * output rows that p says; see struct nnrt_conv, all strides in bytes, x_channel 1. x, y: bytes as the instruction
 * takes them. w: int8 weights in the form of the kernel's row, their own zero point taken off. bias: int32, with
 * x's zero point times the sum of w taken off; bias and scale go on to a multiple of columns. |sum * scale| <
 * 2^31. scratch: the rows that a band sees, with padding, and terms bytes; NULL: windows never leave the image, a
 * row of one is a run of whole terms, and x is read as it lies. With scratch, y may overlap x as struct nnrt_conv
 * says. put, size: how an element of x is put into scratch and how many bytes it takes there, of which scratch has
 * as many as it has of x's otherwise. zero: what padding reads. band: output rows that are computed for one panel
 * of weights after the other. rows, columns: constants, the register tile. ONNX QLinearConv-10. */
NNRT_INLINE void nnrt_conv_dot(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, void *y, void *scratch, int zero, int low, int high, int y_zero, int band,
	nnrt_dot_tile tile, nnrt_dot_at panel_at, nnrt_dot_put put, int size, int terms, int rows,
	int columns)
{
	nnrt_conv_dot_wide(p, x, w, bias, scale, y, scratch, zero, low, high, y_zero, band, tile, panel_at, put, size,
		terms, rows, columns, 1);
}

/** As nnrt_gemm_dot, of results that take y_bytes each; scale may be NULL. */
NNRT_INLINE void nnrt_gemm_dot_wide(const struct nnrt_gemm *p, const void *a, const int8_t *b, const int32_t *bias,
	const float *scale, void *y, void *scratch, int low, int high, int y_zero, int band,
	nnrt_dot_tile tile, nnrt_dot_at panel_at, nnrt_dot_put put, int size, int terms, int rows,
	int columns, int y_bytes)
{
	const int k = (int)p->k, whole = nnrt_dot_whole(k, terms), n = (int)p->n, rest = (n - 1) % columns + 1;
	const ptrdiff_t row = scratch ? (ptrdiff_t)whole * size : p->a_row;
	const struct nnrt_dot d = {row, 1, 1, 0, 0, k, columns, p->y_row * y_bytes, low, high, y_zero};

	for (ptrdiff_t begin = p->m_begin; begin < p->m;) {
		const ptrdiff_t end = p->m - begin < band + rows ? p->m : begin + band;
		const unsigned char *from = (const unsigned char *)a + begin * p->a_row;

		if (scratch) {
			unsigned char *to = (unsigned char *)scratch;

			for (ptrdiff_t i = begin; i < end; i++, from += p->a_row, to += row)
				put(to, from, 0, k);
			from = (const unsigned char *)scratch;
		}
		for (int c = 0; c < n; c += columns) {
			const int8_t *panel = panel_at(b, c / columns, (ptrdiff_t)whole * columns);
			unsigned char *to = (unsigned char *)y + (begin * p->y_row + c) * y_bytes;

			nnrt_dot_panel(&d, from, panel, bias + c, scale ? scale + c : NULL, to, end - begin, n - c,
				rest, tile, rows);
		}
		begin = end;
	}
}

/** y[i][j] = bounded(round_half_even(float(bias[j] + sum over l of a[i][l] * b[l][j]) * scale[j]) + y_zero, low,
 * high); see struct nnrt_gemm, strides in bytes, b packed, and nnrt_conv_dot for the rest. band: rows that are
 * computed for one panel of b after the other. scratch: band + rows - 1 rows of k bytes rounded up to whole terms;
 * NULL: k is whole terms, and a is read as it lies. ONNX QLinearMatMul-10, QLinearConv-10 of one tap. */
NNRT_INLINE void nnrt_gemm_dot(const struct nnrt_gemm *p, const void *a, const int8_t *b, const int32_t *bias,
	const float *scale, void *y, void *scratch, int low, int high, int y_zero, int band,
	nnrt_dot_tile tile, nnrt_dot_at panel_at, nnrt_dot_put put, int size, int terms, int rows,
	int columns)
{
	nnrt_gemm_dot_wide(p, a, b, bias, scale, y, scratch, low, high, y_zero, band, tile, panel_at, put, size, terms,
		rows, columns, 1);
}

/** y[oy][ox][c] = sum of (x - zero) * w, int32, padding left out; zero: x's zero point, in memory. sums: those of each
 * channel's weights, which go on to a multiple of columns. See nnrt_conv_dot for the rest. ONNX ConvInteger-10. */
NNRT_INLINE void nnrt_conv_sums(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *sums,
	const void *zero, void *y, void *scratch, int band, nnrt_dot_tile tile, nnrt_dot_put put, int size, int terms,
	int rows, int columns)
{
	const int x_zero = *(const unsigned char *)zero;

	nnrt_conv_dot_wide(p, x, w, sums, NULL, y, scratch, x_zero, 0, 0, x_zero, band, tile, nnrt_dot_even, put, size,
		terms, rows, columns, 4);
}

/** y[i][j] = sum over l of (a[i][l] - zero) * b[l][j], int32; see nnrt_conv_sums and nnrt_gemm_dot. ONNX
 * MatMulInteger-10. */
NNRT_INLINE void nnrt_gemm_sums(const struct nnrt_gemm *p, const void *a, const int8_t *b, const int32_t *sums,
	const void *zero, void *y, void *scratch, int band, nnrt_dot_tile tile, nnrt_dot_put put, int size, int terms,
	int rows, int columns)
{
	nnrt_gemm_dot_wide(p, a, b, sums, NULL, y, scratch, 0, 0, *(const unsigned char *)zero, band, tile,
		nnrt_dot_even, put, size, terms, rows, columns, 4);
}

#endif
