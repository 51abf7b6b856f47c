/* Depthwise convolutions as runtime_min/kernels/depthwise_mve.h computes them: 4x4 taps a product, one for kernels up
 * to that size, else two by two. Pure functions, as those of pack.h. */
#ifndef NNC_PACK_COLUMNS_H
#define NNC_PACK_COLUMNS_H

#include "kernels/pack_forms.h"

/** Edge of the largest kernel. */
enum { PACK_COLUMNS_EDGE = 8 };

/** Bytes of the weights below. */
pack_size_fn columns_size;
/** packed[n / columns][n % columns][ky / 4][kx / 4][kx % 4][ky % 4], zeros where there are no weights. */
pack_fn pack_columns;

/** Bytes of scratch: one row of zero points; of sixteen channels, columns of four image rows each, as many as an even
 *  number of outputs sees, and what the last one of them is stored with. */
int64_t pack_columns_scratch(int64_t kernel_h, int64_t kernel_w, int64_t out_w, int64_t stride_w, int64_t channels);

#endif
