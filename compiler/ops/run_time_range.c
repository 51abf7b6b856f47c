/* Range of numbers that are data, whose result has the size that the model says. */
#include "ops/run_time_parts.h"

#include "graph/infer.h"
#include "ops/pointwise.h"

/* --- Range of `size` elements, or the run ends -------------------------------------------------------------------- */

static bool infer_sized_range(struct module *m, int node)
{
	const struct num size = num_const(node_attr_int(m, node, "size", 0));

	return tensor_set(m, node, node_out(m, node, 0), node_in_type(m, node, 0), 1, &size);
}

/* Reckoned in float64, where the number of elements is exact for integers of up to 52 bits; the run ends for others. */
static int lower_has_size(struct lowering *l, int node)
{
	struct nest *n = nest_new(l->m, lower_temp(l, DT_BOOL, 0, NULL));
	const struct nest_param size = { "size", nest_const_float(n, DT_F64,
								  (double)node_attr_int(l->m, node, "size", 0)) };
	int v[3];

	for (int i = 0; i < 3; i++)
		v[i] = nest_cast(n, DT_F64, nest_load_flat(n, node_in(l->m, node, i), num_const(0)));
	nest_store(n, nest_parse(n, dtypes[node_in_type(l->m, node, 0)].class == CLASS_I ?
				 "ceil(max((y - x) / z, 0)) == size && "
				 "abs(x) <= 4503599627370496 && abs(y) <= 4503599627370496 && z != 0" :
				 "ceil(max((y - x) / z, 0)) == size", v, 3, &size, 1));
	lower_nest(l, n);
	return n->out;
}

static bool lower_sized_range(struct lowering *l, int node)
{
	struct block body = { 0 };
	struct lowering inside = lower_inside(l, &body);
	const int agreement = lower_has_size(l, node);

	lower_range(&inside, node);
	lower_where(l, agreement, &body);
	return true;
}

static const struct op_def own_range = {
	.domain = "nnc", .name = "Range", .since = 1, .min_in = 3, .max_in = 3, .min_out = 1, .max_out = 1,
	.attrs = ATTRS(INT_REQUIRED("size")), .types = TYPES("fhi", "T"), .infer = infer_sized_range,
	.lower = lower_sized_range, .impure = true,
};

/* The last size that the model says of t, or of what element-wise nodes make of it; -1: it says none. Such a node might
 * stretch t, of one element, to that size: then the run ends. */
static int64_t size_said(const struct module *m, int t, int *tensors)
{
	const struct tensor *x = &m->tensor[t];
	int64_t size = -1;

	if (x->rank > 0 && num_is_const(x->dim[x->rank - 1]) && x->dim[x->rank - 1].n >= 0)
		return x->dim[x->rank - 1].n;
	if (--*tensors < 0)
		return -1;
	for (int i = 0; i < m->n_nodes && size < 0; i++) {
		const struct node *n = &m->node[i];
		for (int k = 0; k < n->n_in && size < 0; k++)
			if (n->in[k] == t && (pointwise_is(n->op) || run_time_keeps_shape(n->op)))
				size = size_said(m, n->out[0], tensors);
	}
	return size;
}

bool run_time_range(struct module *m, int node)
{
	int tensors = 64;       /* that are looked at */
	const int64_t size = size_said(m, node_out(m, node, 0), &tensors);
	int made;

	if (size < 0)
		return false;
	made = node_add(m, m->node[node].graph, &own_range, m->node[node].name, 3, m->node[node].in, 1,
			m->node[node].out);
	m->node[made].opset = m->node[node].opset;
	rewrite_attr(m, made, "size")->i = size;
	return infer_node(m, made);
}
