/* An If whose condition is known gives way to the nodes of the branch that is taken, followed by Identities that give
 * its results the names that the If gave them (simplify drops those that it can).
 *
 * Requires inference: the branch taken is inferred, the other one may not be. Ensures that a branch's nodes belong to
 * the graph that held the If. Legal: names in a branch are tensors of their own, and what it reads of the outside is
 * defined before the If. Bit-exact. */
#include "graph/infer.h"
#include "ops/control.h"
#include "ops/arguments.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

/* The nodes that a graph will have. */
struct list {
	int *node, n;
};

static void append(struct module *m, struct list *l, int node)
{
	l->node = ARENA_PUSH(m->arena, l->node, l->n, int);
	l->node[l->n++] = node;
}

static void append_branch(struct module *m, struct list *l, int branch, int graph)
{
	int inner[MAX_NODE_GRAPHS], n;

	for (int i = 0; i < m->graph[branch].n_nodes; i++) {
		const int node = m->graph[branch].node[i];
		n = node_each_graph(m, node, inner, MAX_NODE_GRAPHS);
		for (int k = 0; k < n; k++)
			m->graph[inner[k]].parent = graph;
		m->node[node].graph = graph;
		append(m, l, node);
	}
	m->graph[branch].n_nodes = 0;
}

static bool append_copy(struct module *m, struct list *l, int node, int from, int to)
{
	const struct node like = m->node[node];
	const struct op_def *identity = op_find("", "Identity", like.opset, &(bool){ false });
	const int copy = node_add(m, like.graph, identity, like.name, 1, &from, 1, &to);

	m->graph[like.graph].n_nodes--;         /* its place is in the list */
	append(m, l, copy);
	return infer_node(m, copy);
}

/* Depth is bounded by MAX_NESTING. */
static bool inline_graph(struct module *m, int graph)
{
	struct list list = { 0 };
	const int n_nodes = m->graph[graph].n_nodes;

	for (int i = 0; i < n_nodes; i++) {
		const int node = m->graph[graph].node[i], taken = node_is(m, node, "If") ? if_taken(m, node) : -1;
		int inner[MAX_NODE_GRAPHS], n = node_each_graph(m, node, inner, MAX_NODE_GRAPHS);
		if (taken >= 0) {
			inner[0] = (int)node_attr(m, node, taken ? "else_branch" : "then_branch")->i;
			n = 1;
		}
		for (int k = 0; k < n; k++)
			if (!inline_graph(m, inner[k]))
				return false;
		if (taken < 0) {
			append(m, &list, node);
			continue;
		}
		append_branch(m, &list, inner[0], graph);
		for (int k = 0; k < m->node[node].n_out; k++)
			if (node_out(m, node, k) >= 0 &&
			    !append_copy(m, &list, node, m->graph[inner[0]].out[k], node_out(m, node, k)))
				return false;
		node_unlink(m, node);
	}
	m->graph[graph].node = list.node;
	m->graph[graph].n_nodes = list.n;
	return true;
}

bool pass_inline_if(struct module *m)
{
	return inline_graph(m, 0);
}
