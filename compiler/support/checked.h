/* Arithmetic on counts and sizes that come from a model: each function returns
 * false instead of wrapping round. All values are >= 0. */
#ifndef NNC_CHECKED_H
#define NNC_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

static inline bool checked_add(int64_t a, int64_t b, int64_t *sum)
{
	return !__builtin_add_overflow(a, b, sum);
}

static inline bool checked_mul(int64_t a, int64_t b, int64_t *product)
{
	return !__builtin_mul_overflow(a, b, product);
}

/** Rounds n up to a multiple of step (step > 0); false when that overflows. */
static inline bool checked_align(int64_t n, int64_t step, int64_t *aligned)
{
	int64_t sum;

	if (!checked_add(n, step - 1, &sum))
		return false;
	*aligned = sum / step * step;
	return true;
}

#endif
