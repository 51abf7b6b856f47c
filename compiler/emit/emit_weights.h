/* Constants of the generated code.
 *
 * Bytes travel as octal string literals inside unions (seconds instead of
 * minutes in the C compiler, exact size); a few numbers travel as numbers.
 * Equal constants are emitted once. Nothing is copied: `bytes` and what recipes
 * read must live until the last print. Bytes come in little-endian order and leave in the target's. */
#ifndef NNC_EMIT_WEIGHTS_H
#define NNC_EMIT_WEIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emit.h"
#include "graph/dtype.h"
#include "support/map.h"

struct protect_key;
struct recipe;
struct target;
struct tensor;
struct weights_form;

enum weights_form_id {
#define WEIGHTS_FORM(id, name) WEIGHTS_##id,
#include "emit/weights.def"
#undef WEIGHTS_FORM
};

enum {
	WEIGHTS_NUMBERS_MAX = 16,               /* up to so many elements are spelled as numbers */
	WEIGHTS_FILE_BYTES = 24 << 20,          /* of constants in one C file: what bounds the C compiler's memory */
};

struct weight {
	const unsigned char *bytes;             /* NULL: made by the recipe */
	const struct recipe *recipe;
	size_t size_bytes;
	size_t offset;                          /* in the .bin, and in flash: set by weights_finish() */
	uint32_t views;                         /* bit per dtype: members of the union */
	int align;
	int file;                               /* 0: model.c itself; k: further file k - 1 */
	int next_same_hash;                     /* -1: none */
	enum dtype type;                        /* of the first use: decides byte order and spelling of numbers */
	const char *name;                       /* what a comment calls it, or NULL */
};

/* Where what recipes make lies while it is looked at. */
struct weights_made {
	void *bytes;
	size_t size_bytes;
};

struct weights {
	struct arena *arena;
	struct weight *v;
	int n;
	struct map by_hash;
	struct weights_made *made;              /* two: a new one is compared with an older one */
	const char *prefix;                     /* of the model's symbols */
	const char *base;                       /* file name of the outputs without its ending */
	const struct target *target;
	const struct weights_form *form;
	const char *section;                    /* of the linker, that constants go to; NULL: the usual */
	const struct protect_key *key;          /* NULL: they are as they are; else of weights_protect() */
	struct weights *masked;                 /* then what the object holds in their place */
	const char *after_set;                  /* a statement where the caller has set others, or NULL */
	int files;                              /* FILES_AUTO ... of options.h */
	size_t file_bytes;                      /* WEIGHTS_FILE_BYTES unless a test says less */
	int *order;                             /* after weights_finish(): ids as they lie behind each other */
	size_t total_bytes;                     /* after weights_finish(): in the program's flash, with padding */
	int align;                              /* after weights_finish(): the greatest */
	int n_files;                            /* after weights_finish(): further C files */
};

void weights_init(struct weights *w, struct arena *a, const char *prefix, const char *base,
	const struct target *target, enum weights_form_id form);

/** From now on the object holds the constants masked, in the form that was chosen, and the program makes them plain in
 *  memory of its own. Before the first weights_add(). */
void weights_protect(struct weights *w, const struct protect_key *key);

/** What the object holds, which with --weights=file the caller sets. After weights_finish(). */
const struct weights *weights_stored(const struct weights *w);

/** Adds n elements of `type`, aligned to `align` bytes (a power of two); returns its id. Equal bytes of types of the
 *  same size share one id, the larger alignment holds. n may be 0. name: what a comment calls it, or NULL. */
int weights_add(struct weights *w, const void *bytes, size_t n, enum dtype type, int align, const char *name);

/** The same of a constant of the graph with n elements. */
int weights_add_constant(struct weights *w, const struct tensor *t, size_t n, int align);

/** A C expression of type "const TYPE *" for constant `id` seen as `type`, which must be the type of one of the
 *  weights_add() calls that returned the id. A null pointer when it has no elements. May be asked before
 *  weights_finish(). */
const char *weights_ref(const struct weights *w, int id, enum dtype type);

/** Decides which file holds what, and the places in the .bin. After the last weights_add() and before any print. */
void weights_finish(struct weights *w);

/** What model.c says before its functions: the constants, or their declarations when they live in further files. */
void weights_print(const struct weights *w, struct emit *e);

/** Name of further file k (0, 1 …) behind `base`, such as "_w0.c"; NULL beyond the last. */
const char *weights_file(const struct weights *w, int k);

/** What stands in it. */
void weights_print_file(const struct weights *w, struct emit *e, int k);

#endif
