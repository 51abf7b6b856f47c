/* Kernel calls as C. */
#ifndef NNC_EMIT_CALL_H
#define NNC_EMIT_CALL_H

#include "emit/emit.h"
#include "steps/step.h"

struct emission;
struct map;

/** The epilogue of c, when it has one, as a static function called `function`; nothing otherwise. It reads tensor
 *  operands through its context, in the order in which emit_call() passes them. */
void emit_epilogue(struct emit *e, struct emission *x, const struct call *c, const char *function);

/** The function that c shares with all calls of its kernel and tile, unless `made` has it; nothing for an inlined one.
 *  alias: what the object calls it, or NULL: as it is called. */
void emit_shared(struct emit *e, struct emission *x, const struct call *c, struct map *made, const char *alias);

/** The statements of the call, whose tensors are touched as for emit_nest(). */
void emit_call(struct emit *e, struct emission *x, const struct call *c, const char *epilogue);

#endif
