/* Nodes: outputs become tensors, operators are looked up, inputs resolved, attributes decoded. */
#include <string.h>

#include "import/scope.h"
#include "ops/ops.h"

static struct place place_of(const struct scope *s, const Onnx__NodeProto *p)
{
	const char *name = p->name;

	for (size_t i = 0; !*name && i < p->n_output; i++)
		name = p->output[i];
	return (struct place){ .node = name, .op = p->op_type, .opset = scope_opset(s, domain_name(p->domain)) };
}

/* The operator's row, or NULL (reported). Rows are searched once for each operator of a model. */
static const struct op_def *find_operator(const struct scope *s, const Onnx__NodeProto *p)
{
	struct import *im = s->im;
	const char *domain = domain_name(p->domain);
	const int opset = scope_opset(s, domain);
	const char *key = arena_printf(im->m->scratch, "%d.%s.%s", opset, domain, p->op_type);
	const int64_t found = map_get_name(&im->operators, key, -1);
	const struct place at = place_of(s, p);
	const struct op_def *op;
	bool known;

	if (found >= 0)
		return im->operator[found];
	op = op_find(domain, p->op_type, opset, &known);
	if (!opset && known) {
		diag_error(im->m->diag, STATUS_MODEL, &at, "the model imports no opset of domain \"%s\"", domain);
		return NULL;
	}
	if (!op && s->in_branch)
		return op_refused(im->m->arena, domain, p->op_type);
	if (!op) {
		op_refuse(im->m->diag, &at, domain, known);
		return NULL;
	}
	im->operator = ARENA_PUSH(im->m->scratch, im->operator, im->n_operators, const struct op_def *);
	im->operator[im->n_operators] = op;
	map_set_name(&im->operators, key, im->n_operators++);
	return op;
}

/* Tensors of a node's inputs or outputs, -1 for absent ones. */
static int *resolve(struct scope *s, char *const *name, size_t n_names, const struct place *at, int *n)
{
	int *v = ARENA_ARRAY(s->im->m->scratch, n_names, int);
	bool ok = true;

	if (n_names > MAX_NODE_ARITY) {
		diag_error(s->im->m->diag, STATUS_MODEL, at, "%zu inputs or outputs, at most %d are supported", n_names,
			   MAX_NODE_ARITY);
		return NULL;
	}
	*n = (int)n_names;
	for (int i = 0; i < *n; i++) {
		v[i] = *name[i] ? scope_find(s, name[i], at) : NO_TENSOR;
		ok &= v[i] != NOT_DEFINED;
	}
	return ok ? v : NULL;
}

static bool check_room(const struct module *m)
{
	return m->n_tensors < MAX_TENSORS ||
	       diag_error(m->diag, STATUS_UNSUPPORTED, NULL, "%d tensors or more, allowed: at most %d",
			  MAX_TENSORS + 1, MAX_TENSORS);
}

/* Trailing absent ones are dropped, down to `least`. */
static void trim(const int *v, int *n, int least)
{
	while (*n > least && v[*n - 1] == NO_TENSOR)
		--*n;
}

static bool check_counts(const struct module *m, const struct op_def *op, const struct place *at, int n_in, int n_out)
{
	if (n_in < op->min_in || (op->max_in >= 0 && n_in > op->max_in))
		return diag_error(m->diag, STATUS_MODEL, at, "%d inputs, must be %d to %d", n_in, op->min_in,
				  op->max_in < 0 ? MAX_NODE_ARITY : op->max_in);
	if (n_out < op->min_out || (op->max_out >= 0 && n_out > op->max_out))
		return diag_error(m->diag, STATUS_MODEL, at, "%d outputs, must be %d to %d", n_out, op->min_out,
				  op->max_out < 0 ? MAX_NODE_ARITY : op->max_out);
	return true;
}

/* An operator makes all of its first outputs, whether the model names them or not. */
static bool complete(struct module *m, int *out, int n)
{
	for (int i = 0; i < n; i++) {
		if (out[i] != NO_TENSOR)
			continue;
		if (!check_room(m))
			return false;
		out[i] = tensor_add(m, NULL);
	}
	return true;
}

/* Operators inside the sub-graphs of a node that cannot be imported are reported with it. */
static void report_inner(const struct scope *s, const Onnx__NodeProto *p)
{
	for (size_t i = 0; i < p->n_attribute; i++) {
		const Onnx__GraphProto *g = p->attribute[i]->g;
		for (size_t k = 0; g && k < g->n_node; k++) {
			if (strcmp(g->node[k]->op_type, "Constant") && !function_find(s->im, g->node[k]) &&
			    !find_operator(s, g->node[k]))
				report_inner(s, g->node[k]);
		}
	}
}

static bool operator_import(struct scope *s, const Onnx__NodeProto *p, const int *in, int n_in, int *out, int n_out)
{
	struct module *m = s->im->m;
	const struct op_def *op = find_operator(s, p);
	const struct place at = place_of(s, p);
	int node;

	if (!op) {
		report_inner(s, p);
		return false;
	}
	/* How many outputs there are can be a part of what is meant (Split), though nobody reads the last ones. */
	trim(out, &n_out, op->max_out < 0 ? n_out : op->max_out);
	if (!check_counts(m, op, &at, n_in, n_out) || !complete(m, out, op->min_out))
		return false;
	if (m->n_nodes >= MAX_NODES)
		return diag_error(m->diag, STATUS_UNSUPPORTED, &at, "%d nodes or more, allowed: at most %d",
				  MAX_NODES + 1, MAX_NODES);
	node = node_add(m, s->graph, op, arena_strdup(m->arena, p->name), n_in, in, n_out, out);
	m->node[node].opset = at.opset;
	return op->refused || attr_import(s, p, node);
}

/* The classes that a ZipMap names, as labels of the tensor's columns. */
static void zipmap_labels(struct module *m, const Onnx__NodeProto *p, int out)
{
	for (size_t i = 0; i < p->n_attribute; i++) {
		const Onnx__AttributeProto *a = p->attribute[i];
		const int n = (int)(a->n_strings ? a->n_strings : a->n_ints);
		const char **label = arena_array(m->arena, (size_t)n, sizeof *label);
		for (int k = 0; k < n; k++)
			label[k] = a->n_strings ? arena_strndup(m->arena, (const char *)a->strings[k].data,
								a->strings[k].len) :
						  arena_printf(m->arena, "%lld", (long long)a->ints[k]);
		if (!n || strncmp(a->name, "classlabels_", strlen("classlabels_")) != 0)
			continue;
		m->tensor[out].label = label;
		m->tensor[out].n_labels = n;
	}
}

/* ZipMap only dresses a tensor up as a sequence of maps from class to probability: the tensor itself is given out. */
static bool zipmap_import(struct scope *s, const Onnx__NodeProto *p, const int *in, int n_in, int *out, int n_out)
{
	struct module *m = s->im->m;
	const struct place at = place_of(s, p);
	bool known;
	const struct op_def *op = op_find("", "Identity", scope_opset(s, ""), &known);

	if (n_in != 1 || n_out != 1 || in[0] < 0)
		return diag_error(m->diag, STATUS_MODEL, &at, "%d inputs and %d outputs, must be 1 and 1", n_in, n_out);
	if (!op)
		return diag_error(m->diag, STATUS_UNSUPPORTED, &at, "operator not supported");
	if (!complete(m, out, 1))
		return false;
	zipmap_labels(m, p, out[0]);
	diag_remark(m->diag, &at, "the output is the tensor of probabilities instead of a sequence of maps");
	node_add(m, s->graph, op, arena_strdup(m->arena, p->name), n_in, in, n_out, out);
	return true;
}

static bool node_import(struct scope *s, const Onnx__NodeProto *p)
{
	const struct place at = place_of(s, p);
	const Onnx__FunctionProto *f = function_find(s->im, p);
	const bool constant = !strcmp(p->op_type, "Constant") && !*domain_name(p->domain);
	const bool zipmap = !strcmp(p->op_type, "ZipMap") && !strcmp(p->domain, "ai.onnx.ml");
	int n_in = 0, n_out = 0;
	const int *in = resolve(s, p->input, p->n_input, &at, &n_in);
	int *out = resolve(s, p->output, p->n_output, &at, &n_out);

	if (!in || !out)
		return false;
	trim(in, &n_in, 0);
	if (f) {
		trim(out, &n_out, (int)f->n_output);
		return function_inline(s, f, p, in, n_in, out, n_out);
	}
	if (!constant && !zipmap)
		return operator_import(s, p, in, n_in, out, n_out);
	trim(out, &n_out, 1);
	if (zipmap)
		return zipmap_import(s, p, in, n_in, out, n_out);
	if (n_in || n_out != 1)
		return diag_error(s->im->m->diag, STATUS_MODEL, &at, "%d inputs and %d outputs, must be 0 and 1", n_in,
				  n_out);
	return complete(s->im->m, out, 1) && constant_import(s, p, &at, out[0]);
}

static bool define_outputs(struct scope *s, const Onnx__NodeProto *p)
{
	struct module *m = s->im->m;
	bool ok = true;

	for (size_t i = 0; i < p->n_output; i++) {
		const char *name = p->output[i];
		if (!*name)
			continue;
		if (s->formal && map_get_name(s->formal, name, 1) == 0) {
			/* The call's tensor, which is there already. */
			map_set_name(s->formal, name, 1);
			continue;
		}
		if (!check_room(m))
			return false;
		ok &= scope_define(s, name, tensor_add(m, arena_strdup(m->arena, name)), "output of a node");
	}
	return ok;
}

bool nodes_import(struct scope *s, Onnx__NodeProto *const *p, size_t n)
{
	bool ok = true;

	for (size_t i = 0; i < n; i++)
		ok &= define_outputs(s, p[i]);
	for (size_t i = 0; i < n && ok; i++)
		ok &= *p[i]->op_type || diag_error(s->im->m->diag, STATUS_MODEL, NULL, "a node without operator");
	if (!ok)
		return false;
	for (size_t i = 0; i < n; i++)
		ok &= node_import(s, p[i]);
	return ok;
}
