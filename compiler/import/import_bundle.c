/* Inputs that are sequences or optionals: the tensors that they consist of are the program's inputs. */
#include <stdlib.h>
#include <string.h>

#include "import/scope.h"
#include "options.h"
#include "ops/ops.h"

static const struct fix_option *parts_of(struct import *im, const char *name)
{
	const struct fix_options *parts = im->m->options ? &im->m->options->parts : NULL;

	for (int i = 0; parts && i < parts->n; i++)
		if (!strcmp(parts->v[i].name, name)) {
			im->parts_used[i] = true;
			return &parts->v[i];
		}
	return NULL;
}

/* The shape at *text, up to a comma: 2x3x4, or `scalar`. */
static bool read_shape(const char **text, struct num dim[MAX_RANK], int *rank)
{
	char *end;

	*rank = 0;
	if (!strncmp(*text, "scalar", 6)) {
		*text += 6;
		return true;
	}
	for (;; *text = end + 1) {
		if (*rank == MAX_RANK || **text < '0' || **text > '9')
			return false;
		dim[(*rank)++] = num_const(strtoll(*text, &end, 10));
		if (*end != 'x')
			break;
	}
	*text = end;
	return true;
}

/* A new input of the program. */
static bool add_input(struct scope *s, const char *name, int64_t type, int rank, const struct num *dim, int *tensor)
{
	struct module *m = s->im->m;
	struct graph *g;

	if (dtype_from_onnx(type) == DT_NONE)
		return dtype_refuse(m->diag, NULL, "input", name, type);
	*tensor = tensor_add(m, name);
	g = &m->graph[s->graph];
	g->in = ARENA_PUSH(m->arena, g->in, g->n_in, int);
	g->in[g->n_in++] = *tensor;
	return scope_define(s, name, *tensor, "input") &&
	       tensor_set(m, -1, *tensor, dtype_from_onnx(type), rank, dim);
}

/* A node of the given operator that makes a tensor for what the inputs are. */
static int add_maker(struct scope *s, const char *domain, const char *op, const char *name, int n, const int *in)
{
	struct module *m = s->im->m;
	const int t = tensor_add(m, name);
	const int node = node_add(m, s->graph, op_find(domain, op, MAX_OPSET, &(bool){ false }), name, n, in, 1, &t);

	m->node[node].opset = MAX_OPSET;
	return t;
}

static bool add_sequence(struct scope *s, const char *name, const Onnx__TypeProto *type, int *made)
{
	struct import *im = s->im;
	const struct fix_option *o = parts_of(im, name);
	const Onnx__TypeProto *element = type->sequence_type ? type->sequence_type->elem_type : NULL;
	int *part = NULL, n = 0, rank;
	struct num dim[MAX_RANK];

	if (!element || element->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
		return diag_error(im->m->diag, STATUS_UNSUPPORTED, NULL,
				  "input \"%s\" is a sequence of other things than tensors", name);
	if (!o)
		return diag_error(im->m->diag, STATUS_UNSUPPORTED, NULL,
				  "input \"%s\" is a sequence: give its shapes by --parts '%s=2x3,4,...' or "
				  "--parts '%s=none'", name, name, name);
	for (const char *text = o->text; strcmp(o->text, "none") != 0; text++) {
		part = ARENA_PUSH(im->m->arena, part, n, int);
		if (!read_shape(&text, dim, &rank) || (*text && *text != ','))
			return diag_error(im->m->diag, STATUS_USAGE, NULL,
					  "--parts %s: \"%.100s\" is no list of shapes such as 2x3,4,scalar", name,
					  o->text);
		if (!add_input(s, arena_printf(im->m->arena, "%s_%d", name, n), element->tensor_type->elem_type, rank,
			       dim, &part[n]))
			return false;
		n++;
		if (!*text)
			break;
	}
	*made = add_maker(s, "", n ? "SequenceConstruct" : "SequenceEmpty", name, n, part);
	return true;
}

/* The tensor that an optional holds, where its shape is said; *n: 1 if it is. */
static bool add_value(struct scope *s, const char *name, const Onnx__TypeProto__Tensor *t, int *n, int *made)
{
	struct import *im = s->im;
	const struct fix_option *o = parts_of(im, name);
	const char *text = o ? o->text : NULL;
	struct num dim[MAX_RANK];
	int rank = t->shape ? (int)t->shape->n_dim : 0;

	*n = o || (t->shape && t->shape->n_dim <= MAX_RANK);
	for (int k = 0; !o && *n && k < rank; k++) {
		dim[k] = num_const(t->shape->dim[k]->dim_value);
		*n = t->shape->dim[k]->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
	}
	if (o && (!read_shape(&text, dim, &rank) || *text))
		return diag_error(im->m->diag, STATUS_USAGE, NULL, "--parts %s: \"%.100s\" is no shape such as 2x3",
				  name, o->text);
	return !*n || add_input(s, arena_printf(im->m->arena, "%s_0", name), t->elem_type, rank, dim, made);
}

enum { ONNX_STRING = 8 };

static const Onnx__TypeProto__Tensor *string_type(const Onnx__ValueInfoProto *v)
{
	const Onnx__TypeProto *t = v->type;

	return t && t->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE && t->tensor_type->elem_type == ONNX_STRING ?
		       t->tensor_type : NULL;
}

/* Strings are bytes, with an axis more, whose size the dimension NAME.bytes says. */
static bool add_text(struct scope *s, const char *name, const Onnx__ValueInfoProto *v)
{
	struct module *m = s->im->m;
	struct graph *g = &m->graph[s->graph];
	const int tensor = tensor_add(m, name);

	g->in = ARENA_PUSH(m->arena, g->in, g->n_in, int);
	g->in[g->n_in++] = tensor;
	return types_text(s->im, v, string_type(v), tensor) &&
	       scope_define(s, name, add_maker(s, "nnc", "Text", name, 1, &tensor), "input");
}

bool bundle_is_input(const Onnx__ValueInfoProto *v)
{
	return string_type(v) || (v->type && (v->type->value_case == ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE ||
			   v->type->value_case == ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE));
}

bool bundle_input(struct scope *s, const Onnx__ValueInfoProto *v)
{
	const Onnx__TypeProto *type = v->type;
	const char *name = arena_strdup(s->im->m->arena, v->name);
	const bool optional = type->value_case == ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE;
	const char *given = arena_printf(s->im->m->arena, "%s_given", name);
	int in[2], n = 1, made = -1;

	if (string_type(v))
		return add_text(s, name, v);
	if (optional) {
		type = type->optional_type ? type->optional_type->elem_type : NULL;
		if (!add_input(s, given, dtypes[DT_BOOL].onnx, 0, NULL, &in[0]))
			return false;
	}
	if (type && type->value_case == ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE) {
		if (!add_sequence(s, name, type, &made))
			return false;
	} else if (!type || type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE) {
		return diag_error(s->im->m->diag, STATUS_UNSUPPORTED, NULL,
				  "input \"%s\" is an optional of other things than tensors and sequences", name);
	} else if (!add_value(s, name, type->tensor_type, &n, &made)) {
		return false;
	}
	if (optional) {
		in[1] = made;
		made = add_maker(s, "nnc", "Given", name, 1 + n, in);
	}
	return scope_define(s, v->name, made, "input");
}

bool parts_check(struct import *im)
{
	const struct fix_options *parts = im->m->options ? &im->m->options->parts : NULL;

	for (int i = 0; parts && i < parts->n; i++)
		if (!im->parts_used[i])
			return diag_error(im->m->diag, STATUS_USAGE, NULL,
					  "--parts %s: the model has no such input that is a sequence or optional",
					  parts->v[i].name);
	return true;
}
