#include "ops/run_time.h"

#include <string.h>

#include "graph/infer.h"
#include "ops/expand.h"
#include "ops/pointwise.h"
#include "ops/resize.h"
#include "ops/run_time_parts.h"

/* Sizes that one input may hold. */
enum { MOST_ELEMENTS = 64 };

enum kind { KIND_NONE,
#define RUN_TIME(op, input, kind)
	    AXES, DIMS, SHAPE, BROADCAST, REPEATS, CROPPED, LENGTHS, COUNT, DEPTH, POSITION, SCALES,
	    STEP, LISTS, PADS, SIZED, TURNS, TAIL, GRID, BLOCK, FRAMES, SPECTRUM };
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

int64_t run_time_said(const struct module *m, int node, int i, int axis)
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

	if (rank < 0 && kind != TURNS)
		return false;
	switch (kind) {
	case SHAPE:
	case DIMS:
		size = rank == n ? run_time_said(m, node, 0, k) : -1;
		break;
	case BROADCAST:
	case TAIL:
		size = run_time_said(m, node, 0, from_end);
		break;
	case REPEATS:
		size = rank == n && x->rank == n && num_is_const(x->dim[k]) ? run_time_said(m, node, 0, k) : -1;
		if (size >= 0 && (x->dim[k].n == 0 || size % x->dim[k].n))
			return false;
		size = size < 0 ? -1 : size / x->dim[k].n;
		break;
	case CROPPED:
		axis = axes && k < axes->n ? axes->ints[k] : k;
		size = run_time_said(m, node, 0, (int)(axis < 0 ? axis + rank : axis));
		break;
	case LENGTHS:
		size = run_time_said(m, node, k, axis_attr(m, node, 0, x->rank));
		break;
	case GRID:
		size = rank == n ? run_time_said(m, node, 0, k ? k - 1 : 0) : -1;
		break;
	case TURNS:
		for (int i = m->node[node].n_in - 2; i < m->node[node].n_out && size < 0; i++)
			size = run_time_said(m, node, i, 0);
		break;
	case COUNT:
	case DEPTH:
		size = run_time_said(m, node, 0, axis_attr(m, node, -1, rank));
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
	if (kind == GRID && k == 1)
		v[1] = v[2] = RUN_TIME_ANY;
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

/* The elements lie within *low … *high, or the run ends; positions and steps are limited to them. */
static bool bounds(const struct module *m, int node, enum kind kind, int k, int n, int64_t *low, int64_t *high)
{
	const struct tensor *x = node_in_tensor(m, node, 0);
	const int axis = k % (n < 2 ? 1 : n / 2);
	int64_t most = 0;

	switch (kind) {
	case COUNT:
		if (axis_attr(m, node, -1, x->rank) < 0 || axis_attr(m, node, -1, x->rank) >= x->rank)
			return false;
		*low = 0;
		*high = x->dim[axis_attr(m, node, -1, x->rank)].n;
		return true;
	case PADS:
		if (n != 2 * x->rank || !num_is_const(x->dim[axis]) || run_time_said(m, node, 0, axis) < 0)
			return false;
		*low = -x->dim[axis].n;
		*high = run_time_said(m, node, 0, axis);
		return true;
	case POSITION:
	case STEP:
		for (int i = 0; i < x->rank; i++)
			most = x->dim[i].n > most ? x->dim[i].n : most;
		*low = -most - 1;
		*high = most + (kind == STEP);
		return true;
	default:
		return false;
	}
}

static bool as_found(struct module *m, int node, enum kind kind, int input, int n)
{
	int64_t *low = ARENA_ARRAY(m->scratch, n, int64_t), *high = ARENA_ARRAY(m->scratch, n, int64_t);
	int64_t total[MAX_RANK];
	int made;

	for (int k = 0; k < n; k++)
		if (!bounds(m, node, kind, k, n, &low[k], &high[k]))
			return false;
	made = run_time_values(m, node, input, n);
	rewrite_attr_ints(m, made, "low", low, n);
	rewrite_attr_ints(m, made, "high", high, n);
	rewrite_attr(m, made, "checked")->i = kind == COUNT || kind == PADS;
	rewrite_attr(m, made, "nonzero")->i = kind == STEP;
	for (int k = 0; k < n / 2 && kind == PADS; k++)
		total[k] = high[k] + low[k];
	if (kind == PADS)
		rewrite_attr_ints(m, made, "totals", total, n / 2);
	return infer_node(m, made);
}

/* --- One of few values, for each of which the operator is made ---------------------------------------------------- */

/* Steps with which `length` elements behind the first frame make so many frames. */
static void frame_sets(const struct module *m, int node, struct run_time_sets *s)
{
	const struct tensor *x = node_in_tensor(m, node, 0), *window = node_in_tensor(m, node, 2);
	const int64_t frames = run_time_said(m, node, 0, 1);
	const int length = node_in(m, node, 3);
	int64_t left;

	if (x->rank < 2 || !num_is_const(x->dim[1]) || frames < 1)
		return;
	left = x->dim[1].n - (length >= 0 && tensor_is_const(m, length) ? const_int(m, length, 0) :
			      window && window->rank == 1 ? window->dim[0].n : x->dim[1].n);
	if (left >= 0)
		run_time_range_sets(left / frames + 1, frames == 1 ? left + 1 : left / (frames - 1), s);
}

static bool as_chosen(struct module *m, int node, enum kind kind, int input, int n)
{
	struct run_time_sets *s = ARENA_NEW(m->scratch, struct run_time_sets);
	const int64_t results = run_time_said(m, node, 0, m->node[node].op->max_in == 4 ? 2 : 0);

	*s = (struct run_time_sets){ .n = n };
	if (kind == AXES)
		run_time_axes_sets(m, node, s);
	if (kind == BLOCK && n <= MAX_RANK)
		run_time_block_sets(m, node, run_time_said(m, node, 0, 1), s);
	if (kind == FRAMES && n == 1)
		frame_sets(m, node, s);
	if (kind == SPECTRUM && n == 1 && results >= 0)
		run_time_range_sets(node_attr_int(m, node, "onesided", 1) ? 2 * (results - 1) : results,
				    node_attr_int(m, node, "onesided", 1) ? 2 * results - 1 : results, s);
	return s->count && s->count <= MAX_SETS && run_time_branches(m, node, input, s);
}

bool run_time_keeps_shape(const struct op_def *op)
{
	return op->infer == infer_same || pointwise_is_unary(op) || (!*op->domain && !strncmp(op->name, "Cast", 4));
}

void run_time_spread(struct module *m, int graph)
{
	for (int i = m->graph[graph].n_nodes - 1; i >= 0; i--) {
		const int node = m->graph[graph].node[i], x = node_in(m, node, 0), y = node_out(m, node, 0);
		if (x < 0 || y < 0 || m->tensor[x].producer < 0 || m->tensor[x].rank >= 0 || m->tensor[y].rank < 0 ||
		    !run_time_keeps_shape(m->node[node].op))
			continue;
		m->tensor[x].rank = m->tensor[y].rank;
		memcpy(m->tensor[x].dim, m->tensor[y].dim, sizeof m->tensor[y].dim);
	}
}

/* A loop whose first turn the condition may forbid: no turns where it does. */
static bool count_turns(struct module *m, int node)
{
	const int zero = expand_zero(m, DT_I64);
	const int condition = node_in(m, node, 1), first = m->graph[m->node[node].graph].n_nodes;

	if (condition < 0 || tensor_is_const(m, condition) || m->tensor[condition].value)
		return true;
	m->node[node].in[0] = expand_node(m, node, "Where", 16, INPUTS(condition, node_in(m, node, 0), zero), -1);
	m->node[node].in[1] = -1;
	return infer_node(m, m->graph[m->node[node].graph].node[first]);
}

enum run_time run_time_resolve(struct module *m, int node, int input)
{
	const enum kind kind = kind_of(m->node[node].op, input);
	const struct tensor *t = node_in_tensor(m, node, input);
	const struct num n = tensor_elements(m, node_in(m, node, input));

	if (kind == SCALES || (kind == CROPPED && resize_keeps_aspect(m, node)))
		return resize_find_scales(m, node, input) ? RUN_TIME_KNOWN : RUN_TIME_NOT;
	if (kind == SIZED)
		return run_time_range(m, node) ? RUN_TIME_REPLACED : RUN_TIME_NOT;
	if (kind == KIND_NONE || !num_is_const(n) || n.n > MOST_ELEMENTS || n.n < 1 ||
	    (kind != DEPTH && dtypes[t->type].class == CLASS_F))
		return RUN_TIME_NOT;
	if (kind == AXES || kind == BLOCK || kind == FRAMES || kind == SPECTRUM)
		return as_chosen(m, node, kind, input, (int)n.n) ? RUN_TIME_REPLACED : RUN_TIME_NOT;
	if (kind == LISTS)
		return run_time_spread_lists(m, node, input, (int)n.n) ? RUN_TIME_KNOWN : RUN_TIME_NOT;
	if (kind == TURNS && !count_turns(m, node))
		return RUN_TIME_NOT;
	return as_said(m, node, kind, input, (int)n.n) || as_found(m, node, kind, input, (int)n.n) ? RUN_TIME_KNOWN :
												       RUN_TIME_NOT;
}
