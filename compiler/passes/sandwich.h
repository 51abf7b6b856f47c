/* One sandwich of the pass "integers", and what all of its forms make nodes and constants with. */
#ifndef NNC_PASSES_SANDWICH_H
#define NNC_PASSES_SANDWICH_H

#include "ops/integer.h"

/* DequantizeLinear -> core -> [Relu, Clip] -> QuantizeLinear. */
struct sandwich {
	struct module *m;
	const int *uses;        /* readers of each tensor that was there when the pass began */
	int n_uses;
	int graph;
	int core, quantize;     /* nodes: the operator, the QuantizeLinear */
	int result;             /* the output of the operator that is read */
	int y;                  /* result of the QuantizeLinear */
	enum dtype type;
	float scale;
	int64_t zero;
	int64_t low, high;      /* what Relu and Clip leave of the type's range */
	const char *why;        /* out: what is missing for an integer step */
};

/** Appends a node that makes y from the inputs; the caller infers it once its attributes are set. */
int sandwich_node(struct sandwich *s, const struct op_def *op, int n_in, const int *in);
/** t is read once, by the sandwich. */
bool is_private(const struct sandwich *s, int t);
/** 8 bits with one constant scale. */
bool is_one_scale(const struct sandwich *s, const struct dequantised *d);
/** t is dequantised from 8 bits with one constant scale, as *d says; else false, and s->why says so. */
bool sandwich_bytes(struct sandwich *s, int t, struct dequantised *d);

/** Constants of one axis (n >= 0) or scalars (-1). */
int const_typed(struct module *m, enum dtype type, int n, const void *data);
int const_zero_point(struct module *m, enum dtype type, int64_t zero);

#endif
