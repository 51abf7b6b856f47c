/* Minimum and maximum that pass NaN on, as ONNX Min, Max, Clip and Relu have it. */
#ifndef NNRT_MATHS_MINMAX_H
#define NNRT_MATHS_MINMAX_H

#include "runtime_min/simd/simd.h"

/** Lesser of a and b, NaN when either is; the sign of equal zeros is open.   ONNX Min-13. */
NNRT_INLINE float nnrt_min_f32(float a, float b)
{
	return a < b || a != a ? a : b;
}

/** Greater of a and b, NaN when either is; the sign of equal zeros is open.   ONNX Max-13. */
NNRT_INLINE float nnrt_max_f32(float a, float b)
{
	return a > b || a != a ? a : b;
}

/** Lesser of a and b, NaN when either is; the sign of equal zeros is open.   ONNX Min-13. */
NNRT_INLINE double nnrt_min_f64(double a, double b)
{
	return a < b || a != a ? a : b;
}

/** Greater of a and b, NaN when either is; the sign of equal zeros is open.   ONNX Max-13. */
NNRT_INLINE double nnrt_max_f64(double a, double b)
{
	return a > b || a != a ? a : b;
}

/** Lesser of a and b by lane, NaN when either is. Where a is known to be a number, nnrt_vf_min() is enough. */
NNRT_INLINE nnrt_vf nnrt_min_vf(nnrt_vf a, nnrt_vf b)
{
	return nnrt_vf_select(nnrt_vf_eq(a, a), nnrt_vf_min(a, b), a);
}

/** Greater of a and b by lane, NaN when either is. Where a is known to be a number, nnrt_vf_max() is enough. */
NNRT_INLINE nnrt_vf nnrt_max_vf(nnrt_vf a, nnrt_vf b)
{
	return nnrt_vf_select(nnrt_vf_eq(a, a), nnrt_vf_max(a, b), a);
}

#endif
