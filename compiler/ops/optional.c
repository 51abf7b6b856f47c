/* Optionals: a bool that says whether the value is there, and the value, a tensor or a sequence. */
#include "ops/bundle.h"

#include "ops/expand.h"

static int flag(struct module *m, bool value)
{
	uint8_t *v = ARENA_NEW(m->arena, uint8_t);

	*v = value;
	return tensor_const(m, NULL, DT_BOOL, 0, NULL, v);
}

static bool expand_optional(struct module *m, int node)
{
	const int n = node_in(m, node, 0) >= 0;

	if (n && node_in_tensor(m, node, 0)->bundle && node_in_tensor(m, node, 0)->bundle->optional)
		return node_bad(m, node, "input 0 is optional, allowed: a tensor or sequence");
	bundle_set(m, node_out(m, node, 0), true, flag(m, n), m->node[node].in, n);
	return true;
}

static bool expand_has_element(struct module *m, int node)
{
	const int x = node_in(m, node, 0);
	const struct bundle *b = x < 0 ? NULL : m->tensor[x].bundle;

	bundle_copy(m, node, b && b->optional ? b->given : flag(m, x >= 0), node_out(m, node, 0));
	return true;
}

/* The value, or the run ends where it is not given. */
void expand_checked(struct module *m, int node, int given, int value, int out)
{
	const int then = graph_add(m, m->node[node].name, m->node[node].graph);
	const int otherwise = graph_add(m, m->node[node].name, m->node[node].graph);
	const int t = tensor_add(m, NULL), choice = expand_node(m, node, "If", 13, INPUTS(given), out);
	const int inner = node_add(m, then, op_find("", "Identity", 1, &(bool){ false }), m->node[node].name, 1, &value,
				   1, &t);

	m->node[inner].opset = m->node[node].opset;
	m->graph[then].out = ARENA_PUSH(m->arena, m->graph[then].out, 0, int);
	m->graph[then].out[m->graph[then].n_out++] = t;
	m->graph[otherwise].refused = true;
	expand_attr(m, choice, "then_branch")->i = then;
	expand_attr(m, choice, "else_branch")->i = otherwise;
}

static bool expand_get_element(struct module *m, int node)
{
	const int x = node_in(m, node, 0), y = node_out(m, node, 0);
	const struct bundle *b = m->tensor[x].bundle;

	if (!b || !b->optional)
		bundle_copy(m, node, x, y);
	else if (!b->n)
		return node_unsupported(m, node, "the optional is empty, or nothing says of what shape it is");
	else if (tensor_is_const(m, b->given) && const_int(m, b->given, 0))
		bundle_copy(m, node, b->t[0], y);
	else
		expand_checked(m, node, b->given, b->t[0], y);
	return true;
}

/* Inputs: whether the value is given, and the value where it is known of what shape it would be. */
static bool expand_given(struct module *m, int node)
{
	bundle_set(m, node_out(m, node, 0), true, node_in(m, node, 0), m->node[node].in + 1, m->node[node].n_in - 1);
	return true;
}

const struct op_def op_nnc_Given = {
	.domain = "nnc", .name = "Given", .since = 1, .min_in = 1, .max_in = 2, .min_out = 1, .max_out = 1,
	.bundles = true, .expand = expand_given,
};

#define OPTIONAL(name, version, least_in) ONNX(name, version, least_in, 1, 1, 1), .bundles = true

const struct op_def op_Optional_15 = {
	OPTIONAL("Optional", 15, 0), .attrs = ATTRS({ .name = "type", .kind = ATTR_TYPE }), .expand = expand_optional,
};
const struct op_def op_OptionalGetElement_15 = { OPTIONAL("OptionalGetElement", 15, 1), .expand = expand_get_element };
const struct op_def op_OptionalGetElement_18 = { OPTIONAL("OptionalGetElement", 18, 1), .expand = expand_get_element };
const struct op_def op_OptionalHasElement_15 = { OPTIONAL("OptionalHasElement", 15, 1), .expand = expand_has_element };
const struct op_def op_OptionalHasElement_18 = { OPTIONAL("OptionalHasElement", 18, 0), .expand = expand_has_element };
