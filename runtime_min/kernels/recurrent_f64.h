/* RNN, LSTM and GRU layers step by step in double: plain loops over the weights as ONNX has them, for models that ask
 * for float64 and have no time to save. The float kernels are in recurrent.h; activations read the same constants. */
#ifndef NNRT_RECURRENT_F64_H
#define NNRT_RECURRENT_F64_H

#include "runtime_min/kernels/activation.h"
#include "runtime_min/kernels/shape.h"

/** What nnrt_recurrent_f64() computes; LINEAR: GRU with linear_before_reset = 1. */
enum nnrt_cell { NNRT_CELL_RNN, NNRT_CELL_LSTM, NNRT_CELL_GRU, NNRT_CELL_GRU_LINEAR };

/** Activation `kind` (enum nnrt_activation) of x. */
NNRT_INLINE double nnrt_activation_f64(int kind, double a, double b, double x)
{
	switch (kind) {
	case NNRT_SIGMOID:
		return 1.0 / (1.0 + exp(-x));
	case NNRT_TANH:
		return tanh(x);
	case NNRT_RELU:
		return x < 0.0 ? 0.0 : x;
	case NNRT_AFFINE:
		return a * x + b;
	case NNRT_LEAKY_RELU:
		return x < 0.0 ? a * x : x;
	case NNRT_THRESHOLDED_RELU:
		return x < a ? 0.0 : x;
	case NNRT_SCALED_TANH:
		return a * tanh(b * x);
	case NNRT_HARD_SIGMOID:
		x = a * x + b;
		return x < 0.0 ? 0.0 : x > 1.0 ? 1.0 : x;
	case NNRT_ELU:
		return x < 0.0 ? a * expm1(x) : x;
	case NNRT_SOFTSIGN:
		return x / (1.0 + fabs(x));
	default:
		return (x > 0.0 ? x : 0.0) + log1p(exp(-fabs(x)));
	}
}

/** Activation `which` (0: f, 1: g, 2: h) of a gate, after clipping. */
NNRT_INLINE double nnrt_gate_f64(const struct nnrt_rnn *p, int which, double x)
{
	const double clip = (double)p->clip;

	if (clip > 0.0 && x > clip)
		x = clip;
	else if (clip > 0.0 && x < -clip)
		x = -clip;
	return nnrt_activation_f64(p->activation[which], (double)p->alpha[which], (double)p->beta[which], x);
}

/** Sum over k of h[k] * r[gate][u][k], ascending; 0 without a state (h NULL). */
NNRT_INLINE double nnrt_state_product_f64(const struct nnrt_rnn *p, const double *r, int gate, int u, const double *h)
{
	const double *row = r + ((ptrdiff_t)gate * p->hidden + u) * p->hidden;
	double sum = 0.0;

	for (int k = 0; h && k < p->hidden; k++)
		sum += h[k] * row[k];
	return sum;
}

/** One step of an LSTM (see nnrt_lstm_f32): out from gates `in` and state h; c is replaced. peep: 3 x H or NULL. */
NNRT_INLINE void nnrt_lstm_step_f64(const struct nnrt_rnn *p, const double *in, const double *r, const double *peep,
	const double *h, double *c, double *out)
{
	const ptrdiff_t n = p->hidden;

	for (int u = 0; u < p->hidden; u++) {
		double i = in[u] + nnrt_state_product_f64(p, r, 0, u, h);
		double o = in[n + u] + nnrt_state_product_f64(p, r, 1, u, h);
		double f = in[2 * n + u] + nnrt_state_product_f64(p, r, 2, u, h);
		const double g = in[3 * n + u] + nnrt_state_product_f64(p, r, 3, u, h);

		i = nnrt_gate_f64(p, 0, peep ? i + peep[u] * c[u] : i);
		f = p->input_forget ? 1.0 - i : nnrt_gate_f64(p, 0, peep ? f + peep[2 * n + u] * c[u] : f);
		c[u] = f * c[u] + i * nnrt_gate_f64(p, 1, g);
		o = nnrt_gate_f64(p, 0, peep ? o + peep[n + u] * c[u] : o);
		out[u] = o * nnrt_activation_f64(p->activation[2], (double)p->alpha[2], (double)p->beta[2], c[u]);
	}
}

/** One step of a GRU (see nnrt_gru_f32, nnrt_gru_linear_f32): out from gates `in` and state h (NULL: 0). bias: of the
 *  recurrent third gate, linear form only, or NULL. reset: H doubles of scratch, other form only. */
NNRT_INLINE void nnrt_gru_step_f64(const struct nnrt_rnn *p, int linear, const double *in, const double *r,
	const double *bias, const double *h, double *out, double *reset)
{
	const ptrdiff_t n = p->hidden;

	for (int u = 0; !linear && u < p->hidden; u++) {
		const double gate = nnrt_gate_f64(p, 0, in[n + u] + nnrt_state_product_f64(p, r, 1, u, h));

		reset[u] = h ? gate * h[u] : 0.0;
	}
	for (int u = 0; u < p->hidden; u++) {
		const double z = nnrt_gate_f64(p, 0, in[u] + nnrt_state_product_f64(p, r, 0, u, h));
		double c = nnrt_state_product_f64(p, r, 2, u, linear ? h : reset);

		if (linear)
			c = (c + (bias ? bias[u] : 0.0)) *
				nnrt_gate_f64(p, 0, in[n + u] + nnrt_state_product_f64(p, r, 1, u, h));
		c = nnrt_gate_f64(p, 1, in[2 * n + u] + c);
		out[u] = (1.0 - z) * c + (h ? z * h[u] : 0.0);
	}
}

/** One direction of a recurrent layer, cell: enum nnrt_cell. Formulas, gates and their order as in nnrt_rnn_f32,
 *  nnrt_lstm_f32, nnrt_gru_f32, nnrt_gru_linear_f32, everything in double.
 *  r: G x H x H as ONNX has it. extra: peepholes (LSTM), recurrent bias of the third gate (linear GRU), or NULL.
 *  initial_h, initial_c: B x H or NULL (0). lens: B lengths or NULL (all T). y: every H, and the state from step to
 *  step. y_h: last H, or NULL. y_c: LSTM, last C, needed as storage; may be initial_c. reset: GRU, H doubles of
 *  scratch. ONNX RNN-14, LSTM-14, GRU-14. */
NNRT_INLINE void nnrt_recurrent_f64(const struct nnrt_rnn *p, ptrdiff_t cell, const double *gates, const double *r,
	const double *extra, const double *initial_h, const double *initial_c, const int32_t *lens, double *y,
	double *y_h, double *y_c, double *reset)
{
	for (int b = 0; b < p->batch; b++) {
		const int length = !lens || lens[b] > p->steps ? p->steps : lens[b];
		const double *h = initial_h ? initial_h + b * p->state_batch : NULL;
		double *c = cell == NNRT_CELL_LSTM ? y_c + b * p->state_batch : NULL;

		for (int u = 0; c && u < p->hidden; u++)
			c[u] = initial_c ? initial_c[b * p->state_batch + u] : 0.0;
		for (int s = 0; s < length; s++) {
			const int t = p->reverse ? length - 1 - s : s;
			const double *in = gates + t * p->gates_step + b * p->gates_batch;
			double *out = y + t * p->y_step + b * p->y_batch;

			if (cell == NNRT_CELL_LSTM)
				nnrt_lstm_step_f64(p, in, r, extra, h, c, out);
			else if (cell != NNRT_CELL_RNN)
				nnrt_gru_step_f64(p, cell == NNRT_CELL_GRU_LINEAR, in, r, extra, h, out, reset);
			for (int u = 0; cell == NNRT_CELL_RNN && u < p->hidden; u++)
				out[u] = nnrt_gate_f64(p, 0, in[u] + nnrt_state_product_f64(p, r, 0, u, h));
			h = out;
		}
		for (int t = length > 0 ? length : 0; t < p->steps; t++)
			for (int u = 0; u < p->hidden; u++)
				y[t * p->y_step + b * p->y_batch + u] = 0.0;
		for (int u = 0; y_h && u < p->hidden; u++)
			y_h[b * p->state_batch + u] = h ? h[u] : 0.0;
	}
}

#endif
