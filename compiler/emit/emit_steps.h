/* The steps of a program as C functions, and model_run that calls them. */
#ifndef NNC_EMIT_STEPS_H
#define NNC_EMIT_STEPS_H

#include "emit/program.h"

/** Step functions, then the definition of the run function with the given signature. */
void emit_steps(struct program *p, struct emit *e, const char *signature);

/** For inputs and outputs that lie in the arena: a function each that says where. After emit_steps(). */
void emit_accessors(struct program *p, struct emit *e, const struct emit_model *m);

/** model_reset(), which sets the states. After emit_steps(). */
void emit_reset_function(struct program *p, struct emit *e, const struct emit_model *m);

#endif
