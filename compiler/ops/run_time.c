#include "ops/run_time.h"

#include <string.h>

#include "graph/infer.h"
#include "ops/expand.h"
#include "ops/pointwise.h"
#include "ops/run_time_parts.h"

/* Sizes that one input may hold. */
enum { MOST_ELEMENTS = 64 };

enum kind { KIND_NONE,
#define RUN_TIME(op, input, kind)
	    AXES, DIMS, SHAPE, BROADCAST, REPEATS, CROPPED, LENGTHS, COUNT, DEPTH, POSITION };
#undef RUN_TIME

static enum kind kind_of(const struct op_def *op, int input)
{
	static const struct {
		const char *op;
		int input;
		enum kind kind;
	} rows[] = {
#define RUN_TIME(op, input, kind) { #op, input, kind },
#include "ops/run_time.def"
#undef RUN_TIME
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows && !*op->domain; i++)
		if (!strcmp(rows[i].op, op->name) && rows[i].input == input)
			return rows[i].kind;
	return KIND_NONE;
}

/* --- Sizes that the model says ------------------------------------------------------------------------------------ */

/* What the model itself says that output i of the node has along an axis; -1: nothing. */
static int64_t said(const struct module *m, int node, int i, int axis)
{
	const struct tensor *t = node_out_tensor(m, node, i);

	if (!t || axis < 0 || axis >= t->rank)
		return -1;
	return num_is_const(t->dim[axis]) ? t->dim[axis].n : -1;
}

static int axis_attr(const struct module *m, int node, int64_t missing, int rank)
{
	const int64_t axis = node_attr_int(m, node, "axis", missing);

	return (int)(axis < 0 ? axis + rank : axis);
}

/* Element k of n as the model says it, and numbers that mean the same there; false: it does not. */
static bool wanted_element(const struct module *m, int node, enum kind kind, int k, int n, int64_t v[3])
{
	const struct tensor *x = node_in_tensor(m, node, 0), *y = node_out_tensor(m, node, 0);
	const int rank = y ? y->rank : -1, from_end = rank - n + k;
	const struct attr *axes = node_attr(m, node, "axes");
	int64_t axis, size = -1;

	if (rank < 0)
		return false;
	switch (kind) {
	case SHAPE:
	case DIMS:
		size = rank == n ? said(m, node, 0, k) : -1;
		break;
	case BROADCAST:
		size = said(m, node, 0, from_end);
		break;
	case REPEATS:
		size = rank == n && x->rank == n && num_is_const(x->dim[k]) ? said(m, node, 0, k) : -1;
		if (size >= 0 && (x->dim[k].n == 0 || size % x->dim[k].n))
			return false;
		size = size < 0 ? -1 : size / x->dim[k].n;
		break;
	case CROPPED:
		if (node_attr(m, node, "keep_aspect_ratio_policy") &&
		    !node_attr_is(m, node, "keep_aspect_ratio_policy", "stretch"))
			return false;
		axis = axes && k < axes->n ? axes->ints[k] : k;
		size = said(m, node, 0, (int)(axis < 0 ? axis + rank : axis));
		break;
	case LENGTHS:
		size = said(m, node, k, axis_attr(m, node, 0, x->rank));
		break;
	case COUNT:
	case DEPTH:
		size = said(m, node, 0, axis_attr(m, node, -1, rank));
		break;
	default:
		return false;
	}
	v[0] = v[1] = v[2] = size;
	if (kind == SHAPE) {
		v[1] = -1;
		if (k < x->rank && num_is(x->dim[k], size) && !node_attr_int(m, node, "allowzero", 0))
			v[2] = 0;
	}
	if (kind == BROADCAST && from_end - (rank - x->rank) >= 0 && num_is(x->dim[from_end - (rank - x->rank)], size))
		v[1] = 1;
	return size >= 0;
}

/* The elements are what the model says, or the run ends. */
static bool as_said(struct module *m, int node, enum kind kind, int input, int n)
{
	int64_t *v = ARENA_ARRAY(m->scratch, 3 * (int64_t)n, int64_t);
	int made;

	for (int k = 0; k < n; k++)
		if (!wanted_element(m, node, kind, k, n, v + 3 * k))
			return false;
	made = run_time_values(m, node, input, n);
	rewrite_attr_ints(m, made, "wanted", v, 3 * n);
	return infer_node(m, made);
}

/* --- Sizes of any value within bounds ----------------------------------------------------------------------------- */

/* The elements lie within *low … *high, or the run ends; positions are limited to them. */
static bool bounds(const struct module *m, int node, enum kind kind, int64_t *low, int64_t *high)
{
	const struct tensor *x = node_in_tensor(m, node, 0);
	int64_t most = 0;

	if (kind == COUNT) {
		const int axis = axis_attr(m, node, -1, x->rank);
		if (axis < 0 || axis >= x->rank)
			return false;
		*low = 0;
		*high = x->dim[axis].n;
		return true;
	}
	if (kind != POSITION)
		return false;
	for (int k = 0; k < x->rank; k++)
		most = x->dim[k].n > most ? x->dim[k].n : most;
	*low = -most - 1;
	*high = most;
	return true;
}

static bool as_found(struct module *m, int node, enum kind kind, int input, int n)
{
	int64_t *low = ARENA_ARRAY(m->scratch, n, int64_t), *high = ARENA_ARRAY(m->scratch, n, int64_t);
	int made;

	for (int k = 0; k < n; k++)
		if (!bounds(m, node, kind, &low[k], &high[k]))
			return false;
	made = run_time_values(m, node, input, n);
	rewrite_attr_ints(m, made, "low", low, n);
	rewrite_attr_ints(m, made, "high", high, n);
	rewrite_attr(m, made, "checked")->i = kind != POSITION;
	return infer_node(m, made);
}

/* The result has the shape of input 0. */
static bool keeps_shape(const struct op_def *op)
{
	return op->infer == infer_same || pointwise_is_unary(op) || (!*op->domain && !strncmp(op->name, "Cast", 4));
}

void run_time_spread(struct module *m, int graph)
{
	for (int i = m->graph[graph].n_nodes - 1; i >= 0; i--) {
		const int node = m->graph[graph].node[i], x = node_in(m, node, 0), y = node_out(m, node, 0);
		if (x < 0 || y < 0 || m->tensor[x].producer < 0 || m->tensor[x].rank >= 0 || m->tensor[y].rank < 0 ||
		    !keeps_shape(m->node[node].op))
			continue;
		m->tensor[x].rank = m->tensor[y].rank;
		memcpy(m->tensor[x].dim, m->tensor[y].dim, sizeof m->tensor[y].dim);
	}
}

enum run_time run_time_resolve(struct module *m, int node, int input)
{
	const enum kind kind = kind_of(m->node[node].op, input);
	const struct tensor *t = node_in_tensor(m, node, input);
	const struct num n = tensor_elements(m, node_in(m, node, input));

	if (kind == KIND_NONE || !num_is_const(n) || n.n > MOST_ELEMENTS || n.n < 1 ||
	    (kind != DEPTH && dtypes[t->type].class == CLASS_F))
		return RUN_TIME_NOT;
	if (kind == AXES)
		return run_time_branches(m, node, input, (int)n.n) ? RUN_TIME_REPLACED : RUN_TIME_NOT;
	return as_said(m, node, kind, input, (int)n.n) || as_found(m, node, kind, input, (int)n.n) ? RUN_TIME_KNOWN :
												       RUN_TIME_NOT;
}
