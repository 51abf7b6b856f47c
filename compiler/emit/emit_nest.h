/* Loop nests as C. */
#ifndef NNC_EMIT_NEST_H
#define NNC_EMIT_NEST_H

#include "emit/emit.h"
#include "nest/nest.h"

struct extract;
struct nest_writer;

/** The loops of nest n. name[t] is the C expression of the address of tensor t's element 0 (its own offset included)
 *  for every tensor that the nest touches. Marks what it calls. */
void emit_nest(struct emit *e, struct extract *runtime, struct nest *n, const char *const *name);

/** A writer for the expressions of n with all its tables, for emit_call.c too. */
void nest_writer_init(struct nest_writer *w, struct emit *e, struct extract *runtime, struct nest *n,
		      const char *const *name);

#endif
