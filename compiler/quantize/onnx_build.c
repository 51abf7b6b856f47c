#include "quantize/onnx_build.h"

#include <string.h>

#include "support/arena.h"

const char *onnx_name(struct onnx_file *f, const char *base, const char *suffix)
{
	const char *name = arena_printf(f->arena, "%s_%s", base, suffix);

	for (int k = 2; !map_set_name(&f->taken, name, 1); k++)
		name = arena_printf(f->arena, "%s_%s_%d", base, suffix, k);
	return name;
}

const char *onnx_add_constant(struct onnx_file *f, const char *name, int type, int n_dims, const int64_t *dims,
			      void *data, size_t bytes)
{
	Onnx__GraphProto *g = f->graph;
	Onnx__TensorProto *t = ARENA_NEW(f->arena, Onnx__TensorProto);

	onnx__tensor_proto__init(t);
	t->name = arena_strdup(f->arena, name);
	t->data_type = type;
	t->n_dims = (size_t)n_dims;
	t->dims = ARENA_ARRAY(f->arena, n_dims, int64_t);
	for (int k = 0; k < n_dims; k++)
		t->dims[k] = dims[k];
	t->raw_data = (ProtobufCBinaryData){ .len = bytes, .data = data };
	g->initializer = ARENA_PUSH(f->arena, g->initializer, g->n_initializer, Onnx__TensorProto *);
	g->initializer[g->n_initializer++] = t;
	return t->name;
}

Onnx__NodeProto *onnx_new_node(struct onnx_file *f, const char *op, const char *name, int n_in, const char *const *in,
			       const char *out)
{
	Onnx__NodeProto *node = ARENA_NEW(f->arena, Onnx__NodeProto);

	onnx__node_proto__init(node);
	node->op_type = arena_strdup(f->arena, op);
	node->name = arena_strdup(f->arena, name);
	node->n_input = (size_t)n_in;
	node->input = ARENA_ARRAY(f->arena, n_in, char *);
	for (int k = 0; k < n_in; k++)
		node->input[k] = arena_strdup(f->arena, in[k]);
	node->n_output = 1;
	node->output = ARENA_ARRAY(f->arena, 1, char *);
	node->output[0] = arena_strdup(f->arena, out);
	return node;
}

void onnx_set_int(struct onnx_file *f, Onnx__NodeProto *node, const char *name, int64_t value)
{
	Onnx__AttributeProto *a = ARENA_NEW(f->arena, Onnx__AttributeProto);

	onnx__attribute_proto__init(a);
	a->name = arena_strdup(f->arena, name);
	a->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT;
	a->i = value;
	node->attribute = arena_grow(f->arena, node->attribute, node->n_attribute, node->n_attribute + 1,
				     sizeof(Onnx__AttributeProto *));
	node->attribute[node->n_attribute++] = a;
}

void onnx_set_input(struct onnx_file *f, Onnx__NodeProto *node, size_t k, const char *name)
{
	if (k == node->n_input) {
		node->input = arena_grow(f->arena, node->input, k, k + 1, sizeof(char *));
		node->n_input++;
	}
	node->input[k] = arena_strdup(f->arena, name);
}

void onnx_add_output(struct onnx_file *f, const char *name)
{
	Onnx__GraphProto *g = f->graph;
	Onnx__ValueInfoProto *v = ARENA_NEW(f->arena, Onnx__ValueInfoProto);

	onnx__value_info_proto__init(v);
	v->name = arena_strdup(f->arena, name);
	g->output = ARENA_PUSH(f->arena, g->output, g->n_output, Onnx__ValueInfoProto *);
	g->output[g->n_output++] = v;
}
