/* Tables from keys to values (lookup.c). */
#ifndef NNC_LOOKUP_H
#define NNC_LOOKUP_H

#include "graph/ir.h"

/* Keys are ints or floats, so are values; the attribute of the other kind is NULL. No key is NaN. */
struct lookup {
	const struct attr *int_keys, *float_keys, *int_values, *float_values;
	int64_t int_missing;
	float float_missing;
};

/** Appends what makes tensor `out` of x, element by element: the value of the first key that equals it, else what is
 *  for missing ones. Integers that lie close together index a table; others are found among sorted ones, a key's half
 *  after the other. x is of the keys' type, int64 or float32. */
void lookup_expand(struct module *m, int node, const struct lookup *t, int x, int out);
/** How many keys there are. */
int lookup_keys(const struct lookup *t);

#endif
