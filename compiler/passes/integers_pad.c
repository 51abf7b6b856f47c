/* Integers: a Pad with the zero point of x in front of an IntegerConv becomes its own padding. Bit-exact: padding reads
 * the zero point. */
#include <string.h>

#include "passes/integers.h"
#include "passes/rewrite.h"

/* Padding before and after each axis, when Pad only adds bytes of value `zero` round the spatial axes. */
static bool zero_pads(struct module *m, int pad, int64_t zero, int64_t *pads)
{
	const int given = node_in(m, pad, 1), value = node_in(m, pad, 2), rank = node_in_tensor(m, pad, 0)->rank;

	if (!node_attr_is(m, pad, "mode", "constant") || node_in(m, pad, 3) >= 0 || given < 0 || !m->tensor[given].data)
		return false;
	if (value < 0 || !m->tensor[value].data || const_int(m, value, 0) != zero ||
	    !num_is(tensor_elements(m, given), 2 * rank))
		return false;
	for (int k = 0; k < 2 * rank; k++) {
		pads[k] = const_int(m, given, k);
		if (pads[k] < 0 || pads[k] > 1 << 16 || (k % rank < 2 && pads[k]))
			return false;
	}
	return true;
}

static void fold_pad(struct module *m, int conv)
{
	const int pad = m->tensor[node_in(m, conv, INTEGER_X)].producer;
	const struct attr *own = node_attr(m, conv, "pads");
	int64_t pads[2 * MAX_RANK] = { 0 }, sum[2 * MAX_RANK];
	int rank, n;

	if (pad < 0 || strcmp(m->node[pad].op->name, "Pad") != 0 || !node_attr_is(m, conv, "auto_pad", "NOTSET"))
		return;
	rank = node_in_tensor(m, pad, 0)->rank;
	n = rank - 2;
	if (!zero_pads(m, pad, const_int(m, node_in(m, conv, INTEGER_X_ZERO), 0), pads) || (own && own->n != 2 * n))
		return;
	for (int k = 0; k < n; k++) {
		sum[k] = pads[2 + k] + (own ? own->ints[k] : 0);
		sum[n + k] = pads[rank + 2 + k] + (own ? own->ints[n + k] : 0);
	}
	rewrite_attr_ints(m, conv, "pads", sum, 2 * n);
	m->node[conv].in[INTEGER_X] = node_in(m, pad, 0);
}

void fold_pads(struct module *m, int graph)
{
	for (int i = 0; i < m->graph[graph].n_nodes; i++)
		if (m->node[m->graph[graph].node[i]].op == &op_nnc_IntegerConv)
			fold_pad(m, m->graph[graph].node[i]);
}
