/* Weights of a 3x3 convolution as runtime_min/kernels/winograd.h reads them. A pure function, as those of pack.h. */
#ifndef NNC_PACK_WINOGRAD_H
#define NNC_PACK_WINOGRAD_H

#include <stdint.h>

/** u[point][oc][ic] = G g GT of w[oc][ic][3][3] for tiles of tile x tile outputs (2 or 4), computed in double and
 *  rounded once; (tile + 2)^2 points, row by row. pack_f32() makes panels of it: see winograd_packed(). No overlap. */
void winograd_weights_f32(int tile, int64_t oc, int64_t ic, const float *w, float *u);

#endif
