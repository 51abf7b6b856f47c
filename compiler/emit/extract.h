/* The part of runtime_min/ that one model needs.
 *
 * A build-time tool (compiler/rtindex/) has read the runtime's headers once per
 * target and left an index: items (functions, types, constants, macros) with
 * their text and the items that they name. Here the items are marked from the
 * roots and printed once each, in source order. A build without libclang has
 * one item that holds all headers: the same functions, a longer file. */
#ifndef NNC_EXTRACT_H
#define NNC_EXTRACT_H

#include <stdbool.h>
#include <stdint.h>

#include "support/map.h"

struct emit;
struct target;

enum rt_kind { RT_FUNCTION, RT_TYPE, RT_CONSTANT, RT_MACRO, RT_WHOLE };

struct rt_item {
	const char *symbol;
	const char *text;               /* with its doc comment, ends in a newline */
	const uint16_t *uses;           /* items of the same index */
	uint16_t n_uses;
	uint16_t file;                  /* of rt_files */
	uint8_t kind;                   /* enum rt_kind */
	uint32_t headers;               /* bit i: system header i of rt_headers must be included */
};

/* Items in the order in which they may stand in one file. */
struct rt_index {
	const char *target;             /* its base */
	const struct rt_item *items;
	int n_items;
};

struct rt_file {
	const char *name;               /* "runtime_min/kernels/gemm.h" */
	const char *licence;            /* "SPDX-License-Identifier: ..." or "" */
};

/* All indexes of one build of the tool. */
struct rt_library {
	const struct rt_index *indexes;
	int n_indexes;
	const struct rt_file *files;
	int n_files;
	const char *const *headers;     /* "<math.h>" */
	int n_headers;
	bool is_whole;                  /* built without libclang */
};

extern const struct rt_library runtime_library;

struct extract {
	const struct rt_library *runtime;
	const struct rt_index *index;
	const struct target *target;
	struct map symbols;             /* -> item */
	bool *marked;                   /* by item */
	uint16_t *stack;
	uint32_t headers;               /* union over the marked items */
};

/** Begins with nothing marked. runtime: NULL for the one built in. */
void extract_init(struct extract *x, struct arena *a, const struct rt_library *runtime, const struct target *target);

/** Marks `symbol` and all that it needs. False when the runtime has no such symbol for this target (with a whole
 *  library every symbol of the text is found). */
bool extract_mark(struct extract *x, const char *symbol);

/** Asks for a system header that the code round the runtime needs; one that no runtime header includes is refused. */
bool extract_need_header(struct extract *x, const char *header);

/** "#include <...>" for the marked items, in the order of rt_headers. */
void extract_print_headers(const struct extract *x, struct emit *e);

/** "#define nnrt_x PREFIX_f3" for every marked function and constant: no name of the runtime comes into an object. */
void extract_rename(const struct extract *x, struct emit *e, const char *prefix);

/** The marked items in source order, under a banner for each file with its licence line. */
void extract_print(const struct extract *x, struct emit *e);

#endif
