/* Layout: spatial tensors become channels-last (N, spatial axes, C), everything else stays as it is.
 *
 * Tensors that must agree to avoid copies (input and output of element-wise, pooling, concatenating, … nodes of one
 * rank) form groups; a group that a convolution or pooling reads or writes becomes channels-last as a whole. Graph
 * inputs and outputs keep the model's layout. No node is inserted: loop nests address elements by ONNX axes, whatever
 * the layout, and kernels that need another one copy (lower_in_order). So a Transpose between the two worlds, as
 * exporters from channels-last frameworks leave it, becomes a view.
 *
 * Requires shapes. Ensures order and dense strides of every tensor. Bit-exact: only addresses change. */
#include <string.h>

#include "ops/ops.h"
#include "passes/pass.h"

/* Operators that mean something else by the same axes of input and output, or that want rows as they are. */
static const char *const boundaries[] = { "Transpose", "Reshape", "Flatten", "MatMul", "Gemm", "Einsum", "RNN", "GRU",
					  "LSTM", "Gather", "GatherND", "GatherElements", "ScatterND", "If", "Loop",
					  "Scan", "Squeeze", "Unsqueeze", "LayerNormalization", "Attention" };

static const char *const spatial[] = { "Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool",
				       "GlobalMaxPool", "LpPool", "Resize", "Upsample", "BatchNormalization",
				       "InstanceNormalization", "QLinearConv", "ConvInteger", "IntegerConv",
				       "IntegerPool" };

#define IN_LIST(list, name) name_in(list, (int)(sizeof(list) / sizeof *(list)), name)

static bool name_in(const char *const *list, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(list[i], name))
			return true;
	return false;
}

static int group_find(int *group, int t)
{
	while (group[t] != t)
		t = group[t] = group[group[t]];
	return t;
}

static bool is_candidate(const struct module *m, int t)
{
	return t >= 0 && m->tensor[t].rank >= 3 && m->tensor[t].rank <= 5 && !m->tensor[t].data;
}

static void group_node(const struct module *m, const struct node *n, int *group, bool *channels_last)
{
	int first = -1;

	if (IN_LIST(boundaries, n->op->name))
		return;
	for (int i = 0; i < n->n_in + n->n_out; i++) {
		int t = i < n->n_in ? n->in[i] : n->out[i - n->n_in];
		if (!is_candidate(m, t))
			continue;
		if (first < 0)
			first = t;
		else if (m->tensor[t].rank == m->tensor[first].rank)
			group[group_find(group, t)] = group_find(group, first);
	}
	if (first >= 0 && IN_LIST(spatial, n->op->name))
		channels_last[first] = true;
}

/* States are nobody's interface. */
static void mark_interface(const struct module *m, int graph, bool *fixed)
{
	const struct graph *g = &m->graph[graph];
	const int n_in = graph ? g->n_in : module_n_in(m), n_out = graph ? g->n_out : module_n_out(m);

	for (int i = 0; i < n_in; i++)
		fixed[g->in[i]] = true;
	for (int i = 0; i < n_out; i++)
		fixed[g->out[i]] = true;
}

bool pass_layout(struct module *m)
{
	int *group = ARENA_ARRAY(m->scratch, m->n_tensors, int);
	bool *channels_last = ARENA_ARRAY(m->scratch, m->n_tensors, bool);
	bool *fixed = ARENA_ARRAY(m->scratch, m->n_tensors, bool);

	for (int t = 0; t < m->n_tensors; t++)
		group[t] = t;
	for (int g = 0; g < m->n_graphs; g++) {
		mark_interface(m, g, fixed);
		for (int i = 0; i < m->graph[g].n_nodes; i++)
			group_node(m, &m->node[m->graph[g].node[i]], group, channels_last);
	}
	for (int t = 0; t < m->n_tensors; t++)
		if (channels_last[t])
			channels_last[group_find(group, t)] = true;
	for (int t = 0; t < m->n_tensors; t++) {
		const int rank = m->tensor[t].rank;
		uint8_t order[MAX_RANK];
		bool last = is_candidate(m, t) && !fixed[t] && channels_last[group_find(group, t)];

		if (rank < 0)
			continue;
		for (int k = 0; k < MAX_RANK; k++)
			order[k] = (uint8_t)(!last || k == 0 ? k : k == rank - 1 ? 1 : k + 1);
		tensor_set_order(m, t, order);
	}
	return true;
}
