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

	(void)memcpy(&pair, x, sizeof(pair));
	return _mm512_add_epi32(sum, _mm512_madd_epi16(w, _mm512_set1_epi32(pair)));
}

/** v in every lane. */
NNRT_INLINE nnrt_i8v nnrt_i8v_set(int32_t v)
{
	return _mm512_set1_epi32(v);
}

/** a + b. */
NNRT_INLINE nnrt_i8v nnrt_i8v_add(nnrt_i8v a, nnrt_i8v b)
{
	return _mm512_add_epi32(a, b);
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

/** n bytes from p. */
NNRT_INLINE nnrt_b8 nnrt_b8_load_part(const unsigned char *p, size_t n)
{
	return _mm512_maskz_loadu_epi8(~(__mmask64)0 >> (64 - n), p);
}

/** Stores n bytes. */
NNRT_INLINE void nnrt_b8_store_part(unsigned char *p, nnrt_b8 a, size_t n)
{
	_mm512_mask_storeu_epi8(p, ~(__mmask64)0 >> (64 - n), a);
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

/** The lesser, of uint8. */
NNRT_INLINE nnrt_b8 nnrt_b8_min(nnrt_b8 a, nnrt_b8 b)
{
	return _mm512_min_epu8(a, b);
}

/** Bits in which they differ. */
NNRT_INLINE nnrt_b8 nnrt_b8_xor(nnrt_b8 a, nnrt_b8 b)
{
	return _mm512_xor_si512(a, b);
}

/** a - b, the low 8 bits of it. */
NNRT_INLINE nnrt_b8 nnrt_b8_sub(nnrt_b8 a, nnrt_b8 b)
{
	return _mm512_sub_epi8(a, b);
}

/** A table of 256 bytes. */
struct nnrt_b8_table {
	__m512i part[4];
};

/** Reads it. */
NNRT_INLINE struct nnrt_b8_table nnrt_b8_table_load(const unsigned char *table)
{
	struct nnrt_b8_table t;

	NNRT_UNROLL(4)
	for (int i = 0; i < 4; i++)
		t.part[i] = _mm512_loadu_si512(table + 64 * i);
	return t;
}

/** table[x] in the low half of 32 words that hold x < 256; the pair of bytes that has it is found first. */
NNRT_INLINE __m512i nnrt_b8_word(const struct nnrt_b8_table *t, __m512i x)
{
	const __m512i pair = _mm512_srli_epi16(x, 1), one = _mm512_set1_epi16(1);
	const __m512i odd = _mm512_slli_epi16(_mm512_and_si512(x, one), 3);
	const __m512i low = _mm512_permutex2var_epi16(t->part[0], pair, t->part[1]);
	const __m512i high = _mm512_permutex2var_epi16(t->part[2], pair, t->part[3]);
	const __mmask32 upper = _mm512_test_epi16_mask(x, _mm512_set1_epi16(128));

	return _mm512_srlv_epi16(_mm512_mask_blend_epi16(upper, low, high), odd);
}

/** table[x] in every lane. */
NNRT_INLINE nnrt_b8 nnrt_b8_lookup(const struct nnrt_b8_table *t, nnrt_b8 x)
{
	const __m512i even = nnrt_b8_word(t, _mm512_and_si512(x, _mm512_set1_epi16(255)));
	const __m512i odd = nnrt_b8_word(t, _mm512_srli_epi16(x, 8));

	return _mm512_mask_blend_epi8((__mmask64)0xaaaaaaaaaaaaaaaa, even, _mm512_slli_epi16(odd, 8));
}

/** Numbers. */
typedef __m512 nnrt_i8f;

/** Numbers from p. */
NNRT_INLINE nnrt_i8f nnrt_i8f_load(const float *p)
{
	return _mm512_loadu_ps(p);
}

/** v in every lane. */
NNRT_INLINE nnrt_i8f nnrt_i8f_set(float v)
{
	return _mm512_set1_ps(v);
}

/** Numbers to p. */
NNRT_INLINE void nnrt_i8f_write(float *p, nnrt_i8f a)
{
	_mm512_storeu_ps(p, a);
}

/** float(v) * factor + more, rounded once. */
NNRT_INLINE nnrt_i8f nnrt_i8f_fma(nnrt_i8v v, nnrt_i8f factor, nnrt_i8f more)
{
	return _mm512_fmadd_ps(_mm512_maskz_cvtepi32_ps(nnrt_vm_all(), v), factor, more);
}

/** round_half_even(fma(a, a_factor, fma(b, b_factor, offset))) of uint8, saturated to uint8; |sum| < 2^31. Bytes are
 * widened and narrowed within each 16, which leaves them in order. */
NNRT_INLINE nnrt_b8 nnrt_b8_sum(nnrt_b8 a, nnrt_b8 b, float a_factor, float b_factor, float offset)
{
	const __m512i none = _mm512_setzero_si512();
	const __mmask16 all = nnrt_vm_all();
	const nnrt_i8f a_factors = nnrt_i8f_set(a_factor), b_factors = nnrt_i8f_set(b_factor);
	__m512i half[2];

	NNRT_UNROLL(2)
	for (int i = 0; i < 2; i++) {
		const __m512i a16 = i ? _mm512_unpackhi_epi8(a, none) : _mm512_unpacklo_epi8(a, none);
		const __m512i b16 = i ? _mm512_unpackhi_epi8(b, none) : _mm512_unpacklo_epi8(b, none);
		nnrt_i8f low = nnrt_i8f_set(offset), high = low;

		low = nnrt_i8f_fma(_mm512_unpacklo_epi16(b16, none), b_factors, low);
		high = nnrt_i8f_fma(_mm512_unpackhi_epi16(b16, none), b_factors, high);
		low = nnrt_i8f_fma(_mm512_unpacklo_epi16(a16, none), a_factors, low);
		high = nnrt_i8f_fma(_mm512_unpackhi_epi16(a16, none), a_factors, high);
		half[i] = _mm512_packs_epi32(_mm512_maskz_cvtps_epi32(all, low), _mm512_maskz_cvtps_epi32(all, high));
	}
	return _mm512_packus_epi16(half[0], half[1]);
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
