/* Sixteen lanes of AVX-512 F (x86-64-v4); masks live in mask registers.
 * The contract of every operation stands in its comment and is the same in all headers of this folder. */
#ifndef NNRT_SIMD_X86_AVX512_H
#define NNRT_SIMD_X86_AVX512_H

#include "runtime_min/simd/x86_lanes.h"

/** Sixteen floats. */
typedef __m512 nnrt_vf;

/** Sixteen integers. */
typedef __m512i nnrt_vi;

/** Sixteen truth values, a bit each. */
typedef __mmask16 nnrt_vm;

/** Lanes of a vector. */
enum { NNRT_LANES = 16 };

/** Registers of vectors. */
enum { NNRT_REGISTERS = 32 };

/** 0, 1, 2... by lane. */
NNRT_INLINE nnrt_vi nnrt_vi_iota(void)
{
	return _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

/** True in every lane. Operations take it as mask where g++ 12 warns of an uninitialised vector inside its form without
 *  one; the code is the same. */
NNRT_INLINE nnrt_vm nnrt_vm_all(void)
{
	return (__mmask16)0xffff;
}

/** True in the first n lanes (0 <= n <= NNRT_LANES). */
NNRT_INLINE nnrt_vm nnrt_vm_first(int n)
{
	return (__mmask16)((1u << n) - 1u);
}

/** NNRT_LANES floats from p, any alignment. */
NNRT_INLINE nnrt_vf nnrt_vf_load(const float *p)
{
	return _mm512_loadu_ps(p);
}

/** NNRT_LANES floats to p, any alignment. */
NNRT_INLINE void nnrt_vf_store(float *p, nnrt_vf a)
{
	_mm512_storeu_ps(p, a);
}

/** The first n floats (0 <= n <= NNRT_LANES), other lanes 0; nothing beyond p[n - 1] is touched. */
NNRT_INLINE nnrt_vf nnrt_vf_load_n(const float *p, int n)
{
	return _mm512_maskz_loadu_ps(nnrt_vm_first(n), p);
}

/** Stores the first n lanes (0 <= n <= NNRT_LANES); nothing beyond p[n - 1] is touched. */
NNRT_INLINE void nnrt_vf_store_n(float *p, nnrt_vf a, int n)
{
	_mm512_mask_storeu_ps(p, nnrt_vm_first(n), a);
}

/** Every second of 2 NNRT_LANES - 1 floats in a row: a has the first NNRT_LANES of them, b the last. */
NNRT_INLINE nnrt_vf nnrt_vf_even(nnrt_vf a, nnrt_vf b)
{
	const __m512i from = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31);

	return _mm512_permutex2var_ps(a, from, b);
}

/** a in all lanes. */
NNRT_INLINE nnrt_vf nnrt_vf_set1(float a)
{
	return _mm512_set1_ps(a);
}

/** a + b. */
NNRT_INLINE nnrt_vf nnrt_vf_add(nnrt_vf a, nnrt_vf b)
{
	return _mm512_add_ps(a, b);
}

/** a - b. */
NNRT_INLINE nnrt_vf nnrt_vf_sub(nnrt_vf a, nnrt_vf b)
{
	return _mm512_sub_ps(a, b);
}

/** a * b. */
NNRT_INLINE nnrt_vf nnrt_vf_mul(nnrt_vf a, nnrt_vf b)
{
	return _mm512_mul_ps(a, b);
}

/** a / b, correctly rounded. */
NNRT_INLINE nnrt_vf nnrt_vf_div(nnrt_vf a, nnrt_vf b)
{
	return _mm512_div_ps(a, b);
}

/** a * b + c, rounded once. */
NNRT_INLINE nnrt_vf nnrt_vf_fma(nnrt_vf a, nnrt_vf b, nnrt_vf c)
{
	return _mm512_fmadd_ps(a, b, c);
}

/** c - a * b, rounded once. */
NNRT_INLINE nnrt_vf nnrt_vf_fnma(nnrt_vf a, nnrt_vf b, nnrt_vf c)
{
	return _mm512_fnmadd_ps(a, b, c);
}

/** Lesser of a and b. NaN in b gives NaN; NaN in a alone gives b or NaN; the sign of equal zeros is open. */
NNRT_INLINE nnrt_vf nnrt_vf_min(nnrt_vf a, nnrt_vf b)
{
	return _mm512_maskz_min_ps(nnrt_vm_all(), a, b);
}

/** Greater of a and b. NaN in b gives NaN; NaN in a alone gives b or NaN; the sign of equal zeros is open. */
NNRT_INLINE nnrt_vf nnrt_vf_max(nnrt_vf a, nnrt_vf b)
{
	return _mm512_maskz_max_ps(nnrt_vm_all(), a, b);
}

/** -a, the sign bit turned. */
NNRT_INLINE nnrt_vf nnrt_vf_neg(nnrt_vf a)
{
	return _mm512_castsi512_ps(_mm512_xor_epi32(_mm512_castps_si512(a), _mm512_set1_epi32(INT32_MIN)));
}

/** |a|, the sign bit cleared. */
NNRT_INLINE nnrt_vf nnrt_vf_abs(nnrt_vf a)
{
	return _mm512_castsi512_ps(_mm512_and_epi32(_mm512_castps_si512(a), _mm512_set1_epi32(INT32_MAX)));
}

/** Square root, correctly rounded; NaN below zero. */
NNRT_INLINE nnrt_vf nnrt_vf_sqrt(nnrt_vf a)
{
	return _mm512_maskz_sqrt_ps(nnrt_vm_all(), a);
}

/** Greatest integer <= a. */
NNRT_INLINE nnrt_vf nnrt_vf_floor(nnrt_vf a)
{
	return _mm512_floor_ps(a);
}

/** Least integer >= a. */
NNRT_INLINE nnrt_vf nnrt_vf_ceil(nnrt_vf a)
{
	return _mm512_ceil_ps(a);
}

/** a without its fraction. */
NNRT_INLINE nnrt_vf nnrt_vf_trunc(nnrt_vf a)
{
	return _mm512_mask_ceil_ps(_mm512_floor_ps(a), _mm512_cmp_ps_mask(a, _mm512_setzero_ps(), _CMP_LT_OQ), a);
}

/** Nearest integer, halves to even. */
NNRT_INLINE nnrt_vf nnrt_vf_round(nnrt_vf a)
{
	__m512 r;

	/* gcc -O0 has a macro here that turns its mask into a signed number. */
	_Pragma("GCC diagnostic push")
	_Pragma("GCC diagnostic ignored \"-Wsign-conversion\"")
	r = _mm512_maskz_roundscale_ps(nnrt_vm_all(), a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
	_Pragma("GCC diagnostic pop")
	return r;
}

/** a < b, false for NaN. */
NNRT_INLINE nnrt_vm nnrt_vf_lt(nnrt_vf a, nnrt_vf b)
{
	return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
}

/** a <= b, false for NaN. */
NNRT_INLINE nnrt_vm nnrt_vf_le(nnrt_vf a, nnrt_vf b)
{
	return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ);
}

/** a == b, false for NaN (so eq(a, a) is false where a is NaN). */
NNRT_INLINE nnrt_vm nnrt_vf_eq(nnrt_vf a, nnrt_vf b)
{
	return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ);
}

/** a > b, false for NaN. */
NNRT_INLINE nnrt_vm nnrt_vf_gt(nnrt_vf a, nnrt_vf b)
{
	return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ);
}

/** a >= b, false for NaN. */
NNRT_INLINE nnrt_vm nnrt_vf_ge(nnrt_vf a, nnrt_vf b)
{
	return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ);
}

/** m ? a : b by lane, bits unchanged. */
NNRT_INLINE nnrt_vf nnrt_vf_select(nnrt_vm m, nnrt_vf a, nnrt_vf b)
{
	return _mm512_mask_blend_ps(m, b, a);
}

/** a and b. */
NNRT_INLINE nnrt_vm nnrt_vm_and(nnrt_vm a, nnrt_vm b)
{
	return (__mmask16)(a & b);
}

/** a or b. */
NNRT_INLINE nnrt_vm nnrt_vm_or(nnrt_vm a, nnrt_vm b)
{
	return (__mmask16)(a | b);
}

/** Either a or b. */
NNRT_INLINE nnrt_vm nnrt_vm_xor(nnrt_vm a, nnrt_vm b)
{
	return (__mmask16)(a ^ b);
}

/** Not a. */
NNRT_INLINE nnrt_vm nnrt_vm_not(nnrt_vm a)
{
	return (__mmask16)~a;
}

/** 1 when any lane is true, else 0. */
NNRT_INLINE int nnrt_vm_any(nnrt_vm a)
{
	return a != 0;
}

/** NNRT_LANES integers from p, any alignment. */
NNRT_INLINE nnrt_vi nnrt_vi_load(const int32_t *p)
{
	return _mm512_loadu_si512(p);
}

/** NNRT_LANES integers to p, any alignment. */
NNRT_INLINE void nnrt_vi_store(int32_t *p, nnrt_vi a)
{
	_mm512_storeu_si512(p, a);
}

/** The first n integers (0 <= n <= NNRT_LANES), other lanes 0; nothing beyond p[n - 1] is touched. */
NNRT_INLINE nnrt_vi nnrt_vi_load_n(const int32_t *p, int n)
{
	return _mm512_maskz_loadu_epi32(nnrt_vm_first(n), p);
}

/** Stores the first n lanes (0 <= n <= NNRT_LANES); nothing beyond p[n - 1] is touched. */
NNRT_INLINE void nnrt_vi_store_n(int32_t *p, nnrt_vi a, int n)
{
	_mm512_mask_storeu_epi32(p, nnrt_vm_first(n), a);
}

/** a in all lanes. */
NNRT_INLINE nnrt_vi nnrt_vi_set1(int32_t a)
{
	return _mm512_set1_epi32(a);
}

/** a + b modulo 2^32. */
NNRT_INLINE nnrt_vi nnrt_vi_add(nnrt_vi a, nnrt_vi b)
{
	return _mm512_add_epi32(a, b);
}

/** a - b modulo 2^32. */
NNRT_INLINE nnrt_vi nnrt_vi_sub(nnrt_vi a, nnrt_vi b)
{
	return _mm512_sub_epi32(a, b);
}

/** a * b modulo 2^32. */
NNRT_INLINE nnrt_vi nnrt_vi_mul(nnrt_vi a, nnrt_vi b)
{
	return _mm512_mullo_epi32(a, b);
}

/** Lesser of a and b, signed. */
NNRT_INLINE nnrt_vi nnrt_vi_min(nnrt_vi a, nnrt_vi b)
{
	return _mm512_maskz_min_epi32(nnrt_vm_all(), a, b);
}

/** Greater of a and b, signed. */
NNRT_INLINE nnrt_vi nnrt_vi_max(nnrt_vi a, nnrt_vi b)
{
	return _mm512_maskz_max_epi32(nnrt_vm_all(), a, b);
}

/** Bitwise and. */
NNRT_INLINE nnrt_vi nnrt_vi_and(nnrt_vi a, nnrt_vi b)
{
	return _mm512_and_si512(a, b);
}

/** Bitwise or. */
NNRT_INLINE nnrt_vi nnrt_vi_or(nnrt_vi a, nnrt_vi b)
{
	return _mm512_or_si512(a, b);
}

/** Bitwise exclusive or. */
NNRT_INLINE nnrt_vi nnrt_vi_xor(nnrt_vi a, nnrt_vi b)
{
	return _mm512_xor_si512(a, b);
}

/** Shift left by n (0..31). */
NNRT_INLINE nnrt_vi nnrt_vi_shl(nnrt_vi a, int n)
{
	return _mm512_maskz_sllv_epi32(nnrt_vm_all(), a, _mm512_set1_epi32(n));
}

/** Logical shift right by n (0..31). */
NNRT_INLINE nnrt_vi nnrt_vi_shr(nnrt_vi a, int n)
{
	return _mm512_maskz_srlv_epi32(nnrt_vm_all(), a, _mm512_set1_epi32(n));
}

/** Arithmetic shift right by n (0..31). */
NNRT_INLINE nnrt_vi nnrt_vi_sar(nnrt_vi a, int n)
{
	return _mm512_maskz_srav_epi32(nnrt_vm_all(), a, _mm512_set1_epi32(n));
}

/** a == b. */
NNRT_INLINE nnrt_vm nnrt_vi_eq(nnrt_vi a, nnrt_vi b)
{
	return _mm512_cmpeq_epi32_mask(a, b);
}

/** a < b, signed. */
NNRT_INLINE nnrt_vm nnrt_vi_lt(nnrt_vi a, nnrt_vi b)
{
	return _mm512_cmplt_epi32_mask(a, b);
}

/** a > b, signed. */
NNRT_INLINE nnrt_vm nnrt_vi_gt(nnrt_vi a, nnrt_vi b)
{
	return _mm512_cmpgt_epi32_mask(a, b);
}

/** m ? a : b by lane. */
NNRT_INLINE nnrt_vi nnrt_vi_select(nnrt_vm m, nnrt_vi a, nnrt_vi b)
{
	return _mm512_mask_blend_epi32(m, b, a);
}

/** a as float, nearest, halves to even. */
NNRT_INLINE nnrt_vf nnrt_vf_from_vi(nnrt_vi a)
{
	return _mm512_maskz_cvtepi32_ps(nnrt_vm_all(), a);
}

/** a as integer towards 0; any value where a is NaN or beyond int32. */
NNRT_INLINE nnrt_vi nnrt_vi_trunc(nnrt_vf a)
{
	return _mm512_maskz_cvttps_epi32(nnrt_vm_all(), a);
}

/** a as nearest integer, halves to even; any value where a is NaN or beyond int32. */
NNRT_INLINE nnrt_vi nnrt_vi_nearest(nnrt_vf a)
{
	return _mm512_maskz_cvtps_epi32(nnrt_vm_all(), a);
}

/** The float with these bits. */
NNRT_INLINE nnrt_vf nnrt_vf_from_bits(nnrt_vi a)
{
	return _mm512_castsi512_ps(a);
}

/** The bits of a float. */
NNRT_INLINE nnrt_vi nnrt_vi_from_bits(nnrt_vf a)
{
	return _mm512_castps_si512(a);
}

/** Lanes 0 to 7. */
NNRT_INLINE __m256 nnrt_vf_lower(nnrt_vf a)
{
	return _mm256_castpd_ps(_mm512_maskz_extractf64x4_pd((__mmask8)0xff, _mm512_castps_pd(a), 0));
}

/** Lanes 8 to 15. */
NNRT_INLINE __m256 nnrt_vf_upper(nnrt_vf a)
{
	return _mm256_castpd_ps(_mm512_maskz_extractf64x4_pd((__mmask8)0xff, _mm512_castps_pd(a), 1));
}

/** Sum of the lanes: halves added lane by lane until one is left (lane i with lane i + NNRT_LANES / 2 first). */
NNRT_INLINE float nnrt_vf_reduce_add(nnrt_vf a)
{
	return nnrt_lanes_sum(_mm256_add_ps(nnrt_vf_lower(a), nnrt_vf_upper(a)));
}

/** Greatest lane; any value when a lane is NaN. */
NNRT_INLINE float nnrt_vf_reduce_max(nnrt_vf a)
{
	return nnrt_lanes_max(_mm256_max_ps(nnrt_vf_lower(a), nnrt_vf_upper(a)));
}

/** Least lane; any value when a lane is NaN. */
NNRT_INLINE float nnrt_vf_reduce_min(nnrt_vf a)
{
	return nnrt_lanes_min(_mm256_min_ps(nnrt_vf_lower(a), nnrt_vf_upper(a)));
}

#endif
