/* What kind of value an attribute holds, and that it holds no other. */
#include "import/scope.h"

static const char *const kind_names[] = { "nothing", "an integer", "a float", "a string", "a tensor", "a graph",
					  "integers", "floats", "strings", "a type" };

/* The kind of the one field that an attribute fills; ATTR_NONE: of none that is not its default. *more: it fills
 * several. */
static enum attr_kind filled_kind(const Onnx__AttributeProto *a, bool *more)
{
	const bool filled[] = { [ATTR_INT] = a->i != 0, [ATTR_FLOAT] = a->f != 0, [ATTR_STRING] = a->s.len,
				[ATTR_TENSOR] = a->t, [ATTR_GRAPH] = a->g, [ATTR_INTS] = a->n_ints,
				[ATTR_FLOATS] = a->n_floats, [ATTR_STRINGS] = a->n_strings };
	enum attr_kind kind = ATTR_NONE;

	*more = false;
	for (enum attr_kind k = ATTR_INT; k <= ATTR_STRINGS; k++) {
		if (!filled[k])
			continue;
		*more = *more || kind != ATTR_NONE;
		kind = k;
	}
	return kind;
}

static enum attr_kind stated_kind(const Onnx__AttributeProto *a)
{
	switch (a->type) {
	case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT: return ATTR_FLOAT;
	case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT: return ATTR_INT;
	case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING: return ATTR_STRING;
	case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR: return ATTR_TENSOR;
	case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH: return ATTR_GRAPH;
	case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS: return ATTR_FLOATS;
	case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS: return ATTR_INTS;
	case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS: return ATTR_STRINGS;
	case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTO: return ATTR_TYPE;
	default: return ATTR_NONE;
	}
}

bool attr_check_kind(struct import *im, const struct place *at, const Onnx__AttributeProto *a, enum attr_kind kind)
{
	enum { TYPED_IR = 2 };          /* from this version on an attribute must say its type */
	struct diag *d = im->m->diag;
	bool more;
	const enum attr_kind filled = filled_kind(a, &more), stated = stated_kind(a);

	if (a->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__UNDEFINED && im->model->ir_version >= TYPED_IR)
		return diag_error(d, STATUS_MODEL, at, "attribute \"%s\" has no type, allowed: %s", a->name,
				  kind_names[kind]);
	if (a->type != ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__UNDEFINED && stated != kind)
		return diag_error(d, STATUS_MODEL, at, "attribute \"%s\" is %s, must be %s", a->name,
				  kind_names[stated], kind_names[kind]);
	/* A default, such as 0 or an empty list, fills no field. */
	if (more || (filled != ATTR_NONE && filled != kind))
		return diag_error(d, STATUS_MODEL, at, "attribute \"%s\" holds %s%s, must hold %s", a->name,
				  kind_names[filled], more ? " and more" : "", kind_names[kind]);
	return true;
}
