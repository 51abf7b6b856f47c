/* Oracles in double for functions that <math.h> lacks. */
#ifndef TESTS_MATHS_ORACLE_H
#define TESTS_MATHS_ORACLE_H

#include <math.h>

static inline double oracle_sigmoid(double x)
{
	return x < 0 ? exp(x) / (1.0 + exp(x)) : 1.0 / (1.0 + exp(-x));
}

static inline double oracle_softplus(double x)
{
	return x > 40.0 ? x : log1p(exp(x));
}

static inline double oracle_mish(double x)
{
	return isinf(x) && x < 0 ? -0.0 : x * tanh(oracle_softplus(x));
}

#endif
