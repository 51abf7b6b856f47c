/* Eight lanes of AVX2 with FMA (x86-64-v3).
 * The contract of every operation stands in its comment and is the same in all headers of this folder. */
#ifndef NNRT_SIMD_X86_AVX2_H
#define NNRT_SIMD_X86_AVX2_H

#include "runtime_min/simd/x86_lanes.h"

/** Eight floats. */
typedef __m256 nnrt_vf;

/** Eight integers. */
typedef __m256i nnrt_vi;

/** Eight truth values: all bits or none. */
typedef __m256 nnrt_vm;

/** Lanes of a vector. */
enum { NNRT_LANES = 8 };

/** Registers of vectors. */
enum { NNRT_REGISTERS = 16 };

/** 0, 1, 2... by lane. */
NNRT_INLINE nnrt_vi nnrt_vi_iota(void)
{
	return _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
}

/** True in the first n lanes (0 <= n <= NNRT_LANES). */
NNRT_INLINE nnrt_vm nnrt_vm_first(int n)
{
	return _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)));
}

/** NNRT_LANES floats from p, any alignment. */
NNRT_INLINE nnrt_vf nnrt_vf_load(const float *p)
{
	return _mm256_loadu_ps(p);
}

/** NNRT_LANES floats to p, any alignment. */
NNRT_INLINE void nnrt_vf_store(float *p, nnrt_vf a)
{
	_mm256_storeu_ps(p, a);
}

/** The first n floats (0 <= n <= NNRT_LANES), other lanes 0; nothing beyond p[n - 1] is touched. */
NNRT_INLINE nnrt_vf nnrt_vf_load_n(const float *p, int n)
{
	return _mm256_maskload_ps(p, _mm256_castps_si256(nnrt_vm_first(n)));
}

/** Stores the first n lanes (0 <= n <= NNRT_LANES); nothing beyond p[n - 1] is touched. */
NNRT_INLINE void nnrt_vf_store_n(float *p, nnrt_vf a, int n)
{
	_mm256_maskstore_ps(p, _mm256_castps_si256(nnrt_vm_first(n)), a);
}

/** Every second of 2 NNRT_LANES - 1 floats in a row: a has the first NNRT_LANES of them, b the last. */
NNRT_INLINE nnrt_vf nnrt_vf_even(nnrt_vf a, nnrt_vf b)
{
	const __m256 pairs = _mm256_shuffle_ps(a, b, _MM_SHUFFLE(3, 1, 2, 0));

	return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(pairs), _MM_SHUFFLE(3, 1, 2, 0)));
}

/** a in all lanes. */
NNRT_INLINE nnrt_vf nnrt_vf_set1(float a)
{
	return _mm256_set1_ps(a);
}

/** a + b. */
NNRT_INLINE nnrt_vf nnrt_vf_add(nnrt_vf a, nnrt_vf b)
{
	return _mm256_add_ps(a, b);
}

/** a - b. */
NNRT_INLINE nnrt_vf nnrt_vf_sub(nnrt_vf a, nnrt_vf b)
{
	return _mm256_sub_ps(a, b);
}

/** a * b. */
NNRT_INLINE nnrt_vf nnrt_vf_mul(nnrt_vf a, nnrt_vf b)
{
	return _mm256_mul_ps(a, b);
}

/** a / b, correctly rounded. */
NNRT_INLINE nnrt_vf nnrt_vf_div(nnrt_vf a, nnrt_vf b)
{
	return _mm256_div_ps(a, b);
}

/** a * b + c, rounded once. */
NNRT_INLINE nnrt_vf nnrt_vf_fma(nnrt_vf a, nnrt_vf b, nnrt_vf c)
{
	return _mm256_fmadd_ps(a, b, c);
}

/** c - a * b, rounded once. */
NNRT_INLINE nnrt_vf nnrt_vf_fnma(nnrt_vf a, nnrt_vf b, nnrt_vf c)
{
	return _mm256_fnmadd_ps(a, b, c);
}

/** Lesser of a and b. NaN in b gives NaN; NaN in a alone gives b or NaN; the sign of equal zeros is open. */
NNRT_INLINE nnrt_vf nnrt_vf_min(nnrt_vf a, nnrt_vf b)
{
	return _mm256_min_ps(a, b);
}

/** Greater of a and b. NaN in b gives NaN; NaN in a alone gives b or NaN; the sign of equal zeros is open. */
NNRT_INLINE nnrt_vf nnrt_vf_max(nnrt_vf a, nnrt_vf b)
{
	return _mm256_max_ps(a, b);
}

/** -a, the sign bit turned. */
NNRT_INLINE nnrt_vf nnrt_vf_neg(nnrt_vf a)
{
	return _mm256_xor_ps(a, _mm256_set1_ps(-0.0f));
}

/** |a|, the sign bit cleared. */
NNRT_INLINE nnrt_vf nnrt_vf_abs(nnrt_vf a)
{
	return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a);
}

/** Square root, correctly rounded; NaN below zero. */
NNRT_INLINE nnrt_vf nnrt_vf_sqrt(nnrt_vf a)
{
	return _mm256_sqrt_ps(a);
}

/** Greatest integer <= a. */
NNRT_INLINE nnrt_vf nnrt_vf_floor(nnrt_vf a)
{
	return _mm256_round_ps(a, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}

/** Least integer >= a. */
NNRT_INLINE nnrt_vf nnrt_vf_ceil(nnrt_vf a)
{
	return _mm256_round_ps(a, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC);
}

/** a without its fraction. */
NNRT_INLINE nnrt_vf nnrt_vf_trunc(nnrt_vf a)
{
	return _mm256_round_ps(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
}

/** Nearest integer, halves to even. */
NNRT_INLINE nnrt_vf nnrt_vf_round(nnrt_vf a)
{
	return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

/** a < b, false for NaN. */
NNRT_INLINE nnrt_vm nnrt_vf_lt(nnrt_vf a, nnrt_vf b)
{
	return _mm256_cmp_ps(a, b, _CMP_LT_OQ);
}

/** a <= b, false for NaN. */
NNRT_INLINE nnrt_vm nnrt_vf_le(nnrt_vf a, nnrt_vf b)
{
	return _mm256_cmp_ps(a, b, _CMP_LE_OQ);
}

/** a == b, false for NaN (so eq(a, a) is false where a is NaN). */
NNRT_INLINE nnrt_vm nnrt_vf_eq(nnrt_vf a, nnrt_vf b)
{
	return _mm256_cmp_ps(a, b, _CMP_EQ_OQ);
}

/** a > b, false for NaN. */
NNRT_INLINE nnrt_vm nnrt_vf_gt(nnrt_vf a, nnrt_vf b)
{
	return _mm256_cmp_ps(a, b, _CMP_GT_OQ);
}

/** a >= b, false for NaN. */
NNRT_INLINE nnrt_vm nnrt_vf_ge(nnrt_vf a, nnrt_vf b)
{
	return _mm256_cmp_ps(a, b, _CMP_GE_OQ);
}

/** m ? a : b by lane, bits unchanged. */
NNRT_INLINE nnrt_vf nnrt_vf_select(nnrt_vm m, nnrt_vf a, nnrt_vf b)
{
	return _mm256_blendv_ps(b, a, m);
}

/** a and b. */
NNRT_INLINE nnrt_vm nnrt_vm_and(nnrt_vm a, nnrt_vm b)
{
	return _mm256_and_ps(a, b);
}

/** a or b. */
NNRT_INLINE nnrt_vm nnrt_vm_or(nnrt_vm a, nnrt_vm b)
{
	return _mm256_or_ps(a, b);
}

/** Either a or b. */
NNRT_INLINE nnrt_vm nnrt_vm_xor(nnrt_vm a, nnrt_vm b)
{
	return _mm256_xor_ps(a, b);
}

/** Not a. */
NNRT_INLINE nnrt_vm nnrt_vm_not(nnrt_vm a)
{
	return _mm256_xor_ps(a, _mm256_castsi256_ps(_mm256_set1_epi32(-1)));
}

/** 1 when any lane is true, else 0. */
NNRT_INLINE int nnrt_vm_any(nnrt_vm a)
{
	return _mm256_movemask_ps(a) != 0;
}

/** NNRT_LANES integers from p, any alignment. */
NNRT_INLINE nnrt_vi nnrt_vi_load(const int32_t *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

/** NNRT_LANES integers to p, any alignment. */
NNRT_INLINE void nnrt_vi_store(int32_t *p, nnrt_vi a)
{
	_mm256_storeu_si256((__m256i *)(void *)p, a);
}

/** The first n integers (0 <= n <= NNRT_LANES), other lanes 0; nothing beyond p[n - 1] is touched. */
NNRT_INLINE nnrt_vi nnrt_vi_load_n(const int32_t *p, int n)
{
	return _mm256_maskload_epi32(p, _mm256_castps_si256(nnrt_vm_first(n)));
}

/** Stores the first n lanes (0 <= n <= NNRT_LANES); nothing beyond p[n - 1] is touched. */
NNRT_INLINE void nnrt_vi_store_n(int32_t *p, nnrt_vi a, int n)
{
	_mm256_maskstore_epi32(p, _mm256_castps_si256(nnrt_vm_first(n)), a);
}

/** a in all lanes. */
NNRT_INLINE nnrt_vi nnrt_vi_set1(int32_t a)
{
	return _mm256_set1_epi32(a);
}

/** a + b modulo 2^32. */
NNRT_INLINE nnrt_vi nnrt_vi_add(nnrt_vi a, nnrt_vi b)
{
	return _mm256_add_epi32(a, b);
}

/** a - b modulo 2^32. */
NNRT_INLINE nnrt_vi nnrt_vi_sub(nnrt_vi a, nnrt_vi b)
{
	return _mm256_sub_epi32(a, b);
}

/** a * b modulo 2^32. */
NNRT_INLINE nnrt_vi nnrt_vi_mul(nnrt_vi a, nnrt_vi b)
{
	return _mm256_mullo_epi32(a, b);
}

/** Lesser of a and b, signed. */
NNRT_INLINE nnrt_vi nnrt_vi_min(nnrt_vi a, nnrt_vi b)
{
	return _mm256_min_epi32(a, b);
}

/** Greater of a and b, signed. */
NNRT_INLINE nnrt_vi nnrt_vi_max(nnrt_vi a, nnrt_vi b)
{
	return _mm256_max_epi32(a, b);
}

/** Bitwise and. */
NNRT_INLINE nnrt_vi nnrt_vi_and(nnrt_vi a, nnrt_vi b)
{
	return _mm256_and_si256(a, b);
}

/** Bitwise or. */
NNRT_INLINE nnrt_vi nnrt_vi_or(nnrt_vi a, nnrt_vi b)
{
	return _mm256_or_si256(a, b);
}

/** Bitwise exclusive or. */
NNRT_INLINE nnrt_vi nnrt_vi_xor(nnrt_vi a, nnrt_vi b)
{
	return _mm256_xor_si256(a, b);
}

/** Shift left by n (0..31). */
NNRT_INLINE nnrt_vi nnrt_vi_shl(nnrt_vi a, int n)
{
	return _mm256_slli_epi32(a, n);
}

/** Logical shift right by n (0..31). */
NNRT_INLINE nnrt_vi nnrt_vi_shr(nnrt_vi a, int n)
{
	return _mm256_srli_epi32(a, n);
}

/** Arithmetic shift right by n (0..31). */
NNRT_INLINE nnrt_vi nnrt_vi_sar(nnrt_vi a, int n)
{
	return _mm256_srai_epi32(a, n);
}

/** a == b. */
NNRT_INLINE nnrt_vm nnrt_vi_eq(nnrt_vi a, nnrt_vi b)
{
	return _mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b));
}

/** a < b, signed. */
NNRT_INLINE nnrt_vm nnrt_vi_lt(nnrt_vi a, nnrt_vi b)
{
	return _mm256_castsi256_ps(_mm256_cmpgt_epi32(b, a));
}

/** a > b, signed. */
NNRT_INLINE nnrt_vm nnrt_vi_gt(nnrt_vi a, nnrt_vi b)
{
	return _mm256_castsi256_ps(_mm256_cmpgt_epi32(a, b));
}

/** m ? a : b by lane. */
NNRT_INLINE nnrt_vi nnrt_vi_select(nnrt_vm m, nnrt_vi a, nnrt_vi b)
{
	return _mm256_blendv_epi8(b, a, _mm256_castps_si256(m));
}

/** a as float, nearest, halves to even. */
NNRT_INLINE nnrt_vf nnrt_vf_from_vi(nnrt_vi a)
{
	return _mm256_cvtepi32_ps(a);
}

/** a as integer towards 0; any value where a is NaN or beyond int32. */
NNRT_INLINE nnrt_vi nnrt_vi_trunc(nnrt_vf a)
{
	return _mm256_cvttps_epi32(a);
}

/** a as nearest integer, halves to even; any value where a is NaN or beyond int32. */
NNRT_INLINE nnrt_vi nnrt_vi_nearest(nnrt_vf a)
{
	return _mm256_cvtps_epi32(a);
}

/** The float with these bits. */
NNRT_INLINE nnrt_vf nnrt_vf_from_bits(nnrt_vi a)
{
	return _mm256_castsi256_ps(a);
}

/** The bits of a float. */
NNRT_INLINE nnrt_vi nnrt_vi_from_bits(nnrt_vf a)
{
	return _mm256_castps_si256(a);
}

/** Sum of the lanes: halves added lane by lane until one is left (lane i with lane i + NNRT_LANES / 2 first). */
NNRT_INLINE float nnrt_vf_reduce_add(nnrt_vf a)
{
	return nnrt_lanes_sum(a);
}

/** Greatest lane; any value when a lane is NaN. */
NNRT_INLINE float nnrt_vf_reduce_max(nnrt_vf a)
{
	return nnrt_lanes_max(a);
}

/** Least lane; any value when a lane is NaN. */
NNRT_INLINE float nnrt_vf_reduce_min(nnrt_vf a)
{
	return nnrt_lanes_min(a);
}

#endif
