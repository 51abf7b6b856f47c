/* From float to integer without libm and without undefined behaviour: rounding by adding 1.5 * 2^23, which leaves no
 * room for a fraction; the integer is then read from the bits, where no option that reorders floats reaches. The
 * arguments are compared before the addition, which keeps compilers from merging it with a product in front of it. */
#ifndef NNRT_MATHS_ROUND_H
#define NNRT_MATHS_ROUND_H

#include "runtime_min/maths/bits.h"

/** x as nearest integer, halves to even; |x| <= 2^22. */
NNRT_INLINE int32_t nnrt_nearest_near(float x)
{
	const float sum = x + 12582912.0f;

	return (int32_t)(nnrt_bits_f32(sum) - 0x4b400000u);
}

/** x bounded by lo <= hi; NaN gives 0, lo <= 0 <= hi. */
NNRT_INLINE float nnrt_bounded(float x, float lo, float hi)
{
	const float number = x == x ? x : 0.0f;
	const float least = number > lo ? number : lo;

	return least < hi ? least : hi;
}

/** Nearest int8, halves to even, saturated; NaN gives 0.   ONNX QuantizeLinear-10 after scale and zero point. */
NNRT_INLINE int8_t nnrt_saturate_i8(float x)
{
	return (int8_t)nnrt_nearest_near(nnrt_bounded(x, -128.0f, 127.0f));
}

/** Nearest uint8, halves to even, saturated; NaN gives 0.   ONNX QuantizeLinear-10 after scale and zero point. */
NNRT_INLINE uint8_t nnrt_saturate_u8(float x)
{
	return (uint8_t)nnrt_nearest_near(nnrt_bounded(x, 0.0f, 255.0f));
}

/** Nearest int16, halves to even, saturated; NaN gives 0.   ONNX QuantizeLinear-21 after scale and zero point. */
NNRT_INLINE int16_t nnrt_saturate_i16(float x)
{
	return (int16_t)nnrt_nearest_near(nnrt_bounded(x, -32768.0f, 32767.0f));
}

/** Nearest uint16, halves to even, saturated; NaN gives 0.   ONNX QuantizeLinear-21 after scale and zero point. */
NNRT_INLINE uint16_t nnrt_saturate_u16(float x)
{
	return (uint16_t)nnrt_nearest_near(nnrt_bounded(x, 0.0f, 65535.0f));
}

/** Nearest int32, halves to even, saturated; NaN gives 0. */
NNRT_INLINE int32_t nnrt_saturate_i32(float x)
{
	if (!(x >= -2147483648.0f))
		return x == x ? INT32_MIN : 0;
	if (x >= 2147483648.0f)
		return INT32_MAX;
	/* From 2^22 on halves are the only fractions, from 2^23 on there is none. */
	if (x >= 4194304.0f || x <= -4194304.0f) {
		const int32_t whole = (int32_t)x;
		const float rest = x - (float)whole;

		return rest == 0.0f ? whole : whole + (whole & 1) * (x < 0.0f ? -1 : 1);
	}
	return nnrt_nearest_near(x);
}

/** Nearest integer, halves to even, as a float; integers, -0, infinities and NaN stay as they are.   ONNX Round-11. */
NNRT_INLINE float nnrt_round_f32(float x)
{
	const uint32_t sign = nnrt_bits_f32(x) & 0x80000000u;
	const float size = nnrt_f32_bits(nnrt_bits_f32(x) ^ sign);
	const float whole = (float)(int32_t)(nnrt_bits_f32(size + 8388608.0f) - 0x4b000000u);

	/* No branch: loops of it vectorise. */
	return size < 8388608.0f ? nnrt_f32_bits(nnrt_bits_f32(whole) | sign) : x;
}

/** Nearest integer, halves to even, as a double.   ONNX Round-11. */
NNRT_INLINE double nnrt_round_f64(double x)
{
	return nearbyint(x);
}

/** x towards 0, saturated; NaN gives 0. ONNX Cast leaves values out of range open. */
NNRT_INLINE int32_t nnrt_trunc_i32_f32(float x)
{
	if (!(x >= -2147483648.0f))
		return x == x ? INT32_MIN : 0;
	return x < 2147483648.0f ? (int32_t)x : INT32_MAX;
}

/** x towards 0, saturated; NaN gives 0. */
NNRT_INLINE uint32_t nnrt_trunc_u32_f32(float x)
{
	if (!(x > 0.0f))
		return 0;
	return x < 4294967296.0f ? (uint32_t)x : UINT32_MAX;
}

/** x towards 0, saturated; NaN gives 0. */
NNRT_INLINE int64_t nnrt_trunc_i64_f32(float x)
{
	if (!(x >= -9223372036854775808.0f))
		return x == x ? INT64_MIN : 0;
	return x < 9223372036854775808.0f ? (int64_t)x : INT64_MAX;
}

/** x towards 0, saturated; NaN gives 0. */
NNRT_INLINE uint64_t nnrt_trunc_u64_f32(float x)
{
	if (!(x > 0.0f))
		return 0;
	return x < 18446744073709551616.0f ? (uint64_t)x : UINT64_MAX;
}

/** x towards 0, saturated; NaN gives 0. */
NNRT_INLINE int32_t nnrt_trunc_i32_f64(double x)
{
	if (!(x > -2147483649.0))
		return x == x ? INT32_MIN : 0;
	return x < 2147483648.0 ? (int32_t)x : INT32_MAX;
}

/** x towards 0, saturated; NaN gives 0. */
NNRT_INLINE uint32_t nnrt_trunc_u32_f64(double x)
{
	if (!(x > 0.0))
		return 0;
	return x < 4294967296.0 ? (uint32_t)x : UINT32_MAX;
}

/** x towards 0, saturated; NaN gives 0. */
NNRT_INLINE int64_t nnrt_trunc_i64_f64(double x)
{
	if (!(x >= -9223372036854775808.0))
		return x == x ? INT64_MIN : 0;
	return x < 9223372036854775808.0 ? (int64_t)x : INT64_MAX;
}

/** x towards 0, saturated; NaN gives 0. */
NNRT_INLINE uint64_t nnrt_trunc_u64_f64(double x)
{
	if (!(x > 0.0))
		return 0;
	return x < 18446744073709551616.0 ? (uint64_t)x : UINT64_MAX;
}

#endif
