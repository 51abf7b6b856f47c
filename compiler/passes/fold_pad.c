/* A Pad before a Conv, AveragePool or MaxPool becomes that node's own padding.
 *
 * Requires known pads >= 0 along spatial axes alone, mode constant, and no other reader of the padded tensor. Legal,
 * and bit-exact, where the node pads with what the Pad did: zeros for Conv, and for AveragePool when padding counts
 * (count_include_pad, which an AveragePool without own padding is given); for MaxPool the least value, or anything
 * that is never greater than the elements themselves: zero after a Relu, when each window holds an element. */
#include <math.h>
#include <string.h>

#include "graph/infer.h"
#include "ops/arguments.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

/* Elements before and after each axis, 0 until now; false when they are not known or not only spatial. */
static bool read_pads(struct module *m, int pad, int64_t *before, int64_t *after)
{
	const int rank = node_in_tensor(m, pad, 0)->rank;
	int axis[MAX_RANK], n_axes, n;
	const int64_t *v;

	if (!node_attr_is(m, pad, "mode", "constant"))
		return false;
	if (node_in(m, pad, 1) >= 0 && !tensor_is_const(m, node_in(m, pad, 1)))
		return false;
	if (node_in(m, pad, 3) >= 0 && !tensor_is_const(m, node_in(m, pad, 3)))
		return false;
	if (!node_axes(m, pad, NULL, 3, rank, axis, &n_axes) || !node_constants(m, pad, "pads", 1, &v, &n))
		return false;
	for (int k = 0; k < rank && n_axes < 0; k++)
		axis[k] = k;
	n_axes = n_axes < 0 ? rank : n_axes;
	for (int i = 0; i < n_axes; i++) {
		before[axis[i]] = v[i];
		after[axis[i]] = v[n_axes + i];
	}
	for (int k = 0; k < rank; k++)
		if (before[k] < 0 || after[k] < 0 || before[k] > 1 << 20 || after[k] > 1 << 20 ||
		    (k < 2 && (before[k] || after[k])))
			return false;
	return true;
}

/* The padding's value, as attribute (opset 2) or input; false: not known. */
static bool read_value(struct module *m, int pad, double *value)
{
	const int t = node_in(m, pad, 2);

	*value = node_attr_float(m, pad, "value", 0);
	if (t < 0)
		return true;
	if (!tensor_is_const(m, t))
		return false;
	*value = const_double(m, t, 0);
	return true;
}

static int64_t int_at(const struct attr *a, int i, int64_t missing)
{
	return a && i < a->n ? a->ints[i] : missing;
}

static bool has_own_padding(const struct module *m, int node)
{
	const struct attr *pads = node_attr(m, node, "pads");

	for (int i = 0; pads && i < pads->n; i++)
		if (pads->ints[i])
			return true;
	return false;
}

/* Every window reaches beyond the padding on either side. */
static bool windows_reach(const struct module *m, int node, const int64_t *pads, int n)
{
	const struct attr *kernel = node_attr(m, node, "kernel_shape"), *dilations = node_attr(m, node, "dilations");

	for (int k = 0; k < n; k++)
		if (int_at(dilations, k, 1) != 1 || pads[k] >= int_at(kernel, k, 1) ||
		    pads[n + k] >= int_at(kernel, k, 1))
			return false;
	return true;
}

static bool max_pool_allows(const struct module *m, int node, int pad, double value, const int64_t *pads, int n)
{
	const int p = m->tensor[node_in(m, pad, 0)].producer;

	if (node_in_type(m, node, 0) != DT_F32 || node_out(m, node, 1) >= 0 || !windows_reach(m, node, pads, n))
		return false;
	return value == -INFINITY || (value == 0 && (node_is(m, p, "Relu") || node_is(m, p, "Sigmoid")));
}

static bool node_allows(struct module *m, int node, int pad, double value, const int64_t *pads, int n)
{
	if (node_is(m, node, "Conv"))
		return value == 0;
	if (node_attr_int(m, node, "ceil_mode", 0))
		return false;
	if (node_is(m, node, "AveragePool"))
		return value == 0 && (node_attr_int(m, node, "count_include_pad", 0) || !has_own_padding(m, node));
	return node_is(m, node, "MaxPool") && max_pool_allows(m, node, pad, value, pads, n);
}

static bool fold_pad(struct rewriter *r, int node)
{
	struct module *m = r->m;
	int64_t before[MAX_RANK] = { 0 }, after[MAX_RANK] = { 0 }, pads[2 * MAX_RANK];
	const int pad = m->node[node].n_in ? rewrite_producer(r, node, node_in(m, node, 0)) : -1;
	const struct attr *own;
	double value;
	int n;

	if (!node_is(m, pad, "Pad") ||
	    (!node_is(m, node, "Conv") && !node_is(m, node, "AveragePool") && !node_is(m, node, "MaxPool")))
		return true;
	if (!node_attr_is(m, node, "auto_pad", "NOTSET") && !node_attr_is(m, node, "auto_pad", "VALID"))
		return true;
	if (!read_pads(m, pad, before, after) || !read_value(m, pad, &value))
		return true;
	own = node_attr_is(m, node, "auto_pad", "VALID") ? NULL : node_attr(m, node, "pads");
	n = node_in_tensor(m, node, 0)->rank - 2;
	for (int k = 0; k < n; k++) {
		pads[k] = before[k + 2] + int_at(own, k, 0);
		pads[n + k] = after[k + 2] + int_at(own, n + k, 0);
	}
	if (!node_allows(m, node, pad, value, pads, n))
		return true;
	rewrite_attr_ints(m, node, "pads", pads, 2 * n);
	rewrite_attr(m, node, "auto_pad")->s = "NOTSET";
	if (node_is(m, node, "AveragePool"))
		rewrite_attr(m, node, "count_include_pad")->i = 1;
	m->node[node].in[0] = node_in(m, pad, 0);
	r->gone[pad] = true;
	return infer_node(m, node);
}

bool pass_fold_pad(struct module *m)
{
	return rewrite_module(m, fold_pad, NULL);
}
