#include "nesting.h"

#include <stdint.h>
#include <string.h>

#include "import/onnx.pb-c.h"
#include "support/diag.h"
#include "support/limits.h"

/* Any length-delimited field may be a string, so messages are followed by their known structure only. Unpacking does
 * the same: what is no field of onnx.proto stays a run of bytes there, too. */
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

static const ProtobufCFieldDescriptor *find_field(const ProtobufCMessageDescriptor *message, uint64_t number)
{
	return number <= UINT32_MAX ? protobuf_c_message_descriptor_get_field(message, (unsigned)number) : NULL;
}

/* Unpacked, a string ends at its first NUL: two names that differ behind it would be one. */
static bool check_string(struct diag *d, const ProtobufCMessageDescriptor *in, const ProtobufCFieldDescriptor *field,
			 const unsigned char *text, size_t n)
{
	if (in == &onnx__string_string_entry_proto__descriptor || !memchr(text, 0, n))
		return true;
	return diag_error(d, STATUS_MODEL, NULL, "%s.%s is \"%.80s\" and goes on behind a byte of 0, allowed: UTF-8 "
			  "without one", in->short_name, field->name, (const char *)text);
}

bool nesting_check(struct diag *d, const unsigned char *bytes, size_t size)
{
	struct { const ProtobufCMessageDescriptor *message; size_t end; } stack[MAX_MESSAGE_NESTING + 1] = {
		{ &onnx__model_proto__descriptor, size }
	};
	struct cursor c = { .bytes = bytes };
	int64_t messages = 0, n_fields = 0;
	int depth = 0;

	while (depth >= 0) {
		const size_t end = stack[depth].end;
		const ProtobufCMessageDescriptor *message = stack[depth].message;
		const ProtobufCFieldDescriptor *field;
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
			field = find_field(message, key >> 3);
			if (c.bad || length > end - c.at || !field || field->type != PROTOBUF_C_TYPE_MESSAGE) {
				skip(&c, end, length);
				if (!c.bad && field && field->type == PROTOBUF_C_TYPE_STRING &&
				    !check_string(d, message, field, bytes + c.at - length, (size_t)length))
					return false;
				break;
			}
			if (depth == MAX_MESSAGE_NESTING)
				return diag_error(d, STATUS_MODEL, NULL, "messages nested %d deep or more, allowed: at "
						  "most %d", MAX_MESSAGE_NESTING + 1, MAX_MESSAGE_NESTING);
			stack[++depth].message = field->descriptor;
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
