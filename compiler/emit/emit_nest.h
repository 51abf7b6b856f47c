/* Loop nests as C. */
#ifndef NNC_EMIT_NEST_H
#define NNC_EMIT_NEST_H

#include "emit/emit.h"
#include "nest/nest.h"

struct emission;
struct nest_writer;

/** The loops of nest n, whose tensors are touched: the name of one is that of the address of its element 0, its own
 *  offset included. Marks what it calls. Nothing is written for a nest that surely has no
 *  turns. */
void emit_nest(struct emit *e, struct emission *x, const struct nest *n);

/** A writer for the expressions of n with all its tables, for emit_call.c too. */
void nest_writer_init(struct nest_writer *w, struct emit *e, struct emission *x, const struct nest *n);

#endif
