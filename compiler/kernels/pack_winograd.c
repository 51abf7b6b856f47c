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

/* to = 2G g, of three numbers `step` apart; 2G has rows for 0, 1, -1 and infinity: (2, 0, 0), (1, 1, 1), (1, -1, 1),
 * (0, 0, 2). */
static void twice_g(const int *g, int step, int to[4])
{
	const int ends = g[0] + g[2 * step], middle = g[step];

	to[0] = 2 * g[0];
	to[1] = ends + middle;
	to[2] = ends - middle;
	to[3] = 2 * g[2 * step];
}

/* 2G g 2GT, of the channel whose first weight is at w[at]. */
static void points_of(const struct pack *p, const void *w, int64_t at, int points[4][4])
{
	int taps[3][3], columns[3][4];

	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 3; j++)
			taps[i][j] = pack_weight(p, w, at + i * p->stride[0] + j * p->stride[1]);
	for (int j = 0; j < 3; j++)
		twice_g(&taps[0][j], 3, columns[j]);
	for (int i = 0; i < 4; i++)
		twice_g(&columns[0][i], 4, points[i]);
}

/* Sixteen numbers, each `plane` bytes behind the one before. */
static void points_put(int points[4][4], int8_t *to, int64_t plane)
{
	for (int point = 0; point < 16; point++, to += plane) {
		const int v = points[point / 4][point % 4];
		to[0] = (int8_t)(v & 0xff);
		to[1] = (int8_t)(v >> 8);
	}
}

/* A panel begins at channel n; zeros beyond the last channels. */
static void pack_panel(const struct pack *p, const struct pack_tile *t, const void *w, int64_t n, int8_t *to)
{
	const int64_t plane = 2 * depth_of(p, t) * t->columns;
	int points[4][4], none[4][4] = { { 0 } };

	for (int64_t first = 0; first < p->depth[2]; first += t->terms)
		for (int64_t c = n; c < n + t->columns; c++)
			for (int64_t k = first; k < first + t->terms; k++, to += 2) {
				const bool is_there = c < p->n && k < p->depth[2];
				if (is_there)
					points_of(p, w, c * p->n_stride + k * p->stride[2], points);
				points_put(is_there ? points : none, to, plane);
			}
}

void pack_winograd_bytes(const struct pack *p, const struct pack_tile *t, const void *w, void *packed)
{
	int8_t *to = packed;

	for (int64_t n = 0; n < p->n; n += t->columns, to += 2 * 16 * depth_of(p, t) * t->columns)
		pack_panel(p, t, w, n, to);
}

int64_t winograd_bytes_scratch(int64_t band, int64_t out_w, int64_t ic, int columns)
{
	const int64_t h = ceil_div(band, 2), w = ceil_div(out_w, 2), channels = ceil_div(ic, 16) * 16;
	const int64_t image = ceil_div((2 * h + 2) * (2 * w + 2) * ic + 16, 64) * 64;

	return image + 16 * (2 * (h * w * channels + 32) + 4 * (h * w * columns + 16));
}
