/* Channel order: where a Gather or Slice in front of a convolution only puts channels in another order, as RGB from
 * BGR, the convolution's weights take that order instead, also through a Transpose between them:
 *
 *     sum over c of w[o][c] * x[order[c]]  =  sum over k of w'[o][k] * x[k],  w'[o][order[c]] = w[o][c]
 *
 * Requires types, shapes and constant weights. Legal: bit-exact for sums of integers; of floats they are taken in
 * another order: close. */
#include <string.h>

#include "graph/infer.h"
#include "ops/arguments.h"
#include "ops/integer.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

enum { MOST_CHANNELS = 1 << 16 };

/* Whether order[0] … order[n - 1] are 0 … n - 1 each once. */
static bool is_order(const struct module *m, const int64_t *order, int64_t n)
{
	bool *seen = ARENA_ARRAY(m->scratch, n, bool);

	for (int64_t c = 0; c < n; c++) {
		if (order[c] < 0 || order[c] >= n || seen[order[c]])
			return false;
		seen[order[c]] = true;
	}
	return true;
}

/* order[c]: which channel of its input channel c of the node's output is; false: it does something else. */
static bool read_gather(struct module *m, int node, int64_t axis, int64_t n, int64_t *order)
{
	const int indices = node_in(m, node, 1);

	if (node_attr_int(m, node, "axis", 0) != axis || !m->tensor[indices].data || m->tensor[indices].rank != 1 ||
	    !num_is(m->tensor[indices].dim[0], n))
		return false;
	for (int64_t c = 0; c < n; c++) {
		const int64_t at = const_int(m, indices, c);
		order[c] = at < 0 ? at + n : at;
	}
	return is_order(m, order, n);
}

/* All channels from the last to the first. */
static bool read_slice(struct module *m, int node, int64_t axis, int64_t n, int64_t *order)
{
	const int axes = node_in(m, node, 3), steps = node_in(m, node, 4);

	if (axes < 0 || steps < 0 || !m->tensor[axes].data || !m->tensor[steps].data ||
	    !num_is(tensor_elements(m, axes), 1) || const_int(m, axes, 0) != axis || const_int(m, steps, 0) != -1)
		return false;
	for (int64_t c = 0; c < n; c++)
		order[c] = n - 1 - c;
	return true;
}

static const struct {
	const char *op;
	bool (*read)(struct module *m, int node, int64_t axis, int64_t n, int64_t *order);
} reorders[] = { { "Gather", read_gather }, { "Slice", read_slice } };

/* The weights o x c x taps with channel c at order[c]. */
static int reordered(struct module *m, int w, const int64_t *order)
{
	const struct tensor t = m->tensor[w];
	const size_t size = (size_t)dtypes[t.type].bytes;
	const int64_t n = t.dim[1].n, outputs = t.dim[0].n, all = tensor_elements(m, w).n;
	const size_t taps = all ? (size_t)(all / outputs / n) * size : 0;
	unsigned char *v = arena_array(m->arena, (size_t)all, size);
	int64_t dim[MAX_RANK];

	for (int64_t o = 0; o < outputs && taps; o++)
		for (int64_t c = 0; c < n; c++)
			memcpy(v + (size_t)(o * n + order[c]) * taps,
			       (const unsigned char *)t.data + (size_t)(o * n + c) * taps, taps);
	for (int k = 0; k < t.rank; k++)
		dim[k] = t.dim[k].n;
	return tensor_const(m, t.name, t.type, t.rank, dim, v);
}

/* Steps over Transposes that nobody else reads; *reader: the node that reads what is returned, *axis: where axis 1 of x
 * is in it. */
static int step_back(struct rewriter *r, int node, int *reader, int64_t *axis)
{
	const struct module *m = r->m;
	int x = node_in(m, node, 0), p;

	*reader = node;
	*axis = 1;
	while ((p = rewrite_producer(r, *reader, x)) >= 0 && node_is(m, p, "Transpose")) {
		const struct attr *perm = node_attr(m, p, "perm");
		*axis = perm ? perm->ints[*axis] : m->tensor[x].rank - 1 - *axis;
		*reader = p;
		x = node_in(m, p, 0);
	}
	return x;
}

static bool take_order(struct rewriter *r, int node)
{
	struct module *m = r->m;
	const bool is_conv = node_is(m, node, "Conv") || m->node[node].op == &op_nnc_IntegerConv;
	const int w = is_conv ? node_in(m, node, 1) : -1;
	int64_t *order, n, axis;
	int x, before, reader;

	if (w < 0 || !m->tensor[w].data || m->tensor[w].recipe || node_attr_int(m, node, "group", 1) != 1)
		return true;
	n = m->tensor[w].dim[1].n;
	x = step_back(r, node, &reader, &axis);
	before = m->tensor[x].producer;
	if (n < 2 || n > MOST_CHANNELS || before < 0 || m->node[before].graph != m->node[node].graph ||
	    !tensor_same_shape(m, x, node_in(m, before, 0)))
		return true;
	order = ARENA_ARRAY(m->scratch, n, int64_t);
	for (size_t i = 0; i < sizeof reorders / sizeof *reorders; i++)
		if (node_is(m, before, reorders[i].op) && reorders[i].read(m, before, axis, n, order)) {
			m->node[node].in[1] = reordered(m, w, order);
			m->node[reader].in[0] = node_in(m, before, 0);
			r->uses[node_in(m, before, 0)]++;
			break;
		}
	return true;
}

bool pass_channel_order(struct module *m)
{
	return rewrite_module(m, take_order, NULL) && pass_dce(m);
}
