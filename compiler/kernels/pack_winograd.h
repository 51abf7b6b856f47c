/* Weights of a 3x3 convolution as runtime_min/kernels/winograd.h reads them. A pure function, as those of pack.h. */
#ifndef NNC_PACK_WINOGRAD_H
#define NNC_PACK_WINOGRAD_H

#include "kernels/pack_forms.h"

/** u[point][oc][ic] = G g GT of w[oc][ic][3][3] for tiles of tile x tile outputs (2 or 4), computed in double and
 *  rounded once; (tile + 2)^2 points, row by row. pack_f32() makes panels of it: see winograd_packed(). No overlap. */
void winograd_weights_f32(int tile, int64_t oc, int64_t ic, const float *w, float *u);

/* The same of bytes for tiles of 2 x 2, times four, in integers (runtime_min/kernels/winograd_bytes.h): int16
 * u[oc / columns][point][ic / terms][oc % columns][ic % terms] = 2G g 2GT, little-endian, both going on with zeros. */

/** Bytes of it. */
pack_size_fn winograd_bytes_size;
/** Packs. */
pack_fn pack_winograd_bytes;
/** Bytes of scratch for `band` output rows. */
int64_t winograd_bytes_scratch(int64_t band, int64_t out_w, int64_t ic, int columns);

#endif
