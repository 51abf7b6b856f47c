/* One target's items, found by libclang. */
#ifndef NNC_RTINDEX_PARSE_H
#define NNC_RTINDEX_PARSE_H

#include <stdbool.h>

#include "library.h"

struct target;

struct parse_options {
	const char *top;                /* the header that includes all others */
	const char *folder;             /* of what is indexed, with a slash at the end */
	const char *resource_dir;       /* of the libclang in use */
	const char *system_dir;         /* stands for the C library's headers */
};

/** Adds target's index to l; false, with what is wrong on stderr, when the headers do not compile for it. */
bool parse_target(struct library *l, const struct target *t, const struct parse_options *options);

#endif
