/* Integers: operators computed literally, each with its DequantizeLinear and QuantizeLinear in the sub-graph of an
 * IntegerGroup. */
#include "graph/infer.h"
#include "passes/integers.h"
#include "passes/rewrite.h"

/* A copy of a node in another graph, with other inputs and a new result, which it returns. */
static int copy_node(struct module *m, int graph, int node, const int *in)
{
	const int out = tensor_add(m, m->tensor[m->node[node].out[0]].name);

	node_copy(m, graph, node, in, out);
	return out;
}

/* A copy of a DequantizeLinear over a new input of the graph. */
static int copy_dequantize(struct module *m, int graph, int node)
{
	struct graph *g = &m->graph[graph];
	int *in = ARENA_ARRAY(m->scratch, m->node[node].n_in, int);

	for (int i = 0; i < m->node[node].n_in; i++)
		in[i] = m->node[node].in[i];
	in[0] = tensor_add(m, m->tensor[in[0]].name);
	g->in = ARENA_PUSH(m->arena, g->in, g->n_in, int);
	g->in[g->n_in++] = in[0];
	return copy_node(m, graph, node, in);
}

/* The literal nodes as a graph whose inputs stand for the byte tensors, in the order of the operator's inputs. */
static int literal_graph(struct sandwich *s)
{
	struct module *m = s->m;
	const int graph = graph_add(m, m->node[s->core].name, s->graph);
	const struct node core = m->node[s->core], quantize = m->node[s->quantize];
	int *in = ARENA_ARRAY(m->scratch, core.n_in, int), last[3] = { -1, -1, -1 };

	for (int i = 0; i < core.n_in; i++)
		in[i] = core.in[i] < 0 || m->tensor[core.in[i]].data ?
				core.in[i] : copy_dequantize(m, graph, m->tensor[core.in[i]].producer);
	for (int i = 0; i < quantize.n_in && i < 3; i++)
		last[i] = quantize.in[i];
	last[0] = copy_node(m, graph, s->core, in);
	m->graph[graph].out = ARENA_PUSH(m->arena, m->graph[graph].out, 0, int);
	m->graph[graph].out[0] = copy_node(m, graph, s->quantize, last);
	m->graph[graph].n_out = 1;
	return graph;
}

static bool is_one_nest_of_floats(const struct sandwich *s, const struct node *core)
{
	int inner[MAX_NODE_GRAPHS];

	return !core->op->by_kernels && !core->op->impure && core->op->lower && core->n_out == 1 &&
	       s->m->tensor[core->out[0]].type == DT_F32 &&
	       !node_each_graph(s->m, s->core, inner, MAX_NODE_GRAPHS);
}

bool sandwich_group(struct sandwich *s)
{
	struct module *m = s->m;
	const struct node core = m->node[s->core];
	int *in = ARENA_ARRAY(m->scratch, core.n_in, int), n_in = 0, node, body;
	struct dequantised d;

	if (!is_one_nest_of_floats(s, &core))
		return false;
	for (int i = 0; i < core.n_in; i++) {
		if (core.in[i] < 0 || m->tensor[core.in[i]].data)
			continue;
		if (!sandwich_bytes(s, core.in[i], &d))
			return false;
		in[n_in++] = d.q;
	}
	s->why = "it is more than one loop nest";
	if (!n_in || !integer_group_applies(m, s->core))
		return false;
	body = literal_graph(s);
	node = sandwich_node(s, &op_nnc_IntegerGroup, n_in, in);
	rewrite_attr(m, node, "body")->i = body;
	rewrite_attr(m, node, "low")->i = s->low;
	rewrite_attr(m, node, "high")->i = s->high;
	return true;
}
