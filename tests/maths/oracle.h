/* What <math.h> lacks: oracles in double, and the plain float forms that bench_functions.c compares with. */
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

static inline float plain_sigmoid(float x)
{
	return 1.0f / (1.0f + expf(-x));
}

static inline float plain_softplus(float x)
{
	return log1pf(expf(-fabsf(x))) + (x > 0.0f ? x : 0.0f);
}

static inline float plain_mish(float x)
{
	return x * tanhf(plain_softplus(x));
}

#endif
