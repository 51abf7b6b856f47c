#include "tree.h"

#include <math.h>
#include <string.h>

#include "import/nesting.h"
#include "support/arena.h"
#include "support/diag.h"

enum { MAX_BLOB = 4096 };

static void *unpack_alloc(void *arena, size_t n)
{
	return arena_alloc(arena, n);
}

static void unpack_free(void *arena, void *p)
{
	(void)arena;
	(void)p;
}

static void *unpack(struct arena *a, const ProtobufCMessageDescriptor *d, const uint8_t *bytes, size_t n)
{
	ProtobufCAllocator allocator = { .alloc = unpack_alloc, .free = unpack_free, .allocator_data = a };

	return protobuf_c_message_unpack(d, &allocator, n, bytes);
}

/* protobuf-c unpacks as deep as its input nests: the compiler bounds that first, and so do we. */
static bool is_shallow(const uint8_t *bytes, size_t n)
{
	struct arena a;
	struct diag d;
	bool ok;

	arena_init(&a, NULL);
	diag_init(&d, &a, NULL);
	ok = nesting_check(&d, bytes, n);
	arena_free(&a);
	return ok;
}

Onnx__ModelProto *tree_read(struct arena *a, const uint8_t *bytes, size_t n)
{
	return is_shallow(bytes, n) ? unpack(a, &onnx__model_proto__descriptor, bytes, n) : NULL;
}

/* --- Walking ------------------------------------------------------------------------------------------------------ */

static void *field_at(ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
	return (char *)m + f->offset;
}

static size_t *count_of(ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
	return (void *)((char *)m + f->quantifier_offset);
}

static bool is_repeated(const ProtobufCFieldDescriptor *f)
{
	return f->label == PROTOBUF_C_LABEL_REPEATED;
}

/* One of a choice of fields that share their place; it is there when the choice says so. */
static bool is_choice(const ProtobufCFieldDescriptor *f)
{
	return f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
}

static bool is_there(ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
	uint32_t choice;

	memcpy(&choice, (char *)m + f->quantifier_offset, sizeof choice);
	return !is_choice(f) || choice == f->id;
}

static void add_name(struct tree *t, char *name)
{
	if (!name || !*name)
		return;
	t->name = ARENA_PUSH(t->arena, t->name, t->n_names, char *);
	t->name[t->n_names++] = name;
}

static void walk_field(struct tree *t, ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
	const size_t n = is_repeated(f) ? *count_of(m, f) : 1;
	void **v = is_repeated(f) ? *(void ***)field_at(m, f) : field_at(m, f);

	for (size_t i = 0; i < n; i++) {
		if (f->type == PROTOBUF_C_TYPE_STRING)
			add_name(t, v[i]);
		else if (v[i])
			tree_walk(t, v[i]);
	}
}

void tree_walk(struct tree *t, ProtobufCMessage *root)
{
	t->message = ARENA_PUSH(t->arena, t->message, t->n_messages, ProtobufCMessage *);
	t->message[t->n_messages++] = root;
	for (unsigned i = 0; i < root->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &root->descriptor->fields[i];
		if ((f->type == PROTOBUF_C_TYPE_STRING || f->type == PROTOBUF_C_TYPE_MESSAGE) && is_there(root, f))
			walk_field(t, root, f);
	}
}

/* --- Drawing ------------------------------------------------------------------------------------------------------ */

unsigned tree_draw(struct tree *t, unsigned n)
{
	t->random ^= t->random << 13;
	t->random ^= t->random >> 7;
	t->random ^= t->random << 17;
	return (unsigned)((t->random >> 20) % n);
}

bool tree_once(struct tree *t, unsigned n)
{
	return tree_draw(t, n) == 0;
}

int64_t tree_int(struct tree *t)
{
	static const int64_t odd[] = { 0, -1, 127, 128, -128, 255, 256, 65535, INT32_MAX, INT32_MIN, INT64_MAX,
				       INT64_MIN, INT64_C(1) << 40, (INT64_C(1) << 40) + 1, INT64_C(1) << 32,
				       INT64_MAX / 2, 1000, 4096, 10007, 1 << 20, 1 << 26 };

	return tree_once(t, 3) ? odd[tree_draw(t, sizeof odd / sizeof *odd)] : (int64_t)tree_draw(t, 12) - 2;
}

static double odd_float(struct tree *t)
{
	static const double odd[] = { 0, -0.0, 1, -1, 0.5, 2, 1e-40, 1e-5, 3e38, -3e38, 1e300, 9.3e18, 4.3e9, INFINITY,
				      -INFINITY, NAN };

	return odd[tree_draw(t, sizeof odd / sizeof *odd)];
}

void *tree_new(struct tree *t, const ProtobufCMessageDescriptor *d)
{
	ProtobufCMessage *m = arena_alloc(t->arena, d->sizeof_message);

	protobuf_c_message_init(d, m);
	return m;
}

void *tree_copy(struct tree *t, const ProtobufCMessage *m)
{
	const size_t n = protobuf_c_message_get_packed_size(m);
	uint8_t *bytes = arena_alloc(t->arena, n + 1);

	protobuf_c_message_pack(m, bytes);
	return unpack(t->arena, m->descriptor, bytes, n);
}

/* A new message of a kind, mostly like one that the tree has elsewhere. */
static ProtobufCMessage *another(struct tree *t, const ProtobufCMessageDescriptor *d)
{
	const int from = (int)tree_draw(t, (unsigned)t->n_messages);

	for (int i = 0; i < t->n_messages && !tree_once(t, 1000); i++) {
		const ProtobufCMessage *m = t->message[(from + i) % t->n_messages];
		if (m->descriptor == d && protobuf_c_message_get_packed_size(m) < MAX_BLOB)
			return tree_copy(t, m);
	}
	return tree_new(t, d);
}

void *tree_push(struct tree *t, void *field, size_t *n, size_t size)
{
	void *old, *v;

	memcpy(&old, field, sizeof old);
	v = arena_grow(t->arena, old, *n, *n + 1, size);
	memcpy(field, &v, sizeof v);
	return (char *)v + (*n)++ * size;
}

/* --- Changing ----------------------------------------------------------------------------------------------------- */

char *tree_name(struct tree *t)
{
	static const char *const words[] = { "", "x", "y", "a*/b", "int", "N", "T", "%s%n", "-1",
					     "\xc3\xa4\n", "data.bin" };

	if (t->n_names && !tree_once(t, 6))
		return t->name[tree_draw(t, (unsigned)t->n_names)];
	return arena_strdup(t->arena, words[tree_draw(t, sizeof words / sizeof *words)]);
}

static ProtobufCBinaryData changed_bytes(struct tree *t, ProtobufCBinaryData old)
{
	const size_t room = old.len + 64;
	uint8_t *v = arena_alloc(t->arena, room);

	if (old.len)
		memcpy(v, old.data, old.len);
	return (ProtobufCBinaryData){ .data = v, .len = LLVMFuzzerMutate(v, old.len, room) };
}

static char *changed_name(struct tree *t, char *old)
{
	const size_t n = strlen(old);
	uint8_t *v;

	if (!tree_once(t, 5))
		return tree_name(t);
	v = arena_alloc(t->arena, n + 17);
	memcpy(v, old, n);
	LLVMFuzzerMutate(v, n, n + 16);
	return (char *)v;
}

static size_t size_of(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT64: case PROTOBUF_C_TYPE_UINT64: case PROTOBUF_C_TYPE_DOUBLE: return 8;
	case PROTOBUF_C_TYPE_STRING: case PROTOBUF_C_TYPE_MESSAGE: return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES: return sizeof(ProtobufCBinaryData);
	default: return 4;
	}
}

static void change_element(struct tree *t, const ProtobufCFieldDescriptor *f, void *at)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_INT64: case PROTOBUF_C_TYPE_UINT64:
		*(int64_t *)at = tree_once(t, 4) ? *(int64_t *)at ^ 1 : tree_int(t);
		break;
	case PROTOBUF_C_TYPE_INT32: case PROTOBUF_C_TYPE_ENUM:
		*(int32_t *)at = tree_once(t, 8) ? (int32_t)tree_int(t) : (int32_t)tree_draw(t, 25);
		break;
	case PROTOBUF_C_TYPE_FLOAT: *(float *)at = (float)odd_float(t); break;
	case PROTOBUF_C_TYPE_DOUBLE: *(double *)at = odd_float(t); break;
	case PROTOBUF_C_TYPE_STRING: *(char **)at = changed_name(t, *(char **)at); break;
	case PROTOBUF_C_TYPE_BYTES: *(ProtobufCBinaryData *)at = changed_bytes(t, *(ProtobufCBinaryData *)at); break;
	case PROTOBUF_C_TYPE_MESSAGE: *(ProtobufCMessage **)at = another(t, f->descriptor); break;
	default: break;
	}
}

/* Elements come, go, change and change places. */
static void change_repeated(struct tree *t, ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
	size_t *n = count_of(m, f);
	const size_t size = size_of(f->type);
	ProtobufCBinaryData spare = { 0 };      /* the largest element */
	unsigned i, k;
	char *v;

	if (*n == 0 || tree_once(t, 4)) {
		if (f->type == PROTOBUF_C_TYPE_STRING)
			*(char **)(void *)&spare = tree_name(t);
		change_element(t, f, &spare);
		memcpy(tree_push(t, field_at(m, f), n, size), &spare, size);
		return;
	}
	v = *(char **)field_at(m, f);
	i = tree_draw(t, (unsigned)*n);
	k = tree_draw(t, (unsigned)*n);
	if (tree_once(t, 3)) {
		memmove(v + i * size, v + (i + 1) * size, (*n - i - 1) * size);
		--*n;
	} else if (tree_once(t, 2)) {
		memcpy(&spare, v + i * size, size);
		memcpy(v + i * size, v + k * size, size);
		memcpy(v + k * size, &spare, size);
	} else {
		change_element(t, f, v + i * size);
	}
}

static void change_field(struct tree *t, ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
	static char empty[1];
	void *at = field_at(m, f), *fresh;

	if (is_repeated(f)) {
		change_repeated(t, m, f);
		return;
	}
	if (f->type == PROTOBUF_C_TYPE_MESSAGE && is_choice(f)) {
		fresh = another(t, f->descriptor);
		memcpy((char *)m + f->quantifier_offset, &f->id, sizeof f->id);
		*(void **)at = fresh;
		return;
	}
	if (!is_there(m, f)) {
		memcpy((char *)m + f->quantifier_offset, &f->id, sizeof f->id);
		memset(at, 0, size_of(f->type));
		if (f->type == PROTOBUF_C_TYPE_STRING)
			*(char **)at = empty;
	}
	if (f->type == PROTOBUF_C_TYPE_MESSAGE && *(void **)at && tree_once(t, 2))
		*(void **)at = NULL;
	else
		change_element(t, f, at);
}

void tree_change(struct tree *t)
{
	ProtobufCMessage *m = t->message[tree_draw(t, (unsigned)t->n_messages)];

	/* Names and values are most of a tree: every other time something of a node. */
	for (int turns = 0; turns < 20 && m->descriptor != &onnx__node_proto__descriptor && tree_once(t, 2); turns++)
		m = t->message[tree_draw(t, (unsigned)t->n_messages)];
	if (m->descriptor->n_fields)
		change_field(t, m, &m->descriptor->fields[tree_draw(t, m->descriptor->n_fields)]);
}
