#include "graph/narrow.h"

#include <math.h>
#include <stddef.h>

static const struct narrow_float floats[] = {
	{ DT_F8E4M3FN, 8, 3, 7, 0x7e, 0x7f, 0x7f, false },
	{ DT_F8E4M3FNUZ, 8, 3, 8, 0x7f, 0x80, 0x80, true },
	{ DT_F8E5M2, 8, 2, 15, 0x7b, 0x7e, 0x7c, false },
	{ DT_F8E5M2FNUZ, 8, 2, 16, 0x7f, 0x80, 0x80, true },
	{ DT_F4E2M1, 4, 1, 1, 0x7, 0x8, 0x7, false },
};

const struct narrow_float *narrow_float(enum dtype type)
{
	for (size_t i = 0; i < sizeof floats / sizeof *floats; i++)
		if (floats[i].type == type)
			return &floats[i];
	return NULL;
}

bool dtype_is_code(enum dtype type)
{
	return type == DT_F8E8M0 || narrow_float(type);
}

double narrow_value(enum dtype type, unsigned code)
{
	const struct narrow_float *f = narrow_float(type);
	unsigned magnitude, exponent, fraction;
	double v;

	if (type == DT_F8E8M0)
		return code == 0xff ? (double)NAN : ldexp(1, (int)code - 127);
	magnitude = code & ((1U << (f->bits - 1)) - 1);
	exponent = magnitude >> f->mantissa;
	fraction = magnitude & ((1U << f->mantissa) - 1);
	if (f->one_zero ? code == f->nan : magnitude > f->most)
		return type == DT_F8E5M2 && magnitude == f->over ? (code >> 7 ? -(double)INFINITY : (double)INFINITY) :
								    (double)NAN;
	v = exponent ? ldexp(1 + ldexp(fraction, -f->mantissa), (int)exponent - f->bias) :
		       ldexp(fraction, 1 - f->bias - f->mantissa);
	return code >> (f->bits - 1) & 1 ? -v : v;
}

int narrow_bits(enum dtype type)
{
	return type == DT_I4 || type == DT_U4 ? 4 : type == DT_I2 || type == DT_U2 ? 2 : 0;
}
