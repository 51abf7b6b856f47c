/* The rows of pointwise.def as operators. Requires: input types checked against the row. */
#include "ops/pointwise.h"

#include <string.h>

enum result { RESULT_X, RESULT_Y, RESULT_B };

struct pointwise {
	const struct op_def *op;
	const char *text;
	enum result result;
};

static const struct pointwise rows[] = {
#define POINTWISE(name, since, arity, types, result, text, params) { &op_##name##_##since, text, RESULT_##result },
#include "ops/pointwise.def"
#undef POINTWISE
};

static const struct pointwise *row_of(const struct op_def *op)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].op == op)
			return &rows[i];
	die("%s-%d is not a row of pointwise.def", op->name, op->since);
}

bool pointwise_is(const struct op_def *op)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].op == op)
			return true;
	return false;
}

bool pointwise_is_unary(const struct op_def *op)
{
	return op->max_in == 1 && pointwise_is(op);
}

bool infer_broadcast(struct module *m, int node, enum dtype type)
{
	struct num dim[MAX_RANK];
	int rank = 0;

	for (int i = 0; i < m->node[node].n_in; i++) {
		const struct tensor *t = node_in_tensor(m, node, i);

		if (t && !dims_broadcast(m, node, &rank, dim, t->rank, t->dim))
			return false;
	}
	return tensor_set(m, node, node_out(m, node, 0), type, rank, dim);
}

bool infer_broadcast_same(struct module *m, int node)
{
	return infer_broadcast(m, node, node_in_type(m, node, 0));
}

static bool infer_pointwise(struct module *m, int node)
{
	const struct pointwise *row = row_of(m->node[node].op);

	if (row->op->max_in == 3 && node_in_type(m, node, 1) != node_in_type(m, node, 2))
		return node_bad(m, node, "inputs 1 and 2 are %s and %s, allowed: the same type",
			dtypes[node_in_type(m, node, 1)].name, dtypes[node_in_type(m, node, 2)].name);
	if (row->result == RESULT_B)
		return infer_broadcast(m, node, DT_BOOL);
	return infer_broadcast(m, node, node_in_type(m, node, row->result == RESULT_Y ? 1 : 0));
}

/* The FLOAT attributes of a node as parameters of an expression; their number. */
static int text_params(struct nest *n, int node, enum dtype type, struct nest_param *p)
{
	const struct node *x = &n->m->node[node];
	int count = 0;

	for (int k = 0; x->op->attrs && x->op->attrs[k].name; k++)
		if (x->op->attrs[k].kind == ATTR_FLOAT && x->attr[k].kind == ATTR_FLOAT)
			p[count++] =
				(struct nest_param){ x->op->attrs[k].name, nest_const_float(n, type, x->attr[k].f) };
	return count;
}

bool lower_text(struct lowering *l, int node, const char *text, enum dtype type, bool fold)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	int n_in = m->node[node].n_in;
	int *operand = ARENA_ARRAY(m->arena, n_in, int), value;
	struct nest_param params[8];
	int n_params;

	for (int i = 0; i < n_in; i++) {
		int t = node_in(m, node, i);
		enum dtype own = compute_type(m->tensor[t].type);

		operand[i] = nest_cast(n, type == DT_NONE ? own : type, nest_load_broadcast(n, t));
	}
	n_params = text_params(n, node, type == DT_NONE ? compute_type(node_in_type(m, node, 0)) : type, params);
	if (fold) {
		value = operand[0];
		for (int i = 1; i < n_in; i++)
			value = nest_parse(n, text, (int[]){ value, operand[i] }, 2, params, n_params);
	} else {
		value = nest_parse(n, text, operand, n_in, params, n_params);
	}
	nest_store_narrow(n, value);
	lower_nest(l, n);
	return true;
}

static bool lower_pointwise(struct lowering *l, int node)
{
	const struct pointwise *row = row_of(l->m->node[node].op);
	enum dtype type = node_in_type(l->m, node, 0);

	/* Integers with fractional parameters: Shrink. */
	if (row->op->attrs && !is_float(type))
		return lower_text(l, node, row->text, DT_F32, false);
	return lower_text(l, node, row->text, DT_NONE, row->op->max_in < 0);
}

/* Inputs of a row: those of "any number" are one at least. */
#define AT_LEAST(arity) ((arity) < 0 ? -(arity) : (arity))
#define POINTWISE(op_name, version, arity, type_list, result, text, params) \
	const struct op_def op_##op_name##_##version = { \
		ONNX(#op_name, version, AT_LEAST(arity), arity, 1, 1), .attrs = params, .types = type_list, \
		.infer = infer_pointwise, .lower = lower_pointwise, \
	};
#include "ops/pointwise.def"
#undef POINTWISE
