/* The word that somebody may have meant, for messages. */
#ifndef NNC_NEAREST_H
#define NNC_NEAREST_H

#include <stddef.h>

struct arena;

struct nearest {
	const char *word;       /* n bytes, as written */
	size_t n;
	const char *best;       /* of the candidates seen; NULL: none is near */
	size_t best_n;
	int distance;
};

/** Begins a search for what is near the first n bytes of word. */
void nearest_init(struct nearest *x, const char *word, size_t n);

/** Looks at a candidate of n bytes, which must outlive the search. The first of equally near ones is kept. */
void nearest_try(struct nearest *x, const char *candidate, size_t n);

/** `; did you mean "best"?`, "" when nothing is near. From arena a. */
const char *nearest_text(const struct nearest *x, struct arena *a);

#endif
