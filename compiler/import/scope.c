#include "import/scope.h"

#include <string.h>

void scope_init(struct scope *s, struct import *im, const struct scope *parent, int graph)
{
	*s = (struct scope){ .im = im, .parent = parent, .graph = graph };
	if (parent) {
		s->depth = parent->depth + 1;
		s->calls = parent->calls;
		s->in_branch = parent->in_branch;
		s->opset = parent->opset;
		s->n_opsets = parent->n_opsets;
		s->call = parent->call;
	} else {
		s->opset = im->model->opset_import;
		s->n_opsets = im->model->n_opset_import;
	}
	map_init(&s->names, im->m->scratch);
	map_init(&s->absent, im->m->scratch);
	map_init(&s->refused, im->m->scratch);
}

bool scope_define(struct scope *s, const char *name, int tensor, const char *what)
{
	struct diag *d = s->im->m->diag;

	if (map_get_name(&s->names, name, -1) >= 0)
		return diag_error(d, STATUS_MODEL, NULL, "%s: the name \"%s\" is defined twice", what, name);
	map_set_name(&s->names, name, tensor);
	return true;
}

int scope_find(const struct scope *s, const char *name, const struct place *at)
{
	struct import *im = s->im;
	struct diag *d = im->m->diag;

	for (; s; s = s->parent) {
		const int tensor = (int)map_get_name(&s->names, name, -1);
		const int type = (int)map_get_name(&s->refused, name, -1);
		if (tensor >= 0)
			return tensor;
		if (type >= 0) {
			if (map_set_name(&im->missed, name, 1))
				dtype_refuse(d, at, "initializer", name, type);
			return NOT_DEFINED;
		}
		if (map_get_name(&s->absent, name, -1) >= 0)
			return NO_TENSOR;
	}
	if (map_set_name(&im->missed, name, 1))
		diag_error(d, STATUS_MODEL, at, "\"%s\" is not defined by any input, initializer or node", name);
	return NOT_DEFINED;
}

const char *domain_name(const char *domain)
{
	return strcmp(domain, "ai.onnx") ? domain : "";
}

int scope_opset(const struct scope *s, const char *domain)
{
	for (size_t i = 0; i < s->n_opsets; i++)
		if (!strcmp(domain_name(s->opset[i]->domain), domain))
			return (int)s->opset[i]->version;
	return 0;
}

bool opsets_check(struct import *im, Onnx__OperatorSetIdProto *const *opset, size_t n)
{
	struct diag *d = im->m->diag;

	for (size_t i = 0; i < n; i++) {
		const char *domain = domain_name(opset[i]->domain);
		const long long version = (long long)opset[i]->version;

		if (version < 1 || version > INT32_MAX)
			return diag_error(d, STATUS_MODEL, NULL,
					  "opset of domain \"%s\": version %lld, allowed: 1 or more", domain, version);
		if (!*domain && (version < OLDEST_OPSET || version > MAX_OPSET))
			return diag_error(d, STATUS_UNSUPPORTED, NULL, "opset %lld, supported are %d to %d", version,
					  OLDEST_OPSET, MAX_OPSET);
		for (size_t k = 0; k < i; k++)
			if (!strcmp(domain_name(opset[k]->domain), domain) && opset[k]->version != version)
				return diag_error(d, STATUS_MODEL, NULL,
						  "opset of domain \"%s\": versions %lld and %lld, allowed: one",
						  domain, (long long)opset[k]->version, version);
	}
	return true;
}

const Onnx__AttributeProto *scope_attribute(const struct scope *s, const Onnx__AttributeProto *a)
{
	if (!*a->ref_attr_name)
		return a;
	for (int i = 0; s->call && i < s->call->n; i++)
		if (!strcmp(s->call->name[i], a->ref_attr_name))
			return s->call->value[i];
	return NULL;
}
