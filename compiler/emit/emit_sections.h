/* Linker sections as macros of the generated text. */
#ifndef NNC_EMIT_SECTIONS_H
#define NNC_EMIT_SECTIONS_H

#include "emit/emit_header.h"

/** Defines MODEL_SECTION_WEIGHTS, where `what` is "weights", as the attribute for the section `name`, unless it is
 *  defined; `upper` is the prefix in capitals. */
void section_print(struct emit *e, const char *upper, const char *what, const char *name);

/** All that are named; and the runtime's own macro for code. Nothing where none is. */
void sections_print(struct emit *e, const struct emit_model *m);

#endif
