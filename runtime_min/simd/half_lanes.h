/* Vectors of float16 lane by lane, where no instruction widens them.
 * The contract of every operation stands in its comment and is the same in all headers of this name. */
#ifndef NNRT_SIMD_HALF_LANES_H
#define NNRT_SIMD_HALF_LANES_H

#include "runtime_min/maths/lane.h"
#include "runtime_min/maths/narrow.h"

/** NNRT_LANES float16 from p, as floats: exact; NaN stays NaN.   ONNX Cast. */
NNRT_INLINE nnrt_vf nnrt_vf_load_f16(const uint16_t *p)
{
	float lane[NNRT_LANES];

	for (int i = 0; i < NNRT_LANES; i++)
		lane[i] = nnrt_f32_f16(p[i]);
	return nnrt_vf_load(lane);
}

/** a as NNRT_LANES float16 to p: nearest, halves to even; overflow gives infinity, NaN a quiet NaN.   ONNX Cast. */
NNRT_INLINE void nnrt_vf_store_f16(uint16_t *p, nnrt_vf a)
{
	float lane[NNRT_LANES];

	nnrt_vf_store(lane, a);
	for (int i = 0; i < NNRT_LANES; i++)
		p[i] = nnrt_f16_f32(lane[i]);
}

#endif
