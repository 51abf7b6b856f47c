/* Weights into the panels that micro-kernels read. Pure functions: no IR, no allocation.
 *
 * A panel holds `columns` neighbours along n (output channels, matrix columns), the terms of their sums one after the
 * other:     packed[n / columns][d0][d1][d2][n % columns]
 * with zeros where the last panel is not full. The source is described by strides, so any transposed, sliced or
 * grouped weight tensor is packed as it lies. */
#ifndef NNC_PACK_H
#define NNC_PACK_H

#include <stdbool.h>
#include <stdint.h>

/* Source of a packing: element (n, d[0], d[1], d[2]) is at w[n * n_stride + sum over i of d[i] * stride[i]].
 *   convolution (OIHW, ic channels a group)   n = oc, depth = {kh, kw, ic}, stride = {kw, 1, kh * kw}
 *   the same over input planes (NCHW)         n = oc, depth = {ic, kh, kw}, stride = {kh * kw, kw, 1}
 *   depthwise (C1HW)                          n = channels, depth = {kh, kw, 1}
 *   matrix k x n                              n = n, depth = {1, 1, k}, n_stride = 1, stride[2] = n */
struct pack {
	int64_t n, n_stride;
	int64_t depth[3], stride[3];
	bool is_wide;                   /* of bytes: elements are int16, for their zero points took some out of int8 */
};

/** Element `at` of weights of bytes. */
static inline int pack_weight(const struct pack *p, const void *w, int64_t at)
{
	return p->is_wide ? ((const int16_t *)w)[at] : ((const int8_t *)w)[at];
}

/** Floats of the packed form; false when that or the depth exceeds INT64_MAX. Sizes >= 0, columns > 0. */
bool pack_size(const struct pack *p, int columns, int64_t *floats);

/** Packs w into packed[pack_size()], which may not overlap w. */
void pack_f32(const struct pack *p, int columns, const float *w, float *packed);

/** Gates of a recurrent layer side by side: packed[h / columns][k][gate][h % columns] of w[order[gate]][h][k], so that
 *  a step computes all gates of the same `columns` units together. order: gates entries, the place of each gate in w.
 *  packed: gates * depth * hidden rounded up to columns floats. */
void pack_gates_f32(int gates, const int *order, int64_t hidden, int64_t depth, int columns, const float *w,
	float *packed);

/** Floats that pack_gates_f32() writes; false on overflow. */
bool pack_gates_size(int gates, int64_t hidden, int64_t depth, int columns, int64_t *floats);

#endif
