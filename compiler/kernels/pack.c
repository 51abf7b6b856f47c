/* See pack.h. */
#include "kernels/pack.h"

#include "support/checked.h"

bool pack_size(const struct pack *p, int columns, int64_t *floats)
{
	return checked_align(p->n, columns, floats) && checked_mul(*floats, p->depth[0], floats) &&
	       checked_mul(*floats, p->depth[1], floats) && checked_mul(*floats, p->depth[2], floats);
}

void pack_f32(const struct pack *p, int columns, const float *w, float *packed)
{
	for (int64_t first = 0; first < p->n; first += columns) {
		for (int64_t d0 = 0; d0 < p->depth[0]; d0++) {
			for (int64_t d1 = 0; d1 < p->depth[1]; d1++) {
				for (int64_t d2 = 0; d2 < p->depth[2]; d2++) {
					const float *from = w + d0 * p->stride[0] + d1 * p->stride[1] +
						d2 * p->stride[2];

					for (int64_t n = first; n < first + columns; n++)
						*packed++ = n < p->n ? from[n * p->n_stride] : 0.0f;
				}
			}
		}
	}
}

bool pack_gates_size(int gates, int64_t hidden, int64_t depth, int columns, int64_t *floats)
{
	return checked_align(hidden, columns, floats) && checked_mul(*floats, depth, floats) &&
	       checked_mul(*floats, gates, floats);
}

void pack_gates_f32(int gates, const int *order, int64_t hidden, int64_t depth, int columns, const float *w,
	float *packed)
{
	for (int64_t first = 0; first < hidden; first += columns) {
		for (int64_t k = 0; k < depth; k++) {
			for (int gate = 0; gate < gates; gate++) {
				const float *from = w + order[gate] * hidden * depth + k;

				for (int64_t h = first; h < first + columns; h++)
					*packed++ = h < hidden ? from[h * depth] : 0.0f;
			}
		}
	}
}
