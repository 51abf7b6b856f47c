/* Byte weights into the panels that the integer kernels read. Pure functions, as pack.h.
 *
 * A panel holds `columns` output channels; two terms of their sums at a time, vector by vector:
 *     packed[n / columns][k / 2][n % columns / lanes][n % lanes][k % 2]      beside
 *     packed[n / columns][k / 2][n % columns / lanes][k % 2][n % lanes]      else
 * k counting (d0, d1, d2) of struct pack, with zeros where the last panel or pair is not full. */
#ifndef NNC_PACK_INT8_H
#define NNC_PACK_INT8_H

#include "kernels/pack.h"

/** Bytes of the packed form; false when they exceed INT64_MAX. */
bool pack_int8_size(const struct pack *p, int columns, int64_t *bytes);

/** Packs w into packed[pack_int8_size()], which may not overlap w. */
void pack_int8(const struct pack *p, int columns, int lanes, bool beside, const int8_t *w, int8_t *packed);

/** Depthwise (p's depth is {kh, kw, 1}): packed[k][n], n going on to a multiple of `lanes` with zeros. */
void pack_int8_depthwise(const struct pack *p, int lanes, const int8_t *w, int8_t *packed);

#endif
