/* Models as trees of messages of any kind, changed at random through protobuf-c's descriptions of them. */
#ifndef NNC_FUZZ_TREE_H
#define NNC_FUZZ_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/import/onnx.pb-c.h"

struct arena;

/* libFuzzer's own changes of bytes. */
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t n, size_t max);

/* All messages of a tree, parents first, and all of its names. */
struct tree {
	struct arena *arena;
	ProtobufCMessage **message;
	char **name;
	int n_messages, n_names;
	uint64_t random;
};

/** A model with all of its memory in the arena, or NULL. */
Onnx__ModelProto *tree_read(struct arena *a, const uint8_t *bytes, size_t n);

/** Fills t->message and t->name from the tree below `root`. */
void tree_walk(struct tree *t, ProtobufCMessage *root);

/** A number below n, n > 0; and whether 1 of n came up. */
unsigned tree_draw(struct tree *t, unsigned n);
bool tree_once(struct tree *t, unsigned n);

/** An integer of a kind that tends to break things. */
int64_t tree_int(struct tree *t);

/** An empty message; a copy of one. */
void *tree_new(struct tree *t, const ProtobufCMessageDescriptor *d);
void *tree_copy(struct tree *t, const ProtobufCMessage *m);

/** Room for one more element at the end of a field that repeats. */
void *tree_push(struct tree *t, void *field, size_t *n, size_t size);

/** A name: mostly one from the tree. */
char *tree_name(struct tree *t);

/** Changes one field of one message. */
void tree_change(struct tree *t);

#endif
