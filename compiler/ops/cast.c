/* Cast and CastLike: conversion between numbers as C does it; bool is "not 0"; float16 and bfloat16 round to nearest even. */
#include "ops/ops_common.h"

static enum dtype dtype_of_onnx(int64_t onnx)
{
	for (int t = 1; t < N_DTYPES; t++)
		if (dtypes[t].onnx == onnx)
			return (enum dtype)t;
	return DT_NONE;
}

static bool infer_cast(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	int64_t to = node_attr_int(m, node, "to", 0);
	enum dtype type = m->node[node].n_in > 1 ? node_in_type(m, node, 1) : dtype_of_onnx(to);

	if (type == DT_NONE)
		return node_unsupported(m, node, "type %lld of the result, allowed: bool, integers of 8 to 64 bits, float16, "
			"bfloat16, float, double", (long long)to);
	return tensor_set(m, node, node_out(m, node, 0), type, x.rank, x.dim);
}

static bool lower_cast(struct lowering *l, int node)
{
	struct nest *n = nest_new(l->m, node_out(l->m, node, 0));

	nest_store(n, nest_cast(n, l->m->tensor[n->out].type, nest_load_broadcast(n, node_in(l->m, node, 0))));
	lower_nest(l, n);
	return true;
}

/* Both attributes speak of float8 results alone, which infer refuses. */
#define SATURATE FLAG("saturate", 1)
#define ROUND STRING("round_mode", "up", "up|down|nearest")

const struct op_def op_Cast_6 = {
	ONNX("Cast", 6, 1, 1, 1, 1), .attrs = ATTRS(INT_REQUIRED("to")), .types = TYPES("fhiub"),
	.infer = infer_cast, .lower = lower_cast,
};
const struct op_def op_Cast_19 = {
	ONNX("Cast", 19, 1, 1, 1, 1), .attrs = ATTRS(INT_REQUIRED("to"), SATURATE), .types = TYPES("fhiub"),
	.infer = infer_cast, .lower = lower_cast,
};
const struct op_def op_Cast_24 = {
	ONNX("Cast", 24, 1, 1, 1, 1), .attrs = ATTRS(INT_REQUIRED("to"), SATURATE, ROUND), .types = TYPES("fhiub"),
	.infer = infer_cast, .lower = lower_cast,
};
const struct op_def op_CastLike_15 = {
	ONNX("CastLike", 15, 2, 2, 1, 1), .types = TYPES("fhiub", "fhiub"), .infer = infer_cast, .lower = lower_cast,
};
const struct op_def op_CastLike_19 = {
	ONNX("CastLike", 19, 2, 2, 1, 1), .attrs = ATTRS(SATURATE), .types = TYPES("fhiub", "fhiub"),
	.infer = infer_cast, .lower = lower_cast,
};
const struct op_def op_CastLike_24 = {
	ONNX("CastLike", 24, 2, 2, 1, 1), .attrs = ATTRS(SATURATE, ROUND), .types = TYPES("fhiub", "fhiub"),
	.infer = infer_cast, .lower = lower_cast,
};
