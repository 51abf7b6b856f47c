/* Parameter structs of the kernels. A model passes the address of a `static const` one, so that the C
 * compiler sees constants; nothing is lost when it cannot. */
#ifndef NNRT_SHAPE_H
#define NNRT_SHAPE_H

#include "runtime_min/nnrt.h"

/** Rows of finished sums in memory, for a tail to run the epilogue over: row i goes to y + y_at + i * step, `row` and
 *  col + i, c are its place as the epilogue's struct nnrt_at has it. */
struct nnrt_tail_rows {
	const float *sums;              /* row i from sums + i * width on */
	float *y;
	const void *const *ctx;         /* of the epilogue */
	ptrdiff_t y_at, step, row, col, c;
	int count, n, width;            /* rows; floats of each that count; floats from one to the next in sums */
};

/** An epilogue that is long, as a function of its own: see NNRT_TAIL. */
typedef void (*nnrt_tail)(const struct nnrt_tail_rows *rows);

/** Convolution, depthwise convolution and pooling over channels-last images.
 *
 *  Input row iy starts at x + (iy % x_ring) * x_row (x_ring 0: at x + iy * x_row), pixel ix in it x_pixel floats
 *  further each, channel c x_channel floats further each (1, but where a kernel says that it reads planes).
 *  Output likewise with y_ring, y_row, y_pixel and adjacent channels. Strides may exceed what the sizes need
 *  (views, concatenation in place, phases of a transposed convolution). Output pixel (oy, ox) sees input pixels
 *  (oy * stride_h - pad_top + ky * dilation_h, ox * stride_w - pad_left + kx * dilation_w); those outside
 *  0..in_h-1, 0..in_w-1 count as 0 (max pooling: as absent). Any of the sizes may be 0, pads may be negative.
 *
 *  A call reads no input row but those that its output rows see, and writes nothing but their pixels: rows that it
 *  computes may lie over input rows that neither it nor a later call sees (a result that takes the place of its input
 *  piece by piece, from the first rows or from the last). */
struct nnrt_conv {
	NNRT_COUNT in_h, in_w;                  /* input rows and columns, >= 0 */
	NNRT_COUNT ic;                          /* channels read from each input pixel (one group's) */
	NNRT_COUNT out_h, out_w;                /* output rows and columns, >= 0 */
	NNRT_COUNT oc;                          /* channels written to each output pixel (one group's) */
	NNRT_SMALL kernel_h, kernel_w;          /* taps, >= 1 */
	NNRT_SMALL stride_h, stride_w;          /* >= 1, input pixels */
	NNRT_SMALL dilation_h, dilation_w;      /* >= 1, input pixels */
	NNRT_SMALL pad_top, pad_left;           /* input pixels before the image */
	NNRT_SMALL pad_bottom, pad_right;       /* after it: only average pooling that counts padding reads them */
	NNRT_STRIDE x_row, x_pixel, x_channel;  /* input strides, floats */
	NNRT_STRIDE y_row, y_pixel;             /* output strides, floats */
	NNRT_COUNT x_ring, y_ring;              /* rows that are kept when rows are streamed; 0: all */
	NNRT_COUNT row_begin, row_end;          /* output rows to compute: row_begin..row_end-1, all: 0 and out_h */
	NNRT_SMALL one_line;                    /* of bytes: 1: the first channel's slope is that of all */
	nnrt_tail tail;                 /* the epilogue over sums in memory; NULL: it is short and runs in registers */
};

/** Position of row r in a tensor that keeps `ring` rows (0: all). */
NNRT_INLINE ptrdiff_t nnrt_ring(ptrdiff_t r, int ring)
{
	return ring > 0 ? r % ring : r;
}

/** y[i][j] = epilogue(bias[j] + sum over l of a[i][l] * b[l][j]), m_begin <= i < m, j < n, l < k. Strides in floats.
 *  As with struct nnrt_conv, rows of y may lie over rows of a that neither this call nor a later one reads. */
struct nnrt_gemm {
	ptrdiff_t m_begin;              /* first row to compute, >= 0; all: 0 */
	ptrdiff_t m, n, k;              /* >= 0 */
	ptrdiff_t a_row;                /* from row to row of a, elements of a row are adjacent */
	ptrdiff_t b_row;                /* of b; only kernels with an unpacked b read it */
	ptrdiff_t y_row;                /* of y */
	nnrt_tail tail;                 /* the epilogue over sums in memory; NULL: it is short and runs in registers */
};

/** Recurrent layers; H = hidden, B = batch, T = steps, G = gates (1, 3 or 4). Strides in floats.
 *  gates: T x B x G * H, input times W plus the biases (see each cell), from a matrix product before. Step t of batch
 *  row b reads gates at t * gates_step + b * gates_batch and writes y likewise: layouts 0 and 1 are strides only, two
 *  directions are two calls with y moved by H. */
struct nnrt_rnn {
	int steps, batch, hidden;       /* >= 0 */
	int reverse;                    /* 1: from the last valid step of each batch row to the first */
	ptrdiff_t gates_step, gates_batch;
	ptrdiff_t y_step, y_batch;
	ptrdiff_t state_batch;          /* of initial_h, initial_c, y_h, y_c */
	int activation[3];              /* f, g, h of the operator, enum nnrt_activation; unused ones 0 */
	float alpha[3], beta[3];        /* of these */
	float clip;                     /* gates are clipped to -clip..clip before activation; 0: not */
	int input_forget;               /* LSTM: 1 couples the forget gate to the input gate, f = 1 - i */
};

#endif
