/* What a compiled model takes from its caller: the model's own inputs, as --input changes them. */
#ifndef NNC_CALLER_INPUTS_H
#define NNC_CALLER_INPUTS_H

#include "import/signature.h"

struct options;

/** The inputs of o->model before anything is known of its symbolic dimensions. False: reported. An --input of a name
 *  that there is not is left to the compiler. */
bool caller_inputs(struct signature *s, const struct options *o, struct arena *a, struct diag *d);

#endif
