/* The scalar operations of loop nests on runs of values: what nest builders fold constants with and what nest_eval
 * runs. */
#ifndef NNC_NEST_SCALAR_H
#define NNC_NEST_SCALAR_H

#include "nest/nest.h"

enum { LANES = 256 };

/* One value an element: float16, bfloat16 and float32 in f, float64 in d, integers and bool in i (uint64 as its
 * bits). */
union lanes {
	float f[LANES];
	double d[LANES];
	int64_t i[LANES];
};

enum lane_kind { LANE_F, LANE_D, LANE_I };
enum lane_kind lane_kind(enum dtype type);

/** out = op(a, b) for n <= LANES elements of operand type `type`; b is ignored by unary operations. out may be a or
 *  b. */
void scalar_apply(enum eop op, enum dtype type, const union lanes *a, const union lanes *b, union lanes *out, int n);
/** Conversions of E_CAST and E_SATURATE. Out-of-range floats saturate. */
void scalar_cast(enum dtype from, enum dtype to, const union lanes *a, union lanes *out, int n);
void scalar_saturate(enum dtype from, enum dtype to, const union lanes *a, union lanes *out, int n);
/** Elements at[0 … n-1] of an array of `size` elements, little-endian; 0 beyond it. */
void scalar_load(enum dtype type, const void *data, int64_t size, const int64_t *at, union lanes *out, int n);
/** Stores elements, the reverse. What lies beyond is not stored. */
void scalar_store(enum dtype type, void *data, int64_t size, const int64_t *at, const union lanes *a, int n);
/** Element i as it lies in memory. */
uint64_t scalar_bits(enum dtype type, const union lanes *a, int i);

/** v wrapped to the width of an integer type; bool: whether it is not 0. */
int64_t scalar_wrap(enum dtype type, int64_t v);
/** Smallest and greatest value of an integer type; the latter as its bits for uint64. */
int64_t type_lowest(enum dtype type);
int64_t type_highest(enum dtype type);

#endif
