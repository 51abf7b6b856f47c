/* What the runtime may use of <math.h>, for the index alone: every target parses
 * the same declarations, whether or not its C library is installed. */
#ifndef NNC_RTINDEX_MATH_H
#define NNC_RTINDEX_MATH_H

#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")
#define HUGE_VAL __builtin_huge_val()
#define HUGE_VALF __builtin_huge_valf()
#define isnan(x) __builtin_isnan(x)
#define isinf(x) __builtin_isinf(x)
#define isfinite(x) __builtin_isfinite(x)
#define signbit(x) __builtin_signbit(x)

#define NNC_MATH1(name) \
	double name(double); \
	float name##f(float);
#define NNC_MATH2(name) \
	double name(double, double); \
	float name##f(float, float);

NNC_MATH1(acos)
NNC_MATH1(acosh)
NNC_MATH1(asin)
NNC_MATH1(asinh)
NNC_MATH1(atan)
NNC_MATH1(atanh)
NNC_MATH1(cbrt)
NNC_MATH1(ceil)
NNC_MATH1(cos)
NNC_MATH1(cosh)
NNC_MATH1(erf)
NNC_MATH1(erfc)
NNC_MATH1(exp)
NNC_MATH1(exp2)
NNC_MATH1(expm1)
NNC_MATH1(fabs)
NNC_MATH1(floor)
NNC_MATH1(log)
NNC_MATH1(log10)
NNC_MATH1(log1p)
NNC_MATH1(log2)
NNC_MATH1(nearbyint)
NNC_MATH1(rint)
NNC_MATH1(round)
NNC_MATH1(sin)
NNC_MATH1(sinh)
NNC_MATH1(sqrt)
NNC_MATH1(tan)
NNC_MATH1(tanh)
NNC_MATH1(trunc)
NNC_MATH2(atan2)
NNC_MATH2(copysign)
NNC_MATH2(fmax)
NNC_MATH2(fmin)
NNC_MATH2(fmod)
NNC_MATH2(pow)
NNC_MATH2(remainder)
double fma(double, double, double);
float fmaf(float, float, float);
double ldexp(double, int);
float ldexpf(float, int);
double frexp(double, int *);
float frexpf(float, int *);
double scalbn(double, int);
float scalbnf(float, int);
long lrint(double);
long lrintf(float);
long lround(double);
long lroundf(float);

#endif
