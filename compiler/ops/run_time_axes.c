/* Axes and the like that are data: the node once for each set of numbers with which it makes what the model says, and a
 * choice. */
#include "ops/run_time_parts.h"

#include <string.h>

#include "graph/infer.h"
#include "ops/arguments.h"

/* Whether the elements of input 0 are the numbers of the attribute: with a rank, axes in any order, below 0 from the
 * end. */
static bool infer_numbers_are(struct module *m, int node)
{
	return tensor_set(m, node, node_out(m, node, 0), DT_BOOL, 0, NULL);
}

static int is_number(struct nest *n, int node, int v, int64_t number)
{
	const int64_t rank = node_attr_int(n->m, node, "rank", 0);
	const int is = nest_binary(n, E_EQ, v, nest_const_int(n, DT_I64, number));

	return rank ? nest_binary(n, E_OR, is, nest_binary(n, E_EQ, v, nest_const_int(n, DT_I64, number - rank))) : is;
}

static bool lower_numbers_are(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	const struct attr *numbers = node_attr(m, node, "numbers");
	const bool any_order = node_attr_int(m, node, "rank", 0);
	int all = nest_const_int(n, DT_BOOL, 1);

	for (int i = 0; i < numbers->n; i++) {
		int any = nest_const_int(n, DT_BOOL, 0);
		for (int k = any_order ? 0 : i; k < (any_order ? numbers->n : i + 1); k++)
			any = nest_binary(n, E_OR, any, is_number(n, node, run_time_element(n, node_in(m, node, 0), k),
								  numbers->ints[i]));
		all = nest_binary(n, E_AND, all, any);
	}
	nest_store(n, all);
	lower_nest(l, n);
	return true;
}

static const struct op_def own_numbers_are = {
	.domain = "nnc", .name = "NumbersAre", .since = 1, .min_in = 1, .max_in = 1, .min_out = 1, .max_out = 1,
	.attrs = ATTRS(INTS_REQUIRED("numbers"), INT_REQUIRED("rank")), .types = TYPES("iu"),
	.infer = infer_numbers_are, .lower = lower_numbers_are,
};

/* The node with these numbers as its input, in a graph of its own. */
static int add_branch(struct module *m, int node, int input, const int64_t *v, int n, int parent)
{
	const int graph = graph_add(m, m->node[node].name, parent), n_in = m->node[node].n_in;
	const int n_out = m->node[node].n_out;
	int *in = ARENA_ARRAY(m->scratch, n_in, int), *out = ARENA_ARRAY(m->scratch, n_out, int), made;

	memcpy(in, m->node[node].in, (size_t)n_in * sizeof *in);
	in[input] = tensor_const_ints(m, v, n);
	if (m->tensor[m->node[node].in[input]].rank == 0)
		m->tensor[in[input]].rank = 0;
	for (int i = 0; i < n_out; i++) {
		const struct tensor *said = node_out_tensor(m, node, i);
		const int rank = said ? said->rank : -1;
		struct num dim[MAX_RANK];
		if (said)
			memcpy(dim, said->dim, sizeof dim);
		out[i] = tensor_add(m, NULL);
		m->tensor[out[i]].rank = rank;
		if (said)
			memcpy(m->tensor[out[i]].dim, dim, sizeof dim);
	}
	made = node_add(m, graph, m->node[node].op, m->node[node].name, n_in, in, n_out, out);
	m->node[made].opset = m->node[node].opset;
	m->node[made].called = m->node[node].called;
	for (int k = 0; m->node[node].op->attrs && m->node[node].op->attrs[k].name; k++)
		m->node[made].attr[k] = m->node[node].attr[k];
	for (int i = 0; i < n_out; i++) {
		m->graph[graph].out = ARENA_PUSH(m->arena, m->graph[graph].out, i, int);
		m->graph[graph].out[m->graph[graph].n_out++] = out[i];
	}
	return graph;
}

enum fit { FIT_NOT, FIT_WELL, FIT_OTHERWISE };

/* Whether the model's word allows the shape. */
static bool is_as_said(const struct tensor *said, const struct tensor *y)
{
	if (said->rank < 0)
		return true;
	for (int k = 0; k < y->rank && said->rank == y->rank; k++)
		if (num_is_const(said->dim[k]) && said->dim[k].n >= 0 && num_is_const(y->dim[k]) &&
		    said->dim[k].n != y->dim[k].n)
			return false;
	return said->rank == y->rank;
}

/* NOT: the operator cannot have these numbers, or its outputs would not be what the model says. OTHERWISE: they would
 * be of other shapes than in graph `first`, if there is one. */
static enum fit branch_fit(struct module *m, int node, int graph, int first)
{
	const struct diag before = diag_try(m->diag);
	const bool is_right = infer_graph(m, graph);

	diag_drop(m->diag, &before);
	for (int i = 0; is_right && i < m->node[node].n_out; i++)
		if (!is_as_said(node_out_tensor(m, node, i), &m->tensor[m->graph[graph].out[i]]))
			return FIT_NOT;
	for (int i = 0; is_right && first >= 0 && i < m->node[node].n_out; i++)
		if (!tensor_same_shape(m, m->graph[graph].out[i], m->graph[first].out[i]))
			return FIT_OTHERWISE;
	return is_right ? FIT_WELL : FIT_NOT;
}

/* In graph `in`: if the numbers are these, the branch, else the other one. Makes the tensors out[]. */
static void add_choice(struct module *m, int node, int in, int t, const struct run_time_sets *sets, int i, int branch,
		       int other, const int *out)
{
	const int condition = tensor_add(m, NULL);
	const int are = node_add(m, in, &own_numbers_are, m->node[node].name, 1, &t, 1, &condition);
	const int choice = node_add(m, in, op_find("", "If", 13, &(bool){ false }), m->node[node].name, 1, &condition,
				    m->node[node].n_out, out);

	rewrite_attr_ints(m, are, "numbers", sets->v[i], sets->n);
	rewrite_attr(m, are, "rank")->i = sets->rank;
	rewrite_attr(m, choice, "then_branch")->i = branch;
	rewrite_attr(m, choice, "else_branch")->i = other;
	m->node[are].opset = m->node[choice].opset = m->node[node].opset;
}

enum { MAX_CHOICES = MAX_NESTING / 2 };        /* If in If */

/* Leaves the sets that fit, and makes their graphs. 0: none, or too many, or such that make results of different
 * shapes. */
static int fit_sets(struct module *m, int node, int input, struct run_time_sets *sets, int *graph)
{
	int found = 0;
	bool otherwise = false;

	for (int i = 0; i < sets->count; i++) {
		enum fit fit;
		memmove(sets->v[found], sets->v[i], sizeof sets->v[i]);
		graph[found] = add_branch(m, node, input, sets->v[found], sets->n, m->node[node].graph);
		fit = branch_fit(m, node, graph[found], found ? graph[0] : -1);
		otherwise |= fit == FIT_OTHERWISE;
		if (fit == FIT_WELL)
			found++;
		else
			graph_drop(m, graph[found]);
	}
	for (int i = 0; i < found && (otherwise || found > MAX_CHOICES); i++)
		graph_drop(m, graph[i]);
	return otherwise || found > MAX_CHOICES ? 0 : found;
}

bool run_time_branches(struct module *m, int node, int input, struct run_time_sets *sets)
{
	const int t = node_in(m, node, input), n_out = m->node[node].n_out;
	int branch[MAX_SETS], found = fit_sets(m, node, input, sets, branch);
	int other, graph, listed, *out = ARENA_ARRAY(m->scratch, n_out, int);

	if (!found)
		return false;
	other = graph_add(m, m->node[node].name, m->node[node].graph);
	m->graph[other].refused = true;
	while (--found > 0) {   /* the last one goes innermost */
		const int holder = graph_add(m, m->node[node].name, m->node[node].graph);
		m->graph[other].parent = m->graph[branch[found]].parent = holder;
		for (int i = 0; i < n_out; i++) {
			out[i] = tensor_add(m, NULL);
			m->graph[holder].out = ARENA_PUSH(m->arena, m->graph[holder].out, i, int);
			m->graph[holder].out[m->graph[holder].n_out++] = out[i];
		}
		add_choice(m, node, holder, t, sets, found, branch[found], other, out);
		other = holder;
	}
	graph = m->node[node].graph;
	listed = m->graph[graph].n_nodes;
	add_choice(m, node, graph, t, sets, 0, branch[0], other, m->node[node].out);
	return infer_node(m, m->graph[graph].node[listed]) && infer_node(m, m->graph[graph].node[listed + 1]);
}
