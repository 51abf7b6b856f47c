/* Graphs: initializers, inputs, nodes, outputs, and what is said of the tensors between. */
#include <string.h>

#include "import/scope.h"

static bool import_initializers(struct scope *s, const Onnx__GraphProto *p)
{
	struct import *im = s->im;
	struct module *m = im->m;
	bool ok = true;

	if (p->n_sparse_initializer)
		return diag_error(m->diag, STATUS_UNSUPPORTED, NULL, "sparse initializer \"%s\"",
				  p->sparse_initializer[0]->values ? p->sparse_initializer[0]->values->name : "");
	for (size_t i = 0; i < p->n_initializer && ok; i++) {
		const Onnx__TensorProto *t = p->initializer[i];
		int tensor, bits;

		if (dtype_from_onnx(t->data_type) == DT_NONE && dtype_from_packed(t->data_type, &bits) == DT_NONE) {
			if (!dtype_is_standard(t->data_type))
				return dtype_refuse(m->diag, NULL, "initializer", t->name, t->data_type);
			/* Refused where it is used; many models carry some that are not. */
			map_set_name(&s->refused, t->name, t->data_type);
			continue;
		}
		if (m->n_tensors >= MAX_TENSORS)
			return diag_error(m->diag, STATUS_UNSUPPORTED, NULL, "%d tensors or more, allowed: at most %d",
					  MAX_TENSORS + 1, MAX_TENSORS);
		tensor = tensor_add(m, arena_strdup(m->arena, t->name));
		ok = *t->name ? scope_define(s, t->name, tensor, "initializer")
			      : diag_error(m->diag, STATUS_MODEL, NULL, "an initializer without name");
		ok = ok && tensor_import(im, t, tensor, t->name);
	}
	return ok;
}

static void append(struct arena *a, int **v, int *n, int x)
{
	*v = ARENA_PUSH(a, *v, *n, int);
	(*v)[(*n)++] = x;
}

/* An input that is also an initializer is a constant: its value cannot be overridden in a compiled model. */
static bool import_inputs(struct scope *s, const Onnx__GraphProto *p)
{
	struct module *m = s->im->m;
	bool ok = true;

	for (size_t i = 0; i < p->n_input; i++) {
		const Onnx__ValueInfoProto *v = p->input[i];
		const int known = (int)map_get_name(&s->names, v->name, -1);
		bool fixed = false;
		int tensor, as;

		if (!*v->name)
			return diag_error(m->diag, STATUS_MODEL, NULL, "input %zu has no name", i);
		if ((known >= 0 && m->tensor[known].data) || map_get_name(&s->refused, v->name, -1) >= 0)
			continue;
		if (!s->depth && bundle_is_input(v)) {
			ok &= bundle_input(s, v);
			continue;
		}
		tensor = tensor_add(m, arena_strdup(m->arena, v->name));
		ok &= scope_define(s, v->name, tensor, "input");
		ok &= s->depth ? types_info(s->im, v, tensor) : types_input(s->im, v, tensor);
		if (ok && !s->depth && !input_fix(s->im, tensor, &fixed))
			return false;
		if (fixed)
			continue;
		append(m->arena, &m->graph[s->graph].in, &m->graph[s->graph].n_in, tensor);
		if (ok && !s->depth) {
			ok = types_elements(s->im, s->graph, tensor, &as);
			map_set_name(&s->names, v->name, as);
		}
	}
	return ok;
}

static bool import_info(struct scope *s, Onnx__ValueInfoProto *const *v, size_t n)
{
	bool ok = true;

	for (size_t i = 0; i < n; i++) {
		const int tensor = (int)map_get_name(&s->names, v[i]->name, -1);
		/* Inputs are typed already; names that no node defines are left over from some tool. */
		if (tensor >= 0 && s->im->m->tensor[tensor].producer >= 0)
			ok &= types_info(s->im, v[i], tensor);
	}
	return ok;
}

static bool import_outputs(struct scope *s, const Onnx__GraphProto *p)
{
	struct module *m = s->im->m;
	bool ok = true;

	if (!p->n_output && !s->depth)
		return diag_error(m->diag, STATUS_MODEL, NULL, "the graph has no outputs, allowed: 1 or more");
	for (size_t i = 0; i < p->n_output; i++) {
		const int tensor = scope_find(s, p->output[i]->name, NULL);
		ok &= tensor >= 0;
		if (tensor >= 0)
			append(m->arena, &m->graph[s->graph].out, &m->graph[s->graph].n_out, tensor);
	}
	return ok;
}

int graph_import(struct import *im, const struct scope *outer, const Onnx__GraphProto *p, bool is_branch)
{
	struct module *m = im->m;
	const int graph = graph_add(m, arena_strdup(m->arena, p->name), outer ? outer->graph : -1);
	struct scope s;
	bool ok;

	scope_init(&s, im, outer, graph);
	s.in_branch |= is_branch;
	if (s.depth > MAX_NESTING) {
		diag_error(m->diag, STATUS_MODEL, NULL, "graphs nested %d deep or more, allowed: at most %d",
			   MAX_NESTING + 1, MAX_NESTING);
		return -1;
	}
	/* Dimensions are complained about before nodes: their sizes are what a user most often forgets. */
	ok = import_initializers(&s, p) && import_inputs(&s, p) && (outer || types_check_dims(im)) &&
	     nodes_import(&s, p->node, p->n_node) && import_info(&s, p->value_info, p->n_value_info) &&
	     import_info(&s, p->output, p->n_output) && import_outputs(&s, p) && graph_sort(m, graph);
	return ok ? graph : -1;
}
