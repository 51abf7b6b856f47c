/* Features of targets and sets of them: features.def. */
#ifndef NNC_FEATURES_H
#define NNC_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

enum feature {
#define FEATURE(id, name, implies, takes, vector_bytes, flag, check, machine, description) FEATURE_##id,
#include "targets/features.def"
#undef FEATURE
	N_FEATURES
};

/* A set has bit i for feature i. */
typedef uint32_t feature_set;

#define HAS_NONE ((feature_set)0)
enum {
#define FEATURE(id, name, implies, takes, vector_bytes, flag, check, machine, description) HAS_##id = 1 << FEATURE_##id,
#include "targets/features.def"
#undef FEATURE
};

/* Bytes of the vectors that kernels needing the feature work on: FEATURE_BYTES_<id>. */
enum {
	FEATURE_BYTES_NONE = 4,
#define FEATURE(id, name, implies, takes, vector_bytes, flag, check, machine, description) \
	FEATURE_BYTES_##id = vector_bytes,
#include "targets/features.def"
#undef FEATURE
};

struct feature_row {
	const char *name;
	feature_set implies, takes;
	const char *flag, *check, *description;
};

/* By enum feature. */
extern const struct feature_row feature_rows[N_FEATURES];

/** The set with all that its features imply. */
feature_set features_closed(feature_set s);

/** The set without those features, and without all that imply one of them. */
feature_set features_without(feature_set s, feature_set taken);

/** Whether, of the rows of kernels.def for one function, those that need `other` stand in place of those that need
 *  `needs`, where both could run. */
bool features_displace(feature_set other, feature_set needs);

#endif
