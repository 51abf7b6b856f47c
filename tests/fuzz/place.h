/* What a fuzzed compilation has round it: a folder in memory with the input as a file, arenas, options. */
#ifndef NNC_FUZZ_PLACE_H
#define NNC_FUZZ_PLACE_H

#include <stddef.h>
#include <stdint.h>

#include "driver.h"
#include "options.h"
#include "support/arena.h"
#include "support/diag.h"

struct fuzz_place {
	char *model, *output;           /* the input's file; a way to write C to nowhere */
	struct arena arena, scratch;
	jmp_buf no_memory;
	struct diag diag;
};

/** The one place, made at the first call: a folder that goes when the process ends. */
struct fuzz_place *fuzz_place(void);

/** Empties the arenas and makes `bytes` the model's file. */
void fuzz_put(struct fuzz_place *p, const uint8_t *bytes, size_t n);

/** Whether what is said of a compilation goes with how it ended; dies if not. */
void fuzz_check(const struct fuzz_place *p, bool ok);

/** Options for this model: those that a graph's name stands for, so that most mutations keep them, and a --dim for each
 *  dimension of its inputs that needs one. */
void fuzz_options(struct fuzz_place *p, struct options *o, const uint8_t *bytes, size_t n);

#endif
