/* Stands in for the compiler's <immintrin.h> where the x86-64-v4 kernels are proved on a machine without AVX-512: SIMDe
 * in portable C, no instruction taken from the machine (SIMDE_NO_NATIVE), under the names of the intrinsics
 * (SIMDE_ENABLE_NATIVE_ALIASES). Below is what Debian 12's SIMDe 0.7.4 lacks or rounds otherwise, written here lane by
 * lane after the pseudocode of Intel's Intrinsics Guide. Only tests see this file. */
#ifndef TESTS_SIMDE_IMMINTRIN_H
#define TESTS_SIMDE_IMMINTRIN_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#ifndef SIMDE_NO_NATIVE
#define SIMDE_NO_NATIVE
#endif
#define SIMDE_ENABLE_NATIVE_ALIASES
/* Calls: a register tile of operations in line, sixteen lanes each, takes the compiler a minute. */
#define SIMDE_NO_INLINE
#include <simde/simde-common.h>
/* Inline as well: of three thousand functions without optimisation, only the ones that are called are then compiled. */
#undef SIMDE_FUNCTION_ATTRIBUTES
#undef SIMDE_HUGE_FUNCTION_ATTRIBUTES
#define SIMDE_FUNCTION_ATTRIBUTES static inline __attribute__((noinline, unused))
#define SIMDE_HUGE_FUNCTION_ATTRIBUTES SIMDE_FUNCTION_ATTRIBUTES
#include <simde/x86/avx512.h>

/* Vectors are memory here: what holds them in registers has nothing to hold. After the headers of the C library above,
 * which rename functions so. */
#define __asm__(...)

/* Names that SIMDe leaves out, or gives another number of arguments. */
typedef simde__mmask8 __mmask8;
typedef simde__mmask16 __mmask16;
typedef simde__mmask32 __mmask32;
typedef simde__mmask64 __mmask64;
#define _MM_FROUND_NO_EXC SIMDE_MM_FROUND_NO_EXC
#undef _mm512_madd_epi16
#define _mm512_madd_epi16 simde_mm512_madd_epi16

/* The lanes of a vector, whatever they hold. */
union simde_lanes {
	__m512 f;
	__m512i i;
	float f32[16];
	int32_t i32[16];
};

#define STAND_IN static __attribute__((noinline, unused))

/* Each lane's bits where k has a one, else 0; memory under a zero is not touched. */
STAND_IN __m512i _mm512_maskz_loadu_epi32(__mmask16 k, const void *p)
{
	union simde_lanes r;

	for (int l = 0; l < 16; l++) {
		r.i32[l] = 0;
		if (k >> l & 1)
			memcpy(&r.i32[l], (const char *)p + 4 * l, 4);
	}
	return r.i;
}

STAND_IN __m512 _mm512_maskz_loadu_ps(__mmask16 k, const void *p)
{
	return _mm512_castsi512_ps(_mm512_maskz_loadu_epi32(k, p));
}

/* Each byte where k has a one, else 0; memory under a zero is not touched. */
STAND_IN __m512i _mm512_maskz_loadu_epi8(__mmask64 k, const void *p)
{
	unsigned char bytes[64];
	__m512i r;

	for (int l = 0; l < 64; l++)
		bytes[l] = k >> l & 1 ? ((const unsigned char *)p)[l] : 0;
	memcpy(&r, bytes, sizeof(r));
	return r;
}

/* Bytes where k has a one; memory under a zero is not touched. */
STAND_IN void _mm512_mask_storeu_epi8(void *p, __mmask64 k, __m512i a)
{
	unsigned char bytes[64];

	memcpy(bytes, &a, sizeof(bytes));
	for (int l = 0; l < 64; l++)
		if (k >> l & 1)
			((unsigned char *)p)[l] = bytes[l];
}

/* Lanes where k has a one; memory under a zero is not touched. */
STAND_IN void _mm512_mask_storeu_epi32(void *p, __mmask16 k, __m512i a)
{
	const union simde_lanes u = {.i = a};

	for (int l = 0; l < 16; l++) {
		if (k >> l & 1)
			memcpy((char *)p + 4 * l, &u.i32[l], 4);
	}
}

STAND_IN void _mm512_mask_storeu_ps(void *p, __mmask16 k, __m512 a)
{
	_mm512_mask_storeu_epi32(p, k, _mm512_castps_si512(a));
}

/* The low byte of lanes where k has a one, packed as all lanes would be. */
STAND_IN void _mm512_mask_cvtepi32_storeu_epi8(void *p, __mmask16 k, __m512i a)
{
	const union simde_lanes u = {.i = a};

	for (int l = 0; l < 16; l++) {
		if (k >> l & 1)
			((uint8_t *)p)[l] = (uint8_t)u.i32[l];
	}
}

/* Signed bytes as int32. */
STAND_IN __m512i _mm512_cvtepi8_epi32(__m128i a)
{
	union simde_lanes r;
	int8_t bytes[16];

	memcpy(bytes, &a, sizeof(bytes));
	for (int l = 0; l < 16; l++)
		r.i32[l] = bytes[l];
	return r.i;
}

/* Unsigned bytes as int32. */
STAND_IN __m512i _mm512_cvtepu8_epi32(__m128i a)
{
	union simde_lanes r;
	uint8_t bytes[16];

	memcpy(bytes, &a, sizeof(bytes));
	for (int l = 0; l < 16; l++)
		r.i32[l] = bytes[l];
	return r.i;
}

STAND_IN __m512 _mm512_cvtepi32_ps(__m512i a)
{
	union simde_lanes u = {.i = a};

	for (int l = 0; l < 16; l++)
		u.f32[l] = (float)u.i32[l];
	return u.f;
}

/* Half precision as a float. */
STAND_IN float simde_lane_widened(uint16_t a)
{
	const int exponent = a >> 10 & 31, fraction = a & 1023;
	float v = ldexpf((float)(exponent ? 1024 + fraction : fraction), exponent ? exponent - 25 : -24);

	if (exponent == 31)
		v = fraction ? NAN : INFINITY;
	return copysignf(v, a & 0x8000 ? -1.0f : 1.0f);
}

/* A float as half precision: the nearest, halves to even. */
STAND_IN uint16_t simde_lane_narrowed(float a)
{
	const unsigned sign = signbit(a) ? 0x8000 : 0;
	unsigned bits = 0x7c00;
	int exponent;

	if (isnan(a)) {
		bits = 0x7e00;
	} else if (fabsf(a) < 0x1p-14f) {
		bits = (unsigned)rintf(fabsf(a) * 0x1p24f);
	} else if (fabsf(a) < 65536) {
		const float fraction = frexpf(fabsf(a), &exponent);

		/* What is rounded up to 2048 goes on into the exponent. */
		bits = ((unsigned)(exponent + 14) << 10) + (unsigned)rintf(ldexpf(fraction, 11)) - 1024;
	}
	return (uint16_t)(sign | bits);
}

STAND_IN __m512 _mm512_cvtph_ps(__m256i a)
{
	union simde_lanes r;
	uint16_t halves[16];

	memcpy(halves, &a, sizeof(halves));
	for (int l = 0; l < 16; l++)
		r.f32[l] = simde_lane_widened(halves[l]);
	return r.f;
}

/* In the one rounding that is asked for. */
STAND_IN __m256i _mm512_cvtps_ph(__m512 a, int rounding)
{
	const union simde_lanes u = {.f = a};
	uint16_t halves[16];
	__m256i r;

	(void)rounding;
	for (int l = 0; l < 16; l++)
		halves[l] = simde_lane_narrowed(u.f32[l]);
	memcpy(&r, halves, sizeof(r));
	return r;
}

/* The integer of a rounded float; the machine's "indefinite" where there is none. */
STAND_IN int32_t simde_lane_integer(float a)
{
	return a >= -2147483648.0f && a < 2147483648.0f ? (int32_t)a : INT32_MIN;
}

STAND_IN __m512i _mm512_cvtps_epi32(__m512 a)
{
	union simde_lanes u = {.f = a};

	for (int l = 0; l < 16; l++)
		u.i32[l] = simde_lane_integer(rintf(u.f32[l]));
	return u.i;
}

STAND_IN __m512i _mm512_cvttps_epi32(__m512 a)
{
	union simde_lanes u = {.f = a};

	for (int l = 0; l < 16; l++)
		u.i32[l] = simde_lane_integer(u.f32[l]);
	return u.i;
}

/* Arithmetic shift right by lane; 32 and more leave the sign alone. */
STAND_IN __m512i _mm512_srav_epi32(__m512i a, __m512i n)
{
	union simde_lanes u = {.i = a};
	const union simde_lanes by = {.i = n};

	for (int l = 0; l < 16; l++)
		u.i32[l] >>= (uint32_t)by.i32[l] < 32 ? by.i32[l] : 31;
	return u.i;
}

STAND_IN __mmask16 _mm512_cmplt_epi32_mask(__m512i a, __m512i b)
{
	return _mm512_cmpgt_epi32_mask(b, a);
}

/* a * b + c in one rounding, which SIMDe has only where the machine does. */
STAND_IN __m512 simde_lanes_fmadd(__m512 a, __m512 b, __m512 c)
{
	union simde_lanes x = {.f = a};
	const union simde_lanes y = {.f = b}, z = {.f = c};

	for (int l = 0; l < 16; l++)
		x.f32[l] = fmaf(x.f32[l], y.f32[l], z.f32[l]);
	return x.f;
}

/* c - a * b in one rounding. */
STAND_IN __m512 simde_lanes_fnmadd(__m512 a, __m512 b, __m512 c)
{
	union simde_lanes x = {.f = a};
	const union simde_lanes y = {.f = b}, z = {.f = c};

	for (int l = 0; l < 16; l++)
		x.f32[l] = fmaf(-x.f32[l], y.f32[l], z.f32[l]);
	return x.f;
}

/* The forms that clear lanes where k has a zero. */
#define _mm512_maskz_sqrt_ps(k, a) simde_mm512_maskz_mov_ps(k, _mm512_sqrt_ps(a))
#define _mm512_maskz_sllv_epi32(k, a, n) simde_mm512_maskz_mov_epi32(k, _mm512_sllv_epi32(a, n))
#define _mm512_maskz_srlv_epi32(k, a, n) simde_mm512_maskz_mov_epi32(k, _mm512_srlv_epi32(a, n))
#define _mm512_maskz_srav_epi32(k, a, n) simde_mm512_maskz_mov_epi32(k, _mm512_srav_epi32(a, n))
#define _mm512_maskz_cvtph_ps(k, a) simde_mm512_maskz_mov_ps(k, _mm512_cvtph_ps(a))
#define _mm512_maskz_cvtps_ph(k, a, r) _mm512_cvtps_ph(simde_mm512_maskz_mov_ps(k, a), r)
#define _mm512_maskz_cvtepi32_ps(k, a) simde_mm512_maskz_mov_ps(k, _mm512_cvtepi32_ps(a))
#define _mm512_maskz_cvtps_epi32(k, a) simde_mm512_maskz_mov_epi32(k, _mm512_cvtps_epi32(a))
#define _mm512_maskz_cvttps_epi32(k, a) simde_mm512_maskz_mov_epi32(k, _mm512_cvttps_epi32(a))
#define _mm512_maskz_cvtepi8_epi32(k, a) simde_mm512_maskz_mov_epi32(k, _mm512_cvtepi8_epi32(a))
#define _mm512_maskz_cvtepu8_epi32(k, a) simde_mm512_maskz_mov_epi32(k, _mm512_cvtepu8_epi32(a))
#define _mm512_maskz_cvtepi8_epi16(k, a) simde_mm512_maskz_mov_epi16(k, _mm512_cvtepi8_epi16(a))

#undef _mm512_fmadd_ps
#define _mm512_fmadd_ps simde_lanes_fmadd
#undef _mm512_fnmadd_ps
#define _mm512_fnmadd_ps simde_lanes_fnmadd
#undef STAND_IN

#endif
