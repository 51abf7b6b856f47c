/* Float32 functions of runtime_min/maths/ against double ones: every STRIDE-th of all 2^32 inputs and the special ones.
 *
 *     test_functions [STRIDE [NAME]]
 *
 * Checked of each result: the error in units in the last place of the exact result, NaN exactly where the oracle says
 * NaN, infinities and signs of zeros, and that the scalar function gives the bits of the vector one. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime_min/maths/arc.h"
#include "runtime_min/maths/erf.h"
#include "runtime_min/maths/exp.h"
#include "runtime_min/maths/log.h"
#include "runtime_min/maths/sigmoid.h"
#include "runtime_min/maths/tanh.h"
#include "runtime_min/maths/trig.h"
#include "tests/machine.h"
#include "tests/maths/oracle.h"

struct function {
	const char *name;
	void (*vector)(float *y, const float *x);       /* NNRT_LANES values */
	float (*scalar)(float x);
	double (*oracle)(double x);
	double ulps, ulps_fma, least;
};

#define FUNCTION(name, oracle, plain, ulps, ulps_fma, least) \
	static void name##_vector(float *y, const float *x) \
	{ \
		nnrt_vf_store(y, nnrt_##name##_vf(nnrt_vf_load(x))); \
	} \
	static float name##_scalar(float x) \
	{ \
		return nnrt_##name##_f32(x); \
	}
#include "functions.def"
#undef FUNCTION

static const struct function functions[] = {
#define FUNCTION(name, oracle, plain, ulps, ulps_fma, least) \
	{#name, name##_vector, name##_scalar, oracle, ulps, ulps_fma, least},
#include "functions.def"
#undef FUNCTION
};

static float float_of(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}

static uint32_t bits_of(float f)
{
	uint32_t bits;

	memcpy(&bits, &f, sizeof(bits));
	return bits;
}

/* Whether the vector unit flushes denormals to zero, as 32-bit NEON does. */
static bool denormals_are_flushed(void)
{
	volatile float least = 1e-40f;
	float x[NNRT_LANES], y[NNRT_LANES];

	for (int i = 0; i < NNRT_LANES; i++)
		x[i] = least;
	nnrt_vf_store(y, nnrt_vf_mul(nnrt_vf_load(x), nnrt_vf_set1(1.0f)));
	return bits_of(y[0]) == 0;
}

static bool fma_is_fused(void)
{
	float y[NNRT_LANES];

	nnrt_vf_store(y, nnrt_vf_fma(nnrt_vf_set1(1.00000012f), nnrt_vf_set1(1.00000012f), nnrt_vf_set1(-1.00000024f)));
	return bits_of(y[0]) != 0;
}

/* |y - exact| in units in the last place of exact as a float; HUGE_VAL where a rule other than nearness is broken. */
static double error_ulps(float y, double exact)
{
	const float nearest = (float)exact;
	int exponent;

	if (isnan(exact))
		return isnan(y) ? 0.0 : HUGE_VAL;
	if (isnan(y) || (isinf(exact) && !isinf(y)))
		return HUGE_VAL;
	if (exact == 0.0)
		return bits_of(y) == bits_of(nearest) ? 0.0 : HUGE_VAL;
	if ((signbit(y) != 0) != (exact < 0.0))
		return HUGE_VAL;
	if (isinf(y))
		return isinf(nearest) ? 0.0 : fabs(exact) > 3.4028234e38 ? 1.0 : HUGE_VAL;
	if (isinf(nearest))
		return fabsf(y) >= 3.4028234e38f ? 1.0 : HUGE_VAL;
	frexp(exact, &exponent);
	return fabs((double)y - exact) / ldexp(1.0, exponent < -125 ? -149 : exponent - 24);
}

/* The same for the result y of f at x. Where denormals are flushed, x and any value on the way may have been taken for
 * zero: y may then be anything between f(0) and f(2^-126), and 2^-119 more or less is no error. */
static double error_of(const struct function *f, float x, float y, bool flushed)
{
	const double exact = f->oracle((double)x);
	const double e = fabs((double)y - exact) < f->least ? 0.0 : error_ulps(y, exact);
	double at_zero, at_normal;

	if (!flushed || e <= f->ulps_fma || isnan(y))
		return e;
	if (fabs((double)y - exact) < 0x1p-119)
		return 0.0;
	if (fabsf(x) >= 1.17549435e-38f)
		return e;
	at_zero = f->oracle(copysign(0.0, (double)x));
	at_normal = f->oracle(copysign(0x1p-126, (double)x));
	return (isnan(at_zero) || (double)y >= fmin(at_zero, at_normal)) &&
		(isnan(at_normal) || (double)y <= fmax(at_zero, at_normal)) ? 0.0 : e;
}

struct tally {
	double worst;
	float worst_x, worst_y;
	long wrong_lanes;
};

static void check_vector(const struct function *f, const float *x, bool flushed, bool scalar_too, struct tally *t)
{
	float y[NNRT_LANES];

	f->vector(y, x);
	for (int i = 0; i < NNRT_LANES; i++) {
		const double e = error_of(f, x[i], y[i], flushed);

		if (e > t->worst) {
			t->worst = e;
			t->worst_x = x[i];
			t->worst_y = y[i];
		}
		if (scalar_too && bits_of(f->scalar(x[i])) != bits_of(y[i]) && !isnan(y[i])) {
			t->wrong_lanes++;
			t->worst_x = x[i];
			t->worst_y = y[i];
		}
	}
}

/* Powers of two with their neighbours, limits of the functions, infinities, NaN; both signs. */
static void check_special(const struct function *f, bool flushed, struct tally *t)
{
	static const float more[] = {
		88.7228394f, 88.7228470f, 87.3365479f, 103.278931f, 103.972084f, 104.5f, 16.63553f, 9.01091290f, 9.02f,
		3.9192059f, 3.925f, 0.34657359f, 0.34657362f, 0.70710677f, 1.41421354f, 0.29289323f, 0.41421357f,
		1e-45f, 3.14159274f, 1.57079637f, 0.785398185f, 8191.99951f, 8192.0f, 8192.001f, 1e10f, 3.40282347e38f,
	};
	float x[NNRT_LANES];

	for (uint32_t e = 0; e <= 256; e++)
		for (int step = -2; step <= 2; step++)
			for (uint32_t sign = 0; sign < 2; sign++) {
				for (int i = 0; i < NNRT_LANES; i++)
					x[i] = float_of(((e << 23) + (uint32_t)step) ^ sign << 31);
				check_vector(f, x, flushed, true, t);
			}
	for (size_t k = 0; k < sizeof(more) / sizeof(more[0]); k++)
		for (int sign = -1; sign <= 1; sign += 2) {
			for (int i = 0; i < NNRT_LANES; i++)
				x[i] = (float)sign * more[k];
			check_vector(f, x, flushed, true, t);
		}
}

static bool check_function(const struct function *f, uint64_t stride)
{
	const bool flushed = denormals_are_flushed();
	const double allowed = fma_is_fused() ? f->ulps_fma : f->ulps;
	struct tally t = {0.0, 0.0f, 0.0f, 0};
	float x[NNRT_LANES];
	uint64_t turn = 0;

	check_special(f, flushed, &t);
	for (uint64_t b = 0; b < UINT64_C(1) << 32; b += stride * NNRT_LANES) {
		for (int i = 0; i < NNRT_LANES; i++)
			x[i] = float_of((uint32_t)(b + stride * (uint64_t)i));
		check_vector(f, x, flushed, turn++ % 64 == 0, &t);
	}
	printf("%-9s worst %.3f ulp at %.9g -> %.9g, allowed %.2f%s\n", f->name, t.worst, (double)t.worst_x,
		(double)t.worst_y, allowed, t.wrong_lanes ? ", scalar and vector DIFFER" : "");
	return t.worst <= allowed && t.wrong_lanes == 0;
}

int main(int argc, char **argv)
{
	const uint64_t stride = argc > 1 ? strtoull(argv[1], NULL, 10) : 4093;
	const char *only = argc > 2 ? argv[2] : NULL;
	int passed = 0, failed = 0;

	skip_unless_supported();
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]) && stride; i++) {
		if (only && strcmp(only, functions[i].name))
			continue;
		if (check_function(&functions[i], stride))
			passed++;
		else
			failed++;
	}
	printf("%d passed, %d failed\n", passed, failed);
	return failed || !passed;
}
