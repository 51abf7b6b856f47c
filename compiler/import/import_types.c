/* Types and shapes: of the model's inputs, where every dimension must become a number, and of what else the model
 * says. */
#include <string.h>

#include "import/scope.h"
#include "graph/ir.h"
#include "ops/run_time.h"
#include "options.h"
#include "support/strbuf.h"

static const char *kind_name(const Onnx__TypeProto *t)
{
	switch (t ? t->value_case : ONNX__TYPE_PROTO__VALUE__NOT_SET) {
	case ONNX__TYPE_PROTO__VALUE_MAP_TYPE: return "a map";
	case ONNX__TYPE_PROTO__VALUE_SPARSE_TENSOR_TYPE: return "a sparse tensor";
	case ONNX__TYPE_PROTO__VALUE_OPAQUE_TYPE: return "opaque";
	case ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE: return "a tensor";
	default: return "without a type";
	}
}

static const Onnx__TypeProto__Tensor *tensor_type(const Onnx__ValueInfoProto *v)
{
	if (!v->type || v->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
		return NULL;
	return v->type->tensor_type;
}

/* --- dimensions --------------------------------------------------------------------------------------------------- */

static struct num named_dimension(struct import *im, const char *name);

/* What the option says about a dimension; -1: there is none. */
static struct num option_size(struct import *im, const char *name)
{
	struct num size = num_const(-1);

	for (int i = 0; i < im->n_dims; i++) {
		const struct dim_option *o = &im->dims[i];
		if (strcmp(o->name, name))
			continue;
		im->dim_used[i] = true;
		if (o->as)      /* which is no alias itself, so this ends */
			size = named_dimension(im, o->as);
		else
			size = o->lo == o->hi ?
				       num_const(o->lo) :
				       num_var(&im->m->nums, ident_make(&im->idents, name, "dim"), o->lo, o->hi);
	}
	return size;
}

/* A sequence of any length stands for a stream: of one that strides divide. */
enum { SEQUENCE = 5040 };

static bool is_streamed(const struct import *im, const char *name)
{
	const struct options *o = im->m->options;
	const char *wanted = o && o->stream ? o->stream : o ? o->window : NULL;

	return wanted && (!strcmp(wanted, name) || (im->streamed && !strcmp(im->streamed, name)));
}

static struct num named_dimension(struct import *im, const char *name)
{
	const int64_t known = map_get_name(&im->dimension_names, name, -1);
	struct dimension d = { .name = arena_strdup(im->m->arena, name) };

	if (known >= 0)
		return im->dimension[known].size;
	d.size = option_size(im, d.name);
	if (is_streamed(im, d.name) && num_is(d.size, -1) && im->m->options->stream)
		d.size = num_const(SEQUENCE);
	map_set_name(&im->dimension_names, name, im->n_dimensions);
	im->dimension = ARENA_PUSH(im->m->scratch, im->dimension, im->n_dimensions, struct dimension);
	im->dimension[im->n_dimensions++] = d;
	return d.size;
}

bool types_check_dim(struct diag *d, const Onnx__TensorShapeProto__Dimension *dim, const char *name, int axis)
{
	if (dim->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE || dim->dim_value >= -1)
		return true;
	return diag_error(d, STATUS_MODEL, NULL,
			  "\"%.200s\": axis %d has size %lld, allowed: 0 or more, or -1 for unknown", name, axis,
			  (long long)dim->dim_value);
}

/* 0 is a size; -1 and an empty name, which some exporters write, say nothing. */
static struct num input_dimension(struct import *im, const Onnx__TensorShapeProto__Dimension *d, const char *input,
				  int axis)
{
	if (d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE && d->dim_value >= 0)
		return num_const(d->dim_value);
	if (d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM && *d->dim_param)
		return named_dimension(im, d->dim_param);
	return named_dimension(im, arena_printf(im->m->scratch, "%s.%d", input, axis));
}

/* A name says nothing here: exporters give one name to sizes that differ (batch_size for 1 and for the rows of a
 * result), onnxruntime does not mind, and inference finds every size without it. */
static struct num info_dimension(const Onnx__TensorShapeProto__Dimension *d)
{
	if (d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE && d->dim_value >= 0)
		return num_const(d->dim_value);
	return num_const(-1);
}

/* Axes that --stream names are remembered: INPUT.AXIS, or what the model calls the dimension. */
static void note_stream(struct import *im, const Onnx__TensorShapeProto__Dimension *d, const char *input, int axis,
			int tensor)
{
	struct module *m = im->m;
	const bool is_called = d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;

	if (!is_streamed(im, arena_printf(m->scratch, "%s.%d", input, axis)) &&
	    !(is_called && *d->dim_param && is_streamed(im, d->dim_param)))
		return;
	if (is_called)
		im->streamed = d->dim_param;
	m->stream = arena_grow(m->arena, m->stream, (size_t)m->n_streams, (size_t)m->n_streams + 1, sizeof *m->stream);
	m->stream[m->n_streams].tensor = tensor;
	m->stream[m->n_streams++].axis = axis;
}

/* --- tensors ------------------------------------------------------------------------------------------------------ */

static bool typed_input(struct import *im, const Onnx__ValueInfoProto *v, const Onnx__TypeProto__Tensor *t,
			enum dtype type, bool text, int tensor)
{
	struct diag *d = im->m->diag;
	const int most = MAX_RANK - text;
	struct num dim[MAX_RANK];
	bool known = true;
	int rank;

	if (!t->shape)
		return diag_error(d, STATUS_UNSUPPORTED, NULL, "input \"%s\" has no shape, allowed: a known rank",
				  v->name);
	if (t->shape->n_dim > (size_t)most)
		return diag_error(d, STATUS_UNSUPPORTED, NULL, "input \"%s\" has rank %zu, allowed: 0 to %d", v->name,
				  t->shape->n_dim, most);
	rank = (int)t->shape->n_dim;
	for (int k = 0; k < rank; k++) {
		if (!types_check_dim(d, t->shape->dim[k], v->name, k))
			return false;
		note_stream(im, t->shape->dim[k], v->name, k, tensor);
		dim[k] = input_dimension(im, t->shape->dim[k], v->name, k);
		known &= !num_is(dim[k], -1);
	}
	if (text) {
		dim[rank] = named_dimension(im, arena_printf(im->m->scratch, "%s.bytes", v->name));
		known &= !num_is(dim[rank], -1);
		if (known && (!num_is_const(dim[rank]) || dim[rank].n < 1))
			return diag_error(d, STATUS_USAGE, NULL, "--dim '%s.bytes=...': how many bytes strings have "
					  "must be a number from 1 on", v->name);
	}
	/* Dimensions without option are reported together, by types_check_dims(). */
	return !known || tensor_set(im->m, -1, tensor, type, rank + text, dim);
}

bool types_input(struct import *im, const Onnx__ValueInfoProto *v, int tensor)
{
	struct diag *d = im->m->diag;
	const Onnx__TypeProto__Tensor *t = tensor_type(v);
	enum dtype type;

	if (!t)
		return diag_error(d, STATUS_UNSUPPORTED, NULL, "input \"%s\" is %s, allowed: a tensor", v->name,
				  kind_name(v->type));
	type = dtype_from_onnx(t->elem_type);
	return type == DT_NONE ? dtype_refuse(d, NULL, "input", v->name, t->elem_type) :
				 typed_input(im, v, t, type, false, tensor);
}

bool types_text(struct import *im, const Onnx__ValueInfoProto *v, const Onnx__TypeProto__Tensor *t, int tensor)
{
	return typed_input(im, v, t, DT_U8, true, tensor);
}

bool types_info(struct import *im, const Onnx__ValueInfoProto *v, int tensor)
{
	const Onnx__TypeProto__Tensor *t = tensor_type(v);
	struct tensor *x = &im->m->tensor[tensor];

	if (!t || x->data)
		return true;
	/* 0 says that the type is not known; a type that is not supported shows where the tensor is made. */
	if (t->elem_type && !dtype_is_standard(t->elem_type))
		return dtype_refuse(im->m->diag, NULL, "tensor", v->name, t->elem_type);
	x->type = dtype_from_onnx(t->elem_type);
	if (!t->shape)
		return true;
	if (t->shape->n_dim > MAX_RANK)
		return diag_error(im->m->diag, STATUS_UNSUPPORTED, NULL, "\"%s\" has rank %zu, allowed: 0 to %d",
				  v->name, t->shape->n_dim, MAX_RANK);
	x->rank = (int)t->shape->n_dim;
	for (int k = 0; k < x->rank; k++) {
		if (!types_check_dim(im->m->diag, t->shape->dim[k], v->name, k))
			return false;
		x->dim[k] = info_dimension(t->shape->dim[k]);
	}
	return true;
}

/* The option for element k of the named input, or for all of them. */
static const struct dim_option *element_option(struct import *im, const char *input, int64_t k)
{
	const char *one = arena_printf(im->m->scratch, "%s[%lld]", input, (long long)k);
	const char *all = arena_printf(im->m->scratch, "%s[]", input);
	const struct dim_option *found = NULL;

	for (int i = 0; i < im->n_dims; i++) {
		const struct dim_option *o = &im->dims[i];
		if (o->as || (strcmp(o->name, one) && (found || strcmp(o->name, all))))
			continue;
		im->dim_used[i] = true;
		found = o;
	}
	return found;
}

static bool has_element_options(const struct import *im, const char *input)
{
	const size_t n = strlen(input);

	for (int i = 0; i < im->n_dims; i++)
		if (!strncmp(im->dims[i].name, input, n) && im->dims[i].name[n] == '[')
			return true;
	return false;
}

bool types_elements(struct import *im, int graph, int tensor, int *as)
{
	const struct tensor *x = &im->m->tensor[tensor];
	const enum dtype_class class = dtypes[x->type].class;
	const struct num n = x->rank < 0 ? num_const(0) : tensor_elements(im->m, tensor);
	int64_t *low, *high;

	*as = tensor;
	if (!num_is_const(n) || n.n < 1 || n.n > MAX_VALUE_ELEMENTS || (class != CLASS_I && class != CLASS_U) ||
	    !has_element_options(im, x->name))
		return true;
	low = ARENA_ARRAY(im->m->scratch, n.n, int64_t);
	high = ARENA_ARRAY(im->m->scratch, n.n, int64_t);
	for (int64_t k = 0; k < n.n; k++) {
		const struct dim_option *o = element_option(im, x->name, k);
		if (!o)
			return diag_error(im->m->diag, STATUS_USAGE, NULL,
					  "--dim bounds elements of \"%s\", but not %lld: give --dim "
					  "'%s[%lld]=MIN..MAX'", x->name, (long long)k, x->name, (long long)k);
		low[k] = o->lo;
		high[k] = o->hi;
	}
	*as = run_time_bounded(im->m, graph, tensor, low, high, (int)n.n);
	return true;
}

static const char *dimension_list(struct import *im)
{
	struct strbuf b;

	strbuf_init(&b, im->m->scratch);
	for (int i = 0; i < im->n_dimensions && i < MAX_ERRORS; i++)
		strbuf_printf(&b, "%s%.*s", i ? ", " : "", 200, im->dimension[i].name);
	return im->n_dimensions ? strbuf_text(&b) : "none";
}

bool types_check_dims(struct import *im)
{
	struct diag *d = im->m->diag;
	bool ok = true;

	for (int i = 0; i < im->n_dimensions; i++) {
		const char *name = im->dimension[i].name;
		if (num_is(im->dimension[i].size, -1))
			ok = diag_error(d, STATUS_USAGE, NULL,
					"symbolic dimension \"%s\": give --dim '%s=N' or --dim '%s=1..MAX'", name, name,
					name);
	}
	for (int i = 0; i < im->n_dims; i++)
		if (!im->dim_used[i])
			ok = diag_error(d, STATUS_USAGE, NULL,
					"--dim %s: no such dimension; the model's inputs have: %s", im->dims[i].name,
					dimension_list(im));
	return ok;
}
