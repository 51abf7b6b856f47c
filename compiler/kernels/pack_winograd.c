#include "kernels/pack_winograd.h"

#include "support/checked.h"

/* G row by row: for a point p the powers 1, p, p^2 over the product of its distances to the other finite points, for
 * infinity 0, 0, 1. Points as in winograd.h. */
static const double g2[4][3] = { { -1, 0, 0 }, { 0.5, 0.5, 0.5 }, { 0.5, -0.5, 0.5 }, { 0, 0, 1 } };
static const double g4[6][3] = {
	{ 64.0 / 81, 0, 0 },            /* 0: (3/4)^2 (3/2)^2 */
	{ -128.0 / 243, -32.0 / 81, -8.0 / 27 },        /* 3/4 and -3/4: 2 (3/4)^2 ((3/4)^2 - (3/2)^2) */
	{ -128.0 / 243, 32.0 / 81, -8.0 / 27 },
	{ 32.0 / 243, 16.0 / 81, 8.0 / 27 },            /* 3/2 and -3/2: 2 (3/2)^2 ((3/2)^2 - (3/4)^2) */
	{ 32.0 / 243, -16.0 / 81, 8.0 / 27 },
	{ 0, 0, 1 },
};

void winograd_weights_f32(int tile, int64_t oc, int64_t ic, const float *w, float *u)
{
	const int edge = tile + 2;

	for (int64_t pair = 0; pair < oc * ic; pair++) {
		for (int i = 0; i < edge; i++) {
			const double *left = tile == 2 ? g2[i] : g4[i];
			double row[3];

			for (int k = 0; k < 3; k++)
				row[k] = left[0] * (double)w[pair * 9 + k] + left[1] * (double)w[pair * 9 + 3 + k] +
					 left[2] * (double)w[pair * 9 + 6 + k];
			for (int j = 0; j < edge; j++) {
				const double *right = tile == 2 ? g2[j] : g4[j];

				u[(i * edge + j) * oc * ic + pair] =
					(float)(row[0] * right[0] + row[1] * right[1] + row[2] * right[2]);
			}
		}
	}
}

static int64_t ceil_div(int64_t a, int64_t b)
{
	return (a + b - 1) / b;
}

/* Channels of x, with the zeros behind them. */
static int64_t depth_of(const struct pack *p, const struct pack_tile *t)
{
	return ceil_div(p->depth[2], t->terms) * t->terms;
}

bool winograd_bytes_size(const struct pack *p, const struct pack_tile *t, const void *w, int64_t *elements)
{
	(void)w;
	return checked_align(p->n, t->columns, elements) && checked_mul(*elements, depth_of(p, t), elements) &&
	       checked_mul(*elements, 32, elements);
}

/* 2G: rows for 0, 1, -1 and infinity. */
static const int twice_g[4][3] = { { 2, 0, 0 }, { 1, 1, 1 }, { 1, -1, 1 }, { 0, 0, 2 } };

/* 2G g 2GT, g of channel n and input channel k; zeros beyond the last ones. */
static void points_of(const struct pack *p, const void *w, int64_t n, int64_t k, int points[4][4])
{
	const bool is_there = n < p->n && k < p->depth[2];
	int rows[4][3] = { { 0 } };

	for (int i = 0; is_there && i < 4; i++)
		for (int j = 0; j < 3; j++)
			for (int l = 0; l < 3; l++)
				rows[i][j] += twice_g[i][l] * pack_weight(p, w,
									  n * p->n_stride + k * p->stride[2] +
										  l * p->stride[0] + j * p->stride[1]);
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < 4; j++) {
			points[i][j] = 0;
			for (int l = 0; l < 3; l++)
				points[i][j] += rows[i][l] * twice_g[j][l];
		}
}

void pack_winograd_bytes(const struct pack *p, const struct pack_tile *t, const void *w, void *packed)
{
	const int64_t width = (int64_t)t->terms * t->columns, plane = depth_of(p, t) * t->columns;
	int8_t *to = packed;

	for (int64_t panel = 0; panel < p->n; panel += t->columns, to += 2 * 16 * plane)
		for (int64_t i = 0; i < plane; i++) {
			int points[4][4];
			points_of(p, w, panel + i % width / t->terms, i / width * t->terms + i % t->terms, points);
			for (int point = 0; point < 16; point++) {
				const int v = points[point / 4][point % 4];
				to[2 * (point * plane + i)] = (int8_t)(v & 0xff);
				to[2 * (point * plane + i) + 1] = (int8_t)(v >> 8);
			}
		}
}

int64_t winograd_bytes_scratch(int64_t band, int64_t out_w, int64_t ic, int columns)
{
	const int64_t h = ceil_div(band, 2), w = ceil_div(out_w, 2), channels = ceil_div(ic, 16) * 16;
	const int64_t image = ceil_div((2 * h + 2) * (2 * w + 2) * ic + 16, 64) * 64;

	return image + 16 * (2 * (h * w * channels + 32) + 4 * (h * w * columns + 16));
}
