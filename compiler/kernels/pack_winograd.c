#include "kernels/pack_winograd.h"

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
