/* What the build-time tools gather from the runtime's headers, and how it becomes C source. */
#ifndef NNC_RTINDEX_LIBRARY_H
#define NNC_RTINDEX_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emit/extract.h"
#include "support/map.h"

struct source_file {
	const char *path;       /* as opened */
	const char *name;       /* from the repository's root */
	const char *licence;
	const char *text;
	size_t size;
};

struct source_item {
	const char *symbol, *text;
	enum rt_kind kind;
	int file;
	unsigned begin, end;    /* bytes of the file, doc comment included */
	int *uses;              /* items of the same index */
	int n_uses;
	uint32_t headers;
};

struct source_index {
	const char *target;
	struct source_item *items;
	int n_items;
};

struct library {
	struct arena *arena;
	const char *root;       /* of the repository, without a slash at the end */
	struct source_file *files;
	int n_files;
	struct source_index *indexes;
	int n_indexes;
	const char **headers;   /* "<math.h>" */
	int n_headers;
	bool is_whole;
};

void library_init(struct library *l, struct arena *a, const char *root);

/** The file's number; it is read when it is new. Exits with a message when it cannot be read. */
int library_file(struct library *l, const char *path);

/** The number of a system header, at most 31 of them. */
int library_header(struct library *l, const char *name);

/** Writes the C source that defines `const struct rt_library symbol`, and the dependency file for ninja. */
void library_write(const struct library *l, const char *symbol, const char *path);
void library_write_depfile(const struct library *l, const char *output, const char *path);

#endif
