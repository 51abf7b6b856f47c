#include "nesting.h"

#include <stdint.h>

#include "support/diag.h"
#include "support/limits.h"

/* Any length-delimited field may be a string, so messages are followed by their known structure only. Unpacking does
 * the same: what is no field of onnx.proto stays a run of bytes there, too. */
enum message { MODEL, GRAPH, NODE, ATTRIBUTE, TENSOR, SPARSE, VALUE, TYPE, TENSOR_TYPE, HOLDER, MAP_TYPE, SHAPE,
	       FUNCTION, LEAF, N_MESSAGES };

struct child {
	uint32_t field;
	enum message message;
};

static const struct child model_fields[] = { { 7, GRAPH }, { 8, LEAF }, { 25, FUNCTION }, { 0 } };
static const struct child graph_fields[] = { { 1, NODE }, { 5, TENSOR }, { 11, VALUE }, { 12, VALUE }, { 13, VALUE },
					     { 15, SPARSE }, { 0 } };
static const struct child node_fields[] = { { 5, ATTRIBUTE }, { 0 } };
static const struct child attribute_fields[] = { { 5, TENSOR }, { 6, GRAPH }, { 22, SPARSE }, { 0 } };
static const struct child tensor_fields[] = { { 13, LEAF }, { 0 } };
static const struct child sparse_fields[] = { { 1, TENSOR }, { 0 } };
static const struct child value_fields[] = { { 2, TYPE }, { 0 } };
static const struct child type_fields[] = { { 1, TENSOR_TYPE }, { 4, HOLDER }, { 5, MAP_TYPE }, { 7, LEAF },
					    { 8, TENSOR_TYPE }, { 9, HOLDER }, { 0 } };
static const struct child tensor_type_fields[] = { { 2, SHAPE }, { 0 } };
static const struct child holder_fields[] = { { 1, TYPE }, { 0 } };
static const struct child map_type_fields[] = { { 2, TYPE }, { 0 } };
static const struct child shape_fields[] = { { 1, LEAF }, { 0 } };
static const struct child function_fields[] = { { 7, NODE }, { 9, LEAF }, { 11, ATTRIBUTE }, { 12, VALUE }, { 0 } };
static const struct child leaf_fields[] = { { 0 } };

static const struct child *const fields[N_MESSAGES] = {
	[MODEL] = model_fields, [GRAPH] = graph_fields, [NODE] = node_fields, [ATTRIBUTE] = attribute_fields,
	[TENSOR] = tensor_fields, [SPARSE] = sparse_fields, [VALUE] = value_fields, [TYPE] = type_fields,
	[TENSOR_TYPE] = tensor_type_fields, [HOLDER] = holder_fields, [MAP_TYPE] = map_type_fields,
	[SHAPE] = shape_fields, [FUNCTION] = function_fields, [LEAF] = leaf_fields,
};

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct cursor {
	const unsigned char *bytes;
	size_t at;
	bool bad;               /* read past the end; sticky */
};

static uint64_t read_varint(struct cursor *c, size_t end)
{
	uint64_t v = 0;

	for (int shift = 0; shift < 70; shift += 7) {
		unsigned char b;
		if (c->at >= end)
			break;
		b = c->bytes[c->at++];
		if (shift < 64)
			v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return v;
	}
	c->bad = true;
	return 0;
}

static void skip(struct cursor *c, size_t end, uint64_t n)
{
	if (n > end - c->at)
		c->bad = true;
	else
		c->at += (size_t)n;
}

static bool find_message(enum message in, uint64_t field, enum message *found)
{
	for (const struct child *f = fields[in]; f->field; f++)
		if (f->field == field) {
			*found = f->message;
			return true;
		}
	return false;
}

bool nesting_check(struct diag *d, const unsigned char *bytes, size_t size)
{
	struct { enum message message; size_t end; } stack[MAX_MESSAGE_NESTING + 1] = { { MODEL, size } };
	struct cursor c = { .bytes = bytes };
	int64_t messages = 0, n_fields = 0;
	int depth = 0;

	while (depth >= 0) {
		const size_t end = stack[depth].end;
		enum message inner;
		uint64_t key, length;

		if (c.at == end) {
			depth--;
			continue;
		}
		key = read_varint(&c, end);
		switch (key & 7) {
		case WIRE_VARINT: read_varint(&c, end); break;
		case WIRE_64: skip(&c, end, 8); break;
		case WIRE_32: skip(&c, end, 4); break;
		case WIRE_BYTES:
			length = read_varint(&c, end);
			if (c.bad || length > end - c.at || !find_message(stack[depth].message, key >> 3, &inner)) {
				skip(&c, end, length);
				break;
			}
			if (depth == MAX_MESSAGE_NESTING)
				return diag_error(d, STATUS_MODEL, NULL, "messages nested %d deep or more, allowed: at "
						  "most %d", MAX_MESSAGE_NESTING + 1, MAX_MESSAGE_NESTING);
			stack[++depth].message = inner;
			stack[depth].end = c.at + (size_t)length;
			messages++;
			break;
		default: c.bad = true;
		}
		if (c.bad || key >> 3 == 0)
			return diag_error(d, STATUS_MODEL, NULL, "not an ONNX model, or truncated: byte %zu of %zu",
					  c.at, size);
		if (++n_fields > MAX_FIELDS || messages > MAX_MESSAGES)
			return diag_error(d, STATUS_MODEL, NULL, "more than %d messages or %d fields", MAX_MESSAGES,
					  MAX_FIELDS);
	}
	return true;
}
