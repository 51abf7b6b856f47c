/* See pack_int8.h. */
#include "kernels/pack_int8.h"

#include "support/checked.h"

static int64_t depth_of(const struct pack *p)
{
	return p->depth[0] * p->depth[1] * p->depth[2];
}

/* Where term k of every channel lies; -1 behind the last one. */
static int64_t term_at(const struct pack *p, int64_t k)
{
	const int64_t d2 = k % p->depth[2], d1 = k / p->depth[2] % p->depth[1], d0 = k / p->depth[2] / p->depth[1];

	return d0 < p->depth[0] ? d0 * p->stride[0] + d1 * p->stride[1] + d2 * p->stride[2] : -1;
}

static int8_t weight(const struct pack *p, const int8_t *w, int64_t n, int64_t term)
{
	return n < p->n && term >= 0 ? w[n * p->n_stride + term] : 0;
}

bool pack_int8_size(const struct pack *p, int columns, int64_t *bytes)
{
	int64_t depth;

	return checked_mul(p->depth[0], p->depth[1], &depth) && checked_mul(depth, p->depth[2], &depth) &&
	       checked_align(depth, 2, &depth) && checked_align(p->n, columns, bytes) &&
	       checked_mul(*bytes, depth, bytes);
}

void pack_int8(const struct pack *p, int columns, int lanes, bool beside, const int8_t *w, int8_t *packed)
{
	const int64_t pairs = (depth_of(p) + 1) / 2;

	for (int64_t panel = 0; panel < p->n; panel += columns)
		for (int64_t k = 0; k < pairs; k++) {
			const int64_t term[2] = { term_at(p, 2 * k), term_at(p, 2 * k + 1) };
			for (int64_t n = panel; n < panel + columns; n += lanes)
				for (int i = 0; i < 2 * lanes; i++)
					*packed++ = beside ? weight(p, w, n + i / 2, term[i % 2]) :
							     weight(p, w, n + i % lanes, term[i / lanes]);
		}
}

void pack_int8_depthwise(const struct pack *p, int lanes, const int8_t *w, int8_t *packed)
{
	const int64_t width = (p->n + lanes - 1) / lanes * lanes, depth = depth_of(p);

	for (int64_t k = 0; k < depth; k++) {
		const int64_t term = term_at(p, k);
		for (int64_t n = 0; n < width; n++)
			*packed++ = weight(p, w, n, term);
	}
}
