/* Four lanes of WebAssembly simd128. Multiplication and addition round separately.
 * The contract of every operation stands in its comment and is the same in all headers of this folder. */
#ifndef NNRT_SIMD_WASM_SIMD128_H
#define NNRT_SIMD_WASM_SIMD128_H

#include <wasm_simd128.h>

#include "runtime_min/nnrt.h"

/** Four floats. */
typedef v128_t nnrt_vf;

/** Four integers (the same C type as nnrt_vf). */
typedef v128_t nnrt_vi;

/** Four truth values: all bits or none (the same C type as nnrt_vf). */
typedef v128_t nnrt_vm;

/** Lanes of a vector. */
enum { NNRT_LANES = 4 };

/** Registers of vectors. */
enum { NNRT_REGISTERS = 16 };

/** 0, 1, 2... by lane. */
NNRT_INLINE nnrt_vi nnrt_vi_iota(void)
{
	return wasm_i32x4_make(0, 1, 2, 3);
}

/** True in the first n lanes (0 <= n <= NNRT_LANES). */
NNRT_INLINE nnrt_vm nnrt_vm_first(int n)
{
	return wasm_i32x4_lt(nnrt_vi_iota(), wasm_i32x4_splat(n));
}

/** NNRT_LANES floats from p, any alignment. */
NNRT_INLINE nnrt_vf nnrt_vf_load(const float *p)
{
	return wasm_v128_load(p);
}

/** NNRT_LANES floats to p, any alignment. */
NNRT_INLINE void nnrt_vf_store(float *p, nnrt_vf a)
{
	wasm_v128_store(p, a);
}

/** The first n floats (0 <= n <= NNRT_LANES), other lanes 0; nothing beyond p[n - 1] is touched. */
NNRT_INLINE nnrt_vf nnrt_vf_load_n(const float *p, int n)
{
	float x[4] = {0.0f, 0.0f, 0.0f, 0.0f};

	if (n >= 4)
		return wasm_v128_load(p);
	for (int i = 0; i < n; i++)
		x[i] = p[i];
	return wasm_v128_load(x);
}

/** Stores the first n lanes (0 <= n <= NNRT_LANES); nothing beyond p[n - 1] is touched. */
NNRT_INLINE void nnrt_vf_store_n(float *p, nnrt_vf a, int n)
{
	if (n >= 4) {
		wasm_v128_store(p, a);
		return;
	}
	if (n >= 1)
		wasm_v128_store32_lane(p, a, 0);
	if (n >= 2)
		wasm_v128_store32_lane(p + 1, a, 1);
	if (n >= 3)
		wasm_v128_store32_lane(p + 2, a, 2);
}

/** Every second of 2 NNRT_LANES - 1 floats in a row: a has the first NNRT_LANES of them, b the last. */
NNRT_INLINE nnrt_vf nnrt_vf_even(nnrt_vf a, nnrt_vf b)
{
	return wasm_i32x4_shuffle(a, b, 0, 2, 5, 7);
}

/** a in all lanes. */
NNRT_INLINE nnrt_vf nnrt_vf_set1(float a)
{
	return wasm_f32x4_splat(a);
}

/** a + b. */
NNRT_INLINE nnrt_vf nnrt_vf_add(nnrt_vf a, nnrt_vf b)
{
	return wasm_f32x4_add(a, b);
}

/** a - b. */
NNRT_INLINE nnrt_vf nnrt_vf_sub(nnrt_vf a, nnrt_vf b)
{
	return wasm_f32x4_sub(a, b);
}

/** a * b. */
NNRT_INLINE nnrt_vf nnrt_vf_mul(nnrt_vf a, nnrt_vf b)
{
	return wasm_f32x4_mul(a, b);
}

/** a / b, correctly rounded. */
NNRT_INLINE nnrt_vf nnrt_vf_div(nnrt_vf a, nnrt_vf b)
{
	return wasm_f32x4_div(a, b);
}

/** a * b + c, rounded twice. */
NNRT_INLINE nnrt_vf nnrt_vf_fma(nnrt_vf a, nnrt_vf b, nnrt_vf c)
{
	return wasm_f32x4_add(wasm_f32x4_mul(a, b), c);
}

/** c - a * b, rounded twice. */
NNRT_INLINE nnrt_vf nnrt_vf_fnma(nnrt_vf a, nnrt_vf b, nnrt_vf c)
{
	return wasm_f32x4_sub(c, wasm_f32x4_mul(a, b));
}

/** Lesser of a and b. NaN in b gives NaN; NaN in a alone gives b or NaN; the sign of equal zeros is open. */
NNRT_INLINE nnrt_vf nnrt_vf_min(nnrt_vf a, nnrt_vf b)
{
	return wasm_f32x4_pmin(b, a);
}

/** Greater of a and b. NaN in b gives NaN; NaN in a alone gives b or NaN; the sign of equal zeros is open. */
NNRT_INLINE nnrt_vf nnrt_vf_max(nnrt_vf a, nnrt_vf b)
{
	return wasm_f32x4_pmax(b, a);
}

/** -a, the sign bit turned. */
NNRT_INLINE nnrt_vf nnrt_vf_neg(nnrt_vf a)
{
	return wasm_f32x4_neg(a);
}

/** |a|, the sign bit cleared. */
NNRT_INLINE nnrt_vf nnrt_vf_abs(nnrt_vf a)
{
	return wasm_f32x4_abs(a);
}

/** Square root, correctly rounded; NaN below zero. */
NNRT_INLINE nnrt_vf nnrt_vf_sqrt(nnrt_vf a)
{
	return wasm_f32x4_sqrt(a);
}

/** Greatest integer <= a. */
NNRT_INLINE nnrt_vf nnrt_vf_floor(nnrt_vf a)
{
	return wasm_f32x4_floor(a);
}

/** Least integer >= a. */
NNRT_INLINE nnrt_vf nnrt_vf_ceil(nnrt_vf a)
{
	return wasm_f32x4_ceil(a);
}

/** a without its fraction. */
NNRT_INLINE nnrt_vf nnrt_vf_trunc(nnrt_vf a)
{
	return wasm_f32x4_trunc(a);
}

/** Nearest integer, halves to even. */
NNRT_INLINE nnrt_vf nnrt_vf_round(nnrt_vf a)
{
	return wasm_f32x4_nearest(a);
}

/** a < b, false for NaN. */
NNRT_INLINE nnrt_vm nnrt_vf_lt(nnrt_vf a, nnrt_vf b)
{
	return wasm_f32x4_lt(a, b);
}

/** a <= b, false for NaN. */
NNRT_INLINE nnrt_vm nnrt_vf_le(nnrt_vf a, nnrt_vf b)
{
	return wasm_f32x4_le(a, b);
}

/** a == b, false for NaN (so eq(a, a) is false where a is NaN). */
NNRT_INLINE nnrt_vm nnrt_vf_eq(nnrt_vf a, nnrt_vf b)
{
	return wasm_f32x4_eq(a, b);
}

/** a > b, false for NaN. */
NNRT_INLINE nnrt_vm nnrt_vf_gt(nnrt_vf a, nnrt_vf b)
{
	return wasm_f32x4_gt(a, b);
}

/** a >= b, false for NaN. */
NNRT_INLINE nnrt_vm nnrt_vf_ge(nnrt_vf a, nnrt_vf b)
{
	return wasm_f32x4_ge(a, b);
}

/** m ? a : b by lane, bits unchanged. */
NNRT_INLINE nnrt_vf nnrt_vf_select(nnrt_vm m, nnrt_vf a, nnrt_vf b)
{
	return wasm_v128_bitselect(a, b, m);
}

/** a and b. */
NNRT_INLINE nnrt_vm nnrt_vm_and(nnrt_vm a, nnrt_vm b)
{
	return wasm_v128_and(a, b);
}

/** a or b. */
NNRT_INLINE nnrt_vm nnrt_vm_or(nnrt_vm a, nnrt_vm b)
{
	return wasm_v128_or(a, b);
}

/** Either a or b. */
NNRT_INLINE nnrt_vm nnrt_vm_xor(nnrt_vm a, nnrt_vm b)
{
	return wasm_v128_xor(a, b);
}

/** Not a. */
NNRT_INLINE nnrt_vm nnrt_vm_not(nnrt_vm a)
{
	return wasm_v128_not(a);
}

/** 1 when any lane is true, else 0. */
NNRT_INLINE int nnrt_vm_any(nnrt_vm a)
{
	return wasm_v128_any_true(a);
}

/** NNRT_LANES integers from p, any alignment. */
NNRT_INLINE nnrt_vi nnrt_vi_load(const int32_t *p)
{
	return wasm_v128_load(p);
}

/** NNRT_LANES integers to p, any alignment. */
NNRT_INLINE void nnrt_vi_store(int32_t *p, nnrt_vi a)
{
	wasm_v128_store(p, a);
}

/** The first n integers (0 <= n <= NNRT_LANES), other lanes 0; nothing beyond p[n - 1] is touched. */
NNRT_INLINE nnrt_vi nnrt_vi_load_n(const int32_t *p, int n)
{
	int32_t x[4] = {0, 0, 0, 0};

	if (n >= 4)
		return wasm_v128_load(p);
	for (int i = 0; i < n; i++)
		x[i] = p[i];
	return wasm_v128_load(x);
}

/** Stores the first n lanes (0 <= n <= NNRT_LANES); nothing beyond p[n - 1] is touched. */
NNRT_INLINE void nnrt_vi_store_n(int32_t *p, nnrt_vi a, int n)
{
	if (n >= 4) {
		wasm_v128_store(p, a);
		return;
	}
	if (n >= 1)
		wasm_v128_store32_lane(p, a, 0);
	if (n >= 2)
		wasm_v128_store32_lane(p + 1, a, 1);
	if (n >= 3)
		wasm_v128_store32_lane(p + 2, a, 2);
}

/** a in all lanes. */
NNRT_INLINE nnrt_vi nnrt_vi_set1(int32_t a)
{
	return wasm_i32x4_splat(a);
}

/** a + b modulo 2^32. */
NNRT_INLINE nnrt_vi nnrt_vi_add(nnrt_vi a, nnrt_vi b)
{
	return wasm_i32x4_add(a, b);
}

/** a - b modulo 2^32. */
NNRT_INLINE nnrt_vi nnrt_vi_sub(nnrt_vi a, nnrt_vi b)
{
	return wasm_i32x4_sub(a, b);
}

/** a * b modulo 2^32. */
NNRT_INLINE nnrt_vi nnrt_vi_mul(nnrt_vi a, nnrt_vi b)
{
	return wasm_i32x4_mul(a, b);
}

/** Lesser of a and b, signed. */
NNRT_INLINE nnrt_vi nnrt_vi_min(nnrt_vi a, nnrt_vi b)
{
	return wasm_i32x4_min(a, b);
}

/** Greater of a and b, signed. */
NNRT_INLINE nnrt_vi nnrt_vi_max(nnrt_vi a, nnrt_vi b)
{
	return wasm_i32x4_max(a, b);
}

/** Bitwise and. */
NNRT_INLINE nnrt_vi nnrt_vi_and(nnrt_vi a, nnrt_vi b)
{
	return wasm_v128_and(a, b);
}

/** Bitwise or. */
NNRT_INLINE nnrt_vi nnrt_vi_or(nnrt_vi a, nnrt_vi b)
{
	return wasm_v128_or(a, b);
}

/** Bitwise exclusive or. */
NNRT_INLINE nnrt_vi nnrt_vi_xor(nnrt_vi a, nnrt_vi b)
{
	return wasm_v128_xor(a, b);
}

/** Shift left by n (0..31). */
NNRT_INLINE nnrt_vi nnrt_vi_shl(nnrt_vi a, int n)
{
	return wasm_i32x4_shl(a, (uint32_t)n);
}

/** Logical shift right by n (0..31). */
NNRT_INLINE nnrt_vi nnrt_vi_shr(nnrt_vi a, int n)
{
	return wasm_u32x4_shr(a, (uint32_t)n);
}

/** Arithmetic shift right by n (0..31). */
NNRT_INLINE nnrt_vi nnrt_vi_sar(nnrt_vi a, int n)
{
	return wasm_i32x4_shr(a, (uint32_t)n);
}

/** a == b. */
NNRT_INLINE nnrt_vm nnrt_vi_eq(nnrt_vi a, nnrt_vi b)
{
	return wasm_i32x4_eq(a, b);
}

/** a < b, signed. */
NNRT_INLINE nnrt_vm nnrt_vi_lt(nnrt_vi a, nnrt_vi b)
{
	return wasm_i32x4_lt(a, b);
}

/** a > b, signed. */
NNRT_INLINE nnrt_vm nnrt_vi_gt(nnrt_vi a, nnrt_vi b)
{
	return wasm_i32x4_gt(a, b);
}

/** m ? a : b by lane. */
NNRT_INLINE nnrt_vi nnrt_vi_select(nnrt_vm m, nnrt_vi a, nnrt_vi b)
{
	return wasm_v128_bitselect(a, b, m);
}

/** a as float, nearest, halves to even. */
NNRT_INLINE nnrt_vf nnrt_vf_from_vi(nnrt_vi a)
{
	return wasm_f32x4_convert_i32x4(a);
}

/** a as integer towards 0; any value where a is NaN or beyond int32. */
NNRT_INLINE nnrt_vi nnrt_vi_trunc(nnrt_vf a)
{
	return wasm_i32x4_trunc_sat_f32x4(a);
}

/** a as nearest integer, halves to even; any value where a is NaN or beyond int32. */
NNRT_INLINE nnrt_vi nnrt_vi_nearest(nnrt_vf a)
{
	return wasm_i32x4_trunc_sat_f32x4(wasm_f32x4_nearest(a));
}

/** The float with these bits. */
NNRT_INLINE nnrt_vf nnrt_vf_from_bits(nnrt_vi a)
{
	return a;
}

/** The bits of a float. */
NNRT_INLINE nnrt_vi nnrt_vi_from_bits(nnrt_vf a)
{
	return a;
}

/** Sum of the lanes: halves added lane by lane until one is left (lane i with lane i + NNRT_LANES / 2 first). */
NNRT_INLINE float nnrt_vf_reduce_add(nnrt_vf a)
{
	const v128_t h = wasm_f32x4_add(a, wasm_i32x4_shuffle(a, a, 2, 3, 0, 1));

	return wasm_f32x4_extract_lane(wasm_f32x4_add(h, wasm_i32x4_shuffle(h, h, 1, 0, 3, 2)), 0);
}

/** Greatest lane; any value when a lane is NaN. */
NNRT_INLINE float nnrt_vf_reduce_max(nnrt_vf a)
{
	const v128_t h = wasm_f32x4_pmax(a, wasm_i32x4_shuffle(a, a, 2, 3, 0, 1));

	return wasm_f32x4_extract_lane(wasm_f32x4_pmax(h, wasm_i32x4_shuffle(h, h, 1, 0, 3, 2)), 0);
}

/** Least lane; any value when a lane is NaN. */
NNRT_INLINE float nnrt_vf_reduce_min(nnrt_vf a)
{
	const v128_t h = wasm_f32x4_pmin(a, wasm_i32x4_shuffle(a, a, 2, 3, 0, 1));

	return wasm_f32x4_extract_lane(wasm_f32x4_pmin(h, wasm_i32x4_shuffle(h, h, 1, 0, 3, 2)), 0);
}

#endif
