#include <stdint.h>

#include "quantize/range_methods.h"
#include "options.h"

/* The first bin at which so large a part of all elements has been counted. */
static int find_bin(const uint64_t *bin, int bins, double part)
{
	double sum = 0, total = 0;
	int k = 0;

	for (int i = 0; i < bins; i++)
		total += (double)bin[i];
	for (; k < bins; k++) {
		sum += (double)bin[k] / total;
		if (sum >= part)
			break;
	}
	return k;
}

struct range range_percentile(const struct tensor_stats *t, int bins, const struct options *o)
{
	const double cut = (100 - o->percentile) / 200;
	struct range r;

	if (o->symmetric) {
		r.high = range_edge(t, bins, true, find_bin(t->absolute, bins, o->percentile / 100));
		r.low = -r.high;
	} else {
		r.high = range_edge(t, bins, false, find_bin(t->bin, bins, 1 - cut));
		r.low = range_edge(t, bins, false, find_bin(t->bin, bins, cut));
	}
	return r;
}
