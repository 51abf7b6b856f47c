/* What operators that are short for others (op_def.expand) make nodes with. */
#ifndef NNC_EXPAND_H
#define NNC_EXPAND_H

#include "ops/arguments.h"

/* .domain and what follows, for operators of com.microsoft, onnxruntime's own. */
#define MICROSOFT(n, least_in, most_in, least_out, most_out) \
	.domain = "com.microsoft", .name = n, .since = 1, .min_in = least_in, .max_in = most_in, \
	.min_out = least_out, .max_out = most_out

/** Inputs for expand_node: their number and the tensors. */
#define INPUTS(...) (int)(sizeof((int[]){ __VA_ARGS__ }) / sizeof(int)), (int[]){ __VA_ARGS__ }

/** Appends the operator of ai.onnx that is in force at `opset` to the graph of node `like`, under its name, and is
 *  reported as a part of it. It makes tensor `out`, -1: a new one, which is returned. Attributes are the defaults. */
int expand_node(struct module *m, int like, const char *op, int opset, int n_in, const int *in, int out);
/** The same with several outputs, each a tensor or -1, which becomes a new one; the node. */
int expand_many(struct module *m, int like, const char *op, int opset, int n_in, const int *in, int n_out, int *out);
/** expand_node with the attributes of `like` that the operator has by the same name. */
int expand_core(struct module *m, int like, const char *op, int opset, int n_in, const int *in, int out);

/** Attribute of the node that makes t, for writing. */
struct attr *expand_attr(struct module *m, int t, const char *name);

/** x with its axes in another order: output axis k is input axis perm[k]. */
int expand_transpose(struct module *m, int like, int x, int rank, const int64_t *perm, int out);
/** x of the given rank, N x spatial x C, as N x C x spatial; and back. */
int expand_channels_second(struct module *m, int like, int x, int rank);
int expand_channels_last(struct module *m, int like, int x, int rank, int out);

/** x as float32, or as another type. */
int expand_cast(struct module *m, int like, int x, enum dtype type, int out);
/** Element `index` of axis 0 of x, which goes. */
int expand_pick(struct module *m, int like, int x, int64_t index);
/** x times or plus y. */
int expand_mul(struct module *m, int like, int x, int y);
int expand_add(struct module *m, int like, int x, int y, int out);
/** Equal parts of x along an axis: part[0] … part[n - 1]. */
void expand_split(struct module *m, int like, int x, int64_t axis, int n, int *part);

/** DequantizeLinear of inputs first … first + 2 of the node `like`. */
int expand_dequantize(struct module *m, int like, int first);
/** QuantizeLinear of v to `type` (zero point -1: 0 of it) by tensors scale and zero point: tensor out. */
void expand_quantize(struct module *m, int like, int v, int scale, int zero, enum dtype type, int out);

/** The scalar 0 of an integer type. */
int expand_zero(struct module *m, enum dtype type);
/** Input i has elements of 8 bits. */
bool expand_check_bytes(struct module *m, int node, int i);
/** Scale and zero point, inputs i and i + 1 (may be absent), have one element each. */
bool expand_check_scale(struct module *m, int node, int i);

#endif
