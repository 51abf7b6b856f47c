/* Cast and CastLike: conversion between numbers as C does it; bool is "not 0"; float16 and bfloat16 round to nearest
 * even. BitCast: the same bits as another type. */
#include "graph/narrow.h"
#include "nest/nest_narrow.h"
#include "ops/arguments.h"

static bool infer_cast(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	enum dtype type = node_in_type(m, node, 1);

	if (m->node[node].n_in == 1 && !node_attr_type(m, node, "to", DT_NONE, &type))
		return false;
	return tensor_set(m, node, node_out(m, node, 0), type, x.rank, x.dim);
}

static enum narrow_round rounding(const struct module *m, int node)
{
	return node_attr_is(m, node, "round_mode", "down") ? NARROW_DOWN :
	       node_attr_is(m, node, "round_mode", "nearest") ? NARROW_NEAREST : NARROW_UP;
}

static bool lower_cast(struct lowering *l, int node)
{
	struct nest *n = nest_new(l->m, node_out(l->m, node, 0));

	const enum dtype type = l->m->tensor[n->out].type;
	const int v = nest_load_broadcast(n, node_in(l->m, node, 0));

	/* Both attributes speak of results of 8 bits and less. */
	if (dtype_is_code(type) && !dtype_is_code((enum dtype)n->e[v].type))
		nest_store(n, nest_cast_float(n, type, v, node_attr_int(l->m, node, "saturate", 1),
					      rounding(l->m, node)));
	else
		nest_store(n, nest_cast(n, type, v));
	lower_nest(l, n);
	return true;
}

#define SATURATE FLAG("saturate", 1)
#define ROUND STRING("round_mode", "up", "up|down|nearest")

const struct op_def op_Cast_6 = {
	ONNX("Cast", 6, 1, 1, 1, 1), .attrs = ATTRS(INT_REQUIRED("to")), .types = TYPES("fhiub"),
	.infer = infer_cast, .lower = lower_cast,
};
const struct op_def op_Cast_19 = {
	ONNX("Cast", 19, 1, 1, 1, 1), .attrs = ATTRS(INT_REQUIRED("to"), SATURATE), .types = TYPES("fhiubnep"),
	.infer = infer_cast, .lower = lower_cast,
};
const struct op_def op_Cast_24 = {
	ONNX("Cast", 24, 1, 1, 1, 1), .attrs = ATTRS(INT_REQUIRED("to"), SATURATE, ROUND), .types = TYPES("fhiubnep"),
	.infer = infer_cast, .lower = lower_cast,
};
const struct op_def op_CastLike_15 = {
	ONNX("CastLike", 15, 2, 2, 1, 1), .types = TYPES("fhiub", "fhiub"), .infer = infer_cast, .lower = lower_cast,
};
const struct op_def op_CastLike_19 = {
	ONNX("CastLike", 19, 2, 2, 1, 1), .attrs = ATTRS(SATURATE), .types = TYPES("fhiubnep", "fhiubne"),
	.infer = infer_cast, .lower = lower_cast,
};
const struct op_def op_CastLike_24 = {
	ONNX("CastLike", 24, 2, 2, 1, 1), .attrs = ATTRS(SATURATE, ROUND), .types = TYPES("fhiubnep", "fhiubne"),
	.infer = infer_cast, .lower = lower_cast,
};

/* --- BitCast ------------------------------------------------------------------------------------------------------ */

static bool infer_bitcast(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	enum dtype type;

	if (!node_attr_type(m, node, "to", DT_NONE, &type))
		return false;
	if (dtypes[type].bytes != dtypes[x.type].bytes)
		return node_bad(m, node, "the bits of %s as %s, allowed: a type of %d bits", dtypes[x.type].name,
				dtypes[type].name, 8 * dtypes[x.type].bytes);
	if (!tensor_set(m, node, node_out(m, node, 0), type, x.rank, x.dim))
		return false;
	/* A constant is what it was; only bool is not free to hold any byte. */
	if (type != DT_BOOL)
		m->tensor[node_out(m, node, 0)].data = x.data;
	return true;
}

static bool lower_bitcast(struct lowering *l, int node)
{
	struct nest *n = nest_new(l->m, node_out(l->m, node, 0));

	nest_store(n, nest_bits(n, l->m->tensor[n->out].type, nest_load_broadcast(n, node_in(l->m, node, 0))));
	lower_nest(l, n);
	return true;
}

const struct op_def op_BitCast_26 = {
	ONNX("BitCast", 26, 1, 1, 1, 1), .attrs = ATTRS(INT_REQUIRED("to")), .types = TYPES("fhiub"),
	.infer = infer_bitcast, .lower = lower_bitcast,
};
