/* If, Loop and Scan: shapes of what goes in and out of their sub-graphs. A Loop whose turns are not known from its
 * inputs' values may not stack outputs, for their size would not be known either; it counts its turns in a tensor. */
#include "ops/control.h"

#include "graph/infer.h"
#include "ops/arguments.h"
#include "ops/bundle.h"
#include "ops/found.h"

#define GRAPH_REQUIRED(n) { .name = n, .kind = ATTR_GRAPH, .required = true }

/* --- If ----------------------------------------------------------------------------------------------------------- */

int if_taken(struct module *m, int node)
{
	int n;
	const struct num *v = tensor_value(m, node_in(m, node, 0), &n);

	if (!v || n != 1 || !num_is_const(v[0]))
		return -1;
	return v[0].n ? 0 : 1;
}

static int branch_graph(const struct module *m, int node, int branch)
{
	return (int)node_attr(m, node, branch ? "else_branch" : "then_branch")->i;
}

static bool scalar(struct module *m, int node, int t, enum dtype type, const char *what)
{
	if (m->tensor[t].type != type || !num_is(tensor_elements(m, t), 1))
		return node_bad(m, node, "%s must be one element of type %s", what, dtypes[type].name);
	return true;
}

static bool branch_outputs(struct module *m, int node, int graph)
{
	if (m->graph[graph].refused)
		return true;
	if (m->graph[graph].n_in)
		return node_bad(m, node, "a branch has %d inputs, must be 0", m->graph[graph].n_in);
	if (m->graph[graph].n_out < m->node[node].n_out)
		return node_bad(m, node, "a branch has %d outputs, allowed: at least %d as the node",
				m->graph[graph].n_out, m->node[node].n_out);
	return infer_graph(m, graph);
}

/* What an exporter puts into both branches often fits one set of sizes each (two sampling rates). Where the condition
 * is known only at run time, a branch that is wrong for the sizes at hand becomes one that ends the run. False if
 * neither fits. */
static bool either_branch(struct module *m, int node, int *from)
{
	for (int k = 0; k < 2; k++) {
		struct graph *g;
		const struct diag before = diag_try(m->diag);
		if (branch_outputs(m, node, branch_graph(m, node, k))) {
			diag_keep(m->diag, &before);
			continue;
		}
		if (m->diag->status != STATUS_MODEL || m->graph[branch_graph(m, node, 1 - k)].refused) {
			diag_keep(m->diag, &before);
			return false;
		}
		diag_drop(m->diag, &before);
		g = &m->graph[branch_graph(m, node, k)];
		diag_note(m->diag, "%s cannot run with these sizes: taking that branch makes the function return 2",
			  g->name);
		graph_drop(m, branch_graph(m, node, k));
		g->refused = true;
	}
	*from = branch_graph(m, node, m->graph[branch_graph(m, node, 0)].refused);
	return true;
}

static bool same_type(struct module *m, int node, int a, int b, const char *what, int i)
{
	if (m->tensor[a].type != m->tensor[b].type)
		return node_bad(m, node, "%s %d is %s and %s", what, i, dtypes[m->tensor[a].type].name,
				dtypes[m->tensor[b].type].name);
	if (!tensor_same_shape(m, a, b))
		return node_unsupported(m, node, "%s %d has two shapes, of rank %d and %d: it must keep one", what, i,
					m->tensor[a].rank, m->tensor[b].rank);
	return true;
}

/* Only the branch that is taken counts when that is known: the other is often wrong for the shapes at hand, and goes
 * before anything looks into it. */
static bool infer_if(struct module *m, int node)
{
	const int taken = if_taken(m, node);
	int from = branch_graph(m, node, taken == 1), other = branch_graph(m, node, 1);

	if (!scalar(m, node, node_in(m, node, 0), DT_BOOL, "the condition"))
		return false;
	if (taken >= 0)
		graph_drop(m, branch_graph(m, node, 1 - taken));
	if (taken < 0 ? !either_branch(m, node, &from) : !branch_outputs(m, node, from))
		return false;
	if (m->graph[other].refused)
		other = from;
	if (!bundle_join(m, node, from, taken >= 0 ? from : other))
		return false;
	for (int i = 0; i < m->node[node].n_out; i++) {
		const int t = m->graph[from].out[i], out = node_out(m, node, i);
		if (out < 0)
			continue;
		if (taken < 0 && !same_type(m, node, t, m->graph[other].out[i], "output", i))
			return false;
		if (!tensor_set(m, node, out, m->tensor[t].type, m->tensor[t].rank, m->tensor[t].dim))
			return false;
		if (taken >= 0) {
			m->tensor[out].data = m->tensor[t].data;
			m->tensor[out].value = m->tensor[t].value;
		}
	}
	return true;
}

const struct op_def op_If_1 = {
	ONNX("If", 1, 1, 1, 1, -1),
	.attrs = ATTRS(GRAPH_REQUIRED("then_branch"), GRAPH_REQUIRED("else_branch")),
	.infer = infer_if, .lower = lower_if, .impure = true,
};

/* --- what Loop and Scan share ------------------------------------------------------------------------------------- */

struct num loop_turn(struct module *m, int node, struct num trips)
{
	const int64_t most = trips.n > 2 ? trips.n - 1 : 1;

	/* No dimension's name begins so (see ident_make), and one name has one range. */
	return num_var(&m->nums, arena_printf(m->arena, "_turn%d_%lld", node, (long long)most), 0, most);
}

bool loop_runs_through(struct module *m, const struct loop *x)
{
	int n;
	const struct num *first = x->condition < 0 ? NULL : tensor_value(m, x->condition, &n);
	const struct num *next = x->go_out < 0 ? NULL : tensor_value(m, x->go_out, &n);

	return (x->condition < 0 || (first && num_is(first[0], 1))) && (x->go_out < 0 || (next && num_is(next[0], 1)));
}

/* Variables have the types and shapes of their first values, in all turns. */
static bool infer_carried(struct module *m, int node, const struct loop *x)
{
	for (int i = 0; i < x->n_carried; i++) {
		const struct tensor t = m->tensor[x->init[i]];
		if (!tensor_set(m, node, x->var[i], t.type, t.rank, t.dim))
			return false;
	}
	return true;
}

static bool carried_outputs(struct module *m, int node, const struct loop *x)
{
	for (int i = 0; i < x->n_carried; i++) {
		const struct tensor t = m->tensor[x->var[i]];
		if (!same_type(m, node, x->next[i], x->var[i], "variable", i))
			return false;
		if (node_out(m, node, i) >= 0 && !tensor_set(m, node, node_out(m, node, i), t.type, t.rank, t.dim))
			return false;
	}
	return true;
}

/* The type of part i, with an axis more for the turns. */
static bool part_output(struct module *m, int node, const struct loop *x, int i, int axis)
{
	const struct tensor t = m->tensor[x->part[i]];
	const int out = node_out(m, node, x->n_carried + i);
	struct num dim[MAX_RANK + 1];

	if (out < 0)
		return true;
	if (found_inside(m, t.rank, t.dim, x->body))
		return node_unsupported(m, node, "stacks output %d, whose size each turn finds anew", x->n_carried + i);
	for (int k = 0; k <= t.rank; k++)
		dim[k] = k == axis ? x->trips : t.dim[k - (k > axis)];
	return tensor_set(m, node, out, t.type, t.rank + 1, dim);
}

static void set_value(struct module *m, int t, struct num v)
{
	struct num *value = ARENA_NEW(m->arena, struct num);

	*value = v;
	m->tensor[t].value = value;
}

/* --- Loop --------------------------------------------------------------------------------------------------------- */

/* Turns that a variable of the generated code counts, an index type of 32 bits on small targets. More (exporters write
 * the greatest integer for a loop that a condition ends) are counted in a tensor. */
enum { MOST_COUNTED = INT32_MAX };

static void loop_count(struct module *m, struct loop *x)
{
	int n;
	const struct num *v = x->limit < 0 ? NULL : tensor_value(m, x->limit, &n);

	x->counted = v && v[0].n <= MOST_COUNTED;
	x->trips = x->counted ? num_max(&m->nums, v[0], num_const(0)) : num_const(TURNS_UNBOUNDED);
}

static bool read_loop(struct module *m, int node, struct loop *x)
{
	const struct node *n = &m->node[node];
	const struct graph *g;

	*x = (struct loop){ .body = (int)node_attr(m, node, "body")->i, .n_carried = n->n_in > 2 ? n->n_in - 2 : 0 };
	g = &m->graph[x->body];
	x->n_parts = g->n_out - 1 - x->n_carried;
	if (g->n_in != 2 + x->n_carried || x->n_parts < 0 || n->n_out > x->n_carried + x->n_parts)
		return node_bad(m, node, "the body has %d inputs and %d outputs, allowed for %d variables and %d "
				"outputs: %d and more than %d", g->n_in, g->n_out, x->n_carried, n->n_out,
				2 + x->n_carried, n->n_out > x->n_carried ? n->n_out : x->n_carried);
	x->limit = node_in(m, node, 0);
	x->condition = node_in(m, node, 1);
	x->counter = g->in[0];
	x->go_in = g->in[1];
	x->go_out = g->out[0];
	x->init = x->n_carried ? n->in + 2 : NULL;
	x->var = g->in + 2;
	x->next = g->out + 1;
	x->part = g->out + 1 + x->n_carried;
	for (int i = 0; i < x->n_carried; i++)
		if (x->init[i] < 0)
			return node_bad(m, node, "variable %d has no first value", i);
	loop_count(m, x);
	return true;
}

static bool infer_loop(struct module *m, int node)
{
	struct loop x;

	if (!read_loop(m, node, &x))
		return false;
	if ((x.limit >= 0 && !scalar(m, node, x.limit, DT_I64, "the number of turns")) ||
	    (x.condition >= 0 && !scalar(m, node, x.condition, DT_BOOL, "the condition")))
		return false;
	if (x.n_parts && !x.counted && x.limit >= 0) {
		m->unknown_node = node;
		m->unknown_input = 0;
		return node_unsupported(m, node, "stacks an output of each turn: their number, input 0 \"%s\" "
					"must be known at compile time and at most %d", m->tensor[x.limit].name,
					MOST_COUNTED);
	}
	if (!tensor_set(m, node, x.counter, DT_I64, 0, NULL) || !tensor_set(m, node, x.go_in, DT_BOOL, 0, NULL))
		return false;
	/* A turn runs only when the condition held. */
	if (x.counted)
		set_value(m, x.counter, loop_turn(m, node, x.trips));
	set_value(m, x.go_in, num_const(1));
	if (!infer_carried(m, node, &x) || !infer_graph(m, x.body))
		return false;
	if (!scalar(m, node, x.go_out, DT_BOOL, "the body's condition") || !carried_outputs(m, node, &x))
		return false;
	if (x.limit < 0 && loop_runs_through(m, &x))
		return node_bad(m, node, "never ends: no number of turns (input 0), the condition always holds");
	if (x.n_parts && (!x.counted || !loop_runs_through(m, &x)))
		return node_unsupported(m, node,
					"stacks outputs of a number of turns that is not known before it runs");
	for (int i = 0; i < x.n_parts; i++)
		if (!part_output(m, node, &x, i, 0))
			return false;
	return true;
}

const struct op_def op_Loop_1 = {
	ONNX("Loop", 1, 0, -1, 1, -1),
	.attrs = ATTRS(GRAPH_REQUIRED("body")),
	.infer = infer_loop, .lower = lower_loop, .impure = true,
};

/* --- Scan --------------------------------------------------------------------------------------------------------- */

static int64_t listed(const struct module *m, int node, const char *attr, int i)
{
	const struct attr *a = node_attr(m, node, attr);

	return a && i < a->n ? a->ints[i] : 0;
}

int scan_axis(const struct module *m, int node, bool input, int i, int rank)
{
	const int64_t axis = listed(m, node, input ? "scan_input_axes" : "scan_output_axes", i);

	return (int)(axis < 0 ? axis + rank : axis);
}

struct num scan_index(struct module *m, int node, bool input, int i, struct num turn, struct num extent)
{
	if (!listed(m, node, input ? "scan_input_directions" : "scan_output_directions", i))
		return turn;
	return num_sub(&m->nums, num_sub(&m->nums, extent, num_const(1)), turn);
}

static bool read_scan(struct module *m, int node, struct loop *x)
{
	const struct node *n = &m->node[node];
	const struct graph *g;
	const int64_t slices = node_attr_int(m, node, "num_scan_inputs", 1);

	*x = (struct loop){ .body = (int)node_attr(m, node, "body")->i, .counter = -1, .go_in = -1, .go_out = -1,
			    .limit = -1, .condition = -1, .counted = true };
	g = &m->graph[x->body];
	if (slices < 1 || slices > n->n_in || g->n_in != n->n_in)
		return node_bad(m, node, "%lld scan inputs and a body with %d inputs, allowed: 1 to %d and %d",
				(long long)slices, g->n_in, n->n_in, n->n_in);
	x->n_slices = (int)slices;
	x->n_carried = n->n_in - x->n_slices;
	x->n_parts = g->n_out - x->n_carried;
	if (x->n_parts < 0 || n->n_out > g->n_out)
		return node_bad(m, node, "the body has %d outputs, allowed: at least %d as the node, %d as variables",
				g->n_out, n->n_out, x->n_carried);
	x->init = n->in;
	x->var = g->in;
	x->next = g->out;
	x->source = n->in + x->n_carried;
	x->slice = g->in + x->n_carried;
	x->part = g->out + x->n_carried;
	return true;
}

/* Each turn reads one index of every source's axis; their extents are the number of turns. */
static bool infer_slices(struct module *m, int node, struct loop *x)
{
	for (int i = 0; i < x->n_slices; i++) {
		const struct tensor t = m->tensor[x->source[i]];
		const int axis = scan_axis(m, node, true, i, t.rank);
		struct num dim[MAX_RANK];

		if (axis < 0 || axis >= t.rank)
			return node_bad(m, node, "axis of scan input %d is %d, allowed: 0 to %d", i, axis, t.rank - 1);
		if (i == 0)
			x->trips = t.dim[axis];
		else if (!num_same(x->trips, t.dim[axis]))
			return node_bad(m, node, "scan inputs 0 and %d have different lengths: %lld and %lld", i,
					(long long)x->trips.n, (long long)t.dim[axis].n);
		for (int k = 0; k < t.rank - 1; k++)
			dim[k] = t.dim[k + (k >= axis)];
		if (!tensor_set(m, node, x->slice[i], t.type, t.rank - 1, dim))
			return false;
	}
	return true;
}

static bool infer_scan(struct module *m, int node)
{
	struct loop x;

	if (!read_scan(m, node, &x))
		return false;
	for (int i = 0; i < m->node[node].n_in; i++)
		if (node_in(m, node, i) < 0)
			return node_bad(m, node, "input %d is absent", i);
	if (!infer_carried(m, node, &x) || !infer_slices(m, node, &x) || !infer_graph(m, x.body) ||
	    !carried_outputs(m, node, &x))
		return false;
	for (int i = 0; i < x.n_parts; i++) {
		const int rank = m->tensor[x.part[i]].rank + 1, axis = scan_axis(m, node, false, i, rank);
		if (axis < 0 || axis >= rank)
			return node_bad(m, node, "axis of scan output %d is %d, allowed: 0 to %d", i, axis, rank - 1);
		if (!part_output(m, node, &x, i, axis))
			return false;
	}
	return true;
}

const struct op_def op_Scan_9 = {
	ONNX("Scan", 9, 1, -1, 1, -1),
	.attrs = ATTRS(GRAPH_REQUIRED("body"), INT_REQUIRED("num_scan_inputs"), INTS_OPTIONAL("scan_input_axes"),
		       INTS_OPTIONAL("scan_output_axes"), INTS_IN("scan_input_directions", 0, 1),
		       INTS_IN("scan_output_directions", 0, 1)),
	.infer = infer_scan, .lower = lower_loop, .impure = true,
};

bool loop_read(struct module *m, int node, struct loop *x)
{
	if (m->node[node].op == &op_Loop_1)
		return read_loop(m, node, x);
	if (!read_scan(m, node, x))
		return false;
	x->trips = m->tensor[x->source[0]].dim[scan_axis(m, node, true, 0, m->tensor[x->source[0]].rank)];
	return true;
}
