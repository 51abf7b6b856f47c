/* The activation functions that ONNX names for recurrent layers, chosen by a constant. */
#ifndef NNRT_ACTIVATION_H
#define NNRT_ACTIVATION_H

#include "runtime_min/maths/exp.h"
#include "runtime_min/maths/sigmoid.h"
#include "runtime_min/maths/tanh.h"

/** Activations; a = alpha, b = beta. */
enum nnrt_activation {
	NNRT_SIGMOID,           /* 1 / (1 + exp(-x)) */
	NNRT_TANH,
	NNRT_RELU,              /* max(0, x) */
	NNRT_AFFINE,            /* a x + b */
	NNRT_LEAKY_RELU,        /* x, below 0 a x */
	NNRT_THRESHOLDED_RELU,  /* x from a on, else 0 */
	NNRT_SCALED_TANH,       /* a tanh(b x) */
	NNRT_HARD_SIGMOID,      /* a x + b within 0..1 */
	NNRT_ELU,               /* x, below 0 a (exp(x) - 1) */
	NNRT_SOFTSIGN,          /* x / (1 + |x|) */
	NNRT_SOFTPLUS           /* log(1 + exp(x)) */
};

/** Activation `kind` of x. */
NNRT_INLINE nnrt_vf nnrt_activation_vf(int kind, float alpha, float beta, nnrt_vf x)
{
	const nnrt_vf zero = nnrt_vf_set1(0.0f), one = nnrt_vf_set1(1.0f);
	const nnrt_vf a = nnrt_vf_set1(alpha), b = nnrt_vf_set1(beta);

	switch (kind) {
	case NNRT_SIGMOID:
		return nnrt_sigmoid_vf(x);
	case NNRT_TANH:
		return nnrt_tanh_vf(x);
	case NNRT_RELU:
		return nnrt_vf_max(zero, x);
	case NNRT_AFFINE:
		return nnrt_vf_add(nnrt_vf_mul(a, x), b);
	case NNRT_LEAKY_RELU:
		return nnrt_vf_select(nnrt_vf_lt(x, zero), nnrt_vf_mul(a, x), x);
	case NNRT_THRESHOLDED_RELU:
		return nnrt_vf_select(nnrt_vf_ge(x, a), x, zero);
	case NNRT_SCALED_TANH:
		return nnrt_vf_mul(a, nnrt_tanh_vf(nnrt_vf_mul(b, x)));
	case NNRT_HARD_SIGMOID:
		return nnrt_vf_min(one, nnrt_vf_max(zero, nnrt_vf_add(nnrt_vf_mul(a, x), b)));
	case NNRT_ELU:
		return nnrt_vf_select(nnrt_vf_lt(x, zero), nnrt_vf_mul(a, nnrt_expm1_vf(x)), x);
	case NNRT_SOFTSIGN:
		return nnrt_vf_div(x, nnrt_vf_add(one, nnrt_vf_abs(x)));
	default:
		return nnrt_softplus_vf(x);
	}
}

#endif
