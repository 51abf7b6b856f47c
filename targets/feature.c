#include "feature.h"

const struct feature_row feature_rows[N_FEATURES] = {
#define FEATURE(id, name, implies, takes, vector_bytes, flag, check, machine, description) \
	{ name, HAS_##implies, HAS_##takes, flag, check, description },
#include "targets/features.def"
#undef FEATURE
};

feature_set features_closed(feature_set s)
{
	/* A feature stands below what it implies, so one turn from the last row to the first sees all. */
	for (int i = N_FEATURES - 1; i >= 0; i--)
		if (s >> i & 1)
			s |= feature_rows[i].implies;
	return s;
}

feature_set features_without(feature_set s, feature_set taken)
{
	for (int i = 0; i < N_FEATURES; i++)
		if (features_closed((feature_set)1 << i) & taken)
			s &= ~((feature_set)1 << i);
	return s;
}

bool features_displace(feature_set other, feature_set needs)
{
	return other != needs && !(needs & ~features_closed(other));
}
