/* How far rounding may move a Winograd convolution: the algorithm run on magnitudes. Matrices from their definition,
 * the interpolation points, so that nothing is shared with the kernel. */
#ifndef WINOGRAD_SUMS_H
#define WINOGRAD_SUMS_H

#include <math.h>
#include <string.h>

#include "runtime_min/kernels/shape.h"

/* Of the edge, and of channels in a case. */
enum { WINOGRAD_MOST = 6, WINOGRAD_CHANNELS = 17 };

struct winograd_matrices {
	int tile, edge;
	double at[WINOGRAD_MOST][WINOGRAD_MOST];        /* |AT|, tile x edge */
	double bt[WINOGRAD_MOST][WINOGRAD_MOST];        /* |BT|, edge x edge */
};

/* Column j of AT: powers of point j. Row j of BT: coefficients of the product of (x - q) over the other finite points
 * q. The last point is infinity. */
static inline struct winograd_matrices winograd_matrices(int tile)
{
	static const double points[2][5] = {{0, 1, -1}, {0, 0.75, -0.75, 1.5, -1.5}};
	const double *q = points[tile == 4];
	struct winograd_matrices m = {.tile = tile, .edge = tile + 2};

	for (int j = 0; j < m.edge; j++) {
		double product[WINOGRAD_MOST + 1] = {1.0};

		for (int i = 0; i < tile; i++)
			m.at[i][j] = j + 1 < m.edge ? fabs(pow(q[j], i)) : i + 1 == tile;
		for (int k = 0; k + 1 < m.edge; k++) {
			for (int i = m.edge - 1; i >= 0 && k != j; i--)
				product[i] = (i > 0 ? product[i - 1] : 0.0) - q[k] * product[i];
		}
		for (int i = 0; i < m.edge; i++)
			m.bt[j][i] = fabs(product[i]);
	}
	return m;
}

/* v = |BT| d |B|, d: the inputs of one channel under a tile (edge x edge, without sign). */
static inline void winograd_inputs(const struct winograd_matrices *m, const double *d, double *v)
{
	double half[WINOGRAD_MOST * WINOGRAD_MOST] = {0.0};

	memset(v, 0, sizeof half);
	for (int at = 0; at < m->edge * m->edge; at++) {
		for (int k = 0; k < m->edge; k++)
			half[at] += m->bt[at / m->edge][k] * d[k * m->edge + at % m->edge];
	}
	for (int at = 0; at < m->edge * m->edge; at++) {
		for (int k = 0; k < m->edge; k++)
			v[at] += half[at / m->edge * m->edge + k] * m->bt[at % m->edge][k];
	}
}

/* Magnitude behind output (row, col) of a tile from v of one channel and its transformed weights u, u_step floats from
 * point to point. */
static inline double winograd_magnitude(const struct winograd_matrices *m, const double *v, const float *u,
					ptrdiff_t u_step, int row, int col)
{
	double sum = 0.0;

	for (int at = 0; at < m->edge * m->edge; at++)
		sum += m->at[row][at / m->edge] * m->at[col][at % m->edge] * v[at] * fabs((double)u[at * u_step]);
	return sum;
}

/* Roundings that a sum over ic channels passes: 4 in each of two input transforms, 1 in the weights, a product and a
 * sum a channel, 5 in each of two output transforms, 4 in bias and epilogue. */
static inline double winograd_roundings(int ic)
{
	return 2.0 * ic + 23.0;
}

#endif
