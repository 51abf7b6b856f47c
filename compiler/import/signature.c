#include "import/signature.h"

#include <string.h>

#include "import/scope.h"

/* The shape as the file says it: import_model() refuses later what cannot be used. */
static bool read_input(struct signature_input *s, struct arena *a, struct diag *d, const Onnx__ValueInfoProto *v)
{
	const Onnx__TypeProto *type = v->type;
	const Onnx__TensorShapeProto *shape;

	s->name = arena_strdup(a, v->name);
	if (!type || type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE || !type->tensor_type->shape)
		return diag_error(d, STATUS_UNSUPPORTED, NULL, "input \"%s\" is no tensor of known rank", v->name);
	s->type = dtype_from_onnx(type->tensor_type->elem_type);
	if (s->type == DT_NONE)
		return dtype_refuse(d, NULL, "input", v->name, type->tensor_type->elem_type);
	shape = type->tensor_type->shape;
	if (shape->n_dim > MAX_RANK)
		return diag_error(d, STATUS_UNSUPPORTED, NULL, "input \"%s\" has rank %zu, allowed: 0 to %d", v->name,
				  shape->n_dim, MAX_RANK);
	s->rank = (int)shape->n_dim;
	for (int k = 0; k < s->rank; k++) {
		const Onnx__TensorShapeProto__Dimension *x = shape->dim[k];
		s->dim[k] = -1;
		if (!types_check_dim(d, x, v->name, k))
			return false;
		if (x->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE && x->dim_value >= 0)
			s->dim[k] = x->dim_value;
		else if (x->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM && *x->dim_param)
			s->symbol[k] = arena_strdup(a, x->dim_param);
		else
			s->symbol[k] = arena_printf(a, "%s.%d", v->name, k);
	}
	return true;
}

static bool read_inputs(struct signature *s, struct arena *a, struct diag *d, const Onnx__GraphProto *g,
			struct map *constants)
{
	for (size_t i = 0; i < g->n_initializer; i++)
		map_set_name(constants, g->initializer[i]->name, 1);
	for (size_t i = 0; i < g->n_input; i++) {
		if (map_get_name(constants, g->input[i]->name, 0))
			continue;
		s->input = ARENA_PUSH(a, s->input, s->n_inputs, struct signature_input);
		if (!read_input(&s->input[s->n_inputs++], a, d, g->input[i]))
			return false;
	}
	return true;
}

/* The weights are unpacked too and dropped at once. */
bool signature_read(struct signature *s, struct arena *a, struct diag *d, const char *path)
{
	jmp_buf failed;
	struct arena large, small;
	struct module m = { .arena = &large, .scratch = &small, .diag = d };
	const Onnx__ModelProto *p;
	struct map constants;
	volatile bool ok = false, no_memory = true;
	jmp_buf *failure = a->failure;

	*s = (struct signature){ 0 };
	arena_init(&large, &failed);
	arena_init(&small, &failed);
	a->failure = &failed;
	if (!setjmp(failed)) {
		map_init(&constants, &small);
		p = read_model(&m, path);
		if (p && !p->graph)
			diag_error(d, STATUS_MODEL, NULL, "not an ONNX model: it has no graph");
		ok = p && p->graph && read_inputs(s, a, d, p->graph, &constants);
		no_memory = false;
	}
	arena_free(&large);
	arena_free(&small);
	a->failure = failure;
	if (no_memory) {
		if (!failure)
			die("out of memory");
		longjmp(*failure, 1);
	}
	return ok;
}
