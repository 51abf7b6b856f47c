#include "commands/compare.h"
#include "options.h"

#include <math.h>
#include <string.h>

static double default_error(enum dtype type)
{
	switch (type) {
	case DT_F32:
	case DT_F64:
		return 1e-5;
	case DT_F16:
		return 1e-3;
	case DT_BF16:
		return 1e-2;
	default:
		return 0;
	}
}

static double range_of(const struct value *v)
{
	double range = 0;

	for (int64_t i = 0; i < v->n; i++) {
		const double x = fabs(value_number(v, i));
		if (isfinite(x) && x > range)
			range = x;
	}
	return range;
}

/* Infinite when no tolerance can make them equal. */
static double distance(double a, double b)
{
	if (a == b || (isnan(a) && isnan(b)))
		return 0;
	return isfinite(a) && isfinite(b) ? fabs(a - b) : INFINITY;
}

/* Differences of integers beyond 2^53 may round to 0, so equality is of the bits. */
static double element_distance(const struct value *seen, const struct value *wanted, int64_t i)
{
	const double gap = distance(value_number(seen, i), value_number(wanted, i));
	const enum dtype_class class = dtypes[seen->type].class;

	if (gap > 0 || class == CLASS_F || class == CLASS_X)
		return gap;
	return value_same(seen, wanted, i) ? 0 : 1;
}

/* Bits of a float as an integer that grows with it. */
static int64_t ordered_bits(const struct value *v, int64_t i)
{
	const int size = dtypes[v->type].bytes;
	uint64_t bits = 0;
	int64_t magnitude;

	for (int k = 0; k < size; k++)
		bits |= (uint64_t)v->bytes[i * size + (host_is_big_endian() ? size - 1 - k : k)] << 8 * k;
	magnitude = (int64_t)(bits & ((UINT64_C(1) << (8 * size - 1)) - 1));
	return bits >> (8 * size - 1) ? -magnitude : magnitude;
}

static int64_t ulps_between(const struct value *a, const struct value *b, int64_t i)
{
	const enum dtype_class class = dtypes[a->type].class;
	int64_t gap;

	if ((class != CLASS_F && class != CLASS_X) || !isfinite(value_number(a, i)) || !isfinite(value_number(b, i)))
		return -1;
	if (__builtin_sub_overflow(ordered_bits(a, i), ordered_bits(b, i), &gap) || gap == INT64_MIN)
		return INT64_MAX;
	return gap < 0 ? -gap : gap;
}

struct tolerance tolerance_of(const struct options *o, double looseness)
{
	return (struct tolerance){ .given = o->rtol > 0 || o->atol > 0 || o->exact, .rtol = o->rtol, .atol = o->atol,
				   .steps = o->exact ? 0 : o->steps,
				   .looseness = looseness };
}

void compare_values(struct difference *x, const struct value *seen, const struct value *wanted,
		    const struct tolerance *t)
{
	const double error = default_error(wanted->type) * t->looseness;
	const bool counts = t->steps > 0 && t->step > 0;
	const double atol = counts ? t->steps * t->step * (1 + 1e-6) : t->given ? t->atol : error * range_of(wanted),
		     rtol = counts ? 0 : t->given ? t->rtol : error;
	double furthest = -1;

	*x = (struct difference){ .worst = -1, .ulps = -1 };
	x->same_form = seen->type == wanted->type && seen->rank == wanted->rank &&
		       !memcmp(seen->dim, wanted->dim, (size_t)seen->rank * sizeof *seen->dim);
	for (int64_t i = 0; x->same_form && i < seen->n; i++) {
		const double magnitude = fabs(value_number(wanted, i)), gap = element_distance(seen, wanted, i);
		const double allowed = atol + (isfinite(magnitude) ? rtol * magnitude : 0);
		const double beyond = gap > allowed ? 2 + (gap - allowed) : allowed > 0 ? gap / allowed : 0;
		x->n_beyond += gap > allowed;
		if (beyond > furthest) {
			furthest = beyond;
			x->worst = i;
		}
		if (gap > x->absolute) {
			x->absolute = gap;
			x->absolute_at = i;
		}
		if (magnitude > 0 && isfinite(magnitude) && gap / magnitude > x->relative) {
			x->relative = gap / magnitude;
			x->relative_at = i;
		}
	}
	if (x->same_form && seen->n)
		x->ulps = ulps_between(seen, wanted, x->absolute_at);
}
