/* Files that appear all together or not at all.
 *
 * Every file is written under a temporary name in its folder; output_commit()
 * renames them. Until then, and after any error, old files are as they were.
 * A signal that ends us, but SIGKILL, removes the temporary files. Something
 * that is no regular file (/dev/stdout, a pipe) is written to directly. */
#ifndef NNC_OUTPUT_H
#define NNC_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct arena;
struct diag;

enum { OUTPUT_MAX = 256 };              /* files of one set */

struct output_file {
	const char *path;
	const char *temporary;          /* NULL: written to directly */
	const char *backup;             /* second name of the old file during the commit, or NULL */
	char *name, *backup_name;       /* room for both, name_bytes each */
	size_t name_bytes;
	FILE *stream;
	bool is_renamed;
};

struct output {
	struct arena *arena;            /* that owns the set and its files */
	struct diag *diag;
	struct output_file files[OUTPUT_MAX];
	int n;
};

/** An empty set. What was not committed when the arena is freed is removed then, as by output_abort(): also when
 *  memory runs out. */
struct output *output_new(struct arena *a, struct diag *d);

/** A stream to what will be `path`; NULL and a STATUS_ENVIRONMENT error when it cannot be made, STATUS_USAGE when the
 *  set has a file of that name already. */
FILE *output_open(struct output *o, const char *path);

/** Closes all and renames them; false, nothing changed and one error when any write, close or rename failed. */
bool output_commit(struct output *o);

/** Removes what was not committed. Safe to call at any time and twice. */
void output_abort(struct output *o);

#endif
