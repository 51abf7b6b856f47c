/* Local functions: a call is replaced by the nodes of the body, which see the function's own names only. */
#include <string.h>

#include "import/scope.h"
#include "ops/ops.h"

static const char *function_key(struct import *im, const char *domain, const char *name, const char *overload)
{
	return arena_printf(im->m->scratch, "%s\n%s\n%s", domain_name(domain), name, overload);
}

bool functions_index(struct import *im)
{
	for (size_t i = 0; i < im->model->n_functions; i++) {
		const Onnx__FunctionProto *f = im->model->functions[i];
		if (!map_set_name(&im->functions, function_key(im, f->domain, f->name, f->overload), (int64_t)i))
			return diag_error(im->m->diag, STATUS_MODEL, NULL, "function \"%s\" is defined twice", f->name);
	}
	return true;
}

const Onnx__FunctionProto *function_find(struct import *im, const Onnx__NodeProto *p)
{
	int64_t i;

	if (!im->model->n_functions)
		return NULL;
	i = map_get_name(&im->functions, function_key(im, p->domain, p->op_type, p->overload), -1);
	return i < 0 ? NULL : im->model->functions[i];
}

/* The call's attributes and the function's defaults under the names that the body refers to. */
static bool bind_attributes(const struct scope *s, const Onnx__FunctionProto *f, const Onnx__NodeProto *p,
			    const struct place *at, struct call *call)
{
	struct arena *a = s->im->m->scratch;
	const size_t most = p->n_attribute + f->n_attribute_proto;
	const char **name = ARENA_ARRAY(a, most, const char *);
	const Onnx__AttributeProto **value = ARENA_ARRAY(a, most, const Onnx__AttributeProto *);

	*call = (struct call){ .name = name, .value = value };
	for (size_t i = 0; i < p->n_attribute; i++) {
		const Onnx__AttributeProto *v = scope_attribute(s, p->attribute[i]);
		if (!v && !s->call)
			return diag_error(s->im->m->diag, STATUS_MODEL, at,
					  "attribute \"%s\" refers to a function's, outside of any",
					  p->attribute[i]->name);
		name[call->n] = p->attribute[i]->name;
		value[call->n] = v;
		call->n += v != NULL;
	}
	for (size_t i = 0; i < f->n_attribute_proto; i++) {
		name[call->n] = f->attribute_proto[i]->name;
		value[call->n++] = f->attribute_proto[i];
	}
	return true;
}

/* Formal inputs and outputs mean the call's tensors. Absent inputs mean nothing, absent outputs a tensor nobody
 * reads. */
static bool bind_tensors(struct scope *body, const Onnx__FunctionProto *f, const int *in, int n_in, const int *out,
			 int n_out)
{
	struct module *m = body->im->m;

	for (size_t i = 0; i < f->n_input; i++)
		if (i < (size_t)n_in && in[i] >= 0) {
			if (!scope_define(body, f->input[i], in[i], "input of a function"))
				return false;
		} else {
			map_set_name(&body->absent, f->input[i], 1);
		}
	for (size_t i = 0; i < f->n_output; i++) {
		const int t = i < (size_t)n_out && out[i] >= 0 ? out[i] : tensor_add(m, NULL);
		if (map_get_name(&body->names, f->output[i], -1) >= 0) {
			/* The function hands an input through. */
			const int from = (int)map_get_name(&body->names, f->output[i], -1);
			bool known;
			const struct op_def *identity = op_find("", "Identity", MAX_OPSET, &known);
			if (!identity)
				return diag_error(m->diag, STATUS_UNSUPPORTED, NULL,
						  "function \"%s\" hands input \"%s\" through", f->name, f->output[i]);
			node_add(m, body->graph, identity, "", 1, &from, 1, &t);
			continue;
		}
		map_set_name(body->formal, f->output[i], 0);
		if (!scope_define(body, f->output[i], t, "output of a function"))
			return false;
	}
	return true;
}

static bool check_produced(const struct scope *body, const Onnx__FunctionProto *f, const struct place *at)
{
	for (size_t i = 0; i < f->n_output; i++)
		if (map_get_name(body->formal, f->output[i], 1) == 0)
			return diag_error(body->im->m->diag, STATUS_MODEL, at,
					  "the function's output \"%s\" is made by no node of it", f->output[i]);
	return true;
}

bool function_inline(struct scope *s, const Onnx__FunctionProto *f, const Onnx__NodeProto *p, const int *in, int n_in,
		     const int *out, int n_out)
{
	struct import *im = s->im;
	const struct place at = { .node = p->name, .op = p->op_type, .opset = 1 };
	struct scope body;
	struct map formal;
	struct call call;

	if ((size_t)n_in > f->n_input || (size_t)n_out > f->n_output)
		return diag_error(im->m->diag, STATUS_MODEL, &at,
				  "%d inputs and %d outputs: the function has %zu and %zu", n_in, n_out, f->n_input,
				  f->n_output);
	if (s->calls >= MAX_FUNCTION_NESTING)
		return diag_error(im->m->diag, STATUS_MODEL, &at,
				  "functions call themselves, or more than %d deep", MAX_FUNCTION_NESTING);
	im->inlined += (int64_t)f->n_node;
	if (im->inlined > MAX_INLINED_NODES)    /* of all functions together, and so no node's */
		return diag_error(im->m->diag, STATUS_MODEL, NULL, "the functions make more than %d nodes",
				  MAX_INLINED_NODES);
	if (!bind_attributes(s, f, p, &at, &call))
		return false;
	scope_init(&body, im, NULL, s->graph);
	map_init(&formal, im->m->scratch);
	body.depth = s->depth;
	body.calls = s->calls + 1;
	body.in_branch = s->in_branch;
	body.opset = f->opset_import;
	body.n_opsets = f->n_opset_import;
	body.call = &call;
	body.formal = &formal;
	return opsets_check(im, f->opset_import, f->n_opset_import) && bind_tensors(&body, f, in, n_in, out, n_out) &&
	       nodes_import(&body, f->node, f->n_node) && check_produced(&body, f, &at);
}
