/* What calibration saw of each tensor: exact and independent of the order, so that parts of a data set can be looked at
 * anywhere and put together to the same bytes. */
#ifndef NNC_STATISTICS_H
#define NNC_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>

#include "data/value.h"
#include "support/map.h"

enum { MIN_BINS = 128, MAX_BINS = 1 << 14 };

struct tensor_stats {
	const char *name;
	int64_t n, n_not_finite; /* elements seen; those that are infinite or no number, and count for nothing else */
	float low, high; /* of the finite ones */
	float least; /* of their absolute values */
	uint64_t *bin; /* [bins] equal parts of -limit … limit, limit the greatest absolute value */
	uint64_t *absolute; /* [bins] equal parts of least … limit, of absolute values */
};

struct statistics {
	struct tensor_stats *v;
	int n, bins; /* 0: ranges alone */
	int64_t samples;
	struct map index; /* name -> tensor */
	struct arena *arena;
};

/** Nothing seen of these tensors yet. */
void statistics_init(struct statistics *s, const char *const *name, int n, struct arena *a);

/** The tensor of that name, or NULL. */
struct tensor_stats *statistics_find(const struct statistics *s, const char *name);

/** Counts the elements of float32 v into the range. */
void statistics_see_range(struct tensor_stats *t, const struct value *v);

/** Begins histograms of `bins` parts within the ranges that are known, and counts elements anew. */
void statistics_begin_bins(struct statistics *s, int bins);

/** Counts the elements into the histograms; what is outside the range counts at its end. */
void statistics_see_bins(const struct statistics *s, struct tensor_stats *t, const struct value *v);

/** s and what `from` saw. False (reported, with the name of what `from` comes from): they are of different models or,
 *  with histograms, of different ranges. */
bool statistics_merge(struct statistics *s, const struct statistics *from, const char *source, struct diag *d);

/** Edge k of a histogram with `bins` parts of low … high, as numpy.histogram has it. */
float statistics_edge(float low, float high, int bins, int k);

#endif
