/* What must hold of the graph between passes. A violation is a fault of the pass before, so it dies with the node:
 *
 * - every index is in range, every linked node belongs to the graph that lists it, once;
 * - every output is produced by the node that lists it and is no constant that the node would overwrite twice;
 * - every tensor read is a constant, a graph input in sight, or an output of an earlier node in sight, where the nodes
 *   in sight are those before in the same graph and those before the owners of the graphs around it;
 * - the producer of a tensor is a linked node;
 * - counts of inputs, outputs and kinds of attributes are those of the operator's row. */
#include "graph/ir.h"

#include "ops/ops.h"

struct check {
	struct module *m;
	unsigned char *seen;    /* per tensor: defined where the walk is */
	unsigned char *listed;  /* per node */
	unsigned char *made;    /* per tensor: an output of a node met so far */
};

/* One graph being walked: the node reached and the next of its sub-graphs. */
struct frame {
	int graph, at, inner;
};

static _Noreturn void die_node(const struct module *m, int node, const char *what, int detail)
{
	const struct place p = node_place(m, node);

	die("node %d \"%s\" (%s-%d): %s %d", node, p.node, p.op, p.opset, what, detail);
}

static bool in_sight(const struct check *c, int t)
{
	return t >= 0 && t < c->m->n_tensors && (c->seen[t] || c->m->tensor[t].data);
}

static void check_counts(const struct module *m, int node)
{
	const struct node *n = &m->node[node];
	const struct op_def *op = n->op;

	if (n->n_in < op->min_in || (op->max_in >= 0 && n->n_in > op->max_in))
		die_node(m, node, "number of inputs", n->n_in);
	if (n->n_out < op->min_out || (op->max_out >= 0 && n->n_out > op->max_out))
		die_node(m, node, "number of outputs", n->n_out);
	for (int k = 0; op->attrs && op->attrs[k].name; k++)
		if (n->attr[k].kind != ATTR_NONE && n->attr[k].kind != op->attrs[k].kind)
			die_node(m, node, "kind of attribute", k);
}

static void check_reads(const struct check *c, int graph, int node)
{
	const struct node *n = &c->m->node[node];

	if (node < 0 || node >= c->m->n_nodes || n->graph != graph || c->listed[node]++)
		die("graph %d lists node %d, which is not its own or listed twice", graph, node);
	check_counts(c->m, node);
	for (int i = 0; i < n->n_in; i++)
		if (n->in[i] != -1 && !in_sight(c, n->in[i]))
			die_node(c->m, node, "reads what is not defined here: tensor", n->in[i]);
}

static void check_outputs(const struct check *c, int node)
{
	const struct node *n = &c->m->node[node];

	for (int i = 0; i < n->n_out; i++) {
		const int t = n->out[i];
		if (t == -1)
			continue;
		if (t < 0 || t >= c->m->n_tensors || c->m->tensor[t].producer != node || c->seen[t])
			die_node(c->m, node, "does not own its output, tensor", t);
		if (c->m->tensor[t].rank > MAX_RANK)
			die_node(c->m, node, "rank of an output", c->m->tensor[t].rank);
		c->seen[t] = c->made[t] = 1;
	}
}

/* What reads through producers (of a DequantizeLinear, a Pad, …) meets nodes that are there. */
static void check_producers(const struct check *c)
{
	for (int t = 0; t < c->m->n_tensors; t++)
		if (c->m->tensor[t].producer >= 0 && !c->made[t])
			die_node(c->m, c->m->tensor[t].producer, "does not make, or is in no graph to make, tensor", t);
}

static void enter(struct check *c, struct frame *f, int graph)
{
	const struct graph *g = &c->m->graph[graph];

	*f = (struct frame){ .graph = graph };
	for (int i = 0; i < g->n_in; i++) {
		if (g->in[i] < 0 || g->in[i] >= c->m->n_tensors || c->seen[g->in[i]])
			die("graph %d: input %d is tensor %d, which is not a new one", graph, i, g->in[i]);
		c->seen[g->in[i]] = 1;
	}
}

/* What a graph defines goes out of sight with it. */
static void leave(struct check *c, int graph)
{
	const struct graph *g = &c->m->graph[graph];

	for (int i = 0; i < g->n_out; i++)
		if (!in_sight(c, g->out[i]))
			die("graph %d: output %d is tensor %d, which is not defined here", graph, i, g->out[i]);
	for (int i = 0; i < g->n_in; i++)
		c->seen[g->in[i]] = 0;
	for (int i = 0; i < g->n_nodes; i++) {
		const struct node *n = &c->m->node[g->node[i]];
		for (int k = 0; k < n->n_out; k++)
			if (n->out[k] >= 0)
				c->seen[n->out[k]] = 0;
	}
}

void module_check(struct module *m)
{
	struct check c = { .m = m };
	struct frame frame[MAX_NESTING + 2];
	int depth = 1;

	c.seen = ARENA_ARRAY(m->scratch, m->n_tensors, unsigned char);
	c.made = ARENA_ARRAY(m->scratch, m->n_tensors, unsigned char);
	c.listed = ARENA_ARRAY(m->scratch, m->n_nodes, unsigned char);
	enter(&c, &frame[0], 0);
	while (depth) {
		struct frame *f = &frame[depth - 1];
		const struct graph *g = &m->graph[f->graph];
		int inner[MAX_NODE_GRAPHS], n;

		if (f->at == g->n_nodes) {
			leave(&c, f->graph);
			depth--;
			continue;
		}
		if (f->inner == 0)
			check_reads(&c, f->graph, g->node[f->at]);
		n = node_each_graph(m, g->node[f->at], inner, MAX_NODE_GRAPHS);
		if (f->inner < n) {
			if (depth == MAX_NESTING + 2)
				die("graph %d is nested too deeply", f->graph);
			enter(&c, &frame[depth++], inner[f->inner++]);
			continue;
		}
		check_outputs(&c, g->node[f->at++]);
		f->inner = 0;
	}
	check_producers(&c);
}
