#include <math.h>
#include <stdint.h>

#include "quantize/range_methods.h"
#include "quantize/ranges.h"

enum { TRIES = 100 }; /* parts of the whole range that are tried as its end */

/* The sum of squared errors of the middles of all bins. */
static double error_of(const struct tensor_stats *t, int bins, const struct options *o, struct range r)
{
	const float least = (float)range_least(o), greatest = (float)range_greatest(o);
	double sum = 0;
	float scale;
	int zero;

	range_to_scale(r.low, r.high, o, &scale, &zero);
	for (int k = 0; k < bins; k++) {
		float x, y;
		if (!t->bin[k])
			continue;
		x = (range_edge(t, bins, false, k) + range_edge(t, bins, false, k + 1)) / 2;
		x = fminf(fmaxf(x, t->low), t->high);
		y = fminf(fmaxf(rintf(x / scale) + (float)zero, least), greatest);
		y = (y - (float)zero) * scale;
		sum += (double)t->bin[k] * (double)(x - y) * (double)(x - y);
	}
	return sum;
}

/* Shortens the ends that are to be moved. */
static void shorten(struct range *r, bool low, bool high, const struct tensor_stats *t, int bins,
		    const struct options *o)
{
	const struct range whole = *r;
	double least = error_of(t, bins, o, whole);

	for (int k = 1; k < TRIES; k++) {
		const float part = (float)(TRIES - k) / TRIES;
		const struct range tried = { low ? whole.low * part : whole.low,
					     high ? whole.high * part : whole.high };
		const double e = error_of(t, bins, o, tried);
		if (e < least) {
			least = e;
			*r = tried;
		}
	}
}

struct range range_mse(const struct tensor_stats *t, int bins, const struct options *o)
{
	struct range r = { t->low < 0 ? t->low : 0, t->high > 0 ? t->high : 0 };

	shorten(&r, true, true, t, bins, o);
	shorten(&r, false, true, t, bins, o);
	shorten(&r, true, false, t, bins, o);
	return r;
}
