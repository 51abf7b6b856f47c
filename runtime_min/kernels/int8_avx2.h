/* The integer kernels' vectors: eight lanes of AVX2.
 * The contract of every operation stands in int8_plain.h and is the same in all of these headers. */
#ifndef NNRT_INT8_AVX2_H
#define NNRT_INT8_AVX2_H

#include "runtime_min/kernels/int8_x86.h"

/** Sums. */
typedef __m256i nnrt_i8v;

/** Two weights for every lane, as 16 bits. */
typedef __m256i nnrt_i8w;

/** Lanes of a vector. */
enum { NNRT_INT8_LANES = 8 };

/** Sums from p. */
NNRT_INLINE nnrt_i8v nnrt_i8v_load(const int32_t *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

/** Weights from p, the two of a lane side by side. */
NNRT_INLINE nnrt_i8w nnrt_i8w_load(const int8_t *p)
{
	return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)p));
}

/** sum + x[0] * first weight + x[1] * second weight. */
NNRT_INLINE nnrt_i8v nnrt_i8v_dot(nnrt_i8v sum, nnrt_i8w w, const int16_t *x)
{
	int32_t pair;

	(void)memcpy(&pair, x, sizeof(pair));
	return _mm256_add_epi32(sum, _mm256_madd_epi16(w, _mm256_set1_epi32(pair)));
}

/** v in every lane. */
NNRT_INLINE nnrt_i8v nnrt_i8v_set(int32_t v)
{
	return _mm256_set1_epi32(v);
}

/** a + b. */
NNRT_INLINE nnrt_i8v nnrt_i8v_add(nnrt_i8v a, nnrt_i8v b)
{
	return _mm256_add_epi32(a, b);
}

/** Bytes as numbers. */
NNRT_INLINE nnrt_i8v nnrt_i8v_bytes(const unsigned char *p, int is_signed)
{
	const __m128i bytes = _mm_loadl_epi64((const __m128i *)(const void *)p);

	return is_signed ? _mm256_cvtepi8_epi32(bytes) : _mm256_cvtepu8_epi32(bytes);
}

/** sum + x * w. */
NNRT_INLINE nnrt_i8v nnrt_i8v_mac(nnrt_i8v sum, nnrt_i8v x, nnrt_i8v w)
{
	return _mm256_add_epi32(sum, _mm256_mullo_epi32(x, w));
}

/** Bounds, rounds and stores the first n lanes. */
NNRT_INLINE void nnrt_i8v_store(unsigned char *y, __m256 scaled, int low, int high, int zero, int n)
{
	const __m256 least = _mm256_max_ps(scaled, _mm256_set1_ps((float)low));
	const __m256i q = _mm256_cvtps_epi32(_mm256_min_ps(least, _mm256_set1_ps((float)high)));
	const __m256i gather = _mm256_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
		-1, -1, -1, -1, 0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1);
	const __m256i bytes = _mm256_shuffle_epi8(_mm256_add_epi32(q, _mm256_set1_epi32(zero)), gather);
	unsigned char lane[16];

	_mm_storeu_si128((__m128i *)(void *)lane,
		_mm_or_si128(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1)));
	if (n == 8) {
		(void)memcpy(y, lane, 8);
	} else {
		for (int i = 0; i < n; i++)
			y[i] = lane[i];
	}
}

/** Scales, rounds, bounds and stores the first n lanes. */
NNRT_INLINE void nnrt_i8v_finish(unsigned char *y, nnrt_i8v sum, const float *scale, int low, int high, int zero, int n)
{
	nnrt_i8v_store(y, _mm256_mul_ps(_mm256_cvtepi32_ps(sum), _mm256_loadu_ps(scale)), low, high, zero, n);
}

/** Bytes side by side. */
typedef __m256i nnrt_b8;

/** Lanes of a vector of bytes. */
enum { NNRT_B8_LANES = 32 };

/** Bytes from p. */
NNRT_INLINE nnrt_b8 nnrt_b8_load(const unsigned char *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

/** Stores them. */
NNRT_INLINE void nnrt_b8_store(unsigned char *p, nnrt_b8 a)
{
	_mm256_storeu_si256((__m256i *)(void *)p, a);
}

/** n bytes from p: the first and the last 16, or 8, some of which may be the same. */
NNRT_INLINE nnrt_b8 nnrt_b8_load_part(const unsigned char *p, size_t n)
{
	int64_t first = 0, last = 0;

	if (n >= 16)
		return _mm256_set_m128i(_mm_loadu_si128((const __m128i *)(const void *)(p + n - 16)),
			_mm_loadu_si128((const __m128i *)(const void *)p));
	(void)memcpy(&first, p, n < 8 ? n : 8);
	if (n > 8)
		(void)memcpy(&last, p + n - 8, 8);
	return _mm256_setr_epi64x(first, last, 0, 0);
}

/** Stores them. */
NNRT_INLINE void nnrt_b8_store_part(unsigned char *p, nnrt_b8 a, size_t n)
{
	unsigned char t[32];

	_mm256_storeu_si256((__m256i *)(void *)t, a);
	(void)memcpy(p, t, n < 16 ? (n < 8 ? n : 8) : 16);
	if (n > 16)
		(void)memcpy(p + n - 16, t + 16, 16);
	else if (n > 8 && n < 16)
		(void)memcpy(p + n - 8, t + 8, 8);
}

/** v in every lane. */
NNRT_INLINE nnrt_b8 nnrt_b8_set(int v)
{
	return _mm256_set1_epi8((char)v);
}

/** The greater, of int8 (is_signed 1) or uint8. */
NNRT_INLINE nnrt_b8 nnrt_b8_max(nnrt_b8 a, nnrt_b8 b, int is_signed)
{
	return is_signed ? _mm256_max_epi8(a, b) : _mm256_max_epu8(a, b);
}

/** The lesser, of uint8. */
NNRT_INLINE nnrt_b8 nnrt_b8_min(nnrt_b8 a, nnrt_b8 b)
{
	return _mm256_min_epu8(a, b);
}

/** Bits in which they differ. */
NNRT_INLINE nnrt_b8 nnrt_b8_xor(nnrt_b8 a, nnrt_b8 b)
{
	return _mm256_xor_si256(a, b);
}

/** a - b, the low 8 bits of it. */
NNRT_INLINE nnrt_b8 nnrt_b8_sub(nnrt_b8 a, nnrt_b8 b)
{
	return _mm256_sub_epi8(a, b);
}

/** A table of 256 bytes: of each sixteen, what they differ from those before in. */
struct nnrt_b8_table {
	__m256i part[16];
};

/** Reads it. */
NNRT_INLINE struct nnrt_b8_table nnrt_b8_table_load(const unsigned char *table)
{
	__m256i before = _mm256_setzero_si256();
	struct nnrt_b8_table t;

	NNRT_UNROLL(16)
	for (int i = 0; i < 16; i++) {
		const __m256i here = _mm256_broadcastsi128_si256(
			_mm_loadu_si128((const __m128i *)(const void *)(table + 16 * i)));

		t.part[i] = i == 8 ? here : _mm256_xor_si256(here, before);
		before = here;
	}
	return t;
}

/** table[x] in every lane. A byte that has become negative finds nothing any more: of the eight parts of its half,
 * those up to its own are joined. */
NNRT_INLINE nnrt_b8 nnrt_b8_lookup(const struct nnrt_b8_table *t, nnrt_b8 x)
{
	const __m256i sixteen = _mm256_set1_epi8(16);
	__m256i y = _mm256_setzero_si256();

	NNRT_UNROLL(2)
	for (int half = 0; half < 2; half++) {
		__m256i left = half ? _mm256_xor_si256(x, _mm256_set1_epi8(-128)) : x;

		NNRT_UNROLL(8)
		for (int i = 0; i < 8; i++) {
			y = _mm256_xor_si256(y, _mm256_shuffle_epi8(t->part[8 * half + i], left));
			left = _mm256_subs_epi8(left, sixteen);
		}
	}
	return y;
}

/** Numbers. */
typedef __m256 nnrt_i8f;

/** Numbers from p. */
NNRT_INLINE nnrt_i8f nnrt_i8f_load(const float *p)
{
	return _mm256_loadu_ps(p);
}

/** v in every lane. */
NNRT_INLINE nnrt_i8f nnrt_i8f_set(float v)
{
	return _mm256_set1_ps(v);
}

/** Numbers to p. */
NNRT_INLINE void nnrt_i8f_write(float *p, nnrt_i8f a)
{
	_mm256_storeu_ps(p, a);
}

/** float(v) * factor + more, rounded once. */
NNRT_INLINE nnrt_i8f nnrt_i8f_fma(nnrt_i8v v, nnrt_i8f factor, nnrt_i8f more)
{
	return _mm256_fmadd_ps(_mm256_cvtepi32_ps(v), factor, more);
}

/** round_half_even(fma(a, a_factor, fma(b, b_factor, offset))) of uint8, saturated to uint8; |sum| < 2^31. Bytes are
 * widened and narrowed within each 16, which leaves them in order. */
NNRT_INLINE nnrt_b8 nnrt_b8_sum(nnrt_b8 a, nnrt_b8 b, float a_factor, float b_factor, float offset)
{
	const __m256i none = _mm256_setzero_si256();
	const nnrt_i8f a_factors = nnrt_i8f_set(a_factor), b_factors = nnrt_i8f_set(b_factor);
	__m256i half[2];

	NNRT_UNROLL(2)
	for (int i = 0; i < 2; i++) {
		const __m256i a16 = i ? _mm256_unpackhi_epi8(a, none) : _mm256_unpacklo_epi8(a, none);
		const __m256i b16 = i ? _mm256_unpackhi_epi8(b, none) : _mm256_unpacklo_epi8(b, none);
		nnrt_i8f low = nnrt_i8f_set(offset), high = low;

		low = nnrt_i8f_fma(_mm256_unpacklo_epi16(b16, none), b_factors, low);
		high = nnrt_i8f_fma(_mm256_unpackhi_epi16(b16, none), b_factors, high);
		low = nnrt_i8f_fma(_mm256_unpacklo_epi16(a16, none), a_factors, low);
		high = nnrt_i8f_fma(_mm256_unpackhi_epi16(a16, none), a_factors, high);
		half[i] = _mm256_packs_epi32(_mm256_cvtps_epi32(low), _mm256_cvtps_epi32(high));
	}
	return _mm256_packus_epi16(half[0], half[1]);
}

/** Bounds, rounds and stores. */
NNRT_INLINE void nnrt_i8f_store(unsigned char *y, nnrt_i8f a, int low, int high)
{
	nnrt_i8v_store(y, a, low, high, 0, NNRT_INT8_LANES);
}

/** (byte - zero) * scale. */
NNRT_INLINE nnrt_i8f nnrt_i8f_real(const unsigned char *p, int is_signed, int zero, float scale)
{
	const __m256i steps = _mm256_sub_epi32(nnrt_i8v_bytes(p, is_signed), _mm256_set1_epi32(zero));

	return _mm256_mul_ps(_mm256_cvtepi32_ps(steps), _mm256_set1_ps(scale));
}

/** a + b, or a * b. */
NNRT_INLINE nnrt_i8f nnrt_i8f_combine(nnrt_i8f a, nnrt_i8f b, int product)
{
	return product ? _mm256_mul_ps(a, b) : _mm256_add_ps(a, b);
}

/** a / v. */
NNRT_INLINE nnrt_i8f nnrt_i8f_div(nnrt_i8f a, float v)
{
	return _mm256_div_ps(a, _mm256_set1_ps(v));
}

/** Divides, rounds, bounds and stores. */
NNRT_INLINE void nnrt_i8f_finish(unsigned char *y, nnrt_i8f a, float scale, int low, int high, int zero)
{
	nnrt_i8v_store(y, _mm256_div_ps(a, _mm256_set1_ps(scale)), low, high, zero, NNRT_INT8_LANES);
}

#endif
