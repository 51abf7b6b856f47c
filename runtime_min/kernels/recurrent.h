/* RNN, LSTM and GRU layers step by step. Lanes are hidden units; all gates of a vector of units are computed together
 * from one stream of packed recurrent weights and leave the registers as the new state. */
#ifndef NNRT_RECURRENT_H
#define NNRT_RECURRENT_H

#include "runtime_min/kernels/activation.h"
#include "runtime_min/kernels/product_bytes.h"
#include "runtime_min/kernels/rows.h"
#include "runtime_min/kernels/shape.h"

/** acc[g] = start[g][0..n-1] + sum over k of h[k] * r[k][g]: G = gates sums for the vector of units from u on.
 *  start: gates of a unit `apart` floats apart, or NULL for 0. h: the state, or NULL for a state of 0. r: panels from
 *  pack_gates_f32(), or the same of int8, whose scales lie alike in `scale` (NULL: floats). Even and odd k are summed
 *  apart, ascending, and added at the end. */
NNRT_INLINE void nnrt_gates_f32(nnrt_vf acc[4], const float *start, ptrdiff_t apart, const float *h, const void *r,
	const float *scale, int u, int hidden, int n, int gates)
{
	ptrdiff_t at = (ptrdiff_t)u * hidden * gates;
	nnrt_vf odd[4];
	int k = 0;

	scale = scale ? scale + (ptrdiff_t)u * gates : NULL;

	NNRT_UNROLL(4)
	for (int g = 0; g < gates; g++) {
		acc[g] = start ? nnrt_tile_load(start + g * apart, n) : nnrt_vf_set1(0.0f);
		odd[g] = nnrt_vf_set1(0.0f);
	}
	if (!h)
		return;
	for (; k + 2 <= hidden; k += 2) {
		const nnrt_vf h0 = nnrt_vf_set1(h[k]), h1 = nnrt_vf_set1(h[k + 1]);

		NNRT_UNROLL(4)
		for (int g = 0; g < gates; g++) {
			const float *s = scale ? scale + g * NNRT_LANES : NULL;

			acc[g] = nnrt_vf_fma(h0, nnrt_weights_at(r, s, at + g * NNRT_LANES), acc[g]);
			odd[g] = nnrt_vf_fma(h1, nnrt_weights_at(r, s, at + (gates + g) * NNRT_LANES), odd[g]);
		}
		at += (ptrdiff_t)2 * gates * NNRT_LANES;
	}
	NNRT_UNROLL(4)
	for (int g = 0; g < gates; g++) {
		if (k < hidden)
			acc[g] = nnrt_vf_fma(nnrt_vf_set1(h[k]), nnrt_weights_at(r,
				scale ? scale + g * NNRT_LANES : NULL, at + g * NNRT_LANES), acc[g]);
		acc[g] = nnrt_vf_add(acc[g], odd[g]);
	}
}

/** Activation `which` (0: f, 1: g, 2: h) of a gate, after clipping. */
NNRT_INLINE nnrt_vf nnrt_gate_f32(const struct nnrt_rnn *p, int which, nnrt_vf x)
{
	if (p->clip > 0.0f)
		x = nnrt_vf_max(nnrt_vf_set1(-p->clip), nnrt_vf_min(nnrt_vf_set1(p->clip), x));
	return nnrt_activation_vf(p->activation[which], p->alpha[which], p->beta[which], x);
}

/** Steps of batch row b that count. */
NNRT_INLINE int nnrt_rnn_length(const struct nnrt_rnn *p, const int32_t *lens, int b)
{
	return !lens || lens[b] > p->steps ? p->steps : lens[b] < 0 ? 0 : lens[b];
}

/** Steps of batch row b behind its length give 0, and its last state goes to y_h (NULL: not wanted). h: that state,
 *  NULL for 0. */
NNRT_INLINE void nnrt_rnn_end(const struct nnrt_rnn *p, int b, int length, const float *h, float *y, float *y_h)
{
	const size_t bytes = (size_t)p->hidden * sizeof(float);

	for (int t = length; t < p->steps; t++)
		(void)memset(y + t * p->y_step + b * p->y_batch, 0, bytes);
	if (!y_h)
		return;
	y_h += b * p->state_batch; /* before both: gcc 12 warns of NULL plus an offset otherwise */
	for (int u = 0; u < p->hidden; u++) /* not memset: gcc 12 then warns of what it takes for NULL */
		y_h[u] = h ? h[u] : 0.0f;
}

/** H' = f(gates + H R). gates: Wx + Wb + Rb. r: pack_gates_f32() with one gate, NNRT_LANES columns; or
 *  such bytes, with their scales. initial_h: B x H
 *  or NULL (0). lens: B lengths or NULL (all T). y: every H. y_h: last H, or NULL; may not overlap initial_h.
 *  ONNX RNN-14. */
NNRT_INLINE void nnrt_rnn_f32(const struct nnrt_rnn *p, const float *gates, const void *r, const float *scale,
	const float *initial_h, const int32_t *lens, float *y, float *y_h)
{
	for (int b = 0; b < p->batch; b++) {
		const int length = nnrt_rnn_length(p, lens, b);
		const float *h = initial_h ? initial_h + b * p->state_batch : NULL;

		for (int s = 0; s < length; s++) {
			const int t = p->reverse ? length - 1 - s : s;
			const float *in = gates + t * p->gates_step + b * p->gates_batch;
			float *out = y + t * p->y_step + b * p->y_batch;

			for (int u = 0; u < p->hidden; u += NNRT_LANES) {
				const int n = nnrt_lanes_left(p->hidden, u);
				nnrt_vf acc[4];

				nnrt_gates_f32(acc, in + u, 0, h, r, scale, u, p->hidden, n, 1);
				nnrt_row_store(out + u, nnrt_gate_f32(p, 0, acc[0]), n);
			}
			h = out;
		}
		nnrt_rnn_end(p, b, length, h, y, y_h);
	}
}

/** One vector of units of nnrt_lstm_f32: the new cell state from gates acc (i, o, f, c) and the old one; *h gets the
 *  new output. peep: weights of this vector, p->hidden floats from gate to gate (i, o, f), or NULL. */
NNRT_INLINE nnrt_vf nnrt_lstm_cell_f32(const struct nnrt_rnn *p, const nnrt_vf acc[4], nnrt_vf c, const float *peep,
	int n,
	nnrt_vf *h)
{
	nnrt_vf i = acc[0], o = acc[1], f = acc[2], next;

	if (peep) {
		i = nnrt_vf_fma(nnrt_tile_load(peep, n), c, i);
		f = nnrt_vf_fma(nnrt_tile_load(peep + 2 * p->hidden, n), c, f);
	}
	i = nnrt_gate_f32(p, 0, i);
	f = p->input_forget ? nnrt_vf_sub(nnrt_vf_set1(1.0f), i) : nnrt_gate_f32(p, 0, f);
	next = nnrt_vf_fma(f, c, nnrt_vf_mul(i, nnrt_gate_f32(p, 1, acc[3])));
	if (peep)
		o = nnrt_vf_fma(nnrt_tile_load(peep + p->hidden, n), next, o);
	*h = nnrt_vf_mul(nnrt_gate_f32(p, 0, o),
		nnrt_activation_vf(p->activation[2], p->alpha[2], p->beta[2], next));
	return next;
}

/** Puts the first cell state of row b in its place; initial_c: NULL for 0. */
NNRT_INLINE void nnrt_lstm_begin(const struct nnrt_rnn *p, const float *initial_c, float *y_c, int b)
{
	float *c = y_c + b * p->state_batch;

	if (initial_c && initial_c != y_c)
		(void)memcpy(c, initial_c + b * p->state_batch, (size_t)p->hidden * sizeof(float));
	else if (!initial_c)
		(void)memset(c, 0, (size_t)p->hidden * sizeof(float));
}

/** Step t of nnrt_lstm_f32 for two rows of the batch, b and b + 1, whose sums share one stream of weights; h: their
 *  states before, state floats apart, or NULL for 0. The sums of a row are those of nnrt_gates_f32(), term by term. */
NNRT_INLINE void nnrt_lstm_f32_pair(const struct nnrt_rnn *p, const float *gates, const float *r,
	const float *peepholes, const float *h, ptrdiff_t state, float *y, float *y_c, int b, int t)
{
	const float *in = gates + t * p->gates_step + b * p->gates_batch;
	float *out = y + t * p->y_step + b * p->y_batch, *cells = y_c + b * p->state_batch;
	const int gates_of_h = h ? 4 : 0;

	for (int u = 0; u < p->hidden; u += NNRT_LANES) {
		const int n = nnrt_lanes_left(p->hidden, u);
		const float *at = r + (ptrdiff_t)u * p->hidden * 4;
		nnrt_vf even[2][4], odd[2][4];
		int k = 0;

		NNRT_UNROLL(2)
		for (int i = 0; i < 2; i++) {
			NNRT_UNROLL(4)
			for (int g = 0; g < 4; g++) {
				even[i][g] = nnrt_tile_load(in + i * p->gates_batch + u + g * p->hidden, n);
				odd[i][g] = nnrt_vf_set1(0.0f);
			}
		}
		for (; h && k + 2 <= p->hidden; k += 2, at += (ptrdiff_t)8 * NNRT_LANES) {
			const nnrt_vf a0 = nnrt_vf_set1(h[k]), a1 = nnrt_vf_set1(h[k + 1]);
			const nnrt_vf b0 = nnrt_vf_set1(h[state + k]), b1 = nnrt_vf_set1(h[state + k + 1]);

			NNRT_UNROLL(4)
			for (int g = 0; g < 4; g++) {
				const nnrt_vf w0 = nnrt_vf_load(at + g * NNRT_LANES);
				const nnrt_vf w1 = nnrt_vf_load(at + (4 + g) * NNRT_LANES);

				even[0][g] = nnrt_vf_fma(a0, w0, even[0][g]);
				even[1][g] = nnrt_vf_fma(b0, w0, even[1][g]);
				odd[0][g] = nnrt_vf_fma(a1, w1, odd[0][g]);
				odd[1][g] = nnrt_vf_fma(b1, w1, odd[1][g]);
			}
		}
		NNRT_UNROLL(2)
		for (int i = 0; i < 2; i++) {
			float *c = cells + i * p->state_batch + u;
			nnrt_vf next;

			NNRT_UNROLL(4)
			for (int g = 0; g < gates_of_h; g++) {
				if (k < p->hidden)
					even[i][g] = nnrt_vf_fma(nnrt_vf_set1(h[i * state + k]),
						nnrt_vf_load(at + g * NNRT_LANES), even[i][g]);
				even[i][g] = nnrt_vf_add(even[i][g], odd[i][g]);
			}
			nnrt_row_store(c, nnrt_lstm_cell_f32(p, even[i], nnrt_tile_load(c, n),
				peepholes ? peepholes + u : NULL, n, &next), n);
			nnrt_row_store(out + i * p->y_batch + u, next, n);
		}
	}
}

/** i, o, f = f(gate + H R + P C), c~ = g(gate + H R), C' = f C + i c~, H' = o h(C'), P of o on C'.
 *  gates: Wx + Wb + Rb in the order i, o, f, c. r: pack_gates_f32() with these four gates, NNRT_LANES columns;
 *  or such bytes, with their scales.
 *  peepholes: 3 x H (i, o, f) or NULL. initial_h, initial_c: B x H or NULL (0). lens: B lengths or NULL (all T).
 *  y: every H. y_h: last H, or NULL. y_c: last C, needed as storage; may be initial_c.   ONNX LSTM-14. */
NNRT_INLINE void nnrt_lstm_f32(const struct nnrt_rnn *p, const float *gates, const void *r, const float *scale,
	const float *peepholes, const float *initial_h, const float *initial_c, const int32_t *lens, float *y,
	float *y_h, float *y_c)
{
	int b = 0;

	/* Twice eight sums are too many for sixteen registers. */
	for (; b + 2 <= p->batch && !lens && !scale && NNRT_REGISTERS > 16; b += 2) {
		const float *h = initial_h ? initial_h + b * p->state_batch : NULL;
		ptrdiff_t state = p->state_batch;

		nnrt_lstm_begin(p, initial_c, y_c, b);
		nnrt_lstm_begin(p, initial_c, y_c, b + 1);
		for (int s = 0; s < p->steps; s++) {
			const int t = p->reverse ? p->steps - 1 - s : s;

			nnrt_lstm_f32_pair(p, gates, (const float *)r, peepholes, h, state, y, y_c, b, t);
			h = y + t * p->y_step + b * p->y_batch;
			state = p->y_batch;
		}
		nnrt_rnn_end(p, b, p->steps, h, y, y_h);
		nnrt_rnn_end(p, b + 1, p->steps, h ? h + state : NULL, y, y_h);
	}
	for (; b < p->batch; b++) {
		const int length = nnrt_rnn_length(p, lens, b);
		const float *h = initial_h ? initial_h + b * p->state_batch : NULL;
		float *c = y_c + b * p->state_batch;

		nnrt_lstm_begin(p, initial_c, y_c, b);
		for (int s = 0; s < length; s++) {
			const int t = p->reverse ? length - 1 - s : s;
			const float *in = gates + t * p->gates_step + b * p->gates_batch;
			float *out = y + t * p->y_step + b * p->y_batch;

			for (int u = 0; u < p->hidden; u += NNRT_LANES) {
				const int n = nnrt_lanes_left(p->hidden, u);
				nnrt_vf acc[4], next;

				nnrt_gates_f32(acc, in + u, p->hidden, h, r, scale, u, p->hidden, n, 4);
				nnrt_row_store(c + u, nnrt_lstm_cell_f32(p, acc, nnrt_tile_load(c + u, n),
					peepholes ? peepholes + u : NULL, n, &next), n);
				nnrt_row_store(out + u, next, n);
			}
			h = out;
		}
		nnrt_rnn_end(p, b, length, h, y, y_h);
	}
}

/** n units of the old state from u on; 0 when there is none. */
NNRT_INLINE nnrt_vf nnrt_state_f32(const float *h, int u, int n)
{
	return h ? nnrt_tile_load(h + u, n) : nnrt_vf_set1(0.0f);
}

/** H' = (1 - z) c + z H. */
NNRT_INLINE nnrt_vf nnrt_gru_mix_f32(nnrt_vf z, nnrt_vf c, nnrt_vf h)
{
	return nnrt_vf_fma(z, h, nnrt_vf_mul(nnrt_vf_sub(nnrt_vf_set1(1.0f), z), c));
}

/** GRU with linear_before_reset = 1: z, r = f(gate + H R), c = g(gate + r (H Rc + bias)), H' = (1 - z) c + z H.
 *  gates: Wx + Wb (+ Rb for z and r) in the order z, r, h. r: pack_gates_f32() with these three gates, NNRT_LANES
 *  columns; or such bytes, with their scales. bias: Rb of the third gate, H floats, or NULL. The rest as
 *  nnrt_rnn_f32.   ONNX GRU-14. */
NNRT_INLINE void nnrt_gru_linear_f32(const struct nnrt_rnn *p, const float *gates, const void *r, const float *scale,
	const float *bias, const float *initial_h, const int32_t *lens, float *y, float *y_h)
{
	for (int b = 0; b < p->batch; b++) {
		const int length = nnrt_rnn_length(p, lens, b);
		const float *h = initial_h ? initial_h + b * p->state_batch : NULL;

		for (int s = 0; s < length; s++) {
			const int t = p->reverse ? length - 1 - s : s;
			const float *in = gates + t * p->gates_step + b * p->gates_batch;
			float *out = y + t * p->y_step + b * p->y_batch;

			for (int u = 0; u < p->hidden; u += NNRT_LANES) {
				const int n = nnrt_lanes_left(p->hidden, u);
				nnrt_vf acc[4], z, c;

				nnrt_gates_f32(acc, NULL, 0, h, r, scale, u, p->hidden, n, 3);
				z = nnrt_gate_f32(p, 0, nnrt_vf_add(nnrt_tile_load(in + u, n), acc[0]));
				c = nnrt_gate_f32(p, 0, nnrt_vf_add(nnrt_tile_load(in + p->hidden + u, n), acc[1]));
				if (bias)
					acc[2] = nnrt_vf_add(acc[2], nnrt_tile_load(bias + u, n));
				c = nnrt_gate_f32(p, 1, nnrt_vf_fma(c, acc[2], nnrt_tile_load(in + 2 * p->hidden + u,
					n)));
				nnrt_row_store(out + u, nnrt_gru_mix_f32(z, c, nnrt_state_f32(h, u, n)), n);
			}
			h = out;
		}
		nnrt_rnn_end(p, b, length, h, y, y_h);
	}
}

/** Floats of scratch that nnrt_gru_f32 takes. */
NNRT_INLINE ptrdiff_t nnrt_gru_f32_scratch(ptrdiff_t hidden)
{
	return 2 * hidden;
}

/** One step of nnrt_gru_f32 from state h (NULL: 0) to out. */
NNRT_INLINE void nnrt_gru_step_f32(const struct nnrt_rnn *p, const float *in, const void *r_zr,
	const float *zr_scale, const void *r_h, const float *h_scale, const float *h, float *out, float *scratch)
{
	float *zs = scratch, *reset = scratch + p->hidden;
	nnrt_vf acc[4];

	for (int u = 0; u < p->hidden; u += NNRT_LANES) {
		const int n = nnrt_lanes_left(p->hidden, u);

		nnrt_gates_f32(acc, in + u, p->hidden, h, r_zr, zr_scale, u, p->hidden, n, 2);
		nnrt_row_store(zs + u, nnrt_gate_f32(p, 0, acc[0]), n);
		nnrt_row_store(reset + u, nnrt_vf_mul(nnrt_gate_f32(p, 0, acc[1]), nnrt_state_f32(h, u, n)), n);
	}
	for (int u = 0; u < p->hidden; u += NNRT_LANES) {
		const int n = nnrt_lanes_left(p->hidden, u);

		nnrt_gates_f32(acc, in + 2 * p->hidden + u, 0, h ? reset : NULL, r_h, h_scale, u, p->hidden, n,
			1);
		nnrt_row_store(out + u, nnrt_gru_mix_f32(nnrt_tile_load(zs + u, n), nnrt_gate_f32(p, 1, acc[0]),
			nnrt_state_f32(h, u, n)), n);
	}
}

/** GRU with linear_before_reset = 0: z, r = f(gate + H R), c = g(gate + (r H) Rc), H' = (1 - z) c + z H.
 *  gates: Wx + Wb + Rb in the order z, r, h. r_zr: pack_gates_f32() of z and r, r_h: of the third gate, NNRT_LANES
 *  columns; or such bytes, with their scales. scratch: nnrt_gru_f32_scratch() floats. The rest as nnrt_rnn_f32.
 *  ONNX GRU-14. */
NNRT_INLINE void nnrt_gru_f32(const struct nnrt_rnn *p, const float *gates, const void *r_zr,
	const float *zr_scale, const void *r_h, const float *h_scale, const float *initial_h, const int32_t *lens,
	float *y, float *y_h, float *scratch)
{
	for (int b = 0; b < p->batch; b++) {
		const int length = nnrt_rnn_length(p, lens, b);
		const float *h = initial_h ? initial_h + b * p->state_batch : NULL;

		for (int s = 0; s < length; s++) {
			const int t = p->reverse ? length - 1 - s : s;
			float *out = y + t * p->y_step + b * p->y_batch;

			nnrt_gru_step_f32(p, gates + t * p->gates_step + b * p->gates_batch, r_zr, zr_scale,
				r_h, h_scale, h, out, scratch);
			h = out;
		}
		nnrt_rnn_end(p, b, length, h, y, y_h);
	}
}

#endif
