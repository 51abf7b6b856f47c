#include "wire.h"

#include <stdlib.h>
#include <string.h>

void wire_free(struct wire *w)
{
	free(w->bytes);
	*w = (struct wire){ 0 };
}

static void append(struct wire *w, const void *bytes, size_t n)
{
	if (w->n + n > w->capacity) {
		w->capacity = 2 * (w->n + n) + 64;
		w->bytes = realloc(w->bytes, w->capacity);
		if (!w->bytes)
			abort();
	}
	if (n)
		memcpy(w->bytes + w->n, bytes, n);
	w->n += n;
}

static void varint(struct wire *w, uint64_t v)
{
	unsigned char b;

	do {
		b = (unsigned char)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
		append(w, &b, 1);
		v >>= 7;
	} while (v);
}

void wire_int(struct wire *w, int field, uint64_t v)
{
	varint(w, (uint64_t)field << 3);
	varint(w, v);
}

void wire_float(struct wire *w, int field, float v)
{
	uint32_t u;
	unsigned char b[4];

	memcpy(&u, &v, sizeof u);
	for (int i = 0; i < 4; i++)
		b[i] = (unsigned char)(u >> 8 * i);
	varint(w, (uint64_t)field << 3 | 5);
	append(w, b, 4);
}

void wire_bytes(struct wire *w, int field, const void *bytes, size_t n)
{
	varint(w, (uint64_t)field << 3 | 2);
	varint(w, n);
	append(w, bytes, n);
}

void wire_text(struct wire *w, int field, const char *text)
{
	wire_bytes(w, field, text, strlen(text));
}

void wire_put(struct wire *w, int field, struct wire *inner)
{
	wire_bytes(w, field, inner->bytes, inner->n);
	wire_free(inner);
}

/* TensorShapeProto from "1,3,N". */
static struct wire shape(const char *dims)
{
	struct wire s = { 0 };

	while (*dims) {
		struct wire d = { 0 };
		const size_t n = strcspn(dims, ",");
		char *end;
		const long long v = strtoll(dims, &end, 10);
		if (n && end == dims + n)
			wire_int(&d, 1, (uint64_t)v);
		else if (n)
			wire_bytes(&d, 2, dims, n);
		wire_put(&s, 1, &d);
		dims += n + (dims[n] == ',');
	}
	return s;
}

struct wire wire_value(const char *text, int type)
{
	const size_t n = strcspn(text, ":");
	struct wire v = { 0 }, t = { 0 }, tensor = { 0 }, s;

	wire_int(&tensor, 1, (uint64_t)type);
	if (text[n]) {
		s = shape(text + n + 1);
		wire_put(&tensor, 2, &s);
	}
	wire_put(&t, 1, &tensor);
	wire_bytes(&v, 1, text, n);
	wire_put(&v, 2, &t);
	return v;
}

struct wire wire_tensor(const char *name, int type, int rank, const int64_t *dims)
{
	struct wire t = { 0 };

	for (int k = 0; k < rank; k++)
		wire_int(&t, 1, (uint64_t)dims[k]);
	wire_int(&t, 2, (uint64_t)type);
	wire_text(&t, 8, name);
	return t;
}

struct wire wire_node(const char *text)
{
	struct wire node = { 0 };
	int field = 4;

	while (*text) {
		const size_t n = strcspn(text, " ");
		if (n == 2 && !memcmp(text, "->", 2))
			field = 2;
		else
			wire_bytes(&node, field, text, n == 1 && *text == '_' ? 0 : n);
		if (field == 4)
			field = 1;
		text += n + (text[n] == ' ');
	}
	return node;
}

static struct wire attr(const char *name, int type)
{
	struct wire a = { 0 };

	wire_text(&a, 1, name);
	wire_int(&a, 20, (uint64_t)type);
	return a;
}

struct wire wire_attr_int(const char *name, int64_t v)
{
	struct wire a = attr(name, 2);

	wire_int(&a, 3, (uint64_t)v);
	return a;
}

struct wire wire_attr_ints(const char *name, int n, const int64_t *v)
{
	struct wire a = attr(name, 7);

	for (int i = 0; i < n; i++)
		wire_int(&a, 8, (uint64_t)v[i]);
	return a;
}

struct wire wire_attr_float(const char *name, float v)
{
	struct wire a = attr(name, 1);

	wire_float(&a, 2, v);
	return a;
}

struct wire wire_attr_text(const char *name, const char *v)
{
	struct wire a = attr(name, 3);

	wire_text(&a, 4, v);
	return a;
}

struct wire wire_attr_graph(const char *name, struct wire *graph)
{
	struct wire a = attr(name, 5);

	wire_put(&a, 6, graph);
	return a;
}

struct wire wire_model(struct wire *graph, int opset)
{
	struct wire m = { 0 }, o = { 0 };

	wire_int(&m, 1, 8);
	wire_int(&o, 2, (uint64_t)opset);
	wire_put(&m, MODEL_OPSET, &o);
	wire_put(&m, MODEL_GRAPH, graph);
	return m;
}
