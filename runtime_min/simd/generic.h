/* One lane of portable C: every operation of the layer in its plainest form.
 * The contract of every operation stands in its comment and is the same in all headers of this folder. */
#ifndef NNRT_SIMD_GENERIC_H
#define NNRT_SIMD_GENERIC_H

#include "runtime_min/nnrt.h"

/** One float. */
typedef float nnrt_vf;

/** One integer. */
typedef int32_t nnrt_vi;

/** One truth value, 0 or 1. */
typedef int nnrt_vm;

/** Lanes of a vector. */
enum { NNRT_LANES = 1 };

/** Registers of vectors. */
enum { NNRT_REGISTERS = 16 };

/** 0, 1, 2... by lane. */
NNRT_INLINE nnrt_vi nnrt_vi_iota(void)
{
	return 0;
}

/** True in the first n lanes (0 <= n <= NNRT_LANES). */
NNRT_INLINE nnrt_vm nnrt_vm_first(int n)
{
	return n > 0;
}

/** NNRT_LANES floats from p, any alignment. */
NNRT_INLINE nnrt_vf nnrt_vf_load(const float *p)
{
	return p[0];
}

/** NNRT_LANES floats to p, any alignment. */
NNRT_INLINE void nnrt_vf_store(float *p, nnrt_vf a)
{
	p[0] = a;
}

/** The first n floats (0 <= n <= NNRT_LANES), other lanes 0; nothing beyond p[n - 1] is touched. */
NNRT_INLINE nnrt_vf nnrt_vf_load_n(const float *p, int n)
{
	return n > 0 ? p[0] : 0.0f;
}

/** Stores the first n lanes (0 <= n <= NNRT_LANES); nothing beyond p[n - 1] is touched. */
NNRT_INLINE void nnrt_vf_store_n(float *p, nnrt_vf a, int n)
{
	if (n > 0)
		p[0] = a;
}

/** Every second of 2 NNRT_LANES - 1 floats in a row: a has the first NNRT_LANES of them, b the last. */
NNRT_INLINE nnrt_vf nnrt_vf_even(nnrt_vf a, nnrt_vf b)
{
	(void)b;
	return a;
}

/** a in all lanes. */
NNRT_INLINE nnrt_vf nnrt_vf_set1(float a)
{
	return a;
}

/** a + b. */
NNRT_INLINE nnrt_vf nnrt_vf_add(nnrt_vf a, nnrt_vf b)
{
	return a + b;
}

/** a - b. */
NNRT_INLINE nnrt_vf nnrt_vf_sub(nnrt_vf a, nnrt_vf b)
{
	return a - b;
}

/** a * b. */
NNRT_INLINE nnrt_vf nnrt_vf_mul(nnrt_vf a, nnrt_vf b)
{
	return a * b;
}

/** a / b, correctly rounded. */
NNRT_INLINE nnrt_vf nnrt_vf_div(nnrt_vf a, nnrt_vf b)
{
	return a / b;
}

/** a * b + c, rounded twice. */
NNRT_INLINE nnrt_vf nnrt_vf_fma(nnrt_vf a, nnrt_vf b, nnrt_vf c)
{
	const float product = a * b;

	return product + c;
}

/** c - a * b, rounded twice. */
NNRT_INLINE nnrt_vf nnrt_vf_fnma(nnrt_vf a, nnrt_vf b, nnrt_vf c)
{
	const float product = a * b;

	return c - product;
}

/** Lesser of a and b. NaN in b gives NaN; NaN in a alone gives b or NaN; the sign of equal zeros is open. */
NNRT_INLINE nnrt_vf nnrt_vf_min(nnrt_vf a, nnrt_vf b)
{
	return a < b ? a : b;
}

/** Greater of a and b. NaN in b gives NaN; NaN in a alone gives b or NaN; the sign of equal zeros is open. */
NNRT_INLINE nnrt_vf nnrt_vf_max(nnrt_vf a, nnrt_vf b)
{
	return a > b ? a : b;
}

/** -a, the sign bit turned. */
NNRT_INLINE nnrt_vf nnrt_vf_neg(nnrt_vf a)
{
	return -a;
}

/** |a|, the sign bit cleared. */
NNRT_INLINE nnrt_vf nnrt_vf_abs(nnrt_vf a)
{
	return fabsf(a);
}

/** Square root, correctly rounded; NaN below zero. */
NNRT_INLINE nnrt_vf nnrt_vf_sqrt(nnrt_vf a)
{
	return sqrtf(a);
}

/** Greatest integer <= a. */
NNRT_INLINE nnrt_vf nnrt_vf_floor(nnrt_vf a)
{
	return floorf(a);
}

/** Least integer >= a. */
NNRT_INLINE nnrt_vf nnrt_vf_ceil(nnrt_vf a)
{
	return ceilf(a);
}

/** a without its fraction. */
NNRT_INLINE nnrt_vf nnrt_vf_trunc(nnrt_vf a)
{
	return truncf(a);
}

/** Nearest integer, halves to even. */
NNRT_INLINE nnrt_vf nnrt_vf_round(nnrt_vf a)
{
	return rintf(a);
}

/** a < b, false for NaN. */
NNRT_INLINE nnrt_vm nnrt_vf_lt(nnrt_vf a, nnrt_vf b)
{
	return a < b;
}

/** a <= b, false for NaN. */
NNRT_INLINE nnrt_vm nnrt_vf_le(nnrt_vf a, nnrt_vf b)
{
	return a <= b;
}

/** a == b, false for NaN (so eq(a, a) is false where a is NaN). */
NNRT_INLINE nnrt_vm nnrt_vf_eq(nnrt_vf a, nnrt_vf b)
{
	return a == b;
}

/** a > b, false for NaN. */
NNRT_INLINE nnrt_vm nnrt_vf_gt(nnrt_vf a, nnrt_vf b)
{
	return a > b;
}

/** a >= b, false for NaN. */
NNRT_INLINE nnrt_vm nnrt_vf_ge(nnrt_vf a, nnrt_vf b)
{
	return a >= b;
}

/** m ? a : b by lane, bits unchanged. */
NNRT_INLINE nnrt_vf nnrt_vf_select(nnrt_vm m, nnrt_vf a, nnrt_vf b)
{
	return m ? a : b;
}

/** a and b. */
NNRT_INLINE nnrt_vm nnrt_vm_and(nnrt_vm a, nnrt_vm b)
{
	return a & b;
}

/** a or b. */
NNRT_INLINE nnrt_vm nnrt_vm_or(nnrt_vm a, nnrt_vm b)
{
	return a | b;
}

/** Either a or b. */
NNRT_INLINE nnrt_vm nnrt_vm_xor(nnrt_vm a, nnrt_vm b)
{
	return a ^ b;
}

/** Not a. */
NNRT_INLINE nnrt_vm nnrt_vm_not(nnrt_vm a)
{
	return !a;
}

/** 1 when any lane is true, else 0. */
NNRT_INLINE int nnrt_vm_any(nnrt_vm a)
{
	return a;
}

/** NNRT_LANES integers from p, any alignment. */
NNRT_INLINE nnrt_vi nnrt_vi_load(const int32_t *p)
{
	return p[0];
}

/** NNRT_LANES integers to p, any alignment. */
NNRT_INLINE void nnrt_vi_store(int32_t *p, nnrt_vi a)
{
	p[0] = a;
}

/** The first n integers (0 <= n <= NNRT_LANES), other lanes 0; nothing beyond p[n - 1] is touched. */
NNRT_INLINE nnrt_vi nnrt_vi_load_n(const int32_t *p, int n)
{
	return n > 0 ? p[0] : 0;
}

/** Stores the first n lanes (0 <= n <= NNRT_LANES); nothing beyond p[n - 1] is touched. */
NNRT_INLINE void nnrt_vi_store_n(int32_t *p, nnrt_vi a, int n)
{
	if (n > 0)
		p[0] = a;
}

/** a in all lanes. */
NNRT_INLINE nnrt_vi nnrt_vi_set1(int32_t a)
{
	return a;
}

/** a + b modulo 2^32. */
NNRT_INLINE nnrt_vi nnrt_vi_add(nnrt_vi a, nnrt_vi b)
{
	return (int32_t)((uint32_t)a + (uint32_t)b);
}

/** a - b modulo 2^32. */
NNRT_INLINE nnrt_vi nnrt_vi_sub(nnrt_vi a, nnrt_vi b)
{
	return (int32_t)((uint32_t)a - (uint32_t)b);
}

/** a * b modulo 2^32. */
NNRT_INLINE nnrt_vi nnrt_vi_mul(nnrt_vi a, nnrt_vi b)
{
	return (int32_t)((uint32_t)a * (uint32_t)b);
}

/** Lesser of a and b, signed. */
NNRT_INLINE nnrt_vi nnrt_vi_min(nnrt_vi a, nnrt_vi b)
{
	return a < b ? a : b;
}

/** Greater of a and b, signed. */
NNRT_INLINE nnrt_vi nnrt_vi_max(nnrt_vi a, nnrt_vi b)
{
	return a > b ? a : b;
}

/** Bitwise and. */
NNRT_INLINE nnrt_vi nnrt_vi_and(nnrt_vi a, nnrt_vi b)
{
	return a & b;
}

/** Bitwise or. */
NNRT_INLINE nnrt_vi nnrt_vi_or(nnrt_vi a, nnrt_vi b)
{
	return a | b;
}

/** Bitwise exclusive or. */
NNRT_INLINE nnrt_vi nnrt_vi_xor(nnrt_vi a, nnrt_vi b)
{
	return a ^ b;
}

/** Shift left by n (0..31). */
NNRT_INLINE nnrt_vi nnrt_vi_shl(nnrt_vi a, int n)
{
	return (int32_t)((uint32_t)a << n);
}

/** Logical shift right by n (0..31). */
NNRT_INLINE nnrt_vi nnrt_vi_shr(nnrt_vi a, int n)
{
	return (int32_t)((uint32_t)a >> n);
}

/** Arithmetic shift right by n (0..31). */
NNRT_INLINE nnrt_vi nnrt_vi_sar(nnrt_vi a, int n)
{
	return a >> n;
}

/** a == b. */
NNRT_INLINE nnrt_vm nnrt_vi_eq(nnrt_vi a, nnrt_vi b)
{
	return a == b;
}

/** a < b, signed. */
NNRT_INLINE nnrt_vm nnrt_vi_lt(nnrt_vi a, nnrt_vi b)
{
	return a < b;
}

/** a > b, signed. */
NNRT_INLINE nnrt_vm nnrt_vi_gt(nnrt_vi a, nnrt_vi b)
{
	return a > b;
}

/** m ? a : b by lane. */
NNRT_INLINE nnrt_vi nnrt_vi_select(nnrt_vm m, nnrt_vi a, nnrt_vi b)
{
	return m ? a : b;
}

/** a as float, nearest, halves to even. */
NNRT_INLINE nnrt_vf nnrt_vf_from_vi(nnrt_vi a)
{
	return (float)a;
}

/** a as integer towards 0; any value where a is NaN or beyond int32. */
NNRT_INLINE nnrt_vi nnrt_vi_trunc(nnrt_vf a)
{
	return a >= -2147483648.0f && a < 2147483648.0f ? (int32_t)a : INT32_MIN;
}

/** a as nearest integer, halves to even; any value where a is NaN or beyond int32. */
NNRT_INLINE nnrt_vi nnrt_vi_nearest(nnrt_vf a)
{
	return nnrt_vi_trunc(rintf(a));
}

/** The float with these bits. */
NNRT_INLINE nnrt_vf nnrt_vf_from_bits(nnrt_vi a)
{
	nnrt_vf f;

	(void)memcpy(&f, &a, sizeof(f));
	return f;
}

/** The bits of a float. */
NNRT_INLINE nnrt_vi nnrt_vi_from_bits(nnrt_vf a)
{
	nnrt_vi i;

	(void)memcpy(&i, &a, sizeof(i));
	return i;
}

/** Sum of the lanes: halves added lane by lane until one is left (lane i with lane i + NNRT_LANES / 2 first). */
NNRT_INLINE float nnrt_vf_reduce_add(nnrt_vf a)
{
	return a;
}

/** Greatest lane; any value when a lane is NaN. */
NNRT_INLINE float nnrt_vf_reduce_max(nnrt_vf a)
{
	return a;
}

/** Least lane; any value when a lane is NaN. */
NNRT_INLINE float nnrt_vf_reduce_min(nnrt_vf a)
{
	return a;
}

#endif
