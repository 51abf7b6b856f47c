#include <math.h>
#include <stdint.h>

#include "quantize/range_methods.h"

enum { STEPS = 128 }; /* that the range is to be told apart by */

static const double smoothing = 0.0001;

/* What is given to bins that are 0, and taken from each other; -1: all are 0. */
static double smooth(int size, int n_zeros)
{
	return size == n_zeros ? -1 : smoothing * n_zeros / (size - n_zeros);
}

static double smoothed(double x, double taken)
{
	return x == 0 ? smoothing : x - taken;
}

/* sum p log(p / q) of the two smoothed and scaled to a sum of 1. */
static double divergence(const double *p, const double *q, int size)
{
	int zeros_p = 0, zeros_q = 0;
	double taken_p, taken_q, sum_p = 0, sum_q = 0, sum = 0;

	for (int k = 0; k < size; k++) {
		zeros_p += p[k] == 0;
		zeros_q += q[k] == 0;
	}
	taken_p = smooth(size, zeros_p);
	taken_q = smooth(size, zeros_q);
	if (taken_p < 0 || taken_q < 0)
		return INFINITY;
	for (int k = 0; k < size; k++) {
		sum_p += smoothed(p[k], taken_p);
		sum_q += smoothed(q[k], taken_q);
	}
	for (int k = 0; k < size; k++) {
		const double x = smoothed(p[k], taken_p) / sum_p, y = smoothed(q[k], taken_q) / sum_q;
		sum += x * log(x / y);
	}
	return sum;
}

/* bin[0…size) with what is left of it and right of it counted at its ends, and the same told apart by STEPS alone:
 * each step's sum, spread in whole numbers over those of its bins that are not empty in the former. */
static void distributions(double *p, double *q, const uint64_t *bin, int size, uint64_t left, uint64_t right)
{
	const int merged = size / STEPS;

	for (int k = 0; k < size; k++) {
		p[k] = (double)bin[k];
		q[k] = 0;
	}
	p[0] += (double)left;
	p[size - 1] += (double)right;
	for (int s = 0; s < STEPS; s++) {
		const int end = s == STEPS - 1 ? size : (s + 1) * merged;
		uint64_t sum = 0, filled = 0;
		for (int k = s * merged; k < end; k++)
			sum += bin[k];
		for (int k = s * merged; k < (s + 1) * merged; k++)
			filled += p[k] != 0;
		sum = filled ? sum / filled : 0; /* each gets a whole number */
		for (int k = s * merged; k < (s + 1) * merged; k++)
			q[k] = (double)sum;
	}
}

static uint64_t sum_of(const uint64_t *bin, int from, int to)
{
	uint64_t sum = 0;

	for (int k = from; k < to; k++)
		sum += bin[k];
	return sum;
}

struct range range_entropy(const struct tensor_stats *t, int bins, const struct options *o)
{
	static double p[MAX_BINS], q[MAX_BINS];
	const int middle = bins / 2;
	float least = INFINITY;
	int best = middle;

	(void)o;
	for (int i = STEPS / 2; i <= middle; i++) {
		const int start = middle - i, end = middle + i + 1 < bins ? middle + i + 1 : bins;
		float d;
		distributions(p, q, t->bin + start, end - start, sum_of(t->bin, 0, start), sum_of(t->bin, end, bins));
		d = (float)divergence(p, q, end - start);
		if (d < least || i == STEPS / 2) {
			least = d;
			best = i;
		}
	}
	return (struct range){ range_edge(t, bins, false, middle - best),
			       range_edge(t, bins, false, middle + best + 1 < bins ? middle + best + 1 : bins) };
}
