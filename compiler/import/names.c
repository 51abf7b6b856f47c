#include "import/names.h"

#include <string.h>

#include "import/onnx.pb-c.h"
#include "support/diag.h"
#include "support/limits.h"
#include "support/utf8.h"

static bool is_utf8(const char *name, size_t n)
{
	uint32_t code;

	for (size_t i = 0, k; i < n; i += k) {
		k = utf8_length((const unsigned char *)name + i, n - i, &code);
		if (!k)
			return false;
	}
	return true;
}

static bool check_name(struct diag *d, const char *prefix, const ProtobufCMessage *in,
		       const ProtobufCFieldDescriptor *field, const char *name)
{
	const char *message = in->descriptor->short_name;

	const size_t n = strlen(name);

	if (n > MAX_NAME_BYTES)
		return diag_error(d, STATUS_MODEL, NULL, "%s%s.%s is \"%.80s...\", of %zu bytes, allowed: at most %d",
				  prefix, message, field->name, name, n, MAX_NAME_BYTES);
	if (!is_utf8(name, n))
		return diag_error(d, STATUS_MODEL, NULL, "%s%s.%s is \"%.80s\", which is no text, allowed: UTF-8",
				  prefix, message, field->name, name);
	return true;
}

/* Values of a field: `bytes` points to the first, or to none. */
static size_t field_values(const ProtobufCMessage *in, const ProtobufCFieldDescriptor *field, const char **bytes)
{
	const char *base = (const char *)in;
	uint32_t which;
	size_t n = 1;

	*bytes = base + field->offset;
	if (field->label == PROTOBUF_C_LABEL_REPEATED) {
		memcpy(&n, base + field->quantifier_offset, sizeof n);
		memcpy(bytes, base + field->offset, sizeof *bytes);
	} else if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
		memcpy(&which, base + field->quantifier_offset, sizeof which);
		n = which == field->id;
	}
	return n;
}

bool names_check(struct diag *d, const char *prefix, const ProtobufCMessage *message)
{
	const ProtobufCMessageDescriptor *type = message->descriptor;

	if (type == &onnx__string_string_entry_proto__descriptor)
		return true;
	for (unsigned k = 0; k < type->n_fields; k++) {
		const ProtobufCFieldDescriptor *field = &type->fields[k];
		const char *bytes;
		size_t n;

		if (field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE)
			continue;
		n = field_values(message, field, &bytes);
		for (size_t i = 0; i < n; i++) {
			const void *value;
			memcpy(&value, bytes + i * sizeof value, sizeof value);
			if (!value)
				continue;
			if (!(field->type == PROTOBUF_C_TYPE_STRING ? check_name(d, prefix, message, field, value) :
								      names_check(d, prefix, value)))
				return false;
		}
	}
	return true;
}
