/* Depthwise convolutions as runtime_min/kernels/depthwise_rows.h computes them: sizes, and weights in its order. Pure
 * functions, as those of pack.h. */
#ifndef NNC_PACK_ROWS_H
#define NNC_PACK_ROWS_H

#include "kernels/pack.h"

/* One image row is a vector of columns, channel after channel, pixel after pixel: of all channels, or of one slice
 * of them after the other. */
struct pack_rows {
	int64_t channels, slice; /* slice divides channels */
	int64_t kernel_h, kernel_w;
	int64_t stride_h, stride_w, dilation_h, dilation_w;
	int64_t out_w;
	int terms, columns;     /* image rows of a plane, columns of a tile of sums: of the kernel's row */
	int bytes;              /* of an element of a plane */
};

/** Planes that a sum sees, and output rows that they serve. */
int64_t pack_rows_planes(const struct pack_rows *p);
int64_t pack_rows_outputs(const struct pack_rows *p);

/** Pixels whose columns meet the same weights again: as many as fill whole tiles, or nearly so. */
int64_t pack_rows_pixels(const struct pack_rows *p);

/** Columns of so many pixels, rounded up to whole tiles, of all slices. Biases and multipliers have as many; column i
 *  is one of this channel. */
int64_t pack_rows_width(const struct pack_rows *p);
int64_t pack_rows_channel(const struct pack_rows *p, int64_t i);

/** Bytes of scratch: image rows of a plane, planes, and what the last tile reads behind them. */
int64_t pack_rows_scratch(const struct pack_rows *p);

/** Elements of the weights below. */
int64_t pack_rows_size(const struct pack_rows *p);

/** w (channels x kernel_h x kernel_w) for each slice, tile of columns and each of the output rows that one pass over
 *  the planes serves: those of output row r begin r * stride_h rows further down, with zeros round them. *pack: how
 *  `expanded` lies, for the form of the kernel's row. */
void pack_rows_expand(const struct pack_rows *p, const int8_t *w, int8_t *expanded, struct pack *pack);

#endif
