/* Walks over nodes and the graphs inside them: order of definition, counts of readers. Explicit stacks throughout, for
 * the shape of a graph is the model's choice. Linear in the nodes, inputs and outputs visited. */
#include "graph/ir.h"

#include "ops/ops.h"

/* Indexes that still have to be visited; scratch memory. */
struct stack {
	struct arena *arena;
	int *v, n;
};

static void push(struct stack *s, int x)
{
	s->v = ARENA_PUSH(s->arena, s->v, s->n, int);
	s->v[s->n++] = x;
}

int node_each_graph(const struct module *m, int node, int *graphs, int max)
{
	const struct attr_def *def = m->node[node].op->attrs;
	int n = 0;

	for (int k = 0; def && def[k].name; k++)
		if (m->node[node].attr[k].kind == ATTR_GRAPH && n < max)
			graphs[n++] = (int)m->node[node].attr[k].i;
	return n;
}

static void push_graphs(const struct module *m, int node, struct stack *todo)
{
	int inner[MAX_NODE_GRAPHS];
	const int n = node_each_graph(m, node, inner, MAX_NODE_GRAPHS);

	for (int i = 0; i < n; i++)
		push(todo, inner[i]);
}

/* Every read inside the graphs on the stack and the graphs in those. */
static void each_read_below(const struct module *m, struct stack *todo, void (*f)(void *ctx, int tensor), void *ctx)
{
	while (todo->n) {
		const struct graph *g = &m->graph[todo->v[--todo->n]];
		for (int i = 0; i < g->n_nodes; i++) {
			const struct node *n = &m->node[g->node[i]];
			for (int k = 0; k < n->n_in; k++)
				if (n->in[k] >= 0)
					f(ctx, n->in[k]);
			push_graphs(m, g->node[i], todo);
		}
		for (int i = 0; i < g->n_out; i++)
			f(ctx, g->out[i]);
	}
}

void node_each_read(const struct module *m, int node, void (*f)(void *ctx, int tensor), void *ctx)
{
	struct stack todo = { .arena = m->scratch };

	for (int i = 0; i < m->node[node].n_in; i++)
		if (m->node[node].in[i] >= 0)
			f(ctx, m->node[node].in[i]);
	push_graphs(m, node, &todo);
	each_read_below(m, &todo, f, ctx);
}

/* Outputs that were given to another node in the meantime stay that one's. */
static void disown(struct module *m, int node)
{
	const struct node *n = &m->node[node];

	for (int i = 0; i < n->n_out; i++)
		if (n->out[i] >= 0 && m->tensor[n->out[i]].producer == node)
			m->tensor[n->out[i]].producer = -1;
}

static void drop_graphs(struct module *m, struct stack *todo)
{
	while (todo->n) {
		struct graph *g = &m->graph[todo->v[--todo->n]];
		for (int i = 0; i < g->n_nodes; i++) {
			push_graphs(m, g->node[i], todo);
			disown(m, g->node[i]);
		}
		g->n_nodes = g->n_in = g->n_out = 0;
	}
}

void graph_drop(struct module *m, int graph)
{
	struct stack todo = { .arena = m->scratch };

	push(&todo, graph);
	drop_graphs(m, &todo);
}

void node_unlink(struct module *m, int node)
{
	struct stack todo = { .arena = m->scratch };

	disown(m, node);
	push_graphs(m, node, &todo);
	drop_graphs(m, &todo);
}

/* --- order -------------------------------------------------------------------------------------------------------- */

struct sort {
	struct module *m;
	int graph;
	struct stack edges;             /* producers read by the nodes, node after node */
	/* By a node's place in the list. */
	int *next, *end;                /* the part of its edges still to follow */
	unsigned char *state;           /* 0 new, 1 open, 2 done */
	int *sorted, n_sorted;
};

static void add_edge(void *ctx, int tensor)
{
	struct sort *s = ctx;
	const int p = s->m->tensor[tensor].producer;

	/* What folded into a constant may come later. */
	if (p >= 0 && s->m->node[p].graph == s->graph && !s->m->tensor[tensor].data)
		push(&s->edges, p);
}

static bool report_cycle(struct module *m, int node)
{
	const struct place at = node_place(m, node);

	return diag_error(m->diag, STATUS_MODEL, &at, "its inputs depend on its own outputs, allowed: no cycles");
}

/* Depth first from one node: everything it reads comes before it. */
static bool sort_from(struct sort *s, int node)
{
	struct stack open = { .arena = s->m->scratch };

	push(&open, node);
	s->state[s->m->node[node].place] = 1;
	while (open.n) {
		const int top = open.v[open.n - 1], k = s->m->node[top].place;
		int p, at;

		if (s->next[k] == s->end[k]) {
			s->state[k] = 2;
			s->sorted[s->n_sorted++] = top;
			open.n--;
			continue;
		}
		p = s->edges.v[s->next[k]++];
		at = s->m->node[p].place;
		if (s->state[at] == 1)
			return report_cycle(s->m, p);
		if (s->state[at] == 2)
			continue;
		s->state[at] = 1;
		push(&open, p);
	}
	return true;
}

/* Starting from the nodes in their present order keeps an order that is right already. Takes the graph's own size:
 * models have thousands of small sub-graphs. */
static bool sort(struct module *m, int graph)
{
	struct graph *g = &m->graph[graph];
	struct arena *a = m->scratch;
	struct sort s = { .m = m, .graph = graph, .edges = { .arena = a } };

	s.state = ARENA_ARRAY(a, g->n_nodes, unsigned char);
	s.next = ARENA_ARRAY(a, g->n_nodes, int);
	s.end = ARENA_ARRAY(a, g->n_nodes, int);
	s.sorted = ARENA_ARRAY(a, g->n_nodes, int);
	for (int i = 0; i < g->n_nodes; i++) {
		m->node[g->node[i]].place = i;
		s.next[i] = s.edges.n;
		node_each_read(m, g->node[i], add_edge, &s);
		s.end[i] = s.edges.n;
	}
	for (int i = 0; i < g->n_nodes; i++)
		if (!s.state[i] && !sort_from(&s, g->node[i]))
			return false;
	for (int i = 0; i < s.n_sorted; i++)
		g->node[i] = s.sorted[i];
	return true;
}

bool graph_sort(struct module *m, int graph)
{
	const struct arena_mark before = arena_mark(m->scratch);
	const bool sorted = sort(m, graph);

	arena_release(m->scratch, before);
	return sorted;
}

/* --- readers ------------------------------------------------------------------------------------------------------ */

static void count_use(void *ctx, int tensor)
{
	int *uses = ctx;

	uses[tensor]++;
}

int *tensor_uses(struct module *m)
{
	int *uses = ARENA_ARRAY(m->scratch, m->n_tensors, int);
	struct stack todo = { .arena = m->scratch };

	push(&todo, 0);
	each_read_below(m, &todo, count_use, uses);
	return uses;
}
