/* Inside the pass "integers": one sandwich, and the forms that it may take. */
#ifndef NNC_PASSES_QUANTIZE_H
#define NNC_PASSES_QUANTIZE_H

#include "ops/integer.h"

/* DequantizeLinear -> core -> [Relu, Clip] -> QuantizeLinear. */
struct sandwich {
	struct module *m;
	const int *uses;        /* readers of each tensor that was there when the pass began */
	int n_uses;
	int graph;
	int core;               /* node */
	int y;                  /* result of the QuantizeLinear */
	enum dtype type;
	float scale;
	int64_t zero;
	int64_t low, high;      /* what Relu and Clip leave of the type's range */
	const char *why;        /* out: what is missing for an integer step */
};

/** Appends `core` in another form, which makes y. */
bool sandwich_conv(struct sandwich *s);
bool sandwich_matmul(struct sandwich *s);
/** Of a QLinearConv or QLinearMatMul: the same formula. */
bool qlinear_node(struct sandwich *s);
bool sandwich_softmax(struct sandwich *s);
bool sandwich_group(struct sandwich *s);
/** An operator that only moves elements: the same one on bytes, and a table behind it where parameters change. */
bool sandwich_move(struct sandwich *s);
/** Element-wise operators over one quantised tensor and constants: a table of 256 elements. `t` is what is quantised.
 */
bool sandwich_table(struct sandwich *s, int t);

/** Paddings in front of the graph's convolutions become theirs. */
void fold_pads(struct module *m, int graph);

/** Appends a node that makes y from the inputs and infers it. */
int sandwich_node(struct sandwich *s, const struct op_def *op, int n_in, const int *in);
/** Appends the table that re-quantises bytes of tensor q (as d says) to y with its limits. */
bool sandwich_requantise(struct sandwich *s, int q, const struct dequantised *d);
void node_set_int(struct module *m, int node, const char *attr, int64_t v);
void node_set_float(struct module *m, int node, const char *attr, double v);
/** Constants of one axis (n >= 0) or scalars (-1). */
int const_typed(struct module *m, enum dtype type, int n, const void *data);
int const_zero_point(struct module *m, enum dtype type, int64_t zero);
/** t is read once, by the sandwich. */
bool is_private(const struct sandwich *s, int t);

#endif
