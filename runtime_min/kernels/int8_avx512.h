/* The integer kernels' vectors: sixteen lanes of AVX-512 F and BW.
 * The contract of every operation stands in int8_plain.h and is the same in all of these headers. */
#ifndef NNRT_INT8_AVX512_H
#define NNRT_INT8_AVX512_H

#include "runtime_min/kernels/int8_x86.h"
#include "runtime_min/simd/x86_avx512.h"

/** Sums. */
typedef __m512i nnrt_i8v;

/** Two weights for every lane, as 16 bits. */
typedef __m512i nnrt_i8w;

/** Lanes of a vector. */
enum { NNRT_INT8_LANES = 16 };

/** Sums from p. */
NNRT_INLINE nnrt_i8v nnrt_i8v_load(const int32_t *p)
{
	return _mm512_loadu_si512(p);
}

/** Weights from p, the two of a lane side by side. */
NNRT_INLINE nnrt_i8w nnrt_i8w_load(const int8_t *p)
{
	return _mm512_maskz_cvtepi8_epi16((__mmask32)-1, _mm256_loadu_si256((const __m256i *)(const void *)p));
}

/** sum + x[0] * first weight + x[1] * second weight. */
NNRT_INLINE nnrt_i8v nnrt_i8v_dot(nnrt_i8v sum, nnrt_i8w w, const int16_t *x)
{
	int32_t pair;

	memcpy(&pair, x, sizeof(pair));
	return _mm512_add_epi32(sum, _mm512_madd_epi16(w, _mm512_set1_epi32(pair)));
}

/** Bytes as numbers. */
NNRT_INLINE nnrt_i8v nnrt_i8v_bytes(const unsigned char *p, int is_signed)
{
	const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);

	return is_signed ? _mm512_maskz_cvtepi8_epi32(nnrt_vm_all(), bytes) :
			   _mm512_maskz_cvtepu8_epi32(nnrt_vm_all(), bytes);
}

/** sum + x * w. */
NNRT_INLINE nnrt_i8v nnrt_i8v_mac(nnrt_i8v sum, nnrt_i8v x, nnrt_i8v w)
{
	return _mm512_add_epi32(sum, _mm512_mullo_epi32(x, w));
}

/** Bounds, rounds and stores the first n lanes. */
NNRT_INLINE void nnrt_i8v_store(unsigned char *y, __m512 scaled, int low, int high, int zero, int n)
{
	const __m512 least = _mm512_maskz_max_ps(nnrt_vm_all(), scaled, _mm512_set1_ps((float)low));
	const __m512i q = _mm512_maskz_cvtps_epi32(
		nnrt_vm_all(), _mm512_maskz_min_ps(nnrt_vm_all(), least, _mm512_set1_ps((float)high)));

	_mm512_mask_cvtepi32_storeu_epi8(y, (__mmask16)((1u << n) - 1u), _mm512_add_epi32(q, _mm512_set1_epi32(zero)));
}

/** Scales, rounds, bounds and stores the first n lanes. */
NNRT_INLINE void nnrt_i8v_finish(unsigned char *y, nnrt_i8v sum, const float *scale, int low, int high, int zero, int n)
{
	nnrt_i8v_store(y, _mm512_mul_ps(_mm512_maskz_cvtepi32_ps(nnrt_vm_all(), sum), _mm512_loadu_ps(scale)), low,
		       high, zero, n);
}

/** Bytes side by side. */
typedef __m512i nnrt_b8;

/** Lanes of a vector of bytes. */
enum { NNRT_B8_LANES = 64 };

/** Bytes from p. */
NNRT_INLINE nnrt_b8 nnrt_b8_load(const unsigned char *p)
{
	return _mm512_loadu_si512(p);
}

/** Stores them. */
NNRT_INLINE void nnrt_b8_store(unsigned char *p, nnrt_b8 a)
{
	_mm512_storeu_si512(p, a);
}

/** v in every lane. */
NNRT_INLINE nnrt_b8 nnrt_b8_set(int v)
{
	return _mm512_set1_epi8((char)v);
}

/** The greater, of int8 (is_signed 1) or uint8. */
NNRT_INLINE nnrt_b8 nnrt_b8_max(nnrt_b8 a, nnrt_b8 b, int is_signed)
{
	return is_signed ? _mm512_max_epi8(a, b) : _mm512_max_epu8(a, b);
}

/** Numbers. */
typedef __m512 nnrt_i8f;

/** v in every lane. */
NNRT_INLINE nnrt_i8f nnrt_i8f_set(float v)
{
	return _mm512_set1_ps(v);
}

/** float(v) * factor + more, rounded once. */
NNRT_INLINE nnrt_i8f nnrt_i8f_fma(nnrt_i8v v, float factor, nnrt_i8f more)
{
	return _mm512_fmadd_ps(_mm512_maskz_cvtepi32_ps(nnrt_vm_all(), v), _mm512_set1_ps(factor), more);
}

/** Bounds, rounds and stores. */
NNRT_INLINE void nnrt_i8f_store(unsigned char *y, nnrt_i8f a, int low, int high)
{
	nnrt_i8v_store(y, a, low, high, 0, NNRT_INT8_LANES);
}

/** (byte - zero) * scale. */
NNRT_INLINE nnrt_i8f nnrt_i8f_real(const unsigned char *p, int is_signed, int zero, float scale)
{
	const __m512i steps = _mm512_sub_epi32(nnrt_i8v_bytes(p, is_signed), _mm512_set1_epi32(zero));

	return _mm512_mul_ps(_mm512_maskz_cvtepi32_ps(nnrt_vm_all(), steps), _mm512_set1_ps(scale));
}

/** a + b, or a * b. */
NNRT_INLINE nnrt_i8f nnrt_i8f_combine(nnrt_i8f a, nnrt_i8f b, int product)
{
	return product ? _mm512_mul_ps(a, b) : _mm512_add_ps(a, b);
}

/** a / v. */
NNRT_INLINE nnrt_i8f nnrt_i8f_div(nnrt_i8f a, float v)
{
	return _mm512_div_ps(a, _mm512_set1_ps(v));
}

/** Divides, rounds, bounds and stores. */
NNRT_INLINE void nnrt_i8f_finish(unsigned char *y, nnrt_i8f a, float scale, int low, int high, int zero)
{
	nnrt_i8v_store(y, _mm512_div_ps(a, _mm512_set1_ps(scale)), low, high, zero, NNRT_INT8_LANES);
}

#endif
