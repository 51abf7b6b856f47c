/* C identifiers from whatever the model calls things. */
#ifndef NNC_IDENT_H
#define NNC_IDENT_H

#include <stdbool.h>

#include "support/map.h"

enum { IDENT_MAX = 60 };

/* One scope: names given out so far. */
struct idents {
	struct arena *arena;
	struct map taken;
	const char *prefix;     /* of the model's own symbols, which no name hides; NULL: none */
};

void idents_init(struct idents *s, struct arena *a);

/** A scope in which no name is that of a function, object or macro of the generated program. */
void idents_init_program(struct idents *s, struct arena *a, const char *prefix);

/** Takes a name that generated code uses itself. */
void idents_reserve(struct idents *s, const char *name);

/** A name not yet taken in this scope, at most IDENT_MAX characters of [A-Za-z0-9_], beginning with a letter, no
 *  keyword of C or C++, no macro or function of the standard headers, no two underscores in a row. Runs of other
 *  characters become one underscore; a collision gets _2, _3... `fallback` stands for a name of which nothing is left.
 *  The same calls in the same order give the same names. */
const char *ident_make(struct idents *s, const char *raw, const char *fallback);

/** As ident_make, and none of the names that the functions of steps give their own variables (i0, x1, n): run-time
 *  dimensions are parameters there. */
const char *ident_make_dim(struct idents *s, const char *raw);

/** As ident_make, in a scope of its own: for the prefix of a model. */
const char *ident_sanitise(struct arena *a, const char *raw, const char *fallback);

/** `name` in capitals, for macros. */
const char *ident_upper(struct arena *a, const char *name);

/** True for what may follow --name: a C identifier that ident_sanitise() leaves as it is. */
bool ident_is_valid(const char *name);

#endif
