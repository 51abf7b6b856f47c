/* Where the greatest of a row is. */
#ifndef NNRT_MATHS_ARG_H
#define NNRT_MATHS_ARG_H

#include "runtime_min/simd/simd.h"

/** The first place of the greatest, with `least` of the least, of x[0 … n-1], 1 <= n <= 2^24. NaN counts where it comes
 *  first, and is passed over elsewhere: one comparison after the other has it so.   ONNX ArgMax-13, ArgMin-13. */
NNRT_INLINE int64_t nnrt_arg_extreme_f32(const float *x, ptrdiff_t n, int least)
{
	nnrt_vf best = nnrt_vf_set1(-INFINITY), at = nnrt_vf_set1(0.0f), place = nnrt_vf_from_vi(nnrt_vi_iota());
	float value[NNRT_LANES], where[NNRT_LANES], most = -INFINITY, first = 0.0f;
	ptrdiff_t i = 0;

	for (; i + NNRT_LANES <= n; i += NNRT_LANES) {
		const nnrt_vf v = least ? nnrt_vf_neg(nnrt_vf_load(x + i)) : nnrt_vf_load(x + i);
		const nnrt_vm more = nnrt_vf_lt(best, v);

		best = nnrt_vf_select(more, v, best);
		at = nnrt_vf_select(more, place, at);
		place = nnrt_vf_add(place, nnrt_vf_set1((float)NNRT_LANES));
	}
	nnrt_vf_store(value, best);
	nnrt_vf_store(where, at);
	for (int l = 0; l < NNRT_LANES; l++) {
		if (value[l] > most || (value[l] == most && where[l] < first)) {
			most = value[l];
			first = where[l];
		}
	}
	for (; i < n; i++) {
		const float v = least ? -x[i] : x[i];

		if (v > most) {
			most = v;
			first = (float)i;
		}
	}
	return x[0] == x[0] ? (int64_t)first : 0;
}

#endif
