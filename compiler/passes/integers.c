/* Integers: DequantizeLinear -> operator -> [Relu, Clip] -> QuantizeLinear becomes one operator on bytes
 * (domain "nnc").
 *
 * Every QuantizeLinear to 8 bits with one constant scale is looked at once; what is behind it decides the form:
 * convolution or matrix product (onnxruntime's QLinear reading), movement of bytes, a table of 256 elements, softmax,
 * or the literal float32 formula in one loop nest. runtime_min/INTEGERS.md states them all. Relu and Clip become
 * limits: rounding is monotone, so clamping before and after it is the same.
 *
 * QLinearConv and QLinearMatMul say such a sandwich in one operator and become the same.
 *
 * Requires types, shapes and folded constants; runs before equal constants are joined, which would join zeros that
 * different DequantizeLinears make. Ensures definition-before-use order; what is not read any more is gone. What has no
 * integer form stays as it was, with a remark. */
#include <string.h>

#include "graph/infer.h"
#include "passes/integers.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

/* --- What is behind a QuantizeLinear ------------------------------------------------------------------------------ */

/* y's type and, from inputs first and first + 1 of the node, its scale and zero point; false: no integer operator. */
static bool read_quantize(struct sandwich *s, int node, int first)
{
	const struct module *m = s->m;
	int scale = node_in(m, node, first), zero = node_in(m, node, first + 1);

	s->y = node_out(m, node, 0);
	s->type = m->tensor[s->y].type;
	if (s->type != DT_I8 && s->type != DT_U8)
		return false;
	if (!m->tensor[scale].data || m->tensor[scale].type != DT_F32 || (zero >= 0 && !m->tensor[zero].data))
		return false;
	if (m->tensor[scale].rank > 1 || (m->tensor[scale].rank == 1 && !num_is(m->tensor[scale].dim[0], 1)))
		return false;
	s->scale = (float)const_double(m, scale, 0);
	s->zero = zero < 0 ? 0 : const_int(m, zero, 0);
	s->low = s->type == DT_I8 ? -128 : 0;
	s->high = s->low + 255;
	return scale_is_sound((double)s->scale);
}

/* Bounds of a Clip, by attributes or inputs; false: not constants. */
static bool clip_bounds(const struct module *m, int node, float *low, float *high, bool *has_low, bool *has_high)
{
	for (int k = 0; k < 2; k++) {
		const struct attr *a = node_attr(m, node, k ? "max" : "min");
		int t = node_in(m, node, 1 + k);
		bool *has = k ? has_high : has_low;
		float *v = k ? high : low;
		*has = a || t >= 0;
		if (t >= 0 && (!m->tensor[t].data || m->tensor[t].type != DT_F32))
			return false;
		if (*has)
			*v = t >= 0 ? (float)const_double(m, t, 0) : (float)a->f;
		if (*has && *v != *v)
			return false;
	}
	return true;
}

/* Takes a Relu or Clip into the limits. */
static bool take_tail(struct sandwich *s, int node)
{
	float low = 0, high = 0;
	bool has_low = true, has_high = false;
	int64_t v;

	if (strcmp(s->m->node[node].op->name, "Relu") != 0 &&
	    (strcmp(s->m->node[node].op->name, "Clip") != 0 ||
	     !clip_bounds(s->m, node, &low, &high, &has_low, &has_high)))
		return false;
	if (has_low) {
		v = quantised_value(low, s->scale, s->zero, s->type);
		s->high = v > s->high && has_high ? v : s->high;
		s->low = v > s->low ? v : s->low;
		if (s->low > s->high)
			return false;
	}
	if (has_high) {
		v = quantised_value(high, s->scale, s->zero, s->type);
		s->high = v < s->high ? v : s->high;
		s->low = s->low < s->high ? s->low : s->high;
	}
	return true;
}

static const struct {
	const char *op;
	bool (*form)(struct sandwich *s);
} forms[] = {
	{ "Conv", sandwich_conv },	 { "Gemm", sandwich_matmul },  { "MatMul", sandwich_matmul },
	{ "Softmax", sandwich_softmax }, { "Concat", sandwich_move },  { "DepthToSpace", sandwich_move },
	{ "Expand", sandwich_move },	 { "Flatten", sandwich_move }, { "Gather", sandwich_move },
	{ "Identity", sandwich_move },	 { "MaxPool", sandwich_move }, { "Pad", sandwich_move },
	{ "Reshape", sandwich_move },	 { "Slice", sandwich_move },   { "SpaceToDepth", sandwich_move },
	{ "Split", sandwich_split },
	{ "Squeeze", sandwich_move },	 { "Tile", sandwich_move },    { "Transpose", sandwich_move },
	{ "Unsqueeze", sandwich_move },
};

/* Finds the form of what makes t, tail aside. */
static bool sandwich_any(struct sandwich *s, int t)
{
	struct module *m = s->m;
	struct sandwich whole = *s;
	const char *name, *why;

	for (;;) {
		s->core = m->tensor[t].producer;
		if (s->core < 0 || m->tensor[t].data || m->node[s->core].graph != s->graph || !is_private(s, t) ||
		    !take_tail(s, s->core))
			break;
		t = node_in(m, s->core, 0);
	}
	if (s->core < 0 || m->tensor[t].data) {
		s->why = NULL;          /* a float32 input of the graph, or a constant */
		return false;
	}
	name = m->node[s->core].op->name;
	s->result = t;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (!strcmp(forms[i].op, name) && is_private(s, t) && forms[i].form(s))
			return true;
	why = s->why;
	whole.core = s->core;
	if (sandwich_table(&whole, node_in(m, m->tensor[s->y].producer, 0)))
		return true;
	s->why = "the result before quantisation has other readers";
	if (is_private(s, t) && sandwich_group(s))
		return true;
	s->why = why ? why : s->why;
	return false;
}

/* Whether the operators that end in `node` now make its output in an integer form. */
static bool replaced(struct sandwich *s, int node)
{
	const struct module *m = s->m;
	const char *op = m->node[node].op->name;

	s->why = NULL;
	if (tensor_is_const(m, node_out(m, node, 0)))
		return false;
	if (!strcmp(op, "QLinearConv") || !strcmp(op, "QLinearMatMul")) {
		s->core = node;
		return read_quantize(s, node, 6) && qlinear_node(s);
	}
	return !strcmp(op, "QuantizeLinear") && node_in_type(m, node, 0) == DT_F32 && read_quantize(s, node, 1) &&
	       sandwich_any(s, node_in(m, node, 0));
}

/* The node makes something that nobody reads from now on, so that dead code takes it away. */
static void abandon(struct module *m, int node)
{
	const struct tensor t = m->tensor[m->node[node].out[0]];
	const int dead = tensor_like(m, NULL, t.type, t.rank, t.dim);

	m->node[node].out[0] = dead;
	m->tensor[dead].producer = node;
}

static bool integers_graph(struct module *m, int graph, const int *uses, int n_uses)
{
	const int n = m->graph[graph].n_nodes;
	bool changed = false;

	for (int i = 0; i < n; i++) {
		const int node = m->graph[graph].node[i];
		const struct place at = node_place(m, node);
		struct sandwich s = { .m = m, .uses = uses, .n_uses = n_uses, .graph = graph,
				      .quantize = node };
		int y = node_out(m, node, 0), made;
		if (!replaced(&s, node)) {
			if (s.why)
				diag_remark(m->diag, &at, "no kernel over bytes: %s \"%s\": %s",
					    m->node[s.core].op->name, m->node[s.core].name, s.why);
			continue;
		}
		made = m->tensor[y].producer;
		abandon(m, node);
		m->tensor[y].producer = made;
		changed = true;
		if (!infer_node(m, made))
			return false;
	}
	return !changed || graph_sort(m, graph);
}

bool pass_integers(struct module *m)
{
	const int n_graphs = m->n_graphs;
	const int *uses;
	int n_uses;

	drop_unread(m);
	uses = tensor_uses(m);
	n_uses = m->n_tensors;
	for (int g = 0; g < n_graphs; g++)
		if (!integers_graph(m, g, uses, n_uses))
			return false;
	for (int g = 0; g < n_graphs; g++)
		fold_pads(m, g);
	return pass_dce(m);
}
