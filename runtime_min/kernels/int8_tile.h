/* The most that a tile of the integer kernels has of output pixels and of vectors of channels. */
#ifndef NNRT_INT8_TILE_H
#define NNRT_INT8_TILE_H

/** Sums of a tile lie [rows][NNRT_INT8_VECTORS]. */
enum { NNRT_INT8_ROWS = 8, NNRT_INT8_VECTORS = 4 };

#endif
