/* Sums of many float32 terms. A single accumulator loses the low bits of every term once it has grown much larger than
 * they are: after n terms of one sign up to n / 2 units in the last place. So a long sum is made of parts, each of at
 * most NNRT_SUM_PART terms in an accumulator of its own; what rounding takes from the sum of the parts is kept and
 * added at the end (Knuth's two-sum; Ogita, Rump, Oishi, "Accurate sum and dot product", 2005). The error is then that
 * of a part, however many there are. */
#ifndef NNRT_MATHS_SUM_H
#define NNRT_MATHS_SUM_H

#include "runtime_min/simd/simd.h"

/** Terms of one part: six additions more for every so many are not felt. */
enum { NNRT_SUM_PART = 256 };

/** Sums of parts so far, lane by lane, and what rounding took from them. Begins as { 0, 0 }: nnrt_sum_none(). */
struct nnrt_sum_vf {
	nnrt_vf sum, lost;
};

/** No part yet. */
NNRT_INLINE struct nnrt_sum_vf nnrt_sum_none(void)
{
	const struct nnrt_sum_vf s = {nnrt_vf_set1(0.0f), nnrt_vf_set1(0.0f)};

	return s;
}

/** s += part. */
NNRT_INLINE void nnrt_sum_add(struct nnrt_sum_vf *s, nnrt_vf part)
{
	const nnrt_vf sum = nnrt_vf_add(s->sum, part), added = nnrt_vf_sub(sum, s->sum);
	const nnrt_vf from_sum = nnrt_vf_sub(s->sum, nnrt_vf_sub(sum, added)), from_part = nnrt_vf_sub(part, added);

	s->lost = nnrt_vf_add(s->lost, nnrt_vf_add(from_sum, from_part));
	s->sum = sum;
}

/** The sum of all parts. Where it is infinite, what was lost means nothing. */
NNRT_INLINE nnrt_vf nnrt_sum_total(const struct nnrt_sum_vf *s)
{
	return nnrt_vf_select(nnrt_vf_eq(s->lost, s->lost), nnrt_vf_add(s->sum, s->lost), s->sum);
}

/** struct nnrt_sum_vf for one sum. Begins as { 0, 0 }. */
struct nnrt_sum_f32 {
	float sum, lost;
};

/** s += part. */
NNRT_INLINE void nnrt_sum_add_f32(struct nnrt_sum_f32 *s, float part)
{
	const float sum = s->sum + part, added = sum - s->sum;

	s->lost += (s->sum - (sum - added)) + (part - added);
	s->sum = sum;
}

/** The sum of all parts, as nnrt_sum_total(). */
NNRT_INLINE float nnrt_sum_total_f32(const struct nnrt_sum_f32 *s)
{
	return s->lost == s->lost ? s->sum + s->lost : s->sum;
}

#endif
