/* Integer operators, domain "nnc": what QuantizeLinear/DequantizeLinear sandwiches become (passes/integers.c). Their
 * tensors are int8 or uint8; runtime_min/INTEGERS.md states what each computes. */
#ifndef NNC_OPS_INTEGER_H
#define NNC_OPS_INTEGER_H

#include "ops/arguments.h"

/* Inputs of IntegerConv and IntegerMatMul; all but the first are constants, zero points and bias optional.
 *   y = clamp(round_half_even(float(sum (x - x_zero) * (w - w_zero) + bias) * multiplier) + y_zero, low, high)
 * bias: int32, one element a channel. multiplier: float32, one element or one a channel. y_zero: of y's type.
 * Attributes low and high: the limits of saturation after Relu and Clip, within y's type. */
enum {
	INTEGER_X,
	INTEGER_W,
	INTEGER_X_ZERO,
	INTEGER_W_ZERO,
	INTEGER_BIAS,
	INTEGER_MULTIPLIER,
	INTEGER_Y_ZERO,
	INTEGER_INPUTS
};

#define INTEGER_LIMITS INT("low", 0), INT("high", 0)

/** What a DequantizeLinear with constant parameters says of tensor t. */
struct dequantised {
	int q;                  /* its 8- or 32-bit input */
	int scale, zero;        /* float32 constant; constant or -1 */
	int n, axis;            /* parameters: one, or one for each index of the axis */
};

/** False when t is no such tensor: not made by DequantizeLinear, in blocks, parameters not constant or scales that are
 *  not positive and finite. */
bool dequantised_get(const struct module *m, int t, struct dequantised *d);
/** The same of a node's inputs first to first + 2: a tensor of integers, its scale and its zero point. */
bool dequantised_inputs(const struct module *m, int node, int first, int axis, struct dequantised *d);
float dequantised_scale(const struct module *m, const struct dequantised *d, int64_t i);
int64_t dequantised_zero(const struct module *m, const struct dequantised *d, int64_t i);

/** A scale that keeps (q - zero) * scale and its way back exact enough: positive, finite, far from underflow. */
bool scale_is_sound(double scale);

/** saturate(round_half_even(v / scale) + zero) to an integer type of 8 bits, in float32. */
int64_t quantised_value(float v, float scale, int64_t zero, enum dtype type);

/* An IntegerGroup (integer_group.c): its operator, a node of its sub-graph, and how the result is quantised. */
struct integer_group {
	int op;
	float scale;
	int64_t zero, low, high;
};
struct integer_group integer_group_get(const struct module *m, int node);
/** What the operator's input t dequantises, as a tensor outside of the sub-graph; false: t is a constant. */
bool integer_group_input(const struct module *m, int node, int t, struct dequantised *d);

/** Ends a nest of steps v, whole numbers: bounded by low and high, of which int8 and uint8 have their own least and
 *  greatest anyway. */
void integer_store(struct nest *n, int v, int64_t low, int64_t high);

/** Ends a nest of sums acc: clamp(round(float(acc + bias) * multiplier) + zero, low, high) for output channel
 *  `channel`; bias, multiplier and zero: the node's inputs from `first` on. */
void integer_store_scaled(struct nest *n, int node, int first, int acc, struct num channel);

/** Whether node `op` on dequantised tensors can be the operator of an IntegerGroup: it lowers to one loop nest. */
bool integer_group_applies(struct module *m, int op);

#endif
