/* The files of one translation unit: which are the runtime's, in which order their text may stand in one file, and
 * which #include <...> brings what a system header declares. */
#ifndef NNC_RTINDEX_INCLUDES_H
#define NNC_RTINDEX_INCLUDES_H

#include <clang-c/Index.h>
#include <stdbool.h>

#include "support/map.h"

struct included {
	const char *path;
	int includer;           /* -1: the top header itself */
	int rank;               /* order in which files end: what a file includes comes before it */
	const char *header;     /* "<math.h>" when the runtime includes it itself, else NULL */
};

struct includes {
	struct arena *arena;
	const char *folder;     /* the runtime's, with a slash at the end */
	struct included *files;
	int n_files;
};

/** All files of tu; the runtime's are those in that folder, which ends with a slash. */
void includes_read(struct includes *s, struct arena *a, CXTranslationUnit tu, const char *folder);

bool includes_is_runtime(const struct includes *s, const char *path);

/** A file's number, -1 for one that is not there. */
int includes_find(const struct includes *s, const char *path);

/** Notes an inclusion directive of a runtime file; returns "<math.h>" for a system header, else NULL. */
const char *includes_note(struct includes *s, CXCursor directive);

/** The header to name for what system file i declares: itself when the runtime includes it, else the one through which
 *  it came (avx2intrin.h is <immintrin.h>). NULL when there is none. */
const char *includes_header(const struct includes *s, int i);

/** A libclang string, copied into the arena and disposed of. */
const char *take_string(struct arena *a, CXString s);

/** File and offset of a location; NULL for what the compiler predefines. */
const char *locate(struct arena *a, CXSourceLocation at, unsigned *offset);

#endif
