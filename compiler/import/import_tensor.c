/* Constants: TensorProto in all its forms -> row-major little-endian elements. Nothing is copied that can be kept: the
 * large bytes fields were unpacked into the module's arena to begin with (see import_model). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "import/reader.h"
#include "import/scope.h"
#include "support/checked.h"

static bool bad(struct import *im, const char *what, const char *reason, int64_t seen, int64_t wanted)
{
	return diag_error(im->m->diag, STATUS_MODEL, NULL, "tensor \"%s\": %s: %lld, must be %lld", what, reason,
			  (long long)seen, (long long)wanted);
}

/* Shape and number of elements. */
static bool read_dims(struct import *im, const Onnx__TensorProto *p, struct num *dim, int64_t *n, const char *what)
{
	*n = 1;
	if (p->n_dims > MAX_RANK)
		return diag_error(im->m->diag, STATUS_UNSUPPORTED, NULL, "rank of \"%s\" is %zu, allowed: 0 to %d",
				  what, p->n_dims, MAX_RANK);
	for (size_t k = 0; k < p->n_dims; k++)
		dim[k] = num_const(p->dims[k]);
	if (!shape_check(im->m, -1, what, (int)p->n_dims, dim))
		return false;
	for (size_t k = 0; k < p->n_dims; k++)
		if (!checked_mul(*n, p->dims[k], n))    /* beside an axis of size 0 */
			*n = 0;
	return true;
}

/* --- external data ------------------------------------------------------------------------------------------------ */

static bool parse_size(struct import *im, const char *text, const char *key, const char *what, int64_t *v)
{
	char *end;

	errno = 0;
	*v = strtoll(text, &end, 10);
	if (end == text || *end || errno || *v < 0)
		return diag_error(im->m->diag, STATUS_MODEL, NULL,
				  "tensor \"%s\": external data: %s is \"%s\", allowed: a "
				  "number of bytes",
				  what, key, text);
	return true;
}

/* The file stands among the module's sources, by the path that leads from here to it. */
static void add_source(struct import *im, const char *location)
{
	struct module *m = im->m;
	const char *slash = strrchr(im->path, '/');

	if (!map_set_name(&im->sources, location, 1))
		return;
	m->source = ARENA_PUSH(m->arena, m->source, m->n_sources, const char *);
	m->source[m->n_sources++] = arena_printf(m->arena, "%.*s%s", slash ? (int)(slash - im->path) + 1 : 0, im->path,
						 location);
}

static const void *read_external(struct import *im, const Onnx__TensorProto *p, int64_t bytes, const char *what)
{
	const char *location = "";
	int64_t offset = 0, length = bytes;

	for (size_t i = 0; i < p->n_external_data; i++) {
		const Onnx__StringStringEntryProto *e = p->external_data[i];
		if (!strcmp(e->key, "location"))
			location = e->value;
		else if ((!strcmp(e->key, "offset") && !parse_size(im, e->value, e->key, what, &offset)) ||
			 (!strcmp(e->key, "length") && !parse_size(im, e->value, e->key, what, &length)))
			return NULL;
	}
	if (length != bytes) {
		bad(im, what, "bytes of external data", length, bytes);
		return NULL;
	}
	add_source(im, location);
	return reader_external(im->m->arena, im->m->diag, im->path, location, what, offset, bytes);
}

/* --- typed fields ------------------------------------------------------------------------------------------------- */

static void put(unsigned char *to, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		to[i] = (unsigned char)(v >> 8 * i);
}

/* The values that int32_data may have for a type that is stored in it: 16-bit floats are their bits. */
static bool in_range(enum dtype type, int32_t v)
{
	const int bits = 8 * dtypes[type].bytes;

	if (type == DT_BOOL)
		return v == 0 || v == 1;
	if (bits == 32)
		return true;
	if (dtypes[type].class == CLASS_I)
		return v >= -(1 << (bits - 1)) && v < 1 << (bits - 1);
	return v >= 0 && v < 1 << bits;
}

static const void *from_int32(struct import *im, const Onnx__TensorProto *p, enum dtype type, const char *what)
{
	const int bytes = dtypes[type].bytes;
	unsigned char *data = arena_array(im->m->arena, p->n_int32_data, (size_t)bytes);

	for (size_t i = 0; i < p->n_int32_data; i++) {
		if (!in_range(type, p->int32_data[i])) {
			diag_error(im->m->diag, STATUS_MODEL, NULL, "tensor \"%s\": element %zu is %d, beyond %s", what,
				   i, (int)p->int32_data[i], dtypes[type].name);
			return NULL;
		}
		put(data + i * (size_t)bytes, (uint32_t)p->int32_data[i], bytes);
	}
	return data;
}

static const void *from_uint64(struct import *im, const Onnx__TensorProto *p, enum dtype type, const char *what)
{
	const int bytes = dtypes[type].bytes;
	unsigned char *data = arena_array(im->m->arena, p->n_uint64_data, (size_t)bytes);

	for (size_t i = 0; i < p->n_uint64_data; i++) {
		if (type == DT_U32 && p->uint64_data[i] > UINT32_MAX) {
			diag_error(im->m->diag, STATUS_MODEL, NULL, "tensor \"%s\": element %zu is %llu, beyond uint32",
				   what, i, (unsigned long long)p->uint64_data[i]);
			return NULL;
		}
		put(data + i * (size_t)bytes, p->uint64_data[i], bytes);
	}
	return data;
}

static const void *from_words(struct import *im, const void *words, size_t n, int bytes)
{
	const unsigned char *from = words;
	unsigned char *data = arena_array(im->m->arena, n, (size_t)bytes);

	for (size_t i = 0; i < n; i++) {
		uint64_t v;
		uint32_t v4;
		if (bytes == 4) {
			memcpy(&v4, from + 4 * i, 4);
			v = v4;
		} else {
			memcpy(&v, from + 8 * i, 8);
		}
		put(data + i * (size_t)bytes, v, bytes);
	}
	return data;
}

/* Elements in the field that the standard assigns to the type. */
static const void *read_typed(struct import *im, const Onnx__TensorProto *p, enum dtype type, int64_t n,
			      const char *what)
{
	size_t have;

	switch (type) {
	case DT_F32: have = p->n_float_data; break;
	case DT_F64: have = p->n_double_data; break;
	case DT_I64: have = p->n_int64_data; break;
	case DT_U32:
	case DT_U64: have = p->n_uint64_data; break;
	default: have = p->n_int32_data;
	}
	if ((int64_t)have != n) {
		bad(im, what, "number of elements", (int64_t)have, n);
		return NULL;
	}
	switch (type) {
	case DT_F32: return from_words(im, p->float_data, have, 4);
	case DT_F64: return from_words(im, p->double_data, have, 8);
	case DT_I64: return from_words(im, p->int64_data, have, 8);
	case DT_U32:
	case DT_U64: return from_uint64(im, p, type, what);
	default: return from_int32(im, p, type, what);
	}
}

/* --- whole tensors ------------------------------------------------------------------------------------------------ */

/* A bool is a byte of 0 or 1, whatever the file holds. */
static const void *clean_bools(struct import *im, const unsigned char *data, int64_t n)
{
	unsigned char *clean = arena_alloc(im->m->arena, (size_t)n);

	for (int64_t i = 0; i < n; i++)
		clean[i] = data[i] != 0;
	return clean;
}

/* Large fields lie in the module's arena already, small ones in scratch memory. */
static const void *keep(struct import *im, const ProtobufCBinaryData *raw)
{
	if (raw->len >= LARGE_FIELD_BYTES)
		return raw->data;
	return memcpy(arena_alloc(im->m->arena, raw->len), raw->len ? raw->data : (const uint8_t *)"", raw->len);
}

static void set_const(struct module *m, int tensor, enum dtype type, int rank, const struct num *dim, const void *data)
{
	struct tensor *t = &m->tensor[tensor];

	t->type = type;
	t->rank = rank;
	for (int k = 0; k < rank; k++)
		t->dim[k] = dim[k];
	t->data = data;
	tensor_dense(m, tensor);
}

/* Elements are in one place: beside the file, in raw_data, or in one of the typed fields. */
static bool check_one_place(struct import *im, const Onnx__TensorProto *p, const char *what)
{
	const struct { const char *name; size_t n; } place[] = {
		{ "external data", p->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL },
		{ "raw_data", p->raw_data.len },
		{ "float_data", p->n_float_data },
		{ "int32_data", p->n_int32_data },
		{ "int64_data", p->n_int64_data },
		{ "double_data", p->n_double_data },
		{ "uint64_data", p->n_uint64_data },
	};
	const char *first = NULL;

	for (size_t i = 0; i < sizeof place / sizeof *place; i++) {
		if (place[i].n && first)
			return diag_error(im->m->diag, STATUS_MODEL, NULL,
					  "tensor \"%s\" has %s and %s, allowed: one of them", what, first,
					  place[i].name);
		if (place[i].n)
			first = place[i].name;
	}
	return true;
}

/* Elements of less than a byte, the first of each byte in its lowest bits, as bytes. */
static const void *unpack(struct import *im, const unsigned char *from, int64_t n, enum dtype type, int bits)
{
	const unsigned sign = dtypes[type].class == CLASS_I ? 1U << (bits - 1) : 0;
	unsigned char *to = arena_alloc(im->m->arena, (size_t)n);

	for (int64_t i = 0; i < n; i++) {
		const unsigned v = from[i * bits / 8] >> i * bits % 8 & ((1U << bits) - 1);
		to[i] = (unsigned char)((v ^ sign) - sign);
	}
	return to;
}

/* n elements of the type as they lie in the file: bytes of them. */
static const void *read_elements(struct import *im, const Onnx__TensorProto *p, enum dtype type, int64_t n,
				 int64_t bytes, const char *what)
{
	if (p->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL)
		return read_external(im, p, bytes, what);
	if (!p->raw_data.len)
		return read_typed(im, p, type, n, what);
	if ((int64_t)p->raw_data.len != bytes) {
		bad(im, what, "bytes of raw_data", (int64_t)p->raw_data.len, bytes);
		return NULL;
	}
	return keep(im, &p->raw_data);
}

bool tensor_import(struct import *im, const Onnx__TensorProto *p, int tensor, const char *what)
{
	int bits = 0;
	enum dtype type = dtype_from_packed(p->data_type, &bits);
	const void *data;
	struct num dim[MAX_RANK];
	int64_t n;

	if (type == DT_NONE)
		type = dtype_from_onnx(p->data_type);
	if (type == DT_NONE)
		return dtype_refuse(im->m->diag, NULL, "tensor", what, p->data_type);
	if (!read_dims(im, p, dim, &n, what) || !check_one_place(im, p, what))
		return false;
	if (bits) {
		const int64_t bytes = n / (8 / bits) + (n % (8 / bits) != 0);
		data = read_elements(im, p, DT_U8, bytes, bytes, what);
		data = data ? unpack(im, data, n, type, bits) : NULL;
	} else {
		data = read_elements(im, p, type, n, n * dtypes[type].bytes, what);
	}
	if (!data)
		return false;
	if (type == DT_BOOL)
		data = clean_bools(im, data, n);
	set_const(im->m, tensor, type, (int)p->n_dims, dim, data);
	im->m->tensor[tensor].bits = type == DT_F4E2M1 ? 0 : bits;      /* a type of ours all the same */
	return true;
}

static bool constant_ints(struct import *im, const int64_t *v, size_t n, int rank, int tensor)
{
	const struct num dim = num_const((int64_t)n);

	set_const(im->m, tensor, DT_I64, rank, &dim, from_words(im, v, n, 8));
	return true;
}

static bool constant_floats(struct import *im, const float *v, size_t n, int rank, int tensor)
{
	const struct num dim = num_const((int64_t)n);

	set_const(im->m, tensor, DT_F32, rank, &dim, from_words(im, v, n, 4));
	return true;
}

bool constant_import(struct scope *s, const Onnx__NodeProto *p, const struct place *at, int tensor)
{
	static const struct { const char *name; enum attr_kind kind; } kinds[] = {
		{ "value", ATTR_TENSOR }, { "value_int", ATTR_INT }, { "value_ints", ATTR_INTS },
		{ "value_float", ATTR_FLOAT }, { "value_floats", ATTR_FLOATS } };
	struct import *im = s->im;
	struct diag *d = im->m->diag;
	const Onnx__AttributeProto *a = p->n_attribute == 1 ? scope_attribute(s, p->attribute[0]) : NULL;
	const char *name;
	size_t k = 0;

	if (p->n_attribute != 1 || !a)
		return diag_error(d, STATUS_MODEL, at, "%zu attributes with a value, must be 1",
				  a ? p->n_attribute : 0);
	name = p->attribute[0]->name;
	while (k < sizeof kinds / sizeof *kinds && strcmp(kinds[k].name, name) != 0)
		k++;
	if (k < sizeof kinds / sizeof *kinds && !attr_check_kind(im, at, a, kinds[k].kind))
		return false;
	if (!strcmp(name, "value") && a->t)
		return tensor_import(im, a->t, tensor, im->m->tensor[tensor].name);
	if (!strcmp(name, "value_int"))
		return constant_ints(im, &a->i, 1, 0, tensor);
	if (!strcmp(name, "value_ints"))
		return constant_ints(im, a->ints, a->n_ints, 1, tensor);
	if (!strcmp(name, "value_float"))
		return constant_floats(im, &a->f, 1, 0, tensor);
	if (!strcmp(name, "value_floats"))
		return constant_floats(im, a->floats, a->n_floats, 1, tensor);
	if (!strcmp(name, "sparse_value") || !strcmp(name, "value_string") || !strcmp(name, "value_strings"))
		return diag_error(d, STATUS_UNSUPPORTED, at, "attribute \"%s\" is not supported", name);
	return diag_error(d, STATUS_MODEL, at, "attribute \"%s\" is unknown or has no value", name);
}
