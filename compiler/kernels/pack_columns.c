/* See pack_columns.h. */
#include "kernels/pack_columns.h"

#include "support/checked.h"

enum { EDGE = 4, LANES = EDGE * EDGE, CHANNELS = 16 };

/* Products along each axis. */
static int64_t parts_of(int64_t kernel_h, int64_t kernel_w)
{
	return kernel_h > EDGE || kernel_w > EDGE ? 2 : 1;
}

bool columns_size(const struct pack *p, const struct pack_tile *t, const void *w, int64_t *bytes)
{
	const int64_t parts = parts_of(p->depth[0], p->depth[1]);

	(void)w;
	return checked_align(p->n, t->columns, bytes) && checked_mul(*bytes, parts * parts * LANES, bytes);
}

void pack_columns(const struct pack *p, const struct pack_tile *t, const void *w, void *packed)
{
	const int64_t width = (p->n + t->columns - 1) / t->columns * t->columns;
	const int64_t parts = parts_of(p->depth[0], p->depth[1]), lanes = parts * parts * LANES;
	const int8_t *from = w;
	int8_t *to = packed;

	for (int64_t i = 0; i < width * lanes; i++) {
		const int64_t n = i / lanes, part = i % lanes / LANES;
		const int64_t ky = part / parts * EDGE + i % EDGE, kx = part % parts * EDGE + i % LANES / EDGE;
		const bool is_there = n < p->n && ky < p->depth[0] && kx < p->depth[1];

		*to++ = is_there ? from[n * p->n_stride + ky * p->stride[0] + kx * p->stride[1]] : 0;
	}
}

int64_t pack_columns_scratch(int64_t kernel_h, int64_t kernel_w, int64_t out_w, int64_t stride_w, int64_t channels)
{
	const int64_t parts = parts_of(kernel_h, kernel_w), most = (channels + 3) / 4 * 4;
	const int64_t columns = (out_w - 1 + out_w % 2) * stride_w + parts * EDGE;
	const int64_t pitch = EDGE * (most < CHANNELS ? most : CHANNELS);

	return CHANNELS + parts * (columns * pitch + EDGE * CHANNELS);
}
