#include "ops/found.h"

#include <string.h>

#include "ops/expand.h"

enum { MAX_FOUND_OUTPUTS = 5 };

struct num found_between(struct module *m, int node, int i, int64_t low, int64_t high)
{
	const int t = node_out(m, node, i);
	/* No dimension's name begins so (see ident_make), and one name has one range. */
	const char *name = arena_printf(m->arena, "_found%d_%lld_%lld", t, (long long)low, (long long)high);

	return num_var_of(&m->nums, name, low, high, t);
}

struct search {
	const struct module *m;
	int graph;
	bool is_inside;
};

static void check_var(void *ctx, struct num var, const char *name)
{
	struct search *s = ctx;
	const int tensor = num_var_tensor(&s->m->nums, var), node = tensor < 0 ? -1 : s->m->tensor[tensor].producer;

	(void)name;
	for (int g = node < 0 ? -1 : s->m->node[node].graph; g >= 0; g = s->m->graph[g].parent)
		s->is_inside |= g == s->graph;
}

bool found_inside(const struct module *m, int rank, const struct num *dim, int graph)
{
	struct search s = { .m = m, .graph = graph };

	for (int k = 0; k < rank; k++)
		num_each_var(&m->nums, dim[k], check_var, &s);
	return s.is_inside;
}

/* The operator of our own in the node's place: `outputs` of the model's, then the number found. */
static bool expand_found(struct module *m, int node, const struct op_def *op, int outputs)
{
	const struct place at = node_place(m, node);
	int out[MAX_FOUND_OUTPUTS], made;

	for (int i = 0; i < outputs; i++)
		out[i] = node_out(m, node, i);
	out[outputs] = tensor_add(m, NULL);
	made = node_add(m, m->node[node].graph, op, at.node, m->node[node].n_in, m->node[node].in, outputs + 1, out);
	m->node[made].opset = m->node[node].opset;
	m->node[made].attr = m->node[node].attr;
	return true;
}

/* The number found and outputs 0 … n-1, each of the given rank and dimensions. */
static bool set_count(struct module *m, int node, int i)
{
	return tensor_set(m, node, node_out(m, node, i), DT_I64, 0, NULL);
}

static void set_constant(struct module *m, int t, const int64_t *v, int n)
{
	m->tensor[t].data = arena_grow(m->arena, v, (size_t)n, (size_t)n, sizeof *v);
}

/* --- NonZero: indexes of the elements that are not 0, a column each ----------------------------------------------- */

/* All that exporters make of a known shape (the indexes of a grid) is known as well. */
static bool non_zero_of_constant(struct module *m, int node)
{
	const int x = node_in(m, node, 0), y = node_out(m, node, 0);
	const struct tensor t = m->tensor[x];
	const int64_t n = tensor_elements(m, x).n;
	int64_t count = 0, found = 0, *v;
	struct num dim[2];

	for (int64_t i = 0; i < n; i++)
		count += const_double(m, x, i) != 0;
	dim[0] = num_const(t.rank);
	dim[1] = num_const(count);
	if (!tensor_set(m, node, y, DT_I64, 2, dim) || !set_count(m, node, 1))
		return false;
	v = ARENA_ARRAY(tensor_arena(m, y), t.rank * count, int64_t);
	for (int64_t i = 0; i < n; i++) {
		int64_t rest = i;
		if (const_double(m, x, i) == 0)
			continue;
		for (int k = t.rank - 1; k >= 0; k--) {
			v[k * count + found] = rest % t.dim[k].n;
			rest /= t.dim[k].n;
		}
		found++;
	}
	m->tensor[y].data = v;
	set_constant(m, node_out(m, node, 1), &count, 1);
	return true;
}

static bool infer_non_zero(struct module *m, int node)
{
	const struct tensor *x = node_in_tensor(m, node, 0);
	const struct num elements = tensor_elements(m, node_in(m, node, 0));
	struct num dim[2] = { num_const(x->rank) };

	if (x->data && elements.n <= MAX_FOLD_ELEMENTS)
		return non_zero_of_constant(m, node);
	if (!set_count(m, node, 1))
		return false;
	dim[1] = found_between(m, node, 1, 0, elements.n);
	return tensor_set(m, node, node_out(m, node, 0), DT_I64, 2, dim);
}

static const struct op_def own_non_zero = {
	.domain = "nnc", .name = "NonZero", .since = 1, .min_in = 1, .max_in = 1, .min_out = 2, .max_out = 2,
	.types = TYPES("fhiub"), .infer = infer_non_zero, .by_kernels = true, .impure = true,
};

static bool expand_non_zero(struct module *m, int node)
{
	return expand_found(m, node, &own_non_zero, 1);
}

const struct op_def op_NonZero_9 = {
	ONNX("NonZero", 9, 1, 1, 1, 1), .types = TYPES("fhiub"), .expand = expand_non_zero,
};

/* --- Compress: the elements, or the indexes of an axis, where the condition holds --------------------------------- */

static bool infer_compress(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	const struct tensor *condition = node_in_tensor(m, node, 1);
	struct num dim[MAX_RANK];
	int64_t most;
	int axis;

	if (!node_rank(m, node, 0, 1, MAX_RANK) || !node_rank(m, node, 1, 1, 1) ||
	    !node_axis_attr(m, node, "axis", 0, x.rank, &axis) || !set_count(m, node, 1))
		return false;
	memcpy(dim, x.dim, sizeof dim);
	most = dim[axis].n < condition->dim[0].n ? dim[axis].n : condition->dim[0].n;
	dim[axis] = found_between(m, node, 1, 0, most);
	return tensor_set(m, node, node_out(m, node, 0), x.type, x.rank, dim);
}

static const struct op_def own_compress = {
	.domain = "nnc", .name = "Compress", .since = 1, .min_in = 2, .max_in = 2, .min_out = 2, .max_out = 2,
	.attrs = ATTRS(INT_OPTIONAL("axis")), .types = TYPES("fhiub", "b"), .infer = infer_compress,
	.by_kernels = true, .impure = true,
};

static bool expand_compress(struct module *m, int node)
{
	const int64_t all = -1;

	/* Without an axis the tensor is one row. */
	if (!node_attr(m, node, "axis"))
		m->node[node].in[0] = expand_node(m, node, "Reshape", 13,
						  INPUTS(node_in(m, node, 0), tensor_const_ints(m, &all, 1)), -1);
	return expand_found(m, node, &own_compress, 1);
}

const struct op_def op_Compress_9 = {
	ONNX("Compress", 9, 2, 2, 1, 1), .attrs = ATTRS(INT_OPTIONAL("axis")), .types = TYPES("fhiub", "b"),
	.expand = expand_compress,
};

/* --- NonMaxSuppression: image, class and box of those boxes that stay --------------------------------------------- */

static bool one_element(struct module *m, int node, int i)
{
	return node_in(m, node, i) < 0 || num_is(tensor_elements(m, node_in(m, node, i)), 1) ||
	       node_bad(m, node, "input %d has shape %s, allowed: one element", i, node_in_shape(m, node, i));
}

static bool infer_nms(struct module *m, int node)
{
	const struct tensor *boxes = node_in_tensor(m, node, 0), *scores = node_in_tensor(m, node, 1);
	struct num dim[2] = { num_const(0), num_const(3) }, rows;
	const struct num *limit;
	int64_t per_class = 0;
	int n;

	if (!node_rank(m, node, 0, 3, 3) || !node_rank(m, node, 1, 3, 3))
		return false;
	if (!num_is(boxes->dim[2], 4))
		return node_bad(m, node, "boxes have shape %s, allowed: 4 numbers each", node_in_shape(m, node, 0));
	if (!node_shape(m, node, 1, (struct num[]){ boxes->dim[0], scores->dim[1], boxes->dim[1] }, 3) ||
	    !one_element(m, node, 2) || !one_element(m, node, 3) || !one_element(m, node, 4) ||
	    !set_count(m, node, 1))
		return false;
	if (node_in(m, node, 2) >= 0) {
		limit = tensor_value(m, node_in(m, node, 2), &n);
		per_class = scores->dim[2].n;
		if (limit && limit[0].n < per_class)
			per_class = limit[0].n > 0 ? limit[0].n : 0;
	}
	rows = num_mul(&m->nums, num_mul(&m->nums, num_const(boxes->dim[0].n), num_const(scores->dim[1].n)),
		       num_const(per_class));
	if (!shape_check(m, node, "the result", 2, (struct num[]){ rows, num_const(3) }))
		return false;
	dim[0] = found_between(m, node, 1, 0, rows.n);
	return tensor_set(m, node, node_out(m, node, 0), DT_I64, 2, dim);
}

#define NMS_ATTRS ATTRS(FLAG("center_point_box", 0))
#define NMS_TYPES TYPES("s", "s", "i", "s", "s")

static const struct op_def own_nms = {
	.domain = "nnc", .name = "NonMaxSuppression", .since = 1, .min_in = 2, .max_in = 5, .min_out = 2, .max_out = 2,
	.attrs = NMS_ATTRS, .types = NMS_TYPES, .infer = infer_nms, .by_kernels = true, .impure = true,
};

static bool expand_nms(struct module *m, int node)
{
	return expand_found(m, node, &own_nms, 1);
}

const struct op_def op_NonMaxSuppression_10 = {
	ONNX("NonMaxSuppression", 10, 2, 5, 1, 1), .attrs = NMS_ATTRS, .types = NMS_TYPES, .expand = expand_nms,
};

/* --- Unique: the distinct elements, or slices along an axis ------------------------------------------------------- */

static bool infer_unique(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct num dim[MAX_RANK], count;
	int axis;

	if (!node_rank(m, node, 0, 1, MAX_RANK) || !node_axis_attr(m, node, "axis", 0, x.rank, &axis) ||
	    !set_count(m, node, 4))
		return false;
	memcpy(dim, x.dim, sizeof dim);
	dim[axis] = count = found_between(m, node, 4, 0, x.dim[axis].n);
	return tensor_set(m, node, node_out(m, node, 0), x.type, x.rank, dim) &&
	       (node_out(m, node, 1) < 0 || tensor_set(m, node, node_out(m, node, 1), DT_I64, 1, &count)) &&
	       (node_out(m, node, 2) < 0 || tensor_set(m, node, node_out(m, node, 2), DT_I64, 1, &x.dim[axis])) &&
	       (node_out(m, node, 3) < 0 || tensor_set(m, node, node_out(m, node, 3), DT_I64, 1, &count));
}

#define UNIQUE_ATTRS ATTRS(INT_OPTIONAL("axis"), FLAG("sorted", 1))

static const struct op_def own_unique = {
	.domain = "nnc", .name = "Unique", .since = 1, .min_in = 1, .max_in = 1, .min_out = 5, .max_out = 5,
	.attrs = UNIQUE_ATTRS, .types = TYPES("fhiub"), .infer = infer_unique, .by_kernels = true, .impure = true,
};

static bool expand_unique(struct module *m, int node)
{
	const int64_t all = -1;

	if (!node_attr(m, node, "axis"))
		m->node[node].in[0] = expand_node(m, node, "Reshape", 13,
						  INPUTS(node_in(m, node, 0), tensor_const_ints(m, &all, 1)), -1);
	return expand_found(m, node, &own_unique, 4);
}

const struct op_def op_Unique_11 = {
	ONNX("Unique", 11, 1, 1, 1, 4), .attrs = UNIQUE_ATTRS, .types = TYPES("fhiub"), .expand = expand_unique,
};
