/* The steps of a program as C functions, and model_run that calls them. */
#ifndef NNC_EMIT_STEPS_H
#define NNC_EMIT_STEPS_H

#include "emit/program.h"

/** Step functions, then the definition of the run function with the given signature. */
void emit_steps(struct program *p, struct emit *e, const char *signature);

#endif
