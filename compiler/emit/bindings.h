/* What the exported folders for other languages say of the interface: holes of their templates. Each model is an object
 * with memory of its own there, so that the C has --arena=caller. */
#ifndef NNC_BINDINGS_H
#define NNC_BINDINGS_H

#include <stdbool.h>

#include "emit/template.h"

struct arena;
struct diag;
struct emit_model;

enum { N_BINDING_HOLES = 24 };

/** Whether the languages can call it: parameters that are tensors of fixed sizes. False: reported. */
bool bindings_check(const struct emit_model *m, const char *world, struct diag *d);

/** Writes the holes, at most N_BINDING_HOLES. Texts are from arena a. */
void bindings_holes(struct hole *hole, const struct emit_model *m, struct arena *a);

#endif
