/* Types of 8 bits and less that are computed as others: integers of 2 and 4 bits lie in a byte each as their values,
 * floats of 4 and 8 bits as their codes. Every part of the compiler but this one, the casts of nests and the import
 * sees bytes. Source: "Float stored in 8 bits", "4 bit Types" and "2 bit Integer Types" of ONNX's documentation. */
#ifndef NNC_NARROW_H
#define NNC_NARROW_H

#include "graph/dtype.h"

/* A float's code is sign, exponent, mantissa; code 0 of the exponent is that of subnormal numbers. */
struct narrow_float {
	enum dtype type;
	int bits, mantissa, bias;
	unsigned most;          /* code of the greatest finite number */
	unsigned nan;           /* code that NaN becomes */
	unsigned over;          /* code of what is greater than all when that is not limited to the greatest */
	bool one_zero;          /* no -0: its code is NaN's */
};

/** NULL: the type is no such float. float8e8m0, powers of two without sign and zero, is none. */
const struct narrow_float *narrow_float(enum dtype type);
/** A float of 8 bits or less, float8e8m0 among them. */
bool dtype_is_code(enum dtype type);
/** The number that a code stands for. */
double narrow_value(enum dtype type, unsigned code);
/** The bits of integers of less than a byte; 0: no such type. */
int narrow_bits(enum dtype type);

#endif
