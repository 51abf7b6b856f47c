/* What the strategies of RNN, GRU and LSTM share. A layer is one matrix product for all steps, gates = X W^T + bias,
 * and a kernel that walks the steps; each direction is a pair of such calls that write their part of the outputs. */
#ifndef NNC_LOWER_RECURRENT_H
#define NNC_LOWER_RECURRENT_H

#include "lower/kernel_call.h"
#include "lower/layouts.h"
#include "lower/lower.h"
#include "lower/packed.h"
#include "ops/recurrent.h"

enum { MAX_DIRECTIONS = 2, MAX_ACTIVATIONS = GEOMETRY_ACTIVATIONS };

struct activation {
	int code;               /* enum nnrt_activation */
	float alpha, beta;
};

struct layer {
	struct recurrent size;
	enum dtype type;                        /* computed in: float32 or float64 */
	int x, w, r, b, lens, h, c, peepholes;  /* inputs as tensors; -1: absent */
	int y, y_h, y_c;                        /* outputs; -1: not wanted */
	struct activation activation[MAX_DIRECTIONS][MAX_ACTIVATIONS];
	float clip;                             /* 0: none */
	bool input_forget;                      /* LSTM */
	bool linear_before_reset;               /* GRU */
	/* What multiplies the inputs with W in float32, when W is known and packed, and when its rows are read as
	 * columns. */
	const struct kernel *packed_product, *read_product;
};

/** Reads a node; false with the reason when the kernels cannot do it. */
bool layer_read(struct module *m, int node, struct layer *a, const char **why);

/** Chooses the products of the inputs with W; false when the target has none. */
bool layer_products(const struct module *m, struct layer *a);

/** Multiply-accumulates of the recurrence in one direction, at the upper bound of all sizes. */
int64_t layer_macs(const struct layer *a);

/** Makes inputs and outputs what kernels can walk: copies of what lies otherwise or is of a 16-bit type, temporaries
 *  for what is not wanted but needed. Copies of outputs are made by layer_end(), which gets the layer as it was
 *  before. */
void layer_begin(struct lowering *l, struct layer *a);
void layer_end(struct lowering *l, const struct layer *a, const struct layer *before);

/** Appends the product for direction d: a tensor of the first two axes of X by gates * hidden. */
int layer_gates(struct lowering *l, const struct layer *a, int d);

/** Recurrent weights of direction d, `gates` gates from `first` on, packed for the target's vectors: float32, *scale
 *  -1, or int8 and their scales. */
int layer_weights(struct lowering *l, const struct layer *a, int d, int first, int gates, int *scale);

/** Recurrent bias of the last gate of direction d, or -1. */
int layer_last_bias(struct lowering *l, const struct layer *a, int d);

/** Appends the kernel's call with struct nnrt_rnn filled in; arguments are the caller's. */
struct call *layer_call(struct lowering *l, const struct layer *a, int d, enum layer_kernel kernel, int gates);

/** Appends an argument: the part of a state, of Y, or of weights (W, R or the peepholes) that belongs to direction
 *  d. */
void layer_state(struct lowering *l, const struct layer *a, struct call *call, enum arg_kind kind, int t, int d);
void layer_output(struct lowering *l, const struct layer *a, struct call *call, int d);
void layer_part(struct lowering *l, struct call *call, int weights, int d);

#endif
