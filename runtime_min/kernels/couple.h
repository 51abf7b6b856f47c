/* Probabilities of classes from those of pairs of classes. */
#ifndef NNRT_COUPLE_H
#define NNRT_COUPLE_H

#include "runtime_min/nnrt.h"

struct nnrt_couple {
	ptrdiff_t rows, classes;
};

/** Element (i, j) of the matrix of a row's pairs: the probability of class i where it is i or j. */
NNRT_INLINE float nnrt_couple_pair(const struct nnrt_couple *p, const float *pair, ptrdiff_t i, ptrdiff_t j)
{
	const ptrdiff_t low = i < j ? i : j, high = i < j ? j : i;
	const float v = pair[low * (2 * p->classes - low - 1) / 2 + high - low - 1];

	return i < j ? v : 1.0f - v;
}

/** q[i][i] = sum of r[j][i]^2 over j, q[i][j] = -r[j][i] * r[i][j]. */
NNRT_INLINE void nnrt_couple_matrix(const struct nnrt_couple *p, const float *pair, float *q)
{
	for (ptrdiff_t i = 0; i < p->classes; i++) {
		float sum = 0.0f;

		for (ptrdiff_t j = 0; j < p->classes; j++) {
			if (j != i) {
				const float r = nnrt_couple_pair(p, pair, j, i);

				sum += r * r;
				q[i * p->classes + j] = -r * nnrt_couple_pair(p, pair, i, j);
			}
		}
		q[i * p->classes + i] = sum;
	}
}

/** qy = q * y; the sum of y * qy. */
NNRT_INLINE float nnrt_couple_product(const struct nnrt_couple *p, const float *q, const float *y, float *qy)
{
	float sum = 0.0f;

	for (ptrdiff_t i = 0; i < p->classes; i++) {
		qy[i] = 0.0f;
		for (ptrdiff_t j = 0; j < p->classes; j++)
			qy[i] += q[i * p->classes + j] * y[j];
		sum += y[i] * qy[i];
	}
	return sum;
}

/** The greatest distance of an element of qy from v. */
NNRT_INLINE float nnrt_couple_distance(const struct nnrt_couple *p, const float *qy, float v)
{
	float most = 0.0f;

	for (ptrdiff_t i = 0; i < p->classes; i++) {
		const float d = fabsf(qy[i] - v);

		most = d > most ? d : most;
	}
	return most;
}

/** y[row] = the probabilities of classes for which sum over i, j of (r[j][i] * y[i] - r[i][j] * y[j])^2 is least, r the
 *  probabilities of pairs in the order 01, 02 ... 12, 13 ...: the second method of Wu, Lin and Weng, "Probability
 *  estimates for multi-class classification by pairwise coupling" (JMLR 5, 2004), algorithm 2, in at most 100 rounds,
 *  to 0.005 / classes. scratch: classes * (classes + 1) elements. Nothing may overlap. */
NNRT_INLINE void nnrt_couple_f32(const struct nnrt_couple *p, const float *pair, float *scratch, float *y)
{
	const ptrdiff_t n = p->classes;
	float *q = scratch, *qy = scratch + n * n;

	for (ptrdiff_t row = 0; row < p->rows; row++, pair += n * (n - 1) / 2, y += n) {
		nnrt_couple_matrix(p, pair, q);
		for (ptrdiff_t i = 0; i < n; i++)
			y[i] = 1.0f / (float)n;
		for (int round = 0; round < 100; round++) {
			float yqy = nnrt_couple_product(p, q, y, qy);

			if (nnrt_couple_distance(p, qy, yqy) < 0.005f / (float)n)
				break;
			for (ptrdiff_t i = 0; i < n; i++) {
				const float d = (yqy - qy[i]) / q[i * n + i], scale = 1.0f / (1.0f + d);

				y[i] += d;
				yqy = (yqy + d * (d * q[i * n + i] + 2.0f * qy[i])) * scale * scale;
				for (ptrdiff_t j = 0; j < n; j++) {
					qy[j] = (qy[j] + d * q[i * n + j]) * scale;
					y[j] *= scale;
				}
			}
		}
	}
}

#endif
