/* How far two tensors are apart. */
#ifndef NNC_COMPARE_H
#define NNC_COMPARE_H

#include "data/value.h"

struct options;

struct tolerance {
	bool given;             /* |seen - wanted| <= atol + rtol * |wanted|; else the default of the type: */
	double rtol, atol;
	double step, steps;     /* where step > 0 and steps are given: |seen - wanted| <= steps * step */
	double looseness;       /* the default's bounds are multiplied by this */
};

struct difference {
	bool same_form;         /* types and shapes are equal; all else is 0 when not */
	int64_t n_beyond;       /* elements beyond the tolerance */
	int64_t worst;          /* index of the one furthest beyond its tolerance, or of the greatest difference;
				 * -1: no elements */
	double absolute;        /* greatest, and where; infinite where one is NaN or infinite and the other is not
				 * the same */
	int64_t absolute_at;
	double relative;        /* greatest |seen - wanted| / |wanted| over wanted != 0, and where */
	int64_t relative_at;
	int64_t ulps;           /* floats that can be told apart between the two at absolute_at; -1: they are none, or
				 * not finite */
};

/** What --rtol, --atol and --exact ask for, or the default, `looseness` times as wide. */
struct tolerance tolerance_of(const struct options *o, double looseness);

/** Compares; by default integers must be equal, and for floats
 *      |seen - wanted| <= e * range + e * |wanted|,
 *  range being the greatest finite magnitude of `wanted`, e 1e-5 for float32 and float64, 1e-3 for float16 and 1e-2 for
 *  bfloat16. NaN equals NaN. */
void compare_values(struct difference *x, const struct value *seen, const struct value *wanted,
		    const struct tolerance *t);

#endif
