/* Numbers and values in the files between nnc and the program that it built (templates/harness.c.in says what follows
 * what): little words of 32 bits in the program's byte order. Failures stick: they are asked for once, at the end. */
#ifndef NNC_CHANNEL_H
#define NNC_CHANNEL_H

#include <stdio.h>

#include "data/value.h"

struct channel {
	FILE *f;
	bool swaps;             /* the program's bytes are the other way round */
	bool ok;
};

/** mode as for fopen(). */
struct channel channel_open(const char *path, const char *mode, bool swaps);
/** False when anything went wrong: reported, with what was to be done. */
bool channel_close(struct channel *c, struct diag *d, const char *what);
/** Reports that; false. */
bool channel_failed(struct diag *d, const char *what);

void channel_put_word(struct channel *c, uint32_t word);
uint32_t channel_get_word(struct channel *c);
/** Its size in bytes and its elements. */
void channel_put_value(struct channel *c, const struct value *v, struct arena *a);
/** The elements of v, whose type and shape are known; memory from a. False: they are not all there. */
bool channel_get_elements(struct channel *c, struct value *v, struct arena *a);
/** Its length and the bytes; "" when that is no name's length. */
const char *channel_get_text(struct channel *c, struct arena *a);
/** Nanoseconds in two words, the low one first. */
double channel_get_seconds(struct channel *c);

#endif
